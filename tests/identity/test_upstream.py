# SPDX-License-Identifier: EUPL-1.2
"""Signing in with a provider above us: over HTTP against the practice provider (FED-1..4)."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer, unused_port

from commands.dev_idp import MEANS, Client, DevIdp, build_app
from identity import upstream_routes
from identity.assurance import Level
from identity.door import Door
from identity.fetch import open_fetch
from identity.outward import NotFetched
from identity.upstream import Provider
from identity.who import ANYONE, Who
from pod.instant import wall
from pod.iri import Iri
from pod.sqlite import Sqlite

LEVELS = {MEANS["eid"]: Level.HIGH, MEANS["csampassword"]: Level.LOW}
HTML = {"Accept": "text/html"}


@dataclass(frozen=True, slots=True)
class Place:
    """Kluis with one provider, and a browser."""

    base: Iri
    http: ClientSession
    db: Sqlite
    idp: DevIdp

    async def get(self, where: str, http: ClientSession | None = None) -> tuple[int, str, str]:
        url = where if where.startswith("http") else self.base + where
        async with (http or self.http).get(url, allow_redirects=False) as response:
            return response.status, response.headers.get("Location", ""), await response.text()

    async def begin(self, query: str = "") -> str:
        status, where, _ = await self.get(f".account/login/oidc/dev/start/?next=/-/log{query}")
        assert status == 303
        return where

    async def choose(self, where: str, person: str = "an", means: str = "eid") -> str:
        """Her choice at the provider; the address that it sends her back to."""
        form = dict(parse_qsl(urlsplit(where).query)) | {"person": person, "means": means}
        async with (
            ClientSession() as there,
            there.post(where.split("?")[0], data=form, allow_redirects=False) as response,
        ):
            return response.headers["Location"]

    async def rows(self, table: str) -> list[Mapping[str, Any]]:
        async def look(tx: Any) -> list[Mapping[str, Any]]:
            return list(await tx.all(f"SELECT * FROM {table}"))  # noqa: S608  # names of ours

        return await self.db.read(look)


async def _nobody(request: web.Request) -> Who:
    return ANYONE


@pytest.fixture
async def place(db: Sqlite) -> AsyncIterator[Place]:
    ours, theirs = unused_port(), unused_port()
    base, issuer = Iri(f"http://127.0.0.1:{ours}/"), f"http://127.0.0.1:{theirs}/op"
    callback = f"{base}.account/login/oidc/dev/callback/"
    idp = DevIdp(issuer, Client("kluis", "s%c ret", callback))
    provider = Provider(
        "dev", {"nl": "Proef"}, issuer, "kluis", ("openid", "vo"), LEVELS, True, "s%c ret"
    )
    fetcher = open_fetch(dev=True, now=wall)
    async with ClientSession() as out:

        async def swap(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
            async with out.post(url, data=body, headers=headers) as response:
                if response.status != 200:
                    raise NotFetched(url, f"it answers with status {response.status}")
                return await response.read()

        app = web.Application()
        door = Door(base, _nobody)
        app.add_routes(upstream_routes.routes(db, door, base, wall, fetcher.get, swap, [provider]))
        async with (
            TestServer(build_app(idp), port=theirs),
            TestServer(app, port=ours),
            ClientSession(cookie_jar=CookieJar(unsafe=True)) as http,
        ):
            yield Place(base, http, db, idp)
    await fetcher.close()


async def test_a_citizen_signs_in_and_her_session_keeps_the_level(place: Place) -> None:
    """FED-1, FED-2, FED-4."""
    status, where, _ = await place.get(await place.choose(await place.begin()))

    assert (status, where) == (303, "/-/log")
    assert [row["acr"] for row in await place.rows("session")] == ["high"]
    (login,) = await place.rows("login")
    assert (login["kind"], login["acr"]) == ("oidc", MEANS["eid"])
    assert login["subject"].startswith(place.idp.issuer + " ")


async def test_the_second_sign_in_leads_to_the_same_account(place: Place) -> None:
    for _ in range(2):
        await place.get(await place.choose(await place.begin()))

    assert len(await place.rows("account")) == 1
    assert len(await place.rows("session")) == 1, "the old session of this browser ended"


async def test_what_is_asked_is_what_was_agreed_with_pkce_state_and_nonce(place: Place) -> None:
    """FED-1, FED-5."""
    asked = parse_qs(urlsplit(await place.begin("&level=high&max_age=300")).query)

    assert asked["scope"] == ["openid vo"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["acr_values"] == [MEANS["eid"]]
    assert asked["max_age"] == ["300"]
    assert asked["redirect_uri"] == [f"{place.base}.account/login/oidc/dev/callback/"]
    assert asked["state"] != asked["nonce"]


async def refused(place: Place, where: str, http: ClientSession | None = None) -> int:
    status, _, _ = await place.get(where, http)
    assert await place.rows("session") == []
    assert await place.rows("account") == []
    return status


async def test_another_state_is_refused(place: Place) -> None:
    back = await place.choose(await place.begin())

    assert await refused(place, back.replace("state=", "state=x")) == 403


async def test_another_browser_is_refused_and_does_not_use_it_up(place: Place) -> None:
    """FED-3."""
    back = await place.choose(await place.begin())
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as other:
        assert await refused(place, back, other) == 403

    assert (await place.get(back))[0] == 303


async def test_a_callback_counts_once(place: Place) -> None:
    back = await place.choose(await place.begin())
    cookie = {c.key: c.value for c in place.http.cookie_jar}
    assert (await place.get(back))[0] == 303
    place.http.cookie_jar.update_cookies(cookie)

    assert (await place.get(back))[0] == 403
    assert len(await place.rows("session")) == 1


@pytest.mark.parametrize("iss", ["https%3A%2F%2Fevil.example", None])
async def test_an_answer_of_another_provider_is_refused(place: Place, iss: str | None) -> None:
    """RFC 9207: mix-up."""
    back = await place.choose(await place.begin())
    kept = back.split("&iss=")[0]

    assert await refused(place, kept if iss is None else f"{kept}&iss={iss}") == 403


async def test_a_weaker_means_than_asked_is_refused(place: Place) -> None:
    """FED-4."""
    back = await place.choose(await place.begin("&level=high"), means="csampassword")

    assert await refused(place, back) == 403


async def test_a_code_of_another_sign_in_is_refused(place: Place) -> None:
    mine, other = await place.begin(), await place.begin()
    stolen = parse_qs(urlsplit(await place.choose(mine)).query)["code"][0]
    back = await place.choose(other)
    own = parse_qs(urlsplit(back).query)["code"][0]

    assert await refused(place, back.replace(own, stolen)) >= 400


async def test_who_cancels_at_the_provider_is_not_signed_in(place: Place) -> None:
    back = await place.choose(await place.begin(), means="")

    assert "error=access_denied" in back
    assert await refused(place, back) == 403


@pytest.mark.parametrize("next_", ["https://evil.example/", "//evil.example", "/-/%5Cevil", "/x"])
async def test_the_way_back_stays_in_the_pages(place: Place, next_: str) -> None:
    _, where, _ = await place.get(f".account/login/oidc/dev/start/?next={next_}")
    _, to, _ = await place.get(await place.choose(where))

    assert to == "/-/"


async def test_linking_begins_only_from_a_page_of_ours(place: Place) -> None:
    await place.get(await place.choose(await place.begin()))
    status, _, _ = await place.get(".account/login/oidc/dev/start/?purpose=link")

    assert status == 403


async def test_a_step_up_by_another_person_is_refused(place: Place) -> None:
    await place.get(await place.choose(await place.begin()))
    back = await place.choose(await place.begin("&purpose=step-up"), person="bram")

    assert (await place.get(back))[0] == 403
    assert len(await place.rows("account")) == 1


async def test_a_provider_that_cannot_be_reached_gives_a_clear_answer(db: Sqlite) -> None:
    base, gone = Iri(f"http://127.0.0.1:{unused_port()}/"), unused_port()
    provider = Provider("dev", {}, f"http://127.0.0.1:{gone}/op", "kluis", secret="s")
    fetcher = open_fetch(dev=True, now=wall)

    async def swap(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        raise NotFetched(url, "nobody is there")

    app, door = web.Application(), Door(base, _nobody)
    app.add_routes(upstream_routes.routes(db, door, base, wall, fetcher.get, swap, [provider]))
    port = int(base.split(":")[2][:-1])
    async with TestServer(app, port=port), ClientSession() as http:
        where = f"{base}.account/login/oidc/dev/start/"
        async with http.get(where, headers=HTML) as page, http.get(where) as told:
            assert (page.status, page.content_type) == (503, "text/html")
            assert "cannot be reached" in await page.text()
            assert (told.status, (await told.json())["statusCode"]) == (503, 503)
    await fetcher.close()
