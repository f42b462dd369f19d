# SPDX-License-Identifier: EUPL-1.2
"""Known attacks on OAuth (RFC 9700), each tried and refused."""

from urllib.parse import urlencode, urlsplit

import pytest
from joserfc.jwk import ECKey

from pod.instant import MINUTE
from tests.identity.apps import BACK, ID, Browser, a_browser, answered, challenge_of
from tests.identity.conftest import Person, Town


@pytest.fixture
async def browser(town: Town, an: Person) -> Browser:
    return await a_browser(town, an)


@pytest.fixture
async def thief(town: Town, bob: Person, browser: Browser) -> Browser:
    return await a_browser(town, bob, "bob")


async def test_a_code_put_into_another_browser_does_not_fit_its_verifier(
    browser: Browser, thief: Browser
) -> None:
    """Code injection: PKCE binds the code to the browser that asked for it."""
    stolen = (await browser.say_yes())["code"]
    said = await thief.redeem(stolen)

    assert (said.status, said.json["error"]) == (400, "invalid_grant")
    assert (await browser.redeem(stolen)).status == 200


async def test_pkce_cannot_be_left_out_on_either_side(browser: Browser) -> None:
    """PKCE downgrade."""
    bare = await browser.authorize(code_challenge=None, code_challenge_method=None)
    plain = await browser.authorize(code_challenge_method="plain")
    code = (await browser.say_yes())["code"]
    without = await browser.redeem(code, code_verifier=None)
    as_plain = await browser.redeem(code, code_verifier=challenge_of(browser.verifier))

    for said in (bare, plain):
        assert answered(said.headers["Location"])["error"] == "invalid_request"
    assert without.json["error"] == "invalid_request"
    assert as_plain.json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/back?kind=1%0d%0aLocation:%20https://thief.example",
        "https://app.example.thief.example/back?kind=1",
        "https://app.example:443/back?kind=1",
        "https://app.example/back?kind=1&kind=2",
        "https://app.example/back?kind=%31",
        "https://app.example//back?kind=1",
        "https://thief.example/https://app.example/back?kind=1",
        "http://app.example/back?kind=1",
        "data:text/html,x",
        "\\\\thief.example",
        "https://app.example@thief.example/back?kind=1",
        "https://app.example\\@thief.example/back?kind=1",
        "https://an@app.example/back?kind=1",
        "https://app.example./back?kind=1",
        "https://APP.example/back?kind=1",
        "https://app.example/x/../back?kind=1",
        "https://app.example/back?kind=1#",
        "https://app.example/back?kind=1#code=x",
        "https://аpp.example/back?kind=1",  # noqa: RUF001 - a Cyrillic letter on purpose
        "https://xn--pp-7kc.example/back?kind=1",
        "//app.example/back?kind=1",
        "javascript:alert(1)",
        " https://app.example/back?kind=1",
    ],
)
async def test_no_trick_with_the_redirect_address_works(browser: Browser, uri: str) -> None:
    """Redirect tricks, and no open redirector: neither by an answer nor by an error."""
    for more in ({}, {"response_type": "token"}, {"prompt": "none"}):
        said = await browser.authorize(redirect_uri=uri, **more)

        assert (said.status, "Location" in said.headers) == (400, False)


async def test_every_answer_says_which_server_gave_it(town: Town, browser: Browser) -> None:
    """Mix-up: iss, as the metadata has it, also in errors."""
    issuer = (await town.look(".well-known/openid-configuration")).json["issuer"]
    refused = await browser.authorize(prompt="none")

    assert answered(refused.headers["Location"])["iss"] == issuer
    assert (await browser.say_yes())["iss"] == issuer


async def test_an_answer_of_the_app_cannot_be_overwritten_by_its_state(browser: Browser) -> None:
    told = await browser.say_yes(state="x&iss=https://thief.example/&code=1")

    assert told["state"] == "x&iss=https://thief.example/&code=1"
    assert told["iss"] == browser.town.base


async def test_a_question_cannot_be_planted_in_another_browser(
    town: Town, browser: Browser, thief: Browser
) -> None:
    """CSRF on login: the page of a question only opens in the browser that brought it."""
    planted = await thief.question()

    assert await browser.find(planted.id, browser="") is None
    await browser.question()
    assert await browser.find(planted.id) is None
    headers = {"Authorization": f"CSS-Account-Token {browser.session}"}
    said = await town.ask("POST", ".account/oidc/consent/", json={}, headers=headers)
    assert said.status == 400


async def test_the_resume_address_gives_nothing_to_another_browser(
    town: Town, browser: Browser, thief: Browser
) -> None:
    found = await browser.question()
    said = await thief.go(f".oidc/auth/{found.id}")

    assert (said.status, "Location" in said.headers) == (400, False)


async def test_a_code_used_twice_at_once_gives_tokens_once_at_most(browser: Browser) -> None:
    """Code reuse: the second ends what the first gave."""
    code = (await browser.say_yes())["code"]
    first = await browser.redeem(code)
    second = await browser.redeem(code, key=ECKey.generate_key("P-256"))

    assert (first.status, second.status) == (200, 400)
    assert not await browser.may_read(first.json["access_token"])
    # Nor does it come back: the session has to ask anew.
    said = await browser.authorize(prompt="none")
    assert answered(said.headers["Location"])["error"] == "consent_required"


async def test_a_long_used_code_still_ends_what_it_gave(browser: Browser) -> None:
    code = (await browser.say_yes())["code"]
    given = (await browser.redeem(code)).json
    browser.town.now.advance(5 * MINUTE)
    await browser.redeem(code)

    assert not await browser.may_read(given["access_token"])


async def test_a_refresh_token_is_no_code_and_a_code_no_refresh_token(browser: Browser) -> None:
    code = (await browser.say_yes())["code"]
    other = (await browser.tokens())["refresh_token"]

    assert (await browser.refresh(code)).json["error"] == "invalid_grant"
    assert (await browser.redeem(other)).json["error"] == "invalid_grant"


async def test_tokens_of_an_app_do_not_work_with_another_key(browser: Browser) -> None:
    given = await browser.tokens()

    assert not await browser.may_read(given["access_token"], ECKey.generate_key("P-256"))


async def test_the_browser_is_led_on_by_a_get_and_tells_nobody(browser: Browser) -> None:
    """RFC 9700 §4.12: 303, so that no form with a password is sent on; no Referer."""
    await browser.say_yes()
    said = await browser.authorize(prompt="none")

    assert said.status == 303
    assert said.headers["Referrer-Policy"] == "no-referrer"
    assert "#" not in said.headers["Location"]
    assert urlsplit(said.headers["Location"]).netloc == urlsplit(BACK).netloc


async def test_the_pages_of_the_provider_cannot_be_framed(browser: Browser) -> None:
    """Clickjacking."""
    for path in (".oidc/auth", ".oidc/session/end"):
        policy = (await browser.go(path)).headers["Content-Security-Policy"]

        assert "frame-ancestors 'none'" in policy
        assert "script-src" not in policy
        assert "default-src 'none'" in policy


async def test_consent_is_a_scope_only_when_it_was_named(town: Town, browser: Browser) -> None:
    town.elsewhere[ID] = {**town.elsewhere[ID], "scope": "openid webid consent offline_access"}
    plain = (await browser.redeem((await browser.say_yes())["code"])).json
    named = await browser.say_yes(scope="openid webid consent offline_access")
    given = (await browser.redeem(named["code"])).json

    assert "consent" not in plain["scope"].split()  # KC-2
    assert "consent" in given["scope"].split()
    more = await browser.refresh(plain["refresh_token"], scope="openid webid consent")
    assert more.json["error"] == "invalid_scope"


async def test_a_flood_of_parameters_is_refused(browser: Browser) -> None:
    many = urlencode([(f"a{number}", "1") for number in range(100)])
    said = await browser.go(".oidc/auth", urlencode(browser.wish()) + "&" + many)

    assert said.status == 400


async def test_an_app_that_signs_in_with_a_password_grant_is_refused(browser: Browser) -> None:
    form = {"grant_type": "password", "client_id": ID, "username": "an", "password": "x"}
    said = await browser.town.token(form, browser.key)

    assert said.json["error"] == "unsupported_grant_type"
