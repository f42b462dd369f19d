# SPDX-License-Identifier: EUPL-1.2
"""Registers outside tell what they looked at: marked, in the same chain, within bounds (§5)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from consent.log import external as log_external
from consent.log.external import read_push
from consent.once import Once
from consent.proof.verify import verify_log
from consent.routes import routes
from identity.door import Door
from pod.database import Database, Tx
from pod.instant import DAY, HOUR, text_of

from .conftest import AGENCY, AGENCY_WHO, AN, BASE, LOON, PURPOSE, SLIPS, START, Village
from .steps import granted
from .test_http import Api, _identify

POD = f"{BASE}an/"
LOG = f"/.consent/log?pod={POD}"
BY_LAW = f"{BASE}.consent/purposes/wettelijk/1"
PUSH = "/.consent/log/external"


def told(**changes: Any) -> dict[str, Any]:
    entry = {
        "time": text_of(START - HOUR),
        "resource": "https://register.example/personen/17",
        "source": "Register van personen",
        "purpose": BY_LAW,
        "properties": [f"{LOON}brutoloon"],
        "employee": "m-17",
        "case": "Z-4",
        "requestId": "r-1",
        "reference": "audit-99",
        **changes,
    }
    return {"subject": AN, "entries": [{k: v for k, v in entry.items() if v is not None}]}


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    app = web.Application()
    app.add_routes(routes(village.house, Door(BASE, _identify), dev=True))
    async with TestClient(TestServer(app)) as client:
        yield Api(client, village)


async def push(api: Api, body: Any, who: str = "agency", **headers: str) -> tuple[int, Any]:
    answer, json = await api.call("POST", PUSH, who, json=body, headers=headers)
    return answer.status, json


async def test_a_consultation_elsewhere_stands_in_the_chain_and_is_marked(api: Api) -> None:
    await granted(api.village)
    assert await api.village.read(AGENCY_WHO, SLIPS[0]) == "allowed"

    status, answer = await push(api, told())
    assert await api.village.read(AGENCY_WHO, SLIPS[0]) == "allowed"

    assert status == 202
    last, entry, first = (await api.get(LOG, "an"))["items"]
    assert entry["id"] == answer["items"][0]["id"]
    assert entry["external"] == {
        "source": "Register van personen",
        "time": text_of(START - HOUR),
        "reference": "audit-99",
    }
    assert entry["agency"] == AGENCY
    assert (entry["lane"], entry["grant"], entry["purpose"]) == ("statutory", None, BY_LAW)
    assert (entry["status"], entry["outcome"], entry["employee"]) == (None, "allowed", "m-17")
    assert (entry["case"], entry["requestId"], entry["seq"]) == ("Z-4", "r-1", 2)
    assert entry["time"] == text_of(START)
    assert "external" not in first
    assert "external" not in last
    export = (await api.get(f"/.consent/log/export?pod={POD}", "an")).decode()
    assert verify_log(export, await api.get("/.consent/keys")).entries == 3


async def test_nothing_tells_the_register_whether_the_person_is_here(api: Api) -> None:
    known = await push(api, told())  # KC-10
    unknown = await push(api, told() | {"subject": "https://nobody.example/#me"})

    assert known[0] == unknown[0] == 202
    assert set(known[1]) == set(unknown[1])
    assert (await api.get(LOG, "agency"))["items"] == []
    assert len((await api.get(LOG, "an"))["items"]) == 1


async def test_as_much_is_written_for_a_person_who_is_not_here(village: Village) -> None:
    """T-47: a hundred entries more or less would show in the time that the answer takes."""
    db = _Counting(village.db)
    house = replace(village.house, db=db)
    written = []
    for subject in (AN, "https://nobody.example/#me"):
        db.entries = 0
        told_ = read_push({"subject": subject, "entries": told()["entries"] * 20})
        answer = await log_external.push(house, AGENCY_WHO, told_, Once())
        assert answer.status == 202
        written.append(db.entries)

    assert written == [20, 20]
    rows = await village.db.read(_pods_with_entries)
    assert rows == [POD]


async def _pods_with_entries(tx: Tx) -> list[str]:
    return [row["pod"] for row in await tx.all("SELECT DISTINCT pod FROM journal")]


@dataclass
class _Counting:
    """The real database; how many entries of the log were written."""

    real: Database
    entries: int = 0

    async def read(self, work: Any, /, *args: Any, **kwargs: Any) -> Any:
        return await self.real.read(work, *args, **kwargs)

    async def write(self, pod: str | None, work: Any, /, *args: Any, **kwargs: Any) -> Any:
        async def unit(tx: Tx) -> Any:
            return await work(_Counted(tx, self), *args, **kwargs)

        return await self.real.write(pod, unit)

    async def close(self) -> None:
        await self.real.close()


@dataclass
class _Counted:
    tx: Tx
    to: _Counting

    async def one(self, sql: str, /, **values: Any) -> Any:
        return await self.tx.one(sql, **values)

    async def all(self, sql: str, /, **values: Any) -> Any:
        return await self.tx.all(sql, **values)

    async def run(self, sql: str, /, **values: Any) -> int:
        self.to.entries += sql.startswith("INSERT INTO journal (")
        return await self.tx.run(sql, **values)


@pytest.mark.parametrize(
    ("who", "status", "name"),
    [
        ("an", 403, "not-an-agency"),
        ("agency by an unknown app", 403, "not-an-agency"),
        (None, 401, "not-signed-in"),
    ],
)
async def test_only_an_agency_with_a_client_of_its_own_may_add(
    api: Api, who: str | None, status: int, name: str
) -> None:
    assert await api.problem("POST", PUSH, who, json=told()) == (status, name)
    assert (await api.get(LOG, "an"))["items"] == []


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"time": None}, "/entries/0/time"),
        ({"time": text_of(START + 1)}, "/entries/0/time"),
        ({"time": text_of(START - 400 * DAY)}, "/entries/0/time"),
        ({"time": "gisteren"}, "/entries/0/time"),
        ({"resource": None}, "/entries/0/resource"),
        ({"resource": "no iri"}, "/entries/0/resource"),
        ({"source": None}, "/entries/0/source"),
        ({"source": "x" * 201}, "/entries/0/source"),
        ({"source": "veilig\u202egnp"}, "/entries/0/source"),
        ({"reason": "regel\u0000einde"}, "/entries/0/reason"),
        ({"employee": "x" * 65}, "/entries/0/employee"),
        ({"employee": "85.07.30-033.28"}, "/entries/0/employee"),
        ({"resource": "https://register.example/85073003328"}, "/entries/0/resource"),
        ({"purpose": None}, "/entries/0/purpose"),
        ({"purpose": f"{BASE}.consent/purposes/bank/1"}, "/entries/0/purpose"),
        ({"purpose": f"{BASE}.consent/purposes/ontwerp/1"}, "/entries/0/purpose"),
        ({"purpose": f"{BASE}.consent/purposes/geen/1"}, "/entries/0/purpose"),
        ({"action": "delete"}, "/entries/0/action"),
        ({"outcome": "maybe"}, "/entries/0/outcome"),
        ({"properties": ["brutoloon"]}, "/entries/0/properties"),
        ({"lane": "shared"}, "/entries/0/lane"),
        ({"grant": "https://x.example/"}, "/entries/0/grant"),
    ],
)
async def test_what_cannot_stand_is_refused_with_its_place(
    api: Api, changes: dict[str, Any], pointer: str
) -> None:
    status, problem = await push(api, told(**changes))

    assert status == 422
    assert pointer in [error["pointer"] for error in problem["errors"]]
    assert (await api.get(LOG, "an"))["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"subject": AN},
        {"subject": AN, "entries": []},
        {"subject": AN, "entries": [1]},
        {"entries": told()["entries"]},
        told() | {"pod": POD},
        {"subject": AN, "entries": told()["entries"] * (log_external.MOST_AT_ONCE + 1)},
    ],
)
async def test_a_body_of_another_shape_is_refused_whole(api: Api, body: Any) -> None:
    status, _ = await push(api, body)

    assert status == 422
    assert (await api.get(LOG, "an"))["items"] == []


async def test_one_bad_entry_keeps_the_others_out_too(api: Api) -> None:
    good, bad = told()["entries"], told(purpose=PURPOSE.replace("/1", "/9"))["entries"]

    status, _ = await push(api, {"subject": AN, "entries": [*good, *bad]})

    assert status == 422
    assert (await api.get(LOG, "an"))["items"] == []


async def test_the_same_key_adds_once(api: Api) -> None:  # KC-6
    first = await push(api, told(), **{"Idempotency-Key": "k1"})
    again = await push(api, told(), **{"Idempotency-Key": "k1"})
    other = await push(api, told(case="Z-5"), **{"Idempotency-Key": "k1"})

    assert first == again
    assert other[0] == 422
    assert len((await api.get(LOG, "an"))["items"]) == 1


async def test_nobody_floods_a_log(api: Api) -> None:
    many = {"subject": AN, "entries": told()["entries"] * log_external.MOST_AT_ONCE}
    for _ in range(log_external.MOST_FOR_ONE // log_external.MOST_AT_ONCE):
        assert (await push(api, many))[0] == 202

    answer, problem = await api.call("POST", PUSH, "agency", json=told())

    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert problem["type"].endswith("#too-many-requests")
    stranger = told() | {"subject": "https://nobody.example/#me"}
    assert (await push(api, stranger))[0] == 202
    api.village.later(HOUR)
    assert (await push(api, told()))[0] == 202
