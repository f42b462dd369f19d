# SPDX-License-Identifier: EUPL-1.2
"""The server's own keys: one set per use, never shared, as JWK files (decisions 36, 46)."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import TypeVar

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from identity.jose import Check, check_with
from pod.errors import Unavailable

K = TypeVar("K", ECKey, OKPKey)


@dataclass(frozen=True, slots=True)
class Keys:
    """Tokens are signed ES256 (OP-3), receipts and log heads Ed25519."""

    tokens: ECKey
    consent: OKPKey
    retired: tuple[ECKey, ...] = ()

    def token_jwks(self) -> dict[str, object]:
        """OP-4, OP-5: what verifiers need, without a private member; retired keys verify only."""
        return {"keys": [_published(key) for key in (self.tokens, *self.retired)]}

    def checks(self) -> Mapping[str, Check]:
        """How a signature by each `kid` is checked."""
        keys = (*self.retired, self.tokens)
        return {key.thumbprint(): check_with(_public(key), "ES256") for key in keys}


def _published(key: ECKey) -> dict[str, object]:
    public = key.as_dict(private=False)
    members = {name: public[name] for name in ("kty", "crv", "x", "y")}
    return {**members, "kid": key.thumbprint(), "use": "sig", "alg": "ES256"}


def _public(key: ECKey) -> ec.EllipticCurvePublicKey:
    public = key.public_key
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise TypeError("an EC key without a public half")
    return public


def open_keys(folder: Path) -> Keys:
    """Load the keys, making those that are not there yet; Unavailable when a file is damaged."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tokens = _open(folder / "tokens.json", _token_key, lambda: ECKey.generate_key("P-256"))
        consent = _open(
            folder / "consent.json", _consent_key, lambda: OKPKey.generate_key("Ed25519")
        )
        # OP-5: a key that was changed for another is kept beside it under a longer name.
        older = sorted(folder.glob("tokens-*.json"))
        return Keys(tokens, consent, tuple(_load(path, _verifying_key) for path in older))
    except OSError as error:
        raise Unavailable(f"The keys in {folder} cannot be used ({error.strerror}).") from error


def _open(path: Path, read: Callable[[object], K], make: Callable[[], K]) -> K:
    if not path.exists():
        _save(path, orjson.dumps(make().as_dict(private=True)))
    return _load(path, read)


def _load(path: Path, read: Callable[[object], K]) -> K:
    if path.stat().st_mode & 0o077:
        raise Unavailable(f"The key file {path} is open to others; run: chmod 600 {path}")
    try:
        return read(orjson.loads(path.read_bytes()))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        # Which of them is not said: their words may quote the file.
        raise Unavailable(
            f"The key file {path} is damaged or of the wrong kind; restore it from a backup."
        ) from error


def _verifying_key(jwk: object) -> ECKey:
    if not isinstance(jwk, dict) or jwk.get("crv") != "P-256":
        raise ValueError("a token key is EC P-256")
    key = ECKey.import_key(jwk)
    _public(key)
    return key


def _token_key(jwk: object) -> ECKey:
    key = _verifying_key(jwk)
    if not key.is_private:
        raise ValueError("the private half is missing")
    return key


def _consent_key(jwk: object) -> OKPKey:
    if not isinstance(jwk, dict) or jwk.get("crv") != "Ed25519":
        raise ValueError("a consent key is Ed25519")
    key = OKPKey.import_key(jwk)
    if not key.is_private:
        raise ValueError("the private half is missing")
    return key


def _save(path: Path, content: bytes) -> None:
    """Readable by the owner alone, whole or not at all, and never in the place of another.

    Two processes that start together may both come here: the link of one of them holds.
    """
    descriptor, draft = mkstemp(prefix=".new-", dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        os.unlink(draft)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
