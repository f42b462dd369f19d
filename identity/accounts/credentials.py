# SPDX-License-Identifier: EUPL-1.2
"""Client credentials: what a script signs in with, for one WebID of its account (OP-6c, ACC-10)."""

import hmac
import secrets
import uuid
from dataclasses import dataclass, replace
from hashlib import sha256

from identity.accounts.webids import webids_of
from pod.database import Row, Tx
from pod.errors import Missing, Refused, Unreadable
from pod.instant import HOUR, Instant

MOST_PER_ACCOUNT = 100
NOTE_EVERY = HOUR


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential as kept: its secret is a hash."""

    id: str
    resource: str
    account: str
    webid: str
    access: str
    used: Instant | None
    linked: bool = True
    keys: str | None = None
    expires: Instant | None = None

    def has_expired(self, now: Instant) -> bool:
        """Whether its announced end has come."""
        return self.expires is not None and self.expires <= now

    def needs_note(self, now: Instant) -> bool:
        """Whether its last use was so long ago that a commit is worth it."""
        return self.used is None or now - self.used >= NOTE_EVERY


@dataclass(frozen=True, slots=True)
class NewCredential:
    """What was made outside the unit of work; the secret is shown once."""

    id: str
    secret: str
    resource: str
    access: str


def new_credential(label: str) -> NewCredential:
    """Random id and secret; only unreserved characters, so that both spellings agree (OP-12)."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in label)[:64]
    name = f"{plain}_{uuid.uuid4()}" if plain else str(uuid.uuid4())
    return NewCredential(name, secrets.token_hex(64), str(uuid.uuid4()), str(uuid.uuid4()))


def hash_secret(secret: str) -> str:
    """Secrets are long and random, so a plain digest keeps them (OP-40)."""
    return sha256(secret.encode()).hexdigest()


async def add_credential(
    tx: Tx,
    new: NewCredential,
    account: str,
    webid: str,
    label: str,
    now: Instant,
    keys: str | None = None,
    expires: Instant | None = None,
) -> None:
    """Keep a credential and the access that its tokens will stand on (OP-33).

    `keys` (KLU-11) are what identity/client_keys.py read; without a secret in use, no secret fits.
    """
    if webid not in await webids_of(tx, account):
        raise Unreadable("This WebID is not linked to your account.")
    if len(await credentials_of(tx, account)) >= MOST_PER_ACCOUNT:
        raise Refused(f"An account has at most {MOST_PER_ACCOUNT} credentials; delete one first.")
    await _add_access(tx, new.access, account, webid, new.id, now)
    await tx.run(
        "INSERT INTO credential"
        " (id, resource, account, webid, label, secret, access, jwks, created, expires)"
        " VALUES"
        " (:id, :resource, :account, :webid, :label, :secret, :access, :keys, :now, :expires)",
        id=new.id,
        resource=new.resource,
        account=account,
        webid=webid,
        label=label[:200],
        # One that signs in with a key has no secret that fits.
        secret=hash_secret(new.secret) if keys is None else "",
        access=new.access,
        keys=keys,
        now=now,
        expires=expires,
    )


async def _add_access(
    tx: Tx, id_: str, account: str, webid: str, client: str, now: Instant
) -> None:
    await tx.run(
        "INSERT INTO client_access (id, account, webid, client, created)"
        " VALUES (:id, :account, :webid, :client, :now)",
        id=id_,
        account=account,
        webid=webid,
        client=client,
        now=now,
    )


async def check_credential(tx: Tx, id_: str, secret: str) -> Credential | None:
    """The credential if the secret is right; it says whether its WebID is still linked (OP-31)."""
    found = await find_credential(tx, id_)
    row = await tx.one("SELECT secret FROM credential WHERE id = :id", id=id_)
    kept = hash_secret("") if row is None else str(row["secret"])
    fits = hmac.compare_digest(kept, hash_secret(secret))
    return found if fits else None


async def find_credential(tx: Tx, id_: str) -> Credential | None:
    """The credential of this id, whoever asks; it says whether its WebID is still linked."""
    row = await tx.one("SELECT * FROM credential WHERE id = :id", id=id_)
    if row is None:
        return None
    linked = row["webid"] in await webids_of(tx, row["account"])
    return replace(_credential(row), linked=linked)


async def renew_access(tx: Tx, id_: str, new: str, now: Instant) -> None:
    """OP-33: its tokens end and it lives on, standing on an access of the id *new*."""
    row = await tx.one("SELECT * FROM credential WHERE id = :id", id=id_)
    if row is None:
        return
    await _add_access(tx, new, row["account"], row["webid"], id_, now)
    await tx.run("UPDATE credential SET access = :new WHERE id = :id", new=new, id=id_)
    await tx.run(
        "UPDATE client_access SET ended = COALESCE(ended, :now) WHERE id = :id",
        now=now,
        id=row["access"],
    )


def _credential(row: Row) -> Credential:
    return Credential(
        id=row["id"],
        resource=row["resource"],
        account=row["account"],
        webid=row["webid"],
        access=row["access"],
        used=row["used"],
        keys=row["jwks"],
        expires=row["expires"],
    )


async def note_use(tx: Tx, id_: str, now: Instant) -> None:
    """ACC-10: when it was last used, to the hour."""
    await tx.run("UPDATE credential SET used = :now WHERE id = :id", now=now, id=id_)


async def without_link(tx: Tx, id_: str, now: Instant) -> None:
    """OP-31: delete a credential whose WebID is no longer linked; looked at again, to be sure."""
    row = await tx.one("SELECT * FROM credential WHERE id = :id", id=id_)
    if row is not None and row["webid"] not in await webids_of(tx, row["account"]):
        await _end(tx, _credential(row), now)


async def _end(tx: Tx, credential: Credential, now: Instant) -> None:
    await tx.run(
        "UPDATE client_access SET ended = :now WHERE id = :id", now=now, id=credential.access
    )
    await tx.run("DELETE FROM credential WHERE id = :id", id=credential.id)


async def credentials_of(tx: Tx, account: str) -> dict[str, str]:
    """Client id to the id of its resource."""
    rows = await tx.all(
        "SELECT id, resource FROM credential WHERE account = :a ORDER BY created", a=account
    )
    return {row["id"]: row["resource"] for row in rows}


async def credential_of(tx: Tx, account: str, resource: str) -> Credential:
    """One credential of this account; Missing also when it is another's."""
    row = await tx.one(
        "SELECT * FROM credential WHERE resource = :r AND account = :a", r=resource, a=account
    )
    if row is None:
        raise Missing("There is no such credential.")
    return _credential(row)


async def remove_credential(tx: Tx, account: str, resource: str, now: Instant) -> None:
    """ACC-12: its tokens are refused from the next request on."""
    await _end(tx, await credential_of(tx, account, resource), now)
