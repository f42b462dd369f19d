# SPDX-License-Identifier: EUPL-1.2
"""HTTP to Ask and Answer to HTTP, for every address that is data."""

import asyncio
import logging
from collections.abc import AsyncIterator

from aiohttp import hdrs, web

from identity.cors import Cors, cors_headers
from identity.door import Door
from identity.who import Who
from ldp import digests
from ldp.admission import Denied
from ldp.ask import Answer, Ask, Body, House, Stream
from ldp.conditions import read_conditions
from ldp.link import names_context, types_of
from ldp.navigation import opens_a_page
from ldp.operations import METHODS, perform
from ldp.ranges import Stretch
from ldp.storage import NAME, describe_origin
from ldp.uses import refused
from pod.errors import Missing, NotSignedIn, Refused, Unreadable, WrongMethod
from pod.files import CHUNK
from pod.iri import refuse_reserved

LOG = logging.getLogger("kluis.data")


def routes(house: House, door: Door) -> list[web.RouteDef]:
    """The one catch-all; it is added last, so that everything of ours comes before it."""

    async def room(request: web.Request, who: Who) -> web.StreamResponse:
        if request.method not in METHODS:
            allowed = {"Allow": ", ".join(METHODS)}
            raise WrongMethod("This method is not known here.", headers=allowed)
        if request.rel_url.raw_path[1:2] in ("-", "."):
            # Decision 6: every first segment that begins so is ours, known or not.
            raise Missing("There is nothing at this address.")
        ask = read_ask(request, who, door)
        if ask.target == house.base:
            # Decision 6: the origin's own root is no resource, under any spelling of it.
            raise Missing("There is nothing at this address.")
        return await _send(request, await _noted(house, ask))

    async def origin(request: web.Request, who: Who) -> web.StreamResponse:
        accept = request.headers.get(hdrs.ACCEPT)
        return await _send(request, await describe_origin(house, request.method, accept))

    return [
        web.route("*", f"/{NAME}", door.api(origin, Cors.DATA), expect_handler=_wait),
        web.route("*", "/{path:.*}", door.api(room, Cors.DATA), expect_handler=_wait),
    ]


def read_ask(request: web.Request, who: Who, door: Door) -> Ask:
    """What the request says, before anything is looked up."""
    target = door.target(request)
    refuse_reserved(target)
    headers = request.headers
    linked = headers.getall(hdrs.LINK, ())
    return Ask(
        method=request.method,
        target=target,
        who=who,
        conditions=read_conditions(headers),
        accept=headers.get(hdrs.ACCEPT),
        content_type=_content_type(headers.get(hdrs.CONTENT_TYPE)),
        slug=headers.get("Slug"),
        types=types_of(linked) if linked else frozenset(),
        has_context=bool(linked) and names_context(linked),
        body=_body(request) if request.body_exists else None,
        range=headers.get(hdrs.RANGE),
        if_range=headers.get(hdrs.IF_RANGE),
        prefer=", ".join(headers.getall("Prefer")) if "Prefer" in headers else None,
        digests=digests.sent(headers) if request.body_exists else (),
        digests_wanted=digests.asked_for(headers),
        navigates=opens_a_page(request.method, headers),
    )


def _content_type(sent: str | None) -> str | None:
    """RFC 9110 §8.3.1: it is kept and sent back as it came, so it must be text that can be."""
    if sent is not None and not (sent.isascii() and sent.replace("\t", " ").isprintable()):
        raise Unreadable("That Content-Type is no media type.", problem="bad-content-type")
    return sent


def _body(request: web.Request) -> Body:
    async def pieces() -> AsyncIterator[bytes]:
        if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        try:
            async for piece in request.content.iter_any():
                yield piece
        except ConnectionResetError as error:
            # The caller hung up: nobody hears this answer, and nothing of it is the server's fault.
            raise Unreadable("The body ended before it was whole.", problem="cut-off") from error

    return Body(pieces, request.content_length)


async def _wait(request: web.Request) -> None:
    """Say 100 Continue only when the body is wanted, not before the rights are known."""


async def _noted(house: House, ask: Ask) -> Answer:
    """The answer; a refusal is told to the log first."""
    try:
        return await perform(house, ask)
    except (NotSignedIn, Refused) as refusal:
        await refused(house, ask, refusal.denial if isinstance(refusal, Denied) else None)
        raise


async def _send(request: web.Request, answer: Answer) -> web.StreamResponse:
    if isinstance(answer.body, Stream) or (answer.body is None and answer.size != 0):
        return await _stream(request, answer, answer.body)
    return web.Response(status=answer.status, body=answer.body, headers=answer.headers)


async def _stream(
    request: web.Request, answer: Answer, stream: Stream | None
) -> web.StreamResponse:
    """Piece by piece; without a stream the headers alone, as HEAD asks (RFC 9110 §9.3.2)."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_length = answer.size
    # The door adds these to answers that have not begun; this one begins here (SP-60).
    response.headers.extend(cors_headers(Cors.DATA, request.headers.get(hdrs.ORIGIN)))
    response.headers[hdrs.SERVER] = "Kluis"
    try:
        await response.prepare(request)
        for part in stream.parts if stream is not None else ():
            if isinstance(part, Stretch):
                await _carry(response, stream, part)
            else:
                await response.write(part)
        await response.write_eof()
    except ConnectionResetError:
        # The caller hung up. Nothing may follow what was sent: another answer would become body.
        if request.transport is not None:
            request.transport.abort()
    except TooShort:
        LOG.error("The stored body of %s ended before its length.", request.rel_url.raw_path)
        if request.transport is not None:
            request.transport.abort()
    finally:
        answer.close()
    return response


class TooShort(Exception):
    """A file that is shorter than its row says: break off, so that the client notices."""


async def _carry(response: web.StreamResponse, stream: Stream | None, part: Stretch) -> None:
    at = part.start
    while stream is not None and at < part.end:
        piece = await asyncio.to_thread(stream.piece, at, min(CHUNK, part.end - at))
        if not piece:
            raise TooShort
        await response.write(piece)
        at += len(piece)
