# SPDX-License-Identifier: EUPL-1.2
"""How a client proves who it is at the token endpoint and beside it (OP-12, OP-13, OP-36)."""

from dataclasses import dataclass

from identity.accounts.credentials import (
    Credential,
    check_credential,
    find_credential,
    without_link,
)
from identity.clients.assertion import Assertion, read_assertion, require_first, require_signed
from identity.clients.clients import UnknownClient, check_secret, find_client, is_document, keys_of
from identity.clients.keys import keys_for
from identity.outward.fetched import Fetch
from identity.provider.token_request import Claimed, TokenRefusal
from identity.tokens.jose import BadToken
from identity.tokens.replay import Replay
from pod.database import Database
from pod.instant import Now
from pod.iri import Iri

WRONG = "The client id or the secret is wrong."


@dataclass(frozen=True, slots=True)
class ClientDoor:
    """What the proof of a client is checked with."""

    db: Database
    fetch: Fetch
    replay: Replay
    base: Iri
    now: Now

    @property
    def audiences(self) -> tuple[str, ...]:
        """RFC 7523 §3: for whom an assertion is: the token endpoint or the issuer."""
        return (f"{self.base}.oidc/token", self.base)


@dataclass(frozen=True, slots=True)
class Proven:
    """A client that is who it says; `public` when it only said so. Its credential, if it is one."""

    id: str
    public: bool
    credential: Credential | None = None


async def authenticate(at: ClientDoor, claimed: Claimed) -> Proven | None:
    """Who asks, None when nobody was named; TokenRefusal `invalid_client` when that fails."""
    if claimed.assertion is not None:
        return await _with_key(at, claimed.assertion, claimed.id)
    if claimed.spellings:
        return await _with_secret(at, claimed)
    if claimed.id is None:
        return None
    if is_document(claimed.id):
        return Proven(claimed.id, public=True)  # OP-7: whatever its document says
    try:
        client = await find_client(at.db, at.fetch, claimed.id, at.now)
    except UnknownClient as error:
        raise _refused() from error
    if not client.public:
        raise _refused()
    return Proven(client.id, public=True)


async def _with_secret(at: ClientDoor, claimed: Claimed) -> Proven:
    for id_, secret in claimed.spellings:
        if await check_secret(at.db, id_, secret, at.now):
            return Proven(id_, public=False)
        credential = await at.db.read(check_credential, id_, secret)
        if credential is not None:
            return await _live(at, credential)
    raise _refused()


async def _with_key(at: ClientDoor, token: str, named: str | None) -> Proven:
    try:
        assertion = read_assertion(token, at.audiences, at.now())
        if named not in (None, assertion.client):
            raise BadToken("client_id is not that of the assertion")
        credential = await at.db.read(find_credential, assertion.client)
        await _require_key(at, assertion, credential)
        require_first(assertion, at.replay, at.now())
    except BadToken as error:
        detail = f"The assertion of the client is refused: {error}."
        raise TokenRefusal("invalid_client", detail, 401) from error
    if credential is None:
        return Proven(assertion.client, public=False)
    return await _live(at, credential)


async def _require_key(at: ClientDoor, assertion: Assertion, credential: Credential | None) -> None:
    if credential is not None:
        kept = credential.keys
    else:
        kept = await at.db.read(keys_of, assertion.client, at.now())
    # An unknown client, one without keys and a wrong key look alike.
    keys = () if kept is None else await keys_for(at.fetch, kept, assertion.header.get("kid"))
    require_signed(assertion, keys)


async def _live(at: ClientDoor, credential: Credential) -> Proven:
    if credential.has_expired(at.now()):
        raise _refused()
    if not credential.linked:
        # OP-31: without its WebID a credential is worth nothing any more.
        await at.db.write(None, without_link, credential.id, at.now())
        raise _refused()
    return Proven(credential.id, public=False, credential=credential)


def _refused() -> TokenRefusal:
    return TokenRefusal("invalid_client", WRONG, 401)
