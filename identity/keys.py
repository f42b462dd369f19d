# SPDX-License-Identifier: EUPL-1.2
"""Our own keys (decisions 36 and 46): JWK files that are made at the first start."""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from pod.errors import Unavailable

K = TypeVar("K", ECKey, OKPKey)


@dataclass(frozen=True, slots=True)
class Keys:
    """One key per use, never shared, and the retired ones that are still published (OP-5)."""

    tokens: ECKey
    consent: OKPKey
    retired_tokens: tuple[ECKey, ...] = ()
    retired_consent: tuple[OKPKey, ...] = ()


def open_keys(folder: Path) -> Keys:
    """The keys in this folder, made where they are missing.

    `tokens.jwk` and `consent.jwk` sign; files such as `tokens-2026.jwk` are retired: put there by
    an operator, they verify what was signed before and sign nothing.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    tokens = _open(folder / "tokens.jwk", ECKey, "P-256")
    consent = _open(folder / "consent.jwk", OKPKey, "Ed25519")
    return Keys(
        tokens,
        consent,
        tuple(_read(file, ECKey, "P-256") for file in sorted(folder.glob("tokens-*.jwk"))),
        tuple(_read(file, OKPKey, "Ed25519") for file in sorted(folder.glob("consent-*.jwk"))),
    )


def kid_of(key: ECKey | OKPKey) -> str:
    """OP-4: the RFC 7638 thumbprint."""
    return key.thumbprint()


def public_jwk(key: ECKey | OKPKey, alg: str) -> dict[str, object]:
    """The public half alone, with what it is for."""
    return {**key.as_dict(private=False), "kid": kid_of(key), "alg": alg, "use": "sig"}


def jwks(alg: str, keys: Iterable[ECKey | OKPKey]) -> dict[str, list[dict[str, object]]]:
    """A public key set (RFC 7517 §5), the key that signs now first."""
    return {"keys": [public_jwk(key, alg) for key in keys]}


def token_jwks(keys: Keys) -> dict[str, list[dict[str, object]]]:
    """OP-4: what is needed to check our tokens."""
    return jwks("ES256", (keys.tokens, *keys.retired_tokens))


def _open(file: Path, kind: type[K], curve: str) -> K:
    if not file.exists():
        _create(file, kind, curve)
    return _read(file, kind, curve)


def _create(file: Path, kind: type[K], curve: str) -> None:
    """Write the whole file before it gets its name, so that nobody ever reads half a key."""
    key = kind.generate_key(curve, private=True)
    content = orjson.dumps({**key.as_dict(private=True), "kid": key.thumbprint()})
    draft = file.with_suffix(f".{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        # A link fails where another process was first, and then its key is the one.
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _read(file: Path, kind: type[K], curve: str) -> K:
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise Unavailable(
                f"The key file {file} may be read by others: run chmod 600 on it, and think"
                " about who has seen it."
            )
        words = orjson.loads(file.read_bytes())
        key = kind.import_key(words)
        fits = words.get("crv") == curve
    except (OSError, ValueError, AttributeError, JoseError) as error:
        raise Unavailable(f"The key file {file} cannot be read; restore it from backup.") from error
    if not fits:
        raise Unavailable(f"The key file {file} holds no key on {curve}; restore it from backup.")
    return key
