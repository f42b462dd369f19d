# SPDX-License-Identifier: EUPL-1.2
"""The embedded database: units of work run on aiosqlite's threads, commits are shared."""

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from pod.database import Database, P, Row, T, Value, Work
from pod.errors import Unavailable

BATCH_UNITS = 64
BATCH_SECONDS = 0.02
READERS = 2

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # decision 25: a 2xx survives a power cut
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -16000",
)
_RESERVED = ("BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT", "RELEASE")

R = TypeVar("R")


class MisusedTransaction(RuntimeError):
    """A unit of work did what only its database may do: a fault in our own code."""


class _DirectTx:
    """Statements on a connection, spoken on its own thread: nothing here ever really waits."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def one(self, sql: str, /, **values: Value) -> Row | None:
        row: Row | None = self._execute(sql, values).fetchone()
        return row

    async def all(self, sql: str, /, **values: Value) -> Sequence[Row]:
        return self._execute(sql, values).fetchall()

    async def run(self, sql: str, /, **values: Value) -> int:
        return self._execute(sql, values).rowcount

    def _execute(self, sql: str, values: dict[str, Value]) -> sqlite3.Cursor:
        if sql.lstrip()[:9].upper().startswith(_RESERVED):
            raise MisusedTransaction("a unit of work does not begin or end transactions")
        return self._connection.execute(sql, values)


def _step(unit: Coroutine[Any, Any, R]) -> R:
    """Run a coroutine that only waits for a _DirectTx: one send takes it to its end."""
    try:
        unit.send(None)
    except StopIteration as done:
        result: R = done.value
        return result
    unit.close()
    raise MisusedTransaction("a unit of work waited for something other than its transaction")


def _as_exception(error: BaseException) -> Exception:
    """What may safely reach a future: KeyboardInterrupt and kin would end the event loop."""
    if isinstance(error, Exception):
        return error
    wrapped = RuntimeError(f"a unit of work was broken off by {type(error).__name__}")
    wrapped.__cause__ = error
    return wrapped


@dataclass(slots=True)
class _Unit:
    start: Callable[[_DirectTx], Coroutine[Any, Any, Any]]
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None

    def settle(self) -> None:
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


@dataclass(slots=True)
class Sqlite(Database):
    """One connection and thread that writes, a few that read snapshots.

    Units that wait at the same time travel together: the hop to the thread, the snapshot and the
    commit cost more than most units do.
    """

    _writer: aiosqlite.Connection
    _readers: tuple[aiosqlite.Connection, ...]
    _idle: list[aiosqlite.Connection]
    _reads: deque[_Unit] = field(default_factory=deque)
    _writes: deque[_Unit] = field(default_factory=deque)
    _drains: set[asyncio.Task[None]] = field(default_factory=set)
    _writing: bool = False
    _closed: bool = False
    commits: int = 0
    hops: int = 0

    async def read(self, work: Work[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        future = self._queue(self._reads, lambda tx: work(tx, *args, **kwargs))
        if self._idle:
            self._start(self._drain_reads(self._idle.pop()))
        result: T = await future
        return result

    async def write(
        self, pod: str | None, work: Work[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        # SQLite has one writer in all, so the pod's lock (decision 12) is already held.
        future = self._queue(self._writes, lambda tx: work(tx, *args, **kwargs))
        if not self._writing:
            self._writing = True
            self._start(self._drain_writes())
        result: T = await future
        return result

    async def close(self) -> None:
        self._closed = True
        await asyncio.gather(*self._drains)
        for connection in (self._writer, *self._readers):
            await connection.close()

    def _queue(
        self, queue: deque[_Unit], start: Callable[[_DirectTx], Coroutine[Any, Any, Any]]
    ) -> asyncio.Future[Any]:
        if self._closed:
            raise Unavailable("The server is stopping.")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        queue.append(_Unit(start, future))
        return future

    def _start(self, drain: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(drain)
        self._drains.add(task)
        task.add_done_callback(self._drains.discard)

    async def _drain_reads(self, reader: aiosqlite.Connection) -> None:
        """Take batch after batch to this reader's thread until nobody waits."""
        try:
            while self._reads:
                batch = _take(self._reads)
                self.hops += 1
                await _on_thread(reader, partial(_run_reads, reader._conn, batch))
                _settle(batch)
        finally:
            self._idle.append(reader)

    async def _drain_writes(self) -> None:
        try:
            while self._writes:
                self.hops += 1
                _settle(await _on_thread(self._writer, self._run_writes))
        finally:
            self._writing = False

    def _run_writes(self) -> list[_Unit]:
        """On the thread: as many waiting units as fit, one commit for all of them."""
        connection = self._writer._conn
        batch: list[_Unit] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            return _fail_all(self._writes, error)
        until = time.monotonic() + BATCH_SECONDS
        while self._writes and len(batch) < BATCH_UNITS and (not batch or time.monotonic() < until):
            unit = self._writes.popleft()
            if unit.future.cancelled():
                continue
            batch.append(unit)
            _run_unit(connection, unit)
            if not connection.in_transaction:
                # SQLite rolled the whole transaction back (disk full, I/O error).
                return _lost(batch)
        try:
            connection.execute("COMMIT")
        except sqlite3.Error:
            _roll_back(connection)
            return _run_alone(connection, batch)
        self.commits += 1
        return batch


def _take(queue: deque[_Unit]) -> list[_Unit]:
    waiting = [queue.popleft() for _ in range(min(len(queue), BATCH_UNITS))]
    return [unit for unit in waiting if not unit.future.cancelled()]


def _settle(batch: list[_Unit]) -> None:
    for unit in batch:
        unit.settle()


def _fail_all(queue: deque[_Unit], error: sqlite3.Error) -> list[_Unit]:
    waiting = [queue.popleft() for _ in range(len(queue))]
    for unit in waiting:
        unit.error = _unavailable(error)
    return waiting


def _run_reads(connection: sqlite3.Connection, batch: list[_Unit]) -> None:
    """On the thread: one snapshot for the batch, taken after every unit of it came."""
    connection.execute("BEGIN")
    try:
        for unit in batch:
            try:
                unit.result = _step(unit.start(_DirectTx(connection)))
            except BaseException as error:
                unit.error = _as_exception(error)
    finally:
        connection.execute("ROLLBACK")


def _run_unit(connection: sqlite3.Connection, unit: _Unit) -> None:
    """Run one unit in its savepoint; an error undoes that unit alone."""
    connection.execute("SAVEPOINT unit")
    try:
        unit.result = _step(unit.start(_DirectTx(connection)))
        connection.execute("RELEASE unit")
    except BaseException as error:
        unit.error = (
            _unavailable(error)
            if isinstance(error, sqlite3.OperationalError)
            else (_as_exception(error))
        )
        if connection.in_transaction:
            connection.execute("ROLLBACK TO unit")
            connection.execute("RELEASE unit")


def _run_alone(connection: sqlite3.Connection, batch: list[_Unit]) -> list[_Unit]:
    """The shared commit failed: each unit gets one try of its own, so none fails its neighbours."""
    for unit in batch:
        unit.result, unit.error = None, None
        try:
            connection.execute("BEGIN IMMEDIATE")
            _run_unit(connection, unit)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            unit.error = _unavailable(error)
            _roll_back(connection)
    return batch


def _lost(batch: list[_Unit]) -> list[_Unit]:
    for unit in batch:
        unit.error = unit.error or Unavailable(
            "The database undid this change; nothing was written.", problem="not-written"
        )
    return batch


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _unavailable(error: BaseException) -> Unavailable:
    unavailable = Unavailable(
        "The database cannot write right now; nothing was changed.",
        problem="not-written",
        headers={"Retry-After": "5"},
    )
    unavailable.__cause__ = error
    return unavailable


async def _on_thread(connection: aiosqlite.Connection, function: Callable[[], R]) -> R:
    # aiosqlite has no public way to run a function on its thread; a test fails when this one goes.
    execute: Callable[[Callable[[], R]], Awaitable[R]] = connection._execute
    return await execute(function)


async def _connect(path: Path) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(path, isolation_level=None, timeout=10)
    connection.row_factory = sqlite3.Row
    for pragma in _PRAGMAS:
        await connection.execute_fetchall(pragma)
    return connection


async def open_sqlite(path: Path) -> Sqlite:
    """Open or create the database file; several processes may have it open at once."""
    writer = await _connect(path)
    readers = tuple([await _connect(path) for _ in range(READERS)])
    for reader in readers:
        await reader.execute_fetchall("PRAGMA query_only = ON")
    return Sqlite(writer, readers, list(readers))
