# SPDX-License-Identifier: EUPL-1.2
"""HTTP: the registry of agencies and purposes, readable for everyone (KC-7)."""

from dataclasses import dataclass
from hashlib import sha256

import orjson
from aiohttp import web

from consent.agency import agencies, agency_at, agency_json
from consent.exchange_routes import (
    Json,
    document_answer,
    list_answer,
    one_more,
    page_of,
)
from consent.house import House
from consent.purpose import purpose_at, purpose_json, purposes
from identity.door import Door
from identity.who import Who
from pod.errors import Missing


@dataclass(frozen=True, slots=True)
class Registry:
    """The registry as rooms."""

    house: House

    async def purposes(self, request: web.Request, who: Who) -> web.Response:
        page = page_of(request)
        more = one_more(page)
        found = await self.house.db.read(purposes, self.house.base, more.limit, more.after)
        items = [purpose_json(purpose) for purpose in found]
        return list_answer(request, self.house, page, items, [p.id for p in found])

    async def purpose(self, request: web.Request, who: Who) -> web.Response:
        slug, version = request.match_info["slug"], request.match_info["version"]
        found = await self.house.db.read(purpose_at, slug, version, self.house.base)
        if found is None:
            raise Missing("There is no such purpose.")
        return self._public(request, purpose_json(found))

    async def agencies(self, request: web.Request, who: Who) -> web.Response:
        page = page_of(request)
        more = one_more(page)
        found = await self.house.db.read(agencies, self.house.base, more.limit, more.after)
        items = [agency_json(agency) for agency in found]
        return list_answer(request, self.house, page, items, [agency.slug for agency in found])

    async def agency(self, request: web.Request, who: Who) -> web.Response:
        slug = request.match_info["slug"]
        found = await self.house.db.read(agency_at, slug, self.house.base)
        if found is None:
            raise Missing("There is no such agency.")
        return self._public(request, agency_json(found))

    def _public(self, request: web.Request, document: Json) -> web.Response:
        tag = sha256(orjson.dumps(document)).hexdigest()[:16]
        headers = {"Cache-Control": "public, max-age=0, must-revalidate", "Vary": "Accept"}
        return document_answer(request, self.house, document, tag=tag, headers=headers)


def routes(house: House, door: Door) -> list[web.RouteDef]:
    """The registry's addresses."""
    registry = Registry(house)
    return [
        web.get("/.consent/purposes", door.open(registry.purposes)),
        web.get("/.consent/purposes/{slug}/{version}", door.open(registry.purpose)),
        web.get("/.consent/agencies", door.open(registry.agencies)),
        web.get("/.consent/agencies/{slug}", door.open(registry.agency)),
    ]
