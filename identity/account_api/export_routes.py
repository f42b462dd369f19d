# SPDX-License-Identifier: EUPL-1.2
"""KLU-9: all that somebody has here, to take along."""

from aiohttp import web

from identity.account_api.desk_routes import Visit
from identity.account_api.holding_routes import holdings
from identity.accounts import pods
from identity.accounts.export import zipped
from pod.errors import Unavailable


async def export(visit: Visit) -> web.StreamResponse:
    """A zip of the pods; the log and the grants in it have an export of their own (KC-23)."""
    account, desk = visit.account, visit.desk
    visit.require_fresh()
    if desk.files is None:
        raise Unavailable("Nothing can be exported here.")
    told = await desk.db.read(holdings, desk.base, account)
    roots = list(await desk.db.read(pods.pods_of, account))
    response = web.StreamResponse(
        headers={
            "Content-Type": "application/zip",
            "Content-Disposition": 'attachment; filename="kluis.zip"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
    )
    if visit.request.method == "HEAD":
        return web.Response(headers=response.headers)
    await response.prepare(visit.request)
    async for piece in zipped(desk.db, desk.files, roots, told):
        if piece:
            await response.write(piece)
    await response.write_eof()
    return response
