# SPDX-License-Identifier: EUPL-1.2
"""Settings that are on or off: a word that is neither is wrong usage, not off."""

import pytest

from commands.settings import WrongUsage, read_settings


@pytest.mark.parametrize("word", ["1", "true", "Yes", "on"])
def test_a_switch_is_on(word: str) -> None:
    assert read_settings({}, {"KLUIS_STRICT_LISTING": word}).strict_listing


@pytest.mark.parametrize("word", ["0", "false", "No", "off", ""])
def test_a_switch_is_off(word: str) -> None:
    assert not read_settings({}, {"KLUIS_STRICT_LISTING": word}).strict_listing


@pytest.mark.parametrize("word", ["ja", "enabled", "2", "strict"])
def test_what_is_neither_is_told(word: str) -> None:
    with pytest.raises(WrongUsage, match="--strict-listing cannot be"):
        read_settings({}, {"KLUIS_STRICT_LISTING": word})
