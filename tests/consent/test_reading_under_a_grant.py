# SPDX-License-Identifier: EUPL-1.2
"""A read under a grant through the real operation: one commit decides, counts and logs."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import orjson
import pytest

from acl import wac
from acl.journal import chained
from consent.grants.endings import withdraw
from identity.who import Named, Who
from ldp.admission import Denied
from ldp.ask import Answer, Ask
from ldp.ask import House as DataHouse
from ldp.conditions import read_conditions
from ldp.reading import read
from pod import rdf
from pod.database import Database, Tx
from pod.errors import Refused, Unavailable
from pod.iri import Iri

from .conftest import AGENCY_WHO, AN_WHO, BASE, LOON, SECRET, SLIPS, Village
from .steps import granted

Hook = Callable[[], Awaitable[None]]


@dataclass
class Interrupting:
    """The real database, with something happening before its n-th unit of work."""

    real: Database
    before: int = -1
    hook: Hook | None = None
    units: int = field(default=0)

    async def read(self, work: Any, /, *args: Any, **kwargs: Any) -> Any:
        await self._turn()
        return await self.real.read(work, *args, **kwargs)

    async def write(self, pod: str | None, work: Any, /, *args: Any, **kwargs: Any) -> Any:
        await self._turn()
        return await self.real.write(pod, work, *args, **kwargs)

    async def close(self) -> None:
        await self.real.close()

    async def _turn(self) -> None:
        turn, self.units = self.units, self.units + 1
        if turn == self.before and self.hook is not None:
            await self.hook()


def data_house(village: Village, db: Database) -> DataHouse:
    return DataHouse(
        base=BASE,
        db=db,
        files=village.house.files,
        now=village.house.now,
        sources=(wac.permits, village.source),
        contexts={},
        largest_body=1_000_000,
    )


def ask(target: str, method: str = "GET", who: Who = AGENCY_WHO, **headers: str) -> Ask:
    named = {key.replace("_", "-").title(): value for key, value in headers.items()}
    return Ask(method, Iri(target), who, read_conditions(named), accept=named.get("Accept"))


async def agreed(village: Village) -> str:
    grant = await granted(village)
    return str(grant["id"])


async def withdrawn(village: Village, grant: str) -> None:
    await withdraw(village.house, AN_WHO, grant)


async def _entries(tx: Tx) -> list[dict[str, Any]]:
    rows = await tx.all("SELECT entry FROM journal ORDER BY pod, seq")
    return [json.loads(row["entry"]) for row in rows]


async def _uses(tx: Tx, grant: str) -> int:
    row = await tx.one("SELECT uses FROM consent_grant WHERE id = :id", id=grant)
    assert row is not None
    return int(row["uses"])


async def test_the_answer_holds_what_was_agreed_and_the_log_says_so(village: Village) -> None:
    grant = await agreed(village)
    house = data_house(village, village.db)

    answer = await read(house, ask(SLIPS[0]))

    (entry,) = await village.db.read(_entries)
    assert answer.status == 200
    assert isinstance(answer.body, bytes)
    assert SECRET.encode() not in answer.body
    assert answer.headers["Kluis-Grant"] == grant
    assert answer.headers["Kluis-Log"] == entry["id"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Kluis-Grant" in answer.headers["Vary"]
    assert entry["outcome"] == "allowed"
    assert entry["grant"] == grant
    assert entry["purpose"].endswith("/opvangtarief/1")
    assert entry["legalBasis"]
    assert entry["lane"] == "consent"
    assert entry["hash"] == chained(entry)
    assert set(entry["properties"]) == {
        LOON + n for n in ("brutoloon", "verloningsperiode", "werkgever")
    }


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("conditional", [False, True])
async def test_a_withdrawal_between_any_two_steps_stops_the_read(
    village: Village, method: str, conditional: bool
) -> None:  # promise 2, T-37, T-41
    steps = 2
    for step in range(steps):
        grant = await agreed(village)
        fresh = await read(data_house(village, village.db), ask(SLIPS[0]))
        headers = {"If_None_Match": fresh.headers["ETag"]} if conditional else {}
        before = await village.db.read(_entries)
        db = Interrupting(village.db, step, partial(withdrawn, village, grant))

        with pytest.raises(Denied) as refusal:
            await read(data_house(village, db), ask(SLIPS[0], method, AGENCY_WHO, **headers))

        assert refusal.value.problem == "grant-withdrawn"
        assert await village.db.read(_entries) == before
        assert await village.db.read(_uses, grant) == 1

    # There is no third step: after the second unit the entry is on disk and the bytes may go.
    await agreed(village)
    counting = Interrupting(village.db)
    await read(data_house(village, counting), ask(SLIPS[0], method))
    assert counting.units == steps


async def test_a_document_that_changes_meanwhile_is_prepared_anew(village: Village) -> None:
    await agreed(village)

    async def change() -> None:
        await village.put(SLIPS[0], f"<> <{LOON}brutoloon> 9999 .".encode())

    answer = await read(data_house(village, Interrupting(village.db, 1, change)), ask(SLIPS[0]))

    assert isinstance(answer.body, bytes)
    assert b"9999" in answer.body
    assert len(await village.db.read(_entries)) == 1


async def test_a_read_that_can_never_settle_gives_nothing_out(village: Village) -> None:
    grant = await agreed(village)

    class Restless(Interrupting):
        async def write(self, pod: str | None, work: Any, /, *args: Any, **kwargs: Any) -> Any:
            await village.put(SLIPS[0], f"<> <{LOON}brutoloon> {self.units} .".encode())
            return await super().write(pod, work, *args, **kwargs)

    with pytest.raises(Unavailable):
        await read(data_house(village, Restless(village.db)), ask(SLIPS[0]))

    assert await village.db.read(_entries) == []
    assert await village.db.read(_uses, grant) == 0


async def test_without_a_log_there_is_no_data(village: Village) -> None:  # promise 1, T-44
    grant = await agreed(village)

    async def break_log(tx: Tx) -> None:
        await tx.run("ALTER TABLE journal RENAME TO broken")

    await village.db.write(None, break_log)

    with pytest.raises(Unavailable):
        await read(data_house(village, village.db), ask(SLIPS[0]))

    assert await village.db.read(_uses, grant) == 0


async def test_fifty_parallel_reads_never_pass_the_count(village: Village) -> None:
    grant = await agreed(village)  # T-43, domain.md §8.4
    house = data_house(village, village.db)

    results = await asyncio.gather(
        *(read(house, ask(SLIPS[0])) for _ in range(50)), return_exceptions=True
    )

    answers = [result for result in results if isinstance(result, Answer)]
    denied = [result for result in results if isinstance(result, Denied)]
    assert (len(answers), len(denied)) == (5, 45)
    assert {error.problem for error in denied} == {"grant-exhausted"}
    assert await village.db.read(_uses, grant) == 5
    assert len({answer.headers["Kluis-Log"] for answer in answers}) == 5


async def test_head_and_304_are_logged_and_not_counted(village: Village) -> None:  # KC-20a, KC-22
    grant = await agreed(village)
    house = data_house(village, village.db)
    tag = (await read(house, ask(SLIPS[0]))).headers["ETag"]

    head = await read(house, ask(SLIPS[0], "HEAD"))
    unchanged = await read(house, ask(SLIPS[0], if_none_match=tag))

    assert (head.status, unchanged.status) == (200, 304)
    assert [e["status"] for e in await village.db.read(_entries)] == [200, 200, 304]
    assert await village.db.read(_uses, grant) == 1


@pytest.mark.parametrize("media_type", rdf.OFFERED)
async def test_no_form_of_the_answer_shows_what_was_not_agreed(
    village: Village, media_type: str
) -> None:  # KC-20, T-42
    await agreed(village)

    answer = await read(data_house(village, village.db), ask(SLIPS[0], accept=media_type))

    assert isinstance(answer.body, bytes)
    assert SECRET.encode() not in answer.body
    assert SECRET.encode() not in orjson.dumps(answer.headers)
    assert answer.size == len(answer.body)


async def test_a_named_grant_decides_alone_even_for_the_owner(village: Village) -> None:
    grant = await agreed(village)  # decision 14
    named = replace(AN_WHO, named=Named(grant=grant))

    with pytest.raises(Refused):
        await read(data_house(village, village.db), ask(SLIPS[0], who=named))


async def test_a_granted_container_shows_nobodys_statements(village: Village) -> None:
    folder = f"{BASE}an/inkomen/"  # KC-20, T-42
    note = f'<{folder}> <http://purl.org/dc/terms/title> "{SECRET}" .\n'.encode()
    await village.put(folder, note)
    data = [
        {"target": folder, "members": True, "required": True, "properties": [LOON + "brutoloon"]}
    ]
    await granted(village, data=data)

    for media_type in rdf.OFFERED:
        answer = await read(data_house(village, village.db), ask(folder, accept=media_type))
        assert isinstance(answer.body, bytes)
        assert SLIPS[0].encode() in answer.body
        assert SECRET.encode() not in answer.body
