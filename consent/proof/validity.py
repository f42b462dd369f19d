# SPDX-License-Identifier: EUPL-1.2
"""Whether a grant was in force at one moment, and which events prove it (KC-17)."""

from collections.abc import Sequence
from dataclasses import dataclass

from consent.grants.events import events_of
from consent.grants.grant import Event, Grant, Move, State
from consent.grants.grants import grant
from consent.grants.history import require_whole
from consent.house import House
from identity.who import Who
from pod.errors import Unprocessable
from pod.instant import Instant, text_of

_RUNNING = (State.ACTIVE, State.SCHEDULED)


@dataclass(frozen=True, slots=True)
class Validity:
    """What can be said of one moment. `version` is None before the grant was given."""

    in_force: bool
    version: int | None
    events: tuple[int, ...]


def validity_at(grant: Grant, events: Sequence[Event], at: Instant) -> Validity:
    """The answer from the chain of events alone; intervals are half open (domain.md 2.4).

    Beginning and end need no event of their own: they are comparisons. Narrowing only ever brings
    the end nearer, and never to a moment that has passed, so the end of the last version is
    that of the earlier ones for as long as they lasted.
    """
    known = [event for event in events if _counts_at(event, at)]
    if not known:
        return Validity(False, None, ())
    last = known[-1]
    within = grant.valid_from <= at < grant.valid_until
    return Validity(
        last.state in _RUNNING and within, last.version, tuple(event.seq for event in known)
    )


def _counts_at(event: Event, at: Instant) -> bool:
    # The last allowed use is itself under the grant: the end that it brings comes after it.
    return event.time < at if event.kind is Move.EXHAUST else event.time <= at


async def validity(house: House, who: Who, id_: str, at: Instant | None) -> dict[str, object]:
    """The payload, for both sides; what the clock has done is written down first."""
    seen = await grant(house, who, id_)
    moment = seen.moment if at is None else at
    if moment > seen.moment:
        raise Unprocessable(
            "at lies in the future, of which nothing can be proven.",
            problem="bad-term",
            errors=[{"pointer": "/at", "detail": "later than now"}],
        )
    events = await house.db.read(events_of, seen.grant.id)
    require_whole(seen.grant, events)
    found = validity_at(seen.grant, events, moment)
    return {
        "grant": seen.grant.id,
        "at": text_of(moment),
        "inForce": found.in_force,
        "version": found.version,
        "events": list(found.events),
        "iat": seen.moment // 1000,
    }
