# SPDX-License-Identifier: EUPL-1.2
"""The village behind its API, with an operator, for tests of moves over HTTP."""

from dataclasses import dataclass, replace
from typing import Any

import orjson
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient

from consent.routes import routes
from identity.door import Door
from identity.who import ANYONE, Who
from pod.database import Tx

from .conftest import AGENCY_WHO, AN_WHO, BANK_WHO, BASE, YOUSSEF_WHO, Village

KAAT = f"{BASE}kaat/profile/card#me"
KAAT_WHO = replace(AN_WHO, webid=KAAT, client=None)
WHO = {
    "an": AN_WHO,
    "an without scope": replace(AN_WHO, scopes=frozenset({"webid"})),
    "youssef": YOUSSEF_WHO,
    "agency": AGENCY_WHO,
    "bank": BANK_WHO,
    "kaat": KAAT_WHO,
}


@dataclass
class Api:
    """Calls by the people of the village, named in a header that only tests know."""

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
        return answer, orjson.loads(body) if body else None

    async def get(self, path: str, who: str) -> Any:
        answer, body = await self.call("GET", path, who)
        assert answer.status == 200, body
        return body

    async def post(self, path: str, who: str, body: Any = None, **more: Any) -> Any:
        """A move that is made; its answer's body."""
        answer, told = await self.call("POST", path, who, json=body or {}, **more)
        assert answer.status in (200, 201), told
        return told

    async def problem(self, path: str, who: str | None, body: Any = None, **more: Any) -> Any:
        """A move that is refused: status and name."""
        answer, told = await self.call("POST", path, who, json=body or {}, **more)
        assert answer.content_type == "application/problem+json", told
        return answer.status, told["type"].rsplit("#", 1)[-1]


async def _identify(request: web.Request) -> Who:
    name = request.headers.get("X-Who")
    return ANYONE if name is None else WHO[name]


def app_of(village: Village) -> web.Application:
    """The consent API alone."""
    app = web.Application()
    app.add_routes(routes(village.house, Door(BASE, _identify), dev=True))
    return app


async def add_operator(tx: Tx) -> None:
    """Kaat keeps the server and has no pod."""
    await tx.run(
        "INSERT INTO account (id, kind, operator, created) VALUES ('kaat', 'person', 1, 1)"
    )
    await tx.run(
        "INSERT INTO webid (id, account, uri, kind, verified)"
        " VALUES ('kaat', 'kaat', :webid, 'own', 1)",
        webid=KAAT,
    )
