# SPDX-License-Identifier: EUPL-1.2
"""`kluis keys`, with and without the key of the operator; and what names a proxy (OP-5, T-03)."""

import re
import secrets
from base64 import b64encode
from pathlib import Path

import pytest

from commands.keys import age_of
from commands.settings import WrongUsage, read_settings
from identity.tokens.keys import open_keys
from identity.tokens.sealing import read_seal
from pod.instant import DAY, HOUR
from server import main

LINE = re.compile(r"(active|next|retired) +[\w-]{43}  since \S+Z  (new|\d+ (day|hour)s? old)")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder as a server leaves it."""
    folder = tmp_path / "data"
    (folder / "keys").mkdir(parents=True)
    (folder / "kluis.db").touch()
    open_keys(folder / "keys")
    return folder


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "operator.key"
    path.write_bytes(b64encode(secrets.token_bytes(32)))
    path.chmod(0o600)
    return path


def test_each_key_is_listed_with_its_age(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "rotate", "--data", str(data)]) == 0
    assert main(["keys", "list", "--data", str(data)]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert len(lines) == 4
    assert all(LINE.fullmatch(line) for line in lines), lines


def test_sealed_keys_take_the_key_of_the_operator(
    data: Path, key_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_keys(data / "keys", read_seal(key_file))
    without = main(["keys", "list", "--data", str(data)])
    told = capsys.readouterr()
    with_it = main(["keys", "rotate", "--data", str(data), "--key-file", str(key_file)])

    assert (without, with_it) == (1, 0)
    assert "--key-file" in told.err
    assert told.err.count("\n") == 1
    for path in (data / "keys").glob("*.json"):
        assert b'"d"' not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("passed", "told"),
    [
        (-5, "new"),
        (HOUR - 1, "new"),
        (HOUR, "1 hour old"),
        (2 * HOUR, "2 hours old"),
        (DAY, "1 day old"),
        (400 * DAY, "400 days old"),
    ],
)
def test_an_age_is_told_in_days_or_hours(passed: int, told: str) -> None:
    assert age_of(passed) == told


def test_proxies_are_addresses_or_networks() -> None:
    given = read_settings({}, {"KLUIS_TRUSTED_PROXY": "10.0.0.7, fd00::/8"})

    assert given.trusted_proxy == ("10.0.0.7", "fd00::/8")
    assert read_settings({}, {}).trusted_proxy == ()
    for wrong in ("proxy.example", "10.0.0.1/24", "*"):
        with pytest.raises(WrongUsage, match="--trusted-proxy"):
            read_settings({"trusted_proxy": wrong}, {})
