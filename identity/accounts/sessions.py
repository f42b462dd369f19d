# SPDX-License-Identifier: EUPL-1.2
"""Sessions: one random value each, its hash in one row; ending one deletes it (decision 30)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from pod import clock
from pod.database import Row, Tx
from pod.errors import Missing
from pod.instant import DAY, HOUR, MINUTE, Instant

PLAIN_LIFE = 12 * HOUR
REMEMBERED_LIFE = 14 * DAY
LONGEST_LIFE = 30 * DAY
PAGES_IDLE = 30 * MINUTE
PAGES_LIFE = 12 * HOUR
TOUCH_EVERY = MINUTE
ID_LENGTH = 24


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser or script."""

    hash: str
    account: str
    created: Instant
    used: Instant
    expires: Instant
    remember: bool
    signed_in: Instant | None
    acr: str | None
    agent: str = ""

    @property
    def id(self) -> str:
        """What the list calls it: part of the hash, which opens nothing."""
        return self.hash[:ID_LENGTH]

    def opens_pages(self, moment: Instant) -> bool:
        """Pages ask to sign in again after 30 minutes idle or 12 hours."""
        return moment < self.used + PAGES_IDLE and moment < self.created + PAGES_LIFE

    def renewed(self, moment: Instant) -> Instant:
        """Until when it lives after a use at this moment: thirty days at most in all."""
        if not self.remember:
            return self.expires
        return min(moment + REMEMBERED_LIFE, self.created + LONGEST_LIFE)

    def due(self, moment: Instant) -> bool:
        """Whether its last use was noted so long ago that a commit is worth it."""
        return moment - self.used >= TOUCH_EVERY


def new_value() -> str:
    """A session's value: made outside the unit of work, kept nowhere."""
    return secrets.token_urlsafe(32)


def hash_of(value: str) -> str:
    """What is kept of a session's value."""
    return sha256(value.encode("utf-8", "surrogateescape")).hexdigest()


async def open_session(
    tx: Tx,
    value: str,
    account: str,
    now: Instant,
    *,
    remember: bool = False,
    signed_in: bool = False,
    since: Instant | None = None,
    acr: str | None = None,
    agent: str = "",
) -> None:
    """Begin a session; a new value at each sign-in, so none can be planted (T-28).

    `since` is when she proved who she is, where that was before now and elsewhere (FED-4).
    """
    moment = await clock.instant(tx, now)
    proved = moment if since is None else moment - max(0, now - since)
    await tx.run(
        "DELETE FROM session WHERE account = :account AND expires <= :now",
        account=account,
        now=moment,
    )
    await tx.run(
        "INSERT INTO session (hash, account, created, used, expires, remember, signed_in, acr,"
        " agent) VALUES (:hash, :account, :now, :now, :expires, :remember, :signed_in, :acr,"
        " :agent)",
        hash=hash_of(value),
        account=account,
        now=moment,
        expires=moment + (REMEMBERED_LIFE if remember else PLAIN_LIFE),
        remember=int(remember),
        signed_in=proved if signed_in else None,
        acr=acr,
        # A header may hold bytes that are no text; no database keeps those.
        agent=agent[:200].encode("utf-8", "replace").decode(),
    )


async def find_session(tx: Tx, value: str, now: Instant) -> Session | None:
    """The session that lives at this moment, None for an ended or unknown one."""
    row = await tx.one("SELECT * FROM session WHERE hash = :hash", hash=hash_of(value))
    if row is None or int(row["expires"]) <= await clock.instant(tx, now):
        return None
    return _session(row)


def _session(row: Row) -> Session:
    return Session(
        row["hash"],
        row["account"],
        row["created"],
        row["used"],
        row["expires"],
        bool(row["remember"]),
        row["signed_in"],
        row["acr"],
        row["agent"] or "",
    )


async def touch_session(tx: Tx, session: Session, now: Instant) -> None:
    """Note the use; a remembered session lives on, thirty days at most."""
    moment = await clock.instant(tx, now)
    await tx.run(
        "UPDATE session SET used = :now, expires = :expires WHERE hash = :hash",
        now=moment,
        expires=session.renewed(moment),
        hash=session.hash,
    )


async def replace_session(tx: Tx, old: str, new: str, account: str, now: Instant) -> None:
    """T-28: a sign-in ends the session that the browser had; call it before the new one opens.

    Signing in again as the same account keeps its apps: they go over to the new session.
    """
    await tx.run(
        "UPDATE client_access SET session = :new WHERE session = :old AND account = :account",
        new=hash_of(new),
        old=hash_of(old),
        account=account,
    )
    await close_session(tx, old, now)


async def close_session(tx: Tx, value: str, now: Instant) -> None:
    """Sign out: the value is worth nothing from the next request on, nor what apps got in it."""
    await _close(tx, [hash_of(value)], now)


async def close_others(tx: Tx, account: str, value: str | None, now: Instant) -> None:
    """ACC-9: a new password ends every other session of the account; None ends them all."""
    kept = "" if value is None else hash_of(value)
    rows = await tx.all(
        "SELECT hash FROM session WHERE account = :a AND hash <> :kept", a=account, kept=kept
    )
    await _close(tx, [row["hash"] for row in rows], now)
    # Also what was begun in a session that ran out since: its app could go on without her.
    await tx.run(
        "UPDATE client_access SET ended = :now WHERE account = :a AND kind = 'app'"
        " AND ended IS NULL AND (session IS NULL OR session <> :kept)",
        now=now,
        a=account,
        kept=kept,
    )


async def sessions_of(tx: Tx, account: str, now: Instant) -> list[Session]:
    """KLU-6: the sessions that live, the one used last first."""
    rows = await tx.all(
        "SELECT * FROM session WHERE account = :a AND expires > :now ORDER BY used DESC, hash",
        a=account,
        now=await clock.instant(tx, now),
    )
    return [_session(row) for row in rows]


async def end_session(tx: Tx, account: str, id_: str, now: Instant) -> None:
    """KLU-6: end one from the list; Missing also when it is another account's."""
    rows = await tx.all("SELECT hash FROM session WHERE account = :a", a=account)
    ended = [row["hash"] for row in rows if row["hash"][:ID_LENGTH] == id_]
    if not ended:
        raise Missing("There is no such session.")
    await _close(tx, ended, now)


async def _close(tx: Tx, hashes: Sequence[str], now: Instant) -> None:
    """An explicit end takes along every access that was given in the session (OP-33)."""
    for hash_ in hashes:
        await tx.run(
            "UPDATE client_access SET ended = :now WHERE session = :hash AND ended IS NULL",
            now=now,
            hash=hash_,
        )
        await tx.run("DELETE FROM session WHERE hash = :hash", hash=hash_)
