# SPDX-License-Identifier: EUPL-1.2
"""The states of a grant: the table of domain.md 2.2 and its invariants 2, 3 and 7."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.grants.grant import (
    OPEN,
    Event,
    Grant,
    Move,
    State,
    due,
    moved,
    next_event,
)
from consent.grants.history import replay
from consent.terms import Datum, Terms
from pod.errors import Clash
from pod.iri import Iri

FROM, UNTIL = 1_000, 5_000


def a_grant(state: State = State.ACTIVE) -> Grant:
    data = (Datum(Iri("http://localhost:3000/an/x"), None, None),)
    terms = Terms(data, valid_from=FROM, valid_until=UNTIL, count=3)
    return Grant(
        Iri("http://localhost:3000/.consent/grants/g"), 1, Iri("http://localhost:3000/an/"), "an",
        "agency", "client", "purpose", "request", state, 1, FROM, UNTIL, 3, 0, None, None, terms,
        "consent", "ground", "nl", "hash",
    )  # fmt: skip


NOT_OVER = (State.SCHEDULED, State.ACTIVE, State.PAUSED)
# Written from domain.md 2.2, not from the code.
TABLE = {
    (State.SCHEDULED, Move.START): State.ACTIVE,
    (State.ACTIVE, Move.PAUSE): State.PAUSED,
    (State.PAUSED, Move.RESUME): State.ACTIVE,
    (State.ACTIVE, Move.NARROW): State.ACTIVE,
    (State.PAUSED, Move.NARROW): State.PAUSED,
    (State.ACTIVE, Move.EXHAUST): State.EXHAUSTED,
} | {
    (state, move): end
    for state in NOT_OVER
    for move, end in (
        (Move.WITHDRAW, State.WITHDRAWN),
        (Move.EXPIRE, State.EXPIRED),
        (Move.REVOKE, State.REVOKED),
        (Move.INVALIDATE, State.INVALIDATED),
        (Move.RELINQUISH, State.RELINQUISHED),
        (Move.SUPERSEDE, State.SUPERSEDED),
    )
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", [move for move in Move if move is not Move.CREATE])
def test_only_the_moves_of_the_table_are_possible(state: State, move: Move) -> None:
    grant = a_grant(state)
    moment = FROM if move is Move.START else UNTIL if move is Move.EXPIRE else FROM - 1
    after = TABLE.get((state, move))

    if after is None:
        with pytest.raises(Clash) as refused:
            moved(grant, move, moment)
        assert refused.value.problem == "wrong-state"
        assert refused.value.more["state"] == state
    else:
        assert moved(grant, move, moment).state is after


@pytest.mark.parametrize(
    ("state", "moment", "shown"),
    [
        (State.SCHEDULED, FROM - 1, State.SCHEDULED),
        (State.SCHEDULED, FROM, State.ACTIVE),
        (State.ACTIVE, UNTIL - 1, State.ACTIVE),
        (State.ACTIVE, UNTIL, State.EXPIRED),
        (State.PAUSED, UNTIL, State.EXPIRED),
        (State.WITHDRAWN, UNTIL, State.WITHDRAWN),
    ],
)
def test_the_clock_moves_by_comparison(state: State, moment: int, shown: State) -> None:
    assert a_grant(state).state_at(moment) is shown


_STEPS = st.lists(
    st.tuples(st.integers(0, 2_000), st.sampled_from([Move.EXHAUST, Move.WITHDRAW, None])),
    max_size=12,
)


@given(_STEPS, st.booleans())
def test_whatever_happens_the_events_rebuild_the_state_and_ends_are_for_good(
    steps: list[tuple[int, Move | None]], scheduled: bool
) -> None:
    moment = FROM - 500 if scheduled else FROM
    grant = a_grant(State.SCHEDULED if scheduled else State.ACTIVE)
    events = [next_event(grant, None, Move.CREATE, moment, "an", {})]

    def happen(move: Move, at: int) -> None:
        nonlocal grant
        grant = moved(grant, move, at)
        events.append(next_event(grant, events[-1], move, at, "an", {}))

    for wait, move in steps:
        moment += wait
        was = grant.state_at(moment)
        for clock, at in due(grant, moment):
            happen(clock, at)
        assert grant.state is was
        if move is not None:
            try:
                happen(move, moment)
            except Clash:
                continue
        if was not in OPEN:
            assert grant.state is was

    assert replay(events) is grant.state
    assert [event.time for event in events] == sorted(event.time for event in events)
    assert (grant.ended is None) == (grant.state in OPEN)


def a_chain() -> list[Event]:
    first = next_event(a_grant(), None, Move.CREATE, FROM, "an", {"language": "nl"})
    ended = replace(a_grant(), state=State.WITHDRAWN)
    return [first, next_event(ended, first, Move.WITHDRAW, FROM + 1, "an", {})]


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(a_chain()[1:], id="dropped"),
        pytest.param(a_chain()[::-1], id="swapped"),
        pytest.param([replace(a_chain()[0], by="eve"), a_chain()[1]], id="edited"),
        pytest.param([a_chain()[0], replace(a_chain()[1], state=State.ACTIVE)], id="impossible"),
        pytest.param([], id="nothing"),
    ],
)
def test_a_chain_that_was_changed_is_found_out(broken: list[Event]) -> None:
    assert replay(a_chain()) is State.WITHDRAWN

    with pytest.raises(Clash):
        replay(broken)
