# SPDX-License-Identifier: EUPL-1.2
"""Proofs that were used stay used: for every process, over restarts, for their window (RS-8)."""

from pathlib import Path

import pytest

from identity.dpop import Proof, digest_of
from identity.jose import public_key
from identity.keys import open_keys
from identity.replay import open_replay
from pod.errors import NotSignedIn
from tests.conftest import MovableClock

JWK = {
    "crv": "P-256",
    "kty": "EC",
    "x": "0KkQZStXfhDIb09rbMaPg_AWRNUgGwMiTifjR8J9XvE",
    "y": "2SwJMtZL2TSek5oLLOz0OxLNxAJYmpV4EjzF-5O-f2I",
}


def test_another_process_knows_a_proof_too(tmp_path: Path, now: MovableClock) -> None:
    one, other = (open_replay(tmp_path / "proofs.db", now()) for _ in range(2))
    one.refuse_seen(Proof("key", "jti", now()), now())

    with pytest.raises(NotSignedIn, match="before"):
        other.refuse_seen(Proof("key", "jti", now()), now())
    other.refuse_seen(Proof("key", "other", now()), now())
    one.refuse_seen(Proof("other key", "jti", now()), now())
    one.close()
    other.close()


def test_a_restart_forgets_nothing(tmp_path: Path, now: MovableClock) -> None:
    first = open_replay(tmp_path / "proofs.db", now())
    first.refuse_seen(Proof("key", "jti", now()), now())
    first.close()
    second = open_replay(tmp_path / "proofs.db", now() + 1000)

    with pytest.raises(NotSignedIn):
        second.refuse_seen(Proof("key", "jti", now()), now() + 1000)
    second.close()


def test_what_can_no_longer_be_accepted_is_let_go(tmp_path: Path, now: MovableClock) -> None:
    replay = open_replay(tmp_path / "proofs.db", now())
    for number in range(200):
        replay.refuse_seen(Proof("key", f"{number}", now()), now())
    now.advance(200_000)
    for number in range(200, 400):
        replay.refuse_seen(Proof("key", f"{number}", now()), now())

    kept = replay.connection.execute("SELECT count(*) FROM seen").fetchone()[0]
    assert kept == 200
    replay.close()


def test_keys_are_kept_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    made, again = open_keys(tmp_path / "keys"), open_keys(tmp_path / "keys")

    assert made.tokens.thumbprint() == again.tokens.thumbprint()
    assert made.consent.thumbprint() == again.consent.thumbprint()
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "keys").iterdir()} == {0o600}
    published = made.token_jwks()["keys"]
    assert isinstance(published, list)
    assert not {"d", "p", "q"} & published[0].keys()


@pytest.mark.parametrize(
    "more", [{}, {"alg": "ES256", "use": "sig", "kid": "a"}], ids=["bare", "more"]
)
def test_a_thumbprint_is_that_of_the_required_members(more: dict[str, str]) -> None:
    assert public_key(JWK | more)[1] == "VHSlQmBWRbrHC5i7F3eyL7XqJ9MMpp316mdLk-FQ36c"


def test_the_digest_of_a_token_is_that_of_its_text() -> None:
    assert digest_of("eyJhbGciOiJFUzI1NiJ9.e30.AA") == "nfvdC4Ip83nRUd-0MzfzwoXvqBvLIcadxhfh_kEQ7G8"
