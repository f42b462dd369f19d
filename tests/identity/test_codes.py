# SPDX-License-Identifier: EUPL-1.2
"""From an app's question to tokens: the whole code flow, and codes that do not fit (OP-29)."""

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from pod.instant import SECOND
from tests.identity.apps import BACK, ID, Browser, a_browser
from tests.identity.conftest import Person, Town


@pytest.fixture
async def browser(town: Town, an: Person) -> Browser:
    return await a_browser(town, an)


async def test_an_app_gets_tokens_that_say_who_signed_in(town: Town, browser: Browser) -> None:
    said = await browser.say_yes()
    given = await browser.redeem(said["code"])

    assert (said["state"], said["iss"], said["kind"]) == ("st&te", town.base, "1")  # OP-18
    assert given.status == 200, given
    assert (given.json["token_type"], given.json["expires_in"]) == ("DPoP", 600)  # OP-32
    assert given.json["scope"] == "openid webid offline_access"
    assert given.headers["Cache-Control"] == "no-store"
    keys = KeySet.import_key_set((await town.look(".oidc/jwks")).json)
    access = jwt.decode(given.json["access_token"], keys, algorithms=["ES256"]).claims
    identity = jwt.decode(given.json["id_token"], keys, algorithms=["ES256"]).claims
    webid = browser.person.pod["webId"]
    assert (access["aud"], access["client_id"], access["webid"]) == ("solid", ID, webid)  # OP-35
    assert access["cnf"] == {"jkt": browser.key.thumbprint()}
    assert isinstance(access["auth_time"], int)
    assert "nonce" not in access
    assert (identity["aud"], identity["azp"]) == ([ID, "solid"], ID)  # OP-34
    assert identity["nonce"] == "n-1"
    assert await browser.may_read(given.json["access_token"])
    assert await browser.may_read(given.json["id_token"])


async def test_no_refresh_token_unless_the_person_chose_it(browser: Browser) -> None:
    without = await browser.redeem((await browser.say_yes(offline=False))["code"])
    unasked = await browser.redeem((await browser.say_yes(scope="openid webid"))["code"])

    assert "refresh_token" not in without.json
    assert "refresh_token" not in unasked.json
    assert without.json["scope"] == "openid webid"


async def test_a_code_that_comes_twice_ends_what_it_gave(browser: Browser) -> None:
    code = (await browser.say_yes())["code"]
    first = (await browser.redeem(code)).json
    again = await browser.redeem(code)

    assert (again.status, again.json["error"]) == (400, "invalid_grant")
    assert not await browser.may_read(first["access_token"])
    assert (await browser.refresh(first["refresh_token"])).json["error"] == "invalid_grant"


async def test_a_code_lives_a_minute(town: Town, browser: Browser) -> None:
    code = (await browser.say_yes())["code"]
    town.now.advance(60 * SECOND)

    assert (await browser.redeem(code)).json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"code_verifier": "x" * 129}, "invalid_request"),
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://app.example/other"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"code": "x" * 43}, "invalid_grant"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": None}, "invalid_client"),
    ],
)
async def test_what_does_not_fit_the_code_is_refused_and_does_not_use_it_up(
    browser: Browser, change: dict[str, str | None], error: str
) -> None:  # OP-36
    code = (await browser.say_yes())["code"]
    said = await browser.redeem(**({"code": code} | change))  # type: ignore[arg-type]  # by name
    after = await browser.redeem(code)

    assert said.json["error"] == error
    assert after.status == 200


async def test_another_client_cannot_use_the_code(town: Town, browser: Browser) -> None:
    other = "https://thief.example/id"
    town.elsewhere[other] = {**town.elsewhere[ID], "client_id": other}
    code = (await browser.say_yes())["code"]

    assert (await browser.redeem(code, client_id=other)).json["error"] == "invalid_grant"


async def test_a_code_can_be_bound_to_a_key_beforehand(browser: Browser) -> None:
    code = (await browser.say_yes(dpop_jkt=browser.key.thumbprint()))["code"]
    thief = await browser.redeem(code, key=ECKey.generate_key("P-256"))
    owner = await browser.redeem(code)

    assert (thief.json["error"], owner.status) == ("invalid_grant", 200)  # RFC 9449 §10


async def test_codes_and_refresh_tokens_are_kept_as_hashes(town: Town, browser: Browser) -> None:
    code = (await browser.say_yes())["code"]
    token = (await browser.redeem(code)).json["refresh_token"]
    kept = ""
    for table in ("code", "refresh", "interaction", "client_access"):
        rows = await town.db.read(lambda tx, name=table: tx.all(f"SELECT * FROM {name}"))  # type: ignore[misc]  # noqa: S608  # names of ours
        kept += " ".join(str(tuple(row)) for row in rows)

    assert kept
    assert code not in kept
    assert token not in kept


async def test_the_address_in_the_app_keeps_its_query(browser: Browser) -> None:
    said = await browser.authorize(prompt="none", code_challenge_method="plain")

    assert said.headers["Location"].startswith(BACK + "&")  # OP-18
