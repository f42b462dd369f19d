# SPDX-License-Identifier: EUPL-1.2
"""DPoP proofs: the holder of a key makes this very request, now (RFC 9449, RS-6), pure."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

import orjson

from identity.jose import ALGORITHMS, BadToken, PublicKey, public_key, take_apart, verify
from pod.errors import NotSignedIn
from pod.instant import SECOND, Instant

OLDEST = 120 * SECOND
NEWEST = 60 * SECOND
LONGEST = 8 * 1024
LONGEST_JTI = 256


@dataclass(frozen=True, slots=True)
class Proof:
    """What a proof that holds says: whose key, which one it is, when it was made."""

    thumbprint: str
    jti: str
    made: Instant


def read_proof(
    proof: str, method: str, urls: frozenset[str], now: Instant, token: str | None = None
) -> Proof:
    """RS-6. NotSignedIn with the reason when anything does not fit.

    `urls` are the accepted spellings of the request's address without query and fragment.
    Signature, method, address, time and token digest are checked every time (decision 27).
    """
    try:
        return _read(proof, method, urls, now, token)
    except BadToken as error:
        raise NotSignedIn(
            f"The DPoP proof is refused: {error}.", problem="invalid-dpop-proof"
        ) from (error)


def _read(proof: str, method: str, urls: frozenset[str], now: Instant, token: str | None) -> Proof:
    if len(proof) > LONGEST:
        raise BadToken("it is too long")
    parts = take_apart(proof)
    key, thumbprint = _key_of(proof.split(".", 1)[0])
    verify(parts, key, parts.header["alg"])
    claims = parts.claims
    if claims.get("htm") != method:
        raise BadToken("htm mismatch")
    address = claims.get("htu")
    if not isinstance(address, str) or _bare(address) not in urls:
        raise BadToken("htu mismatch")
    made, jti = claims.get("iat"), claims.get("jti")
    if not isinstance(made, int | float) or isinstance(made, bool):
        raise BadToken("iat is missing")
    if not now - OLDEST <= made * SECOND <= now + NEWEST:
        raise BadToken("iat is too far from now")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
        raise BadToken("jti is missing or too long")
    if "ath" in claims and (token is None or claims["ath"] != digest_of(token)):
        raise BadToken("ath is of another token")
    return Proof(thumbprint, jti, int(made * SECOND))


@lru_cache(maxsize=10_000)
def _key_of(header: str) -> tuple[PublicKey, str]:
    """A client sends the same header each time, so its key is imported once per content."""
    fields = orjson.loads(urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    if fields.get("typ") != "dpop+jwt":
        raise BadToken("typ is not dpop+jwt")
    if fields.get("alg") not in ALGORITHMS:
        raise BadToken("alg is not accepted")
    return public_key(fields.get("jwk"))


def _bare(url: str) -> str:
    # RS-6: the harness and the Java client leave the query in.
    return url.split("#", 1)[0].split("?", 1)[0]


def digest_of(token: str) -> str:
    """RFC 9449 §4.1: the `ath` of a token."""
    return urlsafe_b64encode(sha256(token.encode()).digest()).rstrip(b"=").decode()
