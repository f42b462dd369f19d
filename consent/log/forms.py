# SPDX-License-Identifier: EUPL-1.2
"""The entries of the log in their forms: a table, and PROV with DPV's record of the DGA, pure."""

import csv
import io
from collections.abc import Mapping, Sequence

from acl.journal import EXTERNAL

Entry = dict[str, object]

MEMBERS = (
    "id", "seq", "time", "resource", "version", "properties", "action", "outcome", "status",
    "reason", "agent", "client", "agency", "employee", "onBehalfOf", "lane", "grant", "purpose",
    "legalBasis", "case", "requestId", "prev", "hash",
)  # fmt: skip
# Decision 40: numbers would tell an agency how often others read.
OWNERS_ONLY = ("seq", "prev", "hash")
# DGA article 12: the log of an intermediary, as DPV names it.
RECORD = ("dga:DataIntermediationRecord", "prov:Activity")
INTERMEDIARY = "dga:DISPForDataSubject"


def as_records(base: str, entries_: Sequence[Entry]) -> Entry:
    """The entries as linked data: each an activity, kept by an intermediary (domain.md 3.1)."""
    return {
        "intermediary": {"id": base, "@type": INTERMEDIARY},
        "items": [_record(entry) for entry in entries_],
    }


def _record(entry: Mapping[str, object]) -> Entry:
    # The agency answers for the use, as the agent does; the context says the rest.
    return {"@type": list(RECORD), **entry, "associated": entry.get("agency")}


def as_csv(entries_: Sequence[Entry], *, owner: bool) -> bytes:
    """The entries as a table. What could be a formula in a spreadsheet is made plain text."""
    names = [name for name in (*MEMBERS, EXTERNAL) if owner or name not in OWNERS_ONLY]
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(names)
    for entry in entries_:
        table.writerow([cell(entry.get(name)) for name in names])
    return text.getvalue().encode()


def cell(value: object) -> str:
    """A value as a spreadsheet may have it; what could be a formula is made plain text."""
    if value is None:
        return ""
    text = _text(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _text(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name}={_text(item)}" for name, item in value.items() if item is not None)
    return " ".join(str(item) for item in value) if isinstance(value, list) else str(value)
