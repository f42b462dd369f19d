# SPDX-License-Identifier: EUPL-1.2
"""What is logged soon after: shared reads, refused tries, anonymous numbers (decision 16)."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest

from acl import soon as soon_module
from acl import wac
from acl.journal import chained
from acl.soon import Soon
from consent.log.reading import agency_of
from identity.who import ANYONE, Who
from ldp.ask import Answer
from ldp.ask import House as DataHouse
from ldp.reading import read
from ldp.uses import refused
from pod.database import Database, Tx
from pod.errors import Refused, Unavailable
from pod.instant import HOUR

from .conftest import AGENCY, AGENCY_WHO, AN_WHO, BASE, SLIPS, YOUSSEF_WHO, Village
from .steps import granted
from .test_reading_under_a_grant import ask, data_house

OPEN = f"""@prefix acl: <http://www.w3.org/ns/auth/acl#> .
<#an> a acl:Authorization ; acl:agent <{AN_WHO.webid}> ;
  acl:accessTo <{BASE}an/> ; acl:default <{BASE}an/> ; acl:mode acl:Read, acl:Control .
<#all> a acl:Authorization ; acl:agentClass <http://xmlns.com/foaf/0.1/Agent> ;
  acl:accessTo <{BASE}an/> ; acl:default <{BASE}an/> ; acl:mode acl:Read .
""".encode()
STRANGER = Who(webid="https://elsewhere.example/#me", client="app", issuer="https://idp.example/")


@dataclass
class Open:
    """An's pod, open to everybody, and the queue of one worker."""

    village: Village
    house: DataHouse
    soon: Soon

    async def get(self, who: Who, method: str = "GET", **headers: str) -> Answer:
        return await read(self.house, ask(SLIPS[0], method, who, **headers))

    async def entries(self) -> list[dict[str, Any]]:
        return await self.village.db.read(_entries)

    async def counts(self) -> list[tuple[str, int, int, int]]:
        return await self.village.db.read(_counts)


async def _entries(tx: Tx) -> list[dict[str, Any]]:
    rows = await tx.all("SELECT entry FROM journal ORDER BY pod, seq")
    return [orjson.loads(row["entry"]) for row in rows]


async def _counts(tx: Tx) -> list[tuple[str, int, int, int]]:
    rows = await tx.all("SELECT pod, hour, allowed, denied FROM journal_count ORDER BY pod, hour")
    return [(row["pod"], row["hour"], row["allowed"], row["denied"]) for row in rows]


@pytest.fixture
async def pod(village: Village) -> Any:
    await village.put(f"{BASE}an/.acl", OPEN)
    soon = Soon(village.db, BASE, village.house.now, agency_of)
    yield Open(village, replace(data_house(village, village.db), soon=soon), soon)
    await soon.close()


async def test_a_strangers_read_is_an_entry_soon_after(pod: Open) -> None:
    tag = (await pod.get(STRANGER)).headers["ETag"]
    await pod.get(STRANGER, "HEAD")
    await pod.get(STRANGER, if_none_match=tag)

    for _ in range(100):
        if len(await pod.entries()) == 3:
            break
        await asyncio.sleep(0.02)

    entries = await pod.entries()
    assert [(e["status"], e["lane"], e["agent"]) for e in entries] == [
        (200, "shared", STRANGER.webid),
        (200, "shared", STRANGER.webid),
        (304, "shared", STRANGER.webid),
    ]
    assert all(e["hash"] == chained(e) and e["agency"] is None for e in entries)


async def test_the_read_does_not_wait_for_its_entry(pod: Open) -> None:
    answer = await pod.get(STRANGER)

    assert answer.status == 200
    assert await pod.entries() == []
    assert await pod.soon.flush()
    assert len(await pod.entries()) == 1


async def test_the_owners_own_reads_are_no_entries(pod: Open) -> None:
    await pod.get(AN_WHO)
    await pod.get(YOUSSEF_WHO)
    await pod.soon.flush()

    assert [entry["agent"] for entry in await pod.entries()] == [YOUSSEF_WHO.webid]


async def test_what_an_agency_reads_because_it_is_shared_says_whose_it_is(pod: Open) -> None:
    await pod.get(AGENCY_WHO)
    await pod.soon.flush()

    (entry,) = await pod.entries()
    assert (entry["lane"], entry["agency"], entry["grant"]) == ("shared", AGENCY, None)


async def test_anonymous_reads_and_tries_are_one_row_an_hour(pod: Open) -> None:
    for _ in range(5):
        await pod.get(ANYONE)
    await refused(pod.house, ask(SLIPS[0], who=ANYONE), None)
    await refused(pod.house, ask(SLIPS[0], who=STRANGER), None)
    await pod.soon.flush()
    await pod.get(ANYONE)
    await pod.soon.flush()

    pod.village.later(HOUR)
    await pod.get(ANYONE)
    await pod.soon.flush()

    hour = pod.village.time[0] // HOUR
    assert await pod.counts() == [(f"{BASE}an/", hour - 1, 6, 2), (f"{BASE}an/", hour, 1, 0)]
    assert await pod.entries() == []


async def test_tries_at_pods_that_do_not_exist_leave_no_row_and_have_a_bound(pod: Open) -> None:
    for number in range(soon_module.MOST_PROBED + 50):
        await refused(pod.house, ask(f"{BASE}nobody{number}/x", who=ANYONE), None)

    assert len(pod.soon._counts) == soon_module.MOST_PROBED
    await pod.soon.flush()
    assert await pod.counts() == []


async def test_a_refused_try_of_a_known_agency_is_an_entry(pod: Open) -> None:
    grant = (await granted(pod.village))["id"]
    denial = (await pod.village.decide(AGENCY_WHO, SLIPS[2])).denial

    await refused(pod.house, ask(SLIPS[2]), denial)
    await refused(pod.house, ask(SLIPS[2], "POST"), denial)
    await refused(pod.house, ask(f"{BASE}nobody/x"), denial)
    await pod.soon.flush()

    entries = await pod.entries()
    assert [(e["outcome"], e["status"], e["reason"], e["action"]) for e in entries] == [
        ("denied", 403, "target-not-granted", "read"),
        ("denied", 403, "target-not-granted", "append"),
    ]
    assert grant


async def test_a_refused_owner_is_no_number(pod: Open) -> None:
    await refused(pod.house, ask(SLIPS[0], who=AN_WHO), None)
    await pod.soon.flush()

    assert await pod.counts() == []


async def test_many_reads_share_few_commits(pod: Open) -> None:
    before = pod.village.db.commits  # type: ignore[attr-defined]  # the embedded database counts them
    await asyncio.gather(*(pod.get(STRANGER) for _ in range(200)))
    await pod.soon.flush()

    entries = await pod.entries()
    assert [entry["seq"] for entry in entries] == list(range(1, 201))
    assert pod.village.db.commits - before <= 10  # type: ignore[attr-defined]  # as above


async def test_two_workers_write_one_chain_without_gaps(pod: Open) -> None:
    other = Soon(pod.village.db, BASE, pod.village.house.now, agency_of)
    elsewhere = replace(pod.house, soon=other)

    async def reads(house: DataHouse) -> None:
        for _ in range(30):
            await read(house, ask(SLIPS[0], who=STRANGER))
            await asyncio.sleep(0.002)

    await asyncio.gather(reads(pod.house), reads(elsewhere), reads(pod.house))
    await asyncio.gather(other.close(), pod.soon.close())

    entries = await pod.entries()
    assert [entry["seq"] for entry in entries] == list(range(1, 91))
    assert [e["prev"] for e in entries[1:]] == [e["hash"] for e in entries[:-1]]


async def test_who_breaks_off_a_flush_does_not_double_what_it_wrote(pod: Open) -> None:
    for number in range(50):
        await pod.get(STRANGER)
        asked = asyncio.create_task(pod.soon.flush())
        await asyncio.sleep(0.0002 * (number % 7))
        asked.cancel()

    assert await pod.soon.flush()
    assert [entry["seq"] for entry in await pod.entries()] == list(range(1, 51))


async def test_what_waits_is_written_when_the_server_stops(pod: Open) -> None:
    await pod.get(STRANGER)
    await pod.get(ANYONE)

    await pod.soon.close()

    assert len(await pod.entries()) == 1
    assert [row[2] for row in await pod.counts()] == [1]


class Failing:
    """The real database, which cannot write while `broken`."""

    def __init__(self, real: Database) -> None:
        self.real, self.broken = real, True

    async def read(self, work: Any, /, *args: Any, **kwargs: Any) -> Any:
        return await self.real.read(work, *args, **kwargs)

    async def write(self, pod: str | None, work: Any, /, *args: Any, **kwargs: Any) -> Any:
        if self.broken:
            raise Unavailable("broken", problem="not-written")
        return await self.real.write(pod, work, *args, **kwargs)

    async def close(self) -> None:
        await self.real.close()


async def test_entries_wait_for_a_log_that_cannot_be_written_and_then_reads_stop(
    pod: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(soon_module, "MOST_WAITING", 3)
    failing = Failing(pod.village.db)
    soon = Soon(failing, BASE, pod.village.house.now)
    house = replace(pod.house, soon=soon)
    for _ in range(3):
        await read(house, ask(SLIPS[0], who=STRANGER))

    with pytest.raises(Unavailable) as full:
        await read(house, ask(SLIPS[0], who=STRANGER))
    await read(house, ask(SLIPS[0], who=ANYONE))

    assert full.value.problem == "log-unavailable"
    failing.broken = False
    await soon.close()
    assert len(await pod.entries()) == 3


async def test_a_full_disk_is_503_and_gives_nothing_out(pod: Open) -> None:  # KC-21, T-44
    grant = (await granted(pod.village))["id"]
    writer = pod.village.db._writer  # type: ignore[attr-defined]  # a real full disk, made small
    (row,) = await writer.execute_fetchall("PRAGMA page_count")
    await writer.execute_fetchall(f"PRAGMA max_page_count = {row[0]}")
    named = replace(AGENCY_WHO, named=replace(AGENCY_WHO.named, grant=grant))
    answers = 0

    async def until_full() -> None:
        nonlocal answers
        for _ in range(400):
            answers += (await read(pod.house, ask(SLIPS[0], "HEAD", named))).status == 200

    with pytest.raises(Unavailable) as full:
        await until_full()

    assert full.value.problem == "log-unavailable"
    assert len(await pod.entries()) == answers
    await writer.execute_fetchall("PRAGMA max_page_count = 1000000")
    assert (await read(pod.house, ask(SLIPS[0], "HEAD", named))).status == 200


async def test_a_stranger_who_may_not_read_gets_no_entry(village: Village) -> None:
    soon = Soon(village.db, BASE, village.house.now, agency_of)
    house = replace(data_house(village, village.db), soon=soon, sources=(wac.permits,))

    with pytest.raises(Refused):
        await read(house, ask(SLIPS[0], who=STRANGER))

    await soon.close()
    assert await village.db.read(_entries) == []
