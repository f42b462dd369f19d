# SPDX-License-Identifier: EUPL-1.2
"""What changes in an account is mailed to its owner, in her language (WI-2)."""

import asyncio
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from identity.accounts import events
from identity.accounts.announcements import KEPT, announcing, send_due
from identity.letters import letters
from identity.letters.change_texts import CHANGES
from identity.letters.mail import Mailbox
from identity.letters.texts import LETTERS
from pod.database import Tx
from pod.errors import Unavailable
from pod.instant import MINUTE
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.identity.conftest import Person, Town
from tests.identity.street import Street, a_street, drop, id_of


@pytest.fixture
async def street(tmp_path: Path, db: Sqlite, now: MovableClock) -> AsyncIterator[Street]:
    async for each in a_street(tmp_path, db, now, True):
        yield each


@pytest.fixture
async def town(street: Street) -> Town:
    return street.town


@pytest.fixture
async def told(street: Street, an: Person) -> Street:
    """An has an account, and what that announced is out of the way."""
    await mailed(street)
    return street


async def mailed(street: Street) -> list[EmailMessage]:
    """What the next rounds send."""
    before = len(street.outside.mail)
    town = street.town
    while await send_due(town.db, town.base, street.mailbox, town.now()):
        pass
    return street.outside.mail[before:]


async def test_a_new_password_is_mailed_with_the_way_out(told: Street, an: Person) -> None:
    login = (await told.town.look(".account/", an.session)).json["logins"]["password"]
    change = {"oldPassword": "an-geheim", "newPassword": "nieuw-geheim"}
    await told.town.tell(next(iter(login.values())), change, an.session)
    (message,) = await mailed(told)

    text = message.get_content()
    assert message["To"] == "an@voorbeeld.example"
    assert "Uw wachtwoord is veranderd." in text
    assert f"{told.town.base}-/forgot" in text
    assert "nieuw-geheim" not in text
    assert await mailed(told) == []


async def test_an_address_that_goes_hears_of_it_too(told: Street, an: Person) -> None:
    more = {"email": "twee@voorbeeld.example", "password": "an-geheim"}
    made = await told.town.tell(an.controls["password"]["create"], more, an.session)
    added = await mailed(told)
    await drop(told.town, made.json["resource"], an.session)
    gone = await mailed(told)

    both = ["an@voorbeeld.example", "twee@voorbeeld.example"]
    assert sorted(each["To"] for each in added) == both
    assert sorted(each["To"] for each in gone) == both


async def note(street: Street, account: str, kind: str) -> None:
    street.town.now.advance(1)
    event = events.attempt(account, kind, "192.0.2.7", street.town.now())
    await street.town.db.write(None, events.note, event)


@pytest.mark.parametrize("kind", sorted(CHANGES))
@pytest.mark.parametrize("language", letters.LANGUAGES)
async def test_each_change_is_told_in_each_language(
    told: Street, an: Person, kind: str, language: str
) -> None:
    db = told.town.db
    await db.write(None, letters.choose_account_language, id_of(an), language)
    await note(told, id_of(an), kind)
    (message,) = await mailed(told)

    assert CHANGES[kind][language] in message.get_content()
    assert message["Subject"] == LETTERS["changed"][language][0]


@pytest.mark.parametrize("kind", [events.SIGNED_IN, events.FAILED, "reset-asked", "app-ended"])
async def test_what_does_not_change_the_account_is_not_mailed(
    told: Street, an: Person, kind: str
) -> None:
    await note(told, id_of(an), kind)

    assert await mailed(told) == []


async def test_a_change_that_did_not_happen_is_not_mailed(told: Street, an: Person) -> None:
    async def fail(tx: Tx) -> None:
        await events.note(tx, events.Event(id_of(an), told.town.now(), "webid-linked"))
        raise Unavailable("The commit does not come.")

    with pytest.raises(Unavailable):
        await told.town.db.write(None, fail)

    assert await mailed(told) == []


async def test_mail_that_is_not_taken_is_tried_again_later_and_given_up_in_the_end(
    told: Street, an: Person
) -> None:
    async def refuse(message: EmailMessage) -> None:
        raise Unavailable("mail.example:587 did not take the mail.")

    town, closed = told.town, Mailbox(refuse, "kluis@voorbeeld.example", told.town.now)
    await note(told, id_of(an), "webid-linked")
    tried = await send_due(town.db, town.base, closed, town.now())
    at_once = await mailed(told)
    town.now.advance(MINUTE)
    later = await mailed(told)
    await note(told, id_of(an), "webid-linked")
    for _ in range(2):
        town.now.advance(KEPT + MINUTE)
        await send_due(town.db, town.base, closed, town.now())

    assert (tried, at_once, len(later)) == (0, [], 1)
    assert await mailed(told) == []


async def test_a_server_sends_by_itself(told: Street, an: Person) -> None:
    town = told.town
    await note(told, id_of(an), "passkey-added")
    before = len(told.outside.mail)
    async with announcing(town.db, town.base, told.mailbox, town.now, every=0.01):
        for _ in range(200):
            if len(told.outside.mail) > before:
                break
            await asyncio.sleep(0.01)

    assert len(told.outside.mail) == before + 1


def test_every_letter_is_in_every_language_and_fills_its_places() -> None:
    places = ("base", "link", "sign_in", "forgot", "settings", "time", "what")
    values = {name: f"[{name}]" for name in places}
    for kind, texts in LETTERS.items():
        said = {lang: letters.letter(kind, lang, "a@b.example", values) for lang in texts}

        assert set(texts) == set(letters.LANGUAGES)
        used = {lang: {n for n in places if f"[{n}]" in each.text} for lang, each in said.items()}
        assert all(each == used["nl"] for each in used.values()), kind
        assert len({each.subject for each in said.values()}) == len(letters.LANGUAGES)
    for kind, lines in CHANGES.items():
        assert set(lines) == set(letters.LANGUAGES), kind
