# SPDX-License-Identifier: EUPL-1.2
"""The clock of consent: never goes back, and can be moved forward in development (KC-25).

Tokens and proofs stay on the wall clock; grants, deadlines, the log and sessions ask this one.
"""

from pod.database import Tx
from pod.errors import Clash
from pod.instant import Instant, text_of


async def instant(tx: Tx, now: Instant) -> Instant:
    """What time it is for decisions: the wall clock plus the shift, never before the mark.

    domain.md keeps one server-wide high-water mark, so that a clock that steps back cannot make
    an ended grant live again.
    """
    row = await tx.one("SELECT shift, mark FROM clock WHERE one = 1")
    if row is None:
        raise LookupError("the clock row is gone")
    return max(now + int(row["shift"]), int(row["mark"]))


async def mark(tx: Tx, moment: Instant) -> None:
    """Remember that this moment was reached; part of every decision that is kept."""
    await tx.run("UPDATE clock SET mark = :moment WHERE one = 1 AND mark < :moment", moment=moment)


async def stamp(tx: Tx, now: Instant) -> Instant:
    """What time it is, and remember it, in one statement: for a commit that is sure to come."""
    row = await tx.one(
        "UPDATE clock SET mark = CASE WHEN :now + shift > mark THEN :now + shift ELSE mark END"
        " WHERE one = 1 RETURNING mark",
        now=now,
    )
    if row is None:
        raise LookupError("the clock row is gone")
    return int(row["mark"])


async def move(tx: Tx, now: Instant, to: Instant) -> Instant:
    """Move the clock forward on all workers; Clash when that would be back."""
    current = await instant(tx, now)
    if to < current:
        raise Clash(
            f"The clock stands at {text_of(current)} and only goes forward.", problem="clock-back"
        )
    await tx.run("UPDATE clock SET shift = :shift WHERE one = 1", shift=to - now)
    await mark(tx, to)
    return to
