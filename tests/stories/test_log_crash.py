# SPDX-License-Identifier: EUPL-1.2
"""kill -9 in the midst of reads under a grant: never more answers than entries (domain.md §8.1)."""

import asyncio
import secrets
from asyncio.subprocess import Process
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import ClientError

from commands.answer import at, number_at, text_at, want_status
from commands.client import Web, log_in, open_web
from commands.demo.cast import SCOPE, new_cast
from commands.demo.papers import AUGUST
from commands.demo.seed import seed
from commands.launch import Place, free_port
from commands.proof import break_in, read_export

from .test_crash import MANY, Town, kill, running, settle

ROUNDS = 4
READERS = 6
PATIENCE = 8


@dataclass(slots=True)
class Heard:
    """What the readers saw come back: the entry that each answer named, and its status."""

    answers: dict[str, int] = field(default_factory=dict)
    sent: int = 0


@pytest.mark.timeout(180)
async def test_no_answer_without_its_entry_however_the_server_ends(tmp_path: Path) -> None:
    place, cast, heard = Place(tmp_path, free_port()), new_cast(), Heard()
    place.sow(seed(place.base, cast, MANY))
    async with running(place) as process:
        town = await settle(place, cast)
        await hurt(town, heard, process)
    for _ in range(ROUNDS - 1):
        async with running(place) as process:
            await all_told(town, heard)
            await hurt(town, heard, process)
    async with running(place):
        await all_told(town, heard)

    statuses = Counter(heard.answers.values())
    assert statuses[200] > 5 * ROUNDS
    assert statuses[304] > 5 * ROUNDS


async def hurt(town: Town, heard: Heard, process: Process) -> None:
    async with open_web(town.place.base) as web:
        busy = [asyncio.create_task(read(town, web, heard)) for _ in range(READERS)]
        await asyncio.wait(busy, timeout=0.5 + secrets.randbelow(1_500) / 1_000)
        await kill(process)
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*busy)


async def read(town: Town, web: Web, heard: Heard) -> None:
    """The whole slip, and then whether it is still the same."""
    url, tag = town.an.pod + AUGUST.path, ""
    try:
        login = await log_in(web, town.agency, "webid")
        while True:
            headers = login.headers("GET", url) | ({"If-None-Match": tag} if tag else {})
            heard.sent += 1
            answer = want_status(await web.ask("GET", url, headers=headers), 200, 304)
            heard.answers[answer.header("Kluis-Log").strip("<>")] = answer.status
            tag = "" if tag else answer.header("ETag")
    except ClientError:
        return


async def all_told(town: Town, heard: Heard) -> None:
    async with open_web(town.place.base) as web:
        login = await log_in(web, town.an.credentials, SCOPE)
        pod = quote(town.an.pod, safe="")
        log = await web.get(f".consent/log/export?pod={pod}", login, "*/*")
        grant = await web.get(town.grant, login)

    entries, _ = read_export(want_status(log, 200).body)
    assert break_in(entries) is None
    mine = [entry for entry in entries if at(entry, "grant") == town.grant]
    told = {text_at(entry, "id"): number_at(entry, "status") for entry in mine}
    assert len(told) == len(mine)
    # Every answer that was heard is told, with the very status; more may be told than was heard,
    # but no more than was asked.
    assert heard.answers.items() <= told.items()
    assert len(heard.answers) <= len(told) <= heard.sent
    whole = sum(status == 200 for status in told.values())
    assert number_at(want_status(grant, 200).json, "uses") == whole
