# SPDX-License-Identifier: EUPL-1.2
"""The OpenID provider: what it announces, and the tokens that it signs (OP-2, OP-34, OP-35)."""

import uuid
from collections.abc import Mapping
from typing import Any

from joserfc import jwt

from identity.credentials import Credential
from identity.jose import ALGORITHMS
from identity.keys import Keys
from pod.instant import SECOND, Instant
from pod.iri import Iri

LIFE = 600
SCOPES = ("openid", "webid", "consent")


def metadata(base: Iri) -> dict[str, object]:
    """OP-2: nothing that is not served, but for the one address that libraries do not go without.

    solid-client-authn-node refuses metadata without `authorization_endpoint`, also for client
    credentials; the address answers that signing in with a browser is not served yet.
    """
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}.oidc/auth",
        "token_endpoint": f"{base}.oidc/token",
        "jwks_uri": f"{base}.oidc/jwks",
        "scopes_supported": list(SCOPES),
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "subject_types_supported": ["public"],
        "claims_supported": ["iss", "sub", "aud", "azp", "exp", "iat", "webid"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }


def scopes_for(asked: str | None) -> tuple[str, ...]:
    """OP-31: never fail on what clients ask; `consent` only when it was named (KC-2)."""
    named = {"webid", *(asked or "").split()}
    return tuple(scope for scope in SCOPES if scope in named)


def answer(
    base: Iri, keys: Keys, credential: Credential, jkt: str, scope: str | None, now: Instant
) -> dict[str, object]:
    """OP-32: the answer of the token endpoint to `client_credentials`."""
    scopes = scopes_for(scope)
    about = _about(base, credential, jkt, now)
    access = {
        **about,
        "aud": "solid",
        "client_id": credential.id,
        "jti": str(uuid.uuid4()),
        "scope": " ".join(scopes),
    }
    given: dict[str, object] = {
        "access_token": _sign(keys, access, "at+jwt"),
        "token_type": "DPoP",
        "expires_in": LIFE,
        "scope": " ".join(scopes),
    }
    if "openid" in scopes:
        identity = {**about, "aud": [credential.id, "solid"], "azp": credential.id}
        given["id_token"] = _sign(keys, identity, "JWT")
    return given


def _about(base: Iri, credential: Credential, jkt: str, now: Instant) -> Mapping[str, Any]:
    return {
        "iss": base,
        "sub": credential.webid,
        "webid": credential.webid,
        "iat": now // SECOND,
        "exp": now // SECOND + LIFE,
        "cnf": {"jkt": jkt},
        "grant": credential.access,
    }


def _sign(keys: Keys, claims: dict[str, Any], kind: str) -> str:
    header = {"alg": "ES256", "typ": kind, "kid": keys.tokens.thumbprint()}
    return jwt.encode(header, claims, keys.tokens, algorithms=["ES256"])
