# SPDX-License-Identifier: EUPL-1.2
"""Signing keys at rest, encrypted with a key of the operator that lies elsewhere (OP-5, T-49)."""

from binascii import Error as NotBase64
from binascii import a2b_base64
from dataclasses import dataclass, field
from pathlib import Path

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from pod.errors import Unavailable

LENGTH = 32
LONGEST = 1024
# RFC 7517 §7: an encrypted JWK is a JWE of this content type.
HEADER = {"alg": "dir", "enc": "A256GCM", "cty": "jwk+json"}
_TO_PLAIN = bytes.maketrans(b"-_", b"+/")


class NotOpened(ValueError):
    """It was encrypted with another key, or changed since."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The operator's key."""

    key: OctKey = field(repr=False)

    def close(self, content: bytes) -> bytes:
        """What may lie on a disk."""
        return jwe.encrypt_compact(dict(HEADER), content, self.key).encode()

    def open(self, content: bytes) -> bytes:
        """NotOpened when this is not the key it was closed with."""
        try:
            text = content.decode("ascii").strip()
            # The header of a file says nothing that counts: one algorithm, this key.
            opened = jwe.decrypt_compact(text, self.key, algorithms=["dir", "A256GCM"]).plaintext
        except (JoseError, ValueError) as error:
            raise NotOpened from error
        if opened is None:
            raise NotOpened
        return opened


def is_closed(content: bytes) -> bool:
    """Whether it is no plain JSON object."""
    return not content.lstrip().startswith(b"{")


def read_seal(path: Path) -> Seal:
    """From a file with 32 random bytes in base64; Unavailable for any other, or an open one."""
    try:
        if path.stat().st_mode & 0o077:
            raise Unavailable(f"The key file {path} is open to others; run: chmod 600 {path}")
        with path.open("rb") as file:
            text = file.read(LONGEST).strip()
    except OSError as error:
        raise Unavailable(f"The key file {path} cannot be read ({error.strerror}).") from error
    key = _decoded(text)
    if key is None or len(key) != LENGTH:
        raise Unavailable(
            f"The key file {path} holds no key: make one with: openssl rand -base64 {LENGTH}"
        )
    return Seal(OctKey.import_key(key))


def _decoded(text: bytes) -> bytes | None:
    plain = text.translate(_TO_PLAIN).rstrip(b"=")
    try:
        return a2b_base64(plain + b"=" * (-len(plain) % 4), strict_mode=True)
    except (NotBase64, ValueError):
        return None
