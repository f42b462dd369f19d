# SPDX-License-Identifier: EUPL-1.2
"""Providers in the settings file (KLU-3)."""

from pathlib import Path

import pytest

from commands.settings import Settings, WrongUsage, read_settings
from identity.sign_in.assurance import Level

GOOD = """
[[provider]]
name = "acm"
issuer = "https://idp.example/op"
client_id = "kluis"
secret = "hush-hush"
scopes = ["openid", "vo"]
title.nl = "Overheid"
acr."urn:be:vlaanderen:authmech:eid" = "high"
"""


def settings(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "kluis.toml"
    file.write_text(text)
    return read_settings({"config": file}, {})


def test_a_provider_is_read_and_makes_no_accounts_unless_told(tmp_path: Path) -> None:
    (provider,) = settings(tmp_path, GOOD).provider

    assert (provider.name, provider.scopes, provider.registers) == ("acm", ("openid", "vo"), False)
    assert provider.means == {"urn:be:vlaanderen:authmech:eid": Level.HIGH}
    assert "hush" not in repr(provider)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('name = "acm"', 'name = "A/B"'),
        ('secret = "hush-hush"', ""),
        ('secret = "hush-hush"', 'secret = "hush-hush"\nkey = "k.json"'),
        ('secret = "hush-hush"', 'key = "/nowhere/key.json"'),
        ('"openid", ', ""),
        ('"high"', '"very"'),
        ("https://", "ftp://"),
        ("title.nl", "title.en"),
        ("client_id", "client"),
    ],
)
def test_a_wrong_provider_is_refused_without_its_secret(tmp_path: Path, old: str, new: str) -> None:
    with pytest.raises(WrongUsage) as refused:
        settings(tmp_path, GOOD.replace(old, new))

    assert "hush" not in str(refused.value)


def test_two_providers_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="same name"):
        settings(tmp_path, GOOD + GOOD)
