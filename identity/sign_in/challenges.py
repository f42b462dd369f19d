# SPDX-License-Identifier: EUPL-1.2
"""Challenges for passkeys: good for one browser, once, for five minutes."""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import orjson

from pod.database import Tx
from pod.errors import Refused
from pod.instant import MINUTE, Instant

LIFE = 5 * MINUTE
SIGN_IN = "passkey-sign-in"
SECOND_STEP = "passkey-second-step"
ADD = "passkey-add"
PASSWORD_GIVEN = "password-given"  # noqa: S105 - the name of a kind


@dataclass(frozen=True, slots=True)
class Challenge:
    """What was asked: for which account, None when anybody may answer."""

    kind: str
    account: str | None
    remember: bool


def new_challenge() -> str:
    """256 random bits; made outside the unit of work."""
    return secrets.token_urlsafe(32)


def hash_of(value: str) -> str:
    """What is kept of a challenge, and of the browser that it is for."""
    return sha256(value.encode("utf-8", "surrogateescape")).hexdigest()


async def keep(
    tx: Tx,
    value: str,
    kind: str,
    browser: str,
    now: Instant,
    *,
    account: str | None = None,
    remember: bool = False,
) -> None:
    """Remember what was asked of this browser; what is over goes."""
    await tx.run("DELETE FROM challenge WHERE expires <= :now", now=now)
    await tx.run(
        "INSERT INTO challenge (hash, account, kind, params, created, expires)"
        " VALUES (:hash, :account, :kind, :params, :now, :expires)",
        hash=hash_of(value),
        account=account,
        kind=kind,
        params=orjson.dumps({"browser": hash_of(browser), "remember": remember}).decode(),
        now=now,
        expires=now + LIFE,
    )


async def find(
    tx: Tx, value: str, kinds: Sequence[str], browser: str, now: Instant
) -> Challenge | None:
    """The challenge, as long as it may be answered, and only by the browser it is for."""
    row = await tx.one(
        "SELECT * FROM challenge WHERE hash = :hash AND expires > :now",
        hash=hash_of(value),
        now=now,
    )
    if row is None or row["kind"] not in kinds:
        return None
    params = orjson.loads(row["params"])
    if not hmac.compare_digest(str(params["browser"]), hash_of(browser)):
        return None
    return Challenge(row["kind"], row["account"], bool(params["remember"]))


async def take(
    tx: Tx, value: str, kinds: Sequence[str], browser: str, now: Instant
) -> Challenge | None:
    """The challenge, which nobody can answer again, whatever comes of this answer."""
    found = await find(tx, value, kinds, browser, now)
    gone = await tx.run("DELETE FROM challenge WHERE hash = :hash", hash=hash_of(value))
    return found if gone else None


async def forget(tx: Tx, kind: str, account: str) -> None:
    """What was asked before of this account in this way is asked no more."""
    await tx.run("DELETE FROM challenge WHERE kind = :k AND account = :a", k=kind, a=account)


def over() -> Refused:
    """The way out is to begin again."""
    return Refused(
        "This took more than five minutes, was used before or began in another browser.",
        problem="challenge-over",
        more={"problem": "challenge-over"},
    )
