# SPDX-License-Identifier: EUPL-1.2
"""Tokens of other issuers: the WebID must name the issuer, and its keys must fit (RS-10 to 12)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson
import pyoxigraph as ox

from identity.outward.fetched import Fetch, Keep
from identity.outward.outward import NotFetched, is_here
from identity.tokens.foreign_token import ForeignToken
from identity.tokens.jose import BadToken, check_with, public_key
from identity.tokens.token import SKEW, Token
from pod import rdf
from pod.errors import Unreadable
from pod.instant import MINUTE, SECOND, Instant
from pod.vocab import SOLID

ISSUER = ox.NamedNode(f"{SOLID}oidcIssuer")
PROFILE_TYPES = "text/turtle, application/ld+json;q=0.9, application/n-triples;q=0.8"
JSON_TYPES = "application/json, application/jwk-set+json"
# RS-12. A token that was believed counts no longer than the shortest of these.
PROFILE_KEEP = Keep(least=2 * MINUTE, most=10 * MINUTE)
ISSUER_KEEP = Keep(least=10 * MINUTE, most=10 * MINUTE)
# RS-11: a key that is not there asks for the keys anew, twice a minute at most.
NEW_KEYS = ISSUER_KEEP._replace(oldest=30 * SECOND)
BELIEVED = 2 * MINUTE
MOST_KEPT = 10_000
LONGEST_ADDRESS = 2_000


@dataclass(slots=True)
class ForeignIssuers:
    """Asks WebIDs and issuers, for tokens that say so."""

    fetch: Fetch
    dev: bool = False
    kept: dict[bytes, tuple[Token, Instant]] = field(default_factory=dict)

    def known(self, token: ForeignToken, now: Instant) -> bool:
        """Whether this very token was believed a moment ago."""
        found = self.kept.get(token.digest)
        return found is not None and found[1] > now

    async def believe(self, token: ForeignToken, now: Instant) -> None:
        """BadToken says what does not hold, and which address could not be used."""
        if self.known(token, now):
            return
        self._require_address(token.issuer, "issuer")
        self._require_address(token.webid, "WebID")
        try:
            await self._require_named(token)
            await self._require_signed(token)
        except (NotFetched, Unreadable) as error:
            raise BadToken(error.detail.rstrip(".")) from error
        self._keep(token, now)

    def _require_address(self, address: str, what: str) -> None:
        """RS-4: https; http on this machine in development. The way out looks at it again."""
        try:
            scheme, host = urlsplit(address).scheme, urlsplit(address).hostname
        except ValueError as error:
            raise BadToken(f"its {what} is no address") from error
        plain = self.dev and scheme == "http" and host is not None and is_here(host)
        if not (scheme == "https" or plain) or not host or len(address) > LONGEST_ADDRESS:
            raise BadToken(f"its {what} is no https address")

    async def _require_named(self, token: ForeignToken) -> None:
        """RS-10: byte for byte, or any issuer could speak for any WebID (T-23)."""
        address = token.webid.partition("#")[0]
        got = await self.fetch(address, accept=PROFILE_TYPES, redirects=3, keep=PROFILE_KEEP)
        if not rdf.is_rdf(got.media_type):
            raise BadToken(f"the WebID document {address} is no RDF")
        statements = await asyncio.to_thread(rdf.parse, got.body, got.media_type, address)
        wanted = (ox.NamedNode(token.webid), ISSUER, ox.NamedNode(token.issuer))
        if not any((t.subject, t.predicate, t.object) == wanted for t in statements.triples):
            raise BadToken(f"the WebID document {address} does not name its issuer")

    async def _require_signed(self, token: ForeignToken) -> None:
        metadata = await self._json(_metadata_of(token.issuer), ISSUER_KEEP)
        if metadata.get("issuer") != token.issuer:
            raise BadToken("what its issuer publishes is of another issuer")
        where = metadata.get("jwks_uri")
        if not isinstance(where, str):
            raise BadToken("its issuer publishes no keys")
        key = _key_in(await self._json(where, ISSUER_KEEP), token.kid)
        if key is None:
            key = _key_in(await self._json(where, NEW_KEYS), token.kid)
        if key is None:
            raise BadToken("its issuer publishes no key by that kid")
        if key.get("alg", token.algorithm) != token.algorithm:
            raise BadToken("the key is for another algorithm")
        public, _ = public_key(key)
        check_with(public, token.algorithm)(token.parts.signed, token.parts.signature)

    async def _json(self, address: str, keep: Keep) -> Mapping[str, Any]:
        # SR-3: nobody is sent on from here, or the issuer would speak through another.
        got = await self.fetch(address, accept=JSON_TYPES, keep=keep)
        try:
            data = orjson.loads(got.body)
        except orjson.JSONDecodeError as error:
            raise BadToken(f"{address} is no JSON") from error
        if not isinstance(data, dict):
            raise BadToken(f"{address} is no JSON object")
        return data

    def _keep(self, token: ForeignToken, now: Instant) -> None:
        if len(self.kept) >= MOST_KEPT:
            for old in [name for name, (_, until) in self.kept.items() if until <= now]:
                del self.kept[old]
            if len(self.kept) >= MOST_KEPT:
                self.kept.pop(next(iter(self.kept)))
        until = min(now + BELIEVED, token.token.expires + SKEW)
        self.kept[token.digest] = (token.token, until)


def _metadata_of(issuer: str) -> str:
    """One slash between, whether the issuer ends in one or not (RS-10)."""
    return issuer.removesuffix("/") + "/.well-known/openid-configuration"


def _key_in(keys: Mapping[str, Any], kid: str) -> dict[str, Any] | None:
    listed = keys.get("keys")
    for key in listed if isinstance(listed, list) else []:
        if isinstance(key, dict) and key.get("kid") == kid and key.get("use", "sig") == "sig":
            return key
    return None
