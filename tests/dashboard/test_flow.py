# SPDX-License-Identifier: EUPL-1.2
"""The citizen's story in plain HTML: understand, say yes to part or no, see, stop."""

import re

import pytest

from tests.dashboard.conftest import (
    AGENCY_NAME,
    IBAN,
    ILLNESS,
    Browser,
    Town,
    slip,
)

AUGUST, SEPTEMBER = "an/inkomen/2026-08.ttl", "an/inkomen/2026-09.ttl"


async def with_slips(town: Town) -> str:
    for path in (AUGUST, SEPTEMBER):
        await town.put(path, slip(path[-11:-4]))
    return await town.asked("+" + AUGUST, SEPTEMBER)


async def say_yes(an: Browser, code: str, **fields: object) -> str:
    """The code of the grant."""
    notice = (await an.get(f"/-/requests/{code}")).field("notice")
    page = f"/-/requests/{code}/approve?notice={notice}"
    answer = await an.send(page, f"/-/requests/{code}/approve", notice=notice, **fields)
    assert answer.status == 303, answer.text
    return answer.location.rsplit("/", 1)[-1]


async def test_the_overview_says_in_one_sentence_how_it_stands(an: Browser, town: Town) -> None:
    empty = await an.get("/-/")
    code = await with_slips(town)
    waiting = await an.get("/-/")

    assert "Vandaag las niemand uw gegevens." in empty.text
    assert "U deelt nu niets. Dat is in orde." in empty.text
    assert "1 vraag wacht op u." in waiting.text
    assert f'href="/-/requests/{code}"' in waiting.text


async def test_the_notice_tells_everything_in_its_order(an: Browser, town: Town) -> None:
    page = await an.get(f"/-/requests/{await with_slips(town)}")

    full = page.text[page.text.index("Alles wat u moet weten") :]
    order = (
        "Wie vraagt dit?",
        "Wat willen ze lezen?",
        "Waarvoor?",
        "Tot wanneer?",
        "Hoe vaak?",
        "Hoelang houden ze hun kopie?",
        "Wie krijgt het nog?",
        "Wat als u nee zegt?",
    )
    places = [full.index(heading) for heading in order]
    assert places == sorted(places)
    assert f"Mag <bdi>{AGENCY_NAME}</bdi> uw gegevens lezen?" in page.text
    assert "hoogstens 5 keer" in page.text


async def test_nothing_is_ticked_and_the_preview_shows_what_would_be_read(
    an: Browser, town: Town
) -> None:
    page = await an.get(f"/-/requests/{await with_slips(town)}")

    assert len(re.findall(r'type="checkbox"', page.text)) == 1  # the needed slip has none
    assert "checked" not in page.text
    assert "3412.50" in page.text
    assert IBAN not in page.text


async def test_yes_and_no_are_equal_and_as_many_steps(an: Browser, town: Town) -> None:
    code = await with_slips(town)
    page = await an.get(f"/-/requests/{code}")

    yes, no = re.findall(
        r'<button class="([^"]*)"[^>]*>(?:Ja, ik geef toestemming|Nee)<', page.text
    )
    assert yes == no
    notice = page.field("notice")
    confirm_yes = await an.get(f"/-/requests/{code}/approve?notice={notice}")
    confirm_no = await an.get(f"/-/requests/{code}/refuse?notice={notice}")
    for confirm in (confirm_yes, confirm_no):
        assert confirm.status == 200
        assert confirm.text.count(">Bevestigen<") == 1


async def test_a_yes_to_part_gives_exactly_that_part(an: Browser, town: Town) -> None:
    code = await with_slips(town)
    summary = await an.get(
        f"/-/requests/{code}/approve?notice="
        + (await an.get(f"/-/requests/{code}")).field("notice")
    )
    grant = await say_yes(an, code)

    assert "Dit deelt u niet: inkomen/2026-09.ttl." in summary.text
    page = await an.get(f"/-/grants/{grant}")
    assert "2026-08.ttl" in page.text
    assert "2026-09.ttl" not in page.text
    assert (await town.reads(AUGUST)).status == 200
    assert (await town.reads(SEPTEMBER)).status == 403


async def test_what_was_ticked_is_given_too(an: Browser, town: Town) -> None:
    grant = await say_yes(an, await with_slips(town), give="1")

    assert "2026-09.ttl" in (await an.get(f"/-/grants/{grant}")).text
    assert (await town.reads(SEPTEMBER)).status == 200


async def test_a_no_shares_nothing_and_says_so(an: Browser, town: Town) -> None:
    code = await with_slips(town)

    answer = await an.send(f"/-/requests/{code}/refuse", f"/-/requests/{code}/refuse")

    after = await an.follow(answer)
    assert "<h1>U zei nee</h1>" in after.text
    assert (await town.reads(AUGUST)).status == 403


async def test_withdrawing_takes_two_presses_and_stops_the_very_next_read(
    an: Browser, town: Town
) -> None:
    grant = await say_yes(an, await with_slips(town))
    await town.reads(AUGUST)
    overview = await an.get("/-/")
    assert f'href="/-/grants/{grant}/withdraw"' in overview.text

    answer = await an.send(f"/-/grants/{grant}/withdraw", f"/-/grants/{grant}/withdraw")

    refused = await town.reads(AUGUST)
    assert (refused.status, refused.problem) == (403, "grant-withdrawn")
    after = await an.follow(answer)
    assert re.search(r"<h1>Gestopt om <time [^>]*>\d\d:\d\d:\d\d</time></h1>", after.text)
    assert "inkomen/2026-08.ttl" in after.text
    assert "kan ze nu niets meer lezen" in after.text
    assert "hoogstens 1 jaar na het lezen" in after.text


async def test_what_is_still_reachable_after_withdrawal_is_shown(an: Browser, town: Town) -> None:
    code = await with_slips(town)
    again = await town.asked("+" + AUGUST)
    first, second = await say_yes(an, code), await say_yes(an, again)

    answer = await an.send(f"/-/grants/{first}/withdraw", f"/-/grants/{first}/withdraw")

    after = await an.follow(answer)
    assert f'href="/-/grants/{second}"' in after.text


async def test_the_log_shows_reads_and_refused_tries_with_reason_and_ground(
    an: Browser, town: Town
) -> None:
    await say_yes(an, await with_slips(town))
    await town.reads(AUGUST)
    await town.reads(SEPTEMBER)
    page = await an.get("/-/log")

    assert "inkomen/2026-08.ttl" in page.text
    assert "brutoloon, verloningsperiode, werkgever" in page.text
    assert "Uw tarief voor kinderopvang herberekenen" in page.text
    assert "met uw toestemming" in page.text
    assert "geweigerd" in page.text
    assert "Dit gegeven zit niet in de toestemming" in page.text
    assert "Vandaag is 1 keer in uw gegevens gelezen." in (await an.get("/-/")).text


async def test_the_log_goes_on_page_by_page(an: Browser, town: Town) -> None:
    await say_yes(
        an,
        await with_slips(
            town,
        ),
        give="1",
    )
    for _ in range(52):
        await town.reads(AUGUST, "HEAD")

    first = await an.get("/-/log")
    older = re.search(r'href="([^"]*)" rel="next"', first.text)
    assert older is not None
    second = await an.get(older[1].replace("&amp;", "&"))

    assert first.text.count('<th scope="row"') == 50
    assert second.text.count('<th scope="row"') == 2


async def test_a_receipt_holds_and_says_what_was_agreed(an: Browser, town: Town) -> None:
    grant = await say_yes(an, await with_slips(town))
    link = re.search(r'href="(/-/receipts/[^"]+)"', (await an.get(f"/-/grants/{grant}")).text)
    assert link is not None

    page = await an.get(link[1])

    assert "De handtekening klopt" in page.text
    assert "2026-08.ttl: brutoloon, verloningsperiode, werkgever" in page.text
    assert "u gaf toestemming" in page.text


async def test_a_receipt_that_was_changed_is_called_broken(an: Browser, town: Town) -> None:
    grant = await say_yes(an, await with_slips(town))
    link = re.search(r'href="(/-/receipts/[^"]+)"', (await an.get(f"/-/grants/{grant}")).text)
    assert link is not None
    await town.house.db.write(
        None, lambda tx: tx.run("UPDATE receipt SET jws = replace(jws, '.', '.A')")
    )

    page = await an.get(link[1])

    assert "De handtekening klopt niet" in page.text
    assert 'class="state good"' not in page.text


async def test_a_second_press_gives_the_first_result(an: Browser, town: Town) -> None:
    code = await with_slips(town)
    notice = (await an.get(f"/-/requests/{code}")).field("notice")
    form = await an.get(f"/-/requests/{code}/approve?notice={notice}")
    action = f"/-/requests/{code}/approve"
    fields = {"form-token": form.token(action + "#fouten"), "notice": notice}

    first, second = await an.post(action, fields), await an.post(action, fields)

    assert first.status == second.status == 303
    assert first.location == second.location
    listed = (await an.get("/-/grants")).text
    assert len(re.findall(r'href="/-/grants/[^/"]+"', listed)) == 1


async def test_two_tabs_cannot_contradict_each_other(an: Browser, town: Town) -> None:
    code = await with_slips(town)
    notice = (await an.get(f"/-/requests/{code}")).field("notice")
    form = await an.get(f"/-/requests/{code}/approve?notice={notice}")
    await an.send(f"/-/requests/{code}/refuse", f"/-/requests/{code}/refuse")

    action = f"/-/requests/{code}/approve"
    answer = await an.post(action, {"form-token": form.token(action + "#fouten"), "notice": notice})

    assert answer.status == 409
    assert "U antwoordde al eerder op deze vraag." in answer.text
    assert (await town.reads(AUGUST)).status == 403


async def test_data_that_changed_while_she_read_is_shown_anew(an: Browser, town: Town) -> None:
    code = await with_slips(town)
    notice = (await an.get(f"/-/requests/{code}")).field("notice")
    form = await an.get(f"/-/requests/{code}/approve?notice={notice}")
    await town.put(AUGUST, b"<> <http://e/p> 1 .")

    action = f"/-/requests/{code}/approve"
    answer = await an.post(action, {"form-token": form.token(action + "#fouten"), "notice": notice})

    assert answer.status == 409
    assert "De vraag is veranderd" in answer.text
    assert answer.field("notice") != notice
    assert (await town.reads(AUGUST)).status == 403


async def test_choosing_nothing_is_told_beside_the_field_and_in_the_title(
    an: Browser, town: Town
) -> None:
    await town.put(AUGUST, slip("2026-08"))
    code = await town.asked(AUGUST)
    notice = (await an.get(f"/-/requests/{code}")).field("notice")

    page = await an.get(f"/-/requests/{code}/approve?notice={notice}")

    assert page.status == 422
    assert "<title>Fout: " in page.text
    assert 'href="#choose"' in page.text
    assert 'role="alert"' in page.text


async def test_special_categories_take_a_yes_each_and_a_fresh_sign_in(
    an: Browser, town: Town
) -> None:
    await town.put("an/ziek.txt", f"<> a <{ILLNESS}> .".encode(), "text/turtle")
    code = await town.asked("+an/ziek.txt")
    notice = (await an.get(f"/-/requests/{code}")).field("notice")
    action = f"/-/requests/{code}/approve"
    form = await an.get(f"{action}?notice={notice}")
    fields = {"form-token": form.token(action + "#fouten"), "notice": notice}

    without = await an.post(action, fields)
    town.now.advance(20 * 60_000)
    late = await an.post(action, {**fields, "confirm": ILLNESS})
    await an.post(
        "/-/sign-in",
        {
            "form-token": (await an.get(late.location)).token("/-/sign-in#fouten"),
            "email": "an@example.org",
            "password": "een lang wachtwoord",
        },
    )
    fresh = await an.send(f"{action}?notice={notice}", action, notice=notice, confirm=ILLNESS)

    assert 'type="checkbox"' in form.text
    assert "checked" not in form.text
    assert without.status == 422
    assert 'href="#confirm"' in without.text
    assert late.location.startswith("/-/sign-in?next=/-/requests/")
    assert fresh.location.startswith("/-/grants/")


async def test_somebody_elses_things_are_not_there(an: Browser, town: Town) -> None:
    await town.put("youssef/x.ttl", slip("2026-08"))
    code = await town.asked("+youssef/x.ttl", subject="youssef")

    for path in (f"/-/requests/{code}", f"/-/requests/{code}/approve", f"/-/grants/{code}",
                 f"/-/grants/{code}/withdraw", f"/-/receipts/{code}"):  # fmt: skip
        page = await an.get(path)
        assert page.status == 404, path
        assert "Hier is niets van u" in page.text
        assert AGENCY_NAME not in page.text


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "<img src=x onerror=y>"])
async def test_texts_of_agencies_are_text(an: Browser, town: Town, text: str) -> None:
    await town.put(AUGUST, slip("2026-08"))
    await town.house.db.write(
        None,
        lambda tx: tx.run(
            "UPDATE purpose SET body = replace(body, 'Uw tarief voor', :text)", text=text
        ),
    )
    code = await town.asked("+" + AUGUST, ifRefused={"nl": text})
    notice = (await an.get(f"/-/requests/{code}")).field("notice")
    grant = await say_yes(an, code)

    for path in ("/-/", f"/-/requests/{code}", f"/-/requests/{code}/approve?notice={notice}",
                 "/-/grants", f"/-/grants/{grant}", f"/-/grants/{grant}/withdraw"):  # fmt: skip
        page = await an.get(path)
        assert text not in page.text, path
        assert "&lt;" in page.text, path  # T-13
