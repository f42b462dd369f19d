# SPDX-License-Identifier: EUPL-1.2
"""Small promises that mutation testing found nobody looking at (docs/mutation.md)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import rfc8785

from acl.journal import GENESIS
from acl.permit import Ground
from consent.asking.choice import Picked, picked_from
from consent.asking.request import State, request_json
from consent.grants.grant import Event, next_event
from consent.grants.grant import Move as GrantMove
from consent.grants.grant import State as GrantState
from consent.grants.history import Standing, replay, standing
from consent.grants.narrowing import Less, lessened, narrow, read_less
from consent.grants.refusals import ambiguous
from consent.log.heads import export
from consent.proof.verify import Checked, verify_log, verify_receipt
from consent.registry.purpose import add_purpose, read_purpose
from consent.registry.rules import read_draft
from consent.terms import Datum
from pod import clock
from pod.database import Tx
from pod.errors import Clash, Unprocessable
from pod.instant import DAY, text_of
from pod.iri import Iri

from .conftest import (
    AGENCY,
    AGENCY_WHO,
    AN,
    AN_WHO,
    BASE,
    LOON,
    PERMITTED,
    PURPOSES,
    SLIPS,
    START,
    Village,
    new_signer,
)
from .office import open_office
from .steps import granted
from .test_grant import FROM, a_chain, a_grant
from .test_http import Api
from .test_log_chain import KEYS as KEYS_OF_LOG
from .test_log_chain import export as log_entries
from .test_log_chain import lines
from .test_tables import DEADLINE, MADE, a_question

ALL = f"{BASE}.consent/purposes/alles/1"
SIGNER = new_signer("k9")
KEYS = SIGNER.jwks()


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    async with open_office(village) as office:
        yield office


@pytest.mark.parametrize("state", [State.PENDING, State.DEFERRED, State.AWAIT_COSIGN])
def test_an_agency_sees_one_word_for_all_that_is_open(state: State) -> None:  # KC-12
    question = a_question(state)

    assert request_json(question, MADE, agency=True)["state"] == "pending"
    assert request_json(question, MADE, agency=False)["state"] == state


@pytest.mark.parametrize("state", [State.APPROVED, State.REFUSED, State.CANCELLED, State.LAPSED])
def test_both_sides_see_how_a_question_ended(state: State) -> None:
    question = a_question(state)

    assert request_json(question, MADE, agency=True)["state"] == state
    assert request_json(question, MADE, agency=False)["state"] == state


def test_only_the_person_sees_when_why_and_what_was_put_off() -> None:  # KC-12
    question = replace(
        a_question(State.DEFERRED), remind_at=MADE + 1, decided=MADE + 2, reason="Later."
    )

    hers = request_json(question, MADE, agency=False)

    assert hers["remindAt"] == text_of(MADE + 1)
    assert hers["decided"] == text_of(MADE + 2)
    assert hers["reason"] == "Later."
    assert hers["decisionDeadline"] == text_of(DEADLINE)
    nothing = request_json(a_question(), MADE, agency=False)
    assert (nothing["remindAt"], nothing["decided"], nothing["reason"]) == (None, None, None)
    theirs = request_json(question, MADE, agency=True)
    assert not {"remindAt", "decided", "reason", "links"} & set(theirs)


def test_which_grants_were_meant_is_asked_in_the_agencys_own_name() -> None:
    # Decision 15: the log says whose try it was.
    denial = ambiguous([a_grant(), replace(a_grant(), purpose="other")])

    assert denial.ground == Ground("agency", "consent")
    assert denial.more == {
        "grants": [
            {"id": a_grant().id, "purpose": "purpose"},
            {"id": a_grant().id, "purpose": "other"},
        ]
    }


@pytest.mark.parametrize(
    ("less", "member"),
    [
        (Less(data=()), "data"),
        (Less(count=1), "count"),
        (Less(valid_until=FROM + 1), "validUntil"),
    ],
)
def test_what_would_leave_nothing_is_named(less: Less, member: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        lessened(replace(a_grant(), uses=1), less, FROM + 1)

    assert refused.value.problem == "nothing-left"
    assert [error["pointer"] for error in refused.value.errors] == [f"/{member}"]


def the_head(seq: int = 0, hash_: str = GENESIS) -> dict[str, Any]:
    payload: dict[str, Any] = {"pod": "p", "seq": seq, "hash": hash_}
    return {"payload": payload, "jws": SIGNER.sign(rfc8785.dumps(payload))}


def checked(*lines: dict[str, Any], keys: Any = KEYS) -> Checked:
    return verify_log([rfc8785.dumps(line) for line in lines], keys)


def test_a_check_says_whose_head_it_was_and_whether_that_was_signed() -> None:  # KC-23
    payload = the_head()["payload"]

    assert checked(the_head()) == Checked(0, payload, True)
    assert checked(the_head(), keys=None) == Checked(0, payload, False)


@pytest.mark.parametrize(
    ("head", "shown", "word"),
    [
        ({"payload": "p", "jws": "x"}, False, "signed head is missing"),
        ({"jws": the_head()["jws"]}, False, "signed head is missing"),
        (the_head(1), True, "the head speaks of 1 entries, here are 0"),
        (the_head(0, "f" * 64), True, "another last entry"),
        ({**the_head(), "jws": "x.y.z"}, True, "signature of the head does not hold"),
        ({**the_head(), "jws": the_head(3)["jws"]}, True, "not the head that was signed"),
    ],
)
def test_a_head_that_proves_nothing_is_never_called_signed(
    head: dict[str, Any], shown: bool, word: str
) -> None:
    found = checked(head)

    assert not found.whole
    assert found.signed is False
    assert found.entries == 0
    assert found.head == (head["payload"] if shown else None)
    assert word in str(found.trouble)


def test_a_log_without_its_last_line_is_not_whole() -> None:
    assert verify_log("", KEYS) == Checked(
        0, None, False, "the signed head is missing: the end may be cut off"
    )


def test_a_receipt_may_come_as_bytes_from_a_file() -> None:  # KC-18
    receipt: dict[str, Any] = {"type": "ConsentReceipt", "hasRecordOfActivity": {"id": "r"}}
    token = SIGNER.sign(rfc8785.dumps(receipt))

    assert verify_receipt(token.encode(), KEYS) == receipt
    assert verify_receipt(token, KEYS) == receipt


async def test_what_an_operator_did_to_an_agency_is_never_undone_by_a_clock_that_steps_back(
    api: Api,
) -> None:
    village = api.village
    village.later(DAY)
    await api.call("POST", f"{AGENCY}/suspend", "operator")

    village.time[0] = START

    assert await village.db.read(clock.instant, START) == START + DAY


async def test_the_history_says_who_narrowed_and_what(api: Api) -> None:  # KC-15
    grant = await granted(api.village)
    less = read_less({"data": [{"target": SLIPS[0]}]}, BASE)

    await narrow(api.village.house, AN_WHO, grant["id"], less)

    [_, event] = (await api.get(f"{grant['id']}/history", "an"))["items"]
    assert (event["event"], event["by"], event["version"]) == ("narrow", AN, 2)
    assert event["difference"]


async def test_a_file_that_is_no_data_is_not_narrowed_to_single_properties(
    village: Village,
) -> None:
    # KC-20: what could not be shown is not promised either.
    photo = f"{BASE}an/foto.ttl"
    await village.put(photo, b"<> a <x:y> .")
    body = {**PURPOSES[0], "id": ALL, "dataClasses": [{"class": f"{LOON}Loonfiche"}]}
    await village.db.write(None, add_purpose, read_purpose(body, BASE), START)
    given = await granted(village, data=[{"target": SLIPS[0]}, {"target": photo}], purpose=ALL)
    await village.put(photo, b"%PDF-1.4", "application/pdf")
    parts = [{"target": SLIPS[0]}, {"target": photo, "properties": PERMITTED[:1]}]

    with pytest.raises(Unprocessable) as refused:
        await narrow(village.house, AN_WHO, given["id"], read_less({"data": parts}, BASE))

    assert refused.value.problem == "not-projectable"
    assert [error["pointer"] for error in refused.value.errors] == ["/data/1"]


async def _lines(village: Village, *, losing: bool = False) -> list[bytes]:
    pieces = await export(village.house, AN_WHO, f"{BASE}an/")
    if losing:
        await village.db.write(None, _lose)
    return b"".join([piece async for piece in pieces]).splitlines()


async def _lose(tx: Tx) -> None:
    await tx.run("DELETE FROM journal WHERE seq > 1")


async def test_an_export_has_every_entry_once_and_its_head_whatever_is_lost(
    village: Village,
) -> None:  # KC-23
    await granted(village)
    for _ in range(4):
        assert await village.read(AGENCY_WHO, SLIPS[0]) == "allowed"
    keys = village.house.signer.jwks()

    whole = await _lines(village)
    lost = await _lines(village, losing=True)

    assert len(whole) == 5
    assert verify_log(whole, keys).entries == 4
    assert verify_log(whole, keys).whole
    # The head is still told, and so it is found that three entries are gone.
    assert len(lost) == 2
    assert verify_log(lost, keys).trouble == (
        "the head speaks of 4 entries, here are 1, or another last entry"
    )


@pytest.mark.parametrize(
    ("state", "version"),
    [(GrantState.WITHDRAWN, 1), (GrantState.PAUSED, 1), (GrantState.ACTIVE, 2)],
)
def test_a_chain_begins_with_a_yes_at_its_first_version(state: GrantState, version: int) -> None:
    # Invariant 7: nothing begins at its end, or in the middle.
    begun = replace(a_grant(), state=state, version=version)

    with pytest.raises(Clash):
        replay([next_event(begun, None, GrantMove.CREATE, FROM, "an", {})])
    with pytest.raises(Clash):
        replay([next_event(a_grant(), None, GrantMove.PAUSE, FROM, "an", {})])


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (a_chain()[1:], "Event 1 does not follow"),
        ([replace(a_chain()[0], kept="f" * 64)], "Event 1 does not follow"),
        ([a_chain()[0], replace(a_chain()[1], state=GrantState.ACTIVE)], "Event 2 cannot happen"),
        ([a_chain()[0], replace(a_chain()[1], time=FROM - 1)], "Event 2 cannot happen"),
        ([a_chain()[0], replace(a_chain()[1], version=2)], "Event 2 cannot happen"),
        ([], "at least one event"),
    ],
)
def test_the_event_that_breaks_a_chain_is_named(broken: list[Event], told: str) -> None:
    with pytest.raises(Clash) as refused:
        replay(broken)

    assert refused.value.problem == "broken-chain"
    assert told in refused.value.detail
    assert standing(a_chain()) == Standing(GrantState.WITHDRAWN, 1)


def test_one_thing_of_a_folder_is_that_thing_alone() -> None:
    # KC-14: what she leaves in of a whole folder does not cover what begins with its name.
    folder, inner = Iri(f"{BASE}an/inkomen/"), Iri(f"{BASE}an/inkomen/2026/")
    offered = [Datum(folder, None, ("p:a", "p:b"), members=True)]

    assert picked_from([Picked(inner, None)], offered) == (Datum(inner, None, ("p:a", "p:b")),)
    assert picked_from([Picked(folder, ("p:a",))], offered) == (
        Datum(folder, None, ("p:a",), members=True),
    )


def test_an_empty_line_does_not_hide_what_comes_after_it() -> None:
    entries = log_entries(3)
    text = lines(entries)

    assert verify_log(text.replace("\n", "\n\n"), KEYS_OF_LOG).entries == 3
    assert verify_log(text.replace("\n", "\n\n"), KEYS_OF_LOG).whole
    cut = lines([entries[0]]) + "\n" + lines([entries[2], entries[3]])
    assert verify_log(cut, KEYS_OF_LOG).trouble == (
        "entry 2 is missing: what stands there is entry 3"
    )


def test_an_entry_that_cannot_be_hashed_is_a_changed_one() -> None:
    first, head = log_entries(1)

    found = verify_log(lines([{**first, "status": 2**60}, head]), KEYS_OF_LOG)

    assert found == Checked(0, None, False, "entry 1 was changed: its hash is another one")


def test_a_log_that_is_shorter_than_a_head_of_before_is_found_out() -> None:  # KC-23
    earlier = log_entries(4)[-1]
    now = log_entries(2)

    found = verify_log(lines(now), KEYS_OF_LOG, [earlier["jws"]])

    assert found == Checked(2, now[-1], False, "entry 4 was signed earlier and is not there")
    assert verify_log(lines(now), KEYS_OF_LOG, [now[-1]["jws"]]).signed is True


async def test_a_grant_that_is_to_begin_tells_its_agency_when(village: Village) -> None:  # KC-21
    begins, ends = text_of(START + DAY), text_of(START + 2 * DAY)
    await granted(village, duration=None, validFrom=begins, validUntil=ends)

    before = (await village.decide(AGENCY_WHO, SLIPS[0])).denial
    village.later(2 * DAY)
    after = (await village.decide(AGENCY_WHO, SLIPS[0])).denial

    assert before is not None
    assert after is not None
    assert before.problem == "grant-not-started"
    assert before.detail == f"This permission is scheduled. It begins at {begins}."
    assert after.detail == "This permission is expired."


@pytest.mark.parametrize(
    ("limits", "pointers"),
    [
        ({"minInterval": "P1D", "maxCount": 2}, []),
        ({"minInterval": "P1D"}, []),
        ({"maxCount": 1}, []),
        ({"minInterval": "P1D", "maxCount": 1}, ["/limits/minInterval"]),
        ({"minInterval": "P7D", "maxDuration": "P7D"}, []),
        ({"minInterval": "P8D", "maxDuration": "P7D"}, ["/limits/minInterval"]),
        ({"countries": ["BE", "nl"]}, ["/limits/countries"]),
        ({"modes": ["read", "control"]}, ["/limits/modes"]),
    ],
)
def test_limits_that_contradict_each_other_are_named(
    limits: dict[str, object], pointers: list[str]
) -> None:  # KC-7
    body = {**PURPOSES[0], "id": "tarief/2", "limits": limits}
    try:
        read_draft(body, BASE, START)
        found: list[object] = []
    except Unprocessable as error:
        found = [each["pointer"] for each in error.errors]

    assert found == pointers


async def test_who_may_draft_is_told_to_who_may_not(api: Api) -> None:  # KC-7
    answer, body = await api.call("POST", "/.consent/purposes", "an", json={})

    assert answer.status == 403
    assert body["detail"] == (
        "Only a registered agency, with its own WebID and client, drafts purposes."
    )
