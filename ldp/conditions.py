# SPDX-License-Identifier: EUPL-1.2
"""What a caller demands of the state it believes to find (RFC 9110 §13)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pod.errors import Stale
from pod.instant import SECOND, Instant, read_http_date

_TAG = re.compile(r'(W/)?"([^"]*+)"')


class Tag(NamedTuple):
    """An entity tag: its text without quotes, and whether it is weak."""

    text: str
    weak: bool

    @property
    def version(self) -> str:
        """Decision 34: the part that all representations of one state share."""
        return self.text.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Tags:
    """The value of If-Match or If-None-Match: a list of tags, or the star."""

    tags: tuple[Tag, ...] = ()
    star: bool = False


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditional headers of one request; times in whole seconds, None where not sent."""

    if_match: Tags | None = None
    if_none_match: Tags | None = None
    if_modified_since: int | None = None
    if_unmodified_since: int | None = None


NONE = Conditions()


def read_conditions(headers: Mapping[str, str]) -> Conditions:
    """The conditions in these headers, whose names are sought without regard to case by *headers*.

    A tag that cannot be read is a tag that never matches; a date that is none is passed over
    (RFC 9110 §13.1.3).
    """
    match, none_match = headers.get("If-Match"), headers.get("If-None-Match")
    modified, unmodified = headers.get("If-Modified-Since"), headers.get("If-Unmodified-Since")
    if match is none_match is modified is unmodified is None:
        return NONE
    return Conditions(
        None if match is None else _tags(match),
        None if none_match is None else _tags(none_match),
        None if modified is None else read_http_date(modified),
        None if unmodified is None else read_http_date(unmodified),
    )


def check_write(conditions: Conditions, version: int | None, modified: Instant | None) -> None:
    """Stale (412) when a write must not happen; *version* None says that nothing is there."""
    if conditions is NONE:
        return
    asked = conditions.if_match
    if asked is not None:
        if version is None:
            raise Stale("There is nothing there, so it cannot match If-Match.")
        if not asked.star and not any(_same_version(tag, version) for tag in asked.tags):
            raise Stale("It was changed since you read it; read it again.")
    else:
        _check_unmodified(conditions, modified)
    _check_none_match(conditions.if_none_match, version)


def _same_version(tag: Tag, version: int) -> bool:
    # RFC 9110 §13.1.1: strong comparison, so a weak tag never matches.
    return not tag.weak and tag.version == str(version)


def _check_none_match(asked: Tags | None, version: int | None) -> None:
    if asked is None or version is None:
        return
    if asked.star:
        raise Stale("Something is there already; leave out If-None-Match to change it.")
    if any(tag.version == str(version) for tag in asked.tags):
        raise Stale("It is still in the state that If-None-Match excludes.")


def check_read(conditions: Conditions, etag: str, modified: Instant) -> None:
    """Stale (412) when what would be sent is not what the caller wants to go on with."""
    if conditions is NONE:
        return
    asked = conditions.if_match
    if asked is None:
        _check_unmodified(conditions, modified)
    elif not asked.star and Tag(_text(etag), weak=False) not in asked.tags:
        raise Stale("It is not the representation that If-Match names; read it anew.")


def _check_unmodified(conditions: Conditions, modified: Instant | None) -> None:
    limit = conditions.if_unmodified_since
    if limit is not None and modified is not None and modified // SECOND > limit:
        raise Stale("It was changed since the time in If-Unmodified-Since; read it again.")


def not_modified(conditions: Conditions, etag: str, modified: Instant, is_container: bool) -> bool:
    """Whether a GET or HEAD is answered by 304: the caller has just this already."""
    if conditions is NONE:
        return False
    asked = conditions.if_none_match
    if asked is not None:
        # RFC 9110 §13.1.2: weak comparison.
        return asked.star or any(tag.text == _text(etag) for tag in asked.tags)
    since = conditions.if_modified_since
    # SP-34: a container's date says nothing about its members, so it must not drive caches.
    return since is not None and not is_container and modified // SECOND <= since


def _text(etag: str) -> str:
    return etag.removeprefix("W/").strip('"')


def _tags(value: str) -> Tags:
    if value.strip() == "*":
        return Tags(star=True)
    return Tags(tuple(Tag(text, bool(weak)) for weak, text in _TAG.findall(value)))
