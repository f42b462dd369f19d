# SPDX-License-Identifier: EUPL-1.2
"""Resources as rows. Every change is numbered per pod and told to the outbox in its own commit."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pod.database import Row, Tx
from pod.errors import Missing
from pod.instant import Instant
from pod.iri import META, Iri, acl_of, is_auxiliary, ladder, parent, storage_of, subject_of
from pod.resource import Found, Member, Resource

INLINE = 64 * 1024
# ACLs and groups are read inside the unit that decides, so RDF stays in its row for longer.
INLINE_RDF = 256 * 1024

_COLUMNS = "pod, iri, media_type, body, blob, size, digest, version, modified"


def _resource(row: Row) -> Resource:
    return Resource(
        row["pod"],
        row["iri"],
        row["media_type"],
        row["body"],
        row["blob"],
        row["size"],
        row["digest"],
        row["version"],
        row["modified"],
    )


async def find(tx: Tx, iri: Iri) -> Found:
    """The resource, its description and the nearest ACL that speaks about it, in one query.

    WAC #effective-acl-resource: the closest document speaks alone; farther ones are not added.
    An ACL resource is governed by Control on its subject, so the walk begins at the subject.
    """
    pod = storage_of(iri)
    acls = [acl_of(step) for step in ladder(subject_of(iri))]
    values: dict[str, Any] = {f"a{number}": acl for number, acl in enumerate(acls)}
    names = ", ".join(f":{name}" for name in values)
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM resource WHERE pod = :pod AND iri IN (:target, :meta, {names})",  # noqa: S608 - only numbered placeholders are put in
        pod=pod,
        target=iri,
        meta=iri + META,
        **values,
    )
    kept = {row["iri"]: row for row in rows}
    row, description = kept.get(iri), kept.get(iri + META)
    nearest = next((kept[acl] for acl in acls if acl in kept), None)
    return Found(
        iri,
        pod,
        None if row is None else _resource(row),
        None if nearest is None else _resource(nearest),
        None if description is None else _resource(description),
    )


async def fetch(tx: Tx, iri: Iri) -> Resource | None:
    """The resource alone."""
    row = await tx.one(
        f"SELECT {_COLUMNS} FROM resource WHERE pod = :pod AND iri = :iri",  # noqa: S608 - a constant list of columns
        pod=storage_of(iri),
        iri=iri,
    )
    return None if row is None else _resource(row)


async def exists(tx: Tx, iri: Iri) -> bool:
    """Whether something is kept under exactly this name."""
    sql = "SELECT 1 AS there FROM resource WHERE pod = :pod AND iri = :iri"
    return await tx.one(sql, pod=storage_of(iri), iri=iri) is not None


async def was_used(tx: Tx, iri: Iri) -> bool:
    """SP-17: whether something that was deleted had this name; POST never mints it again."""
    sql = "SELECT 1 AS there FROM tombstone WHERE pod = :pod AND iri = :iri"
    return await tx.one(sql, pod=storage_of(iri), iri=iri) is not None


async def members(tx: Tx, container: Iri) -> list[Member]:
    """What the container holds, by name (SP-29: ACLs and descriptions are not listed)."""
    rows = await tx.all(
        "SELECT iri, media_type, size, modified FROM resource"
        " WHERE pod = :pod AND parent = :parent ORDER BY iri",
        pod=storage_of(container),
        parent=container,
    )
    return [Member(row["iri"], row["media_type"], row["size"], row["modified"]) for row in rows]


async def has_members(tx: Tx, container: Iri) -> bool:
    """Whether the container holds anything; costs the same for one member and a million."""
    sql = "SELECT 1 AS there FROM resource WHERE pod = :pod AND parent = :parent LIMIT 1"
    return await tx.one(sql, pod=storage_of(container), parent=container) is not None


async def next_seq(tx: Tx, pod: Iri) -> int:
    """Number the next change of *pod*.

    The pod's row stays locked until commit, so numbers follow the order of commits.
    """
    row = await tx.one("UPDATE pod SET seq = seq + 1 WHERE iri = :pod RETURNING seq", pod=pod)
    if row is None:
        raise Missing("There is no pod by that name.")
    return int(row["seq"])


@dataclass(frozen=True, slots=True)
class Filled:
    """By how much a write made its pod larger, how large it is now, and its own limit if any."""

    grown: int
    used: int
    quota: int | None


async def put(tx: Tx, resource: Resource) -> Filled:
    """Keep this resource under its name, new or in place of what was there."""
    old = await tx.one(
        "SELECT size FROM resource WHERE pod = :pod AND iri = :iri",
        pod=resource.pod,
        iri=resource.iri,
    )
    above = None if is_auxiliary(resource.iri) else parent(resource.iri)
    await tx.run(
        f"INSERT INTO resource ({_COLUMNS}, parent) VALUES (:pod, :iri, :media_type, :body, :blob,"  # noqa: S608 - a constant list of columns
        " :size, :digest, :version, :modified, :parent) ON CONFLICT (pod, iri) DO UPDATE SET"
        " media_type = excluded.media_type, body = excluded.body, blob = excluded.blob,"
        " size = excluded.size, digest = excluded.digest, version = excluded.version,"
        " modified = excluded.modified",
        pod=resource.pod,
        iri=resource.iri,
        media_type=resource.media_type,
        body=resource.body,
        blob=resource.blob,
        size=resource.size,
        digest=resource.digest,
        version=resource.version,
        modified=resource.modified,
        parent=above,
    )
    return await _count(tx, resource.pod, resource.size - (int(old["size"]) if old else 0))


async def _count(tx: Tx, pod: Iri, grown: int) -> Filled:
    """A8: the pod's size moves with each write, so that none has to add it all up."""
    row = await tx.one(
        "UPDATE pod SET used = used + :grown WHERE iri = :pod RETURNING used, quota",
        grown=grown,
        pod=pod,
    )
    if row is None:
        return Filled(grown, 0, None)
    return Filled(grown, int(row["used"]), row["quota"])


async def filled(tx: Tx, pod: Iri) -> Filled:
    """How full the pod is."""
    row = await tx.one("SELECT used, quota FROM pod WHERE iri = :pod", pod=pod)
    return Filled(0, 0, None) if row is None else Filled(0, int(row["used"]), row["quota"])


async def touch(tx: Tx, container: Iri, version: int) -> None:
    """Decision 43: a member's listed facts changed, so the listing has a new version."""
    await tx.run(
        "UPDATE resource SET version = :version WHERE pod = :pod AND iri = :iri",
        version=version,
        pod=storage_of(container),
        iri=container,
    )


async def touch_membership(tx: Tx, container: Iri, version: int, now: Instant) -> None:
    """A member came or went: only that moves the container's own date (SP-34)."""
    await tx.run(
        "UPDATE resource SET version = :version, modified = :now WHERE pod = :pod AND iri = :iri",
        version=version,
        now=now,
        pod=storage_of(container),
        iri=container,
    )


async def remove(tx: Tx, iri: Iri, now: Instant) -> list[str]:
    """Take the resource and its auxiliaries away for good; the blobs that nobody names now.

    SP-71: auxiliaries go with their subject. SP-17: the name alone is remembered.
    """
    rows = await tx.all(
        "DELETE FROM resource WHERE pod = :pod AND iri IN (:iri, :acl, :meta) RETURNING blob, size",
        pod=storage_of(iri),
        iri=iri,
        acl=acl_of(iri),
        meta=iri + META,
    )
    await tx.run(
        "INSERT INTO tombstone (pod, iri, deleted) VALUES (:pod, :iri, :now)"
        " ON CONFLICT (pod, iri) DO UPDATE SET deleted = excluded.deleted",
        pod=storage_of(iri),
        iri=iri,
        now=now,
    )
    await _count(tx, storage_of(iri), -sum(int(row["size"]) for row in rows))
    return [row["blob"] for row in rows if row["blob"] is not None]


async def existing(tx: Tx, names: Iterable[Iri]) -> set[Iri]:
    """Which of these names are taken, in one query; all lie in one pod."""
    values = {f"n{number}": name for number, name in enumerate(names)}
    if not values:
        return set()
    places = ", ".join(f":{name}" for name in values)
    rows = await tx.all(
        f"SELECT iri FROM resource WHERE pod = :pod AND iri IN ({places})",  # noqa: S608 - only numbered placeholders are put in
        pod=storage_of(next(iter(values.values()))),
        **values,
    )
    return {row["iri"] for row in rows}
