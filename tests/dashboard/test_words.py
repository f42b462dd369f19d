# SPDX-License-Identifier: EUPL-1.2
"""Every text is said in every language, and languages are chosen as people expect."""

import functools
import re

import pytest
from babel.messages.catalog import Message
from hypothesis import given
from hypothesis import strategies as st

from consent.asking.words import WORDS as NOTICES
from dashboard.catalogue import found_texts, read_catalogue, troubles
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
NOT_OURS = re.compile(
    r"\b(machtig|verzoek|aanvra|finalit|rechtsgrond|statutair|retentie|vervaldat|herroep|opschort"
    r"|schort|volmacht|gelieve|audit|grant|consent record|forbidden)",
    re.IGNORECASE,
)
NAMES_OF_HEADERS = ("Kluis-Grant",)
LONGEST = 20


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing_doubtful_or_has_other_places(language: str) -> None:
    assert troubles(language) == []


def test_the_words_are_those_of_the_list() -> None:
    said = [form for text in found_texts() for form in text.forms]

    assert len(said) > 200
    assert [text for text in said if NOT_OURS.search(_without_headers(text))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_longer_than_twenty_words(language: str) -> None:
    said = [text for message in read_catalogue(language) if message.id for text in _said(message)]
    sentences = [sentence for text in said for sentence in re.split(r"(?<=[.!?:;])\s+", text)]

    assert len(sentences) > len(said) > 200
    assert [each for each in sentences if len(each.split()) > LONGEST] == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_no_text_was_left_in_dutch(language: str) -> None:
    catalogue = read_catalogue(language)
    same = [str(message.id) for message in catalogue if message.id == message.string != ""]

    assert [text for text in same if len(text.split()) > 2] == []


def test_notices_have_every_word_and_place_in_every_language() -> None:
    dutch = NOTICES["nl"]

    for language in LANGUAGES:
        assert NOTICES[language].keys() == dutch.keys()
        for name, text in NOTICES[language].items():
            assert _places(text) == _places(dutch[name]), (language, name)


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
        (None, "zz, en;q=0.5, nl;q=0.4", "en"),
        (None, "fr-BE, en;q=0.5, nl;q=0.4", "fr"),
        (None, "fr;q=0.3, de-DE;q=0.8", "de"),
        (None, "de-CH-1996, *;q=0.1", "de"),
        ("fr", "de", "fr"),
        (None, "en;q=0.1, nl;q=0.9", "nl"),
        (None, "en;q=0", "nl"),
        (None, "zz", "nl"),
        (None, "zz-ZZ, en-GB;q=0.5", "en"),
        (None, "EN-us", "en"),
        (None, "*", "nl"),
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
    assert "24 novembre 2026, 14:05" in words["fr"].moment(1_795_525_500_000)
    assert "24. November 2026, 14:05" in words["de"].moment(1_795_525_500_000)
    assert words["fr"].day(1_796_108_400_000) == "mardi 1er décembre 2026"
    assert words["de"].day(1_796_108_400_000) == "Dienstag, 1. Dezember 2026"
    assert words["de"].length("P3M") == "3 Monate"


@pytest.mark.parametrize(("language", "form"), [("nl", 1), ("en", 1), ("fr", 0), ("de", 1)])
def test_none_has_the_form_that_the_language_gives_it(language: str, form: int) -> None:
    one, several = "{number} vraag wacht op u.", "{number} vragen wachten op u."
    catalogue, words = read_catalogue(language), load_words()[language]
    message = catalogue.get(one)

    assert message is not None
    assert words.many(one, several, 0) == _said(message)[form].replace("{number}", "0")


def _said(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def _places(text: str) -> list[str]:
    return sorted(re.findall(r"\{\w+\}", text))


def _without_headers(text: str) -> str:
    return functools.reduce(lambda said, name: said.replace(name, ""), NAMES_OF_HEADERS, text)
