# SPDX-License-Identifier: EUPL-1.2
"""KC-16 over HTTP: every move of a grant, by whom, with what follows it; domain.md 2.2."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from consent.grants.history import replay, require_whole
from consent.grants.ledger import events_of, find_grant
from consent.proof.receipt import find_receipt
from consent.proof.signer import opened
from pod.database import Tx
from pod.instant import DAY, text_of

from .conftest import AGENCY_WHO, BASE, LOON, PERMITTED, SLIPS, START, Village
from .steps import granted
from .village_api import Api, add_operator, app_of

LOON_ONLY = [{"target": SLIPS[0], "properties": [f"{LOON}brutoloon"]}]
ORDER = {"reason": "Vonnis", "reference": "RvS 123.456"}


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    await village.db.write(None, add_operator)
    async with TestClient(TestServer(app_of(village))) as client:
        yield Api(client, village)


@pytest.fixture
async def grant(village: Village) -> dict[str, Any]:
    return await granted(village)


async def _news(tx: Tx) -> list[tuple[str, str, int | None]]:
    rows = await tx.all("SELECT type, state, version FROM agency_event ORDER BY seq")
    return [(row["type"], row["state"], row["version"]) for row in rows]


async def _told(tx: Tx) -> list[tuple[str, str]]:
    rows = await tx.all(
        "SELECT kind, object FROM outbox WHERE kind LIKE 'Consent%' OR kind LIKE 'Request%'"
        " ORDER BY seq"
    )
    return [(row["kind"], row["object"]) for row in rows]


async def _receipts(tx: Tx) -> list[tuple[str, int, int]]:
    rows = await tx.all("SELECT party, version, event FROM receipt ORDER BY event, party")
    return [(row["party"], row["version"], row["event"]) for row in rows]


async def reads(api: Api, target: str = SLIPS[0]) -> str:
    return await api.village.read(AGENCY_WHO, target)


async def last_event(api: Api, grant: dict[str, Any]) -> Any:
    return (await api.get(f"{grant['id']}/history", "an"))["items"][-1]


async def test_what_she_pauses_nobody_reads_until_she_resumes_it(
    api: Api, grant: dict[str, Any]
) -> None:
    paused = await api.post(f"{grant['id']}/pause", "an")

    assert (paused["state"], paused["cause"], paused["version"]) == ("paused", "citizen", 1)
    assert await reads(api) == "grant-paused"
    assert (await last_event(api, grant))["cause"] == "citizen"

    resumed = await api.post(f"{grant['id']}/resume", "an")

    assert (resumed["state"], resumed["cause"]) == ("active", None)
    assert await reads(api) == "allowed"


async def test_every_move_tells_both_sides_and_gives_both_a_receipt(
    api: Api, grant: dict[str, Any]
) -> None:
    # domain.md 2.8, §4: receipts at approve, narrow, pause, resume and every end.
    for move, body in (
        ("pause", {}),
        ("resume", {}),
        ("narrow", {"count": 2}),
        ("withdraw", {}),
    ):
        await api.post(f"{grant['id']}/{move}", "an", body)

    db = api.village.db
    assert await db.read(_news) == [
        ("request.approved", "approved", None),
        ("grant.active", "active", 1),
        ("grant.paused", "paused", 1),
        ("grant.resumed", "active", 1),
        ("grant.narrowed", "active", 2),
        ("grant.withdrawn", "withdrawn", 2),
    ]
    assert [kind for kind, _ in await db.read(_told)] == [
        "ConsentGiven",
        "ConsentPaused",
        "ConsentResumed",
        "ConsentNarrowed",
        "ConsentWithdrawn",
    ]
    versions = {1: 1, 2: 1, 3: 1, 4: 2, 5: 2}
    assert await db.read(_receipts) == [
        (party, version, event)
        for event, version in versions.items()
        for party in ("agency", "subject")
    ]
    shown = await api.get(grant["id"], "an")
    assert len(shown["receipts"]) == 5
    assert not set(shown["receipts"]) & set((await api.get(grant["id"], "agency"))["receipts"])


async def test_a_receipt_states_the_terms_of_the_grant_at_its_version(
    api: Api, grant: dict[str, Any]
) -> None:
    await api.post(f"{grant['id']}/narrow", "an", {"data": LOON_ONLY, "count": 2})

    first, second = (await api.get(grant["id"], "an"))["receipts"]
    stated = []
    for name in (first, second):
        receipt = await api.village.db.read(find_receipt, name)
        assert receipt is not None
        record: Any = opened(receipt.jws, api.village.house.signer.jwks())["hasRecordOfActivity"]
        data = {
            item["hasDataSource"]: item["k:property"]
            for item in record["hasProcess"]["hasPersonalData"]
        }
        stated.append((record["k:version"], data))
    every = sorted(PERMITTED)
    assert stated == [
        (1, {SLIPS[0]: every, SLIPS[1]: every}),
        (2, {SLIPS[0]: [f"{LOON}brutoloon"]}),
    ]


async def test_a_narrowing_counts_at_the_next_read_and_changes_the_etag(
    api: Api, grant: dict[str, Any]
) -> None:
    before = await api.village.decide(AGENCY_WHO, SLIPS[0])
    until = text_of(START + 5 * DAY)

    narrowed = await api.post(
        f"{grant['id']}/narrow", "an", {"data": LOON_ONLY, "count": 2, "validUntil": until}
    )

    assert narrowed["version"] == 2
    assert (narrowed["count"], narrowed["validUntil"]) == (2, until)
    assert [item["target"] for item in narrowed["data"]] == [SLIPS[0]]
    after = await api.village.decide(AGENCY_WHO, SLIPS[0])
    view, was = after.permits[0].view, before.permits[0].view
    assert view is not None
    assert was is not None
    assert view.properties == frozenset({f"{LOON}brutoloon"})
    assert view.tag != was.tag
    assert await reads(api, SLIPS[1]) == "target-not-granted"
    assert [await reads(api) for _ in range(3)] == ["allowed", "allowed", "grant-exhausted"]


async def test_what_sleeps_can_be_narrowed_and_sleeps_on(api: Api, grant: dict[str, Any]) -> None:
    await api.post(f"{grant['id']}/pause", "an")

    narrowed = await api.post(f"{grant['id']}/narrow", "an", {"count": 1})

    assert (narrowed["state"], narrowed["cause"]) == ("paused", "citizen")
    assert await reads(api) == "grant-paused"
    await api.post(f"{grant['id']}/resume", "an")
    assert [await reads(api) for _ in range(2)] == ["allowed", "grant-exhausted"]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "not-narrower"),
        ({"count": 5}, "not-narrower"),
        ({"count": 6}, "not-narrower"),
        ({"modes": ["read", "append"]}, "not-narrower"),
        ({"modes": []}, "bad-term"),
        ({"data": []}, "nothing-left"),
        ({"data": [{"target": SLIPS[2]}]}, "not-narrower"),
        ({"data": [{"target": f"{BASE}an/"}]}, "not-narrower"),
        ({"data": [{"target": SLIPS[0], "properties": [f"{LOON}naam"]}]}, "not-narrower"),
        ({"data": [{"target": SLIPS[0], "properties": []}]}, "bad-term"),
        ({"data": "all"}, "bad-term"),
        ({"data": [{"target": SLIPS[0], "members": True}]}, "unknown-term"),
        ({"validUntil": text_of(START + 400 * DAY)}, "not-narrower"),
        ({"validUntil": text_of(START)}, "nothing-left"),
        ({"validUntil": text_of(START - DAY)}, "nothing-left"),
        ({"validUntil": "tomorrow"}, "bad-term"),
        ({"count": 0}, "bad-term"),
        ({"count": True}, "bad-term"),
        ({"retention": "P1D"}, "unknown-term"),
        ({"count": 4, "case": "B"}, "unknown-term"),
    ],
)
async def test_a_narrowing_is_less_and_leaves_something(
    api: Api, grant: dict[str, Any], body: dict[str, Any], name: str
) -> None:
    # Invariant 6.
    assert await api.problem(f"{grant['id']}/narrow", "an", body) == (422, name)
    assert (await api.get(grant["id"], "an"))["version"] == 1


async def test_uses_that_are_gone_cannot_be_all_that_is_left(
    api: Api, grant: dict[str, Any]
) -> None:
    assert [await reads(api) for _ in range(2)] == ["allowed", "allowed"]

    assert await api.problem(f"{grant['id']}/narrow", "an", {"count": 2}) == (422, "nothing-left")
    await api.post(f"{grant['id']}/narrow", "an", {"count": 3})

    assert [await reads(api) for _ in range(2)] == ["allowed", "grant-exhausted"]


async def test_the_agency_gives_back_what_it_does_not_need(api: Api, grant: dict[str, Any]) -> None:
    given_back = await api.post(f"{grant['id']}/relinquish", "agency")

    assert given_back["state"] == "relinquished"
    assert await reads(api) == "grant-relinquished"
    assert (await last_event(api, grant))["by"] == AGENCY_WHO.webid
    assert (await api.village.db.read(_told))[-1] == ("ConsentRelinquished", grant["id"])


@pytest.mark.parametrize(("move", "state"), [("revoke", "revoked"), ("invalidate", "invalidated")])
async def test_an_operator_ends_it_on_somebodys_word_and_she_is_told(
    api: Api, grant: dict[str, Any], move: str, state: str
) -> None:
    ended = await api.post(f"{grant['id']}/{move}", "kaat", ORDER)

    assert ended["state"] == state
    assert await reads(api) == f"grant-{state}"
    event = await last_event(api, grant)
    assert (event["reason"], event["reference"]) == (ORDER["reason"], ORDER["reference"])
    assert event.get("contested", False) == (move == "invalidate")
    assert (await api.village.db.read(_told))[-1] == (f"Consent{state.title()}", grant["id"])
    assert (await api.village.db.read(_news))[-1][0] == f"grant.{state}"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({}, "bad-term"),
        ({"reason": "Vonnis"}, "bad-term"),
        ({"reference": "RvS"}, "bad-term"),
        ({"reason": " ", "reference": "RvS"}, "bad-term"),
        ({"reason": 1, "reference": "RvS"}, "bad-term"),
        ({"reason": "Vonnis\u202e", "reference": "RvS"}, "bad-term"),
        ({"reason": "x" * 2_001, "reference": "RvS"}, "bad-term"),
        ({**ORDER, "by": "me"}, "unknown-term"),
    ],
)
async def test_an_operator_says_why_and_on_whose_word(
    api: Api, grant: dict[str, Any], body: dict[str, Any], name: str
) -> None:
    assert await api.problem(f"{grant['id']}/revoke", "kaat", body) == (422, name)
    assert await reads(api) == "allowed"


SUBJECTS = ("pause", "resume", "narrow", "withdraw")
OPERATORS = ("revoke", "invalidate")


@pytest.mark.parametrize("move", [*SUBJECTS, "relinquish", *OPERATORS])
async def test_each_move_is_of_one_side_and_others_see_nothing_there(
    api: Api, grant: dict[str, Any], move: str
) -> None:
    # KC-4.
    body = ORDER if move in OPERATORS else {"count": 1} if move == "narrow" else {}
    sides = {"an", "agency"}
    mine = {"an"} if move in SUBJECTS else {"agency"} if move == "relinquish" else set()
    for side in sides - mine:
        told = await api.problem(f"{grant['id']}/{move}", side, body)
        assert told == (403, "not-yours-to-decide")
    for stranger in ("youssef", "bank", *(["kaat"] if move not in OPERATORS else [])):
        told = await api.problem(f"{grant['id']}/{move}", stranger, body)
        assert told == (404, "not-found")
        nowhere = await api.problem(f"{BASE}.consent/grants/nothing/{move}", stranger, body)
        assert nowhere == told
    assert await api.problem(f"{grant['id']}/{move}", None, body) == (401, "not-signed-in")
    assert (await api.get(grant["id"], "an"))["state"] == "active"


async def test_a_token_without_the_scope_moves_nothing(api: Api, grant: dict[str, Any]) -> None:
    for path in (*(f"{grant['id']}/{m}" for m in SUBJECTS), "/.consent/pause-all"):
        body = {"count": 1} if path.endswith("narrow") else {}
        assert await api.problem(path, "an without scope", body) == (403, "consent-scope-missing")


async def test_a_move_that_the_table_does_not_have_tells_the_state(
    api: Api, grant: dict[str, Any]
) -> None:
    # KC-7.
    assert await api.problem(f"{grant['id']}/resume", "an") == (409, "wrong-state")
    await api.post(f"{grant['id']}/pause", "an")
    answer, told = await api.call("POST", f"{grant['id']}/pause", "an", json={})
    assert (answer.status, told["state"]) == (409, "paused")
    await api.post(f"{grant['id']}/withdraw", "an")
    for move, body in (("pause", {}), ("resume", {}), ("narrow", {"count": 1}), ("withdraw", {})):
        answer, told = await api.call("POST", f"{grant['id']}/{move}", "an", json=body)
        assert (answer.status, told["state"]) == (409, "withdrawn"), move
    assert await api.problem(f"{grant['id']}/revoke", "kaat", ORDER) == (409, "wrong-state")
    assert await api.problem(f"{grant['id']}/relinquish", "agency") == (409, "wrong-state")


async def test_what_has_not_begun_can_be_ended_and_not_paused(api: Api) -> None:
    later = {"duration": None, "validFrom": text_of(START + DAY)}
    until = text_of(START + 3 * DAY)
    grant = await granted(api.village, validUntil=until, **later)
    assert grant["state"] == "scheduled"
    assert "grant.active" not in [kind for kind, *_ in await api.village.db.read(_news)]

    answer, told = await api.call("POST", f"{grant['id']}/pause", "an", json={})
    assert (answer.status, told["state"]) == (409, "scheduled")
    answer, told = await api.call("POST", f"{grant['id']}/narrow", "an", json={"count": 1})
    assert (answer.status, told["state"]) == (409, "scheduled")
    await api.post(f"{grant['id']}/withdraw", "an")

    api.village.later(2 * DAY)
    assert await reads(api) == "grant-withdrawn"


async def test_what_began_meanwhile_begins_before_it_is_moved(api: Api) -> None:
    later = {"duration": None, "validFrom": text_of(START + DAY)}
    grant = await granted(api.village, validUntil=text_of(START + 3 * DAY), **later)
    api.village.later(2 * DAY)

    await api.post(f"{grant['id']}/pause", "an")

    events = (await api.get(f"{grant['id']}/history", "an"))["items"]
    assert [(event["event"], event["time"]) for event in events] == [
        ("create", text_of(START)),
        ("start", text_of(START + DAY)),
        ("pause", text_of(START + 2 * DAY)),
    ]
    kinds = [kind for kind, *_ in await api.village.db.read(_news)]
    assert kinds == ["request.approved", "grant.active", "grant.paused"]


async def test_what_is_past_its_time_does_not_wake(api: Api, grant: dict[str, Any]) -> None:
    await api.post(f"{grant['id']}/pause", "an")
    api.village.later(120 * DAY)

    answer, told = await api.call("POST", f"{grant['id']}/resume", "an", json={})

    assert (answer.status, told["state"]) == (409, "expired")
    assert await reads(api) == "grant-expired"


async def test_a_stale_look_moves_nothing(api: Api, grant: dict[str, Any]) -> None:
    answer, _ = await api.call("GET", grant["id"], "an")
    tag = answer.headers["ETag"]
    await reads(api)  # KC-7: a read by the agency does not spoil it
    await api.post(f"{grant['id']}/pause", "an", headers={"If-Match": tag})

    stale = {"headers": {"If-Match": tag}}
    assert await api.problem(f"{grant['id']}/resume", "an", **stale) == (412, "stale")
    assert await api.problem(f"{grant['id']}/withdraw", "an", **stale) == (412, "stale")
    answer, _ = await api.call("POST", f"{grant['id']}/narrow", "an", json={"count": 4})
    narrowed = {"headers": {"If-Match": answer.headers["ETag"]}}
    answer, _ = await api.call("POST", f"{grant['id']}/resume", "an", json={}, **narrowed)
    assert answer.status == 200


@pytest.mark.parametrize(
    ("move", "who", "body"),
    [
        ("pause", "an", {}),
        ("narrow", "an", {"count": 2}),
        ("withdraw", "an", {}),
        ("relinquish", "agency", {}),
        ("revoke", "kaat", ORDER),
    ],
)
async def test_the_same_key_makes_one_move(
    api: Api, grant: dict[str, Any], move: str, who: str, body: dict[str, Any]
) -> None:
    # KC-6.
    key = {"headers": {"Idempotency-Key": "k1"}}
    first = await api.post(f"{grant['id']}/{move}", who, body, **key)
    again = await api.post(f"{grant['id']}/{move}", who, body, **key)

    assert first == again
    events = (await api.get(f"{grant['id']}/history", "an"))["items"]
    assert [event["event"] for event in events] == ["create", move]
    if move == "narrow":
        told = await api.problem(f"{grant['id']}/{move}", who, {"count": 1}, **key)
        assert told == (422, "idempotency-mismatch")


async def test_pausing_all_is_undone_by_resuming_all_and_no_more(api: Api) -> None:
    awake, alone, over = [(await granted(api.village))["id"] for _ in range(3)]
    await api.post(f"{alone}/pause", "an")
    await api.post(f"{over}/withdraw", "an")

    paused = await api.post("/.consent/pause-all", "an")

    assert paused == {"paused": [awake]}
    assert (await api.get(awake, "an"))["cause"] == "citizen-all"
    assert await api.village.read(AGENCY_WHO, SLIPS[0], grant=awake) == "grant-paused"
    assert await api.post("/.consent/pause-all", "an") == {"paused": []}

    resumed = await api.post("/.consent/resume-all", "an")

    assert resumed == {"resumed": [awake]}
    assert [(await api.get(id_, "an"))["state"] for id_ in (awake, alone, over)] == [
        "active",
        "paused",
        "withdrawn",
    ]
    assert await api.post("/.consent/resume-all", "an") == {"resumed": []}
    kinds = [kind for kind, *_ in await api.village.db.read(_news)]
    assert (kinds.count("grant.paused"), kinds.count("grant.resumed")) == (2, 1)


async def test_what_she_woke_herself_is_hers_to_put_to_sleep_again(api: Api) -> None:
    grant = (await granted(api.village))["id"]
    await api.post("/.consent/pause-all", "an")
    await api.post(f"{grant}/resume", "an")
    await api.post(f"{grant}/pause", "an")

    assert await api.post("/.consent/resume-all", "an") == {"resumed": []}
    assert (await api.get(grant, "an"))["state"] == "paused"


async def test_pausing_all_is_of_ones_own_pods(api: Api, grant: dict[str, Any]) -> None:
    assert await api.post("/.consent/pause-all", "youssef") == {"paused": []}
    assert await api.problem("/.consent/pause-all", "agency") == (403, "consent-scope-missing")
    assert await api.problem("/.consent/pause-all", "an", {"x": 1}) == (422, "unknown-term")
    assert await reads(api) == "allowed"


async def test_the_events_rebuild_the_grant_and_a_change_is_found_out(
    api: Api, grant: dict[str, Any]
) -> None:
    # Invariant 7.
    for move in ("pause", "resume", "narrow", "pause"):
        await api.post(f"{grant['id']}/{move}", "an", {"count": 3} if move == "narrow" else {})
    db = api.village.db
    events, row = await db.read(events_of, grant["id"]), await db.read(find_grant, grant["id"])

    assert row is not None
    require_whole(row, events)
    assert replay(events) == row.state == "paused"
