# SPDX-License-Identifier: EUPL-1.2
"""The access log: who used which permit, when, why. One hash chain per pod (domain.md §5)."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import orjson
import rfc8785

from acl.permit import Ground
from identity.who import Who
from pod import clock
from pod.database import Tx
from pod.instant import Instant, text_of
from pod.iri import Iri

GENESIS = "0" * 64
# Beyond this JSON's numbers are not exact (RFC 8785 §3.2.2.3).
_EXACT = 2**53
# What only an entry that a register outside pushed has (domain.md §5).
EXTERNAL = "external"


@dataclass(frozen=True, slots=True)
class Use:
    """One decision on pod data by somebody other than its owner, allowed or denied."""

    pod: Iri
    resource: Iri
    action: str
    outcome: str
    status: int
    who: Who
    ground: Ground | None
    version: str | None = None
    properties: tuple[str, ...] | None = None
    reason: str | None = None


def new_id(base: Iri) -> Iri:
    """KC-4: an opaque name for an entry, 128 bits random."""
    return Iri(f"{base}.consent/log/{secrets.token_urlsafe(16)}")


def chained(entry: Mapping[str, object]) -> str:
    """KC-22: SHA-256 over the canonical JSON (RFC 8785) of the entry without `hash`."""
    plain = {key: value for key, value in entry.items() if key != "hash"}
    return sha256(_canonical(plain)).hexdigest()


def _canonical(plain: dict[str, object]) -> bytes:
    # For texts, lists of texts and whole numbers, sorted JSON without spaces is RFC 8785's form;
    # orjson writes it thirty times as fast, and a test compares the two.
    if all(key.isascii() for key in plain) and all(map(_is_plain, plain.values())):
        return _written(plain)
    return rfc8785.dumps(plain)  # type: ignore[arg-type]  # its JSON type is recursive


def _written(plain: dict[str, object]) -> bytes:
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)


def _is_plain(value: object) -> bool:
    if value is None or isinstance(value, str):
        return True
    if isinstance(value, int):
        return -_EXACT < value < _EXACT
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


@dataclass(frozen=True, slots=True)
class Note:
    """An entry about to be written: what happened, its name, and when.

    `members` stand in the entry beside those that every entry has.
    """

    use: Use
    id: Iri
    moment: Instant
    members: Mapping[str, object] | None = None


async def record_use(
    tx: Tx, use: Use, entry_id: Iri, moment: Instant, *, marked: bool = False
) -> None:
    """Add the entry to its pod's chain, in the commit of what it tells about.

    `moment` is the time of consent (pod/clock.py), read in this same transaction; `marked` when
    that has moved the clock's mark already. The pod's number of the last entry is taken under
    the pod's write lock, so numbers have no gap.
    """
    await record_all(tx, use.pod, [Note(use, entry_id, moment)], marked=marked)


async def record_all(tx: Tx, pod: Iri, notes: Sequence[Note], *, marked: bool = False) -> None:
    """Add these to the chain of one pod, in this order."""
    last = await tx.one(
        "SELECT seq, hash FROM journal WHERE pod = :pod ORDER BY seq DESC LIMIT 1", pod=pod
    )
    seq, prev = (0, GENESIS) if last is None else (int(last["seq"]), str(last["hash"]))
    for note in notes:
        seq += 1
        prev = await _keep(tx, note, seq, prev)
    if notes and not marked:
        await clock.mark(tx, max(note.moment for note in notes))


async def _keep(tx: Tx, note: Note, seq: int, prev: str) -> str:
    ground = note.use.ground
    entry = _entry(note.use, note.id, note.moment, seq, prev) | dict(note.members or {})
    # Our own members are texts, lists of texts and small numbers: their form is known.
    text = _canonical(entry) if note.members else _written(entry)
    hash_ = sha256(text).hexdigest()
    await tx.run(
        "INSERT INTO journal (pod, seq, id, time, agency, grant_id, outcome, external, hash,"
        " entry) VALUES (:pod, :seq, :id, :time, :agency, :grant, :outcome, :external, :hash,"
        " :entry)",
        pod=note.use.pod,
        seq=seq,
        id=note.id,
        time=note.moment,
        agency=ground.agency if ground else None,
        grant=ground.grant if ground else None,
        outcome=note.use.outcome,
        external=int(EXTERNAL in entry),
        hash=hash_,
        # The hash goes in at the end: the members have no order (RFC 8259 §4).
        entry=f'{text.decode()[:-1]},"hash":"{hash_}"}}',
    )
    return hash_


def _entry(use: Use, entry_id: Iri, moment: Instant, seq: int, prev: str) -> dict[str, object]:
    ground = use.ground
    return {
        "id": entry_id,
        "seq": seq,
        "time": text_of(moment),
        "resource": use.resource,
        "version": use.version,
        "properties": None if use.properties is None else sorted(use.properties),
        "action": use.action,
        "outcome": use.outcome,
        "status": use.status,
        "reason": use.reason,
        "agent": use.who.webid,
        "client": use.who.client,
        "agency": ground.agency if ground else None,
        "employee": use.who.named.employee,
        "onBehalfOf": None,
        "lane": ground.lane if ground else "shared",
        "grant": ground.grant if ground else None,
        "purpose": ground.purpose if ground else None,
        "legalBasis": ground.legal_basis if ground else None,
        "case": ground.case if ground else None,
        "requestId": use.who.request_id,
        "prev": prev,
    }
