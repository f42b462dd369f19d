# SPDX-License-Identifier: EUPL-1.2
"""KC-28, domain.md 2.5: cases about grants, accesses by law and log entries."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from consent.cases.cases import MOST_OPEN, TABLE, Kind, Move, State
from notify import outbox
from pod.database import Tx
from pod.instant import DAY, text_of
from pod.iri import Iri

from .conftest import AGENCY, AGENCY_WHO, AN, BASE, SLIPS, START, Village
from .office import open_office
from .steps import granted
from .test_http import Api
from .test_statutory import declared

PATH = "/.consent/cases"
NUMBER = "85.07.30-033.28"
WORDS = {Move.ANSWER: "answer", Move.ESCALATE: "escalate", Move.CLOSE: "close"}


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    async with open_office(village) as office:
        yield office


async def opened(api: Api, kind: str = "access", about: str | None = None) -> dict[str, Any]:
    about = about or str((await granted(api.village))["id"])
    body = {"kind": kind, "about": about, "text": "Waarom las u dit?"}
    answer, case = await api.call("POST", PATH, "an", json=body)
    assert answer.status == 201, case
    assert answer.headers["Location"] == case["id"]
    found: dict[str, Any] = case
    return found


async def news(village: Village) -> list[tuple[str, str | None, str | None]]:
    return await village.db.read(_news)


async def _news(tx: Tx) -> list[tuple[str, str | None, str | None]]:
    rows = await tx.all("SELECT type, request, callback FROM agency_event ORDER BY seq")
    return [(r["type"], r["request"], r["callback"]) for r in rows if r["type"][:4] == "case"]


async def test_a_case_goes_from_question_to_answer_to_its_end(api: Api) -> None:
    case = await opened(api)
    assert (case["state"], case["agency"], case["subject"]) == ("open", AGENCY, AN)
    assert [item["id"] for item in (await api.get(PATH, "agency"))["items"]] == [case["id"]]

    _, answered = await api.call(
        "POST", f"{case['id']}/answer", "agency", json={"text": "Voor uw tarief.\nMet groeten"}
    )
    _, escalated = await api.call(
        "POST", f"{case['id']}/escalate", "an", json={"text": "Dat klopt niet."}
    )
    await api.call("POST", f"{case['id']}/answer", "agency", json={"text": "Toch wel."})
    _, closed = await api.call("POST", f"{case['id']}/close", "an")

    assert [answered["state"], escalated["state"], closed["state"]] == [
        "answered",
        "escalated",
        "closed",
    ]
    assert [(said["by"], said["text"]) for said in closed["said"]] == [
        ("subject", "Waarom las u dit?"),
        ("agency", "Voor uw tarief.\nMet groeten"),
        ("subject", "Dat klopt niet."),
        ("agency", "Toch wel."),
    ]
    callback = "https://opvang.example/kluis"
    assert await news(api.village) == [
        ("case.opened", None, callback),
        ("case.answered", None, callback),
        ("case.answered", None, callback),
    ]
    changes = await api.village.db.read(outbox.since, Iri(f"{BASE}an/"), 0)
    assert [c.object for c in changes if c.kind == "CaseAnswered"] == [case["id"]] * 2


@pytest.mark.parametrize("kind", list(Kind))
async def test_every_kind_can_be_asked(api: Api, kind: Kind) -> None:
    assert (await opened(api, kind))["kind"] == kind


async def test_about_a_log_entry_and_an_access_by_law(api: Api) -> None:
    await granted(api.village)
    await api.village.read(AGENCY_WHO, SLIPS[0])
    [entry] = (await api.get(f"/.consent/log?pod={BASE}an/", "an"))["items"]
    access = await declared(api)

    for about in (entry["id"], access["id"]):
        assert (await opened(api, "complaint", about))["agency"] == AGENCY


async def test_what_is_not_hers_is_like_what_is_not_there(api: Api) -> None:
    grant = (await granted(api.village))["id"]
    await api.village.read(AGENCY_WHO, SLIPS[0])
    [entry] = (await api.get(f"/.consent/log?pod={BASE}an/", "an"))["items"]
    access = await declared(api)
    answers = []
    for about in (grant, entry["id"], access["id"], f"{BASE}.consent/grants/nooit"):
        body = {"kind": "access", "about": about, "text": "x"}
        answer, said = await api.call("POST", PATH, "youssef", json=body)
        answers.append((answer.status, said["detail"], said["errors"]))

    assert len({str(answer) for answer in answers}) == 1
    assert answers[0][0] == 422
    assert (await api.get(PATH, "youssef"))["items"] == []


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"kind": "x"}, ["/kind"]),
        ({"kind": None}, ["/kind"]),
        ({"about": "x"}, ["/about"]),
        ({"text": ""}, ["/text"]),
        ({"text": NUMBER}, ["/text"]),
        ({"text": "a\u202eb"}, ["/text"]),
        ({"text": "x" * 2001}, ["/text"]),
        ({"text": 3, "kind": 3, "about": 3, "more": 3}, ["/kind", "/about", "/text", "/more"]),
    ],
)
async def test_each_fault_is_named(api: Api, changes: dict[str, Any], pointers: list[str]) -> None:
    body = {"kind": "access", "about": f"{BASE}x", "text": "x", **changes}

    answer, said = await api.call("POST", PATH, "an", json=body)

    assert answer.status == 422
    assert [error["pointer"] for error in said["errors"]] == pointers
    assert NUMBER not in str(said)


@pytest.mark.parametrize(
    ("who", "status", "problem"),
    [
        (None, 401, "not-signed-in"),
        ("an without scope", 403, "consent-scope-missing"),
        ("agency", 403, "consent-scope-missing"),
    ],
)
async def test_only_a_subject_opens_one(
    api: Api, who: str | None, status: int, problem: str
) -> None:
    body = {"kind": "access", "about": f"{BASE}x", "text": "x"}

    assert await api.problem("POST", PATH, who, json=body) == (status, problem)


@pytest.mark.parametrize("move", list(WORDS))
async def test_each_move_is_one_sides(api: Api, move: Move) -> None:  # KC-4
    case = await opened(api)
    right, wrong = ("agency", "an") if move is Move.ANSWER else ("an", "agency")
    body = {"text": "x"}
    address = f"{case['id']}/{WORDS[move]}"

    assert await api.problem("POST", address, wrong, json=body) == (403, "not-yours-to-decide")
    for who in ("youssef", "bank"):
        assert await api.problem("POST", address, who, json=body) == (404, "not-found")
        assert await api.problem("GET", case["id"], who) == (404, "not-found")
    answer, _ = await api.call("POST", address, right, json=body)
    assert answer.status == 200


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("move", list(WORDS))
async def test_a_case_moves_as_its_table_says(api: Api, state: State, move: Move) -> None:
    case = await opened(api)
    await api.village.db.write(None, _set, state, case["id"])
    who = "agency" if move is Move.ANSWER else "an"

    answer, body = await api.call("POST", f"{case['id']}/{WORDS[move]}", who, json={"text": "x"})

    after = TABLE.get((state, move))
    assert (answer.status, body["state"]) == ((409, state) if after is None else (200, after))


async def _set(tx: Tx, state: str, case: str) -> None:
    await tx.run("UPDATE rights_case SET state = :state WHERE id = :id", state=state, id=case)


async def test_a_month_and_two_more_with_a_reason(api: Api) -> None:  # GDPR 12(3)
    case = await opened(api)
    assert text_of(START + 27 * DAY) < case["deadline"] < text_of(START + 32 * DAY)
    more = {"text": "Wij wachten op een andere dienst.", "extend": True}

    _, extended = await api.call("POST", f"{case['id']}/answer", "agency", json=more)

    assert (extended["state"], extended["extended"]) == ("open", True)
    assert extended["deadline"] > text_of(START + 85 * DAY)
    again = await api.problem("POST", f"{case['id']}/answer", "agency", json=more)
    assert again == (409, "wrong-state")
    api.village.later(100 * DAY)
    assert (await api.get(case["id"], "an"))["overdue"] is True


async def test_the_same_key_opens_once_and_a_stale_tag_moves_nothing(api: Api) -> None:
    grant = (await granted(api.village))["id"]  # KC-6, KC-7
    body = {"kind": "access", "about": grant, "text": "x"}
    first, one = await api.call("POST", PATH, "an", json=body, headers={"Idempotency-Key": "k"})
    _, two = await api.call("POST", PATH, "an", json=body, headers={"Idempotency-Key": "k"})
    await api.call("POST", f"{one['id']}/escalate", "an")

    stale = await api.problem(
        "POST", f"{one['id']}/close", "an", headers={"If-Match": first.headers["ETag"]}
    )

    assert one == two
    assert stale == (412, "stale")


async def test_so_many_open_cases_are_the_most(api: Api) -> None:
    grant = (await granted(api.village))["id"]
    for _ in range(MOST_OPEN):
        await opened(api, about=grant)

    body = {"kind": "access", "about": grant, "text": "x"}
    assert await api.problem("POST", PATH, "an", json=body) == (422, "too-many")


async def test_lists_go_on_where_they_stopped(api: Api) -> None:  # KC-5
    grant = (await granted(api.village))["id"]
    names = [(await opened(api, about=grant))["id"] for _ in range(3)]

    answer, first = await api.call("GET", f"{PATH}?limit=2", "an")

    assert [item["id"] for item in first["items"]] == [names[2], names[1]]
    onward = answer.headers["Link"].split(">")[0].lstrip("<")
    assert [item["id"] for item in (await api.get(onward, "an"))["items"]] == [names[0]]
    assert (await api.get(PATH, "bank"))["items"] == []
