# SPDX-License-Identifier: EUPL-1.2
"""The citizen's yes, its moves, and its chained events (domain.md 2.2), pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import rfc8785

from consent.grants.states import OPEN as OPEN
from consent.grants.states import TABLE, Cause
from consent.grants.states import Move as Move
from consent.grants.states import State as State
from consent.terms import Terms, datum_json
from pod.errors import Clash
from pod.instant import Instant, text_of
from pod.iri import Iri

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Grant:
    """One yes at one version. `terms` have targets only, and a beginning and an end."""

    id: Iri
    seq: int
    pod: Iri
    subject: str
    agency: str
    client: str
    purpose: str
    request: str
    state: State
    version: int
    valid_from: Instant
    valid_until: Instant
    count: int | None
    uses: int
    last_read: Instant | None
    ended: Instant | None
    terms: Terms
    lane: str
    legal_basis: str
    language: str
    notice_hash: str
    cause: Cause | None = None

    def state_at(self, moment: Instant) -> State:
        """The state in force: starting and expiring need no job, they are comparisons (2.4)."""
        if self.state in OPEN and moment >= self.valid_until:
            return State.EXPIRED
        if self.state is State.SCHEDULED and moment >= self.valid_from:
            return State.ACTIVE
        return self.state

    @property
    def tag(self) -> str:
        """Decision 34: a short digest of grant and version, for the ETag of what it shows."""
        return sha256(f"{self.id} {self.version}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a grant; `hash` ties it to all before it.

    `kept` is the hash as its row has it: an event that was changed has another one.
    """

    grant: str
    seq: int
    time: Instant
    kind: Move
    state: State
    version: int
    by: str
    details: Mapping[str, object]
    prev: str
    kept: str | None = None

    @property
    def hash(self) -> str:
        """SHA-256 over the canonical JSON of the event without its hash."""
        return sha256(rfc8785.dumps(self._plain())).hexdigest()  # type: ignore[arg-type]  # its JSON type is recursive

    def _plain(self) -> dict[str, object]:
        return {
            "grant": self.grant,
            "seq": self.seq,
            "time": text_of(self.time),
            "event": self.kind,
            "state": self.state,
            "version": self.version,
            "by": self.by,
            **self.details,
            "prev": self.prev,
        }

    def json(self) -> dict[str, object]:
        """As the history shows it (KC-15)."""
        return {**self._plain(), "hash": self.hash}


def moved(grant: Grant, move: Move, moment: Instant, cause: Cause | None = None) -> Grant:
    """The grant after the move; Clash when its state does not have it (KC-7)."""
    # The clock's own moves go from what was written down; people's from what is so now.
    state = grant.state if move in (Move.START, Move.EXPIRE) else grant.state_at(moment)
    after = TABLE.get((state, move))
    if after is None or (move is Move.START and moment < grant.valid_from):
        raise Clash(
            f"The permission is {state}: it cannot {move} any more.",
            problem="wrong-state",
            more={"state": state},
        )
    ended = grant.ended if after in OPEN else moment
    sleeps = (cause if move is Move.PAUSE else grant.cause) if after is State.PAUSED else None
    return replace(grant, state=after, ended=ended, cause=sleeps)


def narrowed(grant: Grant, terms: Terms, moment: Instant) -> Grant:
    """The grant's next version, with less in it."""
    after = moved(grant, Move.NARROW, moment)
    if terms.valid_until is None:
        raise LookupError("the terms of a grant have an end")
    return replace(
        after,
        version=grant.version + 1,
        terms=terms,
        count=terms.count,
        valid_until=terms.valid_until,
    )


def due(grant: Grant, moment: Instant) -> list[tuple[Move, Instant]]:
    """What the clock has done to the grant since its row was written, each at its own instant."""
    moves: list[tuple[Move, Instant]] = []
    if grant.state not in OPEN:
        return moves
    begins = grant.state is State.SCHEDULED and grant.valid_from < grant.valid_until
    if begins and moment >= grant.valid_from:
        moves.append((Move.START, grant.valid_from))
    if moment >= grant.valid_until:
        moves.append((Move.EXPIRE, grant.valid_until))
    return moves


def next_event(
    grant: Grant,
    last: Event | None,
    move: Move,
    moment: Instant,
    by: str,
    details: Mapping[str, object],
) -> Event:
    """The event of a move that was made, after the one before it."""
    seq, prev = (1, GENESIS) if last is None else (last.seq + 1, last.hash)
    return Event(grant.id, seq, moment, move, grant.state, grant.version, by, details, prev)


def grant_json(grant: Grant, moment: Instant, receipts: Sequence[str]) -> dict[str, object]:
    """The GET shape (KC-15), the same for both sides but for whose receipts are listed."""
    base = grant.id.rsplit(".consent/", 1)[0]
    return {
        "id": grant.id,
        "version": grant.version,
        "state": grant.state_at(moment),
        "cause": grant.cause if grant.state_at(moment) is State.PAUSED else None,
        "subject": grant.subject,
        "agency": grant.agency,
        "purpose": grant.purpose,
        "lane": grant.lane,
        "legalBasis": grant.legal_basis,
        "data": [datum_json(datum) for datum in grant.terms.data],
        "modes": list(grant.terms.modes),
        "validFrom": text_of(grant.valid_from),
        "validUntil": text_of(grant.valid_until),
        "count": grant.count,
        "minInterval": grant.terms.min_interval,
        "uses": grant.uses,
        "lastRead": None if grant.last_read is None else text_of(grant.last_read),
        "retention": grant.terms.retention,
        "recipients": list(grant.terms.recipients),
        "countries": list(grant.terms.countries),
        "case": grant.terms.case,
        "request": grant.request,
        "receipts": list(receipts),
        "links": {
            "purpose": grant.purpose,
            "agency": grant.agency,
            "history": f"{grant.id}/history",
            "log": f"{base}.consent/log?pod={grant.pod}&grant={grant.id}",
        },
    }
