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


async def unlink(tx: Tx, account: str, id_: str, now: Instant) -> None:
    """ACC-12: tokens and credentials for this WebID end with the link, for good.

    Linking it again later starts anew: nothing that was given out before comes back to life.
    """
    row = await tx.one("SELECT uri FROM webid WHERE id = :id AND account = :a", id=id_, a=account)
    if row is None:
        raise Missing("There is no such link.")
    uri = row["uri"]
    await tx.run(
        # A remembered app is forgotten too, or linking again would bring it back.
        "UPDATE client_access SET ended = COALESCE(ended, :now), remembered = 0"
        " WHERE account = :a AND webid = :uri",
        now=now,
        a=account,
        uri=uri,
    )
    await tx.run("DELETE FROM credential WHERE account = :a AND webid = :uri", a=account, uri=uri)
    await tx.run("DELETE FROM webid WHERE id = :id", id=id_)
