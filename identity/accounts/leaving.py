# SPDX-License-Identifier: EUPL-1.2
"""Leaving for good: thirty days to think, then the account and its pods go (KLU-9)."""

from collections.abc import Awaitable, Callable

from identity.accounts.sessions import close_others
from pod import clock
from pod.database import Database, Tx
from pod.errors import Unreadable
from pod.instant import DAY, Instant

GRACE = 30 * DAY
AT_ONCE = 100
# What rooms above do for somebody who leaves: end her grants, and what was asked of her.
Farewell = Callable[[Tx, str], Awaitable[None]]
_OF_POD = ("resource", "tombstone", "outbox", "acl_change")


async def nobody_waits(tx: Tx, account: str) -> None:
    """A farewell where there is nothing to end."""


async def leaves_at(tx: Tx, account: str) -> Instant | None:
    """When the account goes, on the clock of consent."""
    row = await tx.one("SELECT leaves FROM account WHERE id = :a", a=account)
    return None if row is None else row["leaves"]


async def ask_to_leave(
    tx: Tx, account: str, value: str | None, farewell: Farewell, now: Instant
) -> None:
    """Everything that others were given ends at once (ACC-12); she may still sign in and stay."""
    await _require_no_orphans(tx, account)
    # KLU-9: grants first.
    await farewell(tx, account)
    await tx.run(
        "UPDATE client_access SET ended = COALESCE(ended, :now), remembered = 0 WHERE account = :a",
        now=now,
        a=account,
    )
    await tx.run("DELETE FROM credential WHERE account = :a", a=account)
    await close_others(tx, account, value, now)
    await tx.run(
        "UPDATE account SET leaves = :leaves WHERE id = :a AND leaves IS NULL",
        leaves=await clock.instant(tx, now) + GRACE,
        a=account,
    )


async def _require_no_orphans(tx: Tx, account: str) -> None:
    row = await tx.one(
        "SELECT 1 AS alone FROM staff s WHERE s.account = :a AND s.role = 'admin'"
        " AND NOT EXISTS (SELECT 1 FROM staff o WHERE o.organisation = s.organisation"
        " AND o.role = 'admin' AND o.account <> :a)",
        a=account,
    )
    if row is not None:
        raise Unreadable("You are the only admin of an organisation; name another one first.")


async def stay(tx: Tx, account: str) -> None:
    """Not leaving after all."""
    await tx.run("UPDATE account SET leaves = NULL WHERE id = :a", a=account)


async def see_off(db: Database, farewell: Farewell, now: Instant) -> int:
    """Let go of those whose time has come; how many that were. Bodies in files are swept later."""
    leavers = await db.read(_leavers, now)
    for account in leavers:
        await db.write(None, _go, account, farewell, now)
    return len(leavers)


async def _leavers(tx: Tx, now: Instant) -> list[str]:
    rows = await tx.all(
        "SELECT id FROM account WHERE leaves <= :moment ORDER BY leaves LIMIT :most",
        moment=await clock.instant(tx, now),
        most=AT_ONCE,
    )
    return [row["id"] for row in rows]


async def _go(tx: Tx, account: str, farewell: Farewell, now: Instant) -> None:
    """The log stays: agencies answer for what they read. The names stay taken (WI-3)."""
    leaves = await leaves_at(tx, account)
    if leaves is None or leaves > await clock.instant(tx, now):
        return
    await farewell(tx, account)
    for row in await tx.all("SELECT iri FROM pod WHERE account = :a", a=account):
        await _take_away(tx, row["iri"], now)
    await tx.run("DELETE FROM credential WHERE account = :a", a=account)
    await tx.run("DELETE FROM account WHERE id = :a", a=account)


async def _take_away(tx: Tx, pod: str, now: Instant) -> None:
    await tx.run(
        "INSERT INTO departed (iri, time) VALUES (:pod, :now) ON CONFLICT (iri) DO NOTHING",
        pod=pod,
        now=now,
    )
    for table in _OF_POD:
        await tx.run(f"DELETE FROM {table} WHERE pod = :pod", pod=pod)  # noqa: S608 - constant names
    await tx.run("DELETE FROM pod WHERE iri = :pod", pod=pod)
