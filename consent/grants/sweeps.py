# SPDX-License-Identifier: EUPL-1.2
"""Many grants at once: of a pod, of a purpose, and those that the clock has moved."""

from consent.grants.grant import Grant
from consent.grants.ledger import IN_FORCE, SELECT, USABLE, grant_of
from consent.grants.states import Cause
from pod.database import Tx
from pod.instant import Instant


async def open_in(tx: Tx, pod: str) -> list[Grant]:
    """Every grant in a pod that has not ended."""
    rows = await tx.all(f"{SELECT} WHERE pod = :pod AND state IN {IN_FORCE} ORDER BY seq", pod=pod)
    return [grant_of(row) for row in rows]


async def active_in(tx: Tx, pod: str) -> list[Grant]:
    """Every grant in a pod that is awake, or would be by now."""
    rows = await tx.all(f"{SELECT} WHERE pod = :pod AND state IN {USABLE} ORDER BY seq", pod=pod)
    return [grant_of(row) for row in rows]


async def asleep_in(tx: Tx, pod: str) -> list[Grant]:
    """Every grant in a pod that its person put to sleep together with all others."""
    rows = await tx.all(
        f"{SELECT} WHERE pod = :pod AND state = 'paused' AND cause = :cause ORDER BY seq",
        pod=pod,
        cause=Cause.CITIZEN_ALL,
    )
    return [grant_of(row) for row in rows]


async def in_force_for(tx: Tx, purpose: str) -> list[Grant]:
    """Every grant for a purpose that is not over by its row, whoever gave it."""
    rows = await tx.all(
        f"{SELECT} WHERE purpose = :purpose AND state IN {IN_FORCE} ORDER BY seq",
        purpose=purpose,
    )
    return [grant_of(row) for row in rows]


async def late_grants(tx: Tx, moment: Instant, most: int) -> list[Grant]:
    """Grants whose row does not say yet what the clock has done."""
    rows = await tx.all(
        f"{SELECT} WHERE (state IN {IN_FORCE} AND valid_until <= :moment)"
        " OR (state = 'scheduled' AND valid_from <= :moment) ORDER BY valid_until LIMIT :most",
        moment=moment,
        most=most,
    )
    return [grant_of(row) for row in rows]
