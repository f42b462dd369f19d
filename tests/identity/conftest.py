# SPDX-License-Identifier: EUPL-1.2
"""A small server with the identity room alone, asked over HTTP."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer, unused_port
from argon2 import PasswordHasher
from joserfc.jwk import ECKey

import identity.account_api.account_routes
import identity.account_api.interaction_routes
import identity.provider.routes
from identity.door import Door, json_answer
from identity.identify import Identifier
from identity.outward.fetched import KEEP, LIMIT, Fetch, Fetched, Keep
from identity.outward.outward import NotFetched
from identity.sign_in.passwords import Passwords
from identity.standing import require_standing
from identity.tokens.keys import Keys, open_keys
from identity.tokens.replay import open_replay
from identity.tokens.token import tokens_of
from identity.who import Who
from pod.iri import Iri
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.identity.forge import Forge
from tests.people import BASE

Json = dict[str, Any]
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Said:
    """A status, headers and the JSON of an answer."""

    status: int
    headers: Mapping[str, str]
    json: Any


@dataclass(frozen=True, slots=True)
class Town:
    """The server, as scripts see it."""

    base: Iri
    http: ClientSession
    db: Sqlite
    keys: Keys
    now: MovableClock
    elsewhere: dict[str, Json] = field(default_factory=dict)

    async def ask(self, method: str, where: str, **more: Any) -> Said:
        url = where if where.startswith("http") else self.base + where
        async with self.http.request(method, url, allow_redirects=False, **more) as response:
            kind = response.content_type
            data = await response.json() if kind.endswith("json") else await response.text()
            return Said(response.status, response.headers, data)

    async def tell(self, where: str, value: object, session: str | None = None) -> Said:
        headers = {"Authorization": f"CSS-Account-Token {session}"} if session else {}
        return await self.ask("POST", where, json=value, headers=headers)

    async def look(self, where: str, session: str | None = None) -> Said:
        headers = {"Authorization": f"CSS-Account-Token {session}"} if session else {}
        return await self.ask("GET", where, headers=headers)

    def forge(self, client: ECKey, method: str, path: str) -> Forge:
        return Forge(self.base, self.keys.tokens, client, self.now(), method, path)

    async def token(self, form: Mapping[str, str], client: ECKey, **headers: str) -> Said:
        proof = self.forge(client, "POST", "/.oidc/token").proof(jti=f"t{id(form)}{self.now()}")
        self.now.advance(1)
        return await self.ask("POST", ".oidc/token", data=form, headers={"DPoP": proof} | headers)

    async def whoami(self, token: str, client: ECKey) -> Said:
        self.now.advance(1)
        proof = self.forge(client, "GET", "/who").proof(jti=f"w{self.now()}")
        headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
        return await self.ask("GET", "who", headers=headers)


@dataclass(frozen=True, slots=True)
class Person:
    """An account with a password, a pod, a WebID and credentials."""

    session: str
    controls: Json
    pod: Json
    credential: Json


@pytest.fixture
async def town(tmp_path: Path, db: Sqlite, now: MovableClock) -> AsyncIterator[Town]:
    port = unused_port()
    base = Iri(f"http://127.0.0.1:{port}/")
    keys, replay = open_keys(tmp_path / "keys"), open_replay(tmp_path / "proofs.db", now())
    door = Door(base, identity.provider.routes.identify_with(keys, replay, base, now))
    app = web.Application()
    quick = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    web_of_apps: dict[str, Json] = {}
    fetch = fetch_from(web_of_apps)
    app.add_routes(
        identity.provider.routes.routes(db, door, keys, replay, base, now, fetch, dev=True)
    )
    app.add_routes(
        identity.account_api.interaction_routes.routes(db, door, base, now, fetch, True, quick)
    )
    app.add_routes(
        identity.account_api.account_routes.routes(db, door, base, now, True, quick, fetch=fetch)
    )
    app.router.add_get("/who", door.api(_who(db)))
    async with TestServer(app, port=port), ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        yield Town(base, http, db, keys, now, web_of_apps)
    replay.close()


def fetch_from(documents: Mapping[str, Json]) -> Fetch:
    """The outside world: JSON documents by their address, and nothing else."""

    async def get(
        url: str, *, accept: str, limit: int = LIMIT, redirects: int = 0, keep: Keep = KEEP
    ) -> Fetched:
        if url not in documents:
            raise NotFetched(url, "there is nothing")
        body = orjson.dumps(documents[url])
        return Fetched(url, 200, "application/ld+json", None, body, {}, 0)

    return get


def _who(db: Sqlite) -> Any:
    async def room(request: web.Request, who: Who) -> web.Response:
        await db.read(require_standing, who)
        return json_answer({"webid": who.webid, "scopes": sorted(who.scopes)})

    return room


async def settle(town: Town, name: str) -> Person:
    """Step for step as scripts for the reference server do it."""
    created = await town.tell(".account/account/", {})
    session = created.json["authorization"]
    controls = (await town.look(".account/", session)).json["controls"]
    login = {"email": f"{name}@voorbeeld.example", "password": f"{name}-geheim"}
    assert (await town.tell(controls["password"]["create"], login, session)).status == 200
    pod = (await town.tell(controls["account"]["pod"], {"name": name}, session)).json
    asked = {"name": name, "webId": pod["webId"]}
    credential = await town.tell(controls["account"]["clientCredentials"], asked, session)
    assert credential.status == 200, credential
    town.http.cookie_jar.clear()
    return Person(session, controls, pod, credential.json)


@pytest.fixture
async def an(town: Town) -> Person:
    return await settle(town, "an")


@pytest.fixture
async def bob(town: Town) -> Person:
    return await settle(town, "bob")


@pytest.fixture
def forge(now: MovableClock, tmp_path: Path) -> Forge:
    return Forge(BASE, open_keys(tmp_path / "keys").tokens, ECKey.generate_key("P-256"), now())


@pytest.fixture
def identifier(tmp_path: Path, now: MovableClock, forge: Forge) -> Iterator[Identifier]:
    replay = open_replay(tmp_path / "proofs.db", now())
    yield Identifier(BASE, tokens_of(BASE, open_keys(tmp_path / "keys")), replay)
    replay.close()
