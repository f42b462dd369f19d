# SPDX-License-Identifier: EUPL-1.2
"""What changed, numbered per pod, in the same commit as the change itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from pod.contents import next_seq
from pod.database import Tx
from pod.instant import Instant
from pod.iri import Iri


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened in a pod; `kind` is an ActivityStreams type name."""

    pod: Iri
    seq: int
    kind: str
    object: str
    happened: Instant


async def record(tx: Tx, pod: Iri, kind: str, object_: str, now: Instant) -> int:
    """Number the change and keep it to be told. The number is the version of what it made."""
    seq = await next_seq(tx, pod)
    await tx.run(
        "INSERT INTO outbox (pod, seq, kind, object, happened)"
        " VALUES (:pod, :seq, :kind, :object, :now)",
        pod=pod,
        seq=seq,
        kind=kind,
        object=object_,
        now=now,
    )
    return seq


async def since(tx: Tx, pod: Iri, seq: int, limit: int = 100) -> Sequence[Change]:
    """What happened after that number, oldest first."""
    rows = await tx.all(
        "SELECT pod, seq, kind, object, happened FROM outbox"
        " WHERE pod = :pod AND seq > :seq ORDER BY seq LIMIT :limit",
        pod=pod,
        seq=seq,
        limit=limit,
    )
    return [Change(r["pod"], r["seq"], r["kind"], r["object"], r["happened"]) for r in rows]
