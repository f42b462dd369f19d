# SPDX-License-Identifier: EUPL-1.2
"""Compact JWS taken apart and checked: algorithms by list, keys that fit them, nothing else."""

from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable, Mapping
from hashlib import sha256, sha384
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey
# Takes what was signed and the signature; BadToken unless the one is the other's.
Check = Callable[[bytes, bytes], None]
PRIVATE = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))
SMALLEST_RSA = 2048
# Algorithm to the bits of its curve, the bytes of half a signature, its digest, and how it signs.
# hashlib makes the digest in half the time, and this runs for each request (decision 27).
_EC = {
    "ES256": (256, 32, sha256, ec.ECDSA(Prehashed(hashes.SHA256()))),
    "ES384": (384, 48, sha384, ec.ECDSA(Prehashed(hashes.SHA384()))),
}
# The plain alphabet's own characters become one that no alphabet has.
_TO_PLAIN = bytes.maketrans(b"-_+/=", b"+/!!!")
_RSA = ("RS256", "PS256")
# RFC 8037 calls it EdDSA, RFC 9864 Ed25519.
_ED = ("EdDSA", "Ed25519")
ALGORITHMS = (*_EC, *_RSA, *_ED)


class BadToken(ValueError):
    """A token or proof that does not hold, and why in a few words."""


class Parts(NamedTuple):
    """A compact JWS, its claims decoded but not yet believed; its header as it came.

    A tuple, as is `Proof`: they are made for each request, and a frozen dataclass costs thrice
    that.
    """

    header: str
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes


def take_apart(token: str) -> Parts:
    """The three parts; BadToken when it is not three parts of base64url JSON."""
    signed, _, signature = token.rpartition(".")
    header, dot, claims = signed.partition(".")
    if not dot or "." in claims or not token.isascii():
        raise BadToken("it is not a compact JWS")
    return Parts(header, read_object(claims), signed.encode(), decoded(signature))


def read_header(text: str) -> dict[str, Any]:
    """The header; BadToken when it asks for what is not understood (RFC 7515 §4.1.11)."""
    header = read_object(text)
    if "crit" in header:
        raise BadToken("crit is not understood here")
    return header


def read_object(text: str) -> dict[str, Any]:
    """The JSON object in one part."""
    try:
        value = orjson.loads(decoded(text))
    except orjson.JSONDecodeError as error:
        raise BadToken("it is not base64url JSON") from error
    if not isinstance(value, dict):
        raise BadToken("its header or claims are no JSON object")
    return value


def decoded(piece: str) -> bytes:
    """base64url without padding (RFC 7515 §2): the plain alphabet and strange characters fail."""
    try:
        plain = piece.encode("ascii").translate(_TO_PLAIN)
        return a2b_base64(plain + b"=" * (-len(plain) % 4), strict_mode=True)
    except (Base64Error, ValueError) as error:
        raise BadToken("it is not base64url") from error


def public_key(jwk: object) -> tuple[PublicKey, str]:
    """The key and its RFC 7638 thumbprint; BadToken for a private, weak or strange one (T-22)."""
    if not isinstance(jwk, dict):
        raise BadToken("no jwk")
    if PRIVATE & jwk.keys():
        raise BadToken("the jwk holds a private key")
    try:
        key = _imported(jwk)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise BadToken("the jwk is no public key") from error
    public = key.public_key
    if isinstance(public, rsa.RSAPublicKey) and public.key_size < SMALLEST_RSA:
        raise BadToken("RSA keys have at least 2048 bits")
    if not isinstance(public, PublicKey):
        raise BadToken("the jwk is no public key for signatures")
    return public, key.thumbprint()


def _imported(jwk: dict[str, Any]) -> ECKey | RSAKey | OKPKey:
    match jwk.get("kty"):
        case "EC" if jwk.get("crv") in ("P-256", "P-384"):
            return ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
        case "RSA":
            return RSAKey.import_key({name: jwk[name] for name in ("kty", "n", "e")})
        case "OKP" if jwk.get("crv") == "Ed25519":
            return OKPKey.import_key({name: jwk[name] for name in ("kty", "crv", "x")})
        case _:
            raise BadToken("the key is neither P-256, P-384, Ed25519 nor RSA")


def check_with(key: PublicKey, algorithm: str) -> Check:
    """How signatures of this key are checked; BadToken unless this, listed, algorithm fits it.

    What depends on the key alone is settled here, once, and not at each signature.
    """
    if algorithm in _EC and isinstance(key, ec.EllipticCurvePublicKey):
        return _check_ec(key, algorithm)
    if algorithm in _RSA and isinstance(key, rsa.RSAPublicKey):
        return _check_rsa(key, algorithm)
    if algorithm in _ED and isinstance(key, ed25519.Ed25519PublicKey):
        return _check_ed(key)
    raise BadToken("the algorithm is not accepted, or does not fit the key")


def _check_ed(key: ed25519.Ed25519PublicKey) -> Check:
    def check(signed: bytes, signature: bytes) -> None:
        try:
            key.verify(signature, signed)
        except InvalidSignature as error:
            raise BadToken("the signature does not hold") from error

    return check


def _check_ec(key: ec.EllipticCurvePublicKey, algorithm: str) -> Check:
    bits, size, digest, signing = _EC[algorithm]
    if key.curve.key_size != bits:
        raise BadToken("the algorithm does not fit the key")

    def check(signed: bytes, signature: bytes) -> None:
        if len(signature) != 2 * size:
            raise BadToken("the signature has the wrong length")
        try:
            key.verify(_der(signature, size), digest(signed).digest(), signing)
        except InvalidSignature as error:
            raise BadToken("the signature does not hold") from error

    return check


def _der(signature: bytes, size: int) -> bytes:
    """Both halves as ASN.1 wants them (X.690 §8.3): written out, it takes half the time.

    They have 48 bytes at most, so each length is one byte. An empty half is no number, and no
    signature either (FIPS 186-5 §6.4.2).
    """
    r, s = signature[:size].lstrip(b"\0"), signature[size:].lstrip(b"\0")
    if not r or not s:
        return b""
    if r[0] > 0x7F:
        r = b"\0" + r
    if s[0] > 0x7F:
        s = b"\0" + s
    return b"0%c\2%c%b\2%c%b" % (len(r) + len(s) + 4, len(r), r, len(s), s)


def _check_rsa(key: rsa.RSAPublicKey, algorithm: str) -> Check:
    digest = hashes.SHA256()
    pad: padding.AsymmetricPadding = padding.PKCS1v15()
    if algorithm == "PS256":
        pad = padding.PSS(padding.MGF1(digest), salt_length=digest.digest_size)

    def check(signed: bytes, signature: bytes) -> None:
        try:
            key.verify(signature, signed, pad, digest)
        except InvalidSignature as error:
            raise BadToken("the signature does not hold") from error

    return check
