# SPDX-License-Identifier: EUPL-1.2
"""The server's own keys: one set per use, never shared, as JWK files (decisions 36, 46)."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from joserfc.jwk import ECKey, OKPKey

from pod.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Keys:
    """Tokens are signed ES256 (OP-3), receipts and log heads Ed25519."""

    tokens: ECKey
    consent: OKPKey
    retired: tuple[Mapping[str, Any], ...] = ()

    def token_jwks(self) -> dict[str, object]:
        """OP-4: what verifiers need, without a private member; retired keys verify only."""
        mine = {**self.tokens.as_dict(private=False), **_about(self.tokens, "ES256")}
        return {"keys": [mine, *self.retired]}


def _about(key: ECKey | OKPKey, algorithm: str) -> dict[str, str]:
    return {"kid": key.thumbprint(), "use": "sig", "alg": algorithm}


def open_keys(folder: Path) -> Keys:
    """Load the keys, making those that are not there yet; Unavailable when a file is damaged."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    tokens = _open(folder / "tokens.json", ECKey.import_key, lambda: ECKey.generate_key("P-256"))
    consent = _open(
        folder / "consent.json", OKPKey.import_key, lambda: OKPKey.generate_key("Ed25519")
    )
    return Keys(tokens, consent)


def _open(path: Path, load: Callable[[Any], Any], make: Callable[[], Any]) -> Any:
    if not path.exists():
        _save(path, orjson.dumps(make().as_dict(private=True)))
    try:
        return load(orjson.loads(path.read_bytes()))
    except (orjson.JSONDecodeError, ValueError, KeyError) as error:
        raise Unavailable(f"The key file {path} is damaged; restore it from a backup.") from error


def _save(path: Path, content: bytes) -> None:
    """Readable by the owner alone, and whole or not at all."""
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(path)
