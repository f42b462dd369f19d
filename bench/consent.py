# SPDX-License-Identifier: EUPL-1.2
"""What a read under a grant costs beside a plain read with DPoP: python -m bench.consent [ROUNDS].

One server, the same 16 connections, a document of 1 KB, in turns (6 rounds each), so that a busy
machine meets both alike. Wanted: at most twice, in processor time and in requests per second.
"""

import asyncio
import sys
import tempfile
from itertools import islice
from pathlib import Path
from statistics import median

from bench.cases import Case, case, private
from bench.house import furnish, seed
from bench.run import MOST_REQUESTS, SECONDS, new_place, running, warm_up
from bench.wrk import Run, Server, load
from commands.answer import Unexpected
from commands.client import open_web

ROUNDS = 6
WANTED = 2.0


async def one_round(each: Case, kluis: Server, file: Path, rate: float) -> Run:
    wanted = min(MOST_REQUESTS, int(rate * SECONDS * 2) + 200)
    run = await load(kluis, islice(each.requests, wanted), file, SECONDS, each.again)
    if run.refused or run.broken:
        lost = f"{run.refused} refused, {run.broken} broken of {run.requests}"
        raise Unexpected(f"Expected only 2xx for {each.name}, but {lost}.")
    return run


async def measure(folder: Path, rounds: int) -> tuple[list[Run], list[Run]]:
    place = new_place(folder / "kluis")
    place.sow(seed(place.base))
    async with running(place) as process, open_web(place.base) as web:
        house = await furnish(web)
        kluis, file = Server(process.pid, place.base), folder / "requests"
        plain = case("a plain read", private(house.private, house.owner))
        granted = case("a read under a grant", private(house.granted, house.agency))
        rates = [await warm_up(each, kluis, file) for each in (plain, granted)]
        pairs = [
            [
                await one_round(each, kluis, file, rate)
                for each, rate in zip((plain, granted), rates, strict=True)
            ]
            for _ in range(rounds)
        ]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def told(name: str, runs: list[Run]) -> str:
    cpu, rate = median(run.cpu_ms for run in runs), median(run.rate for run in runs)
    wait = median(run.p50_ms for run in runs)
    return f"{name:12}{cpu:7.2f} ms CPU each {rate:8.0f} requests/s {wait:8.1f} ms p50"


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with tempfile.TemporaryDirectory(prefix="kluis-bench-") as folder:
        plain, granted = asyncio.run(measure(Path(folder), rounds))
    pairs = list(zip(plain, granted, strict=True))
    cpu = median(two.cpu_ms / one.cpu_ms for one, two in pairs)
    rate = median(one.rate / two.rate for one, two in pairs)
    print(told("plain", plain), told("under grant", granted), sep="\n")
    print(f"ratio, round by round: {cpu:.2f} by CPU, {rate:.2f} by requests/s (at most {WANTED})")


if __name__ == "__main__":
    main()
