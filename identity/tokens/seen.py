# SPDX-License-Identifier: EUPL-1.2
"""A table of names with an end, in memory that all workers share through a file (RS-8).

A database did this before: 15 to 35 µs for each request, most of it for locks and logs that keep
what nobody needs after a power cut. This takes 5 to 7, the digest of the name with it.
"""

import fcntl
import mmap
import os
import time
from dataclasses import dataclass

from pod.errors import Unavailable
from pod.instant import SECOND, Instant

NAME = 12  # 96 bits of a salted digest
SLOT = NAME + 4  # and the second in which it ends
WINDOW = 64  # slots in which a name may lie
FARTHEST = 600  # seconds: what ends later was never written by us
PATIENCE = 0.5
MOST = "Too many requests at once; try again."


@dataclass(frozen=True, slots=True)
class Seen:
    """Names lie in the first free slot of their window; one whose time is over is free.

    Where a window is full the caller is refused: what lives is never forgotten for what is new.
    """

    file: int
    memory: mmap.mmap
    start: int
    slots: int
    salt: bytes
    shared: bool = True  # with other processes; alone, nothing can come in between

    def add(self, digest: bytes, until: int, now: Instant) -> bool:
        """Whether the name is new; it is kept until that second. Unavailable when it cannot be."""
        name, second = digest[:NAME], now // SECOND
        place = int.from_bytes(digest[NAME : NAME + 4], "big") & (self.slots - 1)
        begin = self.start + place * SLOT
        if not self.shared:
            return self._add(name, begin, until, second)
        self._lock()
        try:
            return self._add(name, begin, until, second)
        finally:
            fcntl.flock(self.file, fcntl.LOCK_UN)

    def _add(self, name: bytes, begin: int, until: int, second: int) -> bool:
        window = self.memory[begin : begin + WINDOW * SLOT]
        if name in window and _holds(window, name):
            return False
        free = begin + _first_free(window, second)
        self.memory[free : free + SLOT] = name + until.to_bytes(4, "big")
        return True

    def _lock(self) -> None:
        # The kernel lets go of it for a process that ends; one that is stopped is not waited for.
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            ends = time.monotonic() + PATIENCE
            while not _taken(self.file):
                if time.monotonic() > ends:
                    raise Unavailable(MOST) from None
                time.sleep(0.0001)

    def close(self) -> None:
        """Let go of the file."""
        self.memory.close()
        os.close(self.file)


def _taken(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holds(window: bytes, name: bytes) -> bool:
    """Whether it begins at a slot, and not across two by chance."""
    return any(window.startswith(name, at) for at in range(0, len(window), SLOT))


def _first_free(window: bytes, second: int) -> int:
    for at in range(0, len(window), SLOT):
        until = int.from_bytes(window[at + NAME : at + SLOT], "big")
        if not second <= until <= second + FARTHEST:
            return at
    raise Unavailable(MOST)


def size_of(start: int, slots: int) -> int:
    """How large the file is: the last windows reach beyond the last place."""
    return start + (slots + WINDOW) * SLOT
