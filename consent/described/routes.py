# SPDX-License-Identifier: EUPL-1.2
"""HTTP: the description of the consent API, beside the API (OpenAPI 3.1)."""

from dataclasses import dataclass

import orjson
from aiohttp import web

from consent.described.openapi import document
from consent.house import House
from identity.door import Door
from identity.who import Who


@dataclass(frozen=True, slots=True)
class Description:
    """Written once at start: nothing in it changes."""

    body: bytes

    async def get(self, request: web.Request, who: Who) -> web.Response:
        headers = {"Cache-Control": "public, max-age=3600"}
        return web.Response(body=self.body, content_type="application/json", headers=headers)


def routes(house: House, door: Door) -> list[web.RouteDef]:
    """The one address of it."""
    description = Description(orjson.dumps(document(house.base)))
    return [web.get("/.consent/openapi.json", door.open(description.get))]
