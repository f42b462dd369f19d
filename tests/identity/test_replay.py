# SPDX-License-Identifier: EUPL-1.2
"""Proofs that were used stay used: for every process, over restarts, for their window (RS-8)."""

import fcntl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from identity.tokens.dpop import Proof, digest_of
from identity.tokens.jose import public_key
from identity.tokens.replay import Replay, open_replay
from identity.tokens.seen import WINDOW
from pod.errors import NotSignedIn, Unavailable
from pod.instant import Instant
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


def test_one_worker_alone_needs_no_lock_and_sees_what_was_used(
    tmp_path: Path, now: MovableClock
) -> None:
    """RS-8: also after its restart as one of several."""
    alone = open_replay(tmp_path / "proofs.db", now(), shared=False)
    alone.refuse_seen(Proof("key", "first", now()), now())
    with pytest.raises(NotSignedIn, match="used before"):
        alone.refuse_seen(Proof("key", "first", now()), now())
    alone.refuse_seen(Proof("key", "second", now()), now())
    alone.close()
    shared = open_replay(tmp_path / "proofs.db", now())

    with pytest.raises(NotSignedIn, match="used before"):
        shared.refuse_seen(Proof("key", "second", now()), now())
    shared.close()


def test_a_restart_forgets_nothing(tmp_path: Path, now: MovableClock) -> None:
    first = open_replay(tmp_path / "proofs.db", now())
    first.refuse_seen(Proof("key", "jti", now()), now())
    first.close()
    second = open_replay(tmp_path / "proofs.db", now() + 1000)

    with pytest.raises(NotSignedIn):
        second.refuse_seen(Proof("key", "jti", now()), now() + 1000)
    second.close()


def test_what_can_no_longer_be_accepted_makes_room(tmp_path: Path, now: MovableClock) -> None:
    replay = open_replay(tmp_path / "proofs.db", now(), slots=1)
    for number in range(WINDOW):
        replay.refuse_seen(Proof("key", f"{number}", now()), now())

    with pytest.raises(Unavailable):  # RS-8: what lives is never forgotten for what is new
        replay.refuse_seen(Proof("key", "one more", now()), now())
    for number in range(WINDOW):
        with pytest.raises(NotSignedIn):
            replay.refuse_seen(Proof("key", f"{number}", now()), now())
    now.advance(181_000)
    replay.refuse_seen(Proof("key", "one more", now()), now())
    replay.close()


def test_many_proofs_find_their_place(tmp_path: Path, now: MovableClock) -> None:
    replay = open_replay(tmp_path / "proofs.db", now(), slots=2048)
    for number in range(800):
        replay.refuse_seen(Proof("key", f"{number}", now()), now())

    for number in range(800):
        with pytest.raises(NotSignedIn):
            replay.refuse_seen(Proof("key", f"{number}", now()), now())
    replay.close()


@pytest.mark.parametrize("seen_ahead", [-119_000, 0, 60_000], ids=["old", "now", "dated ahead"])
def test_after_a_power_cut_nothing_from_before_counts(
    tmp_path: Path, now: MovableClock, seen_ahead: int
) -> None:
    path, used = tmp_path / "proofs.db", Proof("key", "jti", now() + seen_ahead)
    _opened(path, now(), "first run").refuse_seen(used, now())
    now.advance(20_000)
    after = _opened(path, now(), "second run", up=15_000)

    with pytest.raises(NotSignedIn, match="before this server's last start"):
        after.refuse_seen(used, now())
    now.advance(60_000)
    after.refuse_seen(Proof("key", "new", now()), now())


def test_a_machine_that_ran_on_refuses_nothing_but_what_was_seen(
    tmp_path: Path, now: MovableClock
) -> None:
    path = tmp_path / "proofs.db"
    _opened(path, now(), "run").refuse_seen(Proof("key", "jti", now()), now())
    again = _opened(path, now(), "run", up=1000)

    again.refuse_seen(Proof("key", "other", now() - 100_000), now())
    with pytest.raises(NotSignedIn, match="used before"):
        again.refuse_seen(Proof("key", "jti", now()), now())


def test_a_machine_up_for_long_refuses_no_new_proof_after_a_start(
    tmp_path: Path, now: MovableClock
) -> None:  # where no boot id can be read, each start might be one after a power cut
    path, none = tmp_path / "proofs.db", tmp_path / "none"
    open_replay(path, now(), boot_id=none, running=lambda: 500_000, slots=64).close()
    again = open_replay(path, now(), boot_id=none, running=lambda: 500_000, slots=64)

    again.refuse_seen(Proof("key", "jti", now() - 100_000), now())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"SQLite format 3\0" + b"\0" * 8000),
        lambda file: file.write_bytes(file.read_bytes()[:-1]),
        lambda file: file.write_bytes(b"\xff" + file.read_bytes()[1:]),
        lambda file: file.write_bytes(file.read_bytes()[:60] + b"\0" * (file.stat().st_size - 60)),
    ],
    ids=["empty", "another kind", "short", "first byte", "torn head"],
)
def test_a_damaged_file_is_made_anew_and_nothing_older_counts(
    tmp_path: Path, now: MovableClock, spoil: Callable[[Path], object]
) -> None:
    path, used = tmp_path / "proofs.db", Proof("key", "jti", now() + 59_000)
    first = _opened(path, now(), "run")
    first.refuse_seen(used, now())
    first.close()
    spoil(path)
    again = _opened(path, now(), "run")

    with pytest.raises(NotSignedIn):
        again.refuse_seen(used, now())
    now.advance(60_000)
    again.refuse_seen(Proof("key", "new", now()), now())
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_is_told_in_one_sentence(tmp_path: Path, now: MovableClock) -> None:
    (tmp_path / "proofs.db").mkdir()

    with pytest.raises(Unavailable, match=r"proofs\.db"):
        open_replay(tmp_path / "proofs.db", now())


def test_a_process_that_stands_still_stops_no_other_for_long(
    tmp_path: Path, now: MovableClock
) -> None:
    replay = _opened(tmp_path / "proofs.db", now(), "run")
    with (tmp_path / "proofs.db").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Unavailable):
            replay.refuse_seen(Proof("key", "jti", now()), now())

    replay.refuse_seen(Proof("key", "jti", now()), now())


def test_two_processes_at_once_accept_each_proof_once(tmp_path: Path, now: MovableClock) -> None:
    path = tmp_path / "proofs.db"
    open_replay(path, now()).close()
    words = [sys.executable, "-c", RACER, str(path), str(now())]
    racers = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    accepted = [set((racer.communicate(timeout=30)[0]).split()) for racer in racers]

    assert [racer.returncode for racer in racers] == [0, 0]
    assert not accepted[0] & accepted[1]
    assert accepted[0] | accepted[1] == {str(number) for number in range(3000)}


RACER = """
import sys
from pathlib import Path
from identity.tokens.dpop import Proof
from identity.tokens.replay import open_replay
from pod.errors import NotSignedIn
replay, now = open_replay(Path(sys.argv[1]), int(sys.argv[2])), int(sys.argv[2])
for number in range(3000):
    try:
        replay.refuse_seen(Proof("key", str(number), now), now)
    except NotSignedIn:
        continue
    print(number)
"""


def _opened(path: Path, now: Instant, run: str, up: Instant = 0) -> Replay:
    boot = path.with_name(f"boot {run}")
    boot.write_text(run)
    return open_replay(path, now, boot_id=boot, running=lambda: up, slots=64)


@pytest.mark.parametrize(
    "more", [{}, {"alg": "ES256", "use": "sig", "kid": "a"}], ids=["bare", "more"]
)
def test_a_thumbprint_is_that_of_the_required_members(more: dict[str, str]) -> None:
    assert public_key(JWK | more)[1] == "VHSlQmBWRbrHC5i7F3eyL7XqJ9MMpp316mdLk-FQ36c"


def test_the_digest_of_a_token_is_that_of_its_text() -> None:
    assert digest_of("eyJhbGciOiJFUzI1NiJ9.e30.AA") == "nfvdC4Ip83nRUd-0MzfzwoXvqBvLIcadxhfh_kEQ7G8"
