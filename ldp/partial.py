# SPDX-License-Identifier: EUPL-1.2
"""What was prepared as an answer: whole, or the ranges of it that were asked for."""

import secrets
from dataclasses import replace

from ldp import digests
from ldp.ask import Answer, Ask, House, Stream
from ldp.ranges import Stretch, content_range, framed, goes_on, length_of, wanted
from ldp.shown import Shown
from pod.errors import NoSuchRange
from pod.resource import Resource


def whole(ask: Ask, headers: dict[str, str], shown: Shown) -> Answer:
    """All of it, with the checksum that the caller wants."""
    headers["Content-Type"] = shown.media_type
    digest = shown.sha256() if ask.digests_wanted else None
    if digest is not None:
        headers.update(digests.written(ask.digests_wanted, digest))
    return Answer(200, headers, shown.body, shown.size, shown.properties)


async def document(
    house: House, ask: Ask, resource: Resource, headers: dict[str, str], shown: Shown
) -> Answer:
    """The whole document, or the stretches of it that were asked for."""
    complete = whole(ask, headers, shown)
    if not shown.stored or shown.size is None:
        return complete
    headers["Accept-Ranges"] = "bytes"
    # RFC 9110 §14.2: Range is for GET alone, and looked at after the preconditions.
    ranged = ask.method == "GET" and ask.range is not None
    if ranged and goes_on(ask.if_range, headers["ETag"], resource.modified, house.now()):
        stretches = wanted(ask.range, shown.size)
        if stretches == ():
            return Answer(416, headers, refusal=_no_such_range(shown.size, headers))
        if stretches is not None:
            return await _partial(house, headers, shown, stretches)
    parts = (Stretch(0, shown.size),)
    body = None if ask.method == "HEAD" and shown.blob else await _cut(house, shown, parts)
    return replace(complete, body=body)


async def _partial(
    house: House, headers: dict[str, str], shown: Shown, stretches: tuple[Stretch, ...]
) -> Answer:
    """RFC 9110 §15.3.7: one range as it is, several as multipart/byteranges."""
    size, parts = shown.size or 0, tuple[bytes | Stretch, ...](stretches)
    if len(stretches) == 1:
        headers["Content-Range"] = content_range(stretches[0], size)
    else:
        boundary = secrets.token_hex(16)
        parts = framed(stretches, size, shown.media_type, boundary)
        headers["Content-Type"] = f"multipart/byteranges; boundary={boundary}"
    return Answer(206, headers, await _cut(house, shown, parts), length_of(parts))


async def _cut(house: House, shown: Shown, parts: tuple[bytes | Stretch, ...]) -> bytes | Stream:
    if shown.blob is not None:
        return Stream(await house.files.open(shown.blob), parts)
    body = shown.body or b""
    return b"".join(body[p.start : p.end] if isinstance(p, Stretch) else p for p in parts)


def _no_such_range(size: int, headers: dict[str, str]) -> NoSuchRange:
    kept = {name: headers[name] for name in ("ETag", "Vary", "Accept-Ranges", "Link")}
    return NoSuchRange(
        f"It has {size} bytes, and none of the ranges lies in them.",
        headers={"Content-Range": f"bytes */{size}", **kept},
    )
