# SPDX-License-Identifier: EUPL-1.2
"""One look at the rows within one decision: the same question once, another one anew."""

from consent.grants.snapshot import Snapshot
from pod.database import Tx

from .conftest import Village

PAIR = "SELECT :a AS a, :b AS b"


async def test_the_order_in_which_values_are_named_makes_no_other_question_the_same(
    village: Village,
) -> None:
    async def work(tx: Tx) -> list[tuple[int, int]]:
        look = Snapshot(tx)
        rows = [await look.one(PAIR, a=1, b=2), await look.one(PAIR, b=1, a=2)]
        return [(row["a"], row["b"]) for row in rows if row is not None]

    assert await village.db.read(work) == [(1, 2), (2, 1)]


async def test_the_same_question_is_asked_once_until_something_is_written(village: Village) -> None:
    async def work(tx: Tx) -> list[int]:
        look, found = Snapshot(tx), []
        for step in ("first", "again", "written"):
            if step == "again":
                # Past the look: what is remembered is not seen to change.
                await tx.run("UPDATE pod SET seq = seq + 1")
            if step == "written":
                await look.run("UPDATE pod SET seq = seq + 1")
            row = await look.one("SELECT SUM(seq) AS n FROM pod")
            found.append(0 if row is None else int(row["n"]))
        return found

    first, again, written = await village.db.write(None, work)

    assert first == again
    assert written > first
