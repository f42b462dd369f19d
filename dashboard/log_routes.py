# SPDX-License-Identifier: EUPL-1.2
"""The log as a file to keep: the entries that the page shows, as CSV or JSON-LD (ui.md §2)."""

from collections.abc import AsyncIterator
from functools import partial

import orjson
from aiohttp import hdrs, web

import consent.log.reading
from consent.context import API
from consent.lists import Page as Part
from dashboard import lookups
from dashboard.door import HEADERS, HSTS, Pages
from dashboard.forms import read_form
from dashboard.periods import period_of
from dashboard.reads import chosen_pod, filters_of
from dashboard.sign_in import reader_of
from dashboard.visit import Visit
from identity.cors import Cors
from identity.who import Who

PIECE = 500
MOST = 200
Entry = dict[str, object]
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/ld+json"}


def routes(pages: Pages) -> list[web.RouteDef]:
    """`/-/log/entries?form=csv|json`, with the filters of the page."""
    return [web.get("/-/log/entries", pages.door.open(partial(_entries, pages), Cors.NONE))]


async def _entries(pages: Pages, request: web.Request, who: Who) -> web.StreamResponse:
    house = pages.house
    reader = await reader_of(house, request.cookies.get(pages.cookie, ""))
    query = read_form(request.rel_url.raw_query_string)
    visit = Visit("/-/log", pages.words["nl"], "", reader, query=query, request_id=who.request_id)
    if reader is None:
        headers = {**HEADERS, "Location": visit.to_sign_in}
        return web.Response(status=303, headers=headers)
    form = query.one("form") if query.one("form") in TYPES else "csv"
    found = _found(pages, visit)
    body = _as_json(found) if form == "json" else _as_csv(found)
    begin = await anext(body)
    headers = {
        **HEADERS,
        **(HSTS if pages.secure else {}),
        "Content-Type": TYPES[form],
        "Content-Disposition": f'attachment; filename="kluis-log.{form}"',
        hdrs.SERVER: "Kluis",
    }
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    if request.method != "HEAD":
        await response.write(begin)
        async for piece in body:
            await response.write(piece)
    await response.write_eof()
    return response


async def _as_csv(found: AsyncIterator[list[Entry]]) -> AsyncIterator[bytes]:
    """The names of the columns once, then the entries as they come."""
    yield consent.log.reading.as_csv([], owner=True)
    async for piece in found:
        yield consent.log.reading.as_csv(piece, owner=True).partition(b"\r\n")[2]


async def _as_json(found: AsyncIterator[list[Entry]]) -> AsyncIterator[bytes]:
    """One JSON-LD document, written a part at a time."""
    yield orjson.dumps({"@context": dict(API)})[:-1] + b',"items":['
    between = b""
    async for piece in found:
        yield between + b",".join(map(orjson.dumps, piece))
        between = b","
    yield b"]}"


async def _found(pages: Pages, visit: Visit) -> AsyncIterator[list[Entry]]:
    """Every entry of the period, in pieces; a year of a very busy pod is cut at its newest part."""
    house = pages.house
    pod = chosen_pod(visit, await lookups.pods(house, visit))
    moment = await lookups.moment_of(house)
    period = period_of(visit.query.one("period"), visit.query.one("day"), moment)
    filters = filters_of(house, visit, period)
    after: str | None = None
    for _ in range(MOST if pod else 0):
        piece = await lookups.entries(house, visit, str(pod), filters, Part(PIECE, after))
        if piece:
            yield [dict(entry) for entry in piece]
        if len(piece) < PIECE:
            return
        after = str(piece[-1]["id"])
