# SPDX-License-Identifier: EUPL-1.2
"""The tables, as numbered steps, oldest first. A step that was released is never edited."""

from pod.consent_tables import CONSENT
from pod.database import Database, Tx
from pod.errors import Unavailable
from pod.tables import DATA, IDENTITY

STEPS: tuple[str, ...] = (IDENTITY + DATA + CONSENT,)


async def migrate(db: Database) -> None:
    """Bring an older or empty database up to date; refuse one that a newer Kluis has written."""
    await db.write(None, _migrate)


async def _migrate(tx: Tx) -> None:
    await tx.run("CREATE TABLE IF NOT EXISTS schema_step (step INTEGER PRIMARY KEY)")
    row = await tx.one("SELECT COALESCE(MAX(step), 0) AS step FROM schema_step")
    done = 0 if row is None else int(row["step"])
    if done > len(STEPS):
        raise Unavailable(
            f"This data folder is at schema step {done}, this Kluis knows {len(STEPS)}:"
            " start it with a newer Kluis, or give another --data.",
            problem="newer-schema",
        )
    for number, step in enumerate(STEPS[done:], done + 1):
        for statement in step.split(";\n"):
            if statement.strip():
                await tx.run(statement)
        await tx.run("INSERT INTO schema_step (step) VALUES (:number)", number=number)


async def holdings(tx: Tx) -> str:
    """How much of what an operator knows by name is in here, in words."""
    told = []
    for one, many, table in _COUNTED:
        row = await tx.one(f"SELECT count(*) AS number FROM {table}")  # noqa: S608 - constant names
        number = 0 if row is None else int(row["number"])
        told.append(f"{number} {one if number == 1 else many}")
    return ", ".join(told)


_COUNTED = (
    ("pod", "pods", "pod"),
    ("agency", "agencies", "agency"),
    ("purpose", "purposes", "purpose"),
)
