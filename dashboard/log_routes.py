# SPDX-License-Identifier: EUPL-1.2
"""The log as a file to keep: the entries that the page shows, as CSV or JSON-LD (ui.md §2)."""

from functools import partial

import orjson
from aiohttp import web

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
    found = await _found(pages, visit)
    body = consent.log.reading.as_csv(found, owner=True)
    if form == "json":
        body = orjson.dumps({"@context": dict(API), "items": found})
    headers = {
        **HEADERS,
        **(HSTS if pages.secure else {}),
        "Content-Type": TYPES[form],
        "Content-Disposition": f'attachment; filename="kluis-log.{form}"',
    }
    return web.Response(body=body, headers=headers)


async def _found(pages: Pages, visit: Visit) -> list[Entry]:
    """Every entry of the period, in pieces; a year of a very busy pod is cut at its newest part."""
    house = pages.house
    pod = chosen_pod(visit, await lookups.pods(house, visit))
    moment = await lookups.moment_of(house)
    period = period_of(visit.query.one("period"), visit.query.one("day"), moment)
    filters, found = filters_of(house, visit, period), list[Entry]()
    after: str | None = None
    for _ in range(MOST if pod else 0):
        piece = await lookups.entries(house, visit, str(pod), filters, Part(PIECE, after))
        found += [dict(entry) for entry in piece]
        if len(piece) < PIECE:
            break
        after = str(piece[-1]["id"])
    return found
