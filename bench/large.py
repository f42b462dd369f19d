# SPDX-License-Identifier: EUPL-1.2
"""Containers of 100,000 members and bodies of a gigabyte: time and memory of a real server.

    .venv/bin/python -m bench.large [--members 100000] [--body-mib 1024]

The members are put in as rows; what is measured goes over HTTP.
"""

import argparse
import asyncio
import re
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from aiohttp import ClientSession, ClientTimeout

from commands.answer import want_status
from commands.client import Credentials, Login, Web, log_in, open_account, open_web
from commands.launch import Place, free_port, start, stop
from ldp.keeping import make_containers
from pod.contents import put
from pod.database import Tx
from pod.instant import wall
from pod.iri import Iri, storage_of
from pod.resource import Resource
from pod.sqlite import open_sqlite

MIB = 1024 * 1024
DOCUMENT = b"<#it> <#is> 'a document of usual size' .\n" * 50
PIECE = bytes(range(256)) * 1024
AT_ONCE = 2000
ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Roomy(Place):
    """A server that takes bodies of 2 GB."""

    @property
    def command(self) -> list[str]:
        # super() does not know a class that slots made anew.
        return [*Place.command.fget(self), "--max-body", "2000000000"]  # type: ignore[attr-defined]  # a property has fget


@dataclass(frozen=True, slots=True)
class Running:
    """The server that is measured, and the owner of the pod in it."""

    web: Web
    pid: int
    login: Login

    def memory(self, which: str) -> float:
        """MiB that the process has now (VmRSS) or had at most (VmHWM)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(rf"{which}:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else 0.0

    def forget_peak(self) -> None:
        """The peak begins anew (Linux: 5 to clear_refs)."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")


@asynccontextmanager
async def running(place: Place, credentials: Credentials) -> AsyncIterator[Running]:
    process = await start(place)
    try:
        async with open_web(place.base) as web:
            login = await log_in(web, credentials, "openid webid")
            yield Running(web, process.pid, login)
    finally:
        await stop(process)


async def fill(place: Place, container: Iri, members: int) -> None:
    """A container with so many documents, as rows, in commits of a few thousand."""
    db = await open_sqlite(place.folder / "data" / "kluis.db")
    try:
        await db.write(storage_of(container), make_containers, [container], wall())
        for begin in range(0, members, AT_ONCE):
            numbers = range(begin, min(begin + AT_ONCE, members))
            await db.write(storage_of(container), _rows, container, numbers)
    finally:
        await db.close()


async def _rows(tx: Tx, container: Iri, numbers: range) -> None:
    digest, size, now = sha256(DOCUMENT).hexdigest(), len(DOCUMENT), wall()
    pod = storage_of(container)
    for number in numbers:
        iri = Iri(f"{container}document-{number:06d}.ttl")
        kept = Resource(pod, iri, "text/turtle", DOCUMENT, None, size, digest, 1, now)
        await put(tx, kept)


async def list_once(to: Running, url: str) -> tuple[float, float, int]:
    """Milliseconds to the first byte and to the last, and how many bytes came."""
    headers = {**to.login.headers("GET", url), "Accept": "text/turtle"}
    begun, size = time.perf_counter(), 0
    async with to.web.session.get(url, headers=headers) as answer:
        first = time.perf_counter()
        async for piece in answer.content.iter_any():
            size += len(piece)
    return (first - begun) * 1000, (time.perf_counter() - begun) * 1000, size


async def listings(to: Running, containers: dict[int, Iri]) -> None:
    print("members     bytes     first ms   all ms   peak MiB more")
    per_byte: dict[int, float] = {}
    for members, url in containers.items():
        # Taken before the first of all: what a first listing leaves behind counts as well.
        to.forget_peak()
        before = to.memory("VmRSS")
        await list_once(to, url)
        runs = [await list_once(to, url) for _ in range(5 if members > 20_000 else 15)]
        first, all_ = (statistics.median(run[n] for run in runs) for n in (0, 1))
        size = runs[0][2]
        per_byte[members] = all_ / size
        grown = to.memory("VmHWM") - before
        print(f"{members:7d} {size:10d} {first:11.1f} {all_:8.1f} {grown:10.1f}")
    if 100 in per_byte:
        for members in containers:
            ratio = per_byte[members] / per_byte[100]
            print(f"time {members}:100 is {ratio:.2f} x the ratio of the bytes")


async def writes(to: Running, containers: dict[int, Iri]) -> None:
    """PUT and DELETE of one member, in turns, so that all meet the same machine."""
    took: dict[tuple[str, int], list[float]] = {}
    for number in range(ROUNDS):
        for members, container in containers.items():
            url = f"{container}member-{number}.ttl"
            for method in ("PUT", "DELETE"):
                body = DOCUMENT if method == "PUT" else b""
                kind = {"Content-Type": "text/turtle"} if body else {}
                answer = await to.web.ask(method, url, login=to.login, headers=kind, body=body)
                want_status(answer, 201, 204)
                took.setdefault((method, members), []).append(answer.milliseconds)
    for (method, members), times in took.items():
        least = statistics.median(took[method, min(containers)])
        middle = statistics.median(times)
        print(f"{method} among {members}: {middle:.2f} ms, {middle / least:.2f} x the smallest")


async def bodies(to: Running, pod: str, size: int) -> None:
    """One body up and down."""
    url = f"{pod}large"

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(size // len(PIECE)):
            yield PIECE

    async def up(session: ClientSession) -> None:
        kind = {"Content-Type": "application/octet-stream"}
        headers = to.login.headers("PUT", url) | kind
        async with session.put(url, data=pieces(), headers=headers) as answer:
            answer.raise_for_status()

    async def down(session: ClientSession) -> None:
        came = 0
        async with session.get(url, headers=to.login.headers("GET", url)) as answer:
            answer.raise_for_status()
            async for piece in answer.content.iter_any():
                came += len(piece)
        if came != size // len(PIECE) * len(PIECE):
            raise RuntimeError(f"{came} bytes came")

    ways: tuple[tuple[str, Callable[[ClientSession], Awaitable[None]]], ...] = (
        ("up", up),
        ("down", down),
    )
    async with ClientSession(timeout=ClientTimeout(total=300)) as session:
        for name, way in ways:
            to.forget_peak()
            before, begun = to.memory("VmRSS"), time.perf_counter()
            await way(session)
            spent, grown = time.perf_counter() - begun, to.memory("VmHWM") - before
            print(f"{size // MIB} MiB {name}: {spent:.1f} s, peak {grown:.1f} MiB more")


async def measure(folder: Path, members: int, body: int) -> None:
    place = Roomy(folder, free_port())
    place.sow({"accounts": []})
    process = await start(place)
    async with open_web(place.base) as web:
        an = await open_account(web, "an@kluis.example", "lang genoeg voor hier", "an")
    await stop(process)
    containers = {n: Iri(f"{an.pod}c{n}/") for n in sorted({100, 1000, 10_000, members})}
    for count, container in containers.items():
        await fill(place, container, count)
    async with running(place, an.credentials) as to:
        await listings(to, containers)
        await writes(to, {count: containers[count] for count in (100, members)})
        await bodies(to, an.pod, body)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--body-mib", type=int, default=1024)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kluis-large-") as folder:
        asyncio.run(measure(Path(folder), given.members, given.body_mib * MIB))


if __name__ == "__main__":
    main()
