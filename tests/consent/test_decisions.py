# SPDX-License-Identifier: EUPL-1.2
"""KC-13, KC-14, T-46: what is shown is what is given, or less."""

import asyncio
from dataclasses import replace
from hashlib import sha256
from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acl.modes import Mode
from consent.asking import decisions, inbox
from consent.asking.choice import read_choice
from consent.grants import endings
from consent.grants.history import replay
from consent.grants.ledger import events_of
from consent.grants.narrowing import narrow, read_less
from consent.grants.settlement import settle_due
from consent.proof.receipt import find_receipt
from consent.proof.signer import opened
from pod import clock
from pod.errors import Clash, PodError
from pod.instant import DAY, MINUTE, text_of

from .conftest import (
    AGENCY_WHO,
    AN_WHO,
    BASE,
    HEALTH_PURPOSE,
    ILLNESS,
    LOON,
    PERMITTED,
    SECRET,
    SLIP,
    SLIPS,
    START,
    YOUSSEF_WHO,
    Village,
)
from .steps import approved, asked, granted
from .test_reading_under_a_grant import Interrupting


async def problem_of(village: Village, name: str, **choice: Any) -> str:
    with pytest.raises(PodError) as refused:
        await approved(village, name, **choice)
    return refused.value.problem


async def test_the_notice_says_everything_in_order_with_its_hash(village: Village) -> None:
    name = await asked(village)

    notice = await inbox.show_notice(village.house, AN_WHO, name, "nl")

    assert [section["section"] for section in notice["sections"]] == [  # type: ignore[attr-defined]  # a list of sections
        "who", "what", "why", "until", "often", "kept", "others", "ground", "refused", "rights",
    ]  # fmt: skip
    plain = {key: value for key, value in notice.items() if key != "hash"}
    assert notice["hash"] == sha256(rfc8785.dumps(plain)).hexdigest()  # type: ignore[arg-type]  # its JSON type is recursive
    text = orjson.dumps(notice).decode()
    assert "hoogstens 5 keer" in text
    assert "3 maanden, vanaf uw ja" in text
    assert SECRET not in text
    [first, _] = notice["data"]  # type: ignore[misc]  # a list of data
    values = {item["label"]: item["values"] for item in first["properties"]}  # type: ignore[has-type]  # as above
    assert values == {"brutoloon": 2, "verloningsperiode": 1, "werkgever": 1}


@pytest.mark.parametrize("language", ["nl", "en", "fr", "de"])
async def test_each_language_has_a_notice_of_its_own(village: Village, language: str) -> None:
    name = await asked(village)

    grant = await approved(village, name, lang=language)

    assert grant["state"] == "active"


@pytest.mark.parametrize(
    ("choice", "problem"),
    [
        ({"noticeHash": "0" * 64}, "notice-changed"),
        ({"data": [{"target": SLIPS[2]}]}, "not-narrower"),
        ({"data": [{"target": SLIPS[0], "properties": [f"{LOON}bankrekeningnummer"]}]},
         "not-narrower"),
        ({"data": [{"target": f"{SLIPS[0]}.acl"}]}, "not-narrower"),
        ({"data": [{"target": SLIPS[1]}]}, "required-dropped"),
        ({"data": []}, "required-dropped"),
        ({"count": 6}, "not-narrower"),
        ({"modes": ["append"]}, "not-narrower"),
        ({"validUntil": text_of(START + 200 * DAY)}, "not-narrower"),
        ({"validUntil": text_of(START)}, "terms-over"),
        ({"colour": 1}, "unknown-term"),
        ({"confirm": "yes"}, "bad-term"),
    ],
)  # fmt: skip
async def test_a_yes_can_only_be_narrower(
    village: Village, choice: dict[str, Any], problem: str
) -> None:
    name = await asked(village)

    assert await problem_of(village, name, **choice) == problem


async def test_a_notice_that_was_never_shown_cannot_be_agreed_to(village: Village) -> None:
    name = await asked(village)
    shown = await inbox.show_notice(village.house, AN_WHO, name, "nl")
    other = await asked(village, case="B")

    assert await problem_of(village, other, noticeHash=shown["hash"]) == "notice-changed"


async def test_a_notice_is_stale_once_the_data_behind_it_changed(village: Village) -> None:
    name = await asked(village)
    shown = await inbox.show_notice(village.house, AN_WHO, name, "nl")
    await village.put(SLIPS[0], SLIP.encode() + b"<> <https://x.example/y> 1 . ")
    body = {"noticeHash": shown["hash"], "lang": "nl"}
    grant = await decisions.approve(village.house, AN_WHO, name, read_choice(body, BASE))
    assert grant.status == 201  # what would be shared is still the same

    second = await asked(village)
    shown = await inbox.show_notice(village.house, AN_WHO, second, "nl")
    await village.put(SLIPS[0], SLIP.encode() + b"<> <%sbrutoloon> 9 . " % LOON.encode())

    body = {"noticeHash": shown["hash"], "lang": "nl"}
    with pytest.raises(PodError) as refused:
        await decisions.approve(village.house, AN_WHO, second, read_choice(body, BASE))
    assert refused.value.problem == "notice-changed"


async def test_a_write_into_the_pod_meanwhile_does_not_stop_a_yes(village: Village) -> None:
    name = await asked(village)
    notice = await inbox.show_notice(village.house, AN_WHO, name, "nl")
    choice = read_choice({"noticeHash": notice["hash"], "lang": "nl"}, BASE)

    yes = asyncio.create_task(decisions.approve(village.house, AN_WHO, name, choice))
    for number in range(3):
        await village.put(f"{BASE}an/other{number}.txt", b"x", "text/plain")
    answer = await yes

    assert answer.status == 201


async def test_two_answers_at_once_are_one_decision(village: Village) -> None:
    name = await asked(village)
    notice = await inbox.show_notice(village.house, AN_WHO, name, "nl")
    choice = read_choice({"noticeHash": notice["hash"], "lang": "nl"}, BASE)

    results = await asyncio.gather(
        decisions.approve(village.house, AN_WHO, name, choice),
        decisions.approve(village.house, AN_WHO, name, choice),
        decisions.refuse(village.house, AN_WHO, name),
        return_exceptions=True,
    )

    assert sum(not isinstance(result, BaseException) for result in results) == 1


async def test_what_is_not_hers_is_left_out_and_cannot_be_given(village: Village) -> None:
    # KC-10.
    theirs = [{"target": f"{BASE}youssef/x.ttl", "properties": [f"{LOON}brutoloon"]}]
    name = await asked(village, data=theirs)

    notice = await inbox.show_notice(village.house, AN_WHO, name, "nl")

    assert notice["data"] == []
    assert await problem_of(village, name) == "nothing-to-share"


async def test_only_the_person_asked_can_answer(village: Village) -> None:
    name = await asked(village)

    with pytest.raises(PodError) as refused:
        await inbox.show_notice(village.house, YOUSSEF_WHO, name, "nl")

    assert refused.value.problem == "not-found"


async def test_a_class_is_offered_as_what_she_has_of_it(village: Village) -> None:
    data = [{"class": f"{LOON}Loonfiche", "required": True, "properties": PERMITTED}]
    name = await asked(village, data=data)
    notice = await inbox.show_notice(village.house, AN_WHO, name, "nl")
    assert [item["target"] for item in notice["data"][0]["found"]] == SLIPS  # type: ignore[index]  # a list of data
    assert await problem_of(village, name, data=[]) == "required-dropped"

    grant = await approved(village, name, data=[{"target": SLIPS[1]}])

    assert [(datum["target"], datum["class"]) for datum in grant["data"]] == [
        (SLIPS[1], f"{LOON}Loonfiche")
    ]
    assert await village.read(AGENCY_WHO, SLIPS[1]) == "allowed"
    assert await village.read(AGENCY_WHO, SLIPS[0]) == "target-not-granted"
    # Invariant 14: what comes later was not picked.
    await village.put(f"{BASE}an/inkomen/2026-10.ttl", SLIP.encode())
    later = await village.read(AGENCY_WHO, f"{BASE}an/inkomen/2026-10.ttl")
    assert later == "target-not-granted"


async def test_a_file_cannot_be_promised_by_its_properties(village: Village) -> None:
    data = [{"target": f"{BASE}an/foto.pdf", "properties": PERMITTED}]
    name = await asked(village, data=data)

    assert await problem_of(village, name) == "not-projectable"


async def test_sensitive_data_needs_a_yes_of_its_own_and_a_fresh_sign_in(village: Village) -> None:
    await village.put(f"{BASE}an/ziek.ttl", f"<> a <{ILLNESS}> .".encode())
    changes: dict[str, Any] = {"purpose": HEALTH_PURPOSE, "data": [{"class": ILLNESS}]}
    name = await asked(village, **changes)
    fresh = replace(AN_WHO, signed_in=START - MINUTE)

    assert await problem_of(village, name) == "confirm-missing"
    assert await problem_of(village, name, confirm=[ILLNESS]) == "step-up"
    old = replace(AN_WHO, signed_in=START - DAY)
    assert await problem_of(village, name, who=old, confirm=[ILLNESS]) == "step-up"
    grant = await approved(village, name, who=fresh, confirm=[ILLNESS])

    assert grant["data"][0]["special"]


async def test_what_was_narrowed_meanwhile_is_not_renewed_by_what_she_read(
    village: Village,
) -> None:
    """KC-9, KC-14: the notice compares with the old permission as it is in the commit."""
    old = await granted(village)
    name = await asked(village, renews=old["id"])
    notice = await inbox.show_notice(village.house, AN_WHO, name, "nl")

    async def narrow_it() -> None:
        less = read_less({"count": 2}, BASE)
        await narrow(village.house, AN_WHO, old["id"], less)

    db = Interrupting(village.db, before=1, hook=narrow_it)
    house = replace(village.house, db=db)
    choice = read_choice({"noticeHash": notice["hash"], "lang": "nl"}, BASE)

    with pytest.raises(Clash) as refused:
        await decisions.approve(house, AN_WHO, name, choice)

    assert refused.value.problem == "notice-changed"


async def test_a_wall_clock_that_is_set_back_makes_no_old_sign_in_fresh(village: Village) -> None:
    await village.put(f"{BASE}an/ziek.ttl", f"<> a <{ILLNESS}> .".encode())
    changes: dict[str, Any] = {"purpose": HEALTH_PURPOSE, "data": [{"class": ILLNESS}]}
    name = await asked(village, **changes)
    await village.db.write(None, clock.mark, START + DAY)  # a clock that was wrong for a while

    old = replace(AN_WHO, signed_in=START + MINUTE)

    assert await problem_of(village, name, who=old, confirm=[ILLNESS]) == "step-up"
    fresh = replace(AN_WHO, signed_in=START + DAY - MINUTE)
    assert await approved(village, name, who=fresh, confirm=[ILLNESS])


@pytest.mark.parametrize("acr", ["high", None])
async def test_the_level_of_the_sign_in_is_kept_with_the_yes_and_its_end(
    village: Village, acr: str | None
) -> None:
    """FED-4."""
    grant = await approved(village, await asked(village), who=replace(AN_WHO, acr=acr))
    await endings.withdraw(village.house, replace(AN_WHO, acr=acr), grant["id"])

    events = await village.db.read(events_of, grant["id"])
    assert [event.details.get("acr") for event in events] == [acr, acr]


async def test_a_request_that_lapsed_takes_no_answer(village: Village) -> None:
    name = await asked(village)
    await inbox.show_notice(village.house, AN_WHO, name, "nl")
    village.later(30 * DAY)

    assert await problem_of(village, name) == "wrong-state"


async def test_a_closed_purpose_takes_no_new_yes(village: Village) -> None:
    name = await asked(village)

    async def retire(tx: Any) -> None:
        await tx.run("UPDATE purpose SET state = 'retired'")

    await village.db.write(None, retire)

    assert await problem_of(village, name) == "purpose-closed"


async def test_the_end_counts_from_the_yes_on_the_calendar(village: Village) -> None:
    name = await asked(village)
    village.later(10 * DAY)

    grant = await approved(village, name)

    assert grant["validFrom"] == text_of(START + 10 * DAY)
    assert grant["validUntil"][:10] == "2027-01-01"


async def test_withdrawing_shows_what_can_still_be_read(village: Village) -> None:
    # domain.md 2.3, 4.
    first = await granted(village)
    second = await granted(village, data=[{"target": SLIPS[1], "properties": PERMITTED}])
    acl = (
        "@prefix acl: <http://www.w3.org/ns/auth/acl#> . <#x> a acl:Authorization ;"
        f" acl:accessTo <{SLIPS[0]}> ; acl:mode acl:Read ; acl:agent <{AGENCY_WHO.webid}> ."
    )
    await village.put(f"{SLIPS[0]}.acl", acl.encode())

    answer = await endings.withdraw(village.house, AN_WHO, first["id"])

    assert answer.body["stillReachable"] == [
        {"target": SLIPS[0], "because": f"{SLIPS[0]}.acl"},
        {"target": SLIPS[1], "because": second["id"]},
    ]
    with pytest.raises(PodError) as refused:
        await endings.withdraw(village.house, AN_WHO, first["id"])
    assert refused.value.problem == "wrong-state"
    assert refused.value.more["state"] == "withdrawn"


async def test_the_last_use_ends_the_grant_with_event_and_receipts(village: Village) -> None:
    grant = await granted(village, count=1)
    assert await village.read(AGENCY_WHO, SLIPS[0]) == "allowed"

    events = await village.db.read(events_of, grant["id"])

    assert [event.kind for event in events] == ["create", "exhaust"]
    assert replay(events) == "exhausted"
    assert events[-1].details == {"uses": 1}
    assert await village.read(AGENCY_WHO, SLIPS[0]) == "grant-exhausted"


async def test_a_renewal_shows_the_difference_and_takes_the_place_of_the_old(
    village: Village,
) -> None:
    # KC-9, domain.md 2.2: supersede.
    old = await granted(village)
    name = await asked(village, renews=old["id"], count=9)
    notice: Any = await inbox.show_notice(village.house, AN_WHO, name, "nl")
    changes = {change["member"]: change for change in notice["difference"]}
    assert (changes["count"]["before"], changes["count"]["after"]) == (5, 9)
    assert "data" not in changes

    new = await approved(village, name)

    assert await village.read(AGENCY_WHO, SLIPS[0]) == "allowed"
    assert await village.read(AGENCY_WHO, SLIPS[0], grant=old["id"]) == "grant-superseded"
    last = (await village.db.read(events_of, old["id"]))[-1]
    assert last.details["supersededBy"] == new["id"]


async def test_what_the_clock_did_is_written_down_by_a_sweep(village: Village) -> None:
    soon = {"duration": None, "validFrom": text_of(START + DAY)}
    late = await granted(village, validUntil=text_of(START + 2 * DAY), **soon)
    await granted(village)
    village.later(3 * DAY)

    assert await settle_due(village.house) == 1

    events = await village.db.read(events_of, late["id"])
    assert [(event.kind, event.time) for event in events] == [
        ("create", START),
        ("start", START + DAY),
        ("expire", START + 2 * DAY),
    ]
    assert replay(events) == "expired"
    assert await settle_due(village.house) == 0


_MAY = st.lists(st.sampled_from(PERMITTED), min_size=1, unique=True)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.tuples(st.sampled_from(SLIPS), _MAY), min_size=1, unique_by=lambda item: item[0]),
    st.integers(1, 10),
    st.sampled_from(["P1D", "P3M", "P6M"]),
    st.sampled_from([None, "PT1H"]),
    st.data(),
)
async def test_notice_record_and_enforcement_are_the_same_terms(
    village: Village,
    items: list[tuple[str, list[str]]],
    count: int,
    duration: str,
    pause: str | None,
    data: st.DataObject,
) -> None:
    # Invariant 5.
    village.later(2 * DAY)
    asked_data = [{"target": target, "properties": names} for target, names in items]
    changes: dict[str, Any] = {"data": asked_data, "count": count, "duration": duration}
    name = await asked(village, minInterval=pause, **changes)
    notice: Any = await inbox.show_notice(village.house, AN_WHO, name, "nl")
    kept = data.draw(st.lists(st.sampled_from(items), min_size=1, unique_by=lambda i: i[0]))
    picked = [{"target": target} for target, _ in kept]

    grant = await approved(village, name, data=picked)

    shown = {
        item["target"]: frozenset(p["property"] for p in item["properties"])
        for item in notice["data"]
    }
    assert shown == {target: frozenset(names) for target, names in items}
    assert (notice["count"], notice["minInterval"]) == (count, pause)
    receipt = await village.db.read(find_receipt, grant["receipts"][0])
    assert receipt is not None
    record: Any = opened(receipt.jws, village.house.signer.jwks())["hasRecordOfActivity"]
    # Invariant 8: byte for byte after canonicalisation.
    assert rfc8785.dumps(record).decode() == receipt.record
    assert record["hasNotice"]["k:contentHash"] == f"sha-256:{notice['hash']}"
    recorded = {
        item["hasDataSource"]: frozenset(item["k:property"])
        for item in record["hasProcess"]["hasPersonalData"]
    }
    for target in SLIPS:
        decision = await village.decide(AGENCY_WHO, target, grant=grant["id"])
        permit = decision.because(Mode.READ)
        enforced = None if permit is None or permit.view is None else permit.view.properties
        assert enforced == recorded.get(target)
        assert enforced is None or enforced == shown[target]
    await endings.withdraw(village.house, AN_WHO, grant["id"])
