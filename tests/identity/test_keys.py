# SPDX-License-Identifier: EUPL-1.2
"""The key files: made once, for their owner alone; what is wrong with one is said (OP-4, OP-5)."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from identity.tokens.keys import open_keys
from identity.tokens.token import tokens_of
from pod.errors import NotSignedIn, Unavailable
from tests.conftest import MovableClock
from tests.identity.forge import Forge
from tests.people import BASE


def _write(path: Path, content: object) -> None:
    path.write_bytes(content if isinstance(content, bytes) else orjson.dumps(content))
    path.chmod(0o600)


def test_keys_are_kept_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    made, again = open_keys(tmp_path / "keys"), open_keys(tmp_path / "keys")

    assert made.tokens.thumbprint() == again.tokens.thumbprint()
    assert made.consent.thumbprint() == again.consent.thumbprint()
    assert {file.name for file in (tmp_path / "keys").iterdir()} == {"tokens.json", "consent.json"}
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "keys").iterdir()} == {0o600}


def test_no_private_member_is_published(tmp_path: Path) -> None:
    open_keys(tmp_path)
    (tmp_path / "tokens.json").rename(tmp_path / "tokens-2026.json")
    published = open_keys(tmp_path).token_jwks()["keys"]

    assert isinstance(published, list)
    assert [set(key) for key in published] == [{"kty", "crv", "x", "y", "kid", "use", "alg"}] * 2


def test_a_retired_key_goes_on_verifying_and_signs_nothing(
    tmp_path: Path, now: MovableClock
) -> None:  # OP-5
    old = open_keys(tmp_path)
    token = Forge(BASE, old.tokens, ECKey.generate_key("P-256"), now()).token()
    (tmp_path / "tokens.json").rename(tmp_path / "tokens-2026.json")
    new = open_keys(tmp_path)

    assert new.tokens.thumbprint() != old.tokens.thumbprint()
    assert tokens_of(BASE, new).read(token, now()).who.client == "an_1"
    (tmp_path / "tokens-2026.json").unlink()
    with pytest.raises(NotSignedIn, match="kid"):
        tokens_of(BASE, open_keys(tmp_path)).read(token, now())


@pytest.mark.parametrize("name", ["tokens.json", "consent.json", "tokens-2026.json"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        [],
        {},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "", "d": 7},
        ECKey.generate_key("P-384").as_dict(private=True),
        RSAKey.generate_key(2048).as_dict(private=True),
        {"kty": "oct", "k": "AAAA"},
    ],
    ids=["empty", "broken", "bytes", "list", "bare", "point", "numbers", "P-384", "RSA", "oct"],
)
def test_a_damaged_key_file_is_named(tmp_path: Path, name: str, content: object) -> None:
    open_keys(tmp_path)
    _write(tmp_path / name, content)

    with pytest.raises(Unavailable, match=name):
        open_keys(tmp_path)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("tokens.json", lambda: OKPKey.generate_key("Ed25519").as_dict(private=True)),
        ("consent.json", lambda: ECKey.generate_key("P-256").as_dict(private=True)),
        ("tokens.json", lambda: ECKey.generate_key("P-256").as_dict(private=False)),
        ("consent.json", lambda: OKPKey.generate_key("Ed25519").as_dict(private=False)),
    ],
    ids=["tokens of Ed25519", "consent of EC", "tokens public", "consent public"],
)
def test_a_key_of_the_wrong_kind_is_refused(
    tmp_path: Path, name: str, make: Callable[[], dict[str, object]]
) -> None:
    _write(tmp_path / name, make())

    with pytest.raises(Unavailable, match="wrong kind"):
        open_keys(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    open_keys(tmp_path)
    (tmp_path / "tokens.json").chmod(mode)

    with pytest.raises(Unavailable, match="chmod 600"):
        open_keys(tmp_path)


def test_processes_that_start_together_have_one_set_of_keys(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from identity.tokens.keys import open_keys;"
        "keys = open_keys(Path(sys.argv[1]));"
        "print(keys.tokens.thumbprint(), keys.consent.thumbprint())"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "keys")]
    started = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = {process.communicate(timeout=60)[0] for process in started}

    assert len(said) == 1
    assert len(said.pop().split()) == 2
