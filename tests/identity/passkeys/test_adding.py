# SPDX-License-Identifier: EUPL-1.2
"""Adding and removing passkeys (KLU-3): whose, how many, when, and from where."""

import pytest

from identity.sign_in.passkey_sign_in_routes import TRIES_PER_ADDRESS
from identity.sign_in.passkeys import MOST
from pod.instant import MINUTE
from tests.identity.conftest import Person, Town
from tests.identity.passkeys.ring import (
    ENTRY,
    Ring,
    asked,
    new_key,
    offer,
    options,
    passkeys_at,
    problem,
    register,
)
from tests.identity.softkey import PRESENT, Json


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "https://kluis.evil.example"},
        {"type": "webauthn.get"},
        {"crossOrigin": True},
        {"challenge": "AAAA"},
    ],
)
async def test_a_new_key_from_elsewhere_is_not_added(town: Town, an: Person, changes: Json) -> None:
    said = await offer(town, an, new_key(town).make(await options(town, an), **changes))

    assert said.status == 403
    assert (await town.look(passkeys_at(an), an.session)).json["passkeys"] == {}


async def test_a_new_key_for_another_host_or_without_a_person_is_not_added(
    town: Town, an: Person
) -> None:
    elsewhere, unlocked = new_key(town), new_key(town)
    elsewhere.host, unlocked.flags = "evil.example", PRESENT
    for key in (elsewhere, unlocked):
        said = await offer(town, an, key.make(await options(town, an)))

        assert problem(said) == (403, "passkey-refused")


async def test_the_challenge_of_another_session_adds_nothing(
    town: Town, an: Person, bob: Person
) -> None:
    credential = new_key(town).make(await options(town, an))

    assert problem(await offer(town, bob, credential)) == (403, "challenge-over")


async def test_another_account_sees_and_changes_nothing(
    town: Town, ring: Ring, bob: Person
) -> None:
    """ACC-5: it is simply not there."""
    session = bob.session
    mine = passkeys_at(bob) + ring.resource.rstrip("/").rsplit("/", 1)[1] + "/"
    headers = {"Authorization": f"CSS-Account-Token {session}"}

    for where in (ring.at, ring.resource, mine):
        assert (await town.look(where, session)).status == 404
    assert (await town.tell(mine, {"name": "van mij"}, session)).status == 404
    assert (await town.ask("DELETE", mine, headers=headers)).status == 404
    assert (await town.ask("DELETE", ring.resource, headers=headers)).status == 404
    assert (await town.look(ring.at)).status == 401
    assert len((await town.look(ring.at, ring.person.session)).json["passkeys"]) == 1


async def test_one_key_belongs_to_one_account(town: Town, ring: Ring, bob: Person) -> None:
    said = await offer(town, bob, ring.key.make(await options(town, bob)))

    assert problem(said) == (409, "known-passkey")


async def test_an_old_session_adds_and_removes_nothing(town: Town, ring: Ring) -> None:
    """KLU-3: another way to sign in needs a session younger than ten minutes."""
    session = ring.person.session
    headers = {"Authorization": f"CSS-Account-Token {session}"}
    credential = new_key(town).make(await options(town, ring.person))
    town.now.advance(11 * MINUTE)

    begun = await town.look(ring.at + "?step=add", session)
    added = await offer(town, ring.person, credential)
    removed = await town.ask("DELETE", ring.resource, headers=headers)

    for said in (begun, added, removed):
        assert problem(said) == (403, "sign-in-again")
        assert said.json["errorCode"] == "K-STEPUP"  # KLU-4
        assert said.json["details"]["location"] == f"{town.base}-/sign-in"


async def test_the_last_way_to_sign_in_stays(town: Town) -> None:
    created = await town.tell(".account/account/", {})
    session = created.json["authorization"]
    controls = (await town.look(".account/", session)).json["controls"]
    ring = await register(town, Person(session, controls, {}, {}))
    headers = {"Authorization": f"CSS-Account-Token {session}"}

    said = await town.ask("DELETE", ring.resource, headers=headers)

    assert (said.status, said.json["message"]) == (
        400,
        "An account needs at least 1 login method.",
    )


async def test_an_account_has_so_many_keys_and_no_more(town: Town, an: Person) -> None:
    for _ in range(MOST):
        await register(town, an)

    said = await town.look(passkeys_at(an) + "?step=add", an.session)

    assert problem(said) == (403, "too-many-passkeys")


async def test_beginning_is_counted_for_each_address(town: Town) -> None:
    for _ in range(TRIES_PER_ADDRESS):
        await asked(town)

    assert (await town.look(ENTRY)).status == 429
