# SPDX-License-Identifier: EUPL-1.2
"""Chunks without an end to a real server: refused where the pod's room ends, with its own type."""

import asyncio
from pathlib import Path

from commands.answer import want_status

from .town import Town, a_town

QUOTA = 1_000_000
CHUNK = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
MOST = 64 * 1024 * 1024


async def _pour(town: Town, name: str) -> tuple[bytes, int]:
    """Send chunks until an answer comes; the answer, and how much was sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", town.place.port)
    headers = {
        "Host": f"localhost:{town.place.port}",
        "Content-Type": "application/octet-stream",
        "Transfer-Encoding": "chunked",
        "Connection": "close",
        **town.login.headers("PUT", name),
    }
    path = "/" + name.split("/", 3)[3]
    lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
    writer.write(f"PUT {path} HTTP/1.1\r\n{lines}\r\n".encode())
    answer, sent = asyncio.ensure_future(reader.read(65536)), 0
    try:
        while not answer.done() and sent < MOST:
            writer.write(CHUNK)
            sent += len(CHUNK)
            await writer.drain()
            await asyncio.sleep(0)
    except ConnectionError:
        # The server has closed its side; what it said before that has arrived.
        pass
    try:
        async with asyncio.timeout(10):
            return await answer, sent
    finally:
        writer.close()


async def test_a_body_without_a_length_is_refused_where_the_room_ends(tmp_path: Path) -> None:
    # A8: and not at the largest body of 512 MiB
    async with a_town(tmp_path, quota=str(QUOTA)) as town:
        name = town.an.pod + "large.bin"

        answer, sent = await _pour(town, name)

        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"#quota-exceeded" in answer
        # What the kernels of both sides hold lies between what was sent and what was read.
        assert sent < MOST / 2
        blobs = tmp_path / "data" / "blobs"
        assert [path for path in blobs.rglob("*") if path.is_file()] == []
        want_status(await town.web.get(name, town.login, "*/*"), 404)
        small = await town.web.put(name, town.login, "application/octet-stream", b"x" * 1000)
        want_status(small, 201)
