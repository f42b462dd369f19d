# SPDX-License-Identifier: EUPL-1.2
"""OP-5, T-49: signing keys lie encrypted where the operator gave a key of her own."""

import secrets
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path

import orjson
import pytest

from identity.tokens.keys import open_keys
from identity.tokens.rotation import PUBLISHED_FOR, list_keys, rotate
from identity.tokens.sealing import Seal, read_seal
from pod.errors import Unavailable
from pod.instant import DAY
from tests.conftest import MovableClock


def seal_in(folder: Path, content: bytes | None = None, mode: int = 0o600) -> Path:
    path = folder / "operator.key"
    path.write_bytes(b64encode(secrets.token_bytes(32)) + b"\n" if content is None else content)
    path.chmod(mode)
    return path


@pytest.fixture
def seal(tmp_path: Path) -> Seal:
    return read_seal(seal_in(tmp_path))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


def test_no_private_half_lies_in_a_sealed_folder(folder: Path, seal: Seal) -> None:
    keys = open_keys(folder, seal)
    secrets_ = [keys.tokens.as_dict(private=True)["d"], keys.consent.as_dict(private=True)["d"]]

    assert b'"d"' not in on_disk(folder)
    assert all(str(each).encode() not in on_disk(folder) for each in secrets_)
    assert open_keys(folder, seal).tokens.thumbprint() == keys.tokens.thumbprint()


def test_keys_that_lay_plain_are_sealed_and_stay_the_same(folder: Path, seal: Seal) -> None:
    plain = open_keys(folder)
    rotate(folder, 1)
    assert b'"d"' in on_disk(folder)
    before = {key.kid: key.since for key in list_keys(folder)}
    sealed = open_keys(folder, seal)

    assert b'"d"' not in on_disk(folder)
    assert sealed.tokens.thumbprint() == plain.tokens.thumbprint()
    assert sealed.consent.thumbprint() == plain.consent.thumbprint()
    assert {key.kid: key.since for key in list_keys(folder, seal)} == before
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir())


@pytest.mark.parametrize("other", [True, False], ids=["another key", "no key"])
def test_without_the_operator_s_key_nothing_starts(
    folder: Path, seal: Seal, tmp_path: Path, other: bool
) -> None:
    open_keys(folder, seal)
    before = on_disk(folder)
    given = read_seal(seal_in(tmp_path)) if other else None

    with pytest.raises(Unavailable, match="--key-file"):
        open_keys(folder, given)
    assert on_disk(folder) == before


def test_a_sealed_file_that_was_changed_is_refused(folder: Path, seal: Seal) -> None:
    open_keys(folder, seal)
    path = folder / "tokens.json"
    text = path.read_bytes()
    path.write_bytes(text[:-4] + (b"AAAA" if text[-4:] != b"AAAA" else b"BBBB"))

    with pytest.raises(Unavailable, match=r"tokens\.json is damaged"):
        open_keys(folder, seal)


def test_a_sealed_folder_rotates_beside_a_running_server(
    folder: Path, seal: Seal, now: MovableClock
) -> None:
    running = open_keys(folder, seal)
    first = running.tokens.thumbprint()
    rotate(folder, now(), seal=seal)
    now.advance(PUBLISHED_FOR)
    rotate(folder, now(), seal=seal)

    assert running.current(at_once=True).active.thumbprint() != first
    assert [key.state for key in list_keys(folder, seal)] == ["active", "next", "retired"]
    assert b'"d"' not in on_disk(folder)


def test_a_compromised_key_is_replaced_by_a_sealed_one(
    folder: Path, seal: Seal, now: MovableClock
) -> None:
    first = open_keys(folder, seal).tokens.thumbprint()
    rotate(folder, now(), compromised=True, seal=seal)

    assert open_keys(folder, seal).tokens.thumbprint() != first
    assert b'"d"' not in on_disk(folder)


def test_the_list_tells_how_long_each_does_its_work(folder: Path, now: MovableClock) -> None:
    open_keys(folder)
    rotate(folder, now())
    first = now()
    now.advance(2 * DAY)
    rotate(folder, now())
    told = {key.state: key.since for key in list_keys(folder)}

    assert told == {"active": now(), "retired": now(), "next": now()}
    assert now() - first == 2 * DAY


@pytest.mark.parametrize(
    "content",
    [b"", b"secret", b64encode(b"x" * 31), b64encode(b"x" * 33), b"*" * 43, b"\xff" * 44],
)
def test_a_file_without_a_key_is_told_so(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Unavailable, match="openssl rand -base64 32"):
        read_seal(seal_in(tmp_path, content))


def test_both_spellings_of_base64_are_read(tmp_path: Path, folder: Path) -> None:
    key = b"\xfb\xff" * 16
    first = open_keys(folder, read_seal(seal_in(tmp_path, b64encode(key)))).tokens.thumbprint()
    other = read_seal(seal_in(tmp_path, urlsafe_b64encode(key).rstrip(b"=")))

    assert open_keys(folder, other).tokens.thumbprint() == first


def test_a_key_that_others_can_read_or_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="chmod 600"):
        read_seal(seal_in(tmp_path, mode=0o640))
    with pytest.raises(Unavailable, match="cannot be read"):
        read_seal(tmp_path / "nothing")


def test_the_key_is_never_said(tmp_path: Path) -> None:
    text = b64encode(b"geheim geheim geheim geheim gehe")
    seal = read_seal(seal_in(tmp_path, text))

    assert "geheim" not in repr(seal)
    assert orjson.dumps(text.decode()).decode().strip('"') not in repr(seal)
