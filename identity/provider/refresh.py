# SPDX-License-Identifier: EUPL-1.2
"""Refresh tokens: a new one each time, and a used one that comes back ends them all (OP-30)."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

import orjson

from identity.provider.apps import end_access, is_standing, note_use
from identity.provider.codes import hash_of
from identity.provider.provider import Given
from pod.database import Row, Tx
from pod.instant import DAY, SECOND, Instant

GRACE = 60 * SECOND
IDLE = 30 * DAY
LONGEST_LIFE = 180 * DAY
LONGEST = 256
MARK = "kr_"
UNKNOWN = "The refresh token is unknown or has expired."


@dataclass(frozen=True, slots=True)
class Shown:
    """What comes to the token endpoint. `client` is None when nobody said who asks (OP-10)."""

    token: str
    client: str | None
    jkt: str


@dataclass(frozen=True, slots=True)
class Renewed:
    """What the next tokens say, and the refresh token that follows this one."""

    given: Given
    token: str


def new_token() -> str:
    """The first of a family: 256 random bits."""
    return MARK + secrets.token_urlsafe(32)


def new_salt() -> str:
    """From this and the token its successor is made, so that neither is kept (OP-40)."""
    return secrets.token_hex(32)


def successor_of(token: str, salt: str) -> str:
    """The same for whoever shows the same token: nobody can tell it without having that."""
    digest = hmac.new(bytes.fromhex(salt), token.encode(), sha256).digest()
    return MARK + urlsafe_b64encode(digest).rstrip(b"=").decode()


def client_of_params(params: str) -> str:
    """The client that a kept refresh token names."""
    client: str = orjson.loads(params)["client"]
    return client


async def client_of(tx: Tx, token: str) -> str | None:
    """OP-10: a public client may come without its id; the token alone names it then."""
    row = await tx.one("SELECT params FROM refresh WHERE hash = :hash", hash=hash_of(token))
    return None if row is None else client_of_params(row["params"])


async def add_refresh(
    tx: Tx, token: str, salt: str, given: Given, jkt: str | None, now: Instant
) -> None:
    """Keep the first of a family; `jkt` binds it to a key, None for a confidential client."""
    await tx.run("DELETE FROM refresh WHERE expires < :now", now=now)
    params = {
        "client": given.client,
        "webid": given.webid,
        "scopes": sorted(given.scopes),
        "signed_in": given.signed_in,
        "acr": given.acr,
        "until": now + LONGEST_LIFE,
    }
    text = orjson.dumps(params).decode()
    await _insert(tx, token, salt, given.access, jkt, text, now, now + IDLE)


async def renew(tx: Tx, shown: Shown, salt: str, now: Instant) -> Renewed | str:
    """Change it for its successor; or why not, in a sentence (see codes.redeem).

    `salt` is that of the successor, should there be a new one.
    """
    row = await tx.one("SELECT * FROM refresh WHERE hash = :hash", hash=hash_of(shown.token))
    if row is None or row["expires"] <= now:
        return UNKNOWN
    if shown.client not in (None, client_of_params(row["params"])):
        return "The refresh token was given to another client."
    # Before a reuse is held against anyone: without the key a stolen token is worth nothing.
    if row["jkt"] not in (None, shown.jkt):
        return "The refresh token is bound to another key."
    if not await is_standing(tx, row["access"]):
        return "This sign-in was ended."
    if row["used"] is not None and now >= row["used"] + GRACE:
        await end_access(tx, row["access"], now)
        return "The refresh token was used before. What it gave is ended."
    follower = successor_of(shown.token, row["salt"])
    if row["used"] is None:
        await _follow(tx, row, follower, salt, now)
    return Renewed(_given(row), follower)


async def _follow(tx: Tx, row: Row, follower: str, salt: str, now: Instant) -> None:
    await tx.run("UPDATE refresh SET used = :now WHERE hash = :hash", now=now, hash=row["hash"])
    until = orjson.loads(row["params"])["until"]
    expires = min(now + IDLE, until)
    await _insert(tx, follower, salt, row["access"], row["jkt"], row["params"], now, expires)
    await note_use(tx, row["access"], now)


async def _insert(
    tx: Tx,
    token: str,
    salt: str,
    access: str,
    jkt: str | None,
    params: str,
    now: Instant,
    expires: Instant,
) -> None:
    await tx.run(
        "INSERT INTO refresh (hash, access, jkt, params, salt, created, expires)"
        " VALUES (:hash, :access, :jkt, :params, :salt, :now, :expires)",
        hash=hash_of(token),
        access=access,
        jkt=jkt,
        params=params,
        salt=salt,
        now=now,
        expires=expires,
    )


def _given(row: Row) -> Given:
    said = orjson.loads(row["params"])
    return Given(
        access=row["access"],
        webid=said["webid"],
        client=said["client"],
        scopes=frozenset(said["scopes"]),
        offline=True,
        signed_in=said["signed_in"],
        acr=said["acr"],
    )
