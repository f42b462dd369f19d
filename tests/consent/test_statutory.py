# SPDX-License-Identifier: EUPL-1.2
"""KC-26, domain.md 2.5: access by law is declared, listed, moved and objected to."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import rdflib

from consent.law.acts import settle_statutory
from consent.law.permits import beside
from consent.law.statutory import TABLE, Move, State
from notify import outbox
from pod.database import Tx
from pod.instant import DAY, text_of
from pod.iri import Iri
from pod.sqlite import Sqlite

from .conftest import AGENCY, AGENCY_WHO, AN, BASE, LOON, PURPOSE, SLIPS, START, YOUSSEF, Village
from .office import open_office
from .test_http import Api

LAWFUL = f"{BASE}.consent/purposes/wettelijk/1"
PROPERTIES = [f"{LOON}brutoloon"]
NUMBER = "85.07.30-033.28"
PATH = "/.consent/statutory"
MANY = [f"https://x.example/{number}" for number in range(10_000)]


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    async with open_office(village) as office:
        yield office


def a_declaration(**changes: object) -> dict[str, Any]:
    body: dict[str, Any] = {
        "subject": AN,
        "agency": AGENCY,
        "purpose": LAWFUL,
        "data": [{"target": SLIPS[0], "properties": PROPERTIES}],
        "modes": ["read"],
        "validUntil": text_of(START + 30 * DAY),
        "law": "Decreet van 1 april, artikel 2",
        **changes,
    }
    return {name: value for name, value in body.items() if value is not None}


async def declared(api: Api, **changes: object) -> dict[str, Any]:
    answer, body = await api.call("POST", PATH, "operator", json=a_declaration(**changes))
    assert answer.status == 201, body
    assert answer.headers["Location"] == body["id"]
    found: dict[str, Any] = body
    return found


async def told(village: Village, pod: str = "an") -> list[tuple[str, str]]:
    changes = await village.db.read(outbox.since, Iri(f"{BASE}{pod}/"), 0)
    return [(change.kind, change.object) for change in changes]


async def test_an_access_by_law_is_seen_by_both_sides_and_is_no_grant(api: Api) -> None:
    made = await declared(api)

    assert (made["state"], made["lane"], made["law"]) == (
        "active",
        "statutory",
        "Decreet van 1 april, artikel 2",
    )
    assert made["legalBasis"] == "https://w3id.org/dpv/legal/eu/gdpr#A6-1-e"
    for who in ("an", "agency", "operator"):
        assert [item["id"] for item in (await api.get(PATH, who))["items"]] == [made["id"]]
        assert (await api.get(made["id"], who))["subject"] == AN
    for who in ("youssef", "bank"):
        assert (await api.get(PATH, who))["items"] == []
        assert await api.problem("GET", made["id"], who) == (404, "not-found")
    for who in ("an", "agency"):  # invariant 9: never counted as consent
        assert (await api.get("/.consent/grants", who))["items"] == []
    assert await api.problem("GET", PATH) == (401, "not-signed-in")
    assert await api.problem("GET", PATH, "an without scope") == (403, "consent-scope-missing")


async def test_she_is_told_when_it_becomes_active(api: Api) -> None:
    at_once = await declared(api)
    later = await declared(api, validFrom=text_of(START + DAY))
    assert later["state"] == "declared"
    assert await told(api.village) == [("StatutoryStarted", at_once["id"])]

    api.village.later(DAY)
    assert (await api.get(later["id"], "an"))["state"] == "active"
    await settle_statutory(api.village.house)
    await settle_statutory(api.village.house)

    assert await told(api.village) == [
        ("StatutoryStarted", at_once["id"]),
        ("StatutoryStarted", later["id"]),
    ]
    events = (await api.get(f"{later['id']}/history", "an"))["items"]
    assert [event["event"] for event in events] == ["declare", "start"]
    assert events[1]["time"] == text_of(START + DAY)


async def test_she_is_told_also_when_it_came_and_went_unseen(api: Api) -> None:
    later = await declared(api, validFrom=text_of(START + DAY))
    api.village.later(40 * DAY)

    await settle_statutory(api.village.house)

    assert await told(api.village) == [("StatutoryStarted", later["id"])]
    assert (await api.get(later["id"], "an"))["state"] == "ended"


async def test_who_comes_into_a_class_later_is_told_at_the_first_read(api: Api) -> None:
    village, student = api.village, "https://w3id.org/dpv#Student"
    data = [{"class": f"{LOON}Loonfiche", "properties": PROPERTIES}]
    made = await declared(api, subject=None, **{"class": student}, data=data)
    await settle_statutory(village.house)
    source = beside(village.source)
    assert await told(village) == []

    await village.put(AN.partition("#")[0], f"<{AN}> a <{student}> .".encode())
    village.source = source
    assert await village.read(AGENCY_WHO, SLIPS[0]) == "allowed"

    assert await told(village) == [("StatutoryStarted", made["id"])]


@pytest.mark.parametrize("who", ["an", "agency"])
async def test_it_is_linked_data(api: Api, who: str) -> None:  # KC-1
    made = await declared(api)

    for path in (made["id"], PATH):
        answer, body = await api.call("GET", path, who, headers={"Accept": "text/turtle"})
        assert answer.content_type == "text/turtle"
        graph = rdflib.Graph().parse(data=body, format="turtle")
        agency = rdflib.URIRef("https://w3id.org/dpv#hasDataController")
        assert (rdflib.URIRef(made["id"]), agency, rdflib.URIRef(AGENCY)) in graph


async def test_it_ends_at_its_own_date(api: Api) -> None:
    made = await declared(api)
    api.village.later(30 * DAY)

    seen = await api.get(made["id"], "an")

    assert (seen["state"], seen["ended"]) == ("ended", made["validUntil"])
    await settle_statutory(api.village.house)
    assert await api.get(made["id"], "an") == {**seen, "version": 3}
    again = await api.problem("POST", f"{made['id']}/end", "operator")
    assert again == (409, "wrong-state")


async def test_an_operator_suspends_resumes_and_ends(api: Api) -> None:
    made = await declared(api)

    states = []
    for move in ("suspend", "resume", "end"):
        answer, body = await api.call(
            "POST", f"{made['id']}/{move}", "operator", json={"reason": "Nazicht"}
        )
        assert answer.status == 200
        states.append(body["state"])

    assert states == ["suspended", "active", "ended"]
    events = (await api.get(f"{made['id']}/history", "an"))["items"]
    assert [event["event"] for event in events] == ["declare", "start", "suspend", "resume", "end"]
    assert (events[2]["reason"], events[2]["by"]) == ("Nazicht", "operator")
    kinds = [kind for kind, _ in await told(api.village)]
    assert kinds == ["StatutoryStarted", "StatutoryStopped", "StatutoryStopped"]


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("move", [Move.SUSPEND, Move.RESUME, Move.END])
async def test_the_table_has_all_its_moves(api: Api, state: State, move: Move) -> None:
    start = text_of(START + DAY) if state is State.DECLARED else None
    made = await declared(api, validFrom=start)
    if state in (State.SUSPENDED, State.ENDED):
        verb = "suspend" if state is State.SUSPENDED else "end"
        await api.call("POST", f"{made['id']}/{verb}", "operator")

    answer, body = await api.call("POST", f"{made['id']}/{move}", "operator")

    after = TABLE.get((state, move))
    assert (answer.status, body["state"]) == ((409, state) if after is None else (200, after))


@pytest.mark.parametrize(
    ("who", "status", "problem"),
    [
        (None, 401, "not-signed-in"),
        ("an", 403, "not-an-operator"),
        ("agency", 403, "not-an-operator"),
        ("youssef", 404, "not-found"),
        ("bank", 404, "not-found"),
        ("operator without scope", 404, "not-found"),
    ],
)
async def test_only_operators_move_it(
    api: Api, who: str | None, status: int, problem: str
) -> None:  # KC-4
    made = await declared(api)

    for move in ("suspend", "resume", "end"):
        assert await api.problem("POST", f"{made['id']}/{move}", who) == (status, problem)
    refused = await api.problem("POST", PATH, who, json=a_declaration())
    assert refused[0] in (401, 403)
    assert (await api.get(made["id"], "an"))["state"] == "active"


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        pytest.param({"subject": None}, ["/subject"], id="nobody"),
        pytest.param({"class": "https://w3id.org/dpv#Citizen"}, ["/subject"], id="both"),
        pytest.param({"subject": "An"}, ["/subject"], id="no iri"),
        pytest.param({"agency": None}, ["/agency"], id="no agency"),
        pytest.param({"agency": f"{BASE}x"}, ["/agency", "/purpose"], id="unknown agency"),
        pytest.param({"agency": f"{BASE}.consent/agencies/bank"}, ["/purpose"],
                     id="another agency's purpose"),
        pytest.param({"purpose": f"{BASE}x"}, ["/purpose"], id="unknown purpose"),
        pytest.param({"purpose": PURPOSE}, ["/purpose"], id="consent lane"),
        pytest.param({"data": None}, ["/data"], id="no data"),
        pytest.param({"data": [{}]}, ["/data/0/target"], id="data without target"),
        pytest.param({"data": [{"target": SLIPS[0]}]}, ["/data/0"], id="whole resource"),
        pytest.param({"data": [{"class": "https://x.example/T"}]}, ["/data/0"], id="other class"),
        pytest.param({"data": [{"target": "https://x.example/a", "properties": PROPERTIES}]},
                     ["/data/0/target"], id="target elsewhere"),
        pytest.param({"data": [{"target": SLIPS[0], "properties": MANY}]},
                     ["/data/0/properties"], id="10,000 properties"),
        pytest.param({"subject": None, "class": "https://w3id.org/dpv#Citizen"},
                     ["/data/0/target"], id="one file of a class of persons"),
        pytest.param({"modes": ["append"]}, ["/modes"], id="modes"),
        pytest.param({"modes": "read"}, ["/modes"], id="modes of another kind"),
        pytest.param({"validUntil": None}, ["/validUntil"], id="no end"),
        pytest.param({"validUntil": "soon"}, ["/validUntil"], id="no time"),
        pytest.param({"validUntil": text_of(START)}, ["/validUntil"], id="over already"),
        pytest.param({"validFrom": text_of(START + 40 * DAY)}, ["/validUntil"],
                     id="over before it begins"),
        pytest.param({"validUntil": text_of(START + 300 * DAY)}, ["/validUntil"], id="too long"),
        pytest.param({"law": None}, ["/law"], id="no law"),
        pytest.param({"law": 3}, ["/law"], id="law of another kind"),
        pytest.param({"law": f"Over {NUMBER}"}, ["/law"], id="national number"),
        pytest.param({"law": "a\u202eb"}, ["/law"], id="direction override"),
        pytest.param({"count": 3}, ["/count"], id="unknown member"),
        pytest.param({"law": None, "agency": 3, "data": 3, "x": 1},
                     ["/agency", "/data", "/law", "/x"], id="everything at once"),
    ],
)  # fmt: skip
async def test_each_fault_is_named_and_nothing_is_kept(
    api: Api, changes: dict[str, Any], pointers: list[str]
) -> None:
    answer, body = await api.call("POST", PATH, "operator", json=a_declaration(**changes))

    assert answer.status == 422
    assert [error["pointer"] for error in body["errors"]] == pointers
    assert NUMBER not in str(body)
    assert (await api.get(PATH, "operator"))["items"] == []


async def test_one_with_a_protocol_is_as_good(api: Api) -> None:
    made = await declared(api, law=None, protocol="P-2026-7")

    assert (made["protocol"], "law" in made) == ("P-2026-7", False)


async def test_the_same_key_declares_once(api: Api) -> None:  # KC-6
    headers = {"Idempotency-Key": "k"}

    answers = [
        await api.call("POST", PATH, "operator", json=a_declaration(), headers=headers)
        for _ in range(2)
    ]

    assert answers[0][1] == answers[1][1]
    assert len((await api.get(PATH, "operator"))["items"]) == 1


async def test_a_move_honours_if_match(api: Api) -> None:  # KC-7
    made = await declared(api)
    seen, _ = await api.call("GET", made["id"], "operator")
    await api.call("POST", f"{made['id']}/suspend", "operator")

    stale = await api.problem(
        "POST", f"{made['id']}/resume", "operator", headers={"If-Match": seen.headers["ETag"]}
    )

    assert stale == (412, "stale")


async def test_a_class_of_persons_is_everyone_or_who_says_so(api: Api) -> None:
    data = [{"class": f"{LOON}Loonfiche", "properties": PROPERTIES}]
    everyone = await declared(
        api, subject=None, **{"class": "https://w3id.org/dpv#Citizen"}, data=data
    )
    student = "https://w3id.org/dpv#Student"
    card = f"<{YOUSSEF}> a <{student}> .".encode()
    await api.village.put(YOUSSEF.partition("#")[0], card)
    students = await declared(api, subject=None, **{"class": student}, data=data)

    async def listed(who: str) -> list[str]:
        return [item["id"] for item in (await api.get(PATH, who))["items"]]

    assert await listed("an") == [everyone["id"]]
    assert await listed("youssef") == [students["id"], everyone["id"]]
    assert await listed("agency") == [students["id"], everyone["id"]]
    assert await told(api.village, "an") == [("StatutoryStarted", everyone["id"])]
    assert [o for _, o in await told(api.village, "youssef")] == [everyone["id"], students["id"]]


async def test_an_objection_opens_a_case(api: Api) -> None:  # GDPR 21
    made = await declared(api)

    answer, case = await api.call(
        "POST", f"{made['id']}/object", "an", json={"text": "Ik studeer niet meer.\nZie brief."}
    )

    assert (answer.status, case["kind"], case["state"]) == (201, "objection", "open")
    assert case["about"] == made["id"]
    assert answer.headers["Location"] == case["id"]
    assert (await api.get(case["id"], "agency"))["text"].startswith("Ik studeer")
    assert (await api.get(made["id"], "an"))["state"] == "active"


async def test_an_objection_may_stop_it_until_it_is_settled(api: Api) -> None:
    made = await declared(api)

    _, case = await api.call("POST", f"{made['id']}/object", "an", json={"suspend": True})

    for who in ("an", "agency"):
        assert (await api.get(made["id"], who))["state"] == "suspended"
    await api.call("POST", f"{case['id']}/close", "an")
    assert (await api.get(made["id"], "an"))["state"] == "active"
    await api.call("POST", f"{made['id']}/object", "an", json={"suspend": True})
    answer, _ = await api.call("POST", f"{made['id']}/resume", "operator")
    assert answer.status == 200
    assert (await api.get(made["id"], "an"))["state"] == "active"


async def test_each_of_two_objections_stops_it_until_it_is_closed_itself(api: Api) -> None:
    made = await declared(api)
    where = f"{made['id']}/object"
    cases = [(await api.call("POST", where, "an", json={"suspend": True}))[1] for _ in range(2)]

    await api.call("POST", f"{cases[0]['id']}/close", "an")

    assert (await api.get(made["id"], "an"))["state"] == "suspended"
    await api.call("POST", f"{cases[1]['id']}/close", "an")
    assert (await api.get(made["id"], "an"))["state"] == "active"


@pytest.mark.parametrize("move", ["suspend", "end"])
async def test_it_can_be_stopped_after_somebody_it_was_told_to_left(api: Api, move: str) -> None:
    made = await declared(api)

    async def leave(tx: Tx) -> None:
        await tx.run("DELETE FROM owner WHERE pod = :pod", pod=f"{BASE}an/")
        await tx.run("DELETE FROM resource WHERE pod = :pod", pod=f"{BASE}an/")
        await tx.run("DELETE FROM pod WHERE iri = :pod", pod=f"{BASE}an/")

    await api.village.db.write(None, leave)
    answer, body = await api.call("POST", f"{made['id']}/{move}", "operator")

    assert answer.status == 200, body
    assert body["state"] == ("ended" if move == "end" else "suspended")


async def test_everybody_is_told_that_it_stopped_however_many_they_are(api: Api) -> None:
    """A commit tells 500 pods; the rounds tell the rest, each pod once for each stop."""
    everyone = {"class": "https://w3id.org/dpv#DataSubject"}
    data = [{"class": f"{LOON}Loonfiche", "properties": PROPERTIES}]
    made = await declared(api, subject=None, **everyone, data=data)
    await settle_statutory(api.village.house)
    await api.village.db.write(None, _many_were_told, made["id"])

    await api.call("POST", f"{made['id']}/suspend", "operator")
    first = await api.village.db.read(_stops)
    for _ in range(3):
        await settle_statutory(api.village.house)
    second = await api.village.db.read(_stops)
    await api.call("POST", f"{made['id']}/resume", "operator")
    await api.call("POST", f"{made['id']}/end", "operator")
    for _ in range(3):
        await settle_statutory(api.village.house)

    assert (first, second) == (500, 602)
    assert await api.village.db.read(_stops) == 2 * 602


async def _many_were_told(tx: Tx, access: str) -> None:
    for number in range(600):
        pod = f"{BASE}burger{number}/"
        await tx.run(
            "INSERT INTO pod (iri, id, account, created, seq) VALUES (:pod, :pod, 'an', 1, 0)",
            pod=pod,
        )
        await tx.run("INSERT INTO statutory_told VALUES (:id, :pod, 1)", id=access, pod=pod)


async def _stops(tx: Tx) -> int:
    row = await tx.one("SELECT COUNT(*) AS n FROM outbox WHERE kind = 'StatutoryStopped'")
    return 0 if row is None else int(row["n"])


async def test_a_round_without_news_of_a_class_writes_nothing(api: Api) -> None:
    everyone = {"class": "https://w3id.org/dpv#DataSubject"}
    data = [{"class": f"{LOON}Loonfiche", "properties": PROPERTIES}]
    await declared(api, subject=None, **everyone, data=data)
    await settle_statutory(api.village.house)
    db = api.village.db
    assert isinstance(db, Sqlite)
    before = db.commits

    await settle_statutory(api.village.house)

    assert db.commits == before
    assert await told(api.village, "youssef")


@pytest.mark.parametrize(
    ("who", "status", "problem"),
    [
        (None, 401, "not-signed-in"),
        ("agency", 403, "not-yours-to-decide"),
        ("operator", 403, "not-yours-to-decide"),
        ("youssef", 404, "not-found"),
        ("an without scope", 403, "consent-scope-missing"),
    ],
)
async def test_only_the_subject_objects(
    api: Api, who: str | None, status: int, problem: str
) -> None:
    made = await declared(api)

    assert await api.problem("POST", f"{made['id']}/object", who) == (status, problem)


async def test_what_cannot_be_objected_to_says_so(api: Api, village: Village) -> None:
    await village.db.write(None, _by_obligation)
    made = await declared(api)
    assert made["objectionPossible"] is False

    refused = await api.problem("POST", f"{made['id']}/object", "an")

    assert refused == (422, "no-objection")
    assert (await api.get("/.consent/cases", "an"))["items"] == []
    await api.call("POST", f"{made['id']}/end", "operator")
    assert await api.problem("POST", f"{made['id']}/object", "an") == (409, "wrong-state")


async def _by_obligation(tx: Any) -> None:
    await tx.run(
        "UPDATE purpose SET body = replace(body, '#A6-1-e', '#A6-1-c') WHERE id = :id", id=LAWFUL
    )


async def test_nobody_withdraws_it(api: Api) -> None:
    made = await declared(api)

    refused = await api.problem("POST", f"{made['id']}/withdraw", "an")

    assert refused == (404, "not-found")


async def test_lists_go_on_where_they_stopped(api: Api) -> None:  # KC-5
    names = [(await declared(api))["id"] for _ in range(3)]

    answer, first = await api.call("GET", f"{PATH}?limit=2", "an")

    assert [item["id"] for item in first["items"]] == [names[2], names[1]]
    onward = answer.headers["Link"].split(">")[0].lstrip("<")
    rest = await api.get(onward, "an")
    assert [item["id"] for item in rest["items"]] == [names[0]]
    assert await api.problem("GET", f"{PATH}?after=x", "an") == (400, "bad-cursor")
