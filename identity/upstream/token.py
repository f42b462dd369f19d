# SPDX-License-Identifier: EUPL-1.2
"""The ID token of a provider above us: everything in it is checked before a word counts (FED-1)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from identity.clients.keys import keys_for
from identity.outward.fetched import Fetch
from identity.sign_in.assurance import Level, level_said
from identity.tokens.jose import BadToken, check_with, read_header, take_apart
from identity.upstream.providers import Asked, Places, Provider
from pod.instant import MINUTE, SECOND, Instant

SKEW = MINUTE
OLDEST = 10 * MINUTE
LONGEST_SUBJECT = 255


class TooWeak(BadToken):
    """She signed in, and less surely than was asked (FED-4)."""


@dataclass(frozen=True, slots=True)
class Citizen:
    """Who signed in above, by the only name that counts (FED-2), and how surely (FED-4)."""

    issuer: str
    subject: str
    acr: str
    level: Level
    signed_in: Instant | None

    @property
    def key(self) -> str:
        """A space stands in no issuer, so no two pairs give one key."""
        return f"{self.issuer} {self.subject}"


async def read_citizen(
    fetch: Fetch,
    provider: Provider,
    places: Places,
    token: str,
    nonce: str,
    asked: Asked,
    now: Instant,
) -> Citizen:
    """OpenID Connect Core §3.1.3.7; BadToken says in a few words what does not hold."""
    claims = await _signed(fetch, places, token)
    _require_ours(claims, provider, nonce)
    _require_in_time(claims, now)
    return _citizen(claims, provider, asked, now)


async def _signed(fetch: Fetch, places: Places, token: str) -> Mapping[str, Any]:
    parts = take_apart(token)
    header = read_header(parts.header)
    kept = orjson.dumps({"jwks_uri": places.jwks}).decode()
    algorithm = header.get("alg")
    if not isinstance(algorithm, str):
        raise BadToken("it names no algorithm")
    refused = BadToken("it is signed by none of the provider's keys")
    for _, key in await keys_for(fetch, kept, header.get("kid")):
        try:
            check_with(key, algorithm)(parts.signed, parts.signature)
        except BadToken as error:
            refused = error
        else:
            return parts.claims
    raise refused


def _require_ours(claims: Mapping[str, Any], provider: Provider, nonce: str) -> None:
    if claims.get("iss") != provider.issuer:
        raise BadToken("it is of another issuer")
    audience = claims.get("aud")
    if audience not in (provider.client_id, [provider.client_id]):
        # One who trusts others beside us could be made to hand our citizens to them.
        raise BadToken("it is not for us alone")
    if claims.get("azp", provider.client_id) != provider.client_id:
        raise BadToken("it was given to another party")
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise BadToken("it is of another sign-in: the nonce differs")


def _require_in_time(claims: Mapping[str, Any], now: Instant) -> None:
    expires, made = _time(claims, "exp"), _time(claims, "iat")
    if expires is None or made is None:
        raise BadToken("it has no exp or no iat")
    if now >= expires + SKEW:
        raise BadToken("it is over")
    if made > now + SKEW or made < now - OLDEST:
        raise BadToken("it was made at another time")


def _citizen(claims: Mapping[str, Any], provider: Provider, asked: Asked, now: Instant) -> Citizen:
    subject, acr, signed_in = claims.get("sub"), claims.get("acr"), _time(claims, "auth_time")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise BadToken("it has no subject")
    if not subject.isascii() or not subject.isprintable():
        raise BadToken("its subject is no plain text")
    level = level_said(acr, provider.means)
    if level < asked.least:
        raise TooWeak("the way of signing in is not sure enough")
    if asked.max_age is not None:
        if signed_in is None:
            raise BadToken("it does not say when she signed in")
        if now - signed_in > asked.max_age * SECOND + SKEW or signed_in > now + SKEW:
            raise BadToken("she signed in too long ago")
    return Citizen(provider.issuer, subject, acr if isinstance(acr, str) else "", level, signed_in)


def _time(claims: Mapping[str, Any], name: str) -> Instant | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value * SECOND) if 0 < value < 1e11 else None
