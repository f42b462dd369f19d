# SPDX-License-Identifier: EUPL-1.2
"""A pod as one zip (KLU-9), large bodies in pieces, and nothing of anybody else."""

import io
from collections.abc import AsyncIterator
from pathlib import Path
from zipfile import ZipFile

import orjson
import pytest

from identity.accounts.export import zipped
from pod.files import Files
from pod.iri import Iri
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.people import AN, ROOT, Asking, a_house, make_pod

LARGE = bytes(range(256)) * 8000


@pytest.fixture
async def ask(db: Sqlite, now: MovableClock, tmp_path: Path) -> Asking:
    await db.write(ROOT, make_pod, ROOT, str(AN.webid), now())
    return Asking(a_house(db, Files(tmp_path / "blobs"), now))


async def _pieces(db: Sqlite, files: Files) -> AsyncIterator[bytes]:
    async for piece in zipped(db, files, [ROOT], {"pods": {ROOT: "x"}}):
        yield piece


async def test_all_of_a_pod_is_in_the_archive(
    db: Sqlite, ask: Asking, now: MovableClock, tmp_path: Path
) -> None:
    bob = Iri(ROOT.replace("/an/", "/bob/"))
    await db.write(bob, make_pod, bob, "https://bob.example/#me", now())
    await ask("PUT", "a%20b/groot.bin", AN, LARGE, "application/octet-stream")
    await ask("PUT", "dag.ttl", AN, "<a> <b> <c> .", "text/turtle")
    pieces = [piece async for piece in _pieces(db, Files(tmp_path / "blobs"))]
    archive = ZipFile(io.BytesIO(b"".join(pieces)))

    assert archive.testzip() is None
    assert archive.read("an/a%20b/groot.bin") == LARGE
    assert archive.read("an/dag.ttl") == b"<a> <b> <c> ."
    assert b"Control" in archive.read("an/.acl")
    assert not [name for name in archive.namelist() if name.startswith("bob")]
    assert orjson.loads(archive.read("media-types.json"))["an/dag.ttl"] == "text/turtle"
    assert orjson.loads(archive.read("account.json")) == {"pods": {ROOT: "x"}}
    assert max(map(len, pieces)) < len(LARGE)


async def test_a_body_that_went_in_the_meantime_is_left_out(
    db: Sqlite, ask: Asking, tmp_path: Path
) -> None:
    await ask("PUT", "groot.bin", AN, LARGE, "application/octet-stream")
    files = Files(tmp_path / "blobs")
    await files.drop(files.names())
    archive = ZipFile(io.BytesIO(b"".join([piece async for piece in _pieces(db, files)])))

    assert archive.testzip() is None
    with pytest.raises(KeyError):
        archive.read("an/groot.bin")
