# SPDX-License-Identifier: EUPL-1.2
"""Who changed which ACL into what, and when: kept in the commit of the change (WAC-36)."""

from dataclasses import dataclass

from identity.who import ANYONE, Who
from pod.database import Tx
from pod.instant import Instant
from pod.iri import Iri, storage_of
from pod.resource import Resource


async def record_change(tx: Tx, acl: Resource, who: Who, *, created: bool) -> None:
    """The new state of an ACL; its version is the pod's number of this change."""
    body = (acl.body or b"").decode("utf-8", "replace")
    kind = "create" if created else "update"
    await _record(tx, acl.iri, acl.version, acl.modified, who, kind, acl.media_type, body)


async def record_removal(tx: Tx, acl: Iri, who: Who, now: Instant) -> None:
    """An ACL is gone; called after the change that took it away was numbered."""
    row = await tx.one("SELECT seq FROM pod WHERE iri = :pod", pod=storage_of(acl))
    seq = 0 if row is None else int(row["seq"])
    await _record(tx, acl, seq, now, who, "delete", "", "")


async def record_restored(tx: Tx, acl: Resource) -> None:
    """The server put a lost ACL back (WAC-25)."""
    body = (acl.body or b"").decode("utf-8", "replace")
    await _record(tx, acl.iri, acl.version, acl.modified, ANYONE, "restore", acl.media_type, body)


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the record, without the text that the ACL then had."""

    iri: Iri
    time: Instant
    kind: str
    webid: str | None
    client: str | None


async def changes_of(tx: Tx, pod: Iri) -> list[Change] | None:
    """All changes of a pod's ACLs, oldest first; None when there is no such pod."""
    if await tx.one("SELECT 1 AS there FROM pod WHERE iri = :pod", pod=pod) is None:
        return None
    rows = await tx.all(
        "SELECT iri, time, kind, webid, client FROM acl_change WHERE pod = :pod ORDER BY seq",
        pod=pod,
    )
    return [
        Change(row["iri"], row["time"], row["kind"], row["webid"], row["client"]) for row in rows
    ]


async def _record(
    tx: Tx, acl: Iri, seq: int, now: Instant, who: Who, kind: str, media_type: str, body: str
) -> None:
    await tx.run(
        "INSERT INTO acl_change (pod, seq, iri, version, time, webid, client, kind, media_type,"
        " body) VALUES (:pod, :seq, :iri, :seq, :now, :webid, :client, :kind, :media_type, :body)",
        pod=storage_of(acl),
        seq=seq,
        iri=acl,
        now=now,
        webid=who.webid,
        client=who.client,
        kind=kind,
        media_type=media_type,
        body=body,
    )
