# SPDX-License-Identifier: EUPL-1.2
"""Parts taken out of a text with the blanks and lines that they leave, never with a comment."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ldp.spans import comments

_BLANKS = " \t"
_LINES = "\r\n"
_SPACE = _BLANKS + _LINES
_MARKS = ".;,])"
_END = re.compile(r"\r\n|\r|\n")


class Change(NamedTuple):
    """What stands between two places becomes this; a place twice puts it in there."""

    start: int
    end: int
    text: str


def changed(text: str, changes: Iterable[Change]) -> str:
    """The text with all changes made; those that start at one place in the order given."""
    parts, at = list[str](), 0
    for start, end, new in sorted(changes, key=lambda change: change[:2]):
        if end > at or start == end:
            parts += (text[at:start], new) if start >= at else (new,)
            at = max(at, end)
    return "".join((*parts, text[at:]))


def cuts(text: str, start: int, parts: Iterable[tuple[int, int]]) -> list[Change]:
    """The changes that take out these parts of the statement at *start*; comments stay."""
    cut = sorted(parts)
    remarks = list(comments(text, start, cut[-1][1])) if cut else []
    bare = [piece for part in cut for piece in _without(part, remarks)]
    ends = {end for _, end in remarks}
    return [Change(*_widened(text, *piece, ends), "") for piece in _merged(text, bare)]


def _without(part: tuple[int, int], remarks: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    pieces, (at, end) = list[tuple[int, int]](), part
    for index in range(bisect_left(remarks, part), len(remarks)):
        start, stop = remarks[index]
        if start >= end:
            break
        pieces.append((at, start))
        at = stop
    return [*pieces, (at, end)]


def _merged(text: str, pieces: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pieces without blanks at their ends, joined where only blanks are between them."""
    merged = list[tuple[int, int]]()
    for start, end in pieces:
        begin = start + len(text[start:end]) - len(text[start:end].lstrip(_SPACE))
        stop = begin + len(text[begin:end].rstrip(_SPACE))
        if begin >= stop:
            continue
        if merged and not text[merged[-1][1] : begin].strip(_SPACE):
            merged[-1] = merged[-1][0], max(stop, merged[-1][1])
        else:
            merged.append((begin, stop))
    return merged


def _widened(text: str, start: int, end: int, remarks: set[int]) -> tuple[int, int]:
    """The piece with the blanks that would look odd without it."""
    left, right = _back(text, start, _BLANKS), _on(text, end, _BLANKS)
    begins = left == 0 or text[left - 1] in _LINES
    ends = right == len(text) or text[right] in _LINES
    if begins and ends:
        return _lines(text, left, right)
    if begins and text[right] in _MARKS:
        before = _back(text, left, _SPACE)
        return (start, right) if before in remarks or before == 0 else (before, end)
    if begins:
        return start, right
    if ends or left < start:
        # Two words must not become one where no blank follows.
        glued = not ends and right == end and text[end] not in _MARKS + "#"
        return (start if glued else left), end
    return (start, end) if text[right] in _MARKS + "#" else (start, right)


def _lines(text: str, left: int, right: int) -> tuple[int, int]:
    """Whole lines, with one of two blank lines that would meet."""
    above, right = _back(text, left, _SPACE), _after_line(text, right)
    ends = [match.end() for match in _END.finditer(text, above, left)]
    following = _on(text, right, _BLANKS)
    if following == len(text):
        return (ends[0] if ends else left), following
    if (above == 0 or len(ends) > 1) and text[following] in _LINES:
        return left, _after_line(text, following)
    return left, right


def _after_line(text: str, at: int) -> int:
    end = _END.match(text, at)
    return end.end() if end is not None else at


def _back(text: str, at: int, signs: str) -> int:
    while at and text[at - 1] in signs:
        at -= 1
    return at


def _on(text: str, at: int, signs: str) -> int:
    while at < len(text) and text[at] in signs:
        at += 1
    return at
