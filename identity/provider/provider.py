# SPDX-License-Identifier: EUPL-1.2
"""The OpenID provider: what it announces, and the tokens that it signs (OP-2, OP-34, OP-35)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt

from identity.tokens.jose import ALGORITHMS
from identity.tokens.keys import Keys
from pod.instant import SECOND, Instant
from pod.iri import Iri

LIFE = 600
SCOPES = ("openid", "webid", "profile", "offline_access", "consent")
CLIENT_ALGORITHMS = ("ES256", "PS256", "RS256")
CLAIMS = ("iss", "sub", "aud", "azp", "exp", "iat", "auth_time", "acr", "webid")
LANGUAGES = ("nl", "fr", "de", "en")


@dataclass(frozen=True, slots=True)
class Given:
    """What tokens say of a sign-in. `signed_in` is the moment that the person proved who she is."""

    access: str
    webid: str
    client: str
    scopes: frozenset[str]
    offline: bool = False
    signed_in: Instant | None = None
    acr: str | None = None
    nonce: str | None = None


def metadata(base: Iri) -> dict[str, object]:
    """OP-2: nothing that is not served, and all that some library does not go without."""
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}.oidc/auth",
        "token_endpoint": f"{base}.oidc/token",
        "jwks_uri": f"{base}.oidc/jwks",
        "registration_endpoint": f"{base}.oidc/reg",
        "end_session_endpoint": f"{base}.oidc/session/end",
        "revocation_endpoint": f"{base}.oidc/token/revocation",
        "introspection_endpoint": f"{base}.oidc/token/introspection",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "subject_types_supported": ["public"],
        "claims_supported": list(CLAIMS),
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "private_key_jwt",
            "none",
        ],
        "token_endpoint_auth_signing_alg_values_supported": list(CLIENT_ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": list(LANGUAGES),
        "authorization_response_iss_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }


def scopes_for_programs(asked: str | None) -> frozenset[str]:
    """OP-31: never fail on what programs ask; `consent` only when it was named (KC-2).

    Nobody is away or present with a program, so offline_access means nothing and is left out.
    """
    named = {"webid", *(asked or "").split()}
    return frozenset(SCOPES) & named - {"offline_access"}


def answer(
    base: Iri, keys: Keys, given: Given, jkt: str, now: Instant, refresh: str | None = None
) -> dict[str, object]:
    """OP-32: the answer of the token endpoint."""
    listed = " ".join(scope for scope in SCOPES if scope in given.scopes)
    about = _about(base, given, jkt, now)
    access = {
        **about,
        "aud": "solid",
        "client_id": given.client,
        "jti": str(uuid.uuid4()),
        "scope": listed,
    }
    told: dict[str, object] = {
        "access_token": _sign(keys, access, "at+jwt"),
        "token_type": "DPoP",
        "expires_in": LIFE,
        "scope": listed,
    }
    if "openid" in given.scopes:
        identity = {**about, "aud": [given.client, "solid"], "azp": given.client}  # OP-34
        if given.nonce is not None:
            identity["nonce"] = given.nonce
        told["id_token"] = _sign(keys, identity, "JWT")
    if refresh is not None:
        told["refresh_token"] = refresh
        told["scope"] = f"{listed} offline_access"
    return told


def _about(base: Iri, given: Given, jkt: str, now: Instant) -> Mapping[str, Any]:
    about: dict[str, Any] = {
        "iss": base,
        "sub": given.webid,
        "webid": given.webid,
        "iat": now // SECOND,
        "exp": now // SECOND + LIFE,
        "cnf": {"jkt": jkt},
        "grant": given.access,
    }
    # OP-35: only where a person signed in.
    if given.signed_in is not None:
        about["auth_time"] = given.signed_in // SECOND
    if given.acr is not None:
        about["acr"] = given.acr
    return about


def _sign(keys: Keys, claims: dict[str, Any], kind: str) -> str:
    # Taken once: the keys may be changed while this runs.
    key = keys.tokens
    header = {"alg": "ES256", "typ": kind, "kid": key.thumbprint()}
    return jwt.encode(header, claims, key, algorithms=["ES256"])
