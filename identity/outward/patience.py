# SPDX-License-Identifier: EUPL-1.2
"""What failed of late is not asked again at once, and a host that is down is left alone (SR-4)."""

from dataclasses import dataclass, field

from identity.outward.fetched import Key
from identity.outward.outward import NotFetched
from pod.instant import SECOND, Instant, Now

PAUSE = 30 * SECOND
FAILURES = 3
MOST = 10_000


@dataclass(slots=True)
class Patience:
    """Failures of addresses, and of hosts that could not be connected to time after time."""

    now: Now
    failed: dict[Key, tuple[Instant, str]] = field(default_factory=dict)
    unreachable: dict[str, tuple[int, Instant]] = field(default_factory=dict)

    def refuse_failed(self, url: str, key: Key, origin: str) -> None:
        """NotFetched, with the reason of then, for what failed within the pause."""
        known = self.failed.get(key)
        if known is not None:
            if 0 <= self.now() - known[0] < PAUSE:
                raise NotFetched(url, known[1])
            self.failed.pop(key, None)
        self.refuse_origin(url, origin)

    def refuse_origin(self, url: str, origin: str) -> None:
        """NotFetched while its host is left alone."""
        times, last = self.unreachable.get(origin, (0, 0))
        if times >= FAILURES and 0 <= self.now() - last < PAUSE:
            raise NotFetched(url, "its host could not be reached several times just now")

    def note_failed(self, key: Key, reason: str) -> None:
        """This address failed now."""
        self.failed.pop(key, None)
        self.failed[key] = (self.now(), reason)
        if len(self.failed) > MOST:
            self.failed.pop(next(iter(self.failed)), None)

    def note_unreachable(self, origin: str) -> None:
        """No connection: only that counts, or one slow page would close a host that many share."""
        times, _ = self.unreachable.pop(origin, (0, 0))
        self.unreachable[origin] = (times + 1, self.now())
        if len(self.unreachable) > MOST:
            self.unreachable.pop(next(iter(self.unreachable)), None)

    def forget(self, origin: str) -> None:
        """It answered."""
        self.unreachable.pop(origin, None)
