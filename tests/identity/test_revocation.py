# SPDX-License-Identifier: EUPL-1.2
"""Ending tokens and asking about them, over HTTP (RFC 7009, RFC 7662; OP-33)."""

from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer, unused_port
from joserfc.jwk import ECKey

from identity.clients.metadata import ClientMetadata
from identity.clients.registration import NewClient, add_client
from identity.door import Door
from identity.outward.fetched import Fetched
from identity.provider.provider import Given, answer
from identity.provider.refresh import add_refresh, new_salt, new_token
from identity.provider.revocation_routes import routes
from identity.tokens.keys import Keys, open_keys
from identity.tokens.replay import open_replay
from identity.who import ANYONE, Who
from pod.database import Tx
from pod.instant import SECOND, Instant
from pod.iri import Iri
from pod.sqlite import Sqlite
from tests.conftest import MovableClock

WEBID = "https://an.example/#me"
DOCUMENT = "https://app.example/id"
Basic = dict[str, str]


def basic(id_: str, secret: str) -> Basic:
    return {"Authorization": f"Basic {b64encode(f'{id_}:{secret}'.encode()).decode()}"}


async def _anyone(request: web.Request) -> Who:
    return ANYONE


async def nowhere(url: str, **more: object) -> Fetched:
    raise AssertionError(f"{url} was fetched")


async def _people(tx: Tx, clients: tuple[str, ...], now: Instant) -> None:
    await tx.run(
        "INSERT INTO account (id, kind, operator, created) VALUES ('an', 'person', 0, :now)",
        now=now,
    )
    await tx.run(
        "INSERT INTO webid (id, account, uri, kind, verified)"
        " VALUES ('w', 'an', :webid, 'own', :now)",
        webid=WEBID,
        now=now,
    )
    for client in clients:
        await tx.run(
            "INSERT INTO client_access (id, account, webid, client, kind, created)"
            " VALUES (:id, 'an', :webid, :client, 'app', :now)",
            id=f"access of {client}",
            webid=WEBID,
            client=client,
            now=now,
        )


@dataclass(frozen=True, slots=True)
class Place:
    """The two addresses, and tokens as the provider gives them out."""

    http: ClientSession
    base: Iri
    db: Sqlite
    keys: Keys
    now: MovableClock

    def given(self, client: str) -> Given:
        scopes = frozenset(("openid", "webid"))
        return Given(f"access of {client}", WEBID, client, scopes, offline=True)

    def access(self, client: str) -> str:
        jkt = ECKey.generate_key("P-256").thumbprint()
        return str(
            answer(self.base, self.keys, self.given(client), jkt, self.now())["access_token"]
        )

    async def refresh(self, client: str) -> str:
        token = new_token()
        given = self.given(client)
        await self.db.write(None, add_refresh, token, new_salt(), given, None, self.now())
        return token

    async def post(
        self, what: str, form: dict[str, str], auth: Basic | None = None, method: str = "POST"
    ) -> tuple[int, Any]:
        url = f"{self.base}.oidc/token/{what}"
        async with self.http.request(method, url, data=form, headers=auth) as said:
            return said.status, await said.json()

    async def active(self, token: str, id_: str = "r1") -> Any:
        return (await self.post("introspection", {"token": token}, basic(id_, "geheim")))[1]


@pytest.fixture
async def place(tmp_path: Path, db: Sqlite, now: MovableClock) -> AsyncIterator[Place]:
    port = unused_port()
    base = Iri(f"http://127.0.0.1:{port}/")
    keys, replay = open_keys(tmp_path / "keys"), open_replay(tmp_path / "proofs.db", now())
    for id_, method in (
        ("r1", "client_secret_basic"),
        ("r2", "client_secret_post"),
        ("p1", "none"),
    ):
        said = ClientMetadata("x", ("https://x.example/",), method=method)
        await db.write(None, add_client, NewClient(id_, "geheim"), said, now())
    await db.write(None, _people, ("r1", "r2", "p1", DOCUMENT), now())
    app = web.Application()
    app.add_routes(routes(db, Door(base, _anyone), nowhere, keys, replay, base, now))
    async with TestServer(app, port=port), ClientSession() as http:
        yield Place(http, base, db, keys, now)
    replay.close()


async def test_a_client_is_told_about_its_own_tokens(place: Place) -> None:
    said = await place.active(place.access("r1"))
    refresh = await place.active(await place.refresh("r1"))

    assert (said["active"], said["client_id"], said["webid"]) == (True, "r1", WEBID)
    assert said["exp"] == place.now() // SECOND + 600
    assert set(said["scope"].split()) == {"openid", "webid"}
    assert (refresh["active"], refresh["token_type"]) == (True, "refresh_token")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "kr_nothing", "é" * 300])
async def test_of_what_is_no_token_nothing_is_said(place: Place, token: str) -> None:
    status, said = await place.post("introspection", {"token": token}, basic("r1", "geheim"))

    if token:
        assert (status, said) == (200, {"active": False})
    else:
        assert (status, said["error"]) == (400, "invalid_request")


async def test_of_tokens_of_others_nothing_is_said(place: Place) -> None:
    for token in (place.access("r1"), await place.refresh("r1")):
        assert await place.active(token, "r2") == {"active": False}


async def test_an_expired_token_is_not_active(place: Place) -> None:
    token = place.access("r1")
    place.now.advance(600 * SECOND)

    assert await place.active(token) == {"active": False}


@pytest.mark.parametrize(
    ("form", "auth"),
    [
        ({}, None),
        ({"client_id": "p1"}, None),
        ({"client_id": DOCUMENT}, None),
        ({"client_id": "r1"}, None),
        ({}, basic("r1", "wrong")),
        ({"client_id": "r1", "client_secret": "wrong"}, None),
        ({"client_id": "r2"}, basic("r1", "geheim")),
    ],
)
async def test_only_who_proves_who_it_is_may_ask(
    place: Place, form: dict[str, str], auth: Basic | None
) -> None:
    token = place.access("r1")
    status, said = await place.post("introspection", form | {"token": token}, auth)

    assert (status, said["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("kind", ["access", "refresh"])
async def test_what_is_revoked_ends_with_all_that_stands_on_it(place: Place, kind: str) -> None:
    access, refresh = place.access("r1"), await place.refresh("r1")
    token = access if kind == "access" else refresh
    status, _ = await place.post("revocation", {"token": token}, basic("r1", "geheim"))

    assert status == 200
    assert await place.active(access) == {"active": False}
    assert await place.active(refresh) == {"active": False}
    again, _ = await place.post("revocation", {"token": token}, basic("r1", "geheim"))
    assert again == 200


@pytest.mark.parametrize("client", ["p1", DOCUMENT])
async def test_a_public_client_may_revoke_its_own(place: Place, client: str) -> None:
    token = await place.refresh(client)
    status, _ = await place.post("revocation", {"token": token, "client_id": client})

    assert status == 200
    row = await place.db.read(_ended, f"access of {client}")
    assert row == place.now()


async def _ended(tx: Tx, id_: str) -> object:
    row = await tx.one("SELECT ended FROM client_access WHERE id = :id", id=id_)
    return None if row is None else row["ended"]


async def test_nobody_revokes_what_is_anothers(place: Place) -> None:
    token = place.access("r1")
    status, _ = await place.post("revocation", {"token": token}, basic("r2", "geheim"))
    nobody, said = await place.post("revocation", {"token": token})
    wrong, _ = await place.post("revocation", {"token": token}, basic("r1", "wrong"))

    assert status == 200  # RFC 7009 §2.2: it learns nothing
    assert (nobody, said["error"], wrong) == (401, "invalid_client", 401)
    assert (await place.active(token))["active"]


async def test_a_credential_outlives_the_end_of_its_tokens(place: Place) -> None:
    """OP-33: what a script revokes at its end is its tokens, not its way in."""
    await place.db.write(None, _credential, place.now())
    token = place.access("r1")
    await place.post("revocation", {"token": token}, basic("r1", "geheim"))

    assert await place.db.read(_ended, "access of r1") == place.now()
    row = await place.db.read(lambda tx: tx.one("SELECT access FROM credential"))
    assert row is not None
    assert row["access"] != "access of r1"
    assert await place.db.read(_ended, row["access"]) is None


async def _credential(tx: Tx, now: Instant) -> None:
    await tx.run(
        "INSERT INTO credential (id, resource, account, webid, label, secret, access, created)"
        " VALUES ('r1', 'r', 'an', :webid, 'x', '', 'access of r1', :now)",
        webid=WEBID,
        now=now,
    )


@pytest.mark.parametrize("what", ["revocation", "introspection"])
async def test_another_method_is_refused(place: Place, what: str) -> None:
    status, said = await place.post(what, {}, method="PUT")

    assert (status, said["error"]) == (405, "invalid_request")
