# SPDX-License-Identifier: EUPL-1.2
"""The pages of the provider itself speak the language that was chosen or that a browser prefers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.provider.plain_page import LANGUAGES, WORDS, choose_language
from identity.upstream.page import WORDS as UPSTREAM


@pytest.mark.parametrize(
    ("wanted", "accepted", "chosen", "language"),
    [
        ((), None, None, "nl"),
        ((), "fr-BE", None, "fr"),
        ((), "DE-de, nl;q=0.5", None, "de"),
        ((), "nl;q=0.2, fr;q=0.9", None, "fr"),
        ((), "fr;q=0, en;q=0.1", None, "en"),
        ((), "zz, *;q=0.5", None, "nl"),
        (("de-AT",), "fr", None, "de"),
        (("zz", "en-GB"), "fr", None, "en"),
        (("de",), "fr", "en", "en"),
        (("de",), "fr", "zz", "de"),
    ],
)
def test_her_choice_goes_first_then_the_app_then_her_browser(
    wanted: tuple[str, ...], accepted: str | None, chosen: str | None, language: str
) -> None:
    assert choose_language(wanted, accepted, chosen) == language


@given(st.text(), st.text(), st.text())
def test_no_text_of_others_breaks_the_choice(wanted: str, accepted: str, chosen: str) -> None:
    assert choose_language((wanted,), accepted, chosen) in LANGUAGES


@pytest.mark.parametrize("words", [WORDS, UPSTREAM])
def test_every_word_is_there_in_every_language(words: dict[str, dict[str, str]]) -> None:
    dutch = words["nl"]

    assert set(words) == set(LANGUAGES)
    for said in words.values():
        assert said.keys() == dutch.keys()
        assert [name for name in dutch if ("{app}" in said[name]) != ("{app}" in dutch[name])] == []
