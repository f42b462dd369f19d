# SPDX-License-Identifier: EUPL-1.2
"""A container's members a page at a time, by name: each page costs the same, however many."""

from collections.abc import Sequence

from pod.database import Tx
from pod.iri import Iri, storage_of
from pod.resource import Member


async def page_of(tx: Tx, container: Iri, after: str, limit: int) -> Sequence[Member]:
    """The next members by name (SP-29: ACLs and descriptions are not listed)."""
    rows = await tx.all(
        "SELECT iri, media_type, size, modified FROM resource"
        " WHERE pod = :pod AND parent = :parent AND iri > :after ORDER BY iri LIMIT :limit",
        pod=storage_of(container),
        parent=container,
        after=after,
        limit=limit,
    )
    return [Member(row["iri"], row["media_type"], row["size"], row["modified"]) for row in rows]


async def count_of(tx: Tx, container: Iri) -> int:
    """How many members there are, without looking at any."""
    row = await tx.one(
        "SELECT COUNT(*) AS number FROM resource WHERE pod = :pod AND parent = :parent",
        pod=storage_of(container),
        parent=container,
    )
    return 0 if row is None else int(row["number"])


async def version_of(tx: Tx, container: Iri) -> int | None:
    """Decision 43: the listing's version; None when the container is gone."""
    row = await tx.one(
        "SELECT version FROM resource WHERE pod = :pod AND iri = :iri",
        pod=storage_of(container),
        iri=container,
    )
    return None if row is None else int(row["version"])
