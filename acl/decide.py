# SPDX-License-Identifier: EUPL-1.2
"""The one question: may they, and why? Asked anew in every transaction, remembered nowhere."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from acl.modes import Mode
from acl.permit import Denial, Permit, Verdict
from identity.standing import require_standing
from identity.who import Who
from pod.database import Tx
from pod.instant import Instant
from pod.resource import Found

PermitSource = Callable[[Tx, Who, Found, Instant], Coroutine[Any, Any, Verdict]]


@dataclass(frozen=True, slots=True)
class Decision:
    """All permits together."""

    permits: tuple[Permit, ...]
    modes: Mode
    public: Mode
    denial: Denial | None

    def allows(self, mode: Mode) -> bool:
        """Whether every mode asked for is permitted; Write satisfies Append (WAC-14)."""
        return mode in self.modes

    def because(self, mode: Mode) -> Permit | None:
        """The first permit that gives the mode; sources are asked in order, WAC first."""
        return next((permit for permit in self.permits if mode in permit.modes), None)


async def decide(
    tx: Tx, who: Who, found: Found, now: Instant, sources: Sequence[PermitSource]
) -> Decision:
    """What *who* may do with what was found, by all sources together.

    WAC #access-privileges: rules only add. NotSignedIn when the token's own ground has ended.
    """
    await require_standing(tx, who)
    verdicts = [await source(tx, who, found, now) for source in sources]
    permits = tuple(permit for verdict in verdicts for permit in verdict.permits)
    modes = public = Mode.NONE
    for permit in permits:
        modes |= permit.modes
    for verdict in verdicts:
        public |= verdict.public
    denial = next((verdict.denial for verdict in verdicts if verdict.denial is not None), None)
    return Decision(permits, modes | public, public, denial)
