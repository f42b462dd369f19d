# SPDX-License-Identifier: EUPL-1.2
"""What no text may carry: tricks with characters, and the national number of a person (T-48)."""

import unicodedata
from collections.abc import Iterator

from pod.errors import Unprocessable
from pod.national_number import has_national_number

LONGEST = 2_000
DEEPEST = 10
LANGUAGES = ("nl", "en", "fr", "de")

# Bidirectional controls: they make a text read otherwise than it is kept (T-46).
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_CONTROLS = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def trouble_in(text: str) -> str | None:
    """What is wrong with a text, in words that do not repeat it; None when it may stand."""
    if len(text) > LONGEST:
        return f"more than {LONGEST} characters"
    if any(char in _BIDI for char in text):
        return "a character that changes the direction of writing"
    if any(unicodedata.category(char) in _CONTROLS for char in text):
        return "a control character"
    if has_national_number(text):
        return "a national number"
    return None


def troubles_in(value: object) -> list[tuple[str, str]]:
    """Every trouble in the texts of a JSON value: where, and what; the text is not repeated."""
    found = [(pointer, trouble_in(text)) for pointer, text in texts_in(value)]
    return [
        ("" if trouble_in(pointer) else pointer, trouble) for pointer, trouble in found if trouble
    ]


def texts_in(value: object, pointer: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text in a JSON value with its JSON pointer (RFC 6901), member names too."""
    if depth > DEEPEST:
        raise Unprocessable(f"JSON is nested deeper than {DEEPEST} levels.", problem="bad-term")
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, dict):
        for name, member in value.items():
            step = str(name).replace("~", "~0").replace("/", "~1")
            yield pointer, str(name)
            yield from texts_in(member, f"{pointer}/{step}", depth + 1)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from texts_in(item, f"{pointer}/{number}", depth + 1)
