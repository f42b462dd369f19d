# SPDX-License-Identifier: EUPL-1.2
"""Which of the forms that can be made suits a caller best (RFC 9110 §12.5.1)."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

# A comma or semicolon inside quotes separates nothing.
_PART = re.compile(r'(?:[^,"]++|"(?:[^"\\]++|\\.?)*+(?:"|\Z))++', re.DOTALL)
_RANGE = re.compile(
    r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]++)/([!#$%&'*+.^_`|~0-9A-Za-z-]++)\s*(?:;(.*+))?", re.DOTALL
)
_PARAMETER = re.compile(r'([^;="]++)(?:=((?:"(?:[^"\\]++|\\.?)*+(?:"|\Z)|[^;"]++)*+))?', re.DOTALL)
_WEIGHT = re.compile(r"0(?:\.[0-9]{0,3})?|\.[0-9]{1,3}|1(?:\.0{0,3})?")
_ANY = "*"


class Range(NamedTuple):
    """What a part of an Accept header asks for, and how much."""

    main: str
    sub: str
    weight: float


def choose(accept: str | None, offered: Sequence[str]) -> str | None:
    """The offered media type that the caller prefers, or None when none will do (SP-53).

    The most exact range decides for each type; of equals the one that was named more exactly, then
    the one offered first. Parameters such as charset and profile do not count.
    """
    if not offered or not accept or accept == "*/*":
        return offered[0] if offered else None
    return _chosen(accept, tuple(offered))


@lru_cache(maxsize=512)
def _chosen(accept: str, offered: tuple[str, ...]) -> str | None:
    ranges = _ranges(accept)
    if not ranges:
        return offered[0]
    ranked = [(_rank(media_type, ranges), media_type) for media_type in offered]
    (weight, _), best = max(ranked, key=lambda pair: pair[0])
    return best if weight > 0 else None


def _rank(media_type: str, ranges: Sequence[Range]) -> tuple[float, int]:
    """How much it is wanted, and how exactly that was said."""
    main, _, sub = media_type.partition(";")[0].strip().lower().partition("/")
    said: dict[int, float] = {}
    for asked in ranges:
        exactness = _exactness(asked, main, sub)
        if exactness:
            said[exactness] = max(said.get(exactness, 0.0), asked.weight)
    if not said:
        return 0.0, 0
    return said[max(said)], max(said)


def _exactness(asked: Range, main: str, sub: str) -> int:
    if asked.main == main and asked.sub == sub:
        return 3
    if asked.sub != _ANY:
        return 0
    if asked.main == main:
        return 2
    return 1 if asked.main == _ANY else 0


def _ranges(accept: str) -> tuple[Range, ...]:
    """The ranges of the header; parts that are none are passed over."""
    found = (_range(part) for part in _PART.findall(accept))
    return tuple(each for each in found if each is not None)


def _range(part: str) -> Range | None:
    # Java's own client sends a bare star.
    match = _RANGE.fullmatch(re.sub(r"^\s*\*\s*(?=;|$)", "*/*", part))
    if match is None:
        return None
    weight = "1"
    for name, value in _PARAMETER.findall(match[3] or ""):
        if name.strip().lower() == "q":
            weight = value.strip()
    if not _WEIGHT.fullmatch(weight):
        return None
    return Range(match[1].lower(), match[2].lower(), float(weight))
