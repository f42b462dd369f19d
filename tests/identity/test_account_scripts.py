# SPDX-License-Identifier: EUPL-1.2
"""Scripts for the reference server's account API, shape by shape: from the controls alone."""

import base64
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import orjson
from joserfc.jwk import ECKey

from tests.identity.apps import a_browser, answered
from tests.identity.conftest import FORM, Json, Person, Town

# What the fetch of Node sends by itself: of a browser's headers this one, and no Origin.
NODE = {"Accept": "*/*", "Accept-Language": "*", "Sec-Fetch-Mode": "cors", "User-Agent": "node"}
EMAIL, PASSWORD = "script@voorbeeld.example", "kort"


def basic(id_: str, secret: str) -> str:
    pair = f"{quote(id_, safe='')}:{quote(secret, safe='')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


async def node(
    town: Town,
    method: str,
    where: str,
    sent: object = None,
    *,
    session: str = "",
    cookie: str = "",
) -> Any:
    """A call as Node's fetch makes it; every answer must be 200, as these scripts want."""
    headers = dict(NODE)
    if session:
        headers["Authorization"] = f"CSS-Account-Token {session}"
    if cookie:
        headers["Cookie"] = cookie
    more: dict[str, Any] = {} if sent is None else {"json": sent}
    town.http.cookie_jar.clear()
    said = await town.ask(method, where, headers=headers, **more)
    assert said.status == 200, said
    return said


async def access_token(town: Town, endpoint: str, made: Mapping[str, str], key: ECKey) -> Json:
    town.now.advance(1)
    path = "/" + endpoint.removeprefix(town.base)
    headers = {
        "Authorization": basic(made["id"], made["secret"]),
        "DPoP": town.forge(key, "POST", path).proof(jti=f"s{town.now()}"),
        "Content-Type": FORM,
        **NODE,
    }
    body = "grant_type=client_credentials&scope=webid"
    said = await town.ask("POST", endpoint, data=body, headers=headers)
    assert said.status == 200, said
    answer: Json = said.json
    return answer


async def register(town: Town) -> tuple[str, Json, Json]:
    """Account, login and pod: the session, the controls, the pod."""
    first = (await node(town, "GET", ".account/")).json["controls"]
    session = (await node(town, "POST", first["account"]["create"])).json["authorization"]
    controls = (await node(town, "GET", first["main"]["index"], session=session)).json["controls"]
    login = {"email": EMAIL, "password": PASSWORD, "confirmPassword": PASSWORD}
    await node(town, "POST", controls["password"]["create"], login, session=session)
    pod = await node(town, "POST", controls["account"]["pod"], {"name": "script"}, session=session)
    return session, controls, pod.json


async def test_credentials_are_made_step_by_step_and_open_the_door(town: Town) -> None:
    key = ECKey.generate_key("P-256")
    session, controls, pod = await register(town)
    asked = {"name": "createCredentials", "webId": pod["webId"]}
    at = controls["account"]["clientCredentials"]
    made = (await node(town, "POST", at, asked, session=session)).json
    metadata = (await node(town, "GET", ".well-known/openid-configuration")).json
    token = await access_token(town, metadata["token_endpoint"], made, key)
    who = await town.whoami(token["access_token"], key)

    assert re.fullmatch(r"createCredentials_[0-9a-f-]{36}", made["id"])
    assert re.fullmatch(r"[0-9a-f]{128}", made["secret"])
    assert who.json["webid"] == pod["webId"]
    assert pod["webId"] == f"{pod['pod']}profile/card#me"


async def test_a_shell_signs_in_by_password_and_makes_a_token(town: Town) -> None:
    key = ECKey.generate_key("P-256")
    _, _, pod = await register(town)
    index = (await node(town, "GET", ".account/")).json["controls"]
    login = {"email": EMAIL, "password": PASSWORD}
    session = (await node(town, "POST", index["password"]["login"], login)).json["authorization"]
    mine = (await node(town, "GET", ".account/", session=session)).json["controls"]
    linked = (await node(town, "GET", mine["account"]["webId"], session=session)).json
    asked = {"name": "bash", "webId": next(iter(linked["webIdLinks"]))}
    at = mine["account"]["clientCredentials"]
    made = (await node(town, "POST", at, asked, session=session)).json
    metadata = (await node(town, "GET", ".well-known/openid-configuration")).json
    token = (await access_token(town, metadata["token_endpoint"], made, key))["access_token"]

    assert _claims(token)["webid"] == pod["webId"]
    listed = (await node(town, "GET", at, session=session)).json["clientCredentials"]
    assert listed == {made["id"]: made["resource"]}


def _claims(token: str) -> Json:
    part = token.split(".")[1]
    read: Json = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read


async def test_a_script_that_fills_a_server_goes_by_its_cookie(town: Town) -> None:
    key = ECKey.generate_key("P-256")
    index = (await node(town, "GET", ".account/")).json["controls"]
    created = await node(town, "POST", index["account"]["create"], {})
    cookie = created.headers["Set-Cookie"].split(";")[0]
    mine = (await node(town, "GET", ".account/", cookie=cookie)).json["controls"]
    login = {"email": EMAIL, "password": PASSWORD}
    await node(town, "POST", mine["password"]["create"], login, cookie=cookie)
    await node(town, "POST", mine["account"]["pod"], {"name": "fill"}, cookie=cookie)
    signed_in = await node(town, "POST", index["password"]["login"], login)
    second = signed_in.headers["Set-Cookie"].split(";")[0]
    whole = (await node(town, "GET", ".account/", cookie=second)).json
    asked = {"name": "fill", "webId": next(iter(whole["webIds"]))}
    at = whole["controls"]["account"]["clientCredentials"]
    made = (await node(town, "POST", at, asked, cookie=second)).json
    token = await access_token(town, f"{town.base}.oidc/token", made, key)

    assert cookie.startswith("css-account=")
    assert second != cookie
    assert (await town.whoami(token["access_token"], key)).status == 200


async def test_somebody_who_is_there_already_is_told_in_the_words_that_scripts_know(
    town: Town,
) -> None:
    await register(town)
    index = (await node(town, "GET", ".account/")).json["controls"]
    session = (await node(town, "POST", index["account"]["create"])).json["authorization"]
    mine = (await node(town, "GET", ".account/", session=session)).json["controls"]
    login = {"email": EMAIL, "password": PASSWORD}
    said = await town.tell(mine["password"]["create"], login, session)

    assert said.status == 400
    assert "already is a login for" in said.json["message"]


async def test_no_page_passes_for_a_script(town: Town, an: Person) -> None:
    """T-50: what a browser sends cannot be left out by a page, so silence means a script."""
    cookie = {"Cookie": f"css-account={an.session}"}
    at = an.controls["account"]["webId"]
    for marks in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        said = await town.ask("POST", at, json={"webId": "x"}, headers=cookie | marks)
        looked = await town.ask("GET", at, headers=cookie | marks)

        assert said.status == 403, marks
        assert looked.status == 401, marks


async def test_the_controls_of_a_question_are_there_while_one_waits(town: Town, an: Person) -> None:
    """ACC-1: `controls.oidc` only while an app's question waits in this browser."""
    browser = await a_browser(town, an)

    async def look(where: str, **headers: str) -> Json:
        cookie = {"Cookie": f"kluis-app={browser.app}"} if browser.app else {}
        found: Json = (await town.ask("GET", where, headers=cookie | headers)).json
        return found

    script = {"Authorization": f"CSS-Account-Token {browser.session}"}
    before = (await look(".account/"))["controls"]
    await browser.authorize()
    during = (await look(".account/", **script))["controls"]
    nobody = (await look(".account/"))["controls"]
    step = await look(during["oidc"]["prompt"], **script)
    elsewhere = (await town.look(".account/", an.session)).json["controls"]
    cookie = {"Cookie": f"kluis-app={browser.app}"}
    await town.ask("POST", during["oidc"]["cancel"], json={}, headers=script | cookie)
    after = (await look(".account/", **script))["controls"]

    assert "oidc" not in before
    assert set(during["oidc"]) == {"cancel", "prompt", "webId", "forgetWebId", "consent"}
    assert nobody["oidc"] == during["oidc"]
    assert step["prompt"] == "login"
    assert step["controls"]["oidc"] == during["oidc"]
    assert "oidc" not in elsewhere
    assert "oidc" not in after


async def test_an_app_s_question_is_answered_from_the_controls_alone(
    town: Town, an: Person
) -> None:
    browser = await a_browser(town, an)
    await browser.authorize()
    headers = {
        "Cookie": f"kluis-app={browser.app}",
        "Authorization": f"CSS-Account-Token {browser.session}",
    }
    index = (await town.ask("GET", ".account/", headers=headers)).json["controls"]["oidc"]
    webids = (await town.ask("GET", index["webId"], headers=headers)).json["webIds"]
    sent = {"webId": webids[0]}
    picked = await town.ask("POST", index["webId"], json=sent, headers=headers)
    forgot = await town.ask("POST", index["forgetWebId"], json={}, headers=headers)
    await town.ask("POST", index["webId"], json=sent, headers=headers)
    said = await town.ask("POST", index["consent"], json={"remember": False}, headers=headers)
    final = await browser.go(said.json["location"].removeprefix(town.base))

    assert (picked.status, forgot.status, said.status) == (200, 200, 200)
    assert "code" in answered(final.headers["Location"])
