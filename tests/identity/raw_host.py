# SPDX-License-Identifier: EUPL-1.2
"""A host elsewhere that speaks bytes, not HTTP: what no web server would ever send."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

Speak = Callable[[asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/turtle\r\n"
ENOUGH = 30.0


def said(content: bytes) -> Speak:
    """These bytes, and the connection ends."""

    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.write(content)

    return speak


def dripping(start: bytes, drop: bytes) -> Speak:
    """Something, and then a drop now and then, for ever."""

    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.05)

    return speak


def flooding(start: bytes, flood: bytes) -> Speak:
    """As much as is taken."""

    async def speak(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(flood)
            await writer.drain()

    return speak


async def silent(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(ENOUGH)


def packed(content: bytes) -> bytes:
    """A whole answer with a gzip body."""
    head = OK + b"Content-Encoding: gzip\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(content) + content


# Each with a few words that its refusal says.
WORDS: dict[str, tuple[Speak, str]] = {
    "silent": (silent, "did not answer within"),
    "drip-status": (dripping(b"", b"H"), "no HTTP that is understood|did not answer within"),
    "drip-headers": (dripping(OK, b"X-More: 1\r\n"), "did not answer within|no HTTP"),
    "drip-body": (dripping(OK + b"Content-Length: 100000\r\n\r\n", b"a"), "did not answer within"),
    "drip-chunks": (
        dripping(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        "did not answer within",
    ),
    "flood-headers": (flooding(OK, b"X-More: " + b"x" * 4000 + b"\r\n"), "no HTTP"),
    "one-long-header": (said(OK + b"X-More: " + b"x" * 200_000 + b"\r\n\r\n"), "no HTTP"),
    "flood-body": (flooding(OK + b"\r\n", b"a" * 65536), "larger than"),
    "long-body": (said(OK + b"Content-Length: 300000\r\n\r\n" + b"a" * 300_000), "larger than"),
    "short-body": (said(OK + b"Content-Length: 300\r\n\r\n" + b"a" * 200), "broke off"),
    "gzip-bomb": (said(packed(gzip.compress(b"a" * 50_000_000))), "larger than"),
    "gzip-bombs": (said(packed(gzip.compress(b"a" * 200_000) * 50)), "larger than|no HTTP"),
    "gzip-cut": (said(packed(gzip.compress(b"<#a> a <#b> .")[:-6])), "no HTTP"),
    "gzip-not": (said(packed(b"<#a> a <#b> .")), "no HTTP"),
    "gzip-nothing": (
        flooding(OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"")[:10] + b"\0" * 4000),
        "larger than|no HTTP",
    ),
    "brotli": (said(OK + b"Content-Encoding: br\r\nContent-Length: 1\r\n\r\na"), "not asked for"),
    "twice-packed": (
        said(OK + b"Content-Encoding: gzip, gzip\r\nContent-Length: 1\r\n\r\na"),
        "not asked for",
    ),
    "garbage": (said(b"\x16\x03\x01 what is this\r\n\r\n"), "no HTTP"),
    "no-status": (said(b"<#a> a <#b> .\n"), "no HTTP"),
    "nothing": (said(b""), "no HTTP|broke off"),
    "bad-chunk": (said(OK + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n"), "no HTTP|broke off"),
    "two-lengths": (
        said(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), "no HTTP|broke off"
    ),
    "no-type": (said(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"), "its type is none of"),
    "two-types": (
        said(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Type: text/turtle\r\n"
            b"Content-Length: 1\r\n\r\na"
        ),
        "its type is none of|no HTTP",
    ),
    "partial": (
        said(b"HTTP/1.1 206 Partial\r\nContent-Type: text/turtle\r\nContent-Length: 1\r\n\r\na"),
        "status 206",
    ),
    "continues": (dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "did not answer within"),
    "nowhere": (said(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"), "redirects"),
}  # fmt: skip


@dataclass(slots=True)
class RawHost:
    """Who is connected now, how often somebody was, and where it is."""

    port: int = 0
    came: int = 0
    open: set[asyncio.Task[None]] = field(default_factory=set)

    def at(self, name: str) -> str:
        return f"http://127.0.0.1:{self.port}/{name}"

    async def left_alone(self) -> bool:
        """Whether every connection ends within a moment."""
        for _ in range(100):
            if not self.open:
                return True
            await asyncio.sleep(0.02)
        return False


@asynccontextmanager
async def a_raw_host() -> AsyncIterator[RawHost]:
    host = RawHost()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        host.came += 1
        host.open.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await _meet(reader, writer)
        finally:
            host.open.discard(task)
            writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    host.port = server.sockets[0].getsockname()[1]
    try:
        yield host
    finally:
        server.close()
        for task in list(host.open):
            task.cancel()


async def _meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    name = head.split(b" ")[1].decode().strip("/").partition("?")[0]
    speaking = asyncio.ensure_future(_speak(name, writer))
    # A caller that hangs up is noticed here, however long we would go on.
    gone = asyncio.ensure_future(reader.read())
    await asyncio.wait((speaking, gone), return_when=asyncio.FIRST_COMPLETED)
    for each in (speaking, gone):
        each.cancel()
    await asyncio.gather(speaking, gone, return_exceptions=True)


async def _speak(name: str, writer: asyncio.StreamWriter) -> None:
    if name in WORDS:
        await WORDS[name][0](writer)
    else:
        writer.write(OK + b"Content-Length: 13\r\n\r\n<#a> a <#b> .")
    await writer.drain()
