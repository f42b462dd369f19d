# SPDX-License-Identifier: EUPL-1.2
"""A form with a file, as browsers send it: its fields first, then the file as a stream."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from dashboard.forms import Form
from dashboard.visit import File
from pod.errors import Unreadable, UnsupportedType
from pod.files import CHUNK

FILE_TYPE = "multipart/form-data"
MOST_FIELDS = 10
LONGEST_FIELD = 64 * 1024
PLAIN_NAME = 255
BROKEN = (ValueError, HttpProcessingError)


@dataclass(frozen=True, slots=True)
class Sent:
    """The fields that came before the file, and the file."""

    form: Form
    file: File | None


async def read_file_form(request: web.Request) -> Sent:
    """Unreadable for anything that is no such form, or has more than a few short fields."""
    if request.content_type != FILE_TYPE:
        raise UnsupportedType("Send the form as a browser does.")
    fields: dict[str, tuple[str, ...]] = {}
    try:
        parts = await request.multipart()
        for _ in range(MOST_FIELDS):
            part = await parts.next()
            if part is None:
                return Sent(Form(fields), None)
            if not isinstance(part, BodyPartReader):
                break
            if part.filename is not None:
                return Sent(Form(fields), _file(part))
            name = part.name or ""
            fields[name] = (*fields.get(name, ()), await _text(part))
    except BROKEN as error:
        raise Unreadable("This form cannot be read.", problem="bad-form") from error
    raise Unreadable("This form has too many parts.", problem="bad-form")


async def _text(part: BodyPartReader) -> str:
    text = bytearray()
    while piece := await part.read_chunk(LONGEST_FIELD):
        text += piece
        if len(text) > LONGEST_FIELD:
            raise Unreadable("A field of this form is too long.", problem="bad-form")
    return text.decode("utf-8", "replace")


def _file(part: BodyPartReader) -> File:
    async def pieces() -> AsyncIterator[bytes]:
        try:
            while piece := await part.read_chunk(CHUNK):
                yield piece
        except BROKEN as error:
            raise Unreadable("This file is broken off.", problem="half-file") from error
        # RFC 2046 §5.1.1: without the boundary after it, nobody knows whether this was all.
        if not part.at_eof():
            raise Unreadable("This file is broken off.", problem="half-file")

    # Some browsers send a whole path; only the name counts.
    name = (part.filename or "").replace("\\", "/").rsplit("/", 1)[-1][:PLAIN_NAME]
    return File(name, part.headers.get("Content-Type", "")[:PLAIN_NAME], pieces)
