# SPDX-License-Identifier: EUPL-1.2
"""Spare codes: a way on after the password when the passkey is lost, each works once (KLU-3)."""

import secrets
from collections.abc import Sequence
from hashlib import sha256

from identity.sign_in.second_step import password_over
from pod.database import Tx
from pod.errors import Refused
from pod.instant import Instant

MANY, LETTERS, GROUP = 8, 16, 4
# No letters or digits that are taken for one another when they are copied from paper.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
TRIES_PER_ACCOUNT, TRIES_PER_ADDRESS = 10, 30


def new_codes() -> tuple[str, ...]:
    """Eight codes of 79 random bits; made outside the unit of work, shown once, kept nowhere."""
    return tuple(_new_code() for _ in range(MANY))


def _new_code() -> str:
    code = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))
    return "-".join(code[at : at + GROUP] for at in range(0, LETTERS, GROUP))


def hash_of(account: str, code: str) -> str:
    """What is kept of a code, however it was typed."""
    typed = "".join(char for char in code[:100].lower() if char in ALPHABET)
    return sha256(f"{account} {typed}".encode()).hexdigest()


async def keep_codes(tx: Tx, account: str, codes: Sequence[str], now: Instant) -> None:
    """New codes; those of before work no longer."""
    await tx.run("DELETE FROM spare_code WHERE account = :a", a=account)
    for code in codes:
        await tx.run(
            "INSERT INTO spare_code (hash, account, created) VALUES (:hash, :a, :now)",
            hash=hash_of(account, code),
            a=account,
            now=now,
        )


async def drop_codes(tx: Tx, account: str) -> None:
    """Without a second step they are for nothing."""
    await tx.run("DELETE FROM spare_code WHERE account = :a", a=account)


async def codes_left(tx: Tx, account: str) -> int:
    """How many still work."""
    row = await tx.one(
        "SELECT count(*) AS many FROM spare_code WHERE account = :a AND used IS NULL", a=account
    )
    return 0 if row is None else int(row["many"])


async def use_code(tx: Tx, account: str, code: str, now: Instant) -> None:
    """Refused when it is not one of the account's, or was used."""
    used = await tx.run(
        "UPDATE spare_code SET used = :now WHERE hash = :hash AND account = :a AND used IS NULL",
        now=now,
        hash=hash_of(account, code),
        a=account,
    )
    if used == 0:
        raise Refused("This code does not work.", problem="bad-spare-code")


def limits_of(account: str | None, address: str) -> tuple[tuple[str, int], ...]:
    """Counted before anything is compared; only who knows the password comes this far."""
    if account is None:
        raise password_over()
    return (
        (f"spare code {account}", TRIES_PER_ACCOUNT),
        (f"spare code from {address}", TRIES_PER_ADDRESS),
    )
