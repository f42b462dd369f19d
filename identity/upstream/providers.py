# SPDX-License-Identifier: EUPL-1.2
"""Providers above us, for which Kluis is a plain OpenID Connect relying party (FED-1)."""

import secrets
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol
from urllib.parse import quote, urlencode, urlsplit

import orjson
from joserfc import jwt
from joserfc.jwk import ECKey

from identity.outward.fetched import Fetch
from identity.sign_in.assurance import Level, values_from
from identity.tokens.jose import BadToken
from pod.errors import Unavailable
from pod.instant import MINUTE, SECOND, Instant
from pod.iri import Iri

JSON = "application/json"
LIMIT = 64 * 1024


class Swap(Protocol):
    """Sends a form elsewhere and gives the body of a 200 answer; NotFetched says why not."""

    async def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider as the settings name it; `secret` or `key` is how Kluis proves itself."""

    name: str
    title: Mapping[str, str]
    issuer: str
    client_id: str
    scopes: tuple[str, ...] = ("openid",)
    means: Mapping[str, Level] = field(default_factory=dict)
    registers: bool = False
    secret: str = field(default="", repr=False)
    key: ECKey | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Places:
    """What the provider's metadata says of itself."""

    authorization: str
    token: str
    jwks: str
    says_iss: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What one sign-in asks for."""

    least: Level = Level.NONE
    max_age: int | None = None
    login_hint: str = ""


@dataclass(frozen=True, slots=True)
class Trip:
    """One way there and back. Nothing secret of it is kept: the browser and the state make it."""

    state: str
    browser: str

    @property
    def verifier(self) -> str:
        return self._made("verifier")

    @property
    def nonce(self) -> str:
        return self._made("nonce")

    def _made(self, use: str) -> str:
        text = f"{use}|{self.browser}|{self.state}"
        return _url64(sha256(text.encode("utf-8", "surrogateescape")).digest())


def _url64(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def callback_of(base: Iri, provider: Provider) -> str:
    """FED-1: the one address that the provider sends the browser back to."""
    return f"{base}.account/login/oidc/{provider.name}/callback/"


async def find_places(fetch: Fetch, provider: Provider) -> Places:
    """OpenID Connect Discovery §4: the issuer in it is the issuer that was asked, exactly."""
    where = provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
    found = await fetch(where, accept=JSON, limit=LIMIT)
    try:
        said = orjson.loads(found.body)
    except orjson.JSONDecodeError as error:
        raise Unavailable(f"<{where}> is no JSON.") from error
    if not isinstance(said, dict) or said.get("issuer") != provider.issuer:
        raise Unavailable(f"<{where}> is the metadata of another issuer.")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    first, second, third = (_address(said.get(name), provider, where) for name in names)
    return Places(
        first, second, third, said.get("authorization_response_iss_parameter_supported") is True
    )


def _address(value: object, provider: Provider, where: str) -> str:
    # Plain http only from an issuer that has it too, which --dev alone allows.
    schemes = ("https", urlsplit(provider.issuer).scheme)
    if not isinstance(value, str) or urlsplit(value).scheme not in schemes:
        raise Unavailable(f"<{where}> lacks an address that is needed.")
    return value


def sign_in_address(provider: Provider, places: Places, base: Iri, trip: Trip, asked: Asked) -> str:
    """Where the browser is sent: code, PKCE S256, state and nonce; only agreed scopes (FED-5)."""
    values = values_from(asked.least, provider.means)
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": callback_of(base, provider),
        "scope": " ".join(provider.scopes),
        "state": trip.state,
        "nonce": trip.nonce,
        "code_challenge": _url64(sha256(trip.verifier.encode()).digest()),
        "code_challenge_method": "S256",
        # Without it such providers say no level at all.
        **({"acr_values": " ".join(values)} if values else {}),
        **({} if asked.max_age is None else {"max_age": str(asked.max_age)}),
        **({"login_hint": asked.login_hint} if asked.login_hint else {}),
    }
    joint = "&" if urlsplit(places.authorization).query else "?"
    return places.authorization + joint + urlencode(query)


async def swap_code(
    swap: Swap, provider: Provider, places: Places, base: Iri, trip: Trip, code: str, now: Instant
) -> str:
    """The ID token for the code; the access token is not looked at, and kept nowhere (FED-1)."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback_of(base, provider),
        "code_verifier": trip.verifier,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": JSON}
    if provider.key is not None:
        form |= _assertion(provider, provider.key, places, now)
    else:
        # RFC 6749 §2.3.1: both halves are form-encoded first.
        pair = f"{quote(provider.client_id, safe='')}:{quote(provider.secret, safe='')}"
        headers["Authorization"] = "Basic " + b64encode(pair.encode()).decode()
    body = await swap(places.token, urlencode(form).encode(), headers)
    return _id_token(body)


def _assertion(provider: Provider, key: ECKey, places: Places, now: Instant) -> dict[str, str]:
    """OpenID Connect Core §9, private_key_jwt."""
    made = now // SECOND
    claims = {
        "iss": provider.client_id,
        "sub": provider.client_id,
        "aud": places.token,
        "iat": made,
        "exp": made + MINUTE // SECOND,
        "jti": secrets.token_urlsafe(16),
    }
    signed = jwt.encode({"alg": "ES256", "kid": key.thumbprint()}, claims, key)
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    return {
        "client_id": provider.client_id,
        "client_assertion_type": kind,
        "client_assertion": signed,
    }


def _id_token(body: bytes) -> str:
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadToken("the answer to the code is no JSON") from error
    token = said.get("id_token") if isinstance(said, dict) else None
    if not isinstance(token, str) or len(token) > LIMIT:
        raise BadToken("the answer to the code has no ID token")
    return token
