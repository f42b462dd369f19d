# SPDX-License-Identifier: EUPL-1.2
"""One representation of a resource, whole."""

from dataclasses import dataclass
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Shown:
    """The whole representation, before anything of it goes out.

    Its bytes are in memory (`body`) or lie in a file as they were sent (`blob`); only what is
    `stored` can be cut in ranges (spec §6).
    """

    media_type: str
    body: bytes | None
    size: int | None
    blob: str | None = None
    stored: bool = False
    digest: str | None = None
    properties: tuple[str, ...] | None = None

    def sha256(self) -> bytes | None:
        """The digest of exactly these bytes: a projection never tells that of the original."""
        if self.digest:
            return bytes.fromhex(self.digest)
        return None if self.body is None else sha256(self.body).digest()
