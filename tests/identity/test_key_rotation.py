# SPDX-License-Identifier: EUPL-1.2
"""The key that signs is changed beside a running server, and no login breaks (OP-4, OP-5)."""

from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from identity.tokens.keys import Keys, open_keys
from identity.tokens.rotation import KEPT_FOR, PUBLISHED_FOR, list_keys, rotate
from identity.tokens.token import tokens_of
from pod.errors import Clash, NotSignedIn
from tests.conftest import MovableClock
from tests.identity.forge import Forge
from tests.people import BASE


class Ticks:
    """The clock by which a server looks at its folder."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


def running(folder: Path) -> tuple[Keys, Ticks]:
    """Keys as a server holds them that started some time ago."""
    keys, ticks = open_keys(folder), Ticks()
    keys.clock, keys.looked = ticks, 0.0
    return keys, ticks


def published(keys: Keys) -> list[str]:
    listed = keys.token_jwks()["keys"]
    assert isinstance(listed, list)
    return [key["kid"] for key in listed]


def states(folder: Path) -> list[str]:
    return [key.state for key in list_keys(folder)]


def token(keys: Keys, now: MovableClock) -> str:
    return Forge(BASE, keys.tokens, ECKey.generate_key("P-256"), now()).token()


def test_the_next_key_is_published_a_day_before_it_signs(tmp_path: Path, now: MovableClock) -> None:
    keys, ticks = running(tmp_path)
    before = keys.tokens.thumbprint()
    rotate(tmp_path, now())
    ticks.at += 1

    assert states(tmp_path) == ["active", "next"]
    assert keys.tokens.thumbprint() == before
    assert published(keys)[0] == before
    coming = published(keys)[1]
    now.advance(PUBLISHED_FOR - 1)
    with pytest.raises(Clash, match="too short a while"):
        rotate(tmp_path, now())
    now.advance(1)
    rotate(tmp_path, now())
    ticks.at += 1
    assert keys.tokens.thumbprint() == coming
    assert states(tmp_path) == ["active", "next", "retired"]
    assert set(published(keys)) >= {before, coming}


def test_what_the_old_key_signed_holds_until_no_token_can_be_left(
    tmp_path: Path, now: MovableClock
) -> None:
    keys, ticks = running(tmp_path)
    old = token(keys, now)
    tokens = tokens_of(BASE, keys)
    rotate(tmp_path, now())
    kid = keys.tokens.thumbprint()
    now.advance(PUBLISHED_FOR)
    rotate(tmp_path, now())
    ticks.at += 1
    young = Forge(BASE, keys.tokens, ECKey.generate_key("P-256"), now()).token()

    assert tokens.read(young, now()).who.client == "an_1"
    assert kid in keys.checks()
    now.advance(-PUBLISHED_FOR)
    assert tokens.read(old, now()).who.client == "an_1"
    now.advance(PUBLISHED_FOR + KEPT_FOR)
    rotate(tmp_path, now())
    ticks.at += 1
    assert kid not in keys.checks()
    assert kid not in published(keys)


def test_a_worker_believes_a_new_key_at_once(tmp_path: Path, now: MovableClock) -> None:
    """One worker signs with it before the second is over in which the other looked."""
    keys, _ = running(tmp_path)
    tokens = tokens_of(BASE, keys)
    rotate(tmp_path, now(), compromised=True)
    other = open_keys(tmp_path)

    assert keys.tokens.thumbprint() != other.tokens.thumbprint()
    assert tokens.read(token(other, now), now()).who.client == "an_1"
    assert keys.tokens.thumbprint() == other.tokens.thumbprint()


def test_a_key_that_others_may_know_is_dropped_at_once(tmp_path: Path, now: MovableClock) -> None:
    keys, ticks = running(tmp_path)
    rotate(tmp_path, now())
    old = {key.kid for key in list_keys(tmp_path)}
    stolen = token(keys, now)
    rotate(tmp_path, now() + 1, compromised=True)
    ticks.at += 1

    assert not old & set(published(keys))
    with pytest.raises(NotSignedIn, match="kid"):
        tokens_of(BASE, keys).read(stolen, now())


def test_a_damaged_file_beside_a_running_server_stops_nothing(
    tmp_path: Path, now: MovableClock
) -> None:
    keys, ticks = running(tmp_path)
    before = keys.tokens.thumbprint()
    (tmp_path / "tokens-next-1.json").write_bytes(b"{")
    ticks.at += 1

    assert keys.tokens.thumbprint() == before
    (tmp_path / "tokens-next-1.json").unlink()
    rotate(tmp_path, now())
    ticks.at += 1
    assert len(published(keys)) == 2


def test_a_rotation_that_was_cut_off_goes_on(tmp_path: Path, now: MovableClock) -> None:
    keys, ticks = running(tmp_path)
    rotate(tmp_path, now())
    now.advance(PUBLISHED_FOR)
    # As after a power cut between the two steps: the old key is there twice.
    (tmp_path / f"tokens-retired-{now()}.json").hardlink_to(tmp_path / "tokens.json")
    ticks.at += 1
    assert len(published(keys)) == 2
    now.advance(1)
    rotate(tmp_path, now())
    ticks.at += 1

    assert len(published(keys)) == 3
    assert keys.tokens.thumbprint() == published(keys)[0]


def test_the_key_of_consent_stays_as_it_is(tmp_path: Path, now: MovableClock) -> None:
    keys, ticks = running(tmp_path)
    before, content = keys.consent.thumbprint(), (tmp_path / "consent.json").read_bytes()
    rotate(tmp_path, now(), compromised=True)
    ticks.at += 1

    assert keys.tokens.thumbprint()
    assert keys.consent.thumbprint() == before
    assert (tmp_path / "consent.json").read_bytes() == content


def test_every_key_file_is_for_its_owner_alone(tmp_path: Path, now: MovableClock) -> None:
    rotate(tmp_path, now())
    now.advance(PUBLISHED_FOR)
    rotate(tmp_path, now())

    assert {file.stat().st_mode & 0o777 for file in tmp_path.glob("*.json")} == {0o600}
