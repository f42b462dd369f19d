# SPDX-License-Identifier: EUPL-1.2
"""The consent API over HTTP, with callers named by a header in place of tokens."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import orjson
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from acl import wac
from consent.routes import routes
from identity.door import Door
from identity.who import ANYONE, Who

from .conftest import AGENCY_WHO, AN_WHO, BANK_WHO, BASE, YOUSSEF_WHO, Village

OPERATOR_WHO = Who(
    webid=f"{BASE}kaat/profile/card#me", client="kaat-app", issuer=BASE, scopes=AN_WHO.scopes
)
WHO: Mapping[str, Who] = {
    "an": AN_WHO,
    "an without scope": replace(AN_WHO, scopes=frozenset({"webid"})),
    "youssef": YOUSSEF_WHO,
    "agency": AGENCY_WHO,
    "bank": BANK_WHO,
    "operator": OPERATOR_WHO,
}


@dataclass
class Api:
    client: TestClient[web.Request, web.Application]
    village: Village

    async def call(
        self, method: str, path: str, who: str | None = None, **more: Any
    ) -> tuple[ClientResponse, Any]:
        headers = {"Host": "localhost:3000", **more.pop("headers", {})}
        if who is not None:
            headers["X-Who"] = who
        path = path.removeprefix(BASE[:-1])
        answer = await self.client.request(method, path, headers=headers, **more)
        body = await answer.read()
        json = answer.content_type.endswith("json") and "ndjson" not in answer.content_type
        return answer, orjson.loads(body) if json and body else body

    async def get(self, path: str, who: str | None = None, **more: Any) -> Any:
        answer, body = await self.call("GET", path, who, **more)
        assert answer.status == 200, body
        return body

    async def post(self, path: str, who: str, json: Any = None, status: int = 200) -> Any:
        answer, body = await self.call("POST", path, who, json=json or {})
        assert answer.status == status, body
        return body

    async def problem(self, method: str, path: str, who: str | None = None, **more: Any) -> Any:
        answer, body = await self.call(method, path, who, **more)
        assert answer.content_type == "application/problem+json", body
        return answer.status, body["type"].rsplit("#", 1)[-1]


async def identify(request: web.Request) -> Who:
    name = request.headers.get("X-Who")
    return ANYONE if name is None else WHO[name]


@asynccontextmanager
async def an_api(village: Village) -> AsyncIterator[Api]:
    """Every room of consent behind its doors, with both sources of permission."""
    app = web.Application()
    app.add_routes(routes(village.house, Door(BASE, identify), dev=True))
    async with TestClient(TestServer(app)) as client:
        yield Api(client, village)


SOURCES = (wac.permits,)
