# SPDX-License-Identifier: EUPL-1.2
"""The Link header as far as a request uses it: which types a new resource shall have."""

import re
from collections.abc import Iterable, Iterator

_QUOTED = r'"(?:[^"\\]|\\.)*+"'
# A comma inside brackets or quotes separates nothing.
_PART = re.compile(rf'(?:<[^<>]*+>|{_QUOTED}|[^,<"])++')
_LINK = re.compile(r'\s*<\s*([^<>"\s]{1,2048})\s*>\s*(?:;(.*))?', re.DOTALL)
_PARAMETER = re.compile(rf'\s*([^\s;="]++)\s*(?:=\s*({_QUOTED}|[^\s;"]*+))?\s*(?:;|\Z)')


def types_of(values: Iterable[str]) -> frozenset[str]:
    """The targets with rel=type (RFC 8288); whatever does not parse is ignored.

    A link with an anchor is about something else (RFC 8288 §3.2), and of several rel the first
    counts (§3.3).
    """
    found = (_LINK.fullmatch(part) for value in values for part in _PART.findall(value))
    return frozenset(match[1] for match in found if match and _is_type(match[2] or ""))


def _is_type(text: str) -> bool:
    said: dict[str, str] = {}
    for name, value in _parameters(text):
        said.setdefault(name, value)
    return "anchor" not in said and "type" in said.get("rel", "").lower().split()


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    for name, value in _PARAMETER.findall(text):
        plain = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        yield name.lower(), plain
