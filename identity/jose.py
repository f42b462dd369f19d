# SPDX-License-Identifier: EUPL-1.2
"""Compact JWS taken apart and checked: algorithms by list, keys that fit them, nothing else."""

from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
PRIVATE = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))
SMALLEST_RSA = 2048
_EC = {"ES256": ("P-256", 32, hashes.SHA256()), "ES384": ("P-384", 48, hashes.SHA384())}
_RSA = ("RS256", "PS256")
ALGORITHMS = (*_EC, *_RSA)


class BadToken(ValueError):
    """A token or proof that does not hold, and why in a few words."""


@dataclass(frozen=True, slots=True)
class Parts:
    """A compact JWS, decoded but not yet believed."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes


def take_apart(token: str) -> Parts:
    """The three parts; BadToken when it is not three parts of base64url JSON."""
    pieces = token.split(".")
    if len(pieces) != 3:
        raise BadToken("not a compact JWS")
    try:
        header, claims = (orjson.loads(_decoded(piece)) for piece in pieces[:2])
        signature = _decoded(pieces[2])
        signed = f"{pieces[0]}.{pieces[1]}".encode("ascii")
    except (ValueError, UnicodeEncodeError) as error:
        raise BadToken("not base64url JSON") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise BadToken("header or claims are no JSON object")
    if "crit" in header:
        raise BadToken("crit is not understood here")
    return Parts(header, claims, signed, signature)


def _decoded(piece: str) -> bytes:
    if "=" in piece or "+" in piece or "/" in piece:
        raise BadToken("not base64url")
    try:
        return urlsafe_b64decode(piece + "=" * (-len(piece) % 4))
    except (Base64Error, ValueError) as error:
        raise BadToken("not base64url") from error


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
    return public, key.thumbprint()


def _imported(jwk: dict[str, Any]) -> ECKey | RSAKey:
    match jwk.get("kty"):
        case "EC" if jwk.get("crv") in ("P-256", "P-384"):
            return ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
        case "RSA":
            return RSAKey.import_key({name: jwk[name] for name in ("kty", "n", "e")})
        case _:
            raise BadToken("the key is neither P-256, P-384 nor RSA")


def verify(parts: Parts, key: PublicKey, algorithm: object) -> None:
    """BadToken unless the signature was made by this key with this, listed, algorithm."""
    try:
        if algorithm in _EC and isinstance(key, ec.EllipticCurvePublicKey):
            _verify_ec(parts, key, str(algorithm))
        elif algorithm in _RSA and isinstance(key, rsa.RSAPublicKey):
            _verify_rsa(parts, key, str(algorithm))
        else:
            raise BadToken("the algorithm is not accepted, or does not fit the key")
    except InvalidSignature as error:
        raise BadToken("the signature does not hold") from error


def _verify_ec(parts: Parts, key: ec.EllipticCurvePublicKey, algorithm: str) -> None:
    curve, size, digest = _EC[algorithm]
    if key.curve.key_size != {"P-256": 256, "P-384": 384}[curve]:
        raise BadToken("the algorithm does not fit the key")
    if len(parts.signature) != 2 * size:
        raise BadToken("the signature has the wrong length")
    r, s = (
        int.from_bytes(part, "big") for part in (parts.signature[:size], parts.signature[size:])
    )
    key.verify(encode_dss_signature(r, s), parts.signed, ec.ECDSA(digest))


def _verify_rsa(parts: Parts, key: rsa.RSAPublicKey, algorithm: str) -> None:
    digest = hashes.SHA256()
    if algorithm == "RS256":
        key.verify(parts.signature, parts.signed, padding.PKCS1v15(), digest)
    else:
        salt = padding.PSS(padding.MGF1(digest), salt_length=digest.digest_size)
        key.verify(parts.signature, parts.signed, salt, digest)
