# SPDX-License-Identifier: EUPL-1.2
"""The addresses of the account API: shapes, whose they are, leaving, credentials."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from identity.account_api.account_routes import calls_by_path
from identity.accounts import leaving
from pod.contents import fetch
from pod.instant import DAY, MINUTE
from pod.iri import Iri
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.identity.conftest import Person, Town, settle
from tests.identity.street import Street, a_street, again, drop, id_of


@pytest.fixture
async def street(tmp_path: Path, db: Sqlite, now: MovableClock) -> AsyncIterator[Street]:
    async for each in a_street(tmp_path, db, now, True):
        yield each


@pytest.fixture
async def town(street: Street) -> Town:
    return street.town


async def test_every_address_is_in_the_description(town: Town) -> None:  # KLU-1
    document = (await town.look(".account/openapi.json")).json

    for path, calls in calls_by_path().items():
        shown = document["paths"][f"/{path}"]
        assert set(shown) - {"parameters"} == {method.lower() for method in calls}


async def test_another_account_reaches_no_address_of_mine(
    town: Town, an: Person, bob: Person
) -> None:  # ACC-5
    before = (await town.look(".account/", an.session)).json
    for path, calls in calls_by_path().items():
        if "{account}" not in path:
            continue
        where = ".account/" + path.format(account=id_of(an), resource="x")
        for method in calls:
            theirs = {"Authorization": f"CSS-Account-Token {bob.session}"}
            said = await town.ask(method, where, json={}, headers=theirs)
            nobody = await town.ask(method, where, json={})
            assert (said.status, nobody.status) == (404, 401), (method, path)
    assert (await town.look(".account/", an.session)).json == before


async def test_ways_to_sign_in_are_listed(town: Town) -> None:  # KLU-3
    logins = (await town.look(".account/login/")).json["logins"]

    assert logins["oidc/acm"] == f"{town.base}.account/login/oidc/acm/start/"
    assert "Email/password combination" in logins


async def test_in_production_giving_access_asks_for_a_fresh_sign_in(
    tmp_path: Path, db: Sqlite, now: MovableClock, town: Town, an: Person
) -> None:  # KLU-4
    asked = {"webId": an.pod["webId"]}
    async for closed in a_street(tmp_path, db, now, False):
        where = f".account/account/{id_of(an)}/client-credentials/"
        at_once = await closed.town.tell(where, asked, an.session)
        now.advance(11 * MINUTE)
        later = await closed.town.tell(where, asked, an.session)
        made = await closed.town.tell(".account/account/", {})

    assert at_once.status == 200
    assert (later.status, later.json["errorCode"]) == (403, "K-STEPUP")
    assert made.status == 403  # ACC-11, KLU-5
    still = await town.tell(an.controls["account"]["clientCredentials"], asked, an.session)
    assert still.status == 200


SHAPES: dict[tuple[str, str], set[str]] = {
    ("GET", "pod/"): {"fields", "pods"},
    ("GET", "webid/"): {"fields", "webIdLinks"},
    ("GET", "client-credentials/"): {"fields", "clientCredentials"},
    ("GET", "login/password/"): {"fields", "passwordLogins"},
    ("GET", "logout/"): {"fields"},
}


@pytest.mark.parametrize(("method", "path"), SHAPES)
async def test_answers_have_the_members_that_tools_read(
    town: Town, an: Person, method: str, path: str
) -> None:  # the members of the reference server's answers, account-api.md §3
    said = await town.look(f".account/account/{id_of(an)}/{path}", an.session)

    assert said.status == 200
    assert set(said.json) == SHAPES[method, path] | {"controls", "version"}


async def test_what_is_made_has_the_members_that_tools_read(town: Town, an: Person) -> None:
    assert set(an.pod) == {
        "pod", "podResource", "webId", "webIdResource", "controls", "version"
    }  # fmt: skip
    assert set(an.credential) == {"id", "secret", "resource", "controls", "version"}
    assert re.fullmatch(r"an_[0-9a-f-]{36}", an.credential["id"])
    assert re.fullmatch(r"[0-9a-f]{128}", an.credential["secret"])
    owners = (await town.look(an.pod["podResource"], an.session)).json
    assert owners["owners"] == [{"webId": an.pod["webId"], "visible": False}]
    assert owners["baseUrl"] == an.pod["pod"]
    wrong = (await town.look(an.pod["podResource"])).json
    assert set(wrong) == {"name", "message", "statusCode", "errorCode", "details"}  # ACC-5


async def test_an_account_leaves_after_thirty_days_and_its_name_with_it(
    town: Town, an: Person
) -> None:  # KLU-9, WI-3
    said_farewell: list[str] = []

    async def farewell(tx: Any, account: str) -> None:
        said_farewell.append(account)

    where = an.controls["kluis"]["delete"]
    other = (await again(town)).json["authorization"]
    asked = await town.tell(where, {}, an.session)
    early = await leaving.see_off(town.db, farewell, town.now())
    town.now.advance(30 * DAY)
    late = await leaving.see_off(town.db, farewell, town.now())
    cis = await settle(town, "cis")
    anew = await town.tell(cis.controls["account"]["pod"], {"name": "an"}, cis.session)
    login = await again(town)

    assert asked.json["leaves"] is not None
    assert "pods" not in (await town.look(".account/", other)).json
    assert (early, late, said_farewell) == (0, 1, [id_of(an)])
    assert await town.db.read(fetch, Iri(an.pod["pod"] + "profile/card")) is None
    assert (anew.status, login.status) == (409, 403)


async def test_who_thinks_better_of_it_stays(town: Town, an: Person) -> None:  # KLU-9
    where = an.controls["kluis"]["delete"]
    await town.tell(where, {}, an.session)
    credentials = (await town.look(".account/", an.session)).json["clientCredentials"]
    await drop(town, where, an.session)
    town.now.advance(31 * DAY)

    assert credentials == {}
    assert await leaving.see_off(town.db, leaving.nobody_waits, town.now()) == 0
    assert (await again(town)).status == 200


async def test_a_pod_can_be_taken_along(
    tmp_path: Path, db: Sqlite, now: MovableClock, town: Town, an: Person
) -> None:  # KLU-9
    headers = {"Authorization": f"CSS-Account-Token {an.session}"}
    async with town.http.get(an.controls["kluis"]["export"], headers=headers) as response:
        body = await response.read()
        kind = response.content_type

    assert kind == "application/zip"
    assert b"an/profile/card" in body


async def test_a_credential_may_have_keys_and_an_end(town: Town, an: Person) -> None:  # KLU-11
    key = ECKey.generate_key("P-256").as_dict(private=False)
    where, webid = an.controls["account"]["clientCredentials"], an.pod["webId"]
    asked = {"webId": webid, "jwks": {"keys": [key]}, "expires": "2027-06-01T00:00:00Z"}
    made = await town.tell(where, asked, an.session)
    shown = (await town.look(made.json["resource"], an.session)).json

    assert "secret" not in made.json
    assert (shown["id"], shown["webId"]) == (made.json["id"], webid)
    assert (shown["key"], shown["expires"]) == (True, "2027-06-01T00:00:00Z")


@pytest.mark.parametrize(
    "odd",
    [
        {"jwks": {"keys": []}},
        {"jwks": 7},
        {"jwksUri": "file:///etc/passwd"},
        {"jwks": {"keys": []}, "jwksUri": "https://a.example/"},
        {"expires": "morgen"},
        {"expires": "2001-01-01T00:00:00Z"},
        {"expires": 7},
        {"name": 7},
        {"webId": "https://elsewhere.example/#me"},
    ],
    ids=str,
)
async def test_an_odd_credential_is_400(town: Town, an: Person, odd: dict[str, Any]) -> None:
    where = an.controls["account"]["clientCredentials"]
    said = await town.tell(where, {"webId": an.pod["webId"]} | odd, an.session)

    assert said.status == 400
    assert list((await town.look(where, an.session)).json["clientCredentials"]) == [
        an.credential["id"]
    ]
