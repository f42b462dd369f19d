# SPDX-License-Identifier: EUPL-1.2
"""Proofs of possession (RFC 9449 §4.3): this very request was made by the holder of a key."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NoReturn

from identity.compact import (
    Unsound,
    Verifier,
    algorithm_of,
    import_public,
    take_apart,
    verifier_of,
)
from identity.recent import Recent
from pod.errors import NotSignedIn, Unreadable
from pod.instant import SECOND, Instant
from pod.iri import canonical_path, origin_of

PROBLEM = "invalid-dpop-proof"
OLDEST = 120 * SECOND
NEWEST = 60 * SECOND
LONGEST_JTI = 256
LONGEST_KNOWN_HEAD = 2048


@dataclass(frozen=True, slots=True)
class ProofKey:
    """An imported key and its thumbprint (RFC 7638)."""

    verifier: Verifier
    jkt: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What a proof that holds says: which key, which one-time name, made when."""

    jkt: str
    jti: str
    issued: Instant


def read_proof(
    text: str,
    method: str,
    url: str,
    *,
    known: Recent[str, ProofKey],
    now: Instant,
    token: str | None = None,
) -> Proof:
    """RS-6, all but replay. `token` is the access token that the proof comes with, if any.

    The key is looked up by the proof's first segment (decision 27); everything else, the
    signature with it, is checked every time.
    """
    try:
        proof = take_apart(text)
        key = known.get(proof.head)
        fresh = key is None
        if key is None:
            key = _read_key(proof.header())
        issued, jti = _read_claims(proof.claims, method, url, now)
        if token is not None:
            _check_ath(proof.claims, token)
        key.verifier.check(proof)
    except Unsound as error:
        _refuse(f"The DPoP proof does not count: {error}.", error)
    if fresh and len(proof.head) <= LONGEST_KNOWN_HEAD:
        known.keep(proof.head, key)
    return Proof(key.jkt, jti, issued)


def _refuse(detail: str, cause: Exception | None = None) -> NoReturn:
    raise NotSignedIn(detail, problem=PROBLEM) from cause


def _read_key(header: Mapping[str, object]) -> ProofKey:
    if header.get("typ") != "dpop+jwt":
        raise Unsound("its typ is not dpop+jwt")
    alg = algorithm_of(header)
    key = import_public(header.get("jwk"))
    return ProofKey(verifier_of(key, alg), key.thumbprint())


def _read_claims(
    claims: Mapping[str, object], method: str, url: str, now: Instant
) -> tuple[Instant, str]:
    if claims.get("htm") != method:
        raise Unsound("its htm is another method")
    htu = claims.get("htu")
    if not isinstance(htu, str) or not same_address(htu, url):
        raise Unsound("its htu is another address")
    issued = _moment(claims.get("iat"))
    if not now - OLDEST <= issued <= now + NEWEST:
        raise Unsound("its iat is too far from the time here, or the clocks differ")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
        raise Unsound(f"its jti is not a text of 1 to {LONGEST_JTI} characters")
    return issued, jti


def _moment(seconds: object) -> Instant:
    # RFC 7519 §2, NumericDate: JSON numbers only, and true is not 1 here.
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise Unsound("its iat is not a number")
    return int(seconds * SECOND)


def _check_ath(claims: Mapping[str, object], token: str) -> None:
    # No Solid client sends `ath` yet; where it is sent it must be right (solid-oidc, fact 2).
    if "ath" in claims and claims["ath"] != ath_of(token):
        raise Unsound("its ath is that of another token")


def ath_of(token: str) -> str:
    """RFC 9449 §4.2: base64url of the SHA-256 of the token's text."""
    return urlsafe_b64encode(sha256(token.encode("ascii")).digest()).rstrip(b"=").decode()


def same_address(htu: str, url: str) -> bool:
    """RS-9: equal without query and fragment, as they were written or in their one spelling."""
    plain = htu.partition("#")[0].partition("?")[0]
    return plain == url or _canonical(plain) == _canonical(url) is not None


def _canonical(url: str) -> str | None:
    try:
        origin = origin_of(url)
        return origin + canonical_path(url[len(origin) :])
    except (ValueError, Unreadable):
        return None
