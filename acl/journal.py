# SPDX-License-Identifier: EUPL-1.2
"""The access log: who used which permit, when, why. One hash chain per pod (domain.md §5)."""

import secrets
from collections.abc import Mapping
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
    return sha256(rfc8785.dumps(plain)).hexdigest()  # type: ignore[arg-type]  # its JSON type is recursive


async def record_use(tx: Tx, use: Use, entry_id: Iri, moment: Instant) -> None:
    """Add the entry to its pod's chain, in the commit of what it tells about.

    `moment` is the time of consent (pod/clock.py), read in this same transaction. The pod's
    number of the last entry is taken under the pod's write lock, so numbers have no gap.
    """
    last = await tx.one(
        "SELECT seq, hash FROM journal WHERE pod = :pod ORDER BY seq DESC LIMIT 1", pod=use.pod
    )
    seq, prev = (1, GENESIS) if last is None else (int(last["seq"]) + 1, str(last["hash"]))
    entry = _entry(use, entry_id, moment, seq, prev)
    entry["hash"] = chained(entry)
    await tx.run(
        "INSERT INTO journal (pod, seq, id, time, agency, grant_id, outcome, hash, entry)"
        " VALUES (:pod, :seq, :id, :time, :agency, :grant, :outcome, :hash, :entry)",
        pod=use.pod,
        seq=seq,
        id=entry_id,
        time=moment,
        agency=use.ground.agency if use.ground else None,
        grant=use.ground.grant if use.ground else None,
        outcome=use.outcome,
        hash=str(entry["hash"]),
        entry=orjson.dumps(entry).decode(),
    )
    await clock.mark(tx, moment)


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
