# SPDX-License-Identifier: EUPL-1.2
"""Large bodies up and down against a real server: flat memory, resumed downloads, whole bytes."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest
from aiohttp import ClientOSError, ClientSession, ClientTimeout

from commands.client import Login, Web, log_in, open_account, open_web
from commands.launch import Place, free_port, start, stop

MIB = 1024 * 1024
SIZE = 64 * MIB
# What the server may grow by while it carries SIZE bytes, several at a time: buffers, no bodies.
GROWTH = 24 * MIB
PIECE = bytes(range(256)) * 1024


@dataclass(frozen=True, slots=True)
class Served:
    """A server, its process, and the owner of a pod in it."""

    web: Web
    pid: int
    pod: str
    login: Login

    def peak(self) -> int:
        """The most memory that the process has ever had, in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024


# Only where nothing has to be complete: in CI the tests run, and fail without /proc.
pytestmark = pytest.mark.skipif(
    os.environ.get("KLUIS_COMPLETE") != "1" and not Path("/proc/self/status").exists(),
    reason="memory is read from /proc",
)


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    place = Place(tmp_path, free_port())
    place.sow({"accounts": []})
    process = await start(place)
    try:
        async with open_web(place.base) as web:
            an = await open_account(web, "an@kluis.example", "een lang genoeg wachtwoord", "an")
            login = await log_in(web, an.credentials, "openid webid")
            yield Served(web, process.pid, an.pod, login)
    finally:
        await stop(process)


async def pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // len(PIECE)):
        yield PIECE


def digest_of(size: int) -> str:
    whole = sha256()
    for _ in range(size // len(PIECE)):
        whole.update(PIECE)
    return whole.hexdigest()


async def upload(served: Served, session: ClientSession, url: str, size: int) -> int:
    headers = {**served.login.headers("PUT", url), "Content-Type": "application/octet-stream"}
    async with session.put(url, data=pieces(size), headers=headers) as answer:
        return answer.status


async def download(
    served: Served, session: ClientSession, url: str, **more: str
) -> tuple[int, int, str]:
    """Status, bytes and digest of what came, without keeping it."""
    headers = {**served.login.headers("GET", url), **{k.replace("_", "-"): more[k] for k in more}}
    whole, size = sha256(), 0
    async with session.get(url, headers=headers) as answer:
        async for piece in answer.content.iter_any():
            whole.update(piece)
            size += len(piece)
        return answer.status, size, whole.hexdigest()


async def test_large_bodies_come_and_go_with_flat_memory(served: Served) -> None:
    urls = [f"{served.pod}films/{number}" for number in range(3)]
    async with ClientSession(timeout=ClientTimeout(total=60)) as session:
        # One small body first, so that what is loaded once does not count.
        assert await upload(served, session, f"{served.pod}films/small", MIB) == 201
        assert (await download(served, session, f"{served.pod}films/small"))[0] == 200
        before = served.peak()

        stored = await asyncio.gather(*(upload(served, session, url, SIZE) for url in urls))
        got = await asyncio.gather(*(download(served, session, url) for url in urls))

    assert stored == [201, 201, 201]
    assert set(got) == {(200, SIZE, digest_of(SIZE))}
    assert served.peak() - before < GROWTH


async def test_a_download_that_broke_off_goes_on_where_it_stopped(served: Served) -> None:
    url, part = f"{served.pod}film", 5 * MIB
    async with ClientSession(timeout=ClientTimeout(total=60)) as session:
        assert await upload(served, session, url, 16 * MIB) == 201
        headers = served.login.headers("GET", url)
        async with session.get(url, headers=headers) as answer:
            tag, first = answer.headers["ETag"], await answer.content.readexactly(part)
            assert answer.headers["Accept-Ranges"] == "bytes"
        rest = await served.web.ask(
            "GET",
            url,
            login=served.login,
            headers={"Range": f"bytes={part}-", "If-Range": tag, "Origin": "https://app.example"},
        )

    assert rest.status == 206
    assert rest.header("Content-Range") == f"bytes {part}-{16 * MIB - 1}/{16 * MIB}"
    assert rest.header("Content-Length") == str(11 * MIB)
    # SP-60: also on an answer that is streamed.
    assert rest.header("Access-Control-Allow-Origin") == "https://app.example"
    assert sha256(first + rest.body).hexdigest() == digest_of(16 * MIB)


async def test_ranges_on_the_wire(served: Served) -> None:
    url = f"{served.pod}film"
    async with ClientSession() as session:
        assert await upload(served, session, url, MIB) == 201

    async def asked(method: str, **headers: str) -> tuple[int, str, str, bytes]:
        answer = await served.web.ask(method, url, login=served.login, headers=headers)
        kind = answer.header("Content-Type").partition(";")[0]
        return answer.status, kind, answer.header("Content-Length"), answer.body

    stored = "application/octet-stream"
    assert await asked("GET", Range="bytes=1-3") == (206, stored, "3", PIECE[1:4])
    assert await asked("GET", Range=f"bytes={MIB - 2}-{9 * MIB}") == (206, stored, "2", PIECE[-2:])
    assert await asked("HEAD", Range="bytes=1-3") == (200, stored, str(MIB), b"")
    status, kind, length, body = await asked("GET", Range="bytes=0-0,-1")
    assert (status, kind, length) == (206, "multipart/byteranges", str(len(body)))
    status, kind, _, body = await asked("GET", Range=f"bytes={MIB}-")
    assert (status, kind) == (416, "application/problem+json")
    assert b"range-not-satisfiable" in body


async def test_head_on_the_wire_says_what_get_says(served: Served) -> None:
    for name, size in (("large", MIB), ("small", len(PIECE) // 8)):
        url = f"{served.pod}{name}"
        await served.web.put(url, served.login, "image/png", (PIECE * 4)[:size])
        heads = [
            await served.web.ask(method, url, login=served.login) for method in ("GET", "HEAD")
        ]
        get, head = ({n: v for n, v in answer.raw_headers if n != b"Date"} for answer in heads)
        assert get == head


async def test_an_upload_that_breaks_off_leaves_nothing(served: Served, tmp_path: Path) -> None:
    url = f"{served.pod}half"

    async def half() -> AsyncIterator[bytes]:
        async for piece in pieces(4 * MIB):
            yield piece
        raise ConnectionResetError

    headers = {**served.login.headers("PUT", url), "Content-Type": "image/png"}
    async with ClientSession() as session:
        with pytest.raises(ClientOSError):
            await session.put(url, data=half(), headers=headers)

    missing = await served.web.ask("GET", url, login=served.login)
    for _ in range(50):
        left = [path for path in (tmp_path / "data" / "blobs").rglob("*") if path.is_file()]
        if not left:
            break
        await asyncio.sleep(0.1)
    assert missing.status == 404
    assert left == []
