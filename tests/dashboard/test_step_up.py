# SPDX-License-Identifier: EUPL-1.2
"""Sensitive data asks for a fresh sign-in, the way she signs in; choices stay (KC-14, KLU-4)."""

from html import unescape
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from dashboard.sign_in import TOO_OFTEN
from identity.accounts.sessions import hash_of, new_value, open_session
from identity.cookies import page_cookie
from identity.sign_in.passwords import TRIES_PER_ACCOUNT
from identity.upstream.logins import STEP_UP
from pod.database import Tx
from pod.instant import HOUR, MINUTE
from tests.dashboard.conftest import BURGER, ILLNESS, Browser, Shown, Town


async def tie(town: Town, email: str = "an@example.org") -> None:
    """As if she had linked the provider to her account."""

    async def add(tx: Tx) -> None:
        await tx.run(
            "INSERT INTO login (id, account, kind, subject, secret, verified, created)"
            " SELECT 'tied', account, 'oidc', :key, '', :now, :now FROM login"
            " WHERE subject = :email",
            key=f"{BURGER.issuer} 12",
            now=town.now(),
            email=email,
        )

    await town.house.db.write(None, add)


async def say_yes_late(browser: Browser, town: Town) -> tuple[Shown, str]:
    """A yes to sensitive data, from somebody who signed in a while ago; and its page."""
    await town.put("an/ziek.txt", f"<> a <{ILLNESS}> .".encode(), "text/turtle")
    await town.put("an/nog.txt", f"<> a <{ILLNESS}> .".encode(), "text/turtle")
    code = await town.asked("an/ziek.txt", "an/nog.txt")
    page = await browser.get(f"/-/requests/{code}")
    action = f"/-/requests/{code}/approve"
    chosen = {"notice": page.field("notice"), "give": "1"}
    form = await browser.get(f"{action}?notice={chosen['notice']}&give=1")
    assert form.status == 200, form.text
    fields = {"form-token": form.token(action + "#fouten"), **chosen, "confirm": ILLNESS}
    town.now.advance(6 * MINUTE)
    return await browser.post(action, fields), action


async def test_with_a_linked_provider_it_leads_there_and_back(an: Browser, town: Town) -> None:
    await tie(town)
    answer, action = await say_yes_late(an, town)

    where = urlsplit(answer.location)
    assert (answer.status, where.path) == (303, "/.account/login/oidc/burger/start/")
    query = parse_qs(where.query)
    assert (query["purpose"], query["max_age"]) == ([STEP_UP], ["300"])
    back = urlsplit(query["next"][0])
    assert back.path == action
    assert ("give", "1") in parse_qsl(back.query)


async def test_afterwards_her_choice_stands_and_her_yes_counts(an: Browser, town: Town) -> None:
    await tie(town)
    answer, action = await say_yes_late(an, town)
    await signed_in_anew(an, town)
    back = parse_qs(urlsplit(answer.location).query)["next"][0]
    page = await an.get(back)
    fields = {
        "form-token": page.token(action + "#fouten"),
        "notice": page.field("notice"),
        "give": page.field("give"),
        "confirm": ILLNESS,
    }
    given = await an.post(action, fields)

    assert fields["give"] == "1"
    assert "checked" not in page.text
    assert given.location.startswith("/-/grants/")


async def signed_in_anew(browser: Browser, town: Town) -> None:
    """What the way back from the provider leaves in her browser."""
    value = new_value()
    name = page_cookie(town.base)

    async def renew(tx: Tx) -> None:
        row = await tx.one(
            "SELECT account FROM session WHERE hash = :h", h=hash_of(browser.cookies[name])
        )
        assert row is not None
        await open_session(tx, value, row["account"], town.now(), signed_in=True, acr="high")

    await town.house.db.write(None, renew)
    browser.cookies[name] = value


async def test_without_one_it_leads_to_the_form_and_back(an: Browser, town: Town) -> None:
    answer, action = await say_yes_late(an, town)

    where = urlsplit(answer.location)
    assert where.path == "/-/sign-in"
    assert parse_qs(where.query)["next"][0].startswith(f"{action}?notice=")


async def test_somebody_signed_in_is_asked_anew_by_the_provider_too(an: Browser) -> None:
    """Else what the provider remembers would lead to the same page again."""
    anew = await an.get("/-/sign-in?next=/-/log")

    assert "burger/start/?max_age=0&next=/-/log" in unescape(anew.text)


@pytest.mark.parametrize("known", [True, False])
async def test_guesses_from_elsewhere_do_not_lock_her_out_where_she_signs_in(
    someone: Browser, town: Town, known: bool
) -> None:
    """T-27: on the page as in the account API."""
    if known:
        await someone.sign_in()
        someone.cookies.clear()
        town.now.advance(HOUR)
    for number in range(TRIES_PER_ACCOUNT):
        town.passwords.count_try("an@example.org", f"192.0.2.{number}", town.now())
    answer = await someone.sign_in()

    assert answer.status == (303 if known else 422)
    assert known or TOO_OFTEN in answer.text
