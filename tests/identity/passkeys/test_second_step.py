# SPDX-License-Identifier: EUPL-1.2
"""A passkey after the password (KLU-3)."""

from identity.sign_in import second_step
from pod.instant import MINUTE
from tests.identity.conftest import Person, Town
from tests.identity.passkeys.ring import (
    ENTRY,
    Ring,
    asked,
    passkeys_at,
    problem,
    register,
    show,
)
from tests.identity.softkey import PRESENT, text_of


async def begin_second_step(town: Town, ring: Ring) -> None:
    """As the password's room does it."""
    where = ring.at.replace("passkey", "second-step")
    await town.tell(where, {"required": True}, ring.person.session)
    account = ring.account
    assert await town.db.read(second_step.wants_second_step, account)
    value = "v" * 43
    await town.db.write(None, second_step.begin_second_step, value, account, town.now())
    town.http.cookie_jar.update_cookies({second_step.browser_cookie(town.base): value})


async def test_after_a_password_the_accounts_own_passkey_signs_in(town: Town, ring: Ring) -> None:
    await begin_second_step(town, ring)
    wanted = await asked(town, "?step=second")
    ring.key.user, ring.key.flags = "", PRESENT  # as security keys without a code do

    said = await show(town, ring.key.sign(wanted))

    assert [each["id"] for each in wanted["allowCredentials"]] == [text_of(ring.key.id)]
    assert said.status == 200
    assert problem(await town.look(ENTRY + "?step=second")) == (403, "second-step-over")


async def test_a_password_alone_opens_nothing_then(town: Town, ring: Ring) -> None:
    """Neither the page nor a script gets around the second step."""
    login = {"email": "an@voorbeeld.example", "password": "an-geheim"}
    assert (await town.tell(".account/login/password/", login)).status == 200
    await begin_second_step(town, ring)

    said = await town.tell(".account/login/password/", login)

    assert problem(said) == (403, "passkey-wanted")
    assert "Set-Cookie" not in said.headers


async def test_another_persons_passkey_is_no_second_step(
    town: Town, ring: Ring, bob: Person
) -> None:
    other = await register(town, bob)
    await begin_second_step(town, ring)

    said = await show(town, other.key.sign(await asked(town, "?step=second")))

    assert problem(said) == (403, "unknown-passkey")


async def test_without_a_password_there_is_no_second_step(town: Town, ring: Ring) -> None:
    await asked(town)
    assert problem(await town.look(ENTRY + "?step=second")) == (403, "second-step-over")

    await begin_second_step(town, ring)
    town.now.advance(5 * MINUTE)

    assert problem(await town.look(ENTRY + "?step=second")) == (403, "second-step-over")


async def test_without_passkeys_no_second_step_can_be_asked(town: Town, an: Person) -> None:
    where = passkeys_at(an).replace("passkey", "second-step")

    assert (await town.tell(where, {"required": True}, an.session)).status == 400
    assert (await town.tell(where, {}, an.session)).status == 400
    assert (await town.look(where, an.session)).json["required"] is False
