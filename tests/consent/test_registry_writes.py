# SPDX-License-Identifier: EUPL-1.2
"""KC-7, domain.md 2.5: drafts by agencies; publishing, suspending and retiring by operators."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from consent.registry.publishing import AGENCY_MOVES, MOST_DRAFTS, PURPOSE_MOVES, Move
from consent.registry.purpose import STATES
from pod.database import Tx

from .conftest import AGENCY, AGENCY_WHO, BASE, LOON, PURPOSE, SLIPS, Village, a_request
from .office import open_office
from .steps import asked, granted
from .test_http import Api

NEW = f"{BASE}.consent/purposes/nieuw/1"
MANY = [f"https://x.example/{number}" for number in range(10_000)]
NUMBER = "85.07.30-033.28"


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    async with open_office(village) as office:
        yield office


def a_purpose(**changes: object) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": NEW,
        "version": 1,
        "agency": AGENCY,
        "label": {"nl": "Uw tarief", "en": "Your price"},
        "description": {"nl": "We herberekenen uw tarief."},
        "lane": "consent",
        "legalBasis": "gdpr:A6-1-a",
        "dataClasses": [
            {"class": f"{LOON}Loonfiche", "properties": [f"{LOON}brutoloon"], "required": True}
        ],
        "limits": {"maxDuration": "P6M", "maxCount": 10, "modes": ["read"], "countries": ["BE"]},
        "consequenceOfRefusing": {"nl": "U betaalt dan het gewone tarief."},
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


def an_agency(**changes: object) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": f"{BASE}.consent/agencies/school",
        "name": {"nl": "Een school"},
        "kbo": "0207437468",
        "contact": "mailto:privacy@school.example",
        "kind": "public",
        "webids": ["https://school.example/id#us"],
        "clients": ["school-app"],
        "callbacks": ["https://school.example/kluis"],
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


async def _events(tx: Tx) -> list[tuple[str, str, str | None]]:
    rows = await tx.all("SELECT type, state, callback FROM agency_event ORDER BY seq")
    return [(row["type"], row["state"], row["callback"]) for row in rows]


async def test_a_draft_is_the_agencys_until_an_operator_publishes_it(api: Api) -> None:
    answer, made = await api.call("POST", "/.consent/purposes", "agency", json=a_purpose())

    assert answer.status == 201
    assert answer.headers["Location"] == made["id"] == NEW
    assert made["state"] == "draft"
    for who in (None, "an", "bank"):
        assert await api.problem("GET", NEW, who) == (404, "not-found")
    for who in ("agency", "operator"):
        seen, shown = await api.call("GET", NEW, who)
        assert (shown["state"], seen.headers["Cache-Control"]) == ("draft", "private, no-store")
    listed = await api.get("/.consent/purposes?limit=500")
    assert NEW not in [item["id"] for item in listed["items"]]
    _, published = await api.call("POST", f"{NEW}/publish", "operator")
    assert published == {**made, "state": "published"}
    assert (await api.get(NEW)) == published
    asked_, _ = await api.call(
        "POST",
        "/.consent/requests",
        "agency",
        json=a_request(
            purpose=NEW, data=[{"target": SLIPS[0], "properties": [f"{LOON}brutoloon"]}],
            retention=None,
        ),
    )  # fmt: skip
    assert asked_.status == 202


@pytest.mark.parametrize(
    ("who", "drafts"),
    [(None, False), ("an", False), ("bank", False), ("agency", True), ("operator", True)],
)
async def test_a_list_of_drafts_holds_ones_own(api: Api, who: str | None, drafts: bool) -> None:
    found = await api.get("/.consent/purposes?state=draft", who)

    assert bool(found["items"]) is drafts


async def test_the_list_by_state_is_public_but_for_drafts(api: Api) -> None:
    await api.call("POST", f"{PURPOSE}/suspend", "operator")

    found = await api.get("/.consent/purposes?state=suspended")

    assert [item["id"] for item in found["items"]] == [PURPOSE]
    assert await api.problem("GET", "/.consent/purposes?state=secret") == (400, "bad-parameter")
    assert await api.problem("GET", "/.consent/purposes?after=x") == (400, "bad-cursor")
    assert await api.problem("GET", "/.consent/agencies?after=x") == (400, "bad-cursor")


async def test_a_cursor_does_not_tell_what_others_draft(api: Api) -> None:
    await api.call("POST", "/.consent/purposes", "agency", json=a_purpose())

    for who in (None, "bank"):
        tried = await api.problem("GET", f"/.consent/purposes?after={NEW}", who)
        assert tried == (400, "bad-cursor")
    own, _ = await api.call("GET", f"/.consent/purposes?state=draft&after={NEW}", "agency")
    assert own.status == 200


async def test_the_same_version_again_exists(api: Api) -> None:  # KC-7
    first, _ = await api.call("POST", "/.consent/purposes", "agency", json=a_purpose())
    other = a_purpose(label={"nl": "Een andere tekst"})

    again = await api.problem("POST", "/.consent/purposes", "agency", json=other)

    assert first.status == 201
    assert again == (409, "exists")
    assert (await api.get(NEW, "agency"))["label"] == {"nl": "Uw tarief", "en": "Your price"}
    newer, _ = await api.call(
        "POST", "/.consent/purposes", "agency", json={**other, "id": "nieuw/2", "version": "2"}
    )
    assert newer.headers["Location"] == f"{BASE}.consent/purposes/nieuw/2"


async def test_the_same_key_drafts_once(api: Api) -> None:  # KC-6
    headers = {"Idempotency-Key": "k1"}

    first, made = await api.call(
        "POST", "/.consent/purposes", "agency", json=a_purpose(), headers=headers
    )
    second, again = await api.call(
        "POST", "/.consent/purposes", "agency", json=a_purpose(), headers=headers
    )

    assert (first.status, second.status) == (201, 201)
    assert again == made


async def test_so_many_drafts_are_the_most(api: Api) -> None:
    for number in range(MOST_DRAFTS):
        draft = a_purpose(id=f"veel/{number}", version=None)
        answer, _ = await api.call("POST", "/.consent/purposes", "agency", json=draft)
        if answer.status == 422:
            break

    over = await api.problem("POST", "/.consent/purposes", "agency", json=a_purpose())

    assert over == (422, "too-many")
    assert number == MOST_DRAFTS - 1  # one draft was there before


async def test_a_name_of_a_purpose_stays_with_its_agency(api: Api) -> None:
    taken = a_purpose(id="opvangtarief/9", version=9, agency=f"{BASE}.consent/agencies/bank")

    assert await api.problem("POST", "/.consent/purposes", "bank", json=taken) == (409, "exists")
    other = a_purpose()
    assert await api.problem("POST", "/.consent/purposes", "bank", json=other) == (
        403,
        "not-yours-to-decide",
    )


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        pytest.param({"id": None}, ["/id"], id="no id"),
        pytest.param({"id": 3}, ["/id"], id="id of another kind"),
        pytest.param({"id": "https://elders.example/x/1"}, ["/id"], id="id elsewhere"),
        pytest.param({"id": f"{BASE}.consent/purposes/A B/1"}, ["/id"], id="id with a space"),
        pytest.param({"id": "http://[x/1"}, ["/id"], id="id that is no address"),
        pytest.param({"version": 2}, ["/version"], id="another version than the id"),
        pytest.param({"state": "published"}, ["/state"], id="published by itself"),
        pytest.param({"label": None}, ["/label"], id="no label"),
        pytest.param({"label": {"en": "x"}}, ["/label"], id="label without Dutch"),
        pytest.param({"label": {"nl": 3}}, ["/label/nl"], id="label of another kind"),
        pytest.param({"label": {"nl": "x" * 2001}}, ["/label/nl"], id="label too long"),
        pytest.param({"label": {"nl": "<b>\u202ex"}}, ["/label/nl"], id="direction override"),
        pytest.param({"description": {"nl": "a\x00b"}}, ["/description/nl"], id="control"),
        pytest.param({"description": {"nl": NUMBER}}, ["/description/nl"], id="national number"),
        pytest.param({"lane": "both"}, ["/lane"], id="lane"),
        pytest.param({"legalBasis": "because"}, ["/legalBasis"], id="ground"),
        pytest.param({"broader": "no iri"}, ["/broader"], id="broader"),
        pytest.param({"law": "Decreet"}, ["/law"], id="law in the consent lane"),
        pytest.param({"legalBasis": "gdpr:A6-1-c"}, ["/legalBasis"], id="duty by law"),
        pytest.param({"legalBasis": "gdpr:A6-1-e"}, ["/legalBasis"], id="task by law"),
        pytest.param({"lane": "statutory"}, ["/legalBasis"], id="consent in the other lane"),
        pytest.param({"dataClasses": None}, ["/dataClasses"], id="no classes"),
        pytest.param({"dataClasses": [{}]}, ["/dataClasses/0/class"], id="class without name"),
        pytest.param(
            {"dataClasses": [{"class": f"{LOON}A", "properties": MANY}]},
            ["/dataClasses/0/properties"],
            id="10,000 properties",
        ),
        pytest.param(
            {"dataClasses": [{"class": f"{LOON}A", "colour": 1, "required": "yes"}]},
            ["/dataClasses/0/required", "/dataClasses/0/colour"],
            id="two faults in a class",
        ),
        pytest.param({"dataClasses": [{"class": f"{LOON}A"}] * 2}, ["/dataClasses/1/class"],
                     id="the same class twice"),
        pytest.param({"limits": []}, ["/limits"], id="limits of another kind"),
        pytest.param(
            {"limits": {"maxDuration": "3 months", "maxCount": 0, "modes": "read", "x": 1}},
            ["/limits/maxDuration", "/limits/maxCount", "/limits/modes", "/limits/x"],
            id="four faults in limits",
        ),
        pytest.param({"limits": {"modes": ["control"]}}, ["/limits/modes"], id="modes"),
        pytest.param({"limits": {"countries": ["Belgium"]}}, ["/limits/countries"], id="countries"),
        pytest.param({"limits": {"maxDuration": "P1D", "minInterval": "P2D"}},
                     ["/limits/minInterval"], id="contradictory"),
        pytest.param({"consequenceOfRefusing": {"en": "x"}}, ["/consequenceOfRefusing/nl"],
                     id="consequence without Dutch"),
        pytest.param({"colour": "red"}, ["/colour"], id="unknown member"),
        pytest.param(
            {"label": None, "lane": 3, "limits": {"maxCount": -1}, "colour": 1},
            ["/lane", "/label", "/limits/maxCount", "/colour"],
            id="everything at once",
        ),
    ],
)  # fmt: skip
async def test_each_fault_of_a_draft_is_named_and_nothing_is_kept(
    api: Api, changes: dict[str, Any], pointers: list[str]
) -> None:
    answer, body = await api.call("POST", "/.consent/purposes", "agency", json=a_purpose(**changes))

    assert answer.status == 422
    assert [error["pointer"] for error in body["errors"]] == pointers
    assert NUMBER not in str(body)
    assert await api.problem("GET", NEW, "agency") == (404, "not-found")


async def test_a_member_that_is_not_known_has_its_own_word(api: Api) -> None:  # KC-1
    body = a_purpose(colour=1)

    assert await api.problem("POST", "/.consent/purposes", "agency", json=body) == (
        422,
        "unknown-term",
    )


STRANGERS = [
    (None, 401, "not-signed-in"),
    ("an", 403, "not-an-operator"),
    ("agency", 403, "not-an-operator"),
    ("agency with scope", 403, "not-an-operator"),
    ("operator without scope", 403, "not-an-operator"),
    ("operator by a foreign token", 403, "not-an-operator"),
]


@pytest.mark.parametrize(("who", "status", "problem"), STRANGERS)
async def test_what_is_an_operators_is_nobody_elses(
    api: Api, who: str | None, status: int, problem: str
) -> None:  # KC-2
    calls: list[tuple[str, dict[str, Any]]] = [
        (f"{PURPOSE}/{move}", {}) for move in ("publish", "suspend", "retire")
    ]
    calls += [(f"{AGENCY}/suspend", {}), (f"{AGENCY}/resume", {})]
    calls += [("/.consent/agencies", an_agency())]

    for path, body in calls:
        assert await api.problem("POST", path, who, json=body) == (status, problem)

    assert (await api.get(PURPOSE))["state"] == "published"
    assert (await api.get(AGENCY))["state"] == "active"


@pytest.mark.parametrize("who", [None, "an", "operator", "agency by an unknown app"])
async def test_only_agencies_draft(api: Api, who: str | None) -> None:
    status, problem = await api.problem("POST", "/.consent/purposes", who, json=a_purpose())

    assert (status, problem) in [(401, "not-signed-in"), (403, "not-an-agency")]


async def test_a_suspension_pauses_grants_and_publishing_wakes_them(api: Api) -> None:
    village = api.village  # domain.md 2.5
    grant = await granted(village)
    assert await village.read(AGENCY_WHO, SLIPS[0]) == "allowed"

    answer, suspended = await api.call("POST", f"{PURPOSE}/suspend", "operator")

    assert (answer.status, suspended["state"]) == (200, "suspended")
    assert await village.read(AGENCY_WHO, SLIPS[0]) == "grant-paused"
    refused = await api.problem("POST", "/.consent/requests", "agency", json=a_request())
    assert refused == (422, "request-screened-out")
    await api.call("POST", f"{PURPOSE}/publish", "operator")
    assert await village.read(AGENCY_WHO, SLIPS[0]) == "allowed"
    assert (await api.get(grant["id"], "an"))["state"] == "active"
    told = await village.db.read(_events)
    assert ("purpose.suspended", "suspended", "https://opvang.example/kluis") in told


async def test_retiring_blocks_new_requests_and_leaves_grants(api: Api) -> None:
    village = api.village
    await granted(village)

    await api.call("POST", f"{PURPOSE}/retire", "operator")

    assert await village.read(AGENCY_WHO, SLIPS[0]) == "allowed"
    refused = await api.problem("POST", "/.consent/requests", "agency", json=a_request())
    assert refused == (422, "request-screened-out")
    assert ("purpose.retired", "retired") in [e[:2] for e in await village.db.read(_events)]


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("move", [Move.PUBLISH, Move.SUSPEND, Move.RETIRE])
async def test_a_purpose_moves_as_its_table_says(api: Api, state: str, move: Move) -> None:
    await api.village.db.write(None, _set, state)
    before = await api.get(PURPOSE, "operator")

    answer, body = await api.call("POST", f"{PURPOSE}/{move}", "operator")

    expected = PURPOSE_MOVES.get((state, move))
    if expected is None:
        assert (answer.status, body["state"]) == (409, state)
        assert body["type"].endswith("#wrong-state")
    else:
        assert answer.status == 200
        assert body == {**before, "state": expected}  # published text never changes


async def _set(tx: Tx, state: str) -> None:
    await tx.run("UPDATE purpose SET state = :state WHERE id = :id", state=state, id=PURPOSE)


async def test_a_move_honours_if_match(api: Api) -> None:  # KC-7
    seen, _ = await api.call("GET", PURPOSE)
    await api.call("POST", f"{PURPOSE}/suspend", "operator")

    stale = await api.problem(
        "POST", f"{PURPOSE}/retire", "operator", headers={"If-Match": seen.headers["ETag"]}
    )

    assert stale == (412, "stale")
    now, _ = await api.call("GET", PURPOSE)
    moved, _ = await api.call(
        "POST", f"{PURPOSE}/retire", "operator", headers={"If-Match": now.headers["ETag"]}
    )
    assert moved.status == 200


async def test_a_move_takes_no_members(api: Api) -> None:
    refused = await api.problem("POST", f"{PURPOSE}/retire", "operator", json={"reason": "x"})

    assert refused == (422, "unknown-term")
    nothing = f"{BASE}.consent/purposes/nooit/1/publish"
    assert await api.problem("POST", nothing, "operator") == (404, "not-found")


async def test_an_operator_adds_an_agency(api: Api) -> None:
    answer, made = await api.call("POST", "/.consent/agencies", "operator", json=an_agency())

    assert answer.status == 201
    assert await api.get(answer.headers["Location"]) == made
    again = await api.problem("POST", "/.consent/agencies", "operator", json=an_agency())
    assert again == (409, "exists")


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        pytest.param({"id": None}, ["/id"], id="no id"),
        pytest.param({"id": f"{BASE}elders/school"}, ["/id"], id="id elsewhere"),
        pytest.param({"name": None}, ["/name"], id="no name"),
        pytest.param({"name": {"en": "A school"}}, ["/name"], id="no Dutch name"),
        pytest.param({"name": {"nl": "x\u2066y"}}, ["/name/nl"], id="bidi"),
        pytest.param({"kbo": "12"}, ["/kbo"], id="code"),
        pytest.param({"kind": "secret"}, ["/kind"], id="kind"),
        pytest.param({"webids": ["not an iri"]}, ["/webids/0"], id="webid"),
        pytest.param({"webids": ["http://[x"]}, ["/webids"], id="webid that is no address"),
        pytest.param({"webids": "x"}, ["/webids"], id="webids of another kind"),
        pytest.param({"clients": [1]}, ["/clients"], id="clients of another kind"),
        pytest.param({"callbacks": ["ftp://x.example/"]}, ["/callbacks/0"], id="callback"),
        pytest.param({"callbacks": ["https://u@x.example/"]}, ["/callbacks/0"], id="user"),
        pytest.param({"callbacks": MANY}, ["/callbacks"], id="10,000 callbacks"),
        pytest.param({"state": "suspended"}, ["/state"], id="state"),
        pytest.param({"contact": NUMBER}, ["/contact"], id="national number"),
        pytest.param({"kind": 3, "kbo": [], "more": 1}, ["/kbo", "/kind", "/more"], id="three"),
    ],
)  # fmt: skip
async def test_each_fault_of_an_agency_is_named_and_nothing_is_kept(
    api: Api, changes: dict[str, Any], pointers: list[str]
) -> None:
    answer, body = await api.call(
        "POST", "/.consent/agencies", "operator", json=an_agency(**changes)
    )

    assert answer.status == 422
    assert [error["pointer"] for error in body["errors"]] == pointers
    assert await api.problem("GET", "/.consent/agencies/school") == (404, "not-found")


async def test_a_webid_is_of_one_agency(api: Api) -> None:
    body = an_agency(webids=[f"{BASE}opvang/profile/card#me"])

    assert await api.problem("POST", "/.consent/agencies", "operator", json=body) == (409, "exists")


async def test_callbacks_by_plain_http_are_for_development(village: Village) -> None:
    body = an_agency(callbacks=["http://localhost:9/kluis"])
    async with open_office(village, dev=False) as office:
        refused, _ = await office.call("POST", "/.consent/agencies", "operator", json=body)

    assert refused.status == 422


async def test_a_suspended_agency_neither_asks_nor_reads_until_it_is_back(api: Api) -> None:
    village = api.village
    await granted(village)
    waiting = await asked(village)

    await api.call("POST", f"{AGENCY}/suspend", "operator")

    assert await village.read(AGENCY_WHO, SLIPS[0]) == "nothing"
    assert await api.problem("POST", "/.consent/requests", "agency", json=a_request()) == (
        403,
        "not-an-agency",
    )
    again = await api.problem("POST", f"{AGENCY}/suspend", "operator")
    assert again == (409, "wrong-state")
    await api.call("POST", f"{AGENCY}/resume", "operator")
    assert await village.read(AGENCY_WHO, SLIPS[0]) == "allowed"
    assert (await api.get(waiting, "agency"))["state"] == "pending"
    assert set(AGENCY_MOVES.values()) == {"active", "suspended"}
