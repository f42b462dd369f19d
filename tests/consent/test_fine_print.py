# SPDX-License-Identifier: EUPL-1.2
"""More small promises that mutation testing found nobody looking at (docs/mutation.md)."""

import pytest

from acl.permit import Ground
from consent.asking import decisions, inbox
from consent.asking.choice import read_choice
from consent.caller import Side, etag_of
from consent.durations import plus
from consent.grants.grant import Move, State, moved
from consent.grants.narrowing import read_less
from consent.proof.receipt import receipts_for
from consent.proof.signer import opened
from consent.reading import Members
from consent.registry.purpose import purpose_json, read_purpose
from consent.registry.rules import require_lane
from consent.terms import Datum, datum_json, kept_datum, read_data
from pod import rdf
from pod.database import Tx
from pod.errors import Clash, Unprocessable
from pod.instant import DAY, text_of
from pod.iri import Iri
from pod.projection import project

from .conftest import (
    AGENCY,
    AGENCY_WHO,
    AN_WHO,
    BANK_WHO,
    BASE,
    OTHER_PURPOSE,
    PURPOSES,
    SLIPS,
    START,
    Village,
)
from .steps import approved, asked, granted
from .test_grant import FROM, UNTIL, a_grant


async def test_a_try_without_a_grant_for_it_is_in_the_log_in_the_agencys_name(
    village: Village,
) -> None:
    # Decision 18: told what concerns its own grants, and she sees who tried.
    await granted(village)

    beside = (await village.decide(AGENCY_WHO, SLIPS[2])).denial
    nothing = (await village.decide(BANK_WHO, SLIPS[2])).denial

    assert beside is not None
    assert (beside.problem, beside.detail) == (
        "target-not-granted",
        "None of your permissions here is for this.",
    )
    assert beside.ground == Ground(AGENCY, "consent")
    assert nothing is not None
    assert (nothing.problem, nothing.detail) == (
        "grant-missing",
        "You have no permission in this pod.",
    )
    assert nothing.ground == Ground(f"{BASE}.consent/agencies/bank", "consent")


async def test_another_purpose_is_told_apart_while_a_grant_lasts_and_after_it(
    village: Village,
) -> None:  # KC-21
    await granted(village, duration="P1D")
    for _ in range(2):
        denial = (await village.decide(AGENCY_WHO, SLIPS[0], purpose=OTHER_PURPOSE)).denial

        assert denial is not None
        assert denial.problem == "purpose-mismatch"
        assert denial.detail == "Kluis-Purpose is not the purpose of this permission."
        village.later(2 * DAY)


@pytest.mark.parametrize("move", [Move.WITHDRAW, Move.PAUSE, Move.NARROW, Move.RELINQUISH])
def test_what_is_over_by_the_clock_cannot_be_moved_though_nobody_wrote_it_down(move: Move) -> None:
    # domain.md 2.4: expired is a comparison, for moves as for reads.
    with pytest.raises(Clash) as refused:
        moved(a_grant(), move, UNTIL)

    assert refused.value.more == {"state": State.EXPIRED}
    assert moved(a_grant(State.SCHEDULED), Move.PAUSE, FROM).state is State.PAUSED


@pytest.mark.parametrize(
    ("modes", "fine"),
    [(["read"], True), (["read", "append"], True), ([], False), (["control"], False)],
)
def test_modes_that_are_left_are_read_and_append(modes: list[str], fine: bool) -> None:  # KC-14
    if fine:
        assert set(read_less({"modes": modes}, BASE).modes or ()) == set(modes)
        return
    with pytest.raises(Unprocessable) as refused:
        read_less({"modes": modes}, BASE)

    assert [error["pointer"] for error in refused.value.errors] == ["/modes"]


@pytest.mark.parametrize("source", PURPOSES)
def test_a_purpose_comes_back_from_its_json_whole(source: dict[str, object]) -> None:
    purpose = read_purpose(source, BASE)

    assert read_purpose(purpose_json(purpose), BASE) == purpose
    assert [each.special for each in purpose.classes] == [purpose.slug == "gezondheid"]


def test_a_datum_comes_back_from_its_json_whole() -> None:
    for datum in (
        Datum(None, "https://x.example/T", None, required=True, special=True),
        Datum(Iri(f"{BASE}an/"), "https://x.example/T", ("p:a",), members=True),
    ):
        assert kept_datum(Members(datum_json(datum))) == datum


def test_a_fault_says_what_is_wrong() -> None:
    with pytest.raises(Unprocessable) as members:
        read_data(Members({"data": [{"target": f"{BASE}an/x", "members": True}]}), BASE)
    law = {**PURPOSES[0], "law": "Decreet van 1 april"}
    with pytest.raises(Unprocessable) as lane:
        require_lane(read_purpose(law, BASE))

    assert "a slash" in str(members.value.errors[0]["detail"])
    assert lane.value.errors[0]["pointer"] == "/law"
    assert "not in the consent lane" in str(lane.value.errors[0]["detail"])


def test_two_nameless_things_stay_two() -> None:
    turtle = '<> <p:a> [ <p:b> "1" ], [ <p:b> "2" ] .'
    statements = rdf.parse(turtle.encode(), rdf.TURTLE, f"{BASE}an/x")

    kept = project(statements, f"{BASE}an/x", {"p:a", "p:b"})

    assert {str(triple.subject) for triple in kept if "b" in triple.predicate.value} == {
        "_:b0",
        "_:b1",
    }
    assert {str(triple.object) for triple in kept if triple.predicate.value == "p:a"} == {
        "_:b0",
        "_:b1",
    }


async def test_the_last_use_brings_receipts_of_this_server(village: Village) -> None:
    # KC-18, KC-20a: the ending by a read is told as any other is.
    grant = await granted(village, count=1)

    assert await village.read(AGENCY_WHO, SLIPS[0]) == "allowed"

    names = await village.db.read(receipts_for, grant["id"], [Side.SUBJECT])
    bodies = [await village.db.read(_payload, village, name) for name in names]
    assert len(names) == 2
    assert all(name.startswith(f"{BASE}.consent/receipts/") for name in names)
    assert "None" not in str(bodies)


async def _payload(tx: Tx, village: Village, name: str) -> dict[str, object]:
    row = await tx.one("SELECT jws FROM receipt WHERE id = :id", id=name)
    assert row is not None
    return opened(str(row["jws"]), village.house.signer.jwks())


async def test_what_begins_while_its_purpose_sleeps_does_not_wake(village: Village) -> None:
    # domain.md 2.5: also before that is written down.
    begins, ends = text_of(START + DAY), text_of(START + 2 * DAY)
    await granted(village, duration=None, validFrom=begins, validUntil=ends)
    await village.db.write(None, _suspend)
    village.later(DAY)

    assert await village.read(AGENCY_WHO, SLIPS[0]) == "grant-paused"


async def _suspend(tx: Tx) -> None:
    await tx.run("UPDATE purpose SET state = 'suspended'")


async def test_the_tag_of_a_yes_is_the_tag_of_the_grant_that_it_gave(village: Village) -> None:
    # KC-7: so that she can move it without looking again.
    name = await asked(village)
    notice = await inbox.show_notice(village.house, AN_WHO, name, "nl")
    choice = read_choice({"noticeHash": notice["hash"], "lang": "nl"}, BASE)

    answer = await decisions.approve(village.house, AN_WHO, name, choice)

    assert answer.headers["ETag"] == f'"{etag_of(State.ACTIVE, Side.SUBJECT, 1)}.j"'
    assert answer.headers["Location"] == answer.body["id"]


async def test_a_yes_that_ends_before_it_begins_is_refused_in_words(village: Village) -> None:
    name = await asked(village)

    with pytest.raises(Unprocessable) as refused:
        await approved(village, name, validUntil=text_of(START))

    assert refused.value.problem == "terms-over"
    assert refused.value.detail == "That ends before it begins."


def test_a_length_past_the_calendar_is_named() -> None:
    with pytest.raises(Unprocessable) as refused:
        plus(START, "P9999Y")

    assert refused.value.detail == "P9999Y ends too far away."
