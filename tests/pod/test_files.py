# SPDX-License-Identifier: EUPL-1.2
"""Large bodies: all of them or nothing, never past the limit, and orphans are swept."""

import resource
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest

from pod.errors import TooLarge, Unavailable
from pod.files import Files
from pod.sqlite import Sqlite
from pod.sweep import sweep


async def _pieces(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_a_body_comes_back_as_it_was_sent(tmp_path: Path) -> None:
    files = Files(tmp_path)

    blob = await files.save(_pieces(b"ab", b"cd"), 100)

    assert await files.read(blob.name) == b"abcd"
    assert (blob.size, blob.digest) == (4, sha256(b"abcd").hexdigest())


async def test_a_body_past_the_limit_leaves_nothing(tmp_path: Path) -> None:
    files = Files(tmp_path)

    with pytest.raises(TooLarge):
        await files.save(_pieces(b"abc", b"def"), 5)

    assert files.names() == set()


async def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"abc"
        raise ConnectionResetError

    files = Files(tmp_path)
    with pytest.raises(ConnectionResetError):
        await files.save(broken(), 100)

    assert files.names() == set()


async def test_a_file_that_no_row_names_is_swept_at_start(db: Sqlite, tmp_path: Path) -> None:
    files = Files(tmp_path / "blobs")
    await files.save(_pieces(b"orphan"), 100)

    assert await sweep(db, files) == 1
    assert files.names() == set()


async def test_a_disk_that_takes_no_more_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    files, before = Files(tmp_path), resource.getrlimit(resource.RLIMIT_FSIZE)  # T-52
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(Unavailable) as refusal:
            await files.save(_pieces(b"x" * 5000), 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert refusal.value.problem == "not-written"
    assert files.names() == set()
