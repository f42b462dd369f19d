# SPDX-License-Identifier: EUPL-1.2
"""The addresses of a pod's pages, and the download of what is kept there (ui.md §2)."""

import asyncio
from collections.abc import Sequence
from functools import partial
from urllib.parse import quote

from aiohttp import hdrs, web

from acl.decide import PermitSource
from dashboard.data import DATA, data_page, look_of, name_of, people_of, see
from dashboard.door import HEADERS, HSTS, Pages
from dashboard.sign_in import reader_of
from identity.cors import Cors
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


def routes(pages: Pages, sources: Sequence[PermitSource]) -> list[web.RouteDef]:
    """`/-/data/{pod}/…` is the page of `/{pod}/…`; with `?raw` its bytes."""
    page = pages.show(partial(data_page, sources), public=True)
    download = pages.door.open(partial(_download, pages, sources), Cors.NONE)

    async def room(request: web.Request) -> web.StreamResponse:
        asked = request.rel_url.raw_query_string == RAW
        return await (download if asked else page)(request)

    return [web.get(f"{DATA}/{{rest:.*}}", room)]


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
