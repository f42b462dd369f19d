# SPDX-License-Identifier: EUPL-1.2
"""A passkey after the password: switched on and off in the settings, and lost keys (KLU-3)."""

import re
from pathlib import Path

from dashboard.forms import token_of
from identity.sign_in import spare_codes
from identity.sign_in.second_step import wants_second_step
from pod.instant import MINUTE
from tests.dashboard.conftest import PASSWORD, Browser, Shown, Town
from tests.dashboard.letters import letters
from tests.dashboard.test_settings import a_passkey, account_of

STEP = "/-/settings/second-step"
CODE = re.compile(r"<code>((?:[a-z2-9]{4}-){3}[a-z2-9]{4})</code>")


async def switched_on(an: Browser, town: Town) -> list[str]:
    """Her spare codes."""
    await a_passkey(town, await account_of(town), "p1")
    page = await an.send(STEP, f"{STEP}/on")
    assert page.status == 200, page.text
    return CODE.findall(page.text)


async def second_page(browser: Browser) -> Shown:
    """The password was right; the page that asks for the rest."""
    browser.cookies.clear()
    return await browser.follow(await browser.sign_in())


async def give(browser: Browser, code: str) -> Shown:
    page = await browser.get("/-/sign-in/passkey")
    fields = {"form-token": page.token("/-/sign-in/spare-code#fouten"), "next": "/-/settings"}
    return await browser.post("/-/sign-in/spare-code", fields | {"code": code})


async def test_switching_on_gives_spare_codes_once(an: Browser, town: Town) -> None:
    off = await an.get(STEP)
    codes = await switched_on(an, town)
    on = await an.get(STEP)
    again = await an.post(f"{STEP}/on", {"form-token": _token(an, "second-step-on")})

    assert "Dat staat nu uit." in off.text
    assert f"{STEP}/on" not in off.text  # without a passkey there is nothing to switch on
    assert len(set(codes)) == spare_codes.MANY
    assert "Dat staat nu aan." in on.text
    assert "nog 8 reservecodes" in on.text
    assert not CODE.search(on.text)
    assert (again.status, again.location) == (303, STEP)
    assert await town.house.db.read(wants_second_step, await account_of(town))
    assert "Na uw wachtwoord is nu ook een passkey nodig." in (await letters(town))[-1].as_string()


def _token(browser: Browser, form: str) -> str:
    return token_of(browser.cookies["kluis"], form)


async def test_without_a_passkey_it_cannot_be_switched_on(an: Browser, town: Town) -> None:
    page = await an.post(f"{STEP}/on", {"form-token": _token(an, "second-step-on")})

    assert page.status == 422
    assert "Voeg eerst een passkey toe." in page.text
    assert not await town.house.db.read(wants_second_step, await account_of(town))


async def test_a_spare_code_comes_after_the_password_without_a_script(
    an: Browser, town: Town
) -> None:
    codes = await switched_on(an, town)
    page = await second_page(an)
    wrong = await give(an, "aaaa-bbbb-cccc-dddd")
    right = await give(an, codes[0].upper().replace("-", " "))
    inside = await an.follow(right)

    assert 'data-passkey="second-step"' in page.text
    assert wrong.status == 422
    assert 'aria-describedby="code-wrong"' in wrong.text
    assert right.location == "/-/settings"
    assert inside.status == 200
    assert "nog 7 reservecodes" in (await an.get(STEP)).text
    said = "".join(each.get_content() for each in await letters(town))
    assert "Iemand meldde zich aan met uw wachtwoord en een reservecode." in said


async def test_a_spare_code_works_once(an: Browser, town: Town) -> None:
    codes = await switched_on(an, town)
    await second_page(an)
    await give(an, codes[0])
    await second_page(an)
    again = await give(an, codes[0])

    assert again.status == 422
    assert "kluis" not in an.cookies


async def test_a_spare_code_without_the_password_opens_nothing(an: Browser, town: Town) -> None:
    codes = await switched_on(an, town)
    an.cookies.clear()
    answer = await give(an, codes[0])

    assert answer.location.startswith("/-/sign-in")
    assert "kluis" not in an.cookies
    await second_page(an)
    assert (await give(an, codes[0])).status == 303  # it was not used up by that


async def test_a_password_of_more_than_five_minutes_ago_is_over(an: Browser, town: Town) -> None:
    codes = await switched_on(an, town)
    await second_page(an)
    town.now.advance(6 * MINUTE)
    answer = await give(an, codes[0])

    assert answer.location.startswith("/-/sign-in")


async def test_somebody_else_s_spare_code_does_not_work(an: Browser, town: Town) -> None:
    codes = await switched_on(an, town)
    other = await account_of(town, "youssef@example.org")
    await a_passkey(town, other, "p2")
    an.cookies.clear()
    await an.sign_in("youssef@example.org")
    await an.send(STEP, f"{STEP}/on")
    an.cookies.clear()
    await an.follow(await an.sign_in("youssef@example.org"))

    assert (await give(an, codes[0])).status == 422


async def test_spare_codes_are_not_guessed_for_long(an: Browser, town: Town) -> None:
    codes = await switched_on(an, town)
    await second_page(an)
    for _ in range(spare_codes.TRIES_PER_ACCOUNT):
        await give(an, "aaaa-bbbb-cccc-dddd")
    late = await give(an, codes[0])

    assert late.status == 422
    assert "U probeerde het te vaak." in late.text


async def test_new_codes_end_the_old_ones(an: Browser, town: Town) -> None:
    old = await switched_on(an, town)
    page = await an.send(STEP, f"{STEP}/codes")
    new = CODE.findall(page.text)
    await second_page(an)

    assert (await give(an, old[1])).status == 422
    assert (await give(an, new[1])).status == 303


async def test_switching_off_makes_the_password_enough_and_is_mailed(
    an: Browser, town: Town
) -> None:
    await switched_on(an, town)
    answer = await an.send(STEP, f"{STEP}/off")
    page = await an.follow(answer)
    an.cookies.clear()
    inside = await an.sign_in()

    assert "Uw wachtwoord is weer genoeg" in page.text
    assert inside.location == "/-/"
    assert "kluis" in an.cookies
    assert "geen passkey meer nodig" in "".join(each.get_content() for each in await letters(town))


async def test_changing_it_takes_a_fresh_sign_in(an: Browser, town: Town) -> None:
    await switched_on(an, town)
    town.now.advance(11 * MINUTE)
    page = await an.get(STEP)
    for action, form in (
        ("off", "second-step-off"),
        ("codes", "spare-codes"),
        ("on", "second-step-on"),
    ):
        late = await an.post(f"{STEP}/{action}", {"form-token": _token(an, form)})

        assert late.location == f"/-/sign-in?next={STEP}"
    assert 'action="/-/settings/second-step' not in page.text
    assert await town.house.db.read(wants_second_step, await account_of(town))


async def test_the_last_passkey_takes_the_second_step_along_and_that_is_mailed(
    an: Browser, town: Town
) -> None:
    await switched_on(an, town)
    await an.send("/-/settings/sign-in", "/-/settings/sign-in/passkeys/p1/remove")
    said = "".join(each.get_content() for each in await letters(town))
    left = await town.house.db.read(spare_codes.codes_left, await account_of(town))

    assert "Er is een passkey verwijderd." in said
    assert "Na uw wachtwoord is geen passkey meer nodig." in said
    assert left == 0
    an.cookies.clear()
    assert (await an.sign_in(password=PASSWORD)).location == "/-/"


async def test_the_codes_themselves_are_not_kept(an: Browser, town: Town) -> None:
    codes = await switched_on(an, town)
    kept = _all_files(town.house.files.folder.parent)

    assert (await account_of(town)).encode() in kept
    assert codes[0].encode() not in kept
    assert codes[0].replace("-", "").encode() not in kept


def _all_files(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())
