# SPDX-License-Identifier: EUPL-1.2
"""The three grants of the token endpoint, each from a form to what tokens say (OP-29 to OP-31)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from identity.accounts.credentials import note_use
from identity.clients.proof import ClientDoor, Proven, authenticate
from identity.provider import codes, refresh
from identity.provider.provider import Given, scopes_for_programs
from identity.provider.token_request import Claimed, TokenRefusal, required
from pod.database import Tx
from pod.instant import Instant


@dataclass(frozen=True, slots=True)
class Granted:
    """What tokens say, and the refresh token that goes with them."""

    given: Given
    refresh: str | None = None


async def program_of(at: ClientDoor, claimed: Claimed) -> Proven:
    """The credential that signs in (OP-6c)."""
    proven = await authenticate(at, claimed)
    if proven is None:
        raise TokenRefusal("invalid_client", "Say who you are: client id and secret.", 401)
    if proven.credential is None:
        detail = "An app signs people in; only a credential signs in by itself."
        raise TokenRefusal("unauthorized_client", detail)
    return proven


async def app_of(at: ClientDoor, claimed: Claimed, token: str | None = None) -> Proven:
    """The app that asks; without its id the refresh token names it, if it is public (OP-10)."""
    proven = await authenticate(at, claimed)
    if proven is None and token is not None:
        named = await at.db.read(refresh.client_of, token)
        if named is None:
            raise TokenRefusal("invalid_grant", refresh.UNKNOWN)
        proven = await authenticate(at, Claimed(id=named))
    if proven is None:
        raise TokenRefusal("invalid_client", "Say who you are: the client id.", 401)
    if proven.credential is not None:
        raise TokenRefusal("unauthorized_client", "A credential takes client_credentials only.")
    return proven


async def for_program(at: ClientDoor, program: Proven, scope: str | None) -> Granted:
    """OP-31: a credential signs in for its WebID."""
    credential = program.credential
    if credential is None:
        raise TypeError("only a credential signs in by itself")
    if credential.needs_note(at.now()):
        await at.db.write(None, note_use, credential.id, at.now())
    scopes = scopes_for_programs(scope)
    return Granted(Given(credential.access, credential.webid, credential.id, scopes))


async def for_code(at: ClientDoor, client: Proven, form: Mapping[str, str], jkt: str) -> Granted:
    """OP-29: a code for tokens, once; with a refresh token when the person chose that."""
    shown = codes.Presented(
        code=required(form, "code"),
        client=client.id,
        redirect_uri=required(form, "redirect_uri"),
        verifier=codes.require_verifier(form.get("code_verifier") or None),
        jkt=jkt,
    )
    first, salt = refresh.new_token(), refresh.new_salt()
    # OP-30: only a public client's is bound to its key; another may come back with a new one.
    bound = jkt if client.public else None
    given = await at.db.write(None, _redeem, shown, first, salt, bound, at.now())
    if isinstance(given, str):
        raise TokenRefusal("invalid_grant", given)
    return Granted(given, first if given.offline else None)


async def _redeem(
    tx: Tx, shown: codes.Presented, first: str, salt: str, bound: str | None, now: Instant
) -> Given | str:
    given = await codes.redeem(tx, shown, now)
    if isinstance(given, Given) and given.offline:
        await refresh.add_refresh(tx, first, salt, given, bound, now)
    return given


async def for_refresh(at: ClientDoor, client: Proven, form: Mapping[str, str], jkt: str) -> Granted:
    """OP-30: the next tokens, with fewer scopes when asked (RFC 6749 §6)."""
    shown = refresh.Shown(required(form, "refresh_token"), client.id, jkt)
    asked = form.get("scope")
    renewed = await at.db.write(None, _renew, shown, asked, refresh.new_salt(), at.now())
    if isinstance(renewed, str):
        raise TokenRefusal("invalid_grant", renewed)
    return Granted(renewed.given, renewed.token)


async def _renew(
    tx: Tx, shown: refresh.Shown, asked: str | None, salt: str, now: Instant
) -> refresh.Renewed | str:
    renewed = await refresh.renew(tx, shown, salt, now)
    if isinstance(renewed, str):
        return renewed
    # Raised within the unit: a token is not used up by a wrong scope.
    scopes = _narrowed(renewed.given.scopes, asked)
    return replace(renewed, given=replace(renewed.given, scopes=scopes))


def _narrowed(held: frozenset[str], asked: str | None) -> frozenset[str]:
    if not asked:
        return held
    named = frozenset(asked.split()) - {"offline_access"}
    if named - held:
        raise TokenRefusal("invalid_scope", "More was asked than the person allowed.")
    # The libraries do not go without an ID token, whatever they ask (OP-30).
    return (named | {"webid", "openid"}) & held
