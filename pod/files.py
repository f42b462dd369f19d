# SPDX-License-Identifier: EUPL-1.2
"""Large bodies as files: written and synced first, then named by a row (bytes first, row last)."""

import asyncio
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from io import BufferedWriter
from pathlib import Path
from typing import IO, ParamSpec, TypeVar

from pod.errors import TooLarge, Unavailable

CHUNK = 256 * 1024

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Blob:
    """A body that lies in a file of its own; real once a row names it."""

    name: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Files:
    """A folder of bodies. Names are random, so no two resources ever share a file."""

    folder: Path

    async def save(self, chunks: AsyncIterator[bytes], limit: int) -> Blob:
        """Take in a body piece by piece; TooLarge, and nothing kept, past *limit* bytes.

        Unavailable when the disk does not take it, as when it is full (T-52).
        """
        name = secrets.token_hex(16)
        path, size, digest = self._path(name), 0, sha256()
        file = await _on_disk(_create, path)

        def add(piece: bytes) -> None:
            digest.update(piece)
            file.write(piece)

        try:
            async for piece in _gathered(chunks):
                size += len(piece)
                if size > limit:
                    raise TooLarge(f"The body is larger than {limit} bytes.")
                await _on_disk(add, piece)
            await _on_disk(_sync, file, path.parent)
        except BaseException:
            # Closing writes what is left, which a full disk refuses; it is thrown away anyhow.
            with suppress(OSError):
                file.close()
            path.unlink(missing_ok=True)
            raise
        file.close()
        return Blob(name, size, digest.hexdigest())

    async def open(self, name: str) -> IO[bytes]:
        """The body, open: it can be read to its end also when it is deleted meanwhile."""
        return await asyncio.to_thread(self._path(name).open, "rb")

    async def scratch(self) -> IO[bytes]:
        """A file without a name, for what is too large for memory; gone when it is closed.

        It lies beside the bodies, because a system's folder for such files is often memory.
        """
        await asyncio.to_thread(self.folder.mkdir, parents=True, exist_ok=True)
        return await asyncio.to_thread(lambda: tempfile.TemporaryFile(dir=self.folder))

    def path(self, name: str) -> Path:
        """Where the bytes of a blob lie."""
        return self._path(name)

    async def read(self, name: str) -> bytes:
        """The whole body; for RDF, whose size is bounded."""
        return await asyncio.to_thread(self._path(name).read_bytes)

    async def drop(self, names: Iterable[str]) -> None:
        """Delete bodies that no row names any more. Open readers finish undisturbed."""
        for name in names:
            await asyncio.to_thread(self._path(name).unlink, missing_ok=True)

    def names(self) -> set[str]:
        """Every body in the folder, named by a row or not."""
        return {path.name for path in self.folder.glob("??/*") if path.is_file()}

    def _path(self, name: str) -> Path:
        return self.folder / name[:2] / name


async def _on_disk(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Off the loop. Only what the disk says is turned: a client that hangs up is an OSError too."""
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except OSError as error:
        raise Unavailable(
            "The disk does not take this body right now; nothing was kept.",
            problem="not-written",
            headers={"Retry-After": "60"},
        ) from error


def _create(path: Path) -> BufferedWriter:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb")


async def _gathered(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in larger pieces: what comes from the network comes in small ones."""
    waiting = bytearray()
    async for chunk in chunks:
        waiting += chunk
        if len(waiting) >= CHUNK:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def _sync(file: BufferedWriter, folder: Path) -> None:
    """The bytes and the folder's entry for them are on disk when this returns."""
    file.flush()
    os.fsync(file.fileno())
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
