# SPDX-License-Identifier: EUPL-1.2
"""kill -9 at random moments: each 2xx is there, each reading is in the log (T-44, T-52)."""

import asyncio
import secrets
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import ClientError

from commands.answer import Json, at, number_at, text_at, want_status
from commands.client import Credentials, Newcomer, Web, log_in, open_account, open_web
from commands.demo.asking import asked_of
from commands.demo.cast import (
    SCOPE,
    Agency,
    Cast,
    Citizen,
    agency_credentials,
    agency_id,
    new_cast,
    purpose_id,
)
from commands.demo.papers import AUGUST, SLIPS
from commands.demo.seed import seed
from commands.launch import Place, free_port, start
from commands.proof import break_in, read_export

ROUNDS = 5
WRITERS = 4
READERS = 4
MANY = 1_000_000
SIZES = (200, 5_000, 150_000)  # in a row, and above 64 KB in a blob (decision 25)
PATIENCE = 8


@dataclass(slots=True)
class Promised:
    """What the server answered for, as its clients noted it: digests of bodies, log entries."""

    kept: dict[str, str] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    under_way: dict[str, str] = field(default_factory=dict)
    readings: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Town:
    """Everything that outlives a crash on the side of the clients."""

    place: Place
    an: Newcomer
    agency: Credentials
    grant: str
    promised: Promised


@pytest.mark.timeout(180)
async def test_nothing_that_was_answered_is_lost_when_the_server_is_killed(
    tmp_path: Path,
) -> None:
    place, cast = Place(tmp_path, free_port()), new_cast()
    place.sow(seed(place.base, cast, MANY))
    async with running(place) as process:
        town = await settle(place, cast)
        await hurt(town, process)
    for _ in range(ROUNDS - 1):
        async with running(place) as process:
            await all_is_there(town, town.promised.fresh)
            await hurt(town, process)
    async with running(place):
        await all_is_there(town, town.promised.kept)

    assert len(town.promised.kept) > 10 * ROUNDS
    assert len(town.promised.readings) > 10 * ROUNDS


@asynccontextmanager
async def running(place: Place) -> AsyncIterator[Process]:
    process = await start(place)
    try:
        yield process
    finally:
        await kill(process)


async def kill(process: Process) -> None:
    """SIGKILL: no farewell, no flush."""
    if process.returncode is None:
        process.kill()
    await process.wait()


async def settle(place: Place, cast: Cast) -> Town:
    """An has slips, and the agency a grant for more readings than a test can make."""
    async with open_web(place.base) as web:
        an = await open_account(web, cast.an.email, cast.an.password, cast.an.pod_name)
        login = await log_in(web, an.credentials, SCOPE)
        for slip in SLIPS:
            where = an.pod + slip.path
            want_status(await web.put(where, login, slip.media_type, slip.body), 201)
        credentials = agency_credentials(web.base, cast)
        service = await log_in(web, credentials, "webid")
        agency = Agency(service, agency_id(web.base), purpose_id(web.base))
        question = asked_of(Citizen(cast.an, an.pod, an.web_id, login), agency, MANY)
        asked = want_status(await web.post(".consent/requests", question, service), 202)
        request = text_at(asked.json, "id")
        notice = want_status(await web.get(f"{request}/notice?lang=nl", login), 200)
        yes: Json = {"noticeHash": text_at(notice.json, "hash"), "lang": "nl"}
        given = want_status(await web.post(f"{request}/approve", yes, login), 201)
    return Town(place, an, credentials, given.header("Location"), Promised())


async def hurt(town: Town, process: Process) -> None:
    """Load from all sides, and in the midst of it the kill."""
    async with open_web(town.place.base) as web:
        busy = [asyncio.create_task(write(town, web, number)) for number in range(WRITERS)]
        busy += [asyncio.create_task(read(town, web)) for _ in range(READERS)]
        await asyncio.wait(busy, timeout=0.8 + secrets.randbelow(2_000) / 1_000)
        await kill(process)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*busy)


async def write(town: Town, web: Web, number: int) -> None:
    """New documents, and between them one that is written again and again."""
    promised, folder = town.promised, f"{town.an.pod}last/{number}/"
    try:
        login = await log_in(web, town.an.credentials, SCOPE)
        while True:
            name = "again" if secrets.randbelow(3) == 0 else secrets.token_hex(8)
            url = f"{folder}{name}.txt"
            body = secrets.token_hex(secrets.choice(SIZES) // 2).encode()
            promised.under_way[url] = sha256(body).hexdigest()
            want_status(await web.put(url, login, "text/plain", body), 201, 204)
            promised.kept[url] = promised.under_way.pop(url)
            promised.fresh.add(url)
    except ClientError:
        return


async def read(town: Town, web: Web) -> None:
    try:
        login = await log_in(web, town.agency, "webid")
        while True:
            answer = want_status(await web.get(town.an.pod + AUGUST.path, login, "*/*"), 200)
            town.promised.readings.add(answer.header("Kluis-Log").strip("<>"))
    except ClientError:
        return


async def all_is_there(town: Town, urls: Iterable[str]) -> None:
    async with open_web(town.place.base) as web:
        login = await log_in(web, town.an.credentials, SCOPE)
        await each_document_is_there(town, web, tuple(urls))
        town.promised.fresh.clear()
        pod = quote(town.an.pod, safe="")
        log = await web.get(f".consent/log/export?pod={pod}", login, "*/*")
        grant = await web.get(town.grant, login)

    entries, _ = read_export(want_status(log, 200).body)
    assert break_in(entries) is None
    allowed = Counter(
        text_at(entry, "id")
        for entry in entries
        if at(entry, "grant") == town.grant
        and (at(entry, "outcome"), at(entry, "status")) == ("allowed", 200)
    )
    assert town.promised.readings <= set(allowed)
    assert set(allowed.values()) == {1}
    assert number_at(want_status(grant, 200).json, "uses") == allowed.total()


async def each_document_is_there(town: Town, web: Web, urls: Iterable[str]) -> None:
    """With its very bytes, or those of a later PUT that was under way when the server died."""
    login = await log_in(web, town.an.credentials, SCOPE)
    gate = asyncio.Semaphore(8)

    async def digest_of(url: str) -> tuple[str, str]:
        async with gate:
            answer = want_status(await web.get(url, login, "text/plain"), 200)
            return url, sha256(answer.body).hexdigest()

    for url, found in await asyncio.gather(*map(digest_of, urls)):
        assert found in {town.promised.kept[url], town.promised.under_way.get(url)}, url
        # What is there now was settled by this start; the next one must find the same.
        town.promised.kept[url] = found
        town.promised.under_way.pop(url, None)
