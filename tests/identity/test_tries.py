# SPDX-License-Identifier: EUPL-1.2
"""Tries are counted before any hashing, on all workers together, and by time alone (T-27)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from identity.sign_in.passwords import (
    TRIES_PER_ACCOUNT,
    TRIES_PER_ADDRESS,
    TRIES_PER_PAIR,
    Passwords,
)
from identity.sign_in.tries import WINDOW, Tries, open_tries
from pod.errors import TooMany, Unavailable
from tests.conftest import MovableClock

AN, HOME = "an@voorbeeld.example", "192.0.2.1"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tries.db"


@pytest.fixture
def passwords(file: Path) -> Iterator[Passwords]:
    tries = open_tries(file)
    yield Passwords(tries=tries)
    tries.close()


def _guess(passwords: Passwords, times: int, now: MovableClock, **who: str) -> None:
    for number in range(times):
        email = who.get("email", f"{number}@voorbeeld.example")
        passwords.count_try(email, who.get("address", f"192.0.2.{number}"), now())


def test_an_account_and_an_address_have_their_limit_together(
    passwords: Passwords, now: MovableClock
) -> None:
    _guess(passwords, TRIES_PER_PAIR, now, email=AN, address=HOME)

    with pytest.raises(TooMany) as refused:
        passwords.count_try(AN, HOME, now())
    assert refused.value.headers["Retry-After"] == str(WINDOW // 1000 + 1)
    passwords.count_try(AN, "192.0.2.2", now())
    now.advance(WINDOW)
    passwords.count_try(AN, HOME, now())


def test_an_address_has_a_limit_for_all_accounts(passwords: Passwords, now: MovableClock) -> None:
    _guess(passwords, TRIES_PER_ADDRESS, now, address=HOME)

    with pytest.raises(TooMany):
        passwords.count_try(AN, HOME, now())


def test_an_account_has_a_limit_for_all_addresses(passwords: Passwords, now: MovableClock) -> None:
    _guess(passwords, TRIES_PER_ACCOUNT, now, email=AN)

    with pytest.raises(TooMany):
        passwords.count_try(AN, HOME, now())


def test_right_passwords_do_not_use_up_the_limit_of_an_address(
    passwords: Passwords, now: MovableClock
) -> None:
    for number in range(3 * TRIES_PER_ADDRESS):
        passwords.count_try(f"{number}@voorbeeld.example", HOME, now())
        passwords.forget_tries(f"{number}@voorbeeld.example", HOME)


def test_a_right_password_hides_no_guesses_at_others(
    passwords: Passwords, now: MovableClock
) -> None:
    _guess(passwords, TRIES_PER_ADDRESS - 1, now, address=HOME)
    passwords.count_try(AN, HOME, now())
    passwords.forget_tries(AN, HOME)
    passwords.count_try(AN, HOME, now())

    with pytest.raises(TooMany):
        passwords.count_try(AN, HOME, now())


def test_workers_count_together(file: Path, now: MovableClock) -> None:
    workers = [Passwords(tries=open_tries(file)) for _ in range(2)]
    for number in range(TRIES_PER_PAIR):
        workers[number % 2].count_try(AN, HOME, now())

    for worker in workers:
        with pytest.raises(TooMany):
            worker.count_try(AN, HOME, now())
        worker.tries.close()


def test_a_refused_try_makes_the_wait_no_longer(passwords: Passwords, now: MovableClock) -> None:
    _guess(passwords, TRIES_PER_PAIR, now, email=AN, address=HOME)
    for _ in range(5):
        now.advance(1000)
        with pytest.raises(TooMany):
            passwords.count_try(AN, HOME, now())

    now.advance(WINDOW - 5000)
    passwords.count_try(AN, HOME, now())


def test_names_are_kept_short_and_not_for_long(file: Path, now: MovableClock) -> None:
    tries = open_tries(file)
    tries.count([("x" * 100_000, 3), ("\udcff", 3)], now())
    assert _rows(tries) == [16, 16]
    now.advance(WINDOW + 1)
    tries.count([("new", 3)], now())

    assert _rows(tries) == [16]
    assert file.stat().st_mode & 0o777 == 0o600
    tries.close()


def _rows(tries: Tries) -> list[int]:
    return [size for (size,) in tries.connection.execute("SELECT length(name) FROM tried")]


def test_a_damaged_file_is_made_anew(file: Path, now: MovableClock) -> None:
    file.write_bytes(b"no database at all" * 1000)
    tries = open_tries(file)

    tries.count([("name", 1)], now())
    with pytest.raises(TooMany):
        tries.count([("name", 1)], now())
    tries.close()


def test_a_file_that_cannot_be_is_named(file: Path) -> None:
    file.mkdir()

    with pytest.raises(Unavailable, match=r"tries\.db"):
        open_tries(file)
