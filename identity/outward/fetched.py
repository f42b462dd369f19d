# SPDX-License-Identifier: EUPL-1.2
"""What came back from elsewhere, for how long it counts, and where it is kept meanwhile."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pod.instant import DAY, MINUTE, SECOND, Instant, Now, read_http_date

LIMIT = 256 * 1024
MOST_KEPT = 10_000
MOST_BYTES = 32 * 1024 * 1024
_DIRECTIVE = re.compile(r'([a-z-]+)\s*(?:=\s*"?([0-9]+)"?)?', re.ASCII)


class Keep(NamedTuple):
    """The least and the most time that an answer counts, whatever its headers say.

    `oldest` asks anew when what is kept was fetched longer ago than that.
    """

    least: int = MINUTE
    most: int = DAY
    oldest: int | None = None


KEEP = Keep()


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer with status 200. Header names are in lower case; `fresh_for` is milliseconds."""

    url: str
    status: int
    media_type: str
    charset: str | None
    body: bytes
    headers: Mapping[str, str]
    fresh_for: int


class Fetch(Protocol):
    """Gets what is at an address elsewhere; NotFetched says why it could not be had."""

    async def __call__(
        self,
        url: str,
        *,
        accept: str,
        limit: int = LIMIT,
        redirects: int = 0,
        keep: Keep = KEEP,
    ) -> Fetched: ...


class Post(Protocol):
    """Sends to an address elsewhere; the status it answered with."""

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int: ...


def fresh_for(headers: Mapping[str, str], now: Instant) -> int:
    """RFC 9111 §4.2.1: how long the answer says that it counts; 0 where it does not say."""
    said = {m[1]: m[2] for m in _DIRECTIVE.finditer(headers.get("cache-control", "").lower())}
    if "no-store" in said or "no-cache" in said:
        return 0
    for name in ("s-maxage", "max-age"):
        if said.get(name):
            seconds = int(said[name][:9])
            age = headers.get("age", "")
            past = int(age[:9]) if age.isascii() and age.isdigit() else 0
            return max(seconds - past, 0) * SECOND
    expires = read_http_date(headers["expires"]) if "expires" in headers else None
    return 0 if expires is None else max(expires * SECOND - now, 0)


class _Kept(NamedTuple):
    answer: Fetched
    fetched: Instant


Key = tuple[str, str, int, int]


@dataclass(slots=True)
class Shelf:
    """Answers in memory until they no longer count: bounded in number and in bytes."""

    now: Now
    most: int = MOST_KEPT
    most_bytes: int = MOST_BYTES
    kept: dict[Key, _Kept] = field(default_factory=dict)
    size: int = 0

    def find(self, key: Key, keep: Keep) -> Fetched | None:
        """What is kept and counts still, with the time that it has left."""
        known = self.kept.get(key)
        if known is None:
            return None
        age = self.now() - known.fetched
        counts = min(max(known.answer.fresh_for, keep.least), keep.most)
        if not 0 <= age < counts or (keep.oldest is not None and age >= keep.oldest):
            return None
        return _with_time(known.answer, counts - age)

    def put(self, key: Key, answer: Fetched) -> None:
        """The oldest go first when there is no room."""
        self._drop(key)
        self.kept[key] = _Kept(answer, self.now())
        self.size += len(answer.body)
        while len(self.kept) > self.most or self.size > self.most_bytes:
            self._drop(next(iter(self.kept)))

    def _drop(self, key: Key) -> None:
        gone = self.kept.pop(key, None)
        if gone is not None:
            self.size -= len(gone.answer.body)


def bounded(answer: Fetched, keep: Keep) -> Fetched:
    """The answer with the time that it counts, between the caller's bounds."""
    return _with_time(answer, min(max(answer.fresh_for, keep.least), keep.most))


def _with_time(answer: Fetched, fresh: int) -> Fetched:
    return Fetched(
        answer.url,
        answer.status,
        answer.media_type,
        answer.charset,
        answer.body,
        answer.headers,
        fresh,
    )
