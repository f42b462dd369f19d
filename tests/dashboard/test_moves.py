# SPDX-License-Identifier: EUPL-1.2
"""Pages that make a permission less, put it to sleep, and put a question off."""

import re

import pytest

from dashboard.amounts import end_of_day, last_day
from pod.instant import DAY, text_of
from tests.dashboard.conftest import Browser, Town
from tests.dashboard.test_flow import AUGUST, SEPTEMBER, say_yes, with_slips


async def test_pausing_stops_the_very_next_read_and_resuming_gives_it_back(
    town: Town, an: Browser
) -> None:
    grant = await say_yes(an, await with_slips(town))
    page = f"/-/grants/{grant}"

    before = await town.reads(AUGUST)
    await an.send(page, f"{page}/pause")
    asleep = await town.reads(AUGUST)
    shown = await an.get(page)
    await an.send(page, f"{page}/resume")
    awake = await town.reads(AUGUST)

    assert (before.status, asleep.status, awake.status) == (200, 403, 200)
    assert asleep.problem == "grant-paused"
    assert "gepauzeerd" in shown.text
    assert "u gaf toestemming" in shown.text


async def test_a_second_press_on_pause_changes_nothing(town: Town, an: Browser) -> None:
    grant = await say_yes(an, await with_slips(town))
    page = f"/-/grants/{grant}"
    token = (await an.get(page)).token(f"{page}/pause")

    first = await an.post(f"{page}/pause", {"form-token": token})
    second = await an.post(f"{page}/pause", {"form-token": token})

    assert first.location == second.location == page
    assert (await an.get(page)).text.count("de toestemming werd gepauzeerd") == 1


async def test_everything_is_paused_in_one_press_and_woken_in_one_more(
    town: Town, an: Browser
) -> None:
    one = await say_yes(an, await with_slips(town))
    two = await say_yes(an, await town.asked("+" + SEPTEMBER, case="B-2"))
    await an.send(f"/-/grants/{two}", f"/-/grants/{two}/pause")

    await an.send("/-/grants", "/-/grants/pause-all")
    asleep = await town.reads(AUGUST)
    paused = await an.get("/-/grants")
    await an.send("/-/grants", "/-/grants/resume-all")
    awake = await town.reads(AUGUST)

    assert (asleep.problem, awake.status) == ("grant-paused", 200)
    assert "Alles pauzeren" not in paused.text
    # What she put to sleep by itself stays so.
    assert "Hervatten" in (await an.get(f"/-/grants/{two}")).text
    assert "Pauzeren" in (await an.get(f"/-/grants/{one}")).text


async def test_what_is_taken_back_is_gone_at_the_next_read(town: Town, an: Browser) -> None:
    grant = await say_yes(an, await with_slips(town), give="1")
    page = f"/-/grants/{grant}"

    form = await an.get(f"{page}/narrow")
    answer = await an.send(f"{page}/narrow", f"{page}/narrow", remove="1", count="3")
    kept, gone = await town.reads(AUGUST), await town.reads(SEPTEMBER)
    shown = await an.get(page)

    assert "checked" not in form.text
    assert answer.location == page
    assert (kept.status, gone.problem) == (200, "target-not-granted")
    assert "hoogstens 3 keer" in shown.text
    assert "u beperkte de toestemming" in shown.text


async def test_what_was_ticked_in_an_older_version_takes_nothing_else_back(
    town: Town, an: Browser
) -> None:
    grant = await say_yes(an, await with_slips(town), give="1")
    page = f"/-/grants/{grant}/narrow"
    version = (await an.get(page)).field("version")

    first = await an.send(page, page, remove="0", version=version)
    again = await an.send(page, page, remove="0", version=version)
    other = await an.send(page, page, remove="0", count="2", version=version)

    assert first.status == 303, first.text
    assert (again.status, again.location) == (303, first.location)
    assert other.status == 422
    assert "veranderde dit intussen" in other.text
    assert "checked" not in other.text
    assert (await town.reads(SEPTEMBER)).status == 200


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Kies wat er minder mag"),
        ({"count": "nul"}, "Schrijf een getal"),
        ({"count": "0"}, "Schrijf een getal"),
        ({"count": "6"}, "meer dan is gevraagd of afgesproken"),
        ({"until": "gisteren"}, "Schrijf de datum"),
        ({"until": "2001-01-01"}, "Schrijf de datum"),
        ({"until": "9999-12-31"}, "Schrijf de datum"),
        ({"until": "2090-01-01"}, "meer dan is gevraagd of afgesproken"),
        ({"remove": ["0", "1"]}, "Dan blijft er niets over"),
    ],
)
async def test_what_is_not_less_is_told_beside_its_field_and_nothing_changes(
    town: Town, an: Browser, fields: dict[str, object], said: str
) -> None:
    grant = await say_yes(an, await with_slips(town), give="1")
    page = f"/-/grants/{grant}/narrow"

    answer = await an.send(page, page, **fields)

    assert answer.status == 422
    assert said in answer.text
    assert "Fout: " in answer.text
    assert "u beperkte" not in (await an.get(f"/-/grants/{grant}")).text


async def test_a_yes_can_be_shorter_and_less_often_than_was_asked(town: Town, an: Browser) -> None:
    code = await with_slips(town)
    until = last_day(town.now() + 10 * DAY)

    grant = await say_yes(an, code, until=until, count="2")
    shown = await an.get(f"/-/grants/{grant}")

    assert "hoogstens 2 keer" in shown.text
    assert f'datetime="{text_of(end_of_day(until) or 0)}"' in shown.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"count": "6"}, "meer dan is gevraagd of afgesproken"),
        ({"until": "2090-01-01"}, "meer dan is gevraagd of afgesproken"),
        ({"count": "veel"}, "Schrijf een getal"),
        ({"until": "morgen"}, "Schrijf de datum"),
    ],
)
async def test_a_yes_is_never_wider_than_what_was_asked(
    town: Town, an: Browser, fields: dict[str, object], said: str
) -> None:
    code = await with_slips(town)
    notice = (await an.get(f"/-/requests/{code}")).field("notice")
    page = f"/-/requests/{code}/approve?notice={notice}"

    answer = await an.send(page, f"/-/requests/{code}/approve", notice=notice, **fields)

    assert answer.status == 422
    assert said in answer.text
    assert (await town.reads(AUGUST)).status == 403


async def test_a_question_that_is_put_off_waits_and_can_still_be_answered(
    town: Town, an: Browser
) -> None:
    code = await with_slips(town)
    page = f"/-/requests/{code}/later"

    put_off = await an.send(page, page, when="3")
    again = await an.send(page, page, when="1")
    listed = await an.get("/-/requests")
    grant = await say_yes(an, code)

    assert put_off.location == again.location == "/-/requests"
    assert f'href="/-/requests/{code}"' in listed.text
    assert (await an.get(f"/-/grants/{grant}")).status == 200


async def test_no_time_after_the_deadline_is_offered(town: Town, an: Browser) -> None:
    deadline = text_of(town.now() + 5 * DAY)
    code = await town.asked("+" + AUGUST, decisionDeadline=deadline)

    page = await an.get(f"/-/requests/{code}/later")
    answer = await an.send(f"/-/requests/{code}/later", f"/-/requests/{code}/later", when="14")

    assert re.findall(r'<option value="(\d+)"', page.text) == ["1", "3"]
    assert answer.location == "/-/requests"


async def test_somebody_elses_permission_cannot_be_moved(
    town: Town, an: Browser, someone: Browser
) -> None:
    grant = await say_yes(an, await with_slips(town))
    await an.send("/-/", "/-/sign-out")
    await someone.sign_in("youssef@example.org")

    looked = await someone.get(f"/-/grants/{grant}/narrow")

    assert looked.status == 404
    assert (await town.reads(AUGUST)).status == 200
