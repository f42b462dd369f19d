# SPDX-License-Identifier: EUPL-1.2
"""Whether the time of an answer tells which addresses are known: python -m bench.same_time [N].

N tries each (200), known and unknown mixed at random, every one from an address of its own on
loopback, so that no limit of tries cuts in. Tells quantiles and the Kolmogorov-Smirnov distance.
"""

import asyncio
import random
import re
import sys
import tempfile
import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from aiohttp import ClientSession, DummyCookieJar, TCPConnector

from commands.launch import Place, free_port, start, stop

TRIES = 200
WRONG = "not the password"
AT_5_PERCENT = 1.358  # of two samples, times the root of 2/N


@dataclass(frozen=True, slots=True)
class Way:
    """What is asked for an address: by the account API, or by the form of a page."""

    name: str
    path: str
    fields: Mapping[str, str]
    is_page: bool = False


WAYS = (
    Way("sign in, API", ".account/login/password/", {"password": WRONG}),
    Way("forgot, API", ".account/login/password/forgot/", {}),
    Way("register, API", ".account/register/", {}),
    Way("sign in, page", "-/sign-in", {"password": WRONG, "next": "/-/"}, is_page=True),
    Way("forgot, page", "-/forgot", {}, is_page=True),
    Way("register, page", "-/register", {}, is_page=True),
)


async def asked(base: str, way: Way, email: str, number: int) -> float:
    """Seconds until the whole answer is there, on a connection that stands already."""
    here = f"127.{1 + number // 50_000}.{number // 250 % 200}.{1 + number % 250}"
    connector = TCPConnector(local_addr=(here, 0))
    fields = {"email": email, **way.fields}
    async with ClientSession(connector=connector, cookie_jar=DummyCookieJar()) as http:
        if not way.is_page:
            await _get(http, f"{base}.well-known/openid-configuration")
            return await _timed(http, base + way.path, {}, json=fields)
        text, cookie = await _get(http, base + way.path)
        form = next(each for each in text.split("<form") if f'"/{way.path}' in each)
        token = re.search(r'name="form-token" value="([^"]*)"', form)
        sent = {**fields, "form-token": token[1] if token else ""}
        headers = {"Origin": base[:-1], "Cookie": cookie}
        return await _timed(http, base + way.path, headers, data=sent)


async def _get(http: ClientSession, url: str) -> tuple[str, str]:
    async with http.get(url, headers={"Sec-Fetch-Site": "same-origin"}) as answer:
        cookies = [each.split(";")[0] for each in answer.headers.getall("Set-Cookie", [])]
        return await answer.text(), "; ".join(cookies)


async def _timed(
    http: ClientSession,
    url: str,
    headers: Mapping[str, str],
    *,
    json: Mapping[str, str] | None = None,
    data: Mapping[str, str] | None = None,
) -> float:
    begin = time.perf_counter()
    async with http.post(url, json=json, data=data, headers=headers, allow_redirects=False) as said:
        await said.read()
        if said.status in (429, 500):
            raise SystemExit(f"{url} answered {said.status}")
    return time.perf_counter() - begin


def distance(one: Sequence[float], other: Sequence[float]) -> float:
    """Kolmogorov-Smirnov: how far apart the two distributions are at most."""
    left, right = sorted(one), sorted(other)
    return max(
        abs(bisect_right(left, at) / len(left) - bisect_right(right, at) / len(right))
        for at in (*left, *right)
    )


def quantiles(found: Sequence[float]) -> str:
    """Milliseconds at 5, 25, 50, 75 and 95 percent."""
    rows = sorted(found)
    return " ".join(
        f"{1000 * rows[int(len(rows) * p)]:7.2f}" for p in (0.05, 0.25, 0.5, 0.75, 0.95)
    )


async def measure(tries: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder), free_port())
        known = [f"known{number:05}@example.org" for number in range(tries)]
        unknown = [f"nobdy{number:05}@example.org" for number in range(tries)]
        place.sow([])
        process = await start(place)
        try:
            async with ClientSession(cookie_jar=DummyCookieJar()) as http:
                for email in known:
                    await _account(http, place.base, email)
            for round_, way in enumerate(WAYS):
                await _way(place.base, way, known, unknown, round_ * 2 * tries)
        finally:
            await stop(process)


async def _account(http: ClientSession, base: str, email: str) -> None:
    async with http.post(f"{base}.account/account/", json={}) as made:
        said = await made.json()
    headers = {"Authorization": f"CSS-Account-Token {said['authorization']}"}
    login = {"email": email, "password": "a long password"}
    at = said["controls"]["password"]["create"]
    async with http.post(at, json=login, headers=headers) as added:
        added.raise_for_status()


async def _way(
    base: str, way: Way, known: Sequence[str], unknown: Sequence[str], first: int
) -> None:
    jobs = [(email, True) for email in known] + [(email, False) for email in unknown]
    random.shuffle(jobs)
    times: dict[bool, list[float]] = {True: [], False: []}
    for number, (email, is_known) in enumerate(jobs):
        times[is_known].append(await asked(base, way, email, first + number))
    apart, limit = distance(times[True], times[False]), AT_5_PERCENT * (2 / len(known)) ** 0.5
    difference = 1000 * (median(times[True]) - median(times[False]))
    print(f"{way.name}: KS {apart:.3f} (5%: {limit:.3f}), medians {difference:+.2f} ms apart")
    print(f"  known   {quantiles(times[True])}\n  unknown {quantiles(times[False])}", flush=True)


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else TRIES))
