# SPDX-License-Identifier: EUPL-1.2
"""What a permit source says: permits, or (to those who may know) why there are none."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from acl.modes import Mode
from pod.database import Tx
from pod.instant import Instant


@dataclass(frozen=True, slots=True)
class Ground:
    """Whose access it is, for what, on what ground: what the log says of a use."""

    agency: str
    lane: str
    grant: str | None = None
    purpose: str | None = None
    legal_basis: str | None = None
    case: str | None = None


@dataclass(frozen=True, slots=True)
class View:
    """What an answer is cut down to; `tag` names grant and version in the ETag (decision 34).

    `properties` are the predicates that stay (None: the whole resource), `members` the members
    that a granted container may list (None: it is no container), unless it lists `every` one.
    """

    tag: str
    properties: frozenset[str] | None = None
    members: frozenset[str] | None = None
    every: bool = False


Spend = Callable[[Tx, Instant], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Denial:
    """Why a source permits nothing, told only to the party that it concerns."""

    problem: str
    detail: str
    ground: Ground
    headers: dict[str, str] = field(default_factory=dict)
    more: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Permit:
    """Modes from one rule or grant. `spend` counts a use; a permit that has one is a grant's.

    A read by such a permit is a write: decided, counted and logged in one commit (decision 16).
    `wait` is why a use may not be counted yet, while answers that are no use may go on (KC-20a).
    """

    modes: Mode
    because: str
    view: View | None = None
    spend: Spend | None = None
    ground: Ground | None = None
    wait: Denial | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one source says about one caller and one target."""

    permits: tuple[Permit, ...] = ()
    public: Mode = Mode.NONE
    denial: Denial | None = None


NOTHING = Verdict()
