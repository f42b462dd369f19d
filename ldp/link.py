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
    return frozenset(_targets(values, "type"))


def names_context(values: Iterable[str]) -> bool:
    """Whether plain JSON is said to be JSON-LD by a context from elsewhere (JSON-LD 1.1 §6.1)."""
    return any(_targets(values, "http://www.w3.org/ns/json-ld#context"))


def _targets(values: Iterable[str], relation: str) -> Iterator[str]:
    found = (_LINK.fullmatch(part) for value in values for part in _PART.findall(value))
    return (match[1] for match in found if match and relation in _relations(match[2] or ""))


def _relations(text: str) -> list[str]:
    said: dict[str, str] = {}
    for name, value in _parameters(text):
        said.setdefault(name, value)
    return [] if "anchor" in said else said.get("rel", "").lower().split()


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    for name, value in _PARAMETER.findall(text):
        plain = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
        yield name.lower(), plain
