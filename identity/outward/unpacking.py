# SPDX-License-Identifier: EUPL-1.2
"""Bodies from elsewhere, unpacked piece by piece and never beyond their limit (T-29)."""

import zlib
from dataclasses import dataclass, field


class TooLong(ValueError):
    """More came out, or in, than may be."""


class Broken(ValueError):
    """It is not packed as it says."""


@dataclass(slots=True)
class Unpacked:
    """What has come out so far."""

    limit: int
    unpacker: "zlib._Decompress | None"
    out: bytearray = field(default_factory=bytearray)
    came: int = 0

    def add(self, piece: bytes) -> None:
        """TooLong as soon as the limit is passed, before more is unpacked."""
        self.came += len(piece)
        if self.unpacker is None:
            self.out += piece
        else:
            # A body that stays empty however much is sent ends here too.
            if self.came > self.limit + 1024:
                raise TooLong
            self._unpack(self.unpacker, piece)
        if len(self.out) > self.limit:
            raise TooLong

    def _unpack(self, unpacker: "zlib._Decompress", piece: bytes) -> None:
        try:
            self.out += unpacker.decompress(piece, self.limit + 1 - len(self.out))
        except zlib.error as error:
            raise Broken from error
        if unpacker.unused_data:
            raise Broken  # what follows the end would be left out without a word

    def whole(self) -> bytes:
        """All of it; Broken when it ended in the middle."""
        if self.unpacker is not None and self.came and not self.unpacker.eof:
            raise Broken
        return bytes(self.out)


def unpacking(encoding: str, limit: int) -> Unpacked | None:
    """For a Content-Encoding; None for one that we do not unpack."""
    if encoding in ("", "identity"):
        return Unpacked(limit, None)
    if encoding in ("gzip", "x-gzip"):
        return Unpacked(limit, zlib.decompressobj(wbits=31))
    return None
