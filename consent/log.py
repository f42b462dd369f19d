# SPDX-License-Identifier: EUPL-1.2
"""Reading the access log: the owner all of it, an agency its own entries (KC-22, KC-23)."""

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

import orjson
import rfc8785

from acl.journal import GENESIS
from consent.caller import caller_of, owns
from consent.house import House
from consent.lists import Page, before
from identity.who import Who
from pod import clock
from pod.database import Tx
from pod.errors import Missing
from pod.instant import Instant, text_of

Entry = dict[str, object]

MEMBERS = (
    "id", "seq", "time", "resource", "version", "properties", "action", "outcome", "status",
    "reason", "agent", "client", "agency", "employee", "onBehalfOf", "lane", "grant", "purpose",
    "legalBasis", "case", "requestId", "prev", "hash",
)  # fmt: skip
# Decision 40: numbers would tell an agency how often others read.
OWNERS_ONLY = ("seq", "prev", "hash")
PIECE = 500


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries; None is no condition, `start` is inclusive and `end` is not."""

    start: Instant | None = None
    end: Instant | None = None
    agency: str | None = None
    grant: str | None = None
    outcome: str | None = None


async def entries(house: House, who: Who, pod: str, filters: Filter, page: Page) -> Sequence[Entry]:
    """Newest first. Nothing, for a pod that is not there or not theirs (KC-5)."""
    return await house.db.read(_entries, who, pod, filters, page, house)


async def _entries(
    tx: Tx, who: Who, pod: str, filters: Filter, page: Page, house: House
) -> Sequence[Entry]:
    caller = await caller_of(tx, who, house.base)
    owner = await owns(tx, caller.webid, pod)
    if owner and (caller.decides or caller.agency is None):
        caller.subject()
        return await _rows(tx, pod, filters, filters.agency, page)
    if caller.agency is None:
        caller.subject()
        return []
    if filters.agency not in (None, caller.agency):
        return []
    rows = await _rows(tx, pod, filters, caller.agency, page)
    return [{k: v for k, v in entry.items() if k not in OWNERS_ONLY} for entry in rows]


async def _rows(tx: Tx, pod: str, filters: Filter, agency: str | None, page: Page) -> list[Entry]:
    rows = await tx.all(
        "SELECT entry FROM journal WHERE pod = :pod AND seq < :before"
        " AND (:agency = '' OR agency = :agency) AND (:grant = '' OR grant_id = :grant)"
        " AND (:outcome = '' OR outcome = :outcome) AND time >= :start AND time < :end"
        " ORDER BY seq DESC LIMIT :limit",
        pod=pod,
        before=await before(tx, "journal", page.after),
        agency=agency or "",
        grant=filters.grant or "",
        outcome=filters.outcome or "",
        start=filters.start or 0,
        end=2**62 if filters.end is None else filters.end,
        limit=page.limit,
    )
    return [orjson.loads(row["entry"]) for row in rows]


def as_csv(entries_: Sequence[Entry], *, owner: bool) -> bytes:
    """The entries as a table. What could be a formula in a spreadsheet is made plain text."""
    names = [name for name in MEMBERS if owner or name not in OWNERS_ONLY]
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(names)
    for entry in entries_:
        table.writerow([_cell(entry.get(name)) for name in names])
    return text.getvalue().encode()


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = " ".join(str(item) for item in value) if isinstance(value, list) else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


async def head(house: House, who: Who, pod: str) -> dict[str, object]:
    """The payload of the head: where the chain stands now; the owner's alone."""
    return await house.db.read(_head, who, pod, house)


async def _head(tx: Tx, who: Who, pod: str, house: House) -> dict[str, object]:
    caller = await caller_of(tx, who, house.base)
    if not await owns(tx, caller.webid, pod):
        raise Missing("There is no log of yours by that name.")
    caller.subject()
    last = await tx.one(
        "SELECT seq, hash FROM journal WHERE pod = :pod ORDER BY seq DESC LIMIT 1", pod=pod
    )
    return {
        "pod": pod,
        "seq": 0 if last is None else last["seq"],
        "hash": GENESIS if last is None else last["hash"],
        "time": text_of(await clock.instant(tx, house.now())),
    }


def signed(house: House, payload: Mapping[str, object]) -> str:
    """The compact JWS of an answer of ours."""
    return house.signer.sign(rfc8785.dumps(dict(payload)))  # type: ignore[arg-type]  # its JSON type is recursive


async def export(house: House, who: Who, pod: str) -> AsyncIterator[bytes]:
    """One entry per line, oldest first, and the signed head of exactly these last."""
    payload = await head(house, who, pod)
    return _lines(house, pod, payload)


async def _lines(house: House, pod: str, payload: Mapping[str, object]) -> AsyncIterator[bytes]:
    last, end = 0, int(str(payload["seq"]))
    while last < end:
        rows = await house.db.read(_piece, pod, last, end)
        if not rows:
            break
        last = rows[-1][0]
        yield b"".join(entry.encode() + b"\n" for _, entry in rows)
    yield orjson.dumps({"payload": dict(payload), "jws": signed(house, payload)}) + b"\n"


async def _piece(tx: Tx, pod: str, last: int, end: int) -> list[tuple[int, str]]:
    rows = await tx.all(
        "SELECT seq, entry FROM journal WHERE pod = :pod AND seq > :last AND seq <= :end"
        " ORDER BY seq LIMIT :piece",
        pod=pod,
        last=last,
        end=end,
        piece=PIECE,
    )
    return [(row["seq"], row["entry"]) for row in rows]
