# SPDX-License-Identifier: EUPL-1.2
"""An app signs somebody in by plain forms: what she sees, may answer, and what is refused."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlsplit

import pytest
from aiohttp import ClientSession, DummyCookieJar

from dashboard.door_policy import POLICY, policy_with
from dashboard.foreign import form_action_of, host_of, plain_name
from pod.database import Row, Tx
from pod.instant import HOUR, MINUTE
from tests.dashboard.apps import MARKUP, asks, registered
from tests.dashboard.conftest import PASSWORD, Browser, Shown, Town
from tests.dashboard.outside import DOCUMENT, RETURN

AN = "an/profile/card#me"


def answered(shown: Shown) -> dict[str, str]:
    """What the app gets."""
    assert shown.status == 303, shown.text
    return dict(parse_qsl(urlsplit(shown.location).query))


async def give(browser: Browser, page: str, answer: str, **more: object) -> Shown:
    form = await browser.get(page)
    token = form.token(page.partition("?")[0])
    fields: dict[str, object] = {"form-token": token, "answer": answer, **more}
    if 'name="webid" value=' in form.text:
        fields.setdefault("webid", form.field("webid"))
    return await browser.post(page.partition("?")[0], fields)


async def _rows(tx: Tx) -> Sequence[Row]:
    return await tx.all("SELECT * FROM client_access WHERE kind = 'app'")


async def kept(town: Town) -> list[tuple[bool, bool, str]]:
    """The accesses that were given: offline, remembered, whose."""

    rows = await town.house.db.read(_rows)
    return [(bool(row["offline"]), bool(row["remembered"]), row["webid"]) for row in rows]


async def second_webid(town: Town) -> str:
    uri = "https://elders.example/an#ik"

    async def link(tx: Tx) -> None:
        await tx.run(
            "INSERT INTO webid (id, account, uri, kind, verified)"
            " SELECT 'w2', account, :uri, 'linked', 1 FROM webid WHERE uri = :an",
            uri=uri,
            an=town.base + AN,
        )

    await town.house.db.write(None, link)
    return uri


async def test_signing_in_leads_on_to_the_app_s_question(someone: Browser, town: Town) -> None:
    page = await asks(someone)

    first = await someone.get(page)
    form = await someone.get(first.location)
    fields = {
        "form-token": form.token("/-/sign-in#fouten"),
        "next": page,
        "email": "an@example.org",
        "password": PASSWORD,
    }
    after = await someone.post("/-/sign-in", fields)

    assert (first.status, first.location) == (303, f"/-/sign-in?next={page}")
    assert "<bdi>Mijn agenda</bdi>" in form.text
    assert f'name="next" value="{page}"' in form.text
    assert after.location == page
    assert "Laat u <bdi>Mijn agenda</bdi> toe?" in (await someone.follow(after)).text


async def test_the_page_says_who_asks_and_what_it_means(an: Browser, town: Town) -> None:
    page = (await an.get(await asks(an))).text  # OP-23

    assert '<dd dir="auto" class="breaks">Mijn agenda</dd>' in page
    assert page.count('<dd class="breaks">app.example</dd>') == 2  # client id, redirect
    assert town.base + AN in page
    assert "in uw naam lezen en schrijven" in page
    assert "Aanmelden is geen toestemming aan een instantie." in page
    assert re.search(r"hoogstens tot <time", page)
    assert "geen bewijs" not in page


async def test_an_app_that_may_decide_for_her_says_so_before_she_answers(
    an: Browser, town: Town
) -> None:
    """KC-2: the scope `consent`; "you always get a separate request" would then be untrue."""
    app = await registered(town, "Mijn toestemmingen", RETURN)
    scope = "openid webid consent"
    asking = (await an.get(await asks(an, client=app, scope=scope))).text
    plain = (await an.get(await asks(an, client=app))).text

    assert "Deze app mag dan ook voor u beslissen" in asking
    assert "ja of nee zeggen op vragen van instanties" in asking
    assert "Daarvoor krijgt u altijd een aparte vraag" not in asking
    assert asking.index("voor u beslissen") < asking.index('name="answer"')
    assert "voor u beslissen" not in plain
    assert "Daarvoor krijgt u altijd een aparte vraag" in plain


async def test_no_box_is_ticked_and_both_answers_look_alike(an: Browser) -> None:
    page = (await an.get(await asks(an))).text

    assert page.count('type="checkbox"') == 2
    assert "checked" not in page
    yes, no = re.findall(r'<button class="([^"]*)" name="answer" value="(?:allow|refuse)"', page)
    assert yes == no
    assert "<script" not in page


async def test_markup_in_a_name_is_text(an: Browser, town: Town) -> None:
    town.outside.name = MARKUP
    page = (await an.get(await asks(an))).text

    assert "<img" not in page
    assert "&lt;img src=x onerror=&#34;alert(1)&#34;&gt;Belastingdienst" in page


async def test_a_client_without_proof_is_said_to_have_none(an: Browser, town: Town) -> None:
    client = await registered(town, "evil\u202eknab", "com.example.app:/cb")
    shown = await an.get(await asks(an, client, "com.example.app:/cb"))

    assert "Deze app heeft geen bewijs van wie ze is." in shown.text
    assert "\u202e" not in shown.text
    assert "een app op dit toestel" in shown.text
    assert "form-action 'self' com.example.app:;" in shown.headers["Content-Security-Policy"]


async def test_a_yes_gives_a_code_and_nothing_more_than_was_ticked(an: Browser, town: Town) -> None:
    plain = answered(await give(an, await asks(an), "allow"))
    ticked = await give(an, await asks(an), "allow", offline="yes", remember="yes")

    assert plain["code"]
    assert (plain["state"], plain["iss"]) == ("s1", town.base)
    assert ticked.location.startswith(f"{RETURN}?")
    assert sorted(await kept(town)) == [
        (False, False, town.base + AN),
        (True, True, town.base + AN),
    ]


async def test_a_no_says_access_denied_and_gives_nothing(an: Browser, town: Town) -> None:
    said = answered(await give(an, await asks(an), "refuse"))

    assert said["error"] == "access_denied"
    assert await kept(town) == []


async def test_somebody_who_does_not_sign_in_can_go_back(someone: Browser) -> None:
    page = await asks(someone)
    form = await someone.get(f"/-/sign-in?next={page}")

    fields = {"form-token": form.token(page), "answer": "refuse"}
    assert answered(await someone.post(page, fields))["error"] == "access_denied"


async def test_an_answer_counts_once(an: Browser, town: Town) -> None:
    page = await asks(an)
    token = (await an.get(page)).token(page)
    fields = {"form-token": token, "answer": "allow", "webid": town.base + AN}

    first, again = await an.post(page, fields), await an.post(page, fields)

    assert first.status == 303
    assert again.status == 404
    assert "Deze vraag is voorbij" in again.text
    assert len(await kept(town)) == 1


async def test_another_browser_finds_nothing(an: Browser, town: Town) -> None:
    page = await asks(an)  # OP-25

    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        other = Browser(town.base, session)
        await other.sign_in("youssef@example.org")
        with_own = await asks(other)
        seen = await other.get(page)
        own = await other.get(with_own)
        fields = {"form-token": own.token(with_own), "answer": "allow"}
        sent = await other.post(page, fields | {"webid": town.base + AN})

    assert seen.status == 404
    assert "Mijn agenda" not in seen.text
    assert sent.status == 403  # the token is of another question
    assert await kept(town) == []


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "https://app.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
    ids=str,
)
async def test_a_form_from_elsewhere_allows_nothing(
    an: Browser, town: Town, headers: dict[str, str]
) -> None:
    page = await asks(an)
    token = (await an.get(page)).token(page)

    fields = {"form-token": token, "answer": "allow", "webid": town.base + AN}
    answer = await an.post(page, fields, headers)

    assert answer.status == 403
    assert await kept(town) == []


async def test_a_form_without_its_token_allows_nothing(an: Browser, town: Town) -> None:
    page = await asks(an)

    fields = {"answer": "allow", "webid": town.base + AN}
    assert (await an.post(page, fields)).status == 403
    assert await kept(town) == []


async def test_looking_allows_nothing(an: Browser, town: Town) -> None:
    page = await asks(an)
    await an.get(f"{page}?answer=allow&webid={town.base}an/profile/card%23me")

    assert await kept(town) == []


async def test_somebody_else_s_webid_is_not_taken(an: Browser, town: Town) -> None:
    theirs = f"{town.base}youssef/profile/card#me"  # OP-22

    answer = await give(an, await asks(an), "allow", webid=theirs)

    assert answer.status == 200
    assert theirs not in answer.text
    assert await kept(town) == []


async def test_who_has_two_webids_chooses_and_none_is_chosen_for_her(
    an: Browser, town: Town
) -> None:
    other, page = await second_webid(town), await asks(an)  # OP-21

    choice = await an.get(page)
    consent = await an.get(f"{page}?webid=https%3A%2F%2Felders.example%2Fan%23ik")

    assert "Als wie meldt u zich aan?" in choice.text
    assert choice.text.count('type="radio"') == 2
    assert "checked" not in choice.text
    assert consent.field("webid") == other
    await give(an, f"{page}?webid=https%3A%2F%2Felders.example%2Fan%23ik", "allow")
    assert await kept(town) == [(False, False, other)]


async def test_an_app_that_asks_for_a_choice_gets_one(an: Browser) -> None:
    page = await an.get(await asks(an, prompt="select_account"))

    assert "Als wie meldt u zich aan?" in page.text


async def test_an_app_that_asks_for_a_new_sign_in_gets_one(an: Browser, town: Town) -> None:
    town.now.advance(MINUTE)
    page = await asks(an, prompt="login")

    before = await an.get(page)
    form = await an.get(before.location)
    fields = {
        "form-token": form.token("/-/sign-in#fouten"),
        "next": page,
        "email": "an@example.org",
        "password": PASSWORD,
    }
    sent = await an.post("/-/sign-in", fields)
    after = await an.get(page)

    assert (before.status, before.location) == (303, f"/-/sign-in?next={page}")
    assert sent.status == 303
    assert after.status == 200


async def test_after_an_hour_the_question_is_over(an: Browser, town: Town) -> None:
    page = await asks(an)
    for _ in range(3):
        town.now.advance(21 * MINUTE)
        await an.get("/-/log")

    assert 63 * MINUTE > HOUR
    assert (await an.get(page)).status == 404


async def test_a_document_that_is_gone_is_told_to_the_maker(an: Browser, town: Town) -> None:
    page = await asks(an)
    town.outside.gone = True

    answer = await an.get(page)

    assert answer.status == 400
    assert "Dat ligt niet aan u." in answer.text
    assert DOCUMENT in answer.text


async def test_forms_may_lead_to_the_app_on_its_pages_and_nowhere_else(
    an: Browser, town: Town
) -> None:
    page = await asks(an)
    exact = POLICY.replace("form-action 'self'", "form-action 'self' https://app.example")

    for path in (page, f"/-/sign-in?next={page}"):
        assert (await an.get(path)).headers["Content-Security-Policy"] == exact
    for path in ("/-/", "/-/sign-in", "/-/sign-in?next=/-/app/unknown", "/-/settings"):
        assert (await an.get(path)).headers["Content-Security-Policy"] == POLICY


async def test_an_app_at_an_ipv6_address_gets_a_link(an: Browser, town: Town) -> None:
    """Chromium ignores `form-action http://[::1]:…`, so a redirect would be stopped."""
    client = await registered(town, "Lokaal", "http://[::1]/cb")
    page = await asks(an, client, "http://[::1]:8123/cb")

    answer = await give(an, page, "allow")

    assert answer.status == 200
    assert re.search(r'href="http://\[::1\]:8123/cb\?[^"]*code=', answer.text)


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("https://app.example/cb?x=1", "https://app.example"),
        ("https://APP.example:8443/cb", "https://app.example:8443"),
        ("http://127.0.0.1:51000/", "http://127.0.0.1:51000"),
        ("com.example.app:/cb", "com.example.app:"),
    ],
)
def test_the_policy_names_the_origin_and_no_path(uri: str, source: str) -> None:
    assert form_action_of(uri) == source
    assert f"form-action 'self' {source};" in policy_with(source)


@pytest.mark.parametrize(
    "source", ["", "*", "https:", "data:", "https://a; script-src *", "https://a b", "'none'"]
)
def test_the_policy_names_nothing_wider(source: str) -> None:
    assert policy_with(source) == POLICY


def test_names_are_short_and_plain() -> None:
    assert plain_name("a\u202eb\u2066c\u200bd\n e\x00") == "abcd e"
    assert len(plain_name("x" * 500)) == 80
    assert host_of("https://xn--pple-43d.com/cb") == "xn--pple-43d.com"
    assert host_of("http://[::1") == ""
