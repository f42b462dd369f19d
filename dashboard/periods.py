# SPDX-License-Identifier: EUPL-1.2
"""A day, a week, a month or a year on the calendar in Brussels, as a filter in an address."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from consent.durations import BRUSSELS
from consent.log.tally import Steps
from dashboard.words import date_of, mark
from pod.instant import SECOND, Instant

KINDS = {
    "day": mark("Dag"),
    "week": mark("Week"),
    "month": mark("Maand"),
    "year": mark("Jaar"),
}
USUAL = "month"
FIRST_YEAR, LAST_YEAR = 2000, 9000


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on the axis, in hundredths of the width, with the moment it stands for."""

    place: float
    at: Instant


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of the calendar: its first day, and the first day after it."""

    kind: str
    first: date
    beyond: date

    @property
    def start(self) -> Instant:
        return _midnight(self.first)

    @property
    def end(self) -> Instant:
        return _midnight(self.beyond)

    @property
    def steps(self) -> Steps:
        """As many marks as the eye can tell apart: hours, quarters of days, days, weeks."""
        days = (self.beyond - self.first).days
        number = {"day": 24, "week": 28, "month": days}.get(self.kind, 52)
        return Steps(self.start, self.end, number)

    @property
    def before(self) -> date:
        """A day of the period before."""
        return self.first - timedelta(days=1)

    def place(self, at: Instant) -> float:
        """Where a moment lies, in hundredths of the width."""
        return round(100 * (at - self.start) / (self.end - self.start), 2)

    def ticks(self) -> tuple[Tick, ...]:
        """Few enough that their words fit on a small phone."""
        return tuple(Tick(self.place(at), at) for at in map(_instant, self._marked()))

    def _marked(self) -> list[datetime]:
        if self.kind == "day":
            return [_at(self.first, hour) for hour in (0, 6, 12, 18)]
        if self.kind == "year":
            return [_at(self.first.replace(month=month)) for month in (1, 4, 7, 10)]
        apart = 1 if self.kind == "week" else 7
        days = range(0, (self.beyond - self.first).days, apart)
        return [_at(self.first + timedelta(days=day)) for day in days]


def period_of(kind: str, day: str, moment: Instant) -> Period:
    """The period that an address names; the one that we are in where it names none, or nonsense."""
    here = _read_day(day) or date_of(moment)
    if kind == "day":
        return Period(kind, here, here + timedelta(days=1))
    if kind == "week":
        monday = here - timedelta(days=here.weekday())
        return Period(kind, monday, monday + timedelta(days=7))
    if kind == "year":
        return Period(kind, date(here.year, 1, 1), date(here.year + 1, 1, 1))
    first = here.replace(day=1)
    return Period(USUAL, first, (first + timedelta(days=31)).replace(day=1))


def _read_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return None
    return day if FIRST_YEAR <= day.year < LAST_YEAR else None


def _at(day: date, hour: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=BRUSSELS)


def _midnight(day: date) -> Instant:
    return _instant(_at(day))


def _instant(at: datetime) -> Instant:
    return round(at.timestamp() * SECOND)
