# SPDX-License-Identifier: EUPL-1.2
"""The authorization endpoint: what it refuses and how, and what each prompt means (OP-16 to 20)."""

from urllib.parse import urlencode

import pytest

from identity.accounts.sessions import close_session, find_session, hash_of, new_value, open_session
from identity.provider.apps import apps_of
from identity.provider.interactions import allow, needs_sign_in, refuse
from pod.errors import Gone, NotSignedIn, Unreadable
from pod.instant import HOUR, SECOND
from tests.identity.apps import BACK, ID, Browser, a_browser, answered, register
from tests.identity.conftest import Person, Said, Town


@pytest.fixture
async def browser(town: Town, an: Person) -> Browser:
    return await a_browser(town, an)


def error_of(said: Said) -> str:
    assert said.status == 303, said
    return answered(said.headers["Location"])["error"]


async def test_a_question_leads_to_a_page_in_this_browser(town: Town, browser: Browser) -> None:
    said = await browser.authorize()

    assert said.status == 303
    assert said.headers["Location"].startswith(f"{town.base}-/app/")
    assert said.headers["Cache-Control"] == "no-store"
    assert "HttpOnly" in said.headers["Set-Cookie"]
    assert "Access-Control-Allow-Origin" not in said.headers  # OP-38
    code = said.headers["Location"].rsplit("/", 1)[1]
    found = await browser.find(code)
    assert found is not None
    assert found.offline
    assert found.scopes == {"openid", "webid"}
    assert await browser.find(code, browser="x" * 43) is None  # OP-25
    assert await browser.find("x" * 43) is None


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": None},
        {"client_id": "nobody"},
        {"client_id": "https://app.example/other"},
        {"client_id": "https://app.example/id\r\nX: y"},
        {"redirect_uri": None},
        {"redirect_uri": "https://thief.example/back"},
        {"redirect_uri": BACK + "&more=1"},
        {"redirect_uri": BACK + "#here"},
        {"redirect_uri": "https://app.example/back"},
        {"redirect_uri": "https://app.example/back/../back?kind=1"},
        {"redirect_uri": "HTTPS://app.example/back?kind=1"},
        {"redirect_uri": "https://app.example@thief.example/back?kind=1"},
        {"redirect_uri": "javascript:alert(1)"},
    ],
)
async def test_a_wrong_client_or_address_is_a_page_and_never_a_redirect(
    browser: Browser, change: dict[str, str | None]
) -> None:  # OP-17
    said = await browser.authorize(**change)

    assert said.status == 400
    assert said.headers["Content-Type"].startswith("text/html")
    assert "Location" not in said.headers
    assert "frame-ancestors 'none'" in said.headers["Content-Security-Policy"]


@pytest.mark.parametrize("twice", ["client_id", "redirect_uri"])
async def test_two_clients_or_addresses_are_a_page(browser: Browser, twice: str) -> None:
    wish = browser.wish()
    said = await browser.go(".oidc/auth", urlencode([*wish.items(), (twice, wish[twice])]))

    assert (said.status, "Location" in said.headers) == (400, False)


async def test_markup_in_what_the_app_sends_is_shown_as_text(browser: Browser) -> None:
    said = await browser.authorize(redirect_uri='https://x.example/"><script>alert(1)</script>')

    assert said.status == 400
    assert "<script" not in said.json


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none consent"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"dpop_jkt": "x"}, "invalid_request"),
        ({"request": "a.b.c"}, "request_not_supported"),
        ({"request_uri": "https://x.example/"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"scope": "openid consent"}, "invalid_scope"),
        ({"id_token_hint": "a.b.c"}, "invalid_request"),
        ({"nonce": "x" * 3000}, "invalid_request"),
    ],
)
async def test_every_other_error_goes_back_with_state_and_iss(
    town: Town, browser: Browser, change: dict[str, str | None], error: str
) -> None:  # OP-17, RFC 9207
    said = await browser.authorize(**change)
    told = answered(said.headers["Location"])

    assert said.headers["Location"].startswith(BACK)
    assert (told["error"], told["state"], told["iss"]) == (error, "st&te", town.base)


async def test_a_parameter_that_comes_twice_is_an_error(browser: Browser) -> None:
    said = await browser.go(".oidc/auth", urlencode([*browser.wish().items(), ("state", "2")]))

    assert error_of(said) == "invalid_request"
    assert "state" not in answered(said.headers["Location"])


async def test_unknown_scopes_are_let_be(browser: Browser) -> None:
    assert (await browser.question(scope="openid webid mail")).scopes == {"openid", "webid"}


async def test_a_post_asks_the_same_as_a_get(town: Town, browser: Browser) -> None:
    said = await browser.go(".oidc/auth", data=urlencode(browser.wish()))

    assert said.status == 303  # OP-16; what a form brings no cookies for is asked again by GET
    query = said.headers["Location"].removeprefix(f"{town.base}.oidc/auth?")
    assert (
        (await browser.go(".oidc/auth", query)).headers["Location"].startswith(f"{town.base}-/app/")
    )


async def test_a_credential_is_no_app(browser: Browser) -> None:
    said = await browser.authorize(client_id=browser.person.credential["id"])

    assert said.status == 400


async def test_without_a_session_none_is_login_required(town: Town, browser: Browser) -> None:
    browser.session = ""

    assert error_of(await browser.authorize(prompt="none")) == "login_required"


async def test_an_app_that_was_never_let_in_is_consent_required(browser: Browser) -> None:
    assert error_of(await browser.authorize(prompt="none")) == "consent_required"


async def test_a_reload_goes_through_in_the_same_session(browser: Browser) -> None:
    await browser.tokens()
    said = answered((await browser.authorize(prompt="none")).headers["Location"])
    given = await browser.redeem(said["code"])

    assert given.status == 200  # OP-19
    assert "refresh_token" in given.json  # it was chosen before


async def test_a_reload_gives_no_refresh_token_that_was_not_chosen(browser: Browser) -> None:
    await browser.redeem((await browser.say_yes(offline=False))["code"])
    said = answered((await browser.authorize(prompt="none")).headers["Location"])

    assert "refresh_token" not in (await browser.redeem(said["code"])).json


async def test_more_scopes_than_before_ask_again(town: Town, browser: Browser) -> None:
    town.elsewhere[ID] = {**town.elsewhere[ID], "scope": "openid webid offline_access consent"}
    await browser.say_yes()

    said = await browser.authorize(prompt="none", scope="openid webid consent")
    assert error_of(said) == "consent_required"


@pytest.mark.parametrize("remember", [True, False])
async def test_only_what_was_remembered_holds_in_another_session(
    town: Town, browser: Browser, remember: bool
) -> None:
    await browser.tokens(remember=remember)
    account, value = await browser.account(), new_value()
    await town.db.write(None, close_session, browser.session, town.now())
    await town.db.write(None, _open, value, account, town.now())
    browser.session = value
    said = answered((await browser.authorize(prompt="none")).headers["Location"])

    assert ("code" in said) == remember
    assert said.get("error") == (None if remember else "consent_required")
    if remember:
        given = (await browser.redeem(said["code"])).json
        assert await browser.may_read(given["access_token"])
        # What is given anew ends with the session that it was given in.
        await town.db.write(None, close_session, value, town.now())
        assert not await browser.may_read(given["access_token"])


async def _open(tx: object, value: str, account: str, now: int) -> None:
    await open_session(tx, value, account, now, signed_in=True, acr="high")  # type: ignore[arg-type]  # a Tx


async def test_without_a_prompt_a_known_app_goes_through(browser: Browser) -> None:
    await browser.say_yes()

    assert "code" in answered((await browser.authorize(prompt=None)).headers["Location"])


@pytest.mark.parametrize("prompt", ["consent", "login", "select_account"])
async def test_these_prompts_always_show_a_page(town: Town, browser: Browser, prompt: str) -> None:
    await browser.say_yes(remember=True)
    said = await browser.authorize(prompt=prompt)

    assert said.headers["Location"].startswith(f"{town.base}-/app/")


async def test_max_age_counts_from_the_last_sign_in(town: Town, browser: Browser) -> None:
    await browser.say_yes()
    town.now.advance(100 * SECOND)

    assert "code" in answered(
        (await browser.authorize(prompt="none", max_age="200")).headers["Location"]
    )
    assert error_of(await browser.authorize(prompt="none", max_age="50")) == "login_required"


@pytest.mark.parametrize(
    ("change", "needed"),
    [
        ({}, False),
        ({"prompt": "login"}, True),
        ({"max_age": "0"}, True),
        ({"max_age": "3000"}, False),
        ({"acr_values": "higher"}, True),
    ],
)
async def test_some_questions_need_a_fresh_sign_in(
    town: Town, browser: Browser, change: dict[str, str], needed: bool
) -> None:
    town.now.advance(10 * SECOND)
    found = await browser.question(**change)
    session = await town.db.read(find_session, browser.session, town.now())
    account, value = await browser.account(), new_value()
    town.now.advance(1)
    await town.db.write(None, _open, value, account, town.now())
    fresh = await town.db.read(find_session, value, town.now())

    assert needs_sign_in(found, session, town.now()) is needed
    assert needs_sign_in(found, None, town.now())
    assert not needs_sign_in(found, fresh, town.now())


async def test_allowing_looks_again_whether_a_sign_in_is_needed(
    town: Town, browser: Browser
) -> None:
    town.now.advance(1)
    with pytest.raises(NotSignedIn):
        await browser.say_yes(prompt="login")


async def test_one_question_has_one_answer(town: Town, browser: Browser) -> None:
    found = await browser.question()
    told = answered(await refuse(town.db, found, town.now))

    assert (told["error"], told["iss"]) == ("access_denied", town.base)
    with pytest.raises(Gone):
        await refuse(town.db, found, town.now)


async def test_a_question_ends_after_an_hour(browser: Browser, town: Town) -> None:
    found = await browser.question()
    town.now.advance(HOUR)

    assert await browser.find(found.id) is None


async def test_only_a_linked_webid_of_the_signed_in_account(
    town: Town, browser: Browser, bob: Person
) -> None:  # OP-22
    found = await browser.question()
    account = await browser.account()
    other = (await (await a_browser(town, bob, "bob")).account(), bob.pod["webId"])
    for named, webid, error in (
        (account, other[1], Unreadable),
        (other[0], other[1], NotSignedIn),
    ):
        with pytest.raises(error):
            await allow(
                town.db,
                found,
                hash_of(browser.session),
                named,
                webid,
                remember=False,
                offline=False,
                now=town.now,
            )

    assert await town.db.read(apps_of, account, town.now()) == []


async def test_a_hint_of_another_person_is_not_answered_with_this_one(
    town: Town, browser: Browser, bob: Person
) -> None:
    his = await a_browser(town, bob, "bob")
    hint = (await his.tokens())["id_token"]
    await browser.say_yes()

    assert error_of(await browser.authorize(prompt="none", id_token_hint=hint)) == "login_required"
    assert (await browser.say_yes(id_token_hint=hint))["error"] == "login_required"


async def test_scripts_answer_by_the_account_api(town: Town, browser: Browser) -> None:
    """account-api: the steps of the reference server."""
    await browser.authorize()
    script = {"Authorization": f"CSS-Account-Token {browser.session}"}
    cookie = {"Cookie": f"kluis-app={browser.app}", **script}
    webid = browser.person.pod["webId"]

    async def post(what: str, data: object) -> Said:
        return await town.ask("POST", f".account/oidc/{what}/", json=data, headers=cookie)

    first = await town.ask("GET", ".account/oidc/prompt/", headers=cookie)
    picked = await post("pick-webid", {"webId": webid})
    second = await town.ask("GET", ".account/oidc/prompt/", headers=cookie)
    shown = await town.ask("GET", ".account/oidc/consent/", headers=cookie)
    said = await post("consent", {"remember": True})
    final = await browser.go(said.json["location"].removeprefix(town.base))

    assert (first.json["prompt"], second.json["prompt"]) == ("login", "consent")
    assert picked.status == 200
    assert (shown.json["client"]["client_id"], shown.json["webId"]) == (ID, webid)
    given = await browser.redeem(answered(final.headers["Location"])["code"])
    assert "refresh_token" in given.json
    assert (await post("cancel", {})).status == 400  # it was answered


async def test_scripts_may_say_no_and_choose_only_their_own(town: Town, browser: Browser) -> None:
    await browser.authorize()
    headers = {
        "Cookie": f"kluis-app={browser.app}",
        "Authorization": f"CSS-Account-Token {browser.session}",
    }
    where = ".account/oidc/pick-webid/"
    other = await town.ask("POST", where, json={"webId": "https://x.example/"}, headers=headers)
    early = await town.ask("POST", ".account/oidc/consent/", json={}, headers=headers)
    said = await town.ask("POST", ".account/oidc/cancel/", json={}, headers=headers)
    bare = await town.tell(".account/oidc/cancel/", {}, browser.session)

    assert (other.status, early.status, bare.status) == (400, 400, 400)
    assert answered(said.json["location"])["error"] == "access_denied"


async def test_a_loopback_address_may_choose_its_port(town: Town, browser: Browser) -> None:
    await register(town, "p1", "", public=True)
    town.elsewhere[ID] = {**town.elsewhere[ID], "redirect_uris": ["http://127.0.0.1/back"]}

    fits = await browser.authorize(redirect_uri="http://127.0.0.1:4567/back")  # OP-14
    other = await browser.authorize(redirect_uri="http://127.0.0.1:4567/other")
    assert (fits.status, other.status) == (303, 400)


async def test_a_script_that_signs_in_for_an_app_is_told_where_to_go_on(
    town: Town, browser: Browser
) -> None:
    """ACC-4: `location` within an app's question, and never without one."""
    await browser.authorize()
    said = {"email": "an@voorbeeld.example", "password": "an-geheim"}
    where = ".account/login/password/"

    within = await town.ask(
        "POST", where, json=said, headers={"Cookie": f"kluis-app={browser.app}"}
    )
    alone = await town.ask("POST", where, json=said)

    assert within.json["location"].startswith(f"{town.base}.oidc/auth/")
    assert "location" not in alone.json
