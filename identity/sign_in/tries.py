# SPDX-License-Identifier: EUPL-1.2
"""How often something was tried of late: counted in a file that all workers share (T-27)."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from pod.errors import TooMany, Unavailable
from pod.instant import MINUTE, SECOND, Instant

WINDOW = 15 * MINUTE
PURGE_EVERY = MINUTE

_TABLES = """
CREATE TABLE IF NOT EXISTS tried (
    number INTEGER PRIMARY KEY, name BLOB NOT NULL, moment INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS tried_name ON tried (name, moment);
CREATE INDEX IF NOT EXISTS tried_moment ON tried (moment);
"""


@dataclass(slots=True)
class Tries:
    """One row for each try, kept for the window. Names are kept as digests, so none is long."""

    connection: sqlite3.Connection
    purged: Instant = field(default=0)

    def count(self, limits: Sequence[tuple[str, int]], now: Instant) -> None:
        """Count a try under each name; TooMany, and nothing counted, where one is at its limit."""
        with self._changing():
            if now - self.purged > PURGE_EVERY:
                self.purged = now
                self.connection.execute("DELETE FROM tried WHERE moment <= ?", (now - WINDOW,))
            for name, most in limits:
                self._require_room(name, most, now)
            rows = [(_digest(name), now) for name, _ in limits]
            self.connection.executemany("INSERT INTO tried (name, moment) VALUES (?, ?)", rows)

    def _require_room(self, name: str, most: int, now: Instant) -> None:
        many, first = self.connection.execute(
            "SELECT count(*), min(moment) FROM tried WHERE name = ? AND moment > ?",
            (_digest(name), now - WINDOW),
        ).fetchone()
        if many >= most:
            wait = (first + WINDOW - now) // SECOND + 1
            raise TooMany(
                "Too many tries; wait a while.", headers={"Retry-After": str(max(wait, 1))}
            )

    def forget(self, name: str) -> None:
        """Count every try under this name no longer."""
        with self._changing():
            self.connection.execute("DELETE FROM tried WHERE name = ?", (_digest(name),))

    def take_back(self, name: str) -> None:
        """Count the last try under this name no longer."""
        with self._changing():
            self.connection.execute(
                "DELETE FROM tried WHERE number = (SELECT max(number) FROM tried WHERE name = ?)",
                (_digest(name),),
            )

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Looking and counting are one step, also beside other workers."""
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            with self.connection:
                yield
        except sqlite3.DatabaseError as error:
            raise Unavailable("Tries cannot be counted right now; try again.") from error

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()


def _digest(name: str) -> bytes:
    return sha256(name.encode("utf-8", "surrogatepass")).digest()[:16]


def open_tries(path: Path | None = None) -> Tries:
    """The file, or memory alone; a damaged file is made anew: it holds nothing that lasts."""
    if path is None:
        return _open(":memory:")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        try:
            return _open(str(path))
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            for end in ("", "-wal", "-shm"):
                path.with_name(path.name + end).unlink(missing_ok=True)
            return _open(str(path))
    except (OSError, sqlite3.Error) as error:
        raise Unavailable(f"The file {path} cannot be used ({error}).") from error


def _open(name: str) -> Tries:
    connection = sqlite3.connect(name, isolation_level=None, timeout=0.5)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_TABLES)
    except sqlite3.Error:
        connection.close()
        raise
    return Tries(connection)
