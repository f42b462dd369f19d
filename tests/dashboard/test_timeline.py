# SPDX-License-Identifier: EUPL-1.2
"""The picture of who read when, and the log as a page and as a file (ui.md §7)."""

import re
from datetime import date, timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.log.tally import Tallies, Tally, Turn
from dashboard.pages import Names
from dashboard.periods import KINDS, period_of
from dashboard.timeline import MOST_ROWS, picture_of
from pod.instant import HOUR
from tests.dashboard.conftest import Browser, Town
from tests.dashboard.test_flow import AUGUST, say_yes, with_slips

NOW = 1_795_000_000_000
days = st.dates(date(2001, 1, 1), date(2100, 1, 1))
kinds = st.sampled_from(sorted(KINDS))


@given(kinds, days)
def test_periods_lie_side_by_side_without_gap_or_overlap(kind: str, day: date) -> None:
    period = period_of(kind, day.isoformat(), NOW)

    following = period_of(kind, period.beyond.isoformat(), NOW)
    preceding = period_of(kind, period.before.isoformat(), NOW)

    assert period.first <= day < period.beyond
    assert following.start == period.end
    assert preceding.end == period.start
    assert all(0 <= tick.place < 100 for tick in period.ticks())


@given(kinds, days)
def test_the_last_step_reaches_the_end_of_the_period(kind: str, day: date) -> None:
    period = period_of(kind, day.isoformat(), NOW)

    steps = period.steps

    assert steps.start + steps.number * steps.width >= steps.end
    assert (steps.end - 1 - steps.start) // steps.width < steps.number


def test_the_days_on_which_the_clock_moves_have_23_and_25_hours() -> None:
    spring, autumn = period_of("day", "2026-03-29", NOW), period_of("day", "2026-10-25", NOW)

    assert (spring.end - spring.start, autumn.end - autumn.start) == (23 * HOUR, 25 * HOUR)


@pytest.mark.parametrize("nonsense", ["", "x", "2026-13-01", "0001-01-01", "9999-12-31", "٢٠٢٦"])
def test_an_address_that_names_no_day_means_now(nonsense: str) -> None:
    assert period_of("month", nonsense, NOW).start <= NOW < period_of("month", nonsense, NOW).end


tally_lists = st.lists(
    st.builds(
        Tally,
        st.sampled_from([None, *(f"https://a{n}.example/" for n in range(12))]),
        st.integers(0, 29),
        st.booleans(),
        st.booleans(),
        st.integers(1, 1000),
    ),
    max_size=200,
)


@given(tally_lists)
def test_every_read_that_was_counted_is_drawn_or_said_to_be_left_out(counts: list[Tally]) -> None:
    period = period_of("month", "2026-11-24", NOW)

    drawn = picture_of(Tallies(counts), period, Names(), NOW, "niemand")

    rows = {row.agency: sum(spot.number for spot in row.spots) for row in drawn.rows}
    agencies = {tally.agency or "" for tally in counts}
    assert len(drawn.rows) == min(MOST_ROWS, len(agencies))
    assert drawn.others == len(agencies) - len(drawn.rows)
    for agency, number in rows.items():
        assert number == sum(t.number for t in counts if (t.agency or "") == agency)
    assert drawn.read + drawn.refused == sum(tally.number for tally in counts)
    assert sum(len(row.spots) for row in drawn.rows) <= 2_000


def test_an_agency_that_only_got_permission_has_an_empty_row_with_the_line_of_it() -> None:
    period = period_of("month", "2026-11-24", NOW)
    turns = [Turn("https://a.example/", NOW, "create"), Turn("https://a.example/", NOW, "withdraw")]

    drawn = picture_of(Tallies(turns=turns), period, Names(), NOW, "niemand")

    assert [row.spots for row in drawn.rows] == [()]
    assert [line.begins for line in drawn.rows[0].lines] == [True, False]


async def test_the_picture_and_the_table_tell_of_the_same_reads(town: Town, an: Browser) -> None:
    await say_yes(an, await with_slips(town))
    await town.reads(AUGUST)
    await town.reads("an/diploma.jsonld")

    page = await an.get("/-/log")

    marks = re.findall(r'<a href="(/-/log[^"]+)" aria-label="([^"]+)"', page.text)
    assert [label.rsplit(": ")[-1] for _, label in marks] == [
        "1 keer gelezen",
        "1 keer geweigerd",
    ]
    assert "style=" not in page.text
    day = await an.get(marks[0][0].replace("&amp;", "&"))
    assert day.text.count('<th scope="row"') == 2


async def test_filters_show_what_fits_and_say_so_when_nothing_does(town: Town, an: Browser) -> None:
    await say_yes(an, await with_slips(town))
    await town.reads(AUGUST)

    refused = await an.get("/-/log?outcome=denied")
    other = await an.get("/-/log?agency=https%3A%2F%2Fnobody.example%2F")
    read = await an.get("/-/log?outcome=allowed")

    for page in (refused, other):
        assert "Hier is niets gelezen dat bij uw keuze past." in page.text
    assert "gelezen" in read.text
    assert '<th scope="row"' in read.text


async def test_the_log_is_kept_as_a_file_with_the_filters_of_the_page(
    town: Town, an: Browser
) -> None:
    await say_yes(an, await with_slips(town))
    await town.reads(AUGUST)

    table = await an.get("/-/log/entries?form=csv")
    linked = await an.get("/-/log/entries?form=json&outcome=allowed")
    before = await an.get("/-/log/entries?form=json&period=day&day=2001-01-01")

    assert table.headers["Content-Disposition"].startswith("attachment;")
    assert table.text.splitlines()[0].startswith("id,seq,time,resource")
    assert len(table.text.splitlines()) == 2
    assert [entry["status"] for entry in orjson.loads(linked.text)["items"]] == [200]
    assert orjson.loads(before.text)["items"] == []


async def test_the_file_of_the_log_needs_a_session_and_never_shows_anothers_pod(
    town: Town, an: Browser, someone: Browser
) -> None:
    await say_yes(an, await with_slips(town))
    await town.reads(AUGUST)
    await an.send("/-/", "/-/sign-out")

    stranger = await someone.get("/-/log/entries?form=json")
    await someone.sign_in("youssef@example.org")
    other = await someone.get("/-/log/entries?form=json&pod=0")

    assert stranger.status == 303
    assert orjson.loads(other.text)["items"] == []


async def test_a_period_long_ago_is_empty_and_leads_back(town: Town, an: Browser) -> None:
    day = (date(2020, 5, 1) + timedelta(days=3)).isoformat()

    page = await an.get(f"/-/log?period=week&day={day}")

    assert "In deze periode las niemand mee." in page.text
    assert 'rel="next"' in page.text
