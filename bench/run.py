# SPDX-License-Identifier: EUPL-1.2
"""Measures Kluis beside a bare aiohttp handler, in turns: make bench."""

import asyncio
import shutil
import sys
import tempfile
import time
from asyncio.subprocess import Process
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import orjson
from aiohttp import ClientConnectionError

from bench.cases import Case, cases
from bench.house import furnish, seed
from bench.report import Figures, Measured
from bench.wrk import Run, Server, load
from commands.answer import Answer, Unexpected
from commands.client import Web, open_web
from commands.launch import Place, free_port, start, stop

ROUNDS = 3
SECONDS = 2.0
WARM_SECONDS = 1.0
WARM_REQUESTS = 4_000
MOST_REQUESTS = 30_000
STARTS = 3
OWN = {"date", "server", "content-length", "connection", "transfer-encoding"}


def new_place(folder: Path) -> Place:
    folder.mkdir()
    return Place(folder, free_port())


@asynccontextmanager
async def running(place: Place) -> AsyncIterator[Process]:
    process = await start(place)
    try:
        yield process
    finally:
        await stop(process)


async def measure_start(folder: Path) -> tuple[tuple[float, ...], float]:
    """Seconds from start to first answer, each with a fresh folder; memory when idle."""
    seconds, memory = [], 0.0
    for number in range(STARTS):
        place = new_place(folder / f"start-{number}")
        place.sow([])
        begun = time.perf_counter()
        async with running(place) as process:
            seconds.append(time.perf_counter() - begun)
            await asyncio.sleep(1)
            memory = Server(process.pid, place.base).resident_mib()
    return tuple(seconds), memory


async def sampled(web: Web, all_cases: Iterable[Case]) -> list[dict[str, object]]:
    """One answer of Kluis per case, for the bare handler to repeat."""
    rows = []
    for case in all_cases:
        method, url, headers, body = case.sample()
        answer = await web.ask(method, url, headers=headers, body=body)
        if not answer.status < 300:
            raise Unexpected(f"Expected success for {case.name}, but {answer.in_words()}.")
        named = method if method in ("PUT", "PATCH") else f"{method} /{url.split('/', 3)[3]}"
        rows.append(row(named, answer))
    return rows


def row(named: str, answer: Answer) -> dict[str, object]:
    pairs = ((key.decode(), value.decode("latin-1")) for key, value in answer.raw_headers)
    return {
        "for": named,
        "status": answer.status,
        "headers": {key: value for key, value in pairs if key.lower() not in OWN},
        "body": b64encode(answer.body).decode(),
    }


@asynccontextmanager
async def bare(folder: Path, answers: list[dict[str, object]]) -> AsyncIterator[Server]:
    file, port = folder / "answers.json", free_port()
    file.write_bytes(orjson.dumps(answers))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.bare", str(port), str(file)
    )
    try:
        base = f"http://localhost:{port}/"
        await until_up(base)
        yield Server(process.pid, base)
    finally:
        await stop(process)


async def until_up(base: str) -> None:
    async with open_web(base) as web, asyncio.timeout(10):
        while True:
            try:
                await web.get("")
            except ClientConnectionError:
                await asyncio.sleep(0.05)
            else:
                return


async def measure(case: Case, kluis: Server, beside: Server, folder: Path) -> Measured:
    """Rounds in turns, so that whatever else the machine does meets both alike."""
    file = folder / "requests"
    rate = await warm_up(case, kluis, file)
    pairs = [await one_round(case, kluis, beside, file, rate) for _ in range(ROUNDS)]
    return Measured(case, tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs))


async def warm_up(case: Case, kluis: Server, file: Path) -> float:
    ready = islice(case.requests, 1 if case.again else WARM_REQUESTS)
    return (await load(kluis, ready, file, WARM_SECONDS, case.again)).rate


async def one_round(
    case: Case, kluis: Server, beside: Server, file: Path, rate: float
) -> tuple[Run, Run]:
    # Twice what the warm-up took: a run that spends all its proofs would count as failed.
    wanted = min(MOST_REQUESTS, int(rate * SECONDS * 2) + 200)
    ready = list(islice(case.requests, 1 if case.again else wanted))
    bare_run = await load(beside, ready, file, SECONDS, again=True)
    run = await load(kluis, ready, file, SECONDS, case.again)
    for name, one in (("Kluis", run), ("the bare handler", bare_run)):
        if one.refused or one.broken:
            lost = f"{one.refused} refused, {one.broken} broken of {one.requests}"
            raise Unexpected(f"Expected only 2xx from {name} for {case.name}, but {lost}.")
    return run, bare_run


async def bench(folder: Path) -> Figures:
    print("Starting and stopping, to see how long it takes", flush=True)
    starts, idle = await measure_start(folder)
    place = new_place(folder / "kluis")
    place.sow(seed(place.base))
    async with running(place) as process, open_web(place.base) as web:
        print("Filling a pod over HTTP", flush=True)
        todo = cases(await furnish(web))
        kluis = Server(process.pid, place.base)
        async with bare(folder, await sampled(web, todo)) as beside:
            done = []
            for case in todo:
                print(f"Measuring: {case.name}", flush=True)
                done.append(await measure(case, kluis, beside, folder))
        end = kluis.resident_mib()
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    return Figures(day, starts, idle, end, tuple(done))


def main() -> int:
    if shutil.which("wrk") is None:
        print("kluis: wrk is not installed; it is the Debian package wrk", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="kluis-bench-") as folder:
        try:
            figures = asyncio.run(bench(Path(folder)))
        except Unexpected as error:
            print(f"kluis: the bench stopped. {error}", file=sys.stderr)
            return 1
    file = figures.save()
    print(f"\n{figures.text()}\nSaved as {file.relative_to(Path.cwd())} and .json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
