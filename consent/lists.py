# SPDX-License-Identifier: EUPL-1.2
"""Lists newest first: their numbers, pages and cursors (KC-5)."""

from dataclasses import dataclass

from pod.database import Tx
from pod.errors import Unreadable


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: how many, after which item (KC-5)."""

    limit: int = 50
    after: str | None = None


async def next_number(tx: Tx, name: str) -> int:
    """The next of a row of numbers; lists are in this order."""
    row = await tx.one(
        "INSERT INTO serial (name, last) VALUES (:name, 1)"
        " ON CONFLICT (name) DO UPDATE SET last = serial.last + 1 RETURNING last",
        name=name,
    )
    if row is None:
        raise LookupError("a number that was taken is not there")
    return int(row["last"])


async def before(tx: Tx, table: str, after: str | None) -> int:
    """The number that a cursor stands for; Unreadable for a cursor that we did not give."""
    if after is None:
        return 2**62
    row = await tx.one(f"SELECT seq FROM {table} WHERE id = :id", id=after)  # noqa: S608 - one of our own table names
    if row is None:
        raise Unreadable("There is no such place in the list.", problem="bad-cursor")
    return int(row["seq"])
