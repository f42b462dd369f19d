# SPDX-License-Identifier: EUPL-1.2
"""The account API over HTTP, as scripts for Community Solid Server 7 use it (ACC-n)."""

import asyncio
from typing import Any

import pytest

from acl.check import check_acl
from identity.sign_in.passwords import NOBODY, TRIES_PER_PAIR, Passwords
from pod.contents import fetch
from pod.instant import MINUTE
from pod.iri import Iri
from tests.identity.conftest import Person, Town, settle


async def test_every_answer_carries_controls_and_version(town: Town, an: Person) -> None:  # ACC-1
    outside, inside = await town.look(".account/"), await town.look(".account/", an.session)

    assert outside.json["version"] == inside.json["version"] == "0.5"
    assert set(outside.json["controls"]["account"]) == {"create"}
    assert set(inside.json["controls"]["account"]) == {
        "create",
        "logout",
        "pod",
        "webId",
        "clientCredentials",
    }
    # KLU-2
    assert list(inside.json["webIds"]) == [an.pod["webId"]]
    assert list(inside.json["pods"]) == [an.pod["pod"]]
    assert list(inside.json["clientCredentials"]) == [an.credential["id"]]


async def test_get_tells_what_an_action_takes(town: Town, an: Person) -> None:  # ACC-2, ACC-6
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"CSS-Account-Token {an.session}",
    }
    for name in ("pod", "webId", "clientCredentials"):
        said = await town.ask("GET", an.controls["account"][name], headers=headers)
        assert said.status == 200
        assert "fields" in said.json


async def test_a_new_pod_holds_what_a_person_needs(town: Town, an: Person) -> None:
    root = Iri(an.pod["pod"])
    card = await town.db.read(fetch, Iri(root + "profile/card"))

    assert card is not None
    assert card.body is not None
    assert f"solid:oidcIssuer <{town.base}>".encode() in card.body  # WI-1
    for path in (".acl", "profile/card.acl", "inbox/.acl"):
        kept = await town.db.read(fetch, Iri(root + path))
        assert kept is not None
        assert kept.body is not None
        assert check_acl(kept.iri, kept.media_type, kept.body)


@pytest.mark.parametrize("name", ["An", "-an", ".an", "a b", "", "a" * 61, "ünï", 7, "85073003328"])
async def test_an_unclear_pod_name_is_refused(town: Town, an: Person, name: Any) -> None:
    said = await town.tell(an.controls["account"]["pod"], {"name": name}, an.session)

    assert (said.status, said.json["name"]) == (400, "BadRequestHttpError")


async def test_a_taken_pod_name_is_409(town: Town, an: Person, bob: Person) -> None:
    said = await town.tell(bob.controls["account"]["pod"], {"name": "an"}, bob.session)

    assert (said.status, said.json["errorCode"]) == (409, "H409")


@pytest.mark.parametrize("webid", ["javascript:x", "https://x.example/\\u003e", "https://a b/", 7])
async def test_an_owner_is_an_address_that_fits_in_turtle(
    town: Town, an: Person, webid: Any
) -> None:
    asked = {"name": "tweede", "settings": {"webId": webid}}
    said = await town.tell(an.controls["account"]["pod"], asked, an.session)

    assert said.status == 400


async def test_nothing_before_the_first_login(town: Town) -> None:
    session = (await town.tell(".account/account/", {})).json["authorization"]
    controls = (await town.look(".account/", session)).json["controls"]
    said = await town.tell(controls["account"]["pod"], {"name": "x"}, session)

    assert said.json["message"] == "An account needs at least 1 login method."


async def test_an_account_without_login_goes_after_half_an_hour(town: Town) -> None:
    session = (await town.tell(".account/account/", {})).json["authorization"]
    town.now.advance(31 * MINUTE)
    await town.tell(".account/account/", {})

    assert "pods" not in (await town.look(".account/", session)).json


async def test_an_address_has_one_login(town: Town, an: Person, bob: Person) -> None:
    asked = {"email": "AN@voorbeeld.example", "password": "een ander"}
    said = await town.tell(bob.controls["password"]["create"], asked, bob.session)

    assert said.status == 400
    assert said.json["message"] == "There already is a login for this e-mail address."


async def test_another_account_finds_nothing_of_mine(town: Town, an: Person, bob: Person) -> None:
    inside = (await town.look(".account/", an.session)).json
    login = next(iter(inside["logins"]["password"].values()))
    mine = [*an.controls["account"].values(), an.controls["password"]["create"], login]
    mine += [an.pod["podResource"], an.pod["webIdResource"], an.credential["resource"]]
    mine.remove(an.controls["account"]["create"])
    for where in mine:
        for method in ("GET", "POST", "DELETE"):
            headers = {"Authorization": f"CSS-Account-Token {bob.session}"}
            said = await town.ask(method, where, json={}, headers=headers)
            assert said.status in (404, 405), (method, where)
            assert (await town.ask(method, where, json={})).status in (401, 405), (method, where)

    after = (await town.look(".account/", an.session)).json
    assert after == inside


async def test_a_wrong_password_and_an_unknown_address_look_alike(town: Town, an: Person) -> None:
    where = ".account/login/password/"
    wrong = await town.tell(where, {"email": "an@voorbeeld.example", "password": "nee"})
    unknown = await town.tell(where, {"email": "niemand@voorbeeld.example", "password": "nee"})

    assert (wrong.status, wrong.json) == (unknown.status, unknown.json)
    assert wrong.status == 403


def test_nobody_costs_what_somebody_does() -> None:  # T-27
    assert not Passwords().hasher.check_needs_rehash(NOBODY)


async def test_guessing_ends_before_hashing(town: Town, an: Person) -> None:
    guess = {"email": "an@voorbeeld.example", "password": "nee"}
    tried = [await town.tell(".account/login/password/", guess) for _ in range(TRIES_PER_PAIR + 1)]

    assert [said.status for said in tried] == [403] * TRIES_PER_PAIR + [429]
    assert int(tried[-1].headers["Retry-After"]) > 0


PASSWORD = "an-geheim"


async def sign_in(town: Town, password: str = PASSWORD, **headers: str) -> Any:
    asked = {"email": "an@voorbeeld.example", "password": password}
    return await town.ask("POST", ".account/login/password/", json=asked, headers=headers)


async def test_signing_out_ends_the_session(town: Town, an: Person) -> None:
    await town.tell(an.controls["account"]["logout"], {}, an.session)

    assert "pods" not in (await town.look(".account/", an.session)).json


async def test_a_new_password_ends_the_other_sessions(town: Town, an: Person) -> None:  # ACC-9
    other = (await sign_in(town)).json["authorization"]
    town.http.cookie_jar.clear()
    inside = (await town.look(".account/", an.session)).json
    login = inside["logins"]["password"]["an@voorbeeld.example"]
    change = {"oldPassword": "an-geheim", "newPassword": "nieuw-geheim"}
    assert (await town.tell(login, change, an.session)).status == 200

    assert "pods" in (await town.look(".account/", an.session)).json
    assert "pods" not in (await town.look(".account/", other)).json
    assert (await sign_in(town)).status == 403
    assert (await sign_in(town, "nieuw-geheim")).status == 200


async def test_a_password_that_is_taken_away_ends_the_other_sessions(
    town: Town, an: Person
) -> None:  # ACC-9
    second = {"email": "an.twee@voorbeeld.example", "password": "tweede-geheim"}
    made = await town.tell(an.controls["password"]["create"], second, an.session)
    other = (await town.tell(".account/login/password/", second)).json["authorization"]
    town.http.cookie_jar.clear()
    mine = {"Authorization": f"CSS-Account-Token {an.session}"}
    gone = await town.ask("DELETE", made.json["resource"], headers=mine)

    assert gone.status == 200
    assert "pods" not in (await town.look(".account/", other)).json
    assert "pods" in (await town.look(".account/", an.session)).json
    assert (await town.tell(".account/login/password/", second)).status == 403


async def test_the_last_login_stays(town: Town, an: Person) -> None:
    login = (await town.look(".account/", an.session)).json["logins"]["password"]
    headers = {"Authorization": f"CSS-Account-Token {an.session}"}
    said = await town.ask("DELETE", next(iter(login.values())), headers=headers)

    assert said.status == 400


PAGE = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Content-Type": "application/json"},
        {"Origin": "null", "Content-Type": "application/json"},
        {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/json"},
        {"Sec-Fetch-Site": "same-site", "Content-Type": "application/json"},
        {"Content-Type": "application/json"},
        {"Sec-Fetch-Site": "same-origin", "Content-Type": "text/plain"},
        {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"},
    ],
    ids=["origin", "null", "cross-site", "same-site", "no origin", "text", "form"],
)
async def test_a_page_elsewhere_changes_nothing_with_my_cookie(
    town: Town, an: Person, headers: dict[str, str]
) -> None:  # ACC-8, decision 30
    own = {"Cookie": f"kluis={an.session}; css-account={an.session}"}
    if headers == {"Content-Type": "application/json"}:
        own = {"Cookie": f"kluis={an.session}"}
    where = an.controls["account"]["pod"]
    forged = await town.ask("POST", where, data=b'{"name": "gestolen"}', headers=headers | own)

    assert forged.status == (401 if headers == {"Content-Type": "application/json"} else 403)
    assert "Set-Cookie" not in forged.headers
    assert "Access-Control-Allow-Origin" not in forged.headers  # ACC-7
    listed = (await town.look(where, an.session)).json["pods"]
    assert list(listed) == [an.pod["pod"]]
    own_page = await town.ask(
        "POST", where, data=b'{"name": "mijn"}', headers=PAGE | {"Cookie": f"kluis={an.session}"}
    )
    assert own_page.status == 200


@pytest.mark.parametrize("path", [".account/account/", ".account/login/password/"])
async def test_a_page_elsewhere_cannot_sign_me_in(town: Town, an: Person, path: str) -> None:
    # T-12: nor set a cookie of ours.
    form = {"Origin": "https://evil.example", "Content-Type": "application/x-www-form-urlencoded"}
    said = await town.ask("POST", path, headers=form)

    assert said.status == 403
    assert "Set-Cookie" not in said.headers


async def test_a_browser_gets_a_cookie_that_its_scripts_cannot_read(town: Town, an: Person) -> None:
    said = await sign_in(town, **PAGE)

    assert "authorization" not in said.json
    assert said.headers["Set-Cookie"].startswith("kluis=")
    assert "HttpOnly" in said.headers["Set-Cookie"]


async def test_scripts_go_on_with_their_cookie_alone(town: Town, an: Person) -> None:  # ACC-3
    await sign_in(town)

    assert list((await town.ask("GET", ".account/")).json["pods"]) == [an.pod["pod"]]


async def test_a_webid_from_elsewhere_is_not_linked_yet(town: Town, an: Person) -> None:
    elsewhere = "https://id.example/me#it"
    said = await town.tell(an.controls["account"]["webId"], {"webId": elsewhere}, an.session)

    assert said.status == 400
    assert elsewhere in said.json["details"]["quad"]


async def test_a_wrong_method_is_405(town: Town) -> None:
    said = await town.ask("PUT", ".account/")

    assert (said.status, said.json["name"]) == (405, "MethodNotAllowedHttpError")
    assert said.headers["Allow"] == "GET"


@pytest.mark.parametrize("path", [".account/nothing", ".account/login", ".account/oidc/nothing/"])
async def test_what_is_not_there_says_so_as_the_rest_does(town: Town, path: str) -> None:
    said = await town.ask("POST", path)

    assert (said.status, said.json["name"]) == (404, "NotFoundHttpError")  # ACC-5
    assert said.json["errorCode"] == "H404"


@pytest.mark.parametrize(
    "cookie",
    ["css-account=", "css-account=\udcff\udc80", "css-account", ";;;=;", "css-account=é; =x"],
)
async def test_an_odd_cookie_is_nobody(town: Town, cookie: str) -> None:
    sent = cookie.encode("utf-8", "surrogateescape")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(town.base.split(":")[2][:-1]))
    host = town.base.split("/")[2].encode()
    writer.write(
        b"GET /.account/ HTTP/1.1\r\nHost: " + host + b"\r\nCookie: " + sent
        + b"\r\nConnection: close\r\n\r\n"
    )  # fmt: skip
    said = await reader.read()
    writer.close()

    assert said.startswith(b"HTTP/1.1 200 ")
    assert b'"pods"' not in said


async def test_a_remembered_session_is_renewed_once_a_minute(town: Town, an: Person) -> None:
    asked = {"email": "an@voorbeeld.example", "password": PASSWORD, "remember": True}
    begun = await town.tell(".account/login/password/", asked)
    at_once = await town.ask("GET", ".account/")
    town.now.advance(61_000)
    later, again = [await town.ask("GET", ".account/") for _ in range(2)]

    assert "Max-Age=1209600" in begun.headers["Set-Cookie"]
    assert "Set-Cookie" not in at_once.headers
    assert "Max-Age=1209600" in later.headers["Set-Cookie"]
    assert "Set-Cookie" not in again.headers
    assert "pods" in again.json


async def test_signing_in_again_ends_the_session_before(town: Town, an: Person) -> None:  # T-28
    first = (await sign_in(town)).json["authorization"]
    second = (await sign_in(town)).json["authorization"]

    assert first != second
    assert "pods" not in (await town.look(".account/", first)).json
    assert "pods" in (await town.look(".account/", second)).json


async def test_two_people_may_live_here(town: Town) -> None:
    first, second = await settle(town, "een"), await settle(town, "twee")

    assert first.pod["webId"] != second.pod["webId"]


ODD = b"\xff\xfe\x80 \xc3\xa9"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/who"),
        ("GET", "/.account/"),
        ("POST", "/.account/account/"),
        ("POST", "/.account/login/password/"),
        ("POST", "/.oidc/token"),
        ("GET", "/.oidc/jwks"),
    ],
)
@pytest.mark.parametrize(
    "name",
    [
        "Authorization: ",
        "Authorization: DPoP ",
        "Authorization: CSS-Account-Token ",
        "Authorization: Basic ",
        "DPoP: ",
        "Cookie: kluis=",
        "Kluis-Grant: ",
        "Kluis-Purpose: ",
        "Kluis-Case: ",
        "X-Request-Id: ",
        "Content-Type: ",
        "Accept: ",
        "User-Agent: ",
    ],
)
async def test_bytes_that_are_no_text_break_nothing(
    town: Town, method: str, path: str, name: str
) -> None:
    place = town.base.split("/")[2]
    reader, writer = await asyncio.open_connection(*place.split(":"))
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\nContent-Length: 0\r\n"
    )
    writer.write(head.encode() + name.encode() + ODD + b"\r\n\r\n")
    status = int((await reader.read()).split(b" ", 2)[1])
    writer.close()

    assert 200 <= status < 500


@pytest.mark.parametrize("end", [b"%FF%FE/", b"\xff\xfe/", b"%00/", b"..%2Fwebid/", b"%F0%9F/"])
async def test_an_odd_address_is_not_there(town: Town, an: Person, end: bytes) -> None:
    place = town.base.split("/")[2]
    path = an.controls["account"]["pod"].removeprefix(town.base[:-1]).encode() + end
    reader, writer = await asyncio.open_connection(*place.split(":"))
    writer.write(b"GET " + path + b" HTTP/1.1\r\nConnection: close\r\n")
    writer.write(f"Host: {place}\r\nAuthorization: CSS-Account-Token {an.session}".encode())
    writer.write(b"\r\n\r\n")
    status = int((await reader.read()).split(b" ", 2)[1])
    writer.close()

    assert status in (400, 404)
