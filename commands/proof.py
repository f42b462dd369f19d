# SPDX-License-Identifier: EUPL-1.2
"""Proofs that anyone can check with published keys alone: hash chains and signatures.

Written anew beside the server's own code, so that each can find the other wrong.
"""

from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Sequence
from hashlib import sha256

import orjson
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from commands.answer import Json, Unexpected, items_at, number_at, text_at

FIRST_PREV = "0" * 64


def digest_without(value: Json, left_out: str) -> str:
    """Hex SHA-256 over the canonical JSON (RFC 8785) of an object without one member."""
    if not isinstance(value, dict):
        raise Unexpected(f"Expected an object with a {left_out}, but found {value!r}.")
    rest = {name: value[name] for name in value if name != left_out}
    return sha256(rfc8785.dumps(rest)).hexdigest()


def break_in(entries: Sequence[Json]) -> str | None:
    """Why the chain of log entries (KC-22) is not whole; None when it is."""
    before, last = FIRST_PREV, 0
    for entry in entries:
        seq, written = number_at(entry, "seq"), text_at(entry, "hash")
        if seq != last + 1:
            return f"entry {seq} follows entry {last}"
        if text_at(entry, "prev") != before:
            return f"entry {seq} does not name the hash of the one before it"
        if digest_without(entry, "hash") != written:
            return f"entry {seq} is not what its hash was taken from"
        before, last = written, seq
    return None


def signed_by(jws: str, keys: Json) -> Json:
    """The payload of a compact JWS, when one of the keys (a JWKS) signed it with Ed25519."""
    try:
        protected, payload, signature = jws.strip().split(".")
        header: Json = orjson.loads(_octets(protected))
        key = _public_key(keys, text_at(header, "kid"))
        if text_at(header, "alg") not in ("EdDSA", "Ed25519"):
            raise Unexpected(f"Expected an Ed25519 signature, but found {header!r}.")
        key.verify(_octets(signature), f"{protected}.{payload}".encode())
        value: Json = orjson.loads(_octets(payload))
    except InvalidSignature as error:
        raise Unexpected("Expected a valid signature, but it does not fit the key.") from error
    except (ValueError, NotBase64) as error:
        raise Unexpected(f"Expected a compact JWS, but found {jws[:60]!r}.") from error
    return value


def _public_key(keys: Json, kid: str) -> Ed25519PublicKey:
    for key in items_at(keys, "keys"):
        if isinstance(key, dict) and key.get("kid") == kid and key.get("crv") == "Ed25519":
            return Ed25519PublicKey.from_public_bytes(_octets(text_at(key, "x")))
    raise Unexpected(f"Expected a published Ed25519 key {kid}, but there is none of that name.")


def _octets(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def read_export(body: bytes) -> tuple[list[Json], str]:
    """The entries of an exported log (KC-23) and the JWS of its head, which stands last."""
    lines = body.decode().splitlines()
    if not lines:
        raise Unexpected("Expected a log export, but it is empty.")
    *entries, head = lines
    return [orjson.loads(entry) for entry in entries], _jws_of(head)


def _jws_of(line: str) -> str:
    if not line.startswith(("{", '"')):
        return line
    value: Json = orjson.loads(line)
    return value if isinstance(value, str) else text_at(value, "jws")
