# SPDX-License-Identifier: EUPL-1.2
"""The states of a grant and the one table of its moves (domain.md 2.2), pure."""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """The ten states; what is not open is over for good."""

    SCHEDULED = "scheduled"
    ACTIVE = "active"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    EXHAUSTED = "exhausted"
    REVOKED = "revoked"
    INVALIDATED = "invalidated"
    RELINQUISHED = "relinquished"
    SUPERSEDED = "superseded"


OPEN = frozenset({State.SCHEDULED, State.ACTIVE, State.PAUSED})


class Move(StrEnum):
    """What can happen to a grant."""

    CREATE = "create"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    NARROW = "narrow"
    EXPIRE = "expire"
    EXHAUST = "exhaust"
    WITHDRAW = "withdraw"
    RELINQUISH = "relinquish"
    REVOKE = "revoke"
    INVALIDATE = "invalidate"
    SUPERSEDE = "supersede"


class Cause(StrEnum):
    """Why a grant sleeps. Whoever put it to sleep wakes it, nobody else does."""

    CITIZEN = "citizen"
    CITIZEN_ALL = "citizen-all"
    PURPOSE_SUSPENDED = "purpose-suspended"
    MAJORITY = "majority"
    MANDATE_LAPSED = "mandate-lapsed"


_ENDS: Mapping[Move, State] = {
    Move.EXPIRE: State.EXPIRED,
    Move.WITHDRAW: State.WITHDRAWN,
    Move.RELINQUISH: State.RELINQUISHED,
    Move.REVOKE: State.REVOKED,
    Move.INVALIDATE: State.INVALIDATED,
    Move.SUPERSEDE: State.SUPERSEDED,
}

TABLE: Mapping[tuple[State, Move], State] = {
    (State.SCHEDULED, Move.START): State.ACTIVE,
    (State.ACTIVE, Move.PAUSE): State.PAUSED,
    (State.PAUSED, Move.RESUME): State.ACTIVE,
    (State.ACTIVE, Move.NARROW): State.ACTIVE,
    (State.PAUSED, Move.NARROW): State.PAUSED,
    (State.ACTIVE, Move.EXHAUST): State.EXHAUSTED,
    **{(state, move): end for state in OPEN for move, end in _ENDS.items()},
}
