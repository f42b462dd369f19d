# SPDX-License-Identifier: EUPL-1.2
"""Signing in with a passkey over HTTP (KLU-3), and everything that is refused."""

import pytest

from identity.accounts.events import SIGNED_IN, events_of
from identity.accounts.sessions import hash_of
from pod.database import Tx
from pod.instant import MINUTE
from tests.identity.conftest import Person, Town
from tests.identity.passkeys.ring import (
    Ring,
    asked,
    new_key,
    options,
    problem,
    register,
    show,
)
from tests.identity.softkey import PRESENT, VERIFIED, Json, bytes_of, text_of


async def test_a_passkey_alone_signs_in(town: Town, ring: Ring) -> None:
    wanted = await asked(town)
    said = await show(town, ring.key.sign(wanted))

    assert wanted["userVerification"] == "required"
    assert wanted["allowCredentials"] == []
    assert said.status == 200
    mine = await town.look(".account/", said.json["authorization"])
    assert list(mine.json["webIds"]) == [ring.person.pod["webId"]]
    row = await town.db.read(_acr, said.json["authorization"])
    assert row == "urn:kluis:authmech:passkey"


async def test_a_sign_in_with_a_passkey_is_noted(town: Town, ring: Ring) -> None:
    """OP-26."""
    town.now.advance(1000)
    await show(town, ring.key.sign(await asked(town)))
    found = await town.db.read(events_of, ring.account, 1)

    assert [(each.kind, each.detail["by"]) for each in found] == [(SIGNED_IN, "passkey")]


async def _acr(tx: Tx, value: str) -> str:
    row = await tx.one("SELECT acr FROM session WHERE hash = :h", h=hash_of(value))
    assert row is not None
    return str(row["acr"])


async def test_what_was_registered_is_listed_renamed_and_removed(town: Town, ring: Ring) -> None:
    session = ring.person.session
    assert (await town.tell(ring.resource, {"name": "Sleutel"}, session)).status == 200
    listed = (await town.look(ring.at, session)).json["passkeys"]
    assert [each["name"] for each in listed.values()] == ["Sleutel"]
    assert list(listed) == [ring.resource]

    headers = {"Authorization": f"CSS-Account-Token {session}"}
    gone = await town.ask("DELETE", ring.resource, headers=headers)

    assert gone.status == 200
    assert (await town.look(ring.at, session)).json["passkeys"] == {}
    said = await show(town, ring.key.sign(await asked(town)))
    assert problem(said) == (403, "unknown-passkey")


async def test_a_key_learns_nothing_of_the_person(town: Town, ring: Ring) -> None:
    """WebAuthn §14.6.1: what it keeps names neither account nor address."""
    assert ring.account.encode() not in bytes_of(ring.key.user)
    assert len(bytes_of(ring.key.user)) == 32


async def test_a_challenge_is_answered_once(town: Town, ring: Ring) -> None:
    credential = ring.key.sign(await asked(town))
    assert (await show(town, credential)).status == 200
    await asked(town)

    assert problem(await show(town, credential)) == (403, "challenge-over")


async def test_a_wrong_answer_spends_the_challenge_too(town: Town, ring: Ring) -> None:
    wanted = await asked(town)
    spoiled = ring.key.sign(wanted)
    spoiled["response"]["signature"] = text_of(b"0" * 70)
    assert problem(await show(town, spoiled)) == (403, "passkey-refused")

    assert problem(await show(town, ring.key.sign(wanted))) == (403, "challenge-over")


async def test_a_challenge_lives_five_minutes(town: Town, ring: Ring) -> None:
    wanted = await asked(town)
    town.now.advance(5 * MINUTE)

    assert problem(await show(town, ring.key.sign(wanted))) == (403, "challenge-over")


async def test_another_browser_cannot_answer(town: Town, ring: Ring) -> None:
    """T-28: whoever is given somebody else's signature or challenge cannot use it."""
    credential = ring.key.sign(await asked(town))
    town.http.cookie_jar.clear()
    await asked(town)

    assert problem(await show(town, credential)) == (403, "challenge-over")


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "https://kluis.evil.example"},
        {"origin": "http://127.0.0.1"},
        {"type": "webauthn.create"},
        {"type": "payment.get"},
        {"crossOrigin": True},
    ],
)
async def test_what_was_made_elsewhere_or_for_something_else_is_refused(
    town: Town, ring: Ring, changes: Json
) -> None:
    said = await show(town, ring.key.sign(await asked(town), **changes))

    assert problem(said) == (403, "passkey-refused")


async def test_another_host_is_refused(town: Town, ring: Ring) -> None:
    ring.key.host = "evil.example"

    said = await show(town, ring.key.sign(await asked(town)))

    assert problem(said) == (403, "passkey-refused")
    assert "host" in said.json["message"]


@pytest.mark.parametrize("flags", [PRESENT, VERIFIED, 0])
async def test_having_the_device_alone_does_not_sign_in(town: Town, ring: Ring, flags: int) -> None:
    ring.key.flags = flags

    said = await show(town, ring.key.sign(await asked(town)))

    assert problem(said) == (403, "passkey-refused")


async def test_a_key_that_counts_back_is_refused(town: Town, ring: Ring) -> None:
    """WebAuthn §7.2: a copy of the key is behind."""
    for _ in range(3):
        assert (await show(town, ring.key.sign(await asked(town)))).status == 200
    ring.key.count = 1

    said = await show(town, ring.key.sign(await asked(town)))

    assert problem(said) == (403, "copied-passkey")


async def test_a_key_that_never_counts_signs_in_again_and_again(town: Town, ring: Ring) -> None:
    for _ in range(2):
        ring.key.count = -1
        assert (await show(town, ring.key.sign(await asked(town)))).status == 200


async def test_an_unknown_key_is_refused(town: Town, ring: Ring) -> None:
    stranger = new_key(town)
    stranger.user = ring.key.user

    said = await show(town, stranger.sign(await asked(town)))

    assert problem(said) == (403, "unknown-passkey")


async def test_a_key_with_another_persons_handle_is_refused(
    town: Town, ring: Ring, bob: Person
) -> None:
    other = await register(town, bob)
    ring.key.user = other.key.user

    said = await show(town, ring.key.sign(await asked(town)))

    assert problem(said) == (403, "passkey-refused")


async def test_a_key_without_a_handle_does_not_sign_in_alone(town: Town, ring: Ring) -> None:
    ring.key.user = ""

    assert problem(await show(town, ring.key.sign(await asked(town)))) == (403, "passkey-refused")


async def test_a_challenge_for_adding_is_none_for_signing_in(town: Town, ring: Ring) -> None:
    wanted = await options(town, ring.person)
    await asked(town)

    assert problem(await show(town, ring.key.sign(wanted))) == (403, "challenge-over")
