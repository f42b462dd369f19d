# SPDX-License-Identifier: EUPL-1.2
"""The tables of moves, compared with what they must say; what a table lacks nothing else finds."""

from dataclasses import replace

import pytest

from consent.asking.request import OPEN, Move, Request, State, moved
from consent.registry import publishing
from consent.terms import Datum, Terms, broadened
from pod.errors import Clash
from pod.iri import Iri

BASE = "http://localhost:3000/"
MADE, DEADLINE = 1_000, 5_000
ASKED = Terms(
    (Datum(Iri(f"{BASE}an/x"), None, ("p:a", "p:b")),),
    ("read",),
    MADE,
    DEADLINE,
    count=3,
    min_interval="PT1H",
    retention="P1Y",
    recipients=("r",),
    countries=("BE",),
    case="A-17",
)

# Written from domain.md 2.1, not from the code.
QUESTIONS = {
    (State.PENDING, Move.APPROVE): State.APPROVED,
    (State.DEFERRED, Move.APPROVE): State.APPROVED,
    (State.PENDING, Move.DEFER): State.DEFERRED,
    (State.DEFERRED, Move.REOPEN): State.PENDING,
} | {
    (state, move): end
    for state in (State.PENDING, State.DEFERRED, State.AWAIT_COSIGN)
    for move, end in (
        (Move.REFUSE, State.REFUSED),
        (Move.CANCEL, State.CANCELLED),
        (Move.LAPSE, State.LAPSED),
    )
}


def a_question(state: State = State.PENDING) -> Request:
    return Request(
        Iri(f"{BASE}.consent/requests/r"), 1, "agency", "client", "agent", "an", "purpose", ASKED,
        {"nl": "Dan niet."}, None, state, MADE, DEADLINE,
    )  # fmt: skip


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_only_the_moves_of_the_table_happen_to_a_question(state: State, move: Move) -> None:
    question = a_question(state)
    moment = DEADLINE if move is Move.LAPSE else DEADLINE - 1
    after = QUESTIONS.get((state, move))

    if after is None:
        with pytest.raises(Clash) as refused:
            moved(question, move, moment)
        assert refused.value.problem == "wrong-state"
        assert refused.value.more == {"state": state}
        return
    done = moved(question, move, moment, remind_at=DEADLINE - 2)

    assert done.state is after
    # A question that is still open was not decided; one that is over was, at that moment.
    assert done.decided == (None if after in OPEN else moment)
    assert done.remind_at == DEADLINE - 2


def test_a_question_lapses_at_its_deadline_and_not_before() -> None:
    question = a_question()

    assert question.state_at(DEADLINE - 1) is State.PENDING
    assert question.state_at(DEADLINE) is State.LAPSED
    assert a_question(State.REFUSED).state_at(DEADLINE) is State.REFUSED
    with pytest.raises(Clash):
        moved(question, Move.LAPSE, DEADLINE - 1)
    with pytest.raises(Clash) as late:
        moved(question, Move.APPROVE, DEADLINE)
    assert late.value.more == {"state": State.LAPSED}


def test_a_purpose_and_an_agency_move_as_the_register_was_promised() -> None:
    # domain.md 2.5: what was retired stays so, and only what was suspended comes back.
    move = publishing.Move

    assert publishing.PURPOSE_MOVES == {
        ("draft", move.PUBLISH): "published",
        ("published", move.SUSPEND): "suspended",
        ("suspended", move.PUBLISH): "published",
        ("published", move.RETIRE): "retired",
        ("suspended", move.RETIRE): "retired",
    }
    assert publishing.AGENCY_MOVES == {
        ("active", move.SUSPEND): "suspended",
        ("suspended", move.RESUME): "active",
    }


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"data": (Datum(Iri(f"{BASE}an/y"), None, ("p:a",)),)}, "data"),
        ({"data": (Datum(Iri(f"{BASE}an/x"), None, ("p:a", "p:c")),)}, "data"),
        ({"data": (Datum(Iri(f"{BASE}an/x"), None, None),)}, "data"),
        ({"data": (Datum(None, "p:Slip", ("p:a",)),)}, "data"),
        ({"modes": ("append", "read")}, "modes"),
        ({"valid_until": DEADLINE + 1}, "validUntil"),
        ({"valid_from": MADE - 1}, "validUntil"),
        ({"count": 4}, "count"),
        ({"count": None}, "count"),
        ({"min_interval": "PT59M"}, "minInterval"),
        ({"min_interval": None}, "minInterval"),
        ({"retention": "P13M"}, "retention"),
        ({"retention": None}, "retention"),
        ({"recipients": ("r", "s")}, "recipients"),
        ({"countries": ("BE", "NL")}, "countries"),
        ({"case": "B-1"}, "case"),
        ({"case": None}, "case"),
    ],
)
def test_each_member_that_gives_more_is_named(changes: dict[str, object], named: str) -> None:
    # Invariant 6: a yes to more than was asked is found whichever member hides it.
    wider = replace(ASKED, **changes)  # type: ignore[arg-type]  # members by their word

    assert broadened(wider, ASKED, MADE - 10) == named


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"data": (Datum(Iri(f"{BASE}an/x"), None, ("p:a",)),)},
        {"data": ()},
        {"modes": ()},
        {"valid_from": MADE + 1, "valid_until": DEADLINE - 1},
        {"count": 2},
        {"min_interval": "PT61M"},
        {"retention": "P11M"},
        {"recipients": ()},
        {"countries": ()},
    ],
)
def test_what_gives_as_much_or_less_is_no_more(changes: dict[str, object]) -> None:
    less = replace(ASKED, **changes)  # type: ignore[arg-type]  # members by their word

    assert broadened(less, ASKED, MADE) is None
    unlimited = Terms(ASKED.data, ("read",), MADE, DEADLINE, recipients=("r",), countries=("BE",))
    assert broadened(replace(less, case=None), unlimited, MADE) is None
