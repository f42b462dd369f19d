# SPDX-License-Identifier: EUPL-1.2
"""A bare aiohttp server that sends the bytes that Kluis sent: python -m bench.bare PORT FILE."""

import asyncio
import sys
from base64 import b64decode
from pathlib import Path

import orjson
from aiohttp import web

ANSWERS = web.AppKey("answers", dict[str, tuple[int, dict[str, str], bytes]])


async def answer(request: web.Request) -> web.Response:
    answers = request.app[ANSWERS]
    if request.body_exists:
        await request.read()
    # New documents have names of their own; they are answered by their method alone.
    found = answers.get(f"{request.method} {request.path}") or answers.get(request.method)
    status, headers, body = found or (404, {}, b"")
    return web.Response(status=status, headers=headers, body=body)


def read_answers(file: Path) -> dict[str, tuple[int, dict[str, str], bytes]]:
    rows = orjson.loads(file.read_bytes())
    return {row["for"]: (row["status"], row["headers"], b64decode(row["body"])) for row in rows}


def new_loop() -> asyncio.AbstractEventLoop:
    """The loop that `kluis serve` takes: uvloop where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def main() -> None:
    app = web.Application()
    app[ANSWERS] = read_answers(Path(sys.argv[2]))
    app.router.add_route("*", "/{path:.*}", answer)
    port = int(sys.argv[1])
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None, loop=new_loop())


if __name__ == "__main__":
    main()
