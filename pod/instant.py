# SPDX-License-Identifier: EUPL-1.2
"""Moments in time: whole milliseconds since the epoch, UTC, and their written forms."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache

from pod.errors import Unreadable

Instant = int
Now = Callable[[], Instant]

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def wall() -> Instant:
    """What the clock of this machine says."""
    return time.time_ns() // 1_000_000


def text_of(instant: Instant) -> str:
    """RFC 3339 in UTC with `Z`, milliseconds only where there are any."""
    moment = datetime.fromtimestamp(instant // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    rest = instant % SECOND
    return f"{moment}.{rest:03d}Z" if rest else f"{moment}Z"


def read_instant(text: str) -> Instant:
    """The instant that an RFC 3339 time with an offset names; Unreadable for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError) as error:
        raise Unreadable(f"{text!r:.60} is not a time such as 2026-12-24T00:00:00Z") from error
    if moment.tzinfo is None or "T" not in text:
        raise Unreadable(f"{text!r:.60} has no time zone; write it as 2026-12-24T00:00:00Z")
    return round(moment.timestamp() * SECOND)


@lru_cache(maxsize=4096)
def http_date(seconds: int) -> str:
    """The form that `Last-Modified` and `Date` take (RFC 9110 §5.6.7)."""
    return formatdate(seconds, usegmt=True)


def read_http_date(text: str) -> int | None:
    """Whole seconds since the epoch, or None for what is no date: RFC 9110 says to ignore it."""
    try:
        return int(parsedate_to_datetime(text).timestamp())
    except (ValueError, TypeError, OverflowError):
        return None
