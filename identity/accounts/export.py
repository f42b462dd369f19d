# SPDX-License-Identifier: EUPL-1.2
"""KLU-9: everything in the pods of an account as one zip, made while it is sent."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import orjson

from pod.contents import fetch
from pod.database import Database, Tx
from pod.files import Files
from pod.instant import SECOND
from pod.iri import Iri, is_container
from pod.resource import Resource

PIECE = 256 * 1024
AT_ONCE = 500
CONTAINER_OWN = ".container.ttl"


class _Pipe(io.RawIOBase):
    """What the archive writes, until it is taken to be sent."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: object, /) -> int:
        data = bytes(piece)  # type: ignore[call-overload]  # zipfile gives bytes or a view of them
        self.pieces.append(data)
        return len(data)

    def take(self) -> bytes:
        data = b"".join(self.pieces)
        self.pieces.clear()
        return data


Papers = AsyncIterator[tuple[str, AsyncIterator[bytes]]]


async def zipped(
    db: Database,
    files: Files,
    pods: Sequence[str],
    told: Mapping[str, object],
    papers: Papers | None = None,
) -> AsyncIterator[bytes]:
    """The archive in pieces: a folder for each pod, `media-types.json`, and `account.json`.

    `papers` are files that rooms above add: their names, and their bytes as they come.
    """
    pipe, types = _Pipe(), dict[str, str]()
    archive = ZipFile(pipe, "w", ZIP_DEFLATED, compresslevel=1)
    for pod in pods:
        async for resource in _resources(db, Iri(pod)):
            name = _name(resource, pod)
            types[name] = resource.media_type
            async for piece in _entry(archive, pipe, files, name, resource):
                yield piece
    if papers is not None:
        async for name, pieces in papers:
            # How long it becomes is not known yet, and a log may pass what a zip of 32 bits holds.
            with archive.open(ZipInfo(name), "w", force_zip64=True) as entry:
                async for piece in pieces:
                    await asyncio.to_thread(entry.write, piece)
                    yield pipe.take()
    for name, value in (("media-types.json", types), ("account.json", told)):
        archive.writestr(name, orjson.dumps(value, option=orjson.OPT_INDENT_2))
    archive.close()
    yield pipe.take()


async def _resources(db: Database, pod: Iri) -> AsyncIterator[Resource]:
    """By name; each as it is when its turn comes."""
    last = ""
    while names := await db.read(_names, pod, last):
        for name in names:
            resource = await db.read(fetch, Iri(name))
            if resource is not None:
                yield resource
        last = names[-1]


async def _names(tx: Tx, pod: Iri, last: str) -> list[str]:
    rows = await tx.all(
        "SELECT iri FROM resource WHERE pod = :pod AND iri > :last ORDER BY iri LIMIT :most",
        pod=pod,
        last=last,
        most=AT_ONCE,
    )
    return [row["iri"] for row in rows]


def _name(resource: Resource, pod: str) -> str:
    """The path below the folder of the pod; names are canonical, so none leads out of it."""
    folder = pod.rstrip("/").rsplit("/", 1)[-1]
    own = CONTAINER_OWN if is_container(resource.iri) and resource.body else ""
    return f"{folder}/{resource.iri.removeprefix(pod)}{own}"


async def _entry(
    archive: ZipFile, pipe: _Pipe, files: Files, name: str, resource: Resource
) -> AsyncIterator[bytes]:
    moment = datetime.fromtimestamp(resource.modified // SECOND, UTC)
    info = ZipInfo(name, moment.timetuple()[:6])
    info.compress_type, info.file_size = ZIP_DEFLATED, resource.size
    if resource.blob is None:
        await asyncio.to_thread(archive.writestr, info, resource.body or b"")
        yield pipe.take()
        return
    try:
        file = await files.open(resource.blob)
    except FileNotFoundError:
        # Replaced or deleted since its row was read.
        return
    with file, archive.open(info, "w") as entry:
        while piece := await asyncio.to_thread(file.read, PIECE):
            await asyncio.to_thread(entry.write, piece)
            yield pipe.take()
