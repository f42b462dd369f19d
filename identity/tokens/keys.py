# SPDX-License-Identifier: EUPL-1.2
"""The server's own keys: one set per use, never shared, as JWK files (decisions 36, 46)."""

import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from time import monotonic
from typing import TypeAlias, TypeVar

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from identity.tokens.jose import Check, check_with
from identity.tokens.sealing import NotOpened, Seal, is_closed
from pod.errors import PodError, Unavailable

K = TypeVar("K", ECKey, OKPKey)
Mark: TypeAlias = tuple[tuple[str, int, int, int], ...]
ACTIVE, UPCOMING, RETIRED = "tokens.json", "tokens-next-", "tokens-retired-"
CONSENT = "consent.json"
LOOK_EVERY = 1.0
LOG = logging.getLogger("kluis.keys")


@dataclass(frozen=True, slots=True)
class TokenKeys:
    """OP-5: the key that signs, those that will, and those that verify what they signed before."""

    active: ECKey
    upcoming: tuple[ECKey, ...] = ()
    retired: tuple[ECKey, ...] = ()


@dataclass(slots=True)
class Keys:
    """Tokens are signed ES256 (OP-3), receipts and log heads Ed25519.

    `kluis keys rotate` changes the files beside a running server: each worker looks at the folder
    once a second, and at once for a `kid` that it does not know.
    """

    folder: Path
    consent: OKPKey
    held: TokenKeys
    checked: Mapping[str, Check]
    mark: Mark
    looked: float = 0.0
    clock: Callable[[], float] = monotonic
    seal: Seal | None = None

    @property
    def tokens(self) -> ECKey:
        """What signs now. Take it once for a signature and its `kid`: it may change."""
        return self.current().active

    @property
    def retired(self) -> tuple[ECKey, ...]:
        return self.current().retired

    def current(self, *, at_once: bool = False) -> TokenKeys:
        """The keys as they lie in the folder, seen at most a second ago."""
        moment = self.clock()
        if at_once or moment - self.looked >= LOOK_EVERY:
            self.looked = moment
            self._look()
        return self.held

    def _look(self) -> None:
        try:
            mark = _mark(self.folder)
            if mark == self.mark:
                return
            held = _token_keys(self.folder, self.seal)
        except (OSError, PodError) as error:
            # Signing goes on with what is known: a half copied file is no reason to stop.
            LOG.warning("the token keys were not read anew: %s", error)
            return
        self.held, self.checked, self.mark = held, _checks(held), mark

    def token_jwks(self) -> dict[str, object]:
        """OP-4, OP-5: what verifiers need, without a private member; retired keys verify only."""
        return {"keys": [_published(key) for key in _each(self.current())]}

    def checks(self) -> Mapping[str, Check]:
        """How a signature by each `kid` is checked; what it holds follows the folder."""
        return LiveChecks(self)


@dataclass(frozen=True, slots=True)
class LiveChecks(Mapping[str, Check]):
    """The checks of the keys there are now."""

    ring: Keys

    def __getitem__(self, kid: str) -> Check:
        self.ring.current()
        if kid not in self.ring.checked:
            self.ring.current(at_once=True)  # another worker may sign with it already
        return self.ring.checked[kid]

    def __contains__(self, kid: object) -> bool:
        """Asked for each request: whether the key still counts, without making the check anew."""
        self.ring.current()
        return kid in self.ring.checked

    def __iter__(self) -> Iterator[str]:
        self.ring.current()
        return iter(self.ring.checked)

    def __len__(self) -> int:
        self.ring.current()
        return len(self.ring.checked)


def _each(held: TokenKeys) -> Sequence[ECKey]:
    """Each once, the active one first: a rotation that was cut off leaves one of them twice."""
    found = {held.active.thumbprint(): held.active}
    for key in (*held.upcoming, *held.retired):
        found.setdefault(key.thumbprint(), key)
    return list(found.values())


def _checks(held: TokenKeys) -> Mapping[str, Check]:
    return {key.thumbprint(): check_with(_public(key), "ES256") for key in _each(held)}


def _mark(folder: Path) -> Mark:
    """Changes whenever a token key comes, goes or is another."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("tokens"):
                stat = entry.stat()
                found.append((entry.name, stat.st_ino, stat.st_mtime_ns, stat.st_size))
    return tuple(sorted(found))


def _published(key: ECKey) -> dict[str, object]:
    public = key.as_dict(private=False)
    members = {name: public[name] for name in ("kty", "crv", "x", "y")}
    return {**members, "kid": key.thumbprint(), "use": "sig", "alg": "ES256"}


def _public(key: ECKey) -> ec.EllipticCurvePublicKey:
    public = key.public_key
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise TypeError("an EC key without a public half")
    return public


def open_keys(folder: Path, seal: Seal | None = None) -> Keys:
    """Load the keys, making those that are not there yet; Unavailable when a file is damaged.

    With a seal, those that lie there plain are encrypted first (OP-5).
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if seal is not None:
            _close_all(folder, seal)
        _open(folder / ACTIVE, _token_key, lambda: ECKey.generate_key("P-256"), seal)
        consent = _open(
            folder / CONSENT, _consent_key, lambda: OKPKey.generate_key("Ed25519"), seal
        )
        mark = _mark(folder)
        held = _token_keys(folder, seal)
        return Keys(folder, consent, held, _checks(held), mark, monotonic(), seal=seal)
    except OSError as error:
        raise Unavailable(f"The keys in {folder} cannot be used ({error.strerror}).") from error


def _close_all(folder: Path, seal: Seal) -> None:
    """Keys that were made before the operator gave a key of hers."""
    for path in sorted(folder.glob("*.json")):
        content = path.read_bytes()
        if not is_closed(content) and not path.name.startswith("."):
            stat = path.stat()
            _replace(path, seal.close(content), (stat.st_atime_ns, stat.st_mtime_ns))


def _token_keys(folder: Path, seal: Seal | None) -> TokenKeys:
    # OP-5: a key that was changed for another is kept beside it under a longer name.
    beside = sorted(folder.glob("tokens-*.json"))
    upcoming = [path for path in beside if path.name.startswith(UPCOMING)]
    older = [path for path in beside if path not in upcoming]
    return TokenKeys(
        _load(folder / ACTIVE, _token_key, seal),
        tuple(_load(path, _token_key, seal) for path in upcoming),
        tuple(_load(path, _verifying_key, seal) for path in older),
    )


def make_token_key(path: Path, seal: Seal | None = None) -> ECKey:
    """A new key of its own file."""
    return _open(path, _token_key, lambda: ECKey.generate_key("P-256"), seal)


def load_token_key(path: Path, seal: Seal | None = None) -> ECKey:
    """The key in a file, with or without its private half."""
    return _load(path, _verifying_key, seal)


def _open(path: Path, read: Callable[[object], K], make: Callable[[], K], seal: Seal | None) -> K:
    if not path.exists():
        content = orjson.dumps(make().as_dict(private=True))
        _save(path, content if seal is None else seal.close(content))
    return _load(path, read, seal)


def _load(path: Path, read: Callable[[object], K], seal: Seal | None) -> K:
    if path.stat().st_mode & 0o077:
        raise Unavailable(f"The key file {path} is open to others; run: chmod 600 {path}")
    content = _opened(path, seal)
    try:
        return read(orjson.loads(content))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        # Which of them is not said: their words may quote the file.
        raise Unavailable(
            f"The key file {path} is damaged or of the wrong kind; restore it from a backup."
        ) from error


def _opened(path: Path, seal: Seal | None) -> bytes:
    content = path.read_bytes()
    if not is_closed(content):
        return content
    if seal is None:
        raise Unavailable(f"The key file {path} is encrypted; name the key for it with --key-file.")
    try:
        return seal.open(content)
    except NotOpened as error:
        raise Unavailable(
            f"The key file {path} is damaged, or encrypted with another key than --key-file has."
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
    sync_folder(path.parent)


def _replace(path: Path, content: bytes, times: tuple[int, int]) -> None:
    """In the place of what lay there, with its times: they tell how old a key is."""
    descriptor, draft = mkstemp(prefix=".new-", dir=path.parent)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.utime(draft, ns=times)
        os.replace(draft, path)
    except OSError:
        os.unlink(draft)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
