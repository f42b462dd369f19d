# SPDX-License-Identifier: EUPL-1.2
"""Units of work: shared commits, lonely failures, and what a unit may not do."""

import asyncio
import sqlite3
from pathlib import Path

import aiosqlite
import pytest

from pod.database import Tx
from pod.errors import Clash, Unavailable
from pod.schema import STEPS, migrate
from pod.sqlite import MisusedTransaction, Sqlite, open_sqlite


async def _add(tx: Tx, name: str) -> int:
    await tx.run("INSERT INTO serial (name, last) VALUES (:name, 1)", name=name)
    row = await tx.one("SELECT count(*) AS n FROM serial")
    assert row is not None
    return int(row["n"])


async def _add_and_fail(tx: Tx, name: str) -> None:
    await _add(tx, name)
    raise Clash("on purpose")


async def _names(tx: Tx) -> set[str]:
    return {row["name"] for row in await tx.all("SELECT name FROM serial")}


async def test_32_units_at_once_share_fewer_commits_than_units(db: Sqlite) -> None:
    before = db.commits

    await asyncio.gather(*(db.write(None, _add, f"n{i}") for i in range(32)))

    assert await db.read(_names) == {f"n{i}" for i in range(32)}
    assert 0 < db.commits - before < 32


async def test_a_failing_unit_is_rolled_back_alone(db: Sqlite) -> None:
    units = [db.write(None, _add, f"n{i}") for i in range(15)]
    failing = db.write(None, _add_and_fail, "bad")

    results = await asyncio.gather(*units[:7], failing, *units[7:], return_exceptions=True)

    assert [type(r) for r in results].count(Clash) == 1
    assert await db.read(_names) == {f"n{i}" for i in range(15)}


async def test_what_a_write_returned_is_there_for_another_connection(
    db: Sqlite, tmp_path: Path
) -> None:
    await db.write(None, _add, "kept")

    with sqlite3.connect(tmp_path / "kluis.db") as other:
        assert other.execute("SELECT name FROM serial").fetchall() == [("kept",)]


async def test_a_unit_that_waits_for_something_else_is_refused(db: Sqlite) -> None:
    async def sleepy(tx: Tx) -> None:
        await _add(tx, "never")
        await asyncio.sleep(0)

    with pytest.raises(MisusedTransaction):
        await db.write(None, sleepy)

    assert await db.read(_names) == set()


@pytest.mark.parametrize("statement", ["BEGIN", "commit", " ROLLBACK", "SAVEPOINT x", "RELEASE x"])
async def test_a_unit_may_not_end_transactions(db: Sqlite, statement: str) -> None:
    async def meddling(tx: Tx) -> None:
        await tx.run(statement)

    with pytest.raises(MisusedTransaction):
        await db.write(None, meddling)


async def test_a_read_unit_cannot_write(db: Sqlite) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await db.read(_add, "x")


async def test_a_keyboard_interrupt_inside_a_unit_reaches_the_waiter_as_an_error(
    db: Sqlite,
) -> None:
    async def interrupted(tx: Tx) -> None:
        raise KeyboardInterrupt

    with pytest.raises(RuntimeError, match="broken off"):
        await db.write(None, interrupted)

    assert await db.write(None, _add, "after") == 1


async def test_a_cancelled_waiter_that_never_ran_changes_nothing(db: Sqlite) -> None:
    first = asyncio.create_task(db.write(None, _add, "first"))
    second = asyncio.create_task(db.write(None, _add, "second"))
    second.cancel()

    await asyncio.gather(first, second, return_exceptions=True)

    assert "first" in await db.read(_names)


async def test_every_waiter_of_a_locked_database_gets_an_error_of_its_own(
    db: Sqlite, tmp_path: Path
) -> None:
    await db._writer.execute_fetchall("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(tmp_path / "kluis.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    results = await asyncio.gather(
        *(db.write(None, _add, f"n{i}") for i in range(4)), return_exceptions=True
    )
    other.execute("ROLLBACK")
    other.close()

    assert all(isinstance(result, Unavailable) for result in results)
    assert len({id(result) for result in results}) == 4
    assert await db.write(None, _add, "later") == 1


async def test_a_closed_database_answers_instead_of_hanging(tmp_path: Path) -> None:
    database = await open_sqlite(tmp_path / "other.db")
    await migrate(database)
    await database.close()

    with pytest.raises(Unavailable):
        await database.write(None, _add, "x")
    with pytest.raises(Unavailable):
        await database.read(_names)


async def test_a_newer_schema_is_refused_with_one_sentence(tmp_path: Path) -> None:
    database = await open_sqlite(tmp_path / "newer.db")
    await migrate(database)

    async def pretend(tx: Tx) -> None:
        await tx.run("INSERT INTO schema_step (step) VALUES (:step)", step=len(STEPS) + 1)

    await database.write(None, pretend)
    with pytest.raises(Unavailable, match="newer Kluis"):
        await migrate(database)
    await database.close()


def test_the_private_door_of_aiosqlite_is_still_there() -> None:
    assert callable(aiosqlite.Connection._execute)
    assert isinstance(aiosqlite.Connection._conn, property)
