# SPDX-License-Identifier: EUPL-1.2
"""Signed compact tokens (JWS, RFC 7515): taken apart strictly, and their signatures checked.

joserfc imports the keys; the signature itself is checked with cryptography, which takes two
thirds of the time.
"""

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

# RS-3, RS-6: algorithms by list; never `none`, never a shared secret.
CURVES: Mapping[str, str] = {"ES256": "secp256r1", "ES384": "secp384r1"}
ALGORITHMS = (*CURVES, "RS256", "PS256")
LONGEST = 8 * 1024

_SHAPE = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII)
_ECDSA = {"ES256": ec.ECDSA(hashes.SHA256()), "ES384": ec.ECDSA(hashes.SHA384())}
_PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
_PKCS1 = padding.PKCS1v15()
_SHA256 = hashes.SHA256()
_PUBLIC = {"EC": ("kty", "crv", "x", "y"), "RSA": ("kty", "n", "e")}
# RFC 7518 §6: the members that only a private or shared key has.
_PRIVATE = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))
_RSA_BITS = range(2048, 8193)


class Unsound(ValueError):
    """This is no token that anybody could trust; the words say why."""


@dataclass(frozen=True, slots=True)
class Compact:
    """The parts of a compact token, not yet believed."""

    head: str
    claims: Mapping[str, object]
    signature: bytes
    signed: bytes

    def header(self) -> Mapping[str, object]:
        """The JSON of the first segment; read only where the segment is not known yet."""
        return _object(self.head, "header")


def take_apart(text: str) -> Compact:
    """RFC 7515 §5.2: three segments of base64url, the claims a JSON object; Unsound otherwise."""
    if len(text) > LONGEST:
        raise Unsound(f"it is longer than {LONGEST} characters")
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise Unsound("it is not three parts of base64url with dots between them")
    head, body, signature = match.groups()
    signed = text[: match.end(2)].encode("ascii")
    return Compact(head, _object(body, "payload"), _octets(signature, "signature"), signed)


def _octets(segment: str, what: str) -> bytes:
    if len(segment) % 4 == 1:
        raise Unsound(f"its {what} is not base64url")
    return urlsafe_b64decode(segment + "==="[: -len(segment) % 4])


def _object(segment: str, what: str) -> Mapping[str, object]:
    try:
        value = orjson.loads(_octets(segment, what))
    except orjson.JSONDecodeError as error:
        raise Unsound(f"its {what} is not JSON") from error
    if not isinstance(value, dict):
        raise Unsound(f"its {what} is not a JSON object")
    return value


def algorithm_of(header: Mapping[str, object]) -> str:
    """The `alg` of a header, from our list; `crit` names what we do not know, so it is refused."""
    if "crit" in header:
        raise Unsound("its header has crit, and no extension is known here")
    alg = header.get("alg")
    if not isinstance(alg, str) or alg not in ALGORITHMS:
        raise Unsound(f"its alg is none of {', '.join(ALGORITHMS)}")
    return alg


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key and the one algorithm that it is used with."""

    key: PublicKey
    alg: str

    def check(self, token: Compact) -> None:
        """Unsound when this key did not make the signature."""
        try:
            self._verify(token.signature, token.signed)
        except InvalidSignature as error:
            raise Unsound("its signature does not hold") from error

    def _verify(self, signature: bytes, signed: bytes) -> None:
        if isinstance(self.key, rsa.RSAPublicKey):
            self.key.verify(signature, signed, _PSS if self.alg == "PS256" else _PKCS1, _SHA256)
            return
        half = (self.key.key_size + 7) // 8
        if len(signature) != 2 * half:
            raise InvalidSignature
        r, s = int.from_bytes(signature[:half]), int.from_bytes(signature[half:])
        self.key.verify(encode_dss_signature(r, s), signed, _ECDSA[self.alg])


def verifier_of(key: ECKey | RSAKey, alg: str) -> Verifier:
    """The verifier of an imported key; Unsound when the key does not fit the algorithm."""
    public = key.public_key
    if isinstance(public, ec.EllipticCurvePublicKey):
        if CURVES.get(alg) != public.curve.name:
            raise Unsound(f"its key does not fit {alg}")
        return Verifier(public, alg)
    if alg not in ("RS256", "PS256"):
        raise Unsound(f"its key does not fit {alg}")
    # RS-6: 2048 bits at least; far longer ones, and long exponents, only burn our time.
    if public.key_size not in _RSA_BITS or public.public_numbers().e.bit_length() > 32:
        raise Unsound("its RSA key has fewer than 2048 bits, or far too many")
    return Verifier(public, alg)


def import_public(jwk: object) -> ECKey | RSAKey:
    """The key of a header's `jwk` (RFC 9449 §4.3): public and asymmetric, or Unsound.

    Only the members that make the key are looked at, so that extra ones change nothing.
    """
    if not isinstance(jwk, dict):
        raise Unsound("its header has no jwk")
    if _PRIVATE & jwk.keys():
        raise Unsound("its jwk holds a private or shared key")
    names = _PUBLIC.get(str(jwk.get("kty")))
    if names is None:
        raise Unsound("its jwk is neither EC nor RSA")
    bare = {name: jwk.get(name) for name in names}
    if not all(isinstance(value, str) for value in bare.values()):
        raise Unsound("its jwk lacks a member")
    words = {name: str(value) for name, value in bare.items()}
    try:
        return ECKey.import_key(words) if words["kty"] == "EC" else RSAKey.import_key(words)
    except (JoseError, ValueError, KeyError) as error:
        raise Unsound("its jwk is no usable key") from error
