# SPDX-License-Identifier: EUPL-1.2
"""Access tokens and ID tokens of our own issuer, checked before anything in them is believed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NoReturn

from identity.compact import Compact, Unsound, Verifier, algorithm_of, take_apart, verifier_of
from identity.dpop import ProofKey
from identity.keys import Keys, kid_of
from identity.recent import Recent
from pod.errors import NotSignedIn
from pod.instant import HOUR, SECOND, Instant

PROBLEM = "invalid-token"
AUDIENCE = "solid"
LEEWAY = 60 * SECOND
LONGEST_LIFE = 24 * HOUR
# OP-34, OP-35: access tokens and ID tokens; both come to the storage as credentials (fact 1).
TYPES = ("at+jwt", "JWT")
MOST_TOKENS = 10_000
MOST_KEYS = 4_000

_WEBID = re.compile(r"https?://[^\s<>\"{}|\\^`]+")


@dataclass(frozen=True, slots=True)
class Token:
    """What a token that holds says."""

    webid: str
    client: str | None
    issuer: str
    scopes: frozenset[str]
    jkt: str
    access: str
    expires: Instant
    signed_in: Instant | None
    acr: str | None


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys that verify our tokens by key id, and what was verified or imported lately.

    Everything kept is named by its content; whether a token's access still stands is asked in
    the database at every request all the same (RS-10).
    """

    verifiers: Mapping[str, Verifier]
    tokens: Recent[bytes, Token] = field(default_factory=lambda: Recent(MOST_TOKENS))
    proof_keys: Recent[str, ProofKey] = field(default_factory=lambda: Recent(MOST_KEYS))


def keyring_of(keys: Keys) -> Keyring:
    """A keyring with empty memory; retired keys still verify (OP-5)."""
    every = (keys.tokens, *keys.retired_tokens)
    return Keyring({kid_of(key): verifier_of(key, "ES256") for key in every})


def read_token(text: str, *, issuer: str, keyring: Keyring, now: Instant) -> Token:
    """RS-3, 4, 5, 11 for our own issuer; NotSignedIn says what is wrong with it."""
    name = sha256(text.encode("utf-8", "surrogateescape")).digest()
    token = keyring.tokens.get(name)
    if token is None:
        token = _verified(text, issuer, keyring, now)
        keyring.tokens.keep(name, token)
    elif now >= token.expires + LEEWAY:
        keyring.tokens.drop(name)
        _refuse("The token has expired.")
    return token


def _refuse(detail: str, cause: Exception | None = None) -> NoReturn:
    raise NotSignedIn(detail, problem=PROBLEM) from cause


def _verified(text: str, issuer: str, keyring: Keyring, now: Instant) -> Token:
    try:
        token = take_apart(text)
        verifier = _verifier(token, issuer, keyring)
        _check_times(token.claims, now)
        read = _read(token.claims, issuer)
        verifier.check(token)
    except Unsound as error:
        _refuse(f"The token does not count: {error}.", error)
    return read


def _verifier(token: Compact, issuer: str, keyring: Keyring) -> Verifier:
    header = token.header()
    alg = algorithm_of(header)
    if header.get("typ") not in TYPES:
        raise Unsound(f"its typ is none of {', '.join(TYPES)}")
    if token.claims.get("iss") != issuer:
        raise Unsound("this server does not yet accept tokens of that issuer")
    # `jku`, `x5u` and `jwk` in the header are never looked at (RS-3).
    kid = header.get("kid")
    verifier = keyring.verifiers.get(kid) if isinstance(kid, str) else None
    if verifier is None or verifier.alg != alg:
        raise Unsound("it names no key of this issuer")
    return verifier


def _check_times(claims: Mapping[str, object], now: Instant) -> None:
    issued, expires = _moment(claims, "iat"), _moment(claims, "exp")
    if now >= expires + LEEWAY:
        raise Unsound("it has expired")
    if issued > now + LEEWAY:
        raise Unsound("it was issued in the future")
    if not 0 <= expires - issued <= LONGEST_LIFE:
        raise Unsound("it lives longer than 24 hours")
    if "nbf" in claims and _moment(claims, "nbf") > now + LEEWAY:
        raise Unsound("it does not count yet")


def _moment(claims: Mapping[str, object], name: str) -> Instant:
    seconds = claims.get(name)
    # RFC 7519 §2: a JSON number; true is none.
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise Unsound(f"its {name} is not a number")
    return int(seconds * SECOND)


def _read(claims: Mapping[str, object], issuer: str) -> Token:
    webid = claims.get("webid")
    if not isinstance(webid, str) or _WEBID.fullmatch(webid) is None:
        raise Unsound("its webid is no http address")
    audience = claims.get("aud")
    if audience != AUDIENCE and not (isinstance(audience, list) and AUDIENCE in audience):
        raise Unsound(f"its aud does not name {AUDIENCE}")
    confirmed = claims.get("cnf")
    jkt = confirmed.get("jkt") if isinstance(confirmed, dict) else None
    if not isinstance(jkt, str):
        raise Unsound("it is not bound to a key (cnf.jkt)")
    access = claims.get("grant")
    if not isinstance(access, str):
        # RS-10: without it nobody could ask whether the token still stands.
        raise Unsound("it does not name what it stands on (grant)")
    return Token(
        webid=webid,
        client=_text(claims, "client_id") or _text(claims, "azp"),
        issuer=issuer,
        scopes=frozenset((_text(claims, "scope") or "").split()),
        jkt=jkt,
        access=access,
        expires=_moment(claims, "exp"),
        signed_in=_moment(claims, "auth_time") if "auth_time" in claims else None,
        acr=_text(claims, "acr"),
    )


def _text(claims: Mapping[str, object], name: str) -> str | None:
    value = claims.get(name)
    if value is not None and not isinstance(value, str):
        raise Unsound(f"its {name} is not a text")
    return value


def is_bound(text: str) -> bool:
    """Whether a token says that it is bound to a key, believed or not."""
    try:
        return "cnf" in take_apart(text).claims
    except Unsound:
        return False
