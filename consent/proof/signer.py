# SPDX-License-Identifier: EUPL-1.2
"""Our signature under receipts, heads and answers: EdDSA, compact JWS (decision 36)."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import KeySet, OKPKey

from pod.errors import Unreadable

ALGORITHM = "EdDSA"
# RFC 9864 renames the algorithm; receipts keep the name that verifiers know (KC-18).
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that signs now, and the public halves of all that ever did (old keys stay)."""

    kid: str
    key: OKPKey
    published: tuple[Mapping[str, object], ...] = ()

    def sign(self, payload: bytes) -> str:
        """The same payload and key always give the same signature (RFC 8032)."""
        return jws.serialize_compact(
            {"alg": ALGORITHM, "kid": self.kid}, payload, self.key, algorithms=[ALGORITHM]
        )

    def jwks(self) -> dict[str, object]:
        """KC-18: what anyone needs to check a signature, this key first."""
        mine = public_jwk(self.key, self.kid)
        old = [dict(key) for key in self.published if key.get("kid") != self.kid]
        return {"keys": [mine, *old]}


def signer_of(key: OKPKey, published: Sequence[Mapping[str, object]] = ()) -> Signer:
    """A signer whose key id is the key's own, else its thumbprint (RFC 7638)."""
    return Signer(key.kid or key.thumbprint(), key, tuple(published))


def public_jwk(key: OKPKey, kid: str) -> dict[str, object]:
    """The public half alone, with what it is for."""
    return {**key.as_dict(private=False), "kid": kid, "use": "sig", "alg": ALGORITHM}


def opened(token: str, jwks: Mapping[str, object]) -> dict[str, object]:
    """The JSON payload of a JWS whose signature one of these keys made; Unreadable otherwise."""
    keys = jwks.get("keys")
    if not isinstance(keys, Sequence):
        raise Unreadable("That is no key set: it has no list of keys.")
    try:
        key_set = KeySet.import_key_set({"keys": [dict(key) for key in keys]})
        read = jws.deserialize_compact(token.strip(), key_set, algorithms=[ALGORITHM])
        payload = orjson.loads(read.payload)
    except (JoseError, ValueError, TypeError) as error:
        raise Unreadable("The signature does not hold with these keys.") from error
    if not isinstance(payload, dict):
        raise Unreadable("What was signed is not a JSON object.")
    return payload
