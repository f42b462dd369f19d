# SPDX-License-Identifier: EUPL-1.2
"""Ending what a token stands on, and saying whether it still stands (RFC 7009, RFC 7662)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from identity.accounts.credentials import renew_access
from identity.provider.apps import end_access
from identity.provider.codes import hash_of
from identity.provider.refresh import client_of_params
from identity.tokens.token import AnotherIssuer, Tokens
from pod.database import Database, Tx
from pod.errors import NotSignedIn
from pod.instant import SECOND, Instant, Now


@dataclass(frozen=True, slots=True)
class Seen:
    """A token that some client holds: what it stands on, and what may be said of it."""

    client: str | None
    access: str
    said: Mapping[str, object]


async def look(db: Database, tokens: Tokens, token: str, now: Now) -> Seen | None:
    """What this token is, None for one that is not ours, over, or of a kind not known."""
    refresh = await db.read(_refresh, token, now())
    if refresh is not None:
        return refresh
    try:
        read = tokens.read(token, now())
    except (NotSignedIn, AnotherIssuer):
        return None
    who = read.who
    # RS-4: the storage allows a clock to be off; here it is ours that counts.
    if who.access is None or read.expires <= now():
        return None
    said = {
        "token_type": "DPoP",
        "exp": read.expires // SECOND,
        "scope": " ".join(sorted(who.scopes)),
        "sub": who.webid,
        "webid": who.webid,
        "iss": who.issuer,
        "aud": "solid",
        "cnf": {"jkt": read.thumbprint},
    }
    return Seen(who.client, who.access, said)


async def _refresh(tx: Tx, token: str, now: Instant) -> Seen | None:
    row = await tx.one("SELECT * FROM refresh WHERE hash = :hash", hash=hash_of(token))
    if row is None or row["expires"] <= now:
        return None
    said = {"token_type": "refresh_token", "exp": row["expires"] // SECOND}
    return Seen(client_of_params(row["params"]), row["access"], said)


async def still_stands(tx: Tx, access: str) -> bool:
    """RS-10: asked anew each time."""
    row = await tx.one(
        "SELECT 1 AS stands FROM client_access a"
        " JOIN webid w ON w.account = a.account AND w.uri = a.webid"
        " WHERE a.id = :access AND a.ended IS NULL",
        access=access,
    )
    return row is not None


def new_access() -> str:
    """The id of an access that takes the place of an ended one."""
    return str(uuid.uuid4())


async def end(tx: Tx, access: str, new: str, now: Instant) -> None:
    """OP-33: all that stands on it ends; a credential lives on and may ask for new tokens."""
    row = await tx.one("SELECT id FROM credential WHERE access = :access", access=access)
    if row is None:
        await end_access(tx, access, now)
    else:
        await renew_access(tx, row["id"], new, now)
