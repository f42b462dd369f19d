# SPDX-License-Identifier: EUPL-1.2
"""The folder that a server keeps everything in, and the lock that keeps a second server out."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pod.errors import Clash, Unavailable


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Decision 46: where the database, the large bodies and the keys lie."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / "kluis.db"

    @property
    def blobs(self) -> Path:
        return self.path / "blobs"

    @property
    def keys(self) -> Path:
        return self.path / "keys"

    @property
    def proofs(self) -> Path:
        return self.path / "proofs.db"


def open_folder(path: Path) -> DataFolder:
    """Make the folder if need be, readable by its owner alone; Unavailable when that fails."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"The data folder {path} cannot be made ({error.strerror}); give another --data."
        ) from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise Unavailable(f"The data folder {path} cannot be written; give another --data.")
    return DataFolder(path)


@contextmanager
def locked(folder: DataFolder) -> Iterator[None]:
    """Hold the folder as its only server; commands that read or add rows need no lock (T-53)."""
    descriptor = os.open(folder.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Clash(
                f"Another server is using the data folder {folder.path}:"
                " stop it, or give another --data."
            ) from error
        yield
    finally:
        os.close(descriptor)
