# SPDX-License-Identifier: EUPL-1.2
"""An authenticator in software, after WebAuthn: ES256 and no attestation; tests may bend it."""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

Json = dict[str, Any]
PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def text_of(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    return urlsafe_b64decode(text + "==")


@dataclass(slots=True)
class SoftKey:
    """One key of one person."""

    origin: str
    host: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user: str = ""
    count: int = 0
    flags: int = PRESENT | VERIFIED

    def make(self, options: Json, **client: Any) -> Json:
        """navigator.credentials.create()"""
        self.user = options["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        data = self._data(self.flags | HAS_KEY) + bytes(16) + len(self.id).to_bytes(2)
        stated = {"fmt": "none", "attStmt": {}, "authData": data + self.id + cbor2.dumps(cose)}
        attestation = text_of(cbor2.dumps(stated))
        told = self._client("webauthn.create", options, client)
        return self._credential(
            clientDataJSON=text_of(told), attestationObject=attestation, transports=["internal"]
        )

    def sign(self, options: Json, **client: Any) -> Json:
        """navigator.credentials.get()"""
        self.count += 1
        data, told = self._data(self.flags), self._client("webauthn.get", options, client)
        signature = self.key.sign(data + sha256(told).digest(), ec.ECDSA(SHA256()))
        return self._credential(
            clientDataJSON=text_of(told),
            authenticatorData=text_of(data),
            signature=text_of(signature),
            userHandle=self.user or None,
        )

    def _data(self, flags: int) -> bytes:
        return sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _client(self, kind: str, options: Json, changes: Json) -> bytes:
        told = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps({**told, "crossOrigin": False, **changes}).encode()

    def _credential(self, **response: Any) -> Json:
        id_ = text_of(self.id)
        return {"id": id_, "rawId": id_, "type": "public-key", "response": response}
