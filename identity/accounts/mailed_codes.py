# SPDX-License-Identifier: EUPL-1.2
"""Codes that were mailed: one use, half an hour, only their hash kept (T-27, KLU-5)."""

import secrets
from dataclasses import dataclass
from hashlib import sha256

from pod.database import Tx
from pod.errors import Unreadable
from pod.instant import DAY, MINUTE, Instant

CODE_LIFE = 30 * MINUTE
RESET, JOIN, ADDRESS, NOTHING = "reset", "join", "address", "nothing"
NO_CODE = "This code does not work: it was used, is older than 30 minutes, or was never sent."


@dataclass(frozen=True, slots=True)
class Mailed:
    """Which address a code went to, and for whose account, if for one."""

    email: str
    account: str | None


def new_code() -> str:
    """256 random bits; made outside the unit of work, kept nowhere."""
    return secrets.token_urlsafe(32)


def hash_of(code: str) -> str:
    """What is kept of a code."""
    return sha256(code.encode("utf-8", "surrogatepass")).hexdigest()


def over() -> Unreadable:
    """What a code that does not stand is answered with, whatever the reason."""
    return Unreadable(NO_CODE, problem="code-over")


async def keep(
    tx: Tx, hash_: str, kind: str, email: str, now: Instant, account: str | None = None
) -> None:
    """Also for an address with nothing to mail a code for: it is the same work (T-27)."""
    await tx.run("DELETE FROM mailed_code WHERE expires < :old", old=now - DAY)
    await tx.run(
        "INSERT INTO mailed_code (hash, kind, account, email, created, expires, used)"
        " VALUES (:hash, :kind, :account, :email, :now, :expires, :used)",
        hash=hash_,
        kind=kind,
        account=account,
        email=email,
        now=now,
        expires=now + CODE_LIFE,
        used=now if kind == NOTHING else None,
    )


async def standing(tx: Tx, hash_: str, kind: str, now: Instant) -> Mailed:
    """What the code is for; Unreadable when it does not stand, or is of another kind."""
    row = await tx.one(
        "SELECT account, email FROM mailed_code"
        " WHERE hash = :hash AND kind = :kind AND used IS NULL AND expires > :now",
        hash=hash_,
        kind=kind,
        now=now,
    )
    if row is None:
        raise over()
    return Mailed(row["email"], row["account"])


async def use_up(tx: Tx, mailed: Mailed, now: Instant) -> None:
    """The others go with it: they may lie in a mailbox that somebody read."""
    await tx.run(
        "UPDATE mailed_code SET used = :now"
        " WHERE used IS NULL AND (email = :email OR account = :account)",
        now=now,
        email=mailed.email,
        account=mailed.account,
    )
