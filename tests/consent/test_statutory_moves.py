# SPDX-License-Identifier: EUPL-1.2
"""Invariants 2, 3 and 9 for access by law: any order of moves against a small model."""

import secrets
from collections.abc import Awaitable
from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acl.permit import NOTHING, Verdict
from consent.law.acts import Try, move, object_
from consent.law.permits import beside
from consent.law.statutory import OPEN, TABLE, Move, State, Statutory, due, moved, statutory_json
from consent.registry.purpose import OBLIGATION, PUBLIC_TASK
from consent.terms import Datum
from identity.who import Who
from pod.database import Tx
from pod.errors import Clash, PodError
from pod.instant import DAY, Instant, read_instant, text_of
from pod.iri import Iri
from pod.resource import Found

from .conftest import AGENCY_WHO, AN_WHO, BASE, SLIPS, Village
from .office import KAAT_WHO
from .test_statutory_permits import entries, lawful

OPERATOR = (Move.SUSPEND, Move.RESUME, Move.END)


def an_access(state: State = State.DECLARED, start: Instant = 100, end: Instant = 200) -> Statutory:
    data = (Datum(Iri(f"{BASE}an/x"), None, None),)
    return Statutory(
        Iri(f"{BASE}.consent/statutory/x"), 1, "s", None, "a", "p", PUBLIC_TASK, data, ("read",),
        start, end, (("law", "x"),), state, 1, 0,
    )  # fmt: skip


@given(state=st.sampled_from(State), made=st.sampled_from(Move), at=st.integers(0, 300))
def test_only_what_the_table_has_can_happen(state: State, made: Move, at: Instant) -> None:
    access = an_access(state)
    clock = made in (Move.START, Move.EXPIRE)
    after = TABLE.get((state if clock else access.state_at(at), made))

    if after is None:
        with pytest.raises(Clash) as refused:
            moved(access, made, at)
        assert refused.value.more["state"] == (state if clock else access.state_at(at))
        return
    result = moved(access, made, at)
    assert result.state is after
    assert result.version == access.version + 1
    assert (result.ended is None) is (after in OPEN)


@given(at=st.integers(0, 300))
def test_the_clock_moves_what_is_due_and_each_at_its_own_instant(at: Instant) -> None:
    access = an_access()

    moves = due(access, at)
    for each, moment in moves:
        access = moved(access, each, moment)

    assert access.state is an_access().state_at(at)
    assert [moment for _, moment in moves] == [m for m in (100, 200) if m <= at]
    assert due(access, at) == []


@given(at=st.integers(0, 300), state=st.sampled_from(State), objected=st.booleans())
def test_what_is_shown_is_what_is_in_force(at: Instant, state: State, objected: bool) -> None:
    access = an_access(state)

    shown = statutory_json(access, at, objected=objected)["state"]

    stopped = objected and access.state_at(at) is State.ACTIVE
    assert shown == (State.SUSPENDED if stopped else access.state_at(at))
    assert (shown == "active") <= (100 <= at < 200 or state is not State.DECLARED)


def test_an_obligation_knows_no_objection() -> None:
    assert an_access().objectionable
    assert not replace(an_access(), legal_basis=OBLIGATION).objectionable


@dataclass
class Model:
    """What should be so: plain words, no code of the server."""

    start: Instant
    end: Instant
    suspended: bool = False
    ended: bool = False
    objected: bool = False

    def readable(self, at: Instant) -> bool:
        stopped = self.suspended or self.ended or self.objected
        return self.start <= at < self.end and not stopped

    def make(self, made: Move, at: Instant) -> bool:
        """Whether the move is possible; it is made then."""
        if self.ended or at >= self.end:
            return False
        if made is Move.END:
            self.ended = True
            return True
        if at < self.start:
            return False
        if made is Move.SUSPEND:
            possible, self.suspended = not self.suspended, True
            return possible
        possible = self.suspended or self.objected
        self.suspended = self.objected = False
        return possible


async def no_grants(tx: Tx, who: Who, found: Found, now: Instant) -> Verdict:
    """No grant side: every yes here must be the law's."""
    return NOTHING


STEPS = st.lists(
    st.sampled_from(["read", "read", "read", "later", "object", *OPERATOR]), min_size=4, max_size=14
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS, wait=st.integers(0, 2))
async def test_a_read_succeeds_exactly_when_it_may(
    village: Village, steps: list[str], wait: int
) -> None:
    now = village.time[0]
    model = Model(now + wait * DAY, now + (wait + 3) * DAY)
    changes = {"validFrom": text_of(model.start), "validUntil": text_of(model.end)}
    access = await lawful(village, **changes)
    # Each example has an access of its own in the same village: reads name it.
    village.source = beside(no_grants)
    for step in steps:
        at = village.time[0]
        if step == "read":
            allowed = await village.read(AGENCY_WHO, SLIPS[0], grant=access) == "allowed"
            assert allowed is model.readable(at), (step, at)
        elif step == "later":
            village.later(DAY)
        elif step == "object":
            await _object(village, access, model)
        else:
            await _operate(village, access, Move(step), model)
    for entry in await entries(village):
        if entry["grant"] == access and entry["outcome"] == "allowed":
            assert model.start <= read_instant(entry["time"]) < model.end
            assert entry["lane"] == "statutory"
    assert await village.db.read(_grants) == 0
    await village.db.write(None, _close_cases)


async def _grants(tx: Tx) -> int:
    row = await tx.one("SELECT count(*) AS n FROM consent_grant")
    return -1 if row is None else int(row["n"])


async def _operate(village: Village, access: Iri, made: Move, model: Model) -> None:
    possible = model.make(made, village.time[0])

    problem = await _problem(move(village.house, access, Try(KAAT_WHO, made, {})))

    assert problem == (None if possible else "wrong-state")


async def _object(village: Village, access: Iri, model: Model) -> None:
    if model.objected:
        return
    over = model.ended or village.time[0] >= model.end
    case = village.house.name("cases", secrets.token_urlsafe(16))

    problem = await _problem(object_(village.house, AN_WHO, access, ("Nee", True, case)))

    assert problem == ("wrong-state" if over else None)
    model.objected = not over


async def _problem(doing: Awaitable[object]) -> str | None:
    try:
        await doing
    except PodError as error:
        return error.problem
    return None


async def _close_cases(tx: Tx) -> None:
    await tx.run("UPDATE rights_case SET state = 'closed'")
