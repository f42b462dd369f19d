# SPDX-License-Identifier: EUPL-1.2
"""Proofs that were seen: in a file that all workers share and no disk delays (RS-8)."""

import fcntl
import mmap
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from identity.tokens.dpop import NEWEST, Proof
from identity.tokens.seen import Seen, size_of
from pod.errors import NotSignedIn, Unavailable
from pod.instant import SECOND, Instant

KEEP = 180  # seconds
SLOTS = 1 << 20  # 16 MiB; 3,000 proofs a second all the time fill half of it
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
HEAD = 4096
MAGIC = b"kluis proofs 1\n\0"


@dataclass(frozen=True, slots=True)
class Replay:
    """Remembers each proof until it could no longer be accepted."""

    seen: Seen
    floor: Instant

    def refuse_seen(self, proof: Proof, now: Instant) -> None:
        """NotSignedIn when this proof was used before, on any worker.

        Bounded by time, never by forgetting the oldest: a flood must not open replay again.
        """
        thumbprint, jti, made = proof
        if made < self.floor:
            raise _refused("it may have been used before this server's last start")
        # Salted, so that nobody can choose names that fall into one window.
        digest = sha256(self.seen.salt + f"{thumbprint}|{jti}".encode()).digest()
        if not self.seen.add(digest, made // SECOND + KEEP, now):
            raise _refused("it was used before")

    def close(self) -> None:
        """Let go of the file."""
        self.seen.close()


def _refused(why: str) -> NotSignedIn:
    return NotSignedIn(f"The DPoP proof is refused: {why}.", problem="invalid-dpop-proof")


def since_boot() -> Instant:
    """How long this machine has been running."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return int(time.clock_gettime(clock) * SECOND)


def open_replay(
    path: Path,
    now: Instant,
    boot_id: Path = BOOT_ID,
    running: Callable[[], Instant] = since_boot,
    slots: int = SLOTS,
    shared: bool = True,
) -> Replay:
    """Open the file; a damaged one is made anew. Unavailable when that cannot be.

    `shared` is False where this process alone has it open: then each proof costs no lock.

    What a power cut or a damaged file may have forgotten is refused: proofs that could have been
    used before it, also those that a client with a fast clock dated ahead.
    """
    boot = boot_id.read_text().strip()[:64] if boot_id.exists() else ""
    try:
        with _alone(path):
            head = _read_head(path, slots)
            if head is None:
                floor = now + NEWEST if path.exists() else 0  # nothing was seen before the first
                head = _Head(secrets.token_bytes(16), floor, boot)
                _make(path, head, slots)
            elif not boot or head.boot != boot:
                # All that a power cut lost was used before the machine came up again.
                floor = max(head.floor, now - running() + NEWEST)
                head = _Head(head.salt, floor, boot)
                _keep_head(path, head)
            return Replay(_map(path, head.salt, slots, shared), head.floor)
    except OSError as error:
        raise Unavailable(f"The file {path} cannot be used ({error.strerror}).") from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time opens the file: another must not find it half made."""
    lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


@dataclass(frozen=True, slots=True)
class _Head:
    """The first page: the salt of names, the floor, and in which run of the machine it was set.

    A killed process loses nothing that it wrote; a machine that went down may have.
    """

    salt: bytes
    floor: Instant
    boot: str

    def written(self) -> bytes:
        text = MAGIC + self.salt + self.floor.to_bytes(8, "big") + self.boot.encode()
        return (sha256(text).digest() + len(text).to_bytes(2, "big") + text).ljust(HEAD, b"\0")


def _read_head(path: Path, slots: int) -> _Head | None:
    """None for a file that is not there, is damaged, or of another form."""
    if not path.exists() or path.stat().st_size != size_of(HEAD, slots):
        return None
    with path.open("rb") as file:
        page = file.read(HEAD)
    text = page[34 : 34 + int.from_bytes(page[32:34], "big")]
    if sha256(text).digest() != page[:32] or not text.startswith(MAGIC):
        return None
    rest = text[len(MAGIC) :]
    return _Head(
        rest[:16], int.from_bytes(rest[16:24], "big"), rest[24:].decode("utf-8", "replace")
    )


def _make(path: Path, head: _Head, slots: int) -> None:
    """Written whole, not sparse: a full disk must show here and not in the middle of a request."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(head.written())
        left = size_of(HEAD, slots) - HEAD
        while left:
            left -= file.write(bytes(min(left, 1 << 20)))


def _keep_head(path: Path, head: _Head) -> None:
    with path.open("r+b") as file:
        file.write(head.written())


def _map(path: Path, salt: bytes, slots: int, shared: bool) -> Seen:
    file = os.open(path, os.O_RDWR)
    # All of it at once, where that can be had: else each page costs its first request a fault.
    flags = mmap.MAP_SHARED | getattr(mmap, "MAP_POPULATE", 0)
    return Seen(file, mmap.mmap(file, size_of(HEAD, slots), flags), HEAD, slots, salt, shared)
