# SPDX-License-Identifier: EUPL-1.2
"""A token of another issuer, read before anybody is asked about it (RS-3 to RS-5)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from identity.tokens.jose import ALGORITHMS, BadToken, Parts, read_header, take_apart
from identity.tokens.token import LONGEST, Token, ath_of, read_claims
from identity.who import Who
from pod.instant import Instant

# ID tokens often say JWT or nothing; what says it is something else is no token.
TYPES = (None, "jwt", "at+jwt")
# Decision 39: only our own issuer may say these.
OURS_ALONE = frozenset({"consent"})


@dataclass(frozen=True, slots=True)
class ForeignToken:
    """What it claims, not yet believed; `digest` names its bytes."""

    token: Token
    parts: Parts
    algorithm: str
    kid: str
    digest: bytes

    @property
    def webid(self) -> str:
        return self.token.who.webid or ""

    @property
    def issuer(self) -> str:
        return self.token.who.issuer or ""


def read_foreign(token: str, now: Instant) -> ForeignToken:
    """BadToken with the reason; nothing is fetched for a token that fails here."""
    if len(token) > LONGEST:
        raise BadToken("it is longer than 8 KiB")
    parts = take_apart(token)
    header = read_header(parts.header)
    algorithm, kid = _key_named(header)
    digest = sha256(token.encode()).digest()
    read = read_claims(parts.claims, ath_of(digest), now)
    return ForeignToken(replace(read, who=_plain(read.who)), parts, algorithm, kid, digest)


def _key_named(header: Mapping[str, Any]) -> tuple[str, str]:
    # RS-3: by list; what the header says of where a key lies is never looked at.
    algorithm, kid, typ = header.get("alg"), header.get("kid"), header.get("typ")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise BadToken("alg is not accepted")
    if not isinstance(kid, str):
        raise BadToken("it does not say which key signed it")
    name = typ.lower().removeprefix("application/") if isinstance(typ, str) else typ
    if name not in TYPES:
        raise BadToken("typ is not that of an access or ID token")
    return algorithm, kid


def _plain(who: Who) -> Who:
    return replace(who, scopes=who.scopes - OURS_ALONE, access=None, signed_in=None, acr=None)
