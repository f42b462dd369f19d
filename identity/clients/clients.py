# SPDX-License-Identifier: EUPL-1.2
"""Which app asks: a document at an address, a registration, or a credential (OP-6)."""

import hmac
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from identity.accounts.credentials import hash_secret
from identity.clients.document import BadDocument, document_of
from identity.clients.metadata import SCOPES, ClientMetadata, kept_metadata
from identity.clients.redirects import fits, may_register
from identity.outward.fetched import Fetch
from pod.database import Database, Row, Tx
from pod.errors import Unreadable
from pod.instant import DAY, HOUR, Instant, Now

LONGEST_ID = 2_000
# OP-11: an app with a slow clock still believes in its registration.
GRACE = HOUR
NOTE_EVERY = DAY
Kind = Literal["document", "registered", "credential"]


class UnknownClient(Unreadable):
    """The app cannot be told: no such registration, or a document that does not hold (OP-17)."""

    problem = "unknown-client"


@dataclass(frozen=True, slots=True)
class Client:
    """An app. `verified`: its host proves who it is by serving the document itself."""

    id: str
    kind: Kind
    name: str
    host: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()
    native: bool = False
    public: bool = True
    scopes: frozenset[str] = frozenset(SCOPES)
    verified: bool = False


def is_document(id_: str) -> bool:
    """OP-6: an address is a Client ID Document; nothing else is ever fetched."""
    return id_.startswith(("https://", "http://"))


async def find_client(
    db: Database, fetch: Fetch, id_: str, now: Now, redirect_uri: str | None = None
) -> Client:
    """The app by its id; UnknownClient says what does not hold.

    `redirect_uri` is one that must be in a document: an older copy without it is fetched anew.
    """
    if not 0 < len(id_) <= LONGEST_ID or not id_.isprintable():
        raise UnknownClient("client_id is missing, too long or holds what it may not.")
    if not is_document(id_):
        return await db.read(_kept_client, id_, now())
    try:
        client = _client(id_, "document", await document_of(fetch, id_))
        if redirect_uri is not None and not fits_redirect(client, redirect_uri, dev=True):
            # OP-7: the copy may be older than the address.
            client = _client(id_, "document", await document_of(fetch, id_, anew=True))
    except BadDocument as error:
        raise UnknownClient(error.detail) from error
    return client


def fits_redirect(client: Client, uri: str, *, dev: bool) -> bool:
    """OP-14: the very address; on this machine any port (RFC 8252 §7.3).

    A document may list `http://localhost` for development: elsewhere it is as if it did not.
    """
    if not may_register(uri, native=client.native, dev=dev):
        return False
    return any(fits(known, uri, dev=dev) for known in client.redirect_uris)


async def check_secret(db: Database, id_: str, secret: str, now: Now) -> bool:
    """Whether this is the secret of a registered app; the same work for one that is unknown."""
    row = await db.read(_secret_of, id_)
    kept = hash_secret("") if row is None else str(row["secret"])
    fitting = hmac.compare_digest(kept, hash_secret(secret))
    if not fitting or row is None or row["expires"] + GRACE <= now():
        return False
    if row["used"] is None or now() - row["used"] >= NOTE_EVERY:
        await db.write(None, _note_use, id_, now())
    return True


async def keys_of(tx: Tx, id_: str, now: Instant) -> str | None:
    """The keys of a registered app that signs in with one."""
    row = await tx.one("SELECT * FROM oidc_client WHERE id = :id", id=id_)
    if row is None or row["expires"] + GRACE <= now:
        return None
    said = kept_metadata(row["metadata"])
    return said.keys if said.method == "private_key_jwt" else None


async def _secret_of(tx: Tx, id_: str) -> Row | None:
    return await tx.one("SELECT secret, expires, used FROM oidc_client WHERE id = :id", id=id_)


async def _note_use(tx: Tx, id_: str, now: Instant) -> None:
    await tx.run("UPDATE oidc_client SET used = :now WHERE id = :id", now=now, id=id_)


async def _kept_client(tx: Tx, id_: str, now: Instant) -> Client:
    row = await tx.one("SELECT * FROM oidc_client WHERE id = :id", id=id_)
    if row is not None:
        if row["expires"] + GRACE <= now:
            raise UnknownClient("The registration of this app has ended; it must register anew.")
        return _client(id_, "registered", kept_metadata(row["metadata"]))
    row = await tx.one("SELECT label, expires FROM credential WHERE id = :id", id=id_)
    if row is None or (row["expires"] is not None and row["expires"] <= now):
        raise UnknownClient("This app is not registered here.")
    return Client(id_, "credential", row["label"] or id_, "", (), public=False)


def _client(id_: str, kind: Kind, said: ClientMetadata) -> Client:
    address = urlsplit(id_ if kind == "document" else said.redirect_uris[0])
    host = address.netloc or f"{address.scheme}:"  # a native app's own scheme has no host
    return Client(
        id=id_,
        kind=kind,
        name=said.name or host,
        host=host,
        redirect_uris=said.redirect_uris,
        post_logout_redirect_uris=said.post_logout_redirect_uris,
        native=said.native,
        # OP-7: a document is for everyone to read, so it holds no secret, whatever it says.
        public=kind == "document" or said.method == "none",
        scopes=said.scopes,
        verified=kind == "document",
    )
