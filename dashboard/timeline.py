# SPDX-License-Identifier: EUPL-1.2
"""The picture of who read when: rows of agencies, marks in time (ui.md §7), pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from consent.durations import BRUSSELS
from consent.log.tally import Tallies, Tally
from dashboard.pages import Names
from dashboard.periods import Period, Tick
from dashboard.words import mark
from pod.instant import SECOND, Instant

MOST_ROWS = 8
ROW_HEIGHT = 64
TOP = 4
AXIS = 30
# Circle: with consent. Square: by law. A hollow cross: refused.
SHAPES: Mapping[tuple[bool, bool], str] = {
    (True, False): "consent",
    (True, True): "law",
    (False, False): "refused",
    (False, True): "refused",
}
TURNS: Mapping[str, str] = {
    "create": mark("u gaf toestemming"),
    "narrow": mark("u beperkte de toestemming"),
    "pause": mark("u pauzeerde de toestemming"),
    "resume": mark("u hervatte de toestemming"),
    "withdraw": mark("u trok de toestemming in"),
    "expire": mark("de toestemming liep af"),
    "exhaust": mark("alle keren waren gebruikt"),
    "revoke": mark("beëindigd door de beheerder"),
    "invalidate": mark("ongeldig verklaard"),
    "relinquish": mark("door de instantie gestopt"),
    "supersede": mark("vervangen"),
}
BEGINNINGS = frozenset({"create", "resume"})


@dataclass(frozen=True, slots=True)
class Spot:
    """A mark: where, which shape, how many, and when it was."""

    place: float
    shape: str
    number: int
    at: Instant
    day: str
    middle: int
    size: int


@dataclass(frozen=True, slots=True)
class Line:
    """A permission that began, changed or ended."""

    place: float
    word: str
    at: Instant
    begins: bool
    top: int


@dataclass(frozen=True, slots=True)
class Row:
    """One agency."""

    agency: str
    name: str
    top: int
    spots: tuple[Spot, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """All that is drawn, with what one sentence says of it."""

    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    others: int
    read: int
    refused: int
    height: int
    now: float | None


def picture_of(
    found: Tallies, period: Period, names: Names, moment: Instant, nobody: str
) -> Picture:
    """Most reads first; those who only got or lost a permission follow (ui.md §7)."""
    weight: Counter[str] = Counter()
    for turn in found.turns:
        weight[turn.agency] += 0
    for tally in found.counts:
        weight[tally.agency or ""] += tally.number
    order = sorted(weight, key=lambda agency: (-weight[agency], agency))
    shown = order[:MOST_ROWS]
    rows = tuple(
        _row(
            agency, TOP + n * ROW_HEIGHT, found, period, names.agency(agency) if agency else nobody
        )
        for n, agency in enumerate(shown)
    )
    return Picture(
        rows,
        period.ticks(),
        len(order) - len(shown),
        _sum(found.counts, allowed=True),
        _sum(found.counts, allowed=False),
        TOP + len(rows) * ROW_HEIGHT + AXIS,
        period.place(moment) if period.start <= moment < period.end else None,
    )


def _sum(counts: Sequence[Tally], *, allowed: bool) -> int:
    return sum(tally.number for tally in counts if tally.allowed is allowed)


def _row(agency: str, top: int, found: Tallies, period: Period, name: str) -> Row:
    together: Counter[tuple[int, str]] = Counter()
    for tally in found.counts:
        if (tally.agency or "") == agency:
            together[tally.step, SHAPES[tally.allowed, tally.by_law]] += tally.number
    spots = tuple(_spot(step, shape, n, period, top) for (step, shape), n in together.items())
    lines = tuple(
        Line(period.place(t.time), TURNS[t.kind], t.time, t.kind in BEGINNINGS, top)
        for t in found.turns
        if t.agency == agency and t.kind in TURNS
    )
    return Row(agency, name, top, spots, lines)


def _spot(step: int, shape: str, number: int, period: Period, top: int) -> Spot:
    steps = period.steps
    at = steps.start + step * steps.width
    place = period.place(min(at + steps.width // 2, steps.end))
    # More reads make a larger mark, slowly: the number itself is in its name.
    size = 5 if number == 1 else 6 if number < 5 else 7 if number < 20 else 8
    day = datetime.fromtimestamp(at / SECOND, BRUSSELS).date().isoformat()
    # What was refused hangs below the line: nothing of it was read.
    middle = top + (48 if shape == "refused" else 34)
    return Spot(place, shape, number, at, day, middle, size)
