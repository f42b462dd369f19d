# SPDX-License-Identifier: EUPL-1.2
"""Proofs that were seen: in a file that all workers share and no disk delays (RS-8)."""

import sqlite3
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from identity.dpop import Proof
from pod.errors import NotSignedIn, Unavailable
from pod.instant import SECOND, Instant

KEEP = 180 * SECOND
PURGE_EVERY = 30 * SECOND
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_TABLES = """
CREATE TABLE IF NOT EXISTS seen (proof BLOB PRIMARY KEY, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS seen_until ON seen (until);
CREATE TABLE IF NOT EXISTS boot (one INTEGER PRIMARY KEY, id TEXT NOT NULL, floor INTEGER NOT NULL);
"""


@dataclass(slots=True)
class Replay:
    """Remembers each proof until it could no longer be accepted."""

    connection: sqlite3.Connection
    floor: Instant
    purged: Instant = field(default=0)

    def refuse_seen(self, proof: Proof, now: Instant) -> None:
        """NotSignedIn when this proof was used before, on any worker.

        Bounded by time, never by forgetting the oldest: a flood must not open replay again.
        """
        if proof.made < self.floor:
            raise _refused("it was made before this server's last start")
        name = sha256(f"{proof.thumbprint}|{proof.jti}".encode()).digest()
        try:
            added = self.connection.execute(
                "INSERT OR IGNORE INTO seen (proof, until) VALUES (?, ?)", (name, proof.made + KEEP)
            ).rowcount
            if now - self.purged > PURGE_EVERY:
                self.purged = now
                self.connection.execute("DELETE FROM seen WHERE until < ?", (now,))
        except sqlite3.OperationalError as error:
            raise Unavailable("Proofs cannot be remembered right now; try again.") from error
        if not added:
            raise _refused("it was used before")

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()


def _refused(why: str) -> NotSignedIn:
    return NotSignedIn(f"The DPoP proof is refused: {why}.", problem="invalid-dpop-proof")


def open_replay(path: Path, now: Instant) -> Replay:
    """Open the file; after a power cut, proofs from before this start are refused."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=0.5)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")
    connection.executescript(_TABLES)
    return Replay(connection, _floor(connection, now))


def _floor(connection: sqlite3.Connection, now: Instant) -> Instant:
    """The machine's boot id tells whether it ran on since the file was last opened.

    A killed process loses nothing that it wrote; a machine that went down may have.
    """
    boot = BOOT_ID.read_text().strip() if BOOT_ID.exists() else str(now)
    row = connection.execute("SELECT id, floor FROM boot WHERE one = 1").fetchone()
    if row is not None and row[0] == boot:
        return int(row[1])
    # Nothing can have been seen before the first start.
    floor = 0 if row is None else now // SECOND * SECOND
    connection.execute("INSERT OR REPLACE INTO boot VALUES (1, ?, ?)", (boot, floor))
    return floor
