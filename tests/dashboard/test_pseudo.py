# SPDX-License-Identifier: EUPL-1.2
"""The pages of these tests speak a language that shows what escaped translation; this proves that
it does. Every other test of pages, through `Browser`, is then a test of each state it reaches."""

import pytest

from dashboard.words import load_words
from tests.dashboard.browser.test_every_page import lived_in
from tests.dashboard.conftest import Browser, Town
from tests.dashboard.pseudo import OPEN, escaped, in_plain_words, marked

SAID = "<html><body><h1>⟦Mag <bdi>Opvang</bdi> uw gegevens lezen?⟧</h1></body></html>"


@pytest.mark.parametrize(
    "piece",
    [
        "<p>Niet vertaald</p>",
        "<p>⟦Vertaald⟧ en dit niet</p>",
        "<button>Verstuur</button>",
        '<input type="submit" value="Verstuur">',
        '<input placeholder="Uw naam">',
        '<img src="x.svg" alt="Een tekening">',
        '<nav aria-label="Hoofdmenu"></nav>',
        '<form data-broken="Het uploaden brak af."></form>',
        "<title>Overzicht \N{EN DASH} Kluis</title>",
    ],
)
def test_a_text_that_no_catalogue_said_is_found(piece: str) -> None:
    page = SAID.replace("</body>", f"{piece}</body>")

    assert len(escaped(page)) == 1
    with pytest.raises(AssertionError, match="said by no catalogue"):
        in_plain_words(page)


@pytest.mark.parametrize(
    "piece",
    [
        "<p>⟦Een dag van ⟦drie⟧ woorden⟧</p>",
        "<p><bdi>Peeters</bdi> <code>kluis verify-log</code></p>",
        '<p dir="auto">Dit schrijft de instantie zelf.</p>',
        '<p><span lang="en">English</span> https://an.example/ an@example.org</p>',
        '<a aria-label="⟦Intrekken⟧: Opvang"></a>',
        "<title>Opvang \N{EN DASH} Kluis</title>",
        "<dt>Wie vraagt dit?</dt>",
        '<form data-at="/.account/login/"></form>',
    ],
)
def test_names_addresses_and_notices_are_left_alone(piece: str) -> None:
    page = SAID.replace("</body>", f"{piece}</body>")

    assert escaped(page) == []
    assert OPEN not in in_plain_words(page)


async def test_the_pages_of_these_tests_speak_it(town: Town, someone: Browser) -> None:
    async with someone.web.get(f"{town.base}-/sign-in") as answer:
        page = await answer.text()

    assert page.count(OPEN) > 10
    assert escaped(page) == []


async def test_every_page_that_real_browsers_look_at_says_nothing_else(
    town: Town, an: Browser
) -> None:
    paths = await lived_in(town, an)
    answers = [await an.get(f"/-/{path}") for path in paths]

    assert len([answer for answer in answers if answer.status == 200]) > 40


def test_a_text_that_the_extractor_does_not_find_is_not_marked() -> None:
    words = marked(load_words())["nl"]

    assert OPEN not in words.say("Zomaar een tekst")
    assert OPEN not in words.many("Zomaar {number} tekst", "Zomaar {number} teksten", 2)


def test_it_says_the_same_in_every_language() -> None:
    plain, text = load_words(), "Mag {agency} uw gegevens lezen?"
    for name, words in marked(plain).items():
        said = words.say(text, agency="Opvang")

        assert words.language == name
        assert said == f"⟦{plain[name].say(text, agency='Opvang')}⟧"
