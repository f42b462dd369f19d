# SPDX-License-Identifier: EUPL-1.2
"""Reading under a grant: KC-19 to KC-21, T-40, T-41, T-43."""

import asyncio
from dataclasses import replace

import pytest

from acl.modes import Mode
from consent.grants import endings
from identity.who import ANYONE
from pod.instant import DAY, HOUR, text_of

from .conftest import (
    AGENCY_WHO,
    AN_WHO,
    BANK_WHO,
    BASE,
    OTHER_PURPOSE,
    PERMITTED,
    PURPOSE,
    SLIPS,
    START,
    Village,
)
from .steps import approved, asked, granted


async def test_the_agency_reads_exactly_what_was_granted(village: Village) -> None:
    await granted(village)

    decision = await village.decide(AGENCY_WHO, SLIPS[0])

    permit = decision.because(Mode.READ)
    assert permit is not None
    assert permit.view is not None
    assert permit.view.properties == frozenset(PERMITTED)
    assert permit.ground is not None
    assert permit.ground.purpose == PURPOSE
    assert permit.ground.case == "A-17"
    assert decision.modes == Mode.READ
    assert decision.denial is not None
    assert decision.denial.problem == "mode-not-granted"


async def test_others_get_nothing_and_are_told_nothing(village: Village) -> None:
    await granted(village)

    for who in (ANYONE, AN_WHO, replace(AGENCY_WHO, webid=f"{BASE}x/card#me")):
        decision = await village.decide(who, SLIPS[0])

        assert not decision.modes
        assert decision.denial is None


async def test_another_agency_is_told_the_same_as_about_nothing(village: Village) -> None:
    await granted(village)
    nowhere = f"{BASE}nobody-here/inkomen/2026-07.ttl"

    there = (await village.decide(BANK_WHO, SLIPS[0])).denial
    missing = (await village.decide(BANK_WHO, nowhere)).denial
    ours = (await village.decide(AGENCY_WHO, f"{BASE}youssef/x.ttl")).denial

    assert there is not None
    assert there.problem == "grant-missing"
    assert there == missing
    assert ours is not None
    assert ours.detail == there.detail


@pytest.mark.parametrize(
    ("target", "named", "client", "problem"),
    [
        pytest.param(SLIPS[0], {}, "opvang-other", "client-mismatch", id="T-40 other client"),
        pytest.param(SLIPS[0], {}, "unknown", "client-mismatch", id="T-40 unregistered client"),
        pytest.param(SLIPS[2], {}, None, "target-not-granted", id="T-40 target"),
        pytest.param(SLIPS[0] + ".acl", {}, None, "target-not-granted", id="2.3 ACL"),
        pytest.param(SLIPS[0] + ".meta", {}, None, "target-not-granted", id="2.3 description"),
        pytest.param(
            SLIPS[0], {"purpose": OTHER_PURPOSE}, None, "purpose-mismatch", id="T-40 purpose"
        ),
        pytest.param(SLIPS[0], {"case": "B-1"}, None, "case-mismatch", id="KC-19 case"),
        pytest.param(SLIPS[0], {"grant": f"{BASE}.consent/grants/x"}, None, "grant-missing",
                     id="KC-21 somebody's grant"),
        pytest.param(SLIPS[0], {"purpose": PURPOSE, "case": "A-17"}, None, "allowed", id="KC-19"),
    ],
)  # fmt: skip
async def test_each_mismatch_has_its_word(
    village: Village, target: str, named: dict[str, str], client: str | None, problem: str
) -> None:
    await granted(village)
    who = AGENCY_WHO if client is None else replace(AGENCY_WHO, client=client)

    assert await village.read(who, target, **named) == problem


async def test_after_withdrawal_the_next_read_is_refused(village: Village) -> None:
    grant = await granted(village)
    assert await village.read(AGENCY_WHO, SLIPS[0]) == "allowed"

    answer = await endings.withdraw(village.house, AN_WHO, grant["id"])

    assert answer.body["state"] == "withdrawn"
    assert answer.body["stoppedAfterSeq"] == 1
    assert answer.body["stillReachable"] == []
    assert await village.read(AGENCY_WHO, SLIPS[0]) == "grant-withdrawn"
    assert await village.read(AGENCY_WHO, SLIPS[0], grant=grant["id"]) == "grant-withdrawn"
    assert await village.read(AGENCY_WHO, SLIPS[2]) == "grant-missing"


async def test_a_withdrawal_between_decision_and_use_wins(village: Village) -> None:
    grant = await granted(village)
    before = await village.decide(AGENCY_WHO, SLIPS[0])
    permit = before.because(Mode.READ)
    assert permit is not None
    assert permit.spend is not None
    await endings.withdraw(village.house, AN_WHO, grant["id"])

    with pytest.raises(Exception, match="ended"):
        await village.db.write(f"{BASE}an/", permit.spend, village.time[0])


async def test_the_grant_ends_at_its_end_without_any_job(village: Village) -> None:
    await granted(village, duration="P1D")
    village.later(DAY - 1)
    assert await village.read(AGENCY_WHO, SLIPS[0]) == "allowed"

    village.later(1)

    assert await village.read(AGENCY_WHO, SLIPS[0]) == "grant-expired"


async def test_a_clock_that_steps_back_does_not_wake_an_ended_grant(village: Village) -> None:
    await granted(village, duration="P1D")
    village.later(DAY + HOUR)
    assert await village.read(AGENCY_WHO, SLIPS[0]) == "grant-expired"

    village.time[0] = START + HOUR

    assert await village.read(AGENCY_WHO, SLIPS[0]) == "grant-expired"


async def test_before_its_beginning_nothing_is_read(village: Village) -> None:
    window = {
        "duration": None,
        "validFrom": text_of(START + DAY),
        "validUntil": text_of(START + 3 * DAY),
    }
    grant = await granted(village, **window)
    assert grant["state"] == "scheduled"
    assert await village.read(AGENCY_WHO, SLIPS[0]) == "grant-not-started"

    village.later(DAY)

    assert await village.read(AGENCY_WHO, SLIPS[0]) == "allowed"


async def test_fifty_readers_at_once_never_read_more_than_the_count(village: Village) -> None:
    # T-43, invariant 4.
    await granted(village, count=5)

    results = await asyncio.gather(*(village.read(AGENCY_WHO, SLIPS[0]) for _ in range(50)))

    assert results.count("allowed") == 5
    assert set(results) == {"allowed", "grant-exhausted"}


async def test_reads_too_close_together_wait(village: Village) -> None:
    await granted(village, minInterval="PT1H")
    assert await village.read(AGENCY_WHO, SLIPS[0]) == "allowed"
    village.later(HOUR - 500)

    permit = (await village.decide(AGENCY_WHO, SLIPS[1])).because(Mode.READ)

    # KC-20a: what is no use (HEAD, 304, ranges of the same one) may go on meanwhile.
    assert permit is not None
    assert permit.wait is not None
    assert permit.wait.problem == "too-soon"
    assert permit.wait.headers["Retry-After"] == "1"
    assert await village.read(AGENCY_WHO, SLIPS[1]) == "too-soon"
    village.later(500)
    assert await village.read(AGENCY_WHO, SLIPS[1]) == "allowed"


async def test_two_grants_for_one_thing_must_be_told_apart(village: Village) -> None:
    first = await granted(village)
    second = await granted(village, purpose=OTHER_PURPOSE)

    denial = (await village.decide(AGENCY_WHO, SLIPS[0])).denial

    assert denial is not None
    assert denial.problem == "grant-ambiguous"
    assert {entry["id"] for entry in denial.more["grants"]} == {  # type: ignore[attr-defined]  # a list by its word
        first["id"],
        second["id"],
    }
    assert await village.read(AGENCY_WHO, SLIPS[0], purpose=OTHER_PURPOSE) == "allowed"
    assert await village.read(AGENCY_WHO, SLIPS[0], grant=first["id"]) == "allowed"
    wrong = {"grant": first["id"], "purpose": OTHER_PURPOSE}
    assert await village.read(AGENCY_WHO, SLIPS[0], **wrong) == "purpose-mismatch"


async def test_a_file_cannot_be_shown_by_properties(village: Village) -> None:
    target = f"{BASE}an/foto.ttl"
    name = await asked(village, data=[{"target": target, "properties": PERMITTED}])
    await approved(village, name)
    await village.put(target, b"%PDF", "application/pdf")

    assert await village.read(AGENCY_WHO, target) == "not-projectable"


async def test_a_container_with_members_covers_what_comes_later(village: Village) -> None:
    container = f"{BASE}an/inkomen/"
    data = [{"target": container, "members": True, "properties": PERMITTED}]
    await granted(village, data=data)
    await village.put(f"{container}2026-10.ttl", b"<> a <x:y> .")

    decision = await village.decide(AGENCY_WHO, container)

    permit = decision.because(Mode.READ)
    assert permit is not None
    assert permit.view is not None
    # However many there are, none is looked up to know that it is granted.
    assert (permit.view.every, permit.view.members) == (True, None)
    assert await village.read(AGENCY_WHO, f"{container}2026-10.ttl") == "allowed"
    assert await village.read(AGENCY_WHO, f"{BASE}an/foto.pdf") == "target-not-granted"


async def test_a_container_without_members_lists_granted_ones_only(village: Village) -> None:
    container = f"{BASE}an/inkomen/"
    data = [
        {"target": container, "properties": PERMITTED},
        {"target": SLIPS[0], "properties": PERMITTED},
    ]
    await granted(village, data=data)

    permit = (await village.decide(AGENCY_WHO, container)).because(Mode.READ)

    assert permit is not None
    assert permit.view is not None
    assert permit.view.members == frozenset({SLIPS[0]})
    assert await village.read(AGENCY_WHO, SLIPS[1]) == "target-not-granted"


async def test_a_grant_only_speaks_for_whom_it_was_asked(village: Village) -> None:
    name = await asked(village)
    await approved(village, name)

    assert await village.read(BANK_WHO, SLIPS[0]) == "grant-missing"
