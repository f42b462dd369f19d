# SPDX-License-Identifier: EUPL-1.2
"""A day and a number as people type them, for less than was offered."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from consent.durations import BRUSSELS
from dashboard.forms import Form
from dashboard.visit import Mistake, Visit
from dashboard.words import mark
from pod.instant import SECOND, Instant

BAD_DAY = mark("Schrijf de datum als dag, maand en jaar, en kies een dag die nog komt.")
BAD_NUMBER = mark("Schrijf een getal van 1 of meer, of laat het leeg.")
NOT_LESS = mark("Dat is meer dan is gevraagd of afgesproken. Hier kan het alleen minder worden.")
MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Less:
    """An earlier end and fewer times; None where nothing was typed."""

    until: Instant | None
    count: int | None
    mistakes: tuple[Mistake, ...]


def less_of(form: Form, visit: Visit, moment: Instant) -> Less:
    """What was typed in `until` and `count`, with what is wrong with it."""
    mistakes: list[Mistake] = []
    until, count = form.one("until").strip(), form.one("count").strip()
    end = end_of_day(until)
    if until and (end is None or end <= moment):
        mistakes.append(Mistake("until", visit.words.say(BAD_DAY)))
    number = int(count) if count.isascii() and count.isdecimal() and len(count) < 8 else None
    if count and not (number and number <= MOST):
        mistakes.append(Mistake("count", visit.words.say(BAD_NUMBER)))
    return Less(end, number, tuple(mistakes))


def end_of_day(text: str) -> Instant | None:
    """The midnight in Brussels after that day: "until 24 November" has that day in it."""
    try:
        day = date.fromisoformat(text)
        beyond = day + timedelta(days=1)
        return (
            round(datetime(beyond.year, beyond.month, beyond.day, tzinfo=BRUSSELS).timestamp())
            * SECOND
        )
    except (ValueError, OverflowError):
        return None


def last_day(until: Instant) -> str:
    """The last whole day before an end, as a date field wants it."""
    return datetime.fromtimestamp((until - 1) / SECOND, BRUSSELS).date().isoformat()
