# SPDX-License-Identifier: EUPL-1.2
"""Whether people make accounts themselves: closed unless said, open while developing (KLU-5)."""

import argparse
from collections.abc import Mapping

import pytest

from commands.settings import WrongUsage, add_flags, read_settings

MAIL = {"KLUIS_SMTP_HOST": "mail.example", "KLUIS_MAIL_FROM": "kluis@voorbeeld.example"}
HTTPS = {"KLUIS_BASE_URL": "https://kluis.example/"}


@pytest.mark.parametrize(
    ("environ", "open_"),
    [
        (HTTPS, False),
        (HTTPS | MAIL, False),
        (HTTPS | MAIL | {"KLUIS_REGISTRATION": "open"}, True),
        (HTTPS | MAIL | {"KLUIS_REGISTRATION": "closed"}, False),
        ({"KLUIS_DEV": "1"}, True),
        ({"KLUIS_DEV": "1", "KLUIS_REGISTRATION": "closed"}, False),
    ],
)
def test_registration_is_open_where_that_was_said(environ: Mapping[str, str], open_: bool) -> None:
    assert read_settings({}, environ).registers is open_


def test_the_flag_says_it_too() -> None:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    given = vars(parser.parse_args(["--registration", "open"]))

    assert read_settings(given, HTTPS | MAIL).registers


def test_another_word_is_refused() -> None:
    with pytest.raises(WrongUsage, match="--registration is open or closed, not 'yes'"):
        read_settings({"registration": "yes"}, HTTPS | MAIL)


def test_without_mail_nobody_could_register() -> None:
    with pytest.raises(WrongUsage, match="smtp_host"):
        read_settings({"registration": "open"}, HTTPS)
