# SPDX-License-Identifier: EUPL-1.2
"""Proofs that were used already (RS-8): a file of its own, shared by every process.

It is asked inline, without a hop to another thread: one insert of a digest, never synced. What
could be lost with the power is made good at the start: older proofs are refused then.
"""

import sqlite3
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from pod.errors import Unavailable
from pod.instant import SECOND, Instant

KEPT = 180 * SECOND
WAIT_SECONDS = 0.3
# RS-8: bounded by time and by refusing, never by forgetting early. About ten million proofs.
MOST_PAGES = 256 * 1024
PURGE_EVERY = 64
PURGE_ROWS = 256

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TABLES = """
CREATE TABLE IF NOT EXISTS seen (name BLOB PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_until ON seen (until);
CREATE TABLE IF NOT EXISTS life (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    boot TEXT NOT NULL,
    clean INTEGER NOT NULL,
    since INTEGER NOT NULL
);
"""


@dataclass(slots=True)
class Replay:
    """The proofs seen so far; `since` is the moment before which none can be trusted."""

    _connection: sqlite3.Connection
    since: Instant
    _until_purge: int = field(default=PURGE_EVERY)

    def is_new(self, jkt: str, jti: str, issued: Instant, now: Instant) -> bool:
        """Remember this proof; whether it was not there before. Unavailable when that fails."""
        if issued < self.since:
            return False
        name = sha256(f"{jkt}|{jti}".encode()).digest()
        try:
            self._purge_sometimes(now)
            added = self._connection.execute(
                "INSERT OR IGNORE INTO seen (name, until) VALUES (?, ?)", (name, issued + KEPT)
            )
        except sqlite3.Error as error:
            raise Unavailable(
                "Proofs cannot be checked right now; try again.",
                problem="proofs-unavailable",
                headers={"Retry-After": "1"},
            ) from error
        return added.rowcount == 1

    def _purge_sometimes(self, now: Instant) -> None:
        self._until_purge -= 1
        if self._until_purge > 0:
            return
        self._until_purge = PURGE_EVERY
        self._connection.execute(
            "DELETE FROM seen WHERE name IN"
            " (SELECT name FROM seen WHERE until < ? ORDER BY until LIMIT ?)",
            (now, PURGE_ROWS),
        )

    def close(self) -> None:
        """Let go of the file, and note that nothing was lost."""
        try:
            self._connection.execute("UPDATE life SET clean = 1")
        finally:
            self._connection.close()


def open_replay(file: Path, now: Instant, boot: str | None = None) -> Replay:
    """Open or make the file. `boot` names this run of the machine; read from it when not given."""
    here = boot if boot is not None else _boot_id()
    try:
        connection = _connect(file)
        since = _since(connection, here, now)
    except sqlite3.OperationalError as error:
        raise Unavailable(f"The file {file} cannot be used: {error}.") from error
    except sqlite3.DatabaseError:
        # Never synced, so a power cut can break it; what it knew was only good for 3 minutes.
        for suffix in ("", "-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        connection = _connect(file)
        since = _begin(connection, here, now)
    return Replay(connection, since)


def _connect(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file, timeout=WAIT_SECONDS, isolation_level=None)
    try:
        for pragma in ("journal_mode = WAL", "synchronous = OFF", f"max_page_count = {MOST_PAGES}"):
            connection.execute(f"PRAGMA {pragma}")
        connection.executescript(_TABLES)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _since(connection: sqlite3.Connection, boot: str, now: Instant) -> Instant:
    row = connection.execute("SELECT boot, clean, since FROM life").fetchone()
    if row is None:
        # A new file beside an old database: the proofs of the last minutes are not known.
        return _begin(connection, boot, now)
    if not row[1] and (row[0] != boot or not boot):
        # The power went: what was seen in the last seconds may be lost.
        return _begin(connection, boot, now)
    connection.execute("UPDATE life SET boot = ?, clean = 0", (boot,))
    return int(row[2])


def _begin(connection: sqlite3.Connection, boot: str, now: Instant) -> Instant:
    connection.execute(
        "INSERT INTO life (one, boot, clean, since) VALUES (1, ?, 0, ?)"
        " ON CONFLICT (one) DO UPDATE SET boot = excluded.boot, clean = 0, since = excluded.since",
        (boot, now),
    )
    return now


def _boot_id() -> str:
    """Empty where the system does not tell; a file that was not closed is then not trusted."""
    return _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""
