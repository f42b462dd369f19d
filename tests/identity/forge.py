# SPDX-License-Identifier: EUPL-1.2
"""Tokens and proofs made by hand, so that each can be spoiled in one place."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc.jwk import ECKey, OKPKey, RSAKey
from multidict import CIMultiDict

from pod.instant import SECOND, Instant

Key = ECKey | RSAKey | OKPKey


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def compact(header: object, claims: object, key: Key | bytes | None) -> str:
    """A compact JWS; bytes sign as a shared secret, None leaves the signature empty."""
    text = f"{b64(orjson.dumps(header))}.{b64(orjson.dumps(claims))}"
    return f"{text}.{b64(_signature(header, text.encode(), key))}"


def _signature(header: object, signed: bytes, key: Key | bytes | None) -> bytes:
    if key is None:
        return b""
    if isinstance(key, bytes):
        return hmac.digest(key, signed, sha256)
    private = key.private_key
    if isinstance(private, ec.EllipticCurvePrivateKey):
        small = private.curve.name == "secp256r1"
        digest = hashes.SHA256() if small else hashes.SHA384()
        r, s = decode_dss_signature(private.sign(signed, ec.ECDSA(digest)))
        size = (private.key_size + 7) // 8
        return r.to_bytes(size) + s.to_bytes(size)
    if isinstance(private, rsa.RSAPrivateKey):
        if isinstance(header, dict) and header.get("alg") == "PS256":
            salted = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
            return private.sign(signed, salted, hashes.SHA256())
        return private.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    return private.sign(signed)  # type: ignore[union-attr]  # Ed25519 takes no more


@dataclass(frozen=True, slots=True)
class Forge:
    """One issuer, one client, one request; `without` in a change takes the member away."""

    base: str
    tokens: ECKey
    client: ECKey
    now: Instant
    method: str = "GET"
    path: str = "/an/werk/loon.ttl"
    count: list[int] = field(default_factory=lambda: [0])

    @property
    def url(self) -> str:
        return self.base[:-1] + self.path

    def token(
        self,
        header: Mapping[str, Any] | None = None,
        key: Key | bytes | str | None = "own",
        **claims: Any,
    ) -> str:
        seconds = self.now // SECOND
        head = {"alg": "ES256", "typ": "at+jwt", "kid": self.tokens.thumbprint()}
        body = {
            "iss": self.base,
            "sub": f"{self.base}an/profile/card#me",
            "webid": f"{self.base}an/profile/card#me",
            "aud": "solid",
            "client_id": "an_1",
            "iat": seconds,
            "exp": seconds + 600,
            "jti": "t1",
            "scope": "openid webid",
            "cnf": {"jkt": self.client.thumbprint()},
            "grant": "access-1",
        }
        signer = self.tokens if key == "own" else key
        assert not isinstance(signer, str)
        return compact(changed(head, header or {}), changed(body, claims), signer)

    def proof(
        self,
        header: Mapping[str, Any] | None = None,
        key: Key | bytes | str | None = "own",
        **claims: Any,
    ) -> str:
        self.count[0] += 1
        head = {"alg": "ES256", "typ": "dpop+jwt", "jwk": self.client.as_dict(private=False)}
        body = {
            "htm": self.method,
            "htu": self.url,
            "iat": self.now // SECOND,
            "jti": f"p{self.count[0]}",
        }
        signer = self.client if key == "own" else key
        assert not isinstance(signer, str)
        return compact(changed(head, header or {}), changed(body, claims), signer)


def headers(token: str | None, proof: str | None, scheme: str = "DPoP") -> CIMultiDict[str]:
    given: CIMultiDict[str] = CIMultiDict()
    if token is not None:
        given.add("Authorization", f"{scheme} {token}")
    if proof is not None:
        given.add("DPoP", proof)
    return given


WITHOUT = object()


def changed(members: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    whole = {**members, **changes}
    return {name: value for name, value in whole.items() if value is not WITHOUT}
