# SPDX-License-Identifier: EUPL-1.2
"""What goes into the log soon after the answer, many entries in one commit (decision 16)."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from acl.journal import Note, Use, new_id, record_all
from acl.permit import Ground
from identity.who import Who
from pod import clock
from pod.database import Database, Tx
from pod.errors import Unavailable
from pod.instant import HOUR, Instant, Now
from pod.iri import Iri

# Beyond so many, who comes next waits for a commit; a crash loses no more than these.
MOST_WAITING = 5_000
MOST_PROBED = 1_000
AT_ONCE = 100
LINGER = 0.05
COUNTS_LINGER = 1.0
AGAIN = 1.0
SHARED = "shared"
LOG = logging.getLogger("kluis.log")

# Whose agency a WebID is, asked of the registry, which acl knows nothing of.
Agency = Callable[[Tx, Who], Coroutine[Any, Any, str | None]]
_Pair = tuple[Iri, str]


@dataclass(frozen=True, slots=True)
class _Waiting:
    use: Use
    at: Instant


@dataclass(frozen=True, slots=True)
class _Counted:
    """Tries and reads that are numbers only: by nobody known, or a stranger's that failed."""

    pod: Iri
    webid: str | None
    allowed: bool


async def _no_agency(tx: Tx, who: Who) -> str | None:
    return None


@dataclass(slots=True)
class Soon:
    """The entries that wait in one worker. Each has its own; the database joins them."""

    db: Database
    base: Iri
    now: Now
    agency: Agency = _no_agency
    _waiting: deque[_Waiting] = field(default_factory=deque)
    _counts: Counter[_Counted] = field(default_factory=Counter)
    _noted: asyncio.Event = field(default_factory=asyncio.Event)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _rounds: asyncio.Task[None] | None = None
    _flushes: set[asyncio.Task[bool]] = field(default_factory=set)
    _failing: bool = False

    async def note(self, use: Use) -> None:
        """Keep the use for the next commit.

        Waits only when too many wait before it; Unavailable when those cannot be written.
        """
        while len(self._waiting) >= MOST_WAITING:
            if self._failing:
                raise log_unavailable()
            await self.flush()
        self._waiting.append(_Waiting(use, self.now()))
        self._noted.set()
        self._wake()

    def count(self, pod: Iri, webid: str | None, *, allowed: bool) -> None:
        """One more read by nobody known, or one more try of a stranger."""
        counted = _Counted(pod, webid, allowed)
        # T-33: names that were only tried may be made up; those that were read exist.
        if not allowed and len(self._counts) >= MOST_PROBED and counted not in self._counts:
            return
        self._counts[counted] += 1
        self._wake()

    async def flush(self) -> bool:
        """Write down all that waits now; whether that worked.

        Who asked may be broken off, the writing is not: half known, it would be done twice.
        """
        task = asyncio.create_task(self._flush())
        self._flushes.add(task)
        task.add_done_callback(self._flushes.discard)
        return await asyncio.shield(task)

    async def _flush(self) -> bool:
        async with self._turn:
            waiting = list(self._waiting)
            counts = dict(self._counts)
            if not waiting and not counts:
                return True
            self._noted.clear()
            try:
                await self._write(waiting, counts)
            except Unavailable:
                self._failing = True
                return False
            self._failing = False
            return True

    async def close(self) -> None:
        """Write down what still waits, before the database goes."""
        if self._rounds is not None:
            self._rounds.cancel()
            await asyncio.wait([self._rounds])
        if not await self.flush():
            LOG.error("%d entries of the log could not be written.", len(self._waiting))

    def _wake(self) -> None:
        if self._rounds is None or self._rounds.done():
            self._rounds = asyncio.create_task(self._go_round())

    async def _go_round(self) -> None:
        while self._waiting or self._counts:
            if not self._waiting:
                # Numbers are in no hurry, but an entry that comes meanwhile is.
                with suppress(TimeoutError):
                    async with asyncio.timeout(COUNTS_LINGER):
                        await self._noted.wait()
            await asyncio.sleep(AGAIN if self._failing else LINGER)
            try:
                await self.flush()
            except Exception:  # whatever it was, the entries still wait; logged with its traceback
                self._failing = True
                LOG.exception("The log could not be written; again in a moment.")

    async def _write(self, waiting: Sequence[_Waiting], counts: dict[_Counted, int]) -> None:
        pairs = {(one.use.pod, one.use.who.webid or "") for one in waiting}
        pairs |= {(one.pod, one.webid) for one in counts if one.webid is not None}
        owners = await self.db.read(_owning, pairs) if pairs else frozenset()
        theirs = [one for one in waiting if not _is_owners(one.use, owners)]
        for pod in dict.fromkeys(one.use.pod for one in theirs):
            mine = [one for one in theirs if one.use.pod == pod]
            for start in range(0, len(mine), AT_ONCE):
                await self._write_piece(pod, mine[start : start + AT_ONCE])
        # What was written or is the owner's own waits no longer; what failed above still does.
        self._drop(waiting)
        numbers = {c: n for c, n in counts.items() if (c.pod, c.webid or "") not in owners}
        if numbers:
            await self.db.write(None, _count, numbers, self.now())
        self._counts -= Counter(counts)

    async def _write_piece(self, pod: Iri, piece: Sequence[_Waiting]) -> None:
        names = [new_id(self.base) for _ in piece]
        await self.db.write(pod, _record, pod, piece, names, self.agency)
        self._drop(piece)

    def _drop(self, written: Sequence[_Waiting]) -> None:
        gone = {id(one) for one in written}
        self._waiting = deque(one for one in self._waiting if id(one) not in gone)


def log_unavailable() -> Unavailable:
    """KC-21: no log, no data."""
    return Unavailable(
        "The log cannot be written right now, and without it nothing is given out. Try again.",
        problem="log-unavailable",
        headers={"Retry-After": "5"},
    )


def _is_owners(use: Use, owners: Collection[_Pair]) -> bool:
    return use.ground is None and (use.pod, use.who.webid or "") in owners


async def _owning(tx: Tx, pairs: Collection[_Pair]) -> frozenset[_Pair]:
    """Which of these people own which of these pods."""
    sql = "SELECT 1 AS owns FROM owner WHERE pod = :pod AND webid = :webid"
    return frozenset(
        [(pod, who) for pod, who in pairs if await tx.one(sql, pod=pod, webid=who) is not None]
    )


async def _record(
    tx: Tx, pod: Iri, waiting: Sequence[_Waiting], names: Sequence[Iri], agency: Agency
) -> None:
    if await tx.one("SELECT 1 AS there FROM pod WHERE iri = :pod", pod=pod) is None:
        return
    notes = []
    for one, name in zip(waiting, names, strict=True):
        # The moment of the decision; the clock's mark keeps the chain from going back in time.
        moment = await clock.instant(tx, one.at)
        notes.append(Note(await _attributed(tx, one.use, agency), name, moment))
    await record_all(tx, pod, notes)


async def _attributed(tx: Tx, use: Use, agency: Agency) -> Use:
    """A read that WAC permits has no ground of consent; whose it was is told all the same."""
    if use.ground is not None:
        return use
    whose = await agency(tx, use.who)
    return use if whose is None else replace(use, ground=Ground(whose, SHARED))


async def _count(tx: Tx, counts: dict[_Counted, int], now: Instant) -> None:
    hour = await clock.instant(tx, now) // HOUR
    for counted, number in counts.items():
        await tx.run(
            "INSERT INTO journal_count (pod, hour, allowed, denied)"
            " SELECT iri, :hour, :allowed, :denied FROM pod WHERE iri = :pod"
            " ON CONFLICT (pod, hour) DO UPDATE SET"
            " allowed = journal_count.allowed + excluded.allowed,"
            " denied = journal_count.denied + excluded.denied",
            pod=counted.pod,
            hour=hour,
            allowed=number if counted.allowed else 0,
            denied=0 if counted.allowed else number,
        )
