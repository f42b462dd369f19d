# SPDX-License-Identifier: EUPL-1.2
"""Pages that only their reader can use: sessions, forms, headers, and what outsiders get."""

import re

import pytest

from dashboard.forms import new_seed, safe_next, token_of
from pod.instant import HOUR, MINUTE
from tests.dashboard.conftest import PASSWORD, Browser, Town
from tests.dashboard.test_flow import AUGUST, say_yes, with_slips

PRIVATE = ("/-/requests", "/-/grants", "/-/log", "/-/requests/x", "/-/grants/x", "/-/receipts/x")
OPEN = ("/-/", "/-/help", "/-/help/grant-withdrawn", "/-/constraints/containment",
        "/-/constraints/acl", "/-/constraints/profile", "/-/constraints/quota")  # fmt: skip


async def test_the_root_leads_browsers_on_and_tells_programs_404(someone: Browser) -> None:
    person = await someone.get("/", Accept="text/html,application/xhtml+xml,*/*;q=0.8")
    program = await someone.get("/", Accept="*/*")
    reader = await someone.get("/", Accept="text/turtle, text/html;q=0.5")

    assert (person.status, person.location) == (303, "/-/")
    assert (program.status, reader.status) == (404, 404)
    assert program.headers["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize("path", PRIVATE)
async def test_a_private_page_leads_to_signing_in_and_back(someone: Browser, path: str) -> None:
    answer = await someone.get(path)

    assert (answer.status, answer.location) == (303, f"/-/sign-in?next={path}")
    assert f'name="next" value="{path}"' in (await someone.get(answer.location)).text


@pytest.mark.parametrize("path", [*OPEN, "/-/nothing-here"])
async def test_every_page_has_the_safe_headers_and_one_heading(someone: Browser, path: str) -> None:
    page = await someone.get(path)

    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in page.headers
    assert page.text.count("<h1") == 1
    assert page.text.count("<main") == 1
    assert " \u2013 Kluis</title>" in page.text
    assert (
        re.sub(  # decision 22: a file of ours, nothing inline
            r'<script src="/-/static/passkey\.js\?v=\w+" defer></script>', "", page.text
        ).count("<script")
        == 0
    )
    assert not re.search(r"\son\w+=", page.text)
    assert "style=" not in page.text
    assert page.status == (404 if "nothing" in path else 200)


async def test_a_wrong_password_and_an_unknown_address_look_the_same(someone: Browser) -> None:
    wrong = await someone.sign_in(password="not the password")
    unknown = await someone.sign_in(email="nobody@example.org")

    assert wrong.status == unknown.status == 422
    assert wrong.text.replace("an@example.org", "") == unknown.text.replace(
        "nobody@example.org", ""
    )
    assert "not the password" not in wrong.text
    assert "kluis" not in someone.cookies


async def test_too_many_tries_are_told_to_wait(someone: Browser) -> None:
    for _ in range(10):
        await someone.sign_in(password="not the password")

    answer = await someone.sign_in()

    assert answer.status == 422
    assert "Wacht een kwartier" in answer.text


async def test_the_session_cookie_is_as_decided_and_new_at_each_sign_in(
    someone: Browser, town: Town
) -> None:
    first = await someone.sign_in()
    old = someone.cookies["kluis"]
    fields = {
        "form-token": (await someone.get("/-/sign-in")).token("/-/sign-in#fouten"),
        "email": "an@example.org",
        "password": PASSWORD,
    }
    await someone.post("/-/sign-in", fields)
    new, someone.cookies["kluis"] = someone.cookies["kluis"], old

    assert re.fullmatch(  # decision 30
        r"kluis=[\w-]{43}; Path=/; HttpOnly; SameSite=Lax", first.headers["Set-Cookie"]
    )
    assert new != old
    assert (await someone.get("/-/log")).status == 303


async def test_pages_ask_to_sign_in_again_when_idle_or_after_twelve_hours(
    an: Browser, town: Town
) -> None:
    for _ in range(26):
        town.now.advance(28 * MINUTE)
        last = (await an.get("/-/log")).status
    fresh = await an.sign_in()
    town.now.advance(31 * MINUTE)

    assert 26 * 28 * MINUTE > 12 * HOUR
    assert last == 303
    assert fresh.status == 303
    assert (await an.get("/-/log")).status == 303


async def test_signing_out_ends_the_session_itself(an: Browser) -> None:
    kept = dict(an.cookies)

    await an.send("/-/log", "/-/sign-out")

    an.cookies = kept
    assert (await an.get("/-/log")).status == 303


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Referer": "http://127.0.0.1/-/"},
    ],
    ids=str,
)
async def test_a_form_that_does_not_say_it_comes_from_us_changes_nothing(
    an: Browser, town: Town, headers: dict[str, str]
) -> None:
    grant = await say_yes(an, await with_slips(town))
    action = f"/-/grants/{grant}/withdraw"
    token = (await an.get(action)).token(action)

    answer = await an.post(action, {"form-token": token}, headers)

    assert answer.status == 403
    assert "Er is niets veranderd." in answer.text
    assert (await town.reads(AUGUST)).status == 200


async def test_a_token_of_another_form_or_session_changes_nothing(an: Browser, town: Town) -> None:
    code = await with_slips(town)
    grant = await say_yes(an, code)
    action = f"/-/grants/{grant}/withdraw"
    tokens = ["", "x", token_of(new_seed(), f"withdraw {grant}"),
              token_of(an.cookies["kluis"], f"refuse {code}"),
              token_of(an.cookies["kluis"], "withdraw other")]  # fmt: skip

    for token in tokens:
        assert (await an.post(action, {"form-token": token})).status == 403

    assert (await town.reads(AUGUST)).status == 200


async def test_looking_changes_nothing(an: Browser, town: Town) -> None:
    grant = await say_yes(an, await with_slips(town))

    for path in ("withdraw", "withdrawn", "", "withdraw?form-token=x"):
        await an.get(f"/-/grants/{grant}/{path}".rstrip("/"))
    await an.get("/-/sign-out")

    assert (await town.reads(AUGUST)).status == 200
    assert (await an.get("/-/log")).status == 200


async def test_a_session_that_ended_meanwhile_keeps_the_choices(an: Browser, town: Town) -> None:
    code = await with_slips(town)
    notice = (await an.get(f"/-/requests/{code}")).field("notice")
    town.now.advance(31 * MINUTE)

    answer = await an.post(f"/-/requests/{code}/approve", {"notice": notice, "give": "1"})

    form = await an.get(answer.location)
    back = f"/-/requests/{code}/approve?notice={notice}&amp;give=1"
    assert f'name="next" value="{back}"' in form.text
    assert (await town.reads(AUGUST)).status == 403


async def test_the_language_follows_the_browser_until_one_is_chosen(someone: Browser) -> None:
    dutch = await someone.get("/-/")
    fields = {"form-token": dutch.token("/-/language"), "language": "en", "next": "/-/help"}
    chosen = await someone.post("/-/language", fields)
    english = await someone.get(chosen.location)

    assert '<html lang="nl">' in dutch.text
    assert chosen.location == "/-/help"
    assert '<html lang="en">' in english.text
    assert "<h1>Help</h1>" in english.text


@pytest.mark.parametrize(
    "text",
    ["https://evil.example/", "//evil.example", "/an/x", "/-/\\evil", "/-/a\r\nX: y", "-/", ""],
)
def test_signing_in_never_leads_away(text: str) -> None:
    assert safe_next(text) == "/-/"  # T-15


async def test_a_form_that_is_too_large_or_of_another_type_is_refused(an: Browser) -> None:
    large = await an.post("/-/language", {"x": "y" * 70_000})
    other = await an.post(
        "/-/language", {}, {"Content-Type": "application/json", "Origin": an.base[:-1]}
    )

    assert (large.status, other.status) == (413, 415)


async def test_the_sheet_may_be_kept_and_nothing_else_is_served(someone: Browser) -> None:
    page = await someone.get("/-/")
    link = re.search(r'href="(/-/static/theme\.css\?v=\w+)"', page.text)
    assert link is not None

    sheet = await someone.get(link[1])

    assert sheet.headers["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in sheet.headers["Cache-Control"]
    assert len(sheet.text) + len(page.text) < 100_000
    for path in ("/-/static/..%2Froutes.py", "/-/static/x", "/-/static/"):
        assert (await someone.get(path)).status == 404
