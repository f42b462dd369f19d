# SPDX-License-Identifier: EUPL-1.2
"""How often who read: the log counted in equal steps of time, for a picture (ui.md §7)."""

from collections.abc import Sequence
from dataclasses import dataclass

from consent.caller import caller_of, owns
from consent.house import House
from identity.who import Who
from pod.database import Tx
from pod.instant import Instant

MOST = 20_000


@dataclass(frozen=True, slots=True)
class Steps:
    """A stretch of time in so many steps; `end` is not in it."""

    start: Instant
    end: Instant
    number: int

    @property
    def width(self) -> int:
        """Milliseconds per step, never nothing."""
        return max(1, -((self.start - self.end) // self.number))


@dataclass(frozen=True, slots=True)
class Tally:
    """What one agency (None: nobody known) did in one step of time."""

    agency: str | None
    step: int
    allowed: bool
    by_law: bool
    number: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A moment at which a permission of an agency began, changed or ended."""

    agency: str
    time: Instant
    kind: str


@dataclass(frozen=True, slots=True)
class Tallies:
    """All that the picture of one pod shows."""

    counts: Sequence[Tally] = ()
    turns: Sequence[Turn] = ()


async def tallies(house: House, who: Who, pod: str, steps: Steps) -> Tallies:
    """The log of a pod in steps, for its owner; nothing for anybody else (KC-5)."""
    if house.soon is not None:
        await house.soon.flush()
    return await house.db.read(_tallies, who, pod, steps, house)


async def _tallies(tx: Tx, who: Who, pod: str, steps: Steps, house: House) -> Tallies:
    caller = await caller_of(tx, who, house.base)
    if not await owns(tx, caller.webid, pod):
        return Tallies()
    caller.subject()
    return Tallies(await _counts(tx, pod, steps, house), await _turns(tx, pod, steps))


async def _counts(tx: Tx, pod: str, steps: Steps, house: House) -> list[Tally]:
    # One group-by over an index that holds every column of it: 100,000 entries are no bodies read.
    rows = await tx.all(
        "SELECT agency, outcome, (time - :start) / :width AS step,"
        " CASE WHEN grant_id >= :law AND grant_id < :beyond THEN 1 ELSE 0 END AS by_law,"
        " COUNT(*) AS number FROM journal WHERE pod = :pod AND time >= :start AND time < :end"
        " GROUP BY agency, outcome, step, by_law ORDER BY step LIMIT :most",
        pod=pod,
        start=steps.start,
        end=steps.end,
        width=steps.width,
        law=house.name("statutory", ""),
        beyond=house.name("statutory", "~"),
        most=MOST,
    )
    return [
        Tally(
            row["agency"],
            row["step"],
            row["outcome"] == "allowed",
            bool(row["by_law"]),
            row["number"],
        )
        for row in rows
    ]


async def _turns(tx: Tx, pod: str, steps: Steps) -> list[Turn]:
    # One of a kind in each step: a thousand lines in one place are one line to the eye.
    rows = await tx.all(
        "SELECT g.agency AS agency, MIN(e.time) AS time, e.kind AS kind FROM grant_event e"
        " JOIN consent_grant g ON g.id = e.grant_id"
        " WHERE g.pod = :pod AND e.time >= :start AND e.time < :end"
        " GROUP BY g.agency, e.kind, (e.time - :start) / :width ORDER BY 2 LIMIT :most",
        pod=pod,
        start=steps.start,
        end=steps.end,
        width=steps.width,
        most=MOST,
    )
    return [Turn(row["agency"], row["time"], row["kind"]) for row in rows]
