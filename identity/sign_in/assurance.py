# SPDX-License-Identifier: EUPL-1.2
"""How sure a sign-in is of the person: the levels of eIDAS, and what words of others are worth."""

from collections.abc import Mapping
from enum import IntEnum


class Level(IntEnum):
    """From nothing said to the card with its code."""

    NONE = 0
    LOW = 1
    SUBSTANTIAL = 2
    HIGH = 3

    @property
    def word(self) -> str:
        """As settings, sessions and records write it."""
        return self.name.lower()


WORDS: Mapping[str, Level] = {level.word: level for level in Level}


def level_of(word: str | None) -> Level:
    """The level that a session holds; an unknown word proves nothing."""
    return WORDS.get(word or "", Level.NONE)


def level_said(acr: object, means: Mapping[str, Level]) -> Level:
    """What a provider's `acr` is worth by the agreement with it (FED-4)."""
    return means.get(acr, Level.NONE) if isinstance(acr, str) else Level.NONE


def values_from(least: Level, means: Mapping[str, Level]) -> tuple[str, ...]:
    """The `acr` values that reach a level, the surest first: what `acr_values` asks for."""
    enough = [acr for acr, level in means.items() if level >= least]
    return tuple(sorted(enough, key=lambda acr: (-means[acr], acr)))
