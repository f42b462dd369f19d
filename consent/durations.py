# SPDX-License-Identifier: EUPL-1.2
"""Lengths of time as ISO 8601 writes them, counted on the calendar in Brussels (domain.md 2.4)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import isodate

from pod.errors import Unprocessable
from pod.instant import SECOND, Instant

BRUSSELS = ZoneInfo("Europe/Brussels")
_FORM = re.compile(
    r"P(?=[\dT])(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,4})M)?(?:(?P<weeks>\d{1,4})W)?"
    r"(?:(?P<days>\d{1,5})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,8})S)?)?"
)


@dataclass(frozen=True, slots=True)
class Length:
    """A duration, part by part: months are not a number of days."""

    years: int
    months: int
    weeks: int
    days: int
    hours: int
    minutes: int
    seconds: int


@lru_cache(maxsize=1024)
def read_length(text: str) -> Length:
    """The parts of a duration such as P3M or PT1H; Unprocessable for anything else, or nothing."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise Unprocessable(
            f"{text!r:.40} is not a duration such as P3M, P10D or PT1H.", problem="bad-term"
        )
    length = Length(**{name: int(value or 0) for name, value in match.groupdict().items()})
    if length == Length(0, 0, 0, 0, 0, 0, 0):
        raise Unprocessable("A duration of nothing means nothing.", problem="bad-term")
    return length


def plus(moment: Instant, text: str) -> Instant:
    """When that much time has passed: years to days on the Brussels calendar, hours exactly."""
    length = read_length(text)
    exact = timedelta(hours=length.hours, minutes=length.minutes, seconds=length.seconds)
    try:
        later = _days_on(moment, length) + exact
    except (OverflowError, ValueError) as error:
        raise Unprocessable(f"{text} ends too far away.", problem="bad-term") from error
    return round(later.timestamp() * SECOND)


def _days_on(moment: Instant, length: Length) -> datetime:
    """The same time of day in Brussels, so many years to days later; the moment itself if none."""
    if not (length.years or length.months or length.weeks or length.days):
        # The hour that autumn has twice would be taken for its first half: an hour too early.
        return datetime.fromtimestamp(moment / SECOND, UTC)
    here = datetime.fromtimestamp(moment / SECOND, BRUSSELS).replace(tzinfo=None)
    later: datetime = here + isodate.Duration(years=length.years, months=length.months)
    later += timedelta(weeks=length.weeks, days=length.days)
    return later.replace(tzinfo=BRUSSELS).astimezone(UTC)


def longer(one: str, other: str, at: Instant) -> bool:
    """Whether the first ends later than the second when both begin at that moment."""
    return plus(at, one) > plus(at, other)
