# SPDX-License-Identifier: EUPL-1.2
"""Passwords: argon2id off the loop, two at once, and a limit of tries before any hashing (T-27)."""

import asyncio
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from identity.sign_in.tries import Tries, open_tries
from pod.errors import Unreadable
from pod.instant import Instant

SHORTEST, LONGEST = 8, 1024
AT_ONCE = 2
# One address alone cannot lock an account for its owner elsewhere (T-27); many together can slow
# each other down.
TRIES_PER_PAIR = 10
TRIES_PER_ACCOUNT = 100
TRIES_PER_ADDRESS = 60
# What an unknown account is compared with, so that it costs what a known one does; nobody has the
# password. Made with the parameters of PasswordHasher, which a test compares.
NOBODY = (
    "$argon2id$v=19$m=65536,t=3,p=4$1VBR13HD/IA/E/rMT5BIKA$"
    "F9qmFMUTqQ+3WF6mloPD3jUmZgE8eyyH15Iod09RJiQ"
)


def check_new(password: str, shortest: int = SHORTEST) -> str:
    """The password, if it may be one; Unreadable otherwise."""
    if not shortest <= len(password) <= LONGEST:
        raise Unreadable(f"A password has {shortest} to {LONGEST} characters.")
    try:
        password.encode()
    except UnicodeEncodeError as error:
        raise Unreadable("A password is text.") from error
    return password


@dataclass(slots=True)
class Passwords:
    """Hashes and checks; an unknown account costs what a known one does.

    `tries` of a file make all workers count together; those of memory are this process's own.
    """

    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    tries: Tries = field(default_factory=open_tries)

    async def hash(self, password: str) -> str:
        """What is kept of a password."""
        async with self.turns:
            return await asyncio.to_thread(self.hasher.hash, password)

    async def fits(self, password: str, kept: str | None) -> bool:
        """Whether this is the password; the same work when there is nothing to compare with."""
        async with self.turns:
            fits = await asyncio.to_thread(self._verify, kept or NOBODY, password[: LONGEST + 1])
        return fits and kept is not None

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self.hasher.verify(kept, password)
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False

    def count_try(self, email: str, address: str, now: Instant, *, known: bool = False) -> None:
        """TooMany before hashing.

        `known`: the account signed in from this address of late (events.knows_address). Guesses
        from elsewhere cannot lock her out there; the other two limits hold for her too.
        """
        limits = [(_pair(email, address), TRIES_PER_PAIR), (_address(address), TRIES_PER_ADDRESS)]
        if not known:
            limits.append((_account(email), TRIES_PER_ACCOUNT))
        self.tries.count(limits, now)

    def forget_tries(self, email: str, address: str) -> None:
        """A right password is no try, and clears the count of its own account from that address.

        Tools that make or sign in many accounts come from one address; somebody who guesses and
        now and then signs in to an account of his own stays counted.
        """
        self.tries.forget(_pair(email, address))
        self.tries.take_back(_address(address))
        self.tries.take_back(_account(email))


def _address(address: str) -> str:
    return f"address {address}"


def _account(email: str) -> str:
    return f"account {email}"


def _pair(email: str, address: str) -> str:
    return f"account {email} from {address}"
