# SPDX-License-Identifier: EUPL-1.2
"""`--remote-groups`: which hosts an operator can name."""

from pathlib import Path

import pytest

from commands.settings import WrongUsage, read_settings
from server import arguments


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("groups.example.org", ("groups.example.org",)),
        ("a.example, b.example,a.example", ("a.example", "b.example")),
        (["a.example"], ("a.example",)),
        ("", ()),
    ],
)
def test_the_operator_names_hosts(said: object, meant: tuple[str, ...]) -> None:
    assert read_settings({"remote_groups": said}, {}).remote_groups == meant
    assert read_settings({}, {}).remote_groups == ()
    if isinstance(said, str):
        assert read_settings({}, {"KLUIS_REMOTE_GROUPS": said}).remote_groups == meant


def test_a_flag_and_a_settings_file_name_them_too(tmp_path: Path) -> None:
    file = tmp_path / "kluis.toml"
    file.write_text('remote_groups = ["a.example", "b.example"]')
    flag = vars(arguments().parse_args(["serve", "--remote-groups", "c.example"]))

    assert read_settings({"config": file}, {}).remote_groups == ("a.example", "b.example")
    assert read_settings({**flag, "config": file}, {}).remote_groups == ("c.example",)


@pytest.mark.parametrize(
    "said",
    [
        "https://a.example",
        "a.example/g",
        "a.example:8443",
        "*.example",
        "A.example",
        "u@a.example",
        "127.0.0.1",
        "2130706433",
        "a b",
        "*",
    ],
)
def test_what_is_no_host_is_said_at_start(said: str) -> None:
    with pytest.raises(WrongUsage, match="remote-groups"):
        read_settings({"remote_groups": said}, {})


def test_in_development_this_machine_may_be_named() -> None:
    given = {"remote_groups": "127.0.0.1,localhost", "dev": True}

    assert read_settings(given, {}).remote_groups == ("127.0.0.1", "localhost")
