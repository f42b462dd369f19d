# SPDX-License-Identifier: EUPL-1.2
"""The consent API with an operator beside An, Youssef and the agencies."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from consent.routes import routes
from identity.door import Door
from identity.who import ANYONE, Who
from pod.database import Tx

from .conftest import AGENCY_WHO, AN_WHO, BASE, Village
from .test_http import WHO as PEOPLE
from .test_http import Api

KAAT = f"{BASE}kaat/profile/card#me"
KAAT_WHO = replace(AN_WHO, webid=KAAT, client="kaat-app")
WHO = {
    **PEOPLE,
    "operator": KAAT_WHO,
    "operator without scope": replace(KAAT_WHO, scopes=frozenset({"webid"}), access="kaat-app"),
    "operator by a foreign token": replace(KAAT_WHO, issuer="https://foreign.example/"),
    "agency with scope": replace(AGENCY_WHO, scopes=frozenset({"webid", "consent"})),
}


async def add_operator(tx: Tx) -> None:
    """Kaat keeps the server; she has no pod."""
    await tx.run(
        "INSERT INTO account (id, kind, operator, created) VALUES ('kaat', 'person', 1, 1)"
    )
    await tx.run(
        "INSERT INTO webid (id, account, uri, kind, verified)"
        " VALUES ('kaat', 'kaat', :webid, 'own', 1)",
        webid=KAAT,
    )
    await tx.run(
        "INSERT INTO client_access (id, account, webid, client, kind, created)"
        " VALUES ('kaat-app', 'kaat', :webid, 'kaat-app', 'app', 1)",
        webid=KAAT,
    )


async def _identify(request: web.Request) -> Who:
    name = request.headers.get("X-Who")
    return ANYONE if name is None else WHO[name]


@asynccontextmanager
async def open_office(village: Village, *, dev: bool = True) -> AsyncIterator[Api]:
    """The API of the village's house, over HTTP."""
    await village.db.write(None, add_operator)
    app = web.Application()
    app.add_routes(routes(village.house, Door(BASE, _identify), dev=dev))
    async with TestClient(TestServer(app)) as client:
        yield Api(client, village)
