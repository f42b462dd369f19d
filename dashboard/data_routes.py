# SPDX-License-Identifier: EUPL-1.2
"""The addresses of a pod's pages, and the download of what is kept there (ui.md §2)."""

import asyncio
from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from aiohttp import hdrs, web

from acl.decide import PermitSource
from dashboard.data import DATA, data_page, look_of, name_of, people_of, pods_page, see
from dashboard.data_changes import Desk, ask_page, change
from dashboard.door import HEADERS, HSTS, Pages
from dashboard.keeping import Keeping
from dashboard.search import search_page
from dashboard.sharing import share, sharing_page
from dashboard.sign_in import reader_of
from dashboard.upload import upload
from identity.cors import Cors
from identity.door import Handler
from identity.who import Who
from pod.files import CHUNK
from pod.resource import Resource

RAW = "raw"
TRIES = 3
# Decision 20: what people stored shares an origin with our pages, so it runs nothing here.
STORED_POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:;"
    " frame-ancestors 'none'"
)


def routes(
    pages: Pages, sources: Sequence[PermitSource], keeping: Keeping | None = None
) -> list[web.RouteDef]:
    """`/-/data/{pod}/…` is the page of `/{pod}/…`; with `?raw` its bytes."""
    page = pages.show(partial(data_page, sources), public=True)
    download = pages.door.open(partial(_download, pages, sources), Cors.NONE)
    asking = {} if keeping is None else _asking(pages, Desk(sources, keeping))

    async def room(request: web.Request) -> web.StreamResponse:
        if request.rel_url.raw_query_string == RAW:
            return await download(request)
        asked = next((name for name in asking if name in request.query), None)
        return await (page if asked is None else asking[asked])(request)

    found = [
        web.get(f"{DATA}/", pages.show(pods_page)),
        web.get("/-/search", pages.show(partial(search_page, sources))),
        web.get(f"{DATA}/{{rest:.*}}", room),
    ]
    if keeping is None:
        return found
    return [*found, web.post(f"{DATA}/{{rest:.*}}", _sending(pages, Desk(sources, keeping)))]


def _asking(pages: Pages, desk: Desk) -> dict[str, Handler]:
    made = {
        kind: pages.show(partial(ask_page, desk, kind)) for kind in ("delete", "rename", "edit")
    }
    return made | {"sharing": pages.show(partial(sharing_page, desk))}


def _sending(pages: Pages, desk: Desk) -> Handler:
    """Small forms, and files, which are never read into memory."""
    changing = pages.take(partial(change, desk), "data")
    sharing = pages.take(partial(share, desk), "sharing")
    uploading = pages.take_file(partial(upload, desk), "upload")

    async def room(request: web.Request) -> web.StreamResponse:
        if request.content_type == "multipart/form-data":
            return await uploading(request)
        return await (sharing if "sharing" in request.query else changing)(request)

    return room


async def _download(
    pages: Pages, sources: Sequence[PermitSource], request: web.Request, who: Who
) -> web.StreamResponse:
    """As an attachment: the address of the thing itself knows no cookie (decision 21)."""
    house, path = pages.house, request.rel_url.raw_path
    reader = await reader_of(house, request.cookies.get(pages.cookie, ""))
    look = look_of(house, path, people_of(reader, who.request_id))
    away = web.Response(status=303, headers={**HEADERS, "Location": path})
    if look is None:
        return away
    for _ in range(TRIES):
        seen = await house.db.read(see, look, sources, house.now())
        resource = seen.resource
        if resource is None or resource.is_container:
            break
        try:
            return await _send(pages, request, resource)
        except FileNotFoundError:
            # The body was replaced since the snapshot, and its file went with it.
            continue
    # The page says it in words, the same whether nothing is there or it may not be read.
    return away


async def _send(pages: Pages, request: web.Request, resource: Resource) -> web.StreamResponse:
    headers = _headers(resource) | (HSTS if pages.secure else {})
    if resource.blob is None:
        return web.Response(body=resource.body or b"", headers=headers)
    file = await pages.house.files.open(resource.blob)
    try:
        response = web.StreamResponse(headers=headers)
        response.content_length = resource.size
        response.headers[hdrs.SERVER] = "Kluis"
        await response.prepare(request)
        while request.method != "HEAD" and (piece := await asyncio.to_thread(file.read, CHUNK)):
            await response.write(piece)
        await response.write_eof()
        return response
    finally:
        file.close()


def _headers(resource: Resource) -> dict[str, str]:
    name = quote(name_of(resource.iri), safe="")
    return {
        **HEADERS,
        "Content-Security-Policy": STORED_POLICY,
        "Content-Type": resource.media_type,
        # RFC 6266 §4.3: the one form in which no character of the name can end the value.
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
    }
