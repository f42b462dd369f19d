# SPDX-License-Identifier: EUPL-1.2
"""Every text is said in every language, and languages are chosen as people expect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.catalogue import found_texts, troubles
from dashboard.pages import GRANT_STATES, REQUEST_STATES
from dashboard.problems import PROBLEMS
from dashboard.words import LANGUAGES, choose_language, load_words, prefers_html

# KC-21
REFUSALS = [f"grant-{end}" for end in (
    "not-started", "paused", "expired", "exhausted", "withdrawn", "revoked", "invalidated",
    "relinquished", "superseded", "ambiguous", "missing")]  # fmt: skip
REFUSALS += ["purpose-mismatch", "mode-not-granted", "target-not-granted", "client-mismatch",
             "mandate-invalid", "case-mismatch", "too-soon", "log-unavailable"]  # fmt: skip
# ui.md §4: one word per thing; these are the others.
NOT_OURS = ("machtiging", "verzoek", "aanvraag", "finaliteit", "rechtsgrond", "retentie",
            "vervaldatum", "herroepen", "opschorten", "volmacht", "gelieve")  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing_doubtful_or_has_other_places(language: str) -> None:
    assert troubles(language) == []


def test_the_words_are_those_of_the_list() -> None:
    said = [form for text in found_texts() for form in text.forms]

    assert len(said) > 200
    assert [s for s in said if any(word in s.lower() for word in NOT_OURS)] == []


@pytest.mark.parametrize("name", REFUSALS)
def test_every_refusal_has_a_page_with_a_way_out(name: str) -> None:
    problem = PROBLEMS[name]

    assert problem.title
    assert problem.meaning
    assert problem.onward


def test_every_state_has_a_word() -> None:
    assert len(GRANT_STATES) == 10
    assert len(REQUEST_STATES) == 7  # neither submitted nor screened-out is ever shown


@pytest.mark.parametrize(
    ("cookie", "accepted", "language"),
    [
        (None, None, "nl"),
        (None, "nl-BE, fr;q=0.8", "nl"),
        (None, "fr, en;q=0.5, nl;q=0.4", "en"),
        (None, "en;q=0.1, nl;q=0.9", "nl"),
        (None, "en;q=0", "nl"),
        (None, "zz", "nl"),
        ("en", "nl", "en"),
        ("xx", "en-GB", "en"),
    ],
)
def test_the_chosen_language_wins_then_the_browsers(
    cookie: str | None, accepted: str | None, language: str
) -> None:
    assert choose_language(cookie, accepted) == language


@given(st.text(), st.text())
def test_no_header_breaks_the_choice(accepted: str, accept: str) -> None:
    assert choose_language(None, accepted) in LANGUAGES
    assert prefers_html(accept) in (True, False)


def test_what_is_put_into_a_text_is_escaped() -> None:
    said = load_words()["nl"].say("Mag {agency} uw gegevens lezen?", agency="<b>{x}</b>")

    assert said == "Mag &lt;b&gt;{x}&lt;/b&gt; uw gegevens lezen?"


def test_moments_are_in_brussels_in_the_readers_manner() -> None:
    words = load_words()

    assert words["nl"].moment(1_795_525_500_000) == (
        '<time datetime="2026-11-24T13:05:00Z">24 november 2026, 14:05</time>'
    )
    assert "24 November 2026" in words["en"].moment(1_795_525_500_000)
