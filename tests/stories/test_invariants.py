# SPDX-License-Identifier: EUPL-1.2
"""The invariants of permissions that only show from outside: many clients, workers, a kill."""

import asyncio
import os
import re
import signal
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest
from aiohttp import ClientError

from commands.answer import Answer, Json, at, items_at, number_at, text_at, want_status
from commands.client import open_web
from commands.demo.cast import AGENCY_CLIENT, LOON
from commands.demo.papers import SLIPS
from commands.launch import SERVER, start
from commands.proof import break_in, read_export

from .city import City, Hammer, a_city, close_account_credentials, furnished, ids_of
from .hooks import an_ear
from .lines import children_of

CLIENTS = 50
COUNT = 30
SUCCESS = (200, 206, 304)
NUMBER = "85673003357"  # the form of a national number, with the month field of test data

pytestmark = pytest.mark.timeout(120)


def entries_under(export: bytes, grant: str) -> list[Json]:
    """The allowed entries of the grant, out of a log whose chain is whole."""
    entries, _ = read_export(export)
    assert break_in(entries) is None
    return [e for e in entries if at(e, "grant") == grant and at(e, "outcome") == "allowed"]


async def test_of_fifty_clients_at_once_exactly_as_many_read_as_the_grant_allows(
    tmp_path: Path,
) -> None:  # domain.md §8.4
    async with a_city(tmp_path) as city:
        hammer = Hammer(city, await city.grant(count=COUNT))
        await asyncio.gather(*(hammer.strike("whole", "") for _ in range(CLIENTS)))
        held = want_status(await city.web.get(hammer.grant, city.an.login), 200).json
        told = entries_under(await city.export(), hammer.grant)

    statuses = Counter(each.answer.status for each in hammer.tries)
    assert statuses == {200: COUNT, 403: CLIENTS - COUNT}
    assert {e.answer.problem for e in hammer.tries} == {"", "grant-exhausted"}
    assert len(told) == COUNT
    assert (text_at(held, "state"), number_at(held, "uses")) == ("exhausted", COUNT)


async def test_after_a_withdrawal_is_answered_none_of_fifty_hammering_clients_reads(
    tmp_path: Path,
) -> None:  # domain.md §8.3
    async with a_city(tmp_path) as city:
        hammer, said = Hammer(city, await city.grant()), dict[str, Json]()

        async def withdraw() -> None:
            said["end"] = await city.act(f"{hammer.grant}/withdraw", city.an.login)

        answered = await hammer.around(CLIENTS, withdraw)
        told = entries_under(await city.export(), hammer.grant)

    before = [e.answer.status for e in hammer.tries if e.sent < answered]
    after = [e for e in hammer.tries if e.sent >= answered]
    assert set(before) & {200, 304} == {200, 304}
    assert len(after) > CLIENTS
    assert {(e.kind, e.answer.status) for e in after} == {
        (kind, 403) for kind in ("whole", "same", "range", "head")
    }
    assert {e.answer.problem for e in after if e.kind != "head"} == {"grant-withdrawn"}
    last = number_at(said["end"], "stoppedAfterSeq")
    assert max(number_at(entry, "seq") for entry in told) == last
    heard = [e for e in hammer.tries if e.answer.status in SUCCESS]
    assert {e.answer.header("Kluis-Log") for e in heard} == {text_at(e, "id") for e in told}


async def test_pausing_narrowing_suspending_and_ending_hold_at_the_very_next_request(
    tmp_path: Path,
) -> None:  # domain.md §8.3
    async with a_city(tmp_path) as city:
        narrower: Json = {"data": [{"target": city.an.has(SLIPS[1].path)}]}
        seen: dict[str, set[str]] = {}

        async def held(name: str, where: str, login: object, body: Json | None = None) -> None:
            hammer = Hammer(city, await city.grant())

            async def act() -> None:
                if name == "credential":
                    await close_account_credentials(city, AGENCY_CLIENT)
                else:
                    await city.act(where.format(grant=hammer.grant), login, body)  # type: ignore[arg-type]  # a login of the city

            answered = await hammer.around(12, act, 0.3)
            after = [e.answer for e in hammer.tries if e.sent >= answered]
            assert len(after) > 12, name
            assert any(e.answer.status in SUCCESS for e in hammer.tries), name
            seen[name] = {a.problem or str(a.status) for a in after if a.method != "HEAD"}
            seen[name] |= {str(a.status) for a in after if a.method == "HEAD"}

        await held("pause", "{grant}/pause", city.an.login)
        await held("narrow", "{grant}/narrow", city.an.login, narrower)
        await held("relinquish", "{grant}/relinquish", city.agency.login)
        await held("suspend", f"{city.agency.purpose}/suspend", city.operator)
        await city.act(f"{city.agency.purpose}/publish", city.operator)
        await held("agency", f"{city.agency.id}/suspend", city.operator)
        await city.act(f"{city.agency.id}/resume", city.operator)
        await held("credential", "", None)

    assert seen["pause"] == {"grant-paused", "403"}
    assert seen["narrow"] == {"target-not-granted", "403"}
    assert seen["relinquish"] == {"grant-relinquished", "403"}
    assert seen["suspend"] == {"grant-paused", "403"}
    assert "403" in seen["agency"]
    assert not seen["agency"] & {"200", "206", "304"}
    assert "401" in seen["credential"]
    assert not seen["credential"] & {"200", "206", "304"}


async def test_killed_at_any_moment_no_read_is_answered_that_the_log_does_not_have(
    tmp_path: Path,
) -> None:  # domain.md §8.1
    async with a_city(tmp_path, workers=2) as city:
        hammer = Hammer(city, await city.grant())
        for number in range(3):
            await _hurt(hammer, 0.25 + number * 0.13)
            process = await start(city.place)
            async with open_web(city.place.base) as web:
                city = await _again(city, web, process)
                hammer.city = city
                told = entries_under(await city.export(), hammer.grant)
                held = want_status(await web.get(hammer.grant, city.an.login), 200).json
                keys = want_status(await web.get(".consent/keys"), 200).body
                verified = await _verified(tmp_path, await city.export(), keys)
            heard = [e.answer for e in hammer.tries if e.answer.status in SUCCESS]
            names = [text_at(entry, "id") for entry in told]
            assert {answer.header("Kluis-Log") for answer in heard} <= set(names)
            assert len(heard) <= len(names) == len(set(names))
            whole = sum(
                (number_at(e, "status"), text_at(e, "reason") if at(e, "reason") else "")
                == (200, "")
                for e in told
            )
            assert number_at(held, "uses") <= whole
            assert verified == 0
    assert len(hammer.tries) > 30


async def _hurt(hammer: Hammer, seconds: float) -> None:
    """Readers on all sides, and in the midst of it SIGKILL to the server and its workers."""
    over, process = asyncio.Event(), hammer.city.process
    busy = [asyncio.create_task(hammer.keep_striking(number, "", over)) for number in range(8)]
    await asyncio.sleep(seconds)
    family = [process.pid, *children_of(process.pid)]
    for pid in family:
        os.kill(pid, signal.SIGKILL)
    await process.wait()
    async with asyncio.timeout(8):
        await asyncio.gather(*busy)
