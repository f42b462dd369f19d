# SPDX-License-Identifier: EUPL-1.2
"""Passwords: argon2id off the loop, two at once, and a limit of tries before any hashing (T-27)."""

import asyncio
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from pod.errors import TooMany, Unreadable
from pod.instant import MINUTE, SECOND, Instant

SHORTEST, LONGEST = 8, 1024
AT_ONCE = 2
TRIES_PER_ACCOUNT = 10
TRIES_PER_ADDRESS = 60
WINDOW = 15 * MINUTE
MOST_KEPT = 50_000


def check_new(password: str) -> str:
    """The password, if it may be one; Unreadable otherwise."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Unreadable(f"A password has {SHORTEST} to {LONGEST} characters.")
    return password


@dataclass(slots=True)
class Passwords:
    """Hashes and checks; an unknown account costs what a known one does."""

    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    tries: dict[str, list[Instant]] = field(default_factory=dict)
    nobody: str = ""

    async def hash(self, password: str) -> str:
        """What is kept of a password."""
        async with self.turns:
            return await asyncio.to_thread(self.hasher.hash, password)

    async def fits(self, password: str, kept: str | None) -> bool:
        """Whether this is the password; the same work when there is nothing to compare with."""
        if not self.nobody:
            self.nobody = await self.hash("nobody's password")
        async with self.turns:
            fits = await asyncio.to_thread(self._verify, kept or self.nobody, password)
        return fits and kept is not None

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self.hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False

    def count_try(self, email: str, address: str, now: Instant) -> None:
        """TooMany before hashing. A right password does not clear the count of an address."""
        if len(self.tries) > MOST_KEPT:
            self.tries = {k: t for k, t in self.tries.items() if t[-1] > now - WINDOW}
        for name, most in (
            (f"account {email} from {address}", TRIES_PER_ACCOUNT),
            (f"address {address}", TRIES_PER_ADDRESS),
        ):
            recent = [moment for moment in self.tries.get(name, []) if moment > now - WINDOW]
            if len(recent) >= most:
                wait = (recent[0] + WINDOW - now) // SECOND + 1
                raise TooMany(
                    "Too many tries; wait a while.", headers={"Retry-After": str(max(wait, 1))}
                )
            self.tries[name] = [*recent, now]

    def forget_tries(self, email: str, address: str) -> None:
        """A right password clears the count of its own account from that address."""
        self.tries.pop(f"account {email} from {address}", None)
