# SPDX-License-Identifier: EUPL-1.2
"""Access and ID tokens: those of our own issuer are checked once per content (RS-3, 4, 5)."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, TypeGuard

from identity.tokens.jose import BadToken, Check, Parts, read_header, take_apart
from identity.tokens.keys import Keys
from identity.who import Who
from pod.errors import NotSignedIn
from pod.instant import SECOND, Instant

SKEW = 60 * SECOND
LONGEST_LIFE = 24 * 3600
LONGEST = 8 * 1024
MOST_KEPT = 10_000
# What our own issuer writes: access tokens and ID tokens (OP-35, OP-34).
TYPES = ("at+jwt", "jwt")


class AnotherIssuer(Exception):
    """The token is not of our own issuer: others have to be asked about it (RS-10)."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a token that holds says, and the `ath` by which proofs name it.

    `kid` is the key of ours that signed it; a key that is gone takes its tokens with it (OP-5).
    """

    who: Who
    thumbprint: str | None
    expires: Instant
    ath: str
    kid: str = ""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one issuer; those that were verified are kept by digest until they end."""

    issuer: str
    checks: Mapping[str, Check]
    kept: dict[bytes, Token] = field(default_factory=dict)
    most: int = MOST_KEPT

    def read(self, token: str, now: Instant) -> Token:
        """NotSignedIn with the reason when the token does not hold, or AnotherIssuer."""
        try:
            return self._read(token, now)
        except BadToken as error:
            raise NotSignedIn(f"The token is refused: {error}.", problem="invalid-token") from error

    def _read(self, token: str, now: Instant) -> Token:
        if len(token) > LONGEST:
            raise BadToken("it is longer than 8 KiB")
        if not token.isascii():
            raise BadToken("it is not base64url")
        name = sha256(token.encode()).digest()
        known = self.kept.get(name)
        if known is None:
            known = self._verified(token, name, now)
            self._keep(name, known, now)
        elif known.kid not in self.checks:
            # OP-5: a key that others may know is dropped, with all that it signed.
            self.kept.pop(name, None)
            raise BadToken("kid names no key of this issuer")
        elif known.expires <= now - SKEW:
            self.kept.pop(name, None)
            raise BadToken("it has expired")
        return known

    def _verified(self, token: str, digest: bytes, now: Instant) -> Token:
        parts = take_apart(token)
        header = read_header(parts.header)
        self._require_own(parts.claims.get("iss"))
        typ = header.get("typ")
        if not isinstance(typ, str) or typ.lower().removeprefix("application/") not in TYPES:
            raise BadToken("typ is not that of an access or ID token")
        # RS-4: what the claims say costs nothing to look at, so it comes before the signature.
        read = read_claims(parts.claims, ath_of(digest), now)
        if read.who.access is None:
            # RS-10: without it nobody could ask whether the token still stands.
            raise BadToken("it does not name what it stands on")
        return replace(read, kid=self._check(parts, header))

    def _require_own(self, issuer: object) -> None:
        if not isinstance(issuer, str) or issuer == self.issuer:
            return
        if issuer.startswith(self.issuer[:-1]) and issuer[len(self.issuer) - 1 :][:1] in ("", "/"):
            # SR-7: this server never asks itself over HTTP, and OP-1 knows one spelling.
            raise BadToken("its issuer is spelled in another way than this server's")
        raise AnotherIssuer

    def _check(self, parts: Parts, header: Mapping[str, Any]) -> str:
        # RS-3: the key comes from our own set, never from what the token's header says.
        if header.get("alg") != "ES256":
            raise BadToken("alg is not accepted")
        kid = header.get("kid")
        check = self.checks.get(kid) if isinstance(kid, str) else None
        if check is None:
            raise BadToken("kid names no key of this issuer")
        check(parts.signed, parts.signature)
        return str(kid)

    def _keep(self, name: bytes, token: Token, now: Instant) -> None:
        if len(self.kept) >= self.most:
            for old in [key for key, kept in self.kept.items() if kept.expires <= now - SKEW]:
                del self.kept[old]
            if len(self.kept) >= self.most:
                self.kept.pop(next(iter(self.kept)))
        self.kept[name] = token


def tokens_of(issuer: str, keys: Keys) -> Tokens:
    """The tokens that these keys signed; retired keys go on verifying (OP-5)."""
    return Tokens(issuer, keys.checks())


def ath_of(digest: bytes) -> str:
    """RFC 9449 §4.2: how a proof names the token."""
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def read_claims(claims: Mapping[str, Any], ath: str, now: Instant) -> Token:
    """RS-4: what the claims say, before anybody has vouched for it; BadToken for what is missing.

    The issuer is the caller's to judge.
    """
    webid, issuer = claims.get("webid"), claims.get("iss")
    if not isinstance(issuer, str):
        raise BadToken("it names no issuer")
    if not isinstance(webid, str) or not webid.startswith(("http://", "https://")):
        raise BadToken("it names no WebID")
    audience = claims.get("aud")
    if audience != "solid" and not (isinstance(audience, list) and "solid" in audience):
        raise BadToken("its audience is not solid")
    expires = _times(claims, now)
    if expires <= now - SKEW:
        raise BadToken("it has expired")
    confirmation = claims.get("cnf")
    signed_in = claims.get("auth_time")
    who = Who(
        webid=webid,
        client=_text(claims, "client_id") or _text(claims, "azp"),  # RS-5
        issuer=issuer,
        scopes=frozenset((_text(claims, "scope") or "").split()),
        access=_text(claims, "grant"),
        signed_in=int(signed_in * SECOND) if _is_number(signed_in) else None,
        acr=_text(claims, "acr"),
    )
    thumbprint = _text(confirmation, "jkt") if isinstance(confirmation, dict) else None
    return Token(who, thumbprint, expires, ath)


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
