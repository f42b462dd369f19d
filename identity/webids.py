# SPDX-License-Identifier: EUPL-1.2
"""Which WebIDs an account may sign in with (OP-22)."""

from pod.database import Tx
from pod.errors import Missing
from pod.instant import Instant


async def link(tx: Tx, id_: str, account: str, uri: str, kind: str, now: Instant) -> None:
    """Link a WebID that is the account's own, or whose control was proved."""
    await tx.run(
        "INSERT INTO webid (id, account, uri, kind, verified) VALUES (:id, :a, :uri, :kind, :now)"
        " ON CONFLICT (uri, account) DO NOTHING",
        id=id_,
        a=account,
        uri=uri,
        kind=kind,
        now=now,
    )


async def webids_of(tx: Tx, account: str) -> dict[str, str]:
    """WebID to the id of its link."""
    rows = await tx.all("SELECT id, uri FROM webid WHERE account = :a ORDER BY verified", a=account)
    return {row["uri"]: row["id"] for row in rows}


async def unlink(tx: Tx, account: str, id_: str) -> None:
    """ACC-12: tokens for this WebID end with the link, at the next request."""
    row = await tx.one("SELECT uri FROM webid WHERE id = :id AND account = :a", id=id_, a=account)
    if row is None:
        raise Missing("There is no such link.")
    await tx.run("DELETE FROM webid WHERE id = :id", id=id_)
