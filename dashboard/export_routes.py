# SPDX-License-Identifier: EUPL-1.2
"""Everything that somebody has here as one file, made while it is sent (KLU-9)."""

from functools import partial

from aiohttp import hdrs, web

from consent.proof.papers import papers
from dashboard.door import HEADERS, HSTS, Pages
from dashboard.fittings import VERY_FRESH, Fittings
from dashboard.forms import read_form, require_own_form, require_same_origin
from dashboard.leaving import LEAVE, owned_by
from dashboard.sign_in import reader_of
from dashboard.sign_in_ways import is_fresh, step_up
from dashboard.visit import SETTINGS, Visit
from identity.account_api.holding_routes import holdings
from identity.accounts.export import zipped
from identity.cors import Cors
from identity.who import Who

EXPORT = f"{SETTINGS}/export"
LARGEST_FORM = 4_096


def routes(pages: Pages, fittings: Fittings) -> list[web.RouteDef]:
    """The download is a form that was sent: a link could be opened by others for her."""
    return [web.post(EXPORT, pages.door.open(partial(_export, pages, fittings), Cors.NONE))]


async def _export(
    pages: Pages, fittings: Fittings, request: web.Request, who: Who
) -> web.StreamResponse:
    house, session = pages.house, request.cookies.get(pages.cookie, "")
    require_same_origin(
        house.base, request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    )
    reader = await reader_of(house, session)
    form = read_form((await request.content.read(LARGEST_FORM)).decode("utf-8", "replace"))
    visit = Visit(LEAVE, pages.words["nl"], session, reader, request_id=who.request_id)
    if reader is None:
        return _away(visit.to_sign_in)
    require_own_form(session, "export", form)
    if not is_fresh(house, visit, VERY_FRESH):
        return _away((await step_up(fittings, house, visit)).address)
    return await _send(pages, request, visit)


def _away(address: str) -> web.Response:
    return web.Response(status=303, headers={**HEADERS, "Location": address})


async def _send(pages: Pages, request: web.Request, visit: Visit) -> web.StreamResponse:
    house, account = pages.house, visit.reader.account if visit.reader is not None else ""
    told = await house.db.read(holdings, house.base, account)
    owned = await owned_by(house, visit)
    response = web.StreamResponse(
        headers={
            **HEADERS,
            **(HSTS if pages.secure else {}),
            "Content-Type": "application/zip",
            "Content-Disposition": 'attachment; filename="kluis.zip"',
            hdrs.SERVER: "Kluis",
        }
    )
    await response.prepare(request)
    async for piece in zipped(house.db, house.files, list(owned), told, papers(house, owned)):
        if piece:
            await response.write(piece)
    await response.write_eof()
    return response
