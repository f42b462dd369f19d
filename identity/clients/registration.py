# SPDX-License-Identifier: EUPL-1.2
"""Dynamic registration: what an app asks for, what is kept of it, and what it is told (OP-8)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from identity.accounts.credentials import hash_secret
from identity.clients.keys import read_keys
from identity.clients.metadata import (
    METHODS,
    BadMetadata,
    ClientMetadata,
    addresses,
    known_scopes,
    plain_name,
    written,
)
from identity.clients.redirects import may_register
from pod.database import Tx
from pod.errors import Unavailable, Unreadable
from pod.instant import DAY, SECOND, Instant

LIFE = 180 * DAY  # OP-11: announced
KEPT_AFTER = 30 * DAY
MOST = 200_000  # OP-15
GRANTS = ("authorization_code", "refresh_token")
INVALID = "invalid_client_metadata"
# Names that only have one value here: (the name, what may be asked).
_FIXED: Mapping[str, tuple[str, ...]] = {
    "token_endpoint_auth_method": METHODS,
    "application_type": ("web", "native"),
    "subject_type": ("public",),
    "id_token_signed_response_alg": ("ES256",),
}


@dataclass(frozen=True, slots=True)
class NewClient:
    """What was made outside the unit of work; the secret is told once (OP-40)."""

    id: str
    secret: str


def new_client() -> NewClient:
    """OP-12: only unreserved characters, so that both spellings of Basic agree."""
    return NewClient(secrets.token_urlsafe(24), secrets.token_urlsafe(48))


def read_registration(said: Mapping[str, object], *, dev: bool) -> ClientMetadata:
    """What counts of it; BadMetadata in the words of RFC 7591 §3.2.2 for what cannot be had."""
    for name, allowed in _FIXED.items():
        if name in said and said[name] not in allowed:
            raise BadMetadata(INVALID, f"{name} is one of: {', '.join(allowed)}.")
    _require_code_flow(said)
    native = said.get("application_type") == "native"
    method = str(said.get("token_endpoint_auth_method", "client_secret_basic"))
    return ClientMetadata(
        name=plain_name(said.get("client_name")),
        redirect_uris=_redirects(said, native=native, dev=dev),
        post_logout_redirect_uris=_after_logout(said, native=native, dev=dev),
        native=native,
        method=method,
        scopes=known_scopes(said.get("scope")),
        keys=_keys(said, method),
    )


def _require_code_flow(said: Mapping[str, object]) -> None:
    for name, allowed in (("grant_types", GRANTS), ("response_types", ("code",))):
        asked = said.get(name, [allowed[0]])
        if not isinstance(asked, list) or not asked or any(one not in allowed for one in asked):
            raise BadMetadata(INVALID, f"{name} is a list out of: {', '.join(allowed)}.")


def _redirects(said: Mapping[str, object], *, native: bool, dev: bool) -> tuple[str, ...]:
    code = "invalid_redirect_uri"
    found = addresses(said, "redirect_uris", code)
    if not found:
        raise BadMetadata(code, "redirect_uris names no address.")
    for uri in found:
        if not may_register(uri, native=native, dev=dev):
            detail = (
                "A redirect address is https, http of a loopback address, or for a native app its"
                f" own scheme with a dot; it has no fragment. This is none: {_shown(uri)}"
            )
            raise BadMetadata(code, detail)
    return found


def _after_logout(said: Mapping[str, object], *, native: bool, dev: bool) -> tuple[str, ...]:
    found = addresses(said, "post_logout_redirect_uris", INVALID)
    for uri in found:
        if not may_register(uri, native=native, dev=dev):
            detail = f"post_logout_redirect_uris holds what it may not: {_shown(uri)}"
            raise BadMetadata(INVALID, detail)
    return found


def _shown(uri: str) -> str:
    return "".join(c for c in uri[:120] if c.isprintable())


def _keys(said: Mapping[str, object], method: str) -> str | None:
    if method != "private_key_jwt":
        return None
    try:
        return read_keys(said.get("jwks"), said.get("jwks_uri"))
    except Unreadable as error:
        raise BadMetadata(INVALID, error.detail) from error


async def add_client(tx: Tx, new: NewClient, said: ClientMetadata, now: Instant) -> None:
    """Keep it, and let go of what is long over; Unavailable when there are too many (OP-15)."""
    await tx.run("DELETE FROM oidc_client WHERE expires < :past", past=now - KEPT_AFTER)
    row = await tx.one("SELECT count(*) AS many FROM oidc_client")
    if row is not None and row["many"] >= MOST:
        raise Unavailable("No more apps can register right now; use a Client ID Document.")
    await tx.run(
        "INSERT INTO oidc_client (id, secret, metadata, created, expires)"
        " VALUES (:id, :secret, :metadata, :now, :expires)",
        id=new.id,
        secret=hash_secret(new.secret),
        metadata=written(said),
        now=now,
        expires=now + LIFE,
    )


def told(new: NewClient, said: ClientMetadata, now: Instant) -> dict[str, object]:
    """OP-9, OP-10: what was registered, in order, and always a secret with its end."""
    answer: dict[str, object] = {
        "client_id": new.id,
        "client_secret": new.secret,
        "client_id_issued_at": now // SECOND,
        "client_secret_expires_at": (now + LIFE) // SECOND,
        "redirect_uris": list(said.redirect_uris),
        "post_logout_redirect_uris": list(said.post_logout_redirect_uris),
        "application_type": "native" if said.native else "web",
        "grant_types": list(GRANTS),
        "response_types": ["code"],
        "subject_type": "public",
        "id_token_signed_response_alg": "ES256",
        "token_endpoint_auth_method": said.method,
        "scope": " ".join(sorted(said.scopes)),
    }
    if said.name:
        answer["client_name"] = said.name
    return answer
