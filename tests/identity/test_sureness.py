# SPDX-License-Identifier: EUPL-1.2
"""How sure a sign-in was arrives with every token, and more is asked where more is needed."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer, unused_port
from argon2 import PasswordHasher
from joserfc.jwk import ECKey
from multidict import CIMultiDict

from identity.account_api.desk_routes import Desk, Visit, answer, at_desk
from identity.accounts.sessions import hash_of, new_value, open_session
from identity.cors import Cors
from identity.door import Door
from identity.identify import Identifier
from identity.sign_in.assurance import Level
from identity.sign_in.passkeys import ACR
from identity.sign_in.passwords import Passwords
from identity.tokens.replay import open_replay
from identity.tokens.token import tokens_of
from identity.upstream.providers import Provider
from identity.who import ANYONE, Who
from pod.database import Tx
from pod.instant import MINUTE, SECOND
from pod.iri import Iri
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.identity.apps import Browser, a_browser
from tests.identity.conftest import Person, Town
from tests.identity.test_account_scripts import access_token

EID, ITSME = "urn:eid", "urn:itsme"
BURGER = Provider(
    "burger",
    {"nl": "Burgerlogin"},
    "https://burger.example/op",
    "kluis",
    means={EID: Level.HIGH, ITSME: Level.SUBSTANTIAL},
)
WAYS: Mapping[str, str | None] = {
    "a password": None,
    "a passkey": ACR,
    "a provider, surely": "high",
    "a provider, less so": "low",
}


async def who_is(town: Town, token: str, key: ECKey, folder: Path) -> Who:
    """The caller as the rooms behind the door know her."""
    replay = open_replay(folder / f"proofs{town.now()}.db", town.now())
    identifier = Identifier(town.base, tokens_of(town.base, town.keys), replay)
    proof = town.forge(key, "GET", "/an/x").proof(jti=f"a{town.now()}")
    headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
    found = identifier.identify("GET", "/an/x", _multi(headers), town.now())
    replay.close()
    return found


def _multi(headers: Mapping[str, str]) -> Any:
    return CIMultiDict(headers)


@pytest.fixture
async def browser(town: Town, an: Person) -> Browser:
    return await a_browser(town, an)


async def signed_in_by(browser: Browser, acr: str | None) -> None:
    async def change(tx: Tx) -> None:
        session = hash_of(browser.session)
        await tx.run("UPDATE session SET acr = :acr WHERE hash = :h", acr=acr, h=session)

    await browser.town.db.write(None, change)


@pytest.mark.parametrize("way", WAYS)
async def test_each_token_of_an_app_says_how_sure_the_sign_in_was(
    browser: Browser, tmp_path: Path, way: str
) -> None:
    acr, town = WAYS[way], browser.town
    await signed_in_by(browser, acr)
    at = town.now()
    first = await browser.tokens()
    town.now.advance(5 * MINUTE)
    later = (await browser.refresh(first["refresh_token"])).json
    again = await who_is(town, later["access_token"], browser.key, tmp_path)
    town.now.advance(1)
    told = await who_is(town, first["access_token"], browser.key, tmp_path)

    assert (told.acr, again.acr) == (acr, acr)
    assert told.signed_in is not None
    assert told.signed_in == again.signed_in
    assert abs(told.signed_in - at) <= SECOND


async def test_a_later_surer_sign_in_makes_no_old_token_surer(
    browser: Browser, tmp_path: Path
) -> None:
    tokens = await browser.tokens()
    await signed_in_by(browser, "high")
    told = await who_is(browser.town, tokens["access_token"], browser.key, tmp_path)
    new = await who_is(
        browser.town, (await browser.tokens())["access_token"], browser.key, tmp_path
    )

    assert (told.acr, new.acr) == (None, "high")


async def test_a_program_says_nothing_of_a_person(town: Town, an: Person, tmp_path: Path) -> None:
    key = ECKey.generate_key("P-256")
    given = await access_token(town, f"{town.base}.oidc/token", an.credential, key)
    told = await who_is(town, given["access_token"], key, tmp_path)

    assert (told.acr, told.signed_in) == (None, None)


@dataclass(frozen=True, slots=True)
class Counter:
    """A desk with one act that asks for the card with its code."""

    base: str
    http: ClientSession
    db: Sqlite
    now: MovableClock

    async def session(self, acr: str | None, *, tied: bool = True) -> str:
        value = new_value()
        await self.db.write(None, _settle, value, acr, tied, self.now())
        return value

    async def ask(self, session: str | None) -> tuple[int, Any]:
        headers = {"Authorization": f"CSS-Account-Token {session}"} if session else {}
        async with self.http.post(f"{self.base}.account/act/", json={}, headers=headers) as said:
            return said.status, await said.json()


async def _settle(tx: Tx, value: str, acr: str | None, tied: bool, now: int) -> None:
    account = f"account {value}"
    await tx.run(
        "INSERT INTO account (id, kind, operator, created) VALUES (:a, 'person', 0, 0)", a=account
    )
    if tied:
        await tx.run(
            "INSERT INTO login (id, account, kind, subject, secret, created)"
            " VALUES (:a, :a, 'oidc', :key, '', 0)",
            a=account,
            key=f"{BURGER.issuer} {value}",
        )
    await open_session(tx, value, account, now, signed_in=True, acr=acr)


@pytest.fixture(params=["in production", "in development"])
async def counter(
    request: pytest.FixtureRequest, db: Sqlite, now: MovableClock
) -> AsyncIterator[Counter]:
    port = unused_port()
    base = Iri(f"http://127.0.0.1:{port}/")
    quick = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    dev = request.param == "in development"
    desk = Desk(db, base, now, dev, quick, providers=(BURGER,))

    async def act(visit: Visit) -> web.Response:
        visit.require_fresh(Level.HIGH)
        return answer(visit, {})

    async def nobody(request: web.Request) -> Who:
        return ANYONE

    app, door = web.Application(), Door(base, nobody)
    room = door.open(at_desk(desk, {"POST": act}), Cors.NONE)
    app.router.add_route("*", "/.account/act/", room)
    async with TestServer(app, port=port), ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        yield Counter(base, http, db, now)
    quick.tries.close()


@pytest.mark.parametrize("acr", [None, ACR, "low", "substantial", "made up"])
async def test_who_is_not_sure_enough_is_led_to_more(counter: Counter, acr: str | None) -> None:
    """KLU-4: what to ask for, and where."""
    status, said = await counter.ask(await counter.session(acr))

    details = said["details"]
    assert (status, said["errorCode"]) == (403, "K-STEPUP")
    assert details["acr_values"] == EID
    assert details["location"].startswith(f"{counter.base}.account/login/oidc/burger/start/")
    assert "level=high" in details["location"]
    assert "purpose=step-up" in details["location"]


async def test_who_is_sure_enough_goes_on_for_ten_minutes(counter: Counter) -> None:
    session = await counter.session("high")
    now, _ = await counter.ask(session)
    counter.now.advance(11 * MINUTE)
    later, said = await counter.ask(session)

    assert (now, later) == (200, 403)
    assert said["details"]["max_age"] == 600


async def test_without_a_provider_that_is_sure_enough_it_says_so(counter: Counter) -> None:
    status, said = await counter.ask(await counter.session("low", tied=False))

    assert (status, said["details"]["acr_values"]) == (403, "")
    assert said["details"]["location"] == f"{counter.base}-/sign-in"


async def test_nobody_is_told_to_sign_in_first(counter: Counter) -> None:
    assert (await counter.ask(None))[0] == 401
