# SPDX-License-Identifier: EUPL-1.2
"""Recognising the national number of a person, so that it gets into no address, log or error."""

import re
import unicodedata

from stdnum.be import bis, nn

_SEPARATOR = "[ ./_\u00a0\u2009\u2010-\u2015-]?"
_RUN = re.compile(r"(?<!\d)" + _SEPARATOR.join([r"\d"] * 11) + r"(?!\d)")
_TEST_MONTHS = range(61, 73)


def has_national_number(text: str) -> bool:
    """Whether some run of eleven digits is the number of a person, real or for tests (T-48)."""
    if sum(char.isdigit() for char in text) < 11:
        return False
    runs = _RUN.findall(_digits_as_ascii(text))
    return any(_is_national_number(re.sub(r"\D", "", run)) for run in runs)


def _digits_as_ascii(text: str) -> str:
    # Digits of other scripts are digits too, to the eye and to a program that copies them.
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(char, char)) for char in text)


def _is_national_number(digits: str) -> bool:
    if nn.is_valid(digits):
        return True
    # domain.md §1: test numbers have valid check digits and a month of 61 to 72.
    other = bis.is_valid(digits) or int(digits[2:4]) in _TEST_MONTHS
    return other and int(digits[9:]) in (_check(digits[:9]), _check("2" + digits[:9]))


def _check(digits: str) -> int:
    return 97 - int(digits) % 97
