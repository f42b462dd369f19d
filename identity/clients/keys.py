# SPDX-License-Identifier: EUPL-1.2
"""The public keys of a client that signs in with one: given as they are, or by address (KLU-11)."""

from collections.abc import Sequence
from typing import Any

import orjson

from identity.outward.fetched import Fetch, Keep
from identity.outward.outward import NotFetched
from identity.tokens.jose import BadToken, PublicKey, public_key
from pod.errors import Unreadable
from pod.instant import MINUTE, SECOND

LIMIT = 64 * 1024
MOST = 20
# RS-12: ten minutes at most; RS-11: for a key that is not among them, once in thirty seconds.
KEEP = Keep(least=MINUTE, most=10 * MINUTE)
ANEW = KEEP._replace(oldest=30 * SECOND)
Key = tuple[dict[str, Any], PublicKey]


def read_keys(jwks: object, jwks_uri: object) -> str:
    """The form in which they are kept; Unreadable when they are not one set of public keys."""
    if (jwks is None) == (jwks_uri is None):
        raise Unreadable("Give jwks or jwks_uri, one of the two.")
    if jwks_uri is not None:
        if not isinstance(jwks_uri, str) or len(jwks_uri) > 2000 or not jwks_uri.isprintable():
            raise Unreadable("jwks_uri is no address.")
        if not jwks_uri.startswith(("https://", "http://")):
            raise Unreadable("jwks_uri is no https address.")
        return orjson.dumps({"jwks_uri": jwks_uri}).decode()
    if not _usable(jwks):
        raise Unreadable("jwks holds no public key of P-256, P-384 or RSA from 2048 bits on.")
    return orjson.dumps({"jwks": jwks}).decode()


async def keys_for(fetch: Fetch, kept: str, kid: object) -> Sequence[Key]:
    """The keys that a signature under this `kid` may be of; fetched anew when none is."""
    said = orjson.loads(kept)
    if "jwks" in said:
        return _named(_usable(said["jwks"]), kid)
    found = _named(await _fetched(fetch, said["jwks_uri"], KEEP), kid)
    return found or _named(await _fetched(fetch, said["jwks_uri"], ANEW), kid)


async def _fetched(fetch: Fetch, url: str, keep: Keep) -> Sequence[Key]:
    accept = "application/jwk-set+json, application/json"
    try:
        fetched = await fetch(url, accept=accept, limit=LIMIT, redirects=0, keep=keep)
        return _usable(orjson.loads(fetched.body))
    except NotFetched as error:
        raise BadToken(f"the keys of the client were not read: {error.detail}") from error
    except orjson.JSONDecodeError as error:
        raise BadToken("the keys of the client are no JSON") from error


def _named(keys: Sequence[Key], kid: object) -> Sequence[Key]:
    return [key for key in keys if kid is None or key[0].get("kid") == kid]


def _usable(jwks: object) -> Sequence[Key]:
    """T-22: no private, weak or strange key, nor one that is meant for something else."""
    listed = jwks.get("keys") if isinstance(jwks, dict) else None
    if not isinstance(listed, list) or len(listed) > MOST:
        return []
    found: list[Key] = []
    for jwk in listed:
        if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig":
            continue
        try:
            found.append((jwk, public_key(jwk)[0]))
        except BadToken:
            continue  # a set may hold keys of kinds that are not known here
    return found
