# SPDX-License-Identifier: EUPL-1.2
"""Which stretches of a body are wanted (RFC 9110 §14), and the frame around several; pure."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from pod.instant import SECOND, Instant, read_http_date

MOST_RANGES = 16
MOST_OVERLAPS = 2
LONGEST_HEADER = 1024
_SET = re.compile(r"[ \t]*bytes[ \t]*=(.*)", re.IGNORECASE | re.DOTALL)
_SPEC = re.compile(r"([0-9]*)-([0-9]*)")
_TAG = re.compile(r'(W/)?"[^"]*"')
_DIGITS = 18  # more than any file has bytes


class Stretch(NamedTuple):
    """So many bytes of a body from a place in it."""

    start: int
    length: int

    @property
    def end(self) -> int:
        return self.start + self.length


def wanted(header: str | None, size: int) -> tuple[Stretch, ...] | None:
    """The stretches that a Range header names; none that could be sent: (); None: send it whole.

    RFC 9110 §14.2: another unit, broken syntax, and sets made to cost much are passed over.
    """
    specs = _specs(header)
    if specs is None:
        return None
    if size == 0:
        # A suffix of nothing is satisfiable, yet no Content-Range could tell of it.
        return None if all(spec[0] is None and spec[1] for spec in specs) else ()
    found = [stretch for spec in specs if (stretch := _stretch(spec, size)) is not None]
    return None if _wasteful(found, size) else tuple(found)


def _specs(header: str | None) -> list[tuple[int | None, int | None]] | None:
    """First and last position of each range as written, or None for what is no set of ranges."""
    match = _SET.fullmatch(header) if header and len(header) <= LONGEST_HEADER else None
    if match is None:
        return None
    # RFC 9110 §5.6.1.2: empty members of a list are passed over.
    parts = [part for raw in match[1].split(",") if (part := raw.strip(" \t"))]
    specs = [_spec(part) for part in parts]
    whole = [spec for spec in specs if spec is not None]
    return whole if 0 < len(whole) == len(specs) <= MOST_RANGES else None


def _spec(part: str) -> tuple[int | None, int | None] | None:
    match = _SPEC.fullmatch(part)
    if match is None:
        return None
    first, last = _number(match[1]), _number(match[2])
    if first is None and last is None:
        return None
    if first is not None and last is not None and last < first:
        return None
    return first, last


def _number(digits: str) -> int | None:
    if not digits:
        return None
    plain = digits.lstrip("0")
    return int(plain or "0") if len(plain) <= _DIGITS else int("9" * _DIGITS)


def _stretch(spec: tuple[int | None, int | None], size: int) -> Stretch | None:
    """RFC 9110 §14.1.2: an end beyond the last byte means the last byte."""
    first, last = spec
    if first is None:
        length = min(last or 0, size)
        return Stretch(size - length, length) if length else None
    if first >= size:
        return None
    end = size if last is None else min(last + 1, size)
    return Stretch(first, end - first)


def _wasteful(stretches: Sequence[Stretch], size: int) -> bool:
    """RFC 9110 §17.15: overlapping ranges must not cost more than the whole."""
    if len(stretches) < 2:
        return False
    ordered = sorted(stretches)
    overlaps = sum(after.start < before.end for before, after in pairwise(ordered))
    return overlaps > MOST_OVERLAPS or sum(stretch.length for stretch in ordered) > size


def goes_on(if_range: str | None, etag: str, modified: Instant, now: Instant) -> bool:
    """RFC 9110 §13.1.5: whether the caller's first part is of this very state; else send it all."""
    if if_range is None:
        return True
    value = if_range.strip()
    if _TAG.fullmatch(value):
        # Strong comparison: a weak tag never matches, and ours are all strong.
        return value == etag
    # RFC 9110 §8.8.2.2: a date is only strong once its second is over.
    return read_http_date(value) == modified // SECOND < now // SECOND


def content_range(stretch: Stretch, size: int) -> str:
    """The value that says which part of how much this is."""
    return f"bytes {stretch.start}-{stretch.end - 1}/{size}"


def framed(
    stretches: Sequence[Stretch], size: int, media_type: str, boundary: str
) -> tuple[bytes | Stretch, ...]:
    """The parts of a multipart/byteranges body in the order that was asked for (§14.6)."""
    parts: list[bytes | Stretch] = []
    for number, stretch in enumerate(stretches):
        head = (
            f"{'' if number == 0 else chr(13) + chr(10)}--{boundary}\r\n"
            f"Content-Type: {media_type}\r\nContent-Range: {content_range(stretch, size)}\r\n\r\n"
        )
        parts += [head.encode(), stretch]
    return (*parts, f"\r\n--{boundary}--\r\n".encode())


def length_of(parts: Sequence[bytes | Stretch]) -> int:
    """How many bytes these parts are together."""
    return sum(part.length if isinstance(part, Stretch) else len(part) for part in parts)
