# SPDX-License-Identifier: EUPL-1.2
"""Access and ID tokens of our own issuer: checked once per content, until they end (RS-3, 4, 5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeGuard

from cryptography.hazmat.primitives.asymmetric import ec

from identity.jose import BadToken, Parts, read_header, take_apart, verify
from identity.keys import Keys
from pod.errors import NotSignedIn
from pod.instant import SECOND, Instant

SKEW = 60 * SECOND
LONGEST_LIFE = 24 * 3600
LONGEST = 8 * 1024
MOST_KEPT = 10_000
# What our own issuer writes: access tokens and ID tokens (OP-35, OP-34).
TYPES = ("at+jwt", "jwt")


@dataclass(frozen=True, slots=True)
class Token:
    """What a token that holds says."""

    webid: str
    client: str | None
    issuer: str
    thumbprint: str | None
    expires: Instant
    scopes: frozenset[str]
    access: str
    signed_in: Instant | None
    acr: str | None


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one issuer; those that were verified are kept by digest until they end."""

    issuer: str
    keys: Keys
    kept: dict[bytes, Token] = field(default_factory=dict)

    def read(self, token: str, now: Instant) -> Token:
        """NotSignedIn with the reason when the token does not hold."""
        name = sha256(token.encode("utf-8", "surrogateescape")).digest()
        known = self.kept.get(name)
        try:
            if known is None:
                known = self._verified(token, now)
            if known.expires <= now - SKEW:
                self.kept.pop(name, None)
                raise BadToken("it has expired")
        except BadToken as error:
            raise NotSignedIn(f"The token is refused: {error}.", problem="invalid-token") from error
        if name not in self.kept:
            self._keep(name, known, now)
        return known

    def _verified(self, token: str, now: Instant) -> Token:
        if len(token) > LONGEST:
            raise BadToken("it is longer than 8 KiB")
        parts = take_apart(token)
        header = read_header(parts.header)
        typ = header.get("typ")
        if not isinstance(typ, str) or typ.lower().removeprefix("application/") not in TYPES:
            raise BadToken("typ is not that of an access or ID token")
        # RS-4: what the claims say costs nothing to look at, so it comes before the signature.
        read = _read_claims(parts.claims, self.issuer, now)
        if read.expires <= now - SKEW:
            raise BadToken("it has expired")
        self._verify(parts, header)
        return read

    def _verify(self, parts: Parts, header: Mapping[str, Any]) -> None:
        # RS-3: the key comes from our own set, never from what the token's header says.
        if header.get("alg") != "ES256":
            raise BadToken("alg is not accepted")
        if header.get("kid") != self.keys.tokens.thumbprint():
            raise BadToken("kid names no key of this issuer")
        key = self.keys.tokens.public_key
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise BadToken("the issuer's key is of another kind")
        verify(parts, key, "ES256")

    def _keep(self, name: bytes, token: Token, now: Instant) -> None:
        if len(self.kept) >= MOST_KEPT:
            for old in [key for key, kept in self.kept.items() if kept.expires <= now - SKEW]:
                del self.kept[old]
            if len(self.kept) >= MOST_KEPT:
                self.kept.pop(next(iter(self.kept)))
        self.kept[name] = token


def _read_claims(claims: Mapping[str, Any], issuer: str, now: Instant) -> Token:
    if claims.get("iss") != issuer:
        raise BadToken("it is of another issuer, and only tokens of this server are accepted yet")
    webid = claims.get("webid")
    if not isinstance(webid, str) or not webid.startswith(("http://", "https://")):
        raise BadToken("it names no WebID")
    audience = claims.get("aud")
    if audience != "solid" and not (isinstance(audience, list) and "solid" in audience):
        raise BadToken("its audience is not solid")
    expires = _times(claims, now)
    confirmation = claims.get("cnf")
    thumbprint = confirmation.get("jkt") if isinstance(confirmation, dict) else None
    access = _text(claims, "grant")
    if access is None:
        # RS-10: without it nobody could ask whether the token still stands.
        raise BadToken("it does not name what it stands on")
    signed_in = claims.get("auth_time")
    return Token(
        webid=webid,
        client=_text(claims, "client_id") or _text(claims, "azp"),  # RS-5
        issuer=issuer,
        thumbprint=thumbprint if isinstance(thumbprint, str) else None,
        expires=expires,
        scopes=frozenset((_text(claims, "scope") or "").split()),
        access=access,
        signed_in=int(signed_in * SECOND) if _is_number(signed_in) else None,
        acr=_text(claims, "acr"),
    )


def _times(claims: Mapping[str, Any], now: Instant) -> Instant:
    made, ends, begins = claims.get("iat"), claims.get("exp"), claims.get("nbf")
    if not _is_number(made) or not _is_number(ends):
        raise BadToken("iat or exp is missing")
    if made * SECOND >= now + SKEW:
        raise BadToken("it is of the future")
    if ends - made > LONGEST_LIFE:
        raise BadToken("it lives too long")
    if begins is not None and (not _is_number(begins) or begins * SECOND > now + SKEW):
        raise BadToken("it is not valid yet")
    return int(ends * SECOND)


def _is_number(value: Any) -> TypeGuard[int | float]:
    return type(value) is int or type(value) is float


def _text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) else None
