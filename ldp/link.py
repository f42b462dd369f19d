# SPDX-License-Identifier: EUPL-1.2
"""The Link header as far as a request uses it: which types a new resource shall have."""

import re
from collections.abc import Iterable

_LINK = re.compile(r"<([^<>\"\s]{1,2048})>((?:\s*;\s*[A-Za-z*]+\s*=\s*(?:\"[^\"]*\"|[^\s\",;]+))*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+))", re.IGNORECASE)


def types_of(values: Iterable[str]) -> frozenset[str]:
    """The targets with rel=type (RFC 8288); whatever does not parse is ignored."""
    return frozenset(
        match.group(1)
        for value in values
        for match in _LINK.finditer(value)
        if "type" in _relations(match.group(2))
    )


def _relations(parameters: str) -> list[str]:
    match = _REL.search(parameters)
    return [] if match is None else (match.group(1) or match.group(2) or "").lower().split()
