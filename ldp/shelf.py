# SPDX-License-Identifier: EUPL-1.2
"""Projections made lately, by what they were made from: never by who asked, or whether they may."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

from pod.instant import MINUTE, Instant

ROOM = 16 * 1024 * 1024
LARGEST = 256 * 1024
KEPT_FOR = 10 * MINUTE
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    thing: T
    size: int
    until: Instant


@dataclass(slots=True)
class Shelf(Generic[T]):
    """So many bytes at most, each thing for ten minutes; the oldest makes way.

    What lies here is a pure function of its key, so another worker or another try finds the same.
    """

    room: int = ROOM
    _kept: dict[Hashable, _Kept[T]] = field(default_factory=dict)
    _used: int = 0
    _lock: Lock = field(default_factory=Lock)

    def find(self, key: Hashable, now: Instant) -> T | None:
        kept = self._kept.get(key)
        return None if kept is None or kept.until <= now else kept.thing

    def keep(self, key: Hashable, thing: T, size: int, now: Instant) -> None:
        if size > LARGEST:
            return
        with self._lock:  # units of work run on the threads of the database
            self._drop(key)
            self._kept[key] = _Kept(thing, size, now + KEPT_FOR)
            self._used += size
            while self._kept and self._has_to_go(next(iter(self._kept.values())), now):
                self._drop(next(iter(self._kept)))

    def _has_to_go(self, oldest: _Kept[T], now: Instant) -> bool:
        return self._used > self.room or oldest.until <= now

    def _drop(self, key: Hashable) -> None:
        kept = self._kept.pop(key, None)
        self._used -= 0 if kept is None else kept.size
