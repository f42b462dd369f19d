# SPDX-License-Identifier: EUPL-1.2
"""DPoP proofs: the holder of a key makes this very request, now (RFC 9449, RS-6), pure."""

import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from identity.tokens.jose import (
    ALGORITHMS,
    BadToken,
    Check,
    check_with,
    public_key,
    read_header,
    take_apart,
)
from pod.errors import NotSignedIn, Unreadable
from pod.instant import SECOND, Instant
from pod.iri import canonical_path

OLDEST = 120 * SECOND
NEWEST = 60 * SECOND
LONGEST = 8 * 1024
LONGEST_JTI = 256
# Room for a key of RSA 4096; longer headers are read anew each time, so that the cache is bounded.
LONGEST_KEPT = 1536
_ADDRESS = re.compile(r"(?i:(https?))://(\[[0-9A-Fa-f:.]+\]|[^/:@\[\]]+)(?::([0-9]+))?(/.*)?")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


class Proof(NamedTuple):
    """What a proof that holds says: whose key, which one it is, when it was made."""

    thumbprint: str
    jti: str
    made: Instant


def read_proof(
    proof: str, method: str, urls: Sequence[str], now: Instant, ath: str | None = None
) -> Proof:
    """RS-6. NotSignedIn with the reason when anything does not fit.

    `urls` are the accepted spellings of the request's address without query and fragment, `ath`
    is the digest of the token that came with it.
    Signature, method, address, time and token digest are checked every time (decision 27).
    """
    try:
        return _read(proof, method, urls, now, ath)
    except BadToken as error:
        raise NotSignedIn(
            f"The DPoP proof is refused: {error}.", problem="invalid-dpop-proof"
        ) from error


def _read(proof: str, method: str, urls: Sequence[str], now: Instant, ath: str | None) -> Proof:
    if len(proof) > LONGEST:
        raise BadToken("it is too long")
    parts = take_apart(proof)
    claims = parts.claims
    # The signature costs most, so what is cheap comes first.
    if claims.get("htm") != method:
        raise BadToken("htm mismatch")
    _check_address(claims.get("htu"), urls)
    made, jti = claims.get("iat"), claims.get("jti")
    if type(made) is not int and type(made) is not float:
        raise BadToken("iat is missing")
    if not now - OLDEST <= made * SECOND <= now + NEWEST:
        raise BadToken("iat is too far from now")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
        raise BadToken("jti is missing or too long")
    if "ath" in claims and (ath is None or claims["ath"] != ath):
        raise BadToken("ath is of another token")
    known = len(parts.header) <= LONGEST_KEPT
    signer = _kept_signer(parts.header) if known else _signer(parts.header)
    signer.check(parts.signed, parts.signature)
    return Proof(signer.thumbprint, jti, int(made * SECOND))


class _Signer(NamedTuple):
    thumbprint: str
    check: Check


def _signer(header: str) -> _Signer:
    fields = read_header(header)
    if fields.get("typ") != "dpop+jwt":
        raise BadToken("typ is not dpop+jwt")
    algorithm = fields.get("alg")
    if algorithm not in ALGORITHMS:
        raise BadToken("alg is not accepted")
    key, thumbprint = public_key(fields.get("jwk"))
    return _Signer(thumbprint, check_with(key, str(algorithm)))


# A client sends the same header each time: its key is imported once per content (decision 27).
_kept_signer = lru_cache(maxsize=10_000)(_signer)


def _check_address(given: object, urls: Sequence[str]) -> None:
    if not isinstance(given, str):
        raise BadToken("htu is missing")
    if given in urls:
        return
    # RS-6: the harness and the Java client leave the query in.
    bare = given.split("#", 1)[0].split("?", 1)[0]
    if bare not in urls and _normal(bare) not in urls:
        raise BadToken("htu mismatch")


def _normal(url: str) -> str | None:
    """RFC 9449 §4.3: scheme and host compare in lower case, a default port may be written out."""
    parts = _ADDRESS.fullmatch(url)
    if parts is None:
        return None
    scheme, host, port, path = parts.groups()
    scheme = scheme.lower()
    written = "" if port is None or port == _DEFAULT_PORTS[scheme] else f":{port}"
    try:
        return f"{scheme}://{host.lower()}{written}{canonical_path(path or '/')}"
    except Unreadable:
        return None


def digest_of(token: str) -> str:
    """RFC 9449 §4.1: the `ath` of a token."""
    return urlsafe_b64encode(sha256(token.encode()).digest()).rstrip(b"=").decode()
