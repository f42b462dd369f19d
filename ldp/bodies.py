# SPDX-License-Identifier: EUPL-1.2
"""Taking in what a client sends: bounded, to a file when large, RDF checked before it is kept."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256

from ldp.admission import CONSTRAINED
from ldp.ask import Ask, Body, House
from ldp.digests import require_match
from ldp.room import within_room
from pod import rdf
from pod.contents import INLINE, INLINE_RDF
from pod.errors import Clash, TooLarge, Unreadable, UnsupportedType
from pod.files import Blob
from pod.iri import Iri, governed_by
from pod.vocab import LDP

LONGEST_TYPE = 256


@dataclass(frozen=True, slots=True)
class Draft:
    """Content that was taken in and may be kept: in memory when small, else already on disk."""

    media_type: str
    content: bytes | Blob


def require_type(ask: Ask) -> str:
    """SP-8, SP-9: content needs a Content-Type. SP-55: it is kept exactly as sent."""
    if not ask.content_type:
        raise Unreadable("Say what you send with a Content-Type.", problem="no-content-type")
    if len(ask.content_type) > LONGEST_TYPE or "/" not in ask.content_type:
        raise Unreadable("That Content-Type is no media type.", problem="bad-content-type")
    return ask.content_type


def refuse_announced(house: House, ask: Ask) -> None:
    """A body that says it is too large is refused before a byte of it is read."""
    if ask.body is not None and (ask.body.length or 0) > house.largest_body:
        raise _too_large(house.largest_body)


def refuse_type(ask: Ask) -> None:
    """What can be told from the type alone: ACLs are RDF, patches and links have their place."""
    essence = rdf.essence(ask.content_type or "")
    if governed_by(ask.target) is not None and not rdf.is_rdf(essence):
        raise UnsupportedType(f"An ACL is RDF: {', '.join(rdf.OFFERED)}.")
    if ask.has_context and essence == "application/json":
        # SP-59k: a context from elsewhere is never fetched, so the JSON cannot become RDF.
        raise UnsupportedType("Send JSON-LD as application/ld+json, with its context inside.")
    if LDP + "NonRDFSource" in ask.types and ask.target.endswith("/"):
        raise Clash(
            "A container cannot be a non-RDF source.", problem="wrong-model", headers=CONSTRAINED
        )
    containers = {LDP + "BasicContainer", LDP + "Container"}
    if ask.method == "PUT" and not ask.target.endswith("/") and ask.types & containers:
        raise Unreadable("The name of a container ends in a slash.", problem="wrong-model")


async def take(house: House, ask: Ask, target: Iri) -> Draft:
    """The body, checked for what it says it is; relative IRIs are meant against *target*."""
    media_type = require_type(ask)
    # RDF is bounded far below other bodies: nothing of it that is too large is written to disk.
    limit = min(house.largest_body, rdf.LARGEST) if rdf.is_rdf(media_type) else house.largest_body
    if ask.body is not None and (ask.body.length or 0) > limit:
        raise _too_large(limit)
    inline = INLINE_RDF if rdf.is_rdf(media_type) else INLINE
    content = await _collect(house, ask.body, target, limit, min(inline, limit))
    try:
        if ask.digests:
            require_match(ask.digests, _digest(content))
        if rdf.is_rdf(media_type):
            await _check(house, content, media_type, target)
    except BaseException:
        await discard(house, content)
        raise
    return Draft(media_type, content)


def _digest(content: bytes | Blob) -> bytes:
    return bytes.fromhex(content.digest) if isinstance(content, Blob) else sha256(content).digest()


async def take_small(ask: Ask, limit: int) -> bytes:
    """A body that must be in memory as a whole, such as a patch."""
    if ask.body is None:
        return b""
    if (ask.body.length or 0) > limit:
        raise _too_large(limit)
    taken = bytearray()
    async for piece in ask.body.pieces():
        taken += piece
        if len(taken) > limit:
            raise _too_large(limit)
    if ask.digests:
        require_match(ask.digests, sha256(taken).digest())
    return bytes(taken)


async def discard(house: House, content: bytes | Blob) -> None:
    """Delete what was written to disk for a request that failed."""
    if isinstance(content, Blob):
        await house.files.drop([content.name])


async def read_all(house: House, content: bytes | Blob) -> bytes:
    """The content as bytes; for RDF, whose size is bounded."""
    return content if isinstance(content, bytes) else await house.files.read(content.name)


async def _collect(
    house: House, body: Body | None, target: Iri, limit: int, inline: int
) -> bytes | Blob:
    if body is None:
        return b""
    pieces = within_room(house, body, target)
    first = bytearray()
    async for piece in pieces:
        first += piece
        if len(first) > inline:
            return await house.files.save(_joined(bytes(first), pieces), limit)
    return bytes(first)


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


async def _check(house: House, content: bytes | Blob, media_type: str, target: Iri) -> None:
    """Decision 8: RDF that does not parse is refused with line and column (SP-54)."""
    if isinstance(content, bytes):
        rdf.parse(content, media_type, target, house.contexts)
        return
    if content.size > rdf.LARGEST:
        raise _too_large(rdf.LARGEST)
    body = await house.files.read(content.name)
    await asyncio.to_thread(rdf.parse, body, media_type, target, house.contexts)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than the {limit} bytes that are taken here.")
