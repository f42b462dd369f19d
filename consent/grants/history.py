# SPDX-License-Identifier: EUPL-1.2
"""A grant rebuilt from its events; a chain that was tampered with is found out, pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from consent.grants.grant import GENESIS, Event, Grant
from consent.grants.states import TABLE, Move, State
from pod.errors import Clash


@dataclass(frozen=True, slots=True)
class Standing:
    """What a list of events leads to."""

    state: State
    version: int


def replay(events: Iterable[Event]) -> State:
    """The state that the events lead to (invariant 7); Clash when they cannot have happened."""
    return standing(events).state


def standing(events: Iterable[Event]) -> Standing:
    """State and version that the events lead to; Clash for a chain that does not hold."""
    now: Standing | None = None
    prev, time = GENESIS, None
    for number, event in enumerate(events, 1):
        if event.seq != number or event.prev != prev or event.kept not in (None, event.hash):
            raise _broken(f"Event {number} does not follow the one before it.")
        after = Standing(event.state, event.version)
        if not _possible(now, event.kind, after) or (time is not None and event.time < time):
            raise _broken(f"Event {number} cannot happen there.")
        now, prev, time = after, event.hash, event.time
    if now is None:
        raise _broken("A grant has at least one event.")
    return now


def _possible(before: Standing | None, move: Move, after: Standing) -> bool:
    if before is None:
        begins = after.state in (State.SCHEDULED, State.ACTIVE) and after.version == 1
        return begins and move is Move.CREATE
    version = before.version + (1 if move is Move.NARROW else 0)
    return TABLE.get((before.state, move)) is after.state and version == after.version


def require_whole(grant: Grant, events: Iterable[Event]) -> None:
    """Clash when the events do not lead to what the grant's row says: one is missing."""
    if standing(events) != Standing(grant.state, grant.version):
        raise _broken("The events of this permission do not lead to its state.")


def _broken(detail: str) -> Clash:
    return Clash(detail, problem="broken-chain")
