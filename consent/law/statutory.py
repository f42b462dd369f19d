# SPDX-License-Identifier: EUPL-1.2
"""Access that a law or decree gives: its terms, its states and the one table of its moves, pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256

from consent.registry.purpose import OBLIGATION
from consent.terms import Datum, datum_json
from pod.errors import Clash
from pod.instant import Instant, text_of
from pod.iri import Iri

LANE = "statutory"


class State(StrEnum):
    """The four states of domain.md 2.5."""

    DECLARED = "declared"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


OPEN = frozenset({State.DECLARED, State.ACTIVE, State.SUSPENDED})


class Move(StrEnum):
    """What can happen to it: by an operator, or by the clock (start, expire).

    An objection moves nothing by itself: it may stop the access for one person's pods.
    """

    DECLARE = "declare"
    START = "start"
    SUSPEND = "suspend"
    RESUME = "resume"
    END = "end"
    EXPIRE = "expire"
    OBJECT = "object"


TABLE: Mapping[tuple[State, Move], State] = {
    (State.DECLARED, Move.START): State.ACTIVE,
    (State.ACTIVE, Move.SUSPEND): State.SUSPENDED,
    (State.SUSPENDED, Move.RESUME): State.ACTIVE,
    **{(state, Move.END): State.ENDED for state in OPEN},
    **{(state, Move.EXPIRE): State.ENDED for state in OPEN},
}


@dataclass(frozen=True, slots=True)
class Statutory:
    """One access by law, for one person or (`cls`) a class of persons. Never a yes of anybody."""

    id: Iri
    seq: int
    subject: str | None
    cls: str | None
    agency: str
    purpose: str
    legal_basis: str
    data: tuple[Datum, ...]
    modes: tuple[str, ...]
    valid_from: Instant
    valid_until: Instant
    references: tuple[tuple[str, str], ...]
    state: State
    version: int
    created: Instant
    ended: Instant | None = None

    def state_at(self, moment: Instant) -> State:
        """The state in force: beginning and ending need no job, they are comparisons (2.4)."""
        if self.state in OPEN and moment >= self.valid_until:
            return State.ENDED
        if self.state is State.DECLARED and moment >= self.valid_from:
            return State.ACTIVE
        return self.state

    @property
    def tag(self) -> str:
        """Decision 34: a short digest of access and version, for the ETag of what it shows."""
        return sha256(f"{self.id} {self.version}".encode()).hexdigest()[:12]

    @property
    def objectionable(self) -> bool:
        """GDPR 21(1): one may object to a public task, not to a legal obligation."""
        return not self.legal_basis.startswith(OBLIGATION)


def moved(access: Statutory, move: Move, moment: Instant) -> Statutory:
    """The access after the move; Clash when its state does not have it (KC-7)."""
    clock = move in (Move.START, Move.EXPIRE)
    state = access.state if clock else access.state_at(moment)
    after = TABLE.get((state, move))
    if after is None:
        raise Clash(
            f"This access is {state}: it cannot {move} now.",
            problem="wrong-state",
            more={"state": state},
        )
    ended = moment if after is State.ENDED else None
    return replace(access, state=after, version=access.version + 1, ended=ended)


def due(access: Statutory, moment: Instant) -> list[tuple[Move, Instant]]:
    """What the clock has done that is not written down yet, each with its own instant."""
    moves: list[tuple[Move, Instant]] = []
    if access.state not in OPEN:
        return moves
    if access.state is State.DECLARED and moment >= access.valid_from:
        moves.append((Move.START, access.valid_from))
    if moment >= access.valid_until:
        moves.append((Move.EXPIRE, access.valid_until))
    return moves


def statutory_json(
    access: Statutory, moment: Instant, *, objected: bool = False
) -> dict[str, object]:
    """As the API shows it; `objected`: this person's objection stops it for her pods."""
    state = access.state_at(moment)
    if objected and state is State.ACTIVE:
        state = State.SUSPENDED
    who = {"class": access.cls} if access.subject is None else {"subject": access.subject}
    ended = access.ended
    if ended is None and state is State.ENDED:
        ended = access.valid_until
    return {
        "id": access.id,
        "version": access.version,
        "state": state,
        **who,
        "agency": access.agency,
        "purpose": access.purpose,
        "lane": LANE,
        "legalBasis": access.legal_basis,
        **dict(access.references),
        "data": [datum_json(datum) for datum in access.data],
        "modes": list(access.modes),
        "validFrom": text_of(access.valid_from),
        "validUntil": text_of(access.valid_until),
        "created": text_of(access.created),
        "ended": None if ended is None else text_of(ended),
        "objectionPossible": access.objectionable,
        "links": {"purpose": access.purpose, "agency": access.agency},
    }
