# SPDX-License-Identifier: EUPL-1.2
"""Signing in with a key: a JWT that a client signs for this server alone, once (RFC 7523 §3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeGuard

from identity.clients.keys import Key
from identity.tokens.jose import BadToken, Parts, check_with, read_header, take_apart
from identity.tokens.replay import Replay
from pod.instant import SECOND, Instant

ALGORITHMS = ("ES256", "PS256", "RS256")
LONGEST = 4 * 1024
LONGEST_JTI = 256
SKEW = 60
# Seconds. What is farther off would have to be remembered for longer than replay remembers.
LONGEST_LIFE = 300


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a client says by it, not yet believed."""

    client: str
    jti: str
    made: Instant
    expires: int
    parts: Parts
    header: Mapping[str, Any]


def read_assertion(token: str, audiences: Sequence[str], now: Instant) -> Assertion:
    """Its claims, all looked at before a key is looked for; BadToken with the reason."""
    if len(token) > LONGEST:
        raise BadToken("it is longer than 4 KiB")
    parts = take_apart(token)
    header, claims = read_header(parts.header), parts.claims
    if header.get("alg") not in ALGORITHMS:
        raise BadToken("alg is not accepted")
    client = claims.get("iss")
    if not isinstance(client, str) or not client or claims.get("sub") != client:
        raise BadToken("iss and sub are not both the client id")
    _require_audience(claims.get("aud"), audiences)
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
        raise BadToken("jti is missing or too long")
    made, expires = _times(claims, now)
    return Assertion(client, jti, made, expires, parts, header)


def require_signed(assertion: Assertion, keys: Sequence[Key]) -> None:
    """BadToken unless one of the client's keys made it."""
    algorithm = str(assertion.header["alg"])
    for jwk, key in keys:
        if jwk.get("alg", algorithm) != algorithm:
            continue
        try:
            check_with(key, algorithm)(assertion.parts.signed, assertion.parts.signature)
        except BadToken:
            continue  # another of its keys may have made it
        return
    raise BadToken("no key of the client made this signature")


def require_first(assertion: Assertion, replay: Replay, now: Instant) -> None:
    """BadToken when it came before, at any worker (RFC 7523 §3, 7)."""
    if assertion.made < replay.floor:
        raise BadToken("it may have been used before this server's last start")
    name = f"assertion|{assertion.client}|{assertion.jti}"
    digest = sha256(replay.seen.salt + name.encode("utf-8", "surrogatepass")).digest()
    if not replay.seen.add(digest, assertion.expires + SKEW + 1, now):
        raise BadToken("it was used before")


def _require_audience(audience: object, audiences: Sequence[str]) -> None:
    """For this server alone: one that names another too could be used by that other."""
    named = audience if isinstance(audience, list) else [audience]
    if not named or any(name not in audiences for name in named):
        raise BadToken(f"aud is not {audiences[0]}")


def _times(claims: Mapping[str, Any], now: Instant) -> tuple[Instant, int]:
    ends, made, begins = claims.get("exp"), claims.get("iat"), claims.get("nbf")
    if not _is_number(ends) or not (made is None or _is_number(made)):
        raise BadToken("exp is missing, or iat is no number")
    second = now / SECOND
    if ends <= second - SKEW:
        raise BadToken("it has expired")
    if ends > second + LONGEST_LIFE + SKEW:
        raise BadToken(f"it lives longer than {LONGEST_LIFE} seconds")
    started = ends - LONGEST_LIFE if made is None else made
    if started > second + SKEW:
        raise BadToken("it is of the future")
    if begins is not None and (not _is_number(begins) or begins > second + SKEW):
        raise BadToken("it is not valid yet")
    return int(started * SECOND), int(ends)


def _is_number(value: object) -> TypeGuard[int | float]:
    return type(value) is int or type(value) is float
