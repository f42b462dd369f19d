# SPDX-License-Identifier: EUPL-1.2
"""Large bodies that no row names: left behind by a crash, dropped at the next start."""

from pod.database import Database, Tx
from pod.files import Files


async def sweep(db: Database, files: Files) -> int:
    """Delete orphaned bodies; how many. Only safe while no upload is under way."""
    named = await db.read(_named)
    orphans = files.names() - named
    await files.drop(orphans)
    return len(orphans)


async def _named(tx: Tx) -> set[str]:
    rows = await tx.all("SELECT blob FROM resource WHERE blob IS NOT NULL")
    return {row["blob"] for row in rows}
