# SPDX-License-Identifier: EUPL-1.2
"""Registering by oneself and proving addresses: mail first, and nothing told of others (KLU-5)."""

import re
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from identity.accounts.mailed_codes import CODE_LIFE
from pod.database import Tx
from pod.instant import MINUTE
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.identity.conftest import Said
from tests.identity.street import Street, a_street, drop

NEW, KNOWN = "nieuw@voorbeeld.example", "an@voorbeeld.example"
PASSWORD = "een lang wachtwoord"
REGISTER, CONFIRM = ".account/register/", ".account/register/confirm/"
LOGIN = ".account/login/password/"


@pytest.fixture
async def street(tmp_path: Path, db: Sqlite, now: MovableClock) -> AsyncIterator[Street]:
    """As in production: scripts make no accounts."""
    async for each in a_street(tmp_path, db, now, False):
        yield each


async def letter(street: Street) -> EmailMessage:
    """The last letter that went out."""
    await street.mailbox.close()
    return street.outside.mail[-1]


def code_in(message: EmailMessage) -> str:
    found = re.search(r"code=([\w-]+)", message.get_content())
    assert found is not None, message.get_content()
    return found[1]


async def ask(street: Street, email: str, **headers: str) -> Said:
    street.town.now.advance(4 * MINUTE)
    return await street.town.ask("POST", REGISTER, json={"email": email}, headers=headers)


async def join(street: Street, email: str = NEW) -> Said:
    await ask(street, email)
    sent = {"recordId": code_in(await letter(street)), "password": PASSWORD}
    said = await street.town.tell(CONFIRM, sent)
    street.town.http.cookie_jar.clear()
    return said


async def accounts_in(street: Street) -> int:
    async def count(tx: Tx) -> int:
        row = await tx.one("SELECT count(*) AS many FROM account")
        assert row is not None
        return int(row["many"])

    return await street.town.db.read(count)


async def test_an_account_begins_when_the_mailed_code_is_brought(street: Street) -> None:
    asked = await ask(street, NEW)
    code = code_in(await letter(street))
    before = await accounts_in(street)
    looked = await street.town.look(f"{CONFIRM}?recordId={code}")
    made = await street.town.tell(CONFIRM, {"recordId": code, "password": PASSWORD})
    again = await street.town.tell(CONFIRM, {"recordId": code, "password": "x" * 9})

    assert (asked.status, asked.json["email"]) == (200, NEW)
    assert (looked.status, before) == (200, 0)
    assert "pod" in made.json["controls"]["account"]
    assert (again.status, await accounts_in(street)) == (400, 1)
    signed_in = await street.town.tell(LOGIN, {"email": NEW.upper(), "password": PASSWORD})
    assert signed_in.status == 200


async def test_the_answer_is_the_same_for_a_known_address_and_the_letter_is_not(
    street: Street,
) -> None:
    await join(street, KNOWN)
    unknown, first = await ask(street, NEW), await letter(street)
    known, second = await ask(street, KNOWN), await letter(street)

    assert {**known.json, "email": ""} == {**unknown.json, "email": ""}
    assert known.status == unknown.status
    assert dict(known.headers).keys() == dict(unknown.headers).keys()
    assert (first["To"], second["To"]) == (NEW, KNOWN)
    assert "code=" not in second.get_content()
    assert "/-/forgot" in second.get_content()


async def test_a_code_ends_after_half_an_hour(street: Street) -> None:
    await ask(street, NEW)
    code = code_in(await letter(street))
    street.town.now.advance(CODE_LIFE)
    said = await street.town.tell(CONFIRM, {"recordId": code, "password": PASSWORD})

    assert (said.status, await accounts_in(street)) == (400, 0)


async def test_a_code_for_one_thing_is_not_one_for_another(street: Street) -> None:
    await join(street, KNOWN)
    await street.town.tell(f"{LOGIN}forgot/", {"email": KNOWN})
    reset = code_in(await letter(street))
    await ask(street, NEW)
    joining = code_in(await letter(street))
    first = await street.town.tell(CONFIRM, {"recordId": reset, "password": PASSWORD})
    second = await street.town.tell(
        f"{LOGIN}reset/", {"recordId": joining, "password": "iets anders"}
    )

    assert (first.status, second.status) == (400, 400)


def files_in(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


async def test_only_the_hash_of_a_code_is_kept(street: Street, tmp_path: Path) -> None:
    await ask(street, NEW)
    code = code_in(await letter(street))

    assert [file for file in files_in(tmp_path) if code.encode() in file.read_bytes()] == []


async def test_two_codes_for_one_address_make_one_account(street: Street) -> None:
    await ask(street, NEW)
    first = code_in(await letter(street))
    await ask(street, NEW)
    second = code_in(await letter(street))
    made = await street.town.tell(CONFIRM, {"recordId": second, "password": PASSWORD})
    late = await street.town.tell(CONFIRM, {"recordId": first, "password": "een ander woord"})

    assert (made.status, late.status) == (200, 400)
    assert await accounts_in(street) == 1


async def test_a_short_password_uses_no_code_up(street: Street) -> None:
    await ask(street, NEW)
    code = code_in(await letter(street))
    short = await street.town.tell(CONFIRM, {"recordId": code, "password": "kort"})
    made = await street.town.tell(CONFIRM, {"recordId": code, "password": PASSWORD})

    assert (short.status, made.status) == (400, 200)


async def test_asking_is_slowed_down_alike_for_known_and_unknown(street: Street) -> None:
    await join(street, KNOWN)
    street.town.now.advance(16 * MINUTE)
    for email in (KNOWN, NEW):
        said = [await street.town.tell(REGISTER, {"email": email}) for _ in range(4)]

        assert [each.status for each in said] == [200, 200, 200, 429]


async def test_one_caller_cannot_mail_many_addresses(street: Street) -> None:
    street.town.now.advance(16 * MINUTE)
    said = [
        await street.town.tell(REGISTER, {"email": f"p{number}@voorbeeld.example"})
        for number in range(21)
    ]

    assert [each.status for each in said] == [200] * 20 + [429]


async def test_codes_are_not_guessed_for_long(street: Street) -> None:
    said = [
        await street.town.tell(CONFIRM, {"recordId": f"guess{n}", "password": PASSWORD})
        for n in range(31)
    ]

    assert {each.status for each in said[:30]} == {400}
    assert said[30].status == 429


@pytest.mark.parametrize(
    "email", ["a,b@c.example", "a@b,c.example", "<a@b.example>", 'a"b@c.example', "a\n@b", "a", 7]
)
async def test_what_is_not_one_address_gets_no_mail(street: Street, email: object) -> None:
    said = await street.town.tell(REGISTER, {"email": email})
    await street.mailbox.close()

    assert said.status == 400
    assert street.outside.mail == []


async def test_a_closed_server_registers_nobody(
    tmp_path: Path, db: Sqlite, now: MovableClock
) -> None:
    async for street in a_street(tmp_path, db, now, False, registers=False):
        index = await street.town.look(".account/")
        said = await street.town.tell(REGISTER, {"email": NEW})
        confirmed = await street.town.tell(CONFIRM, {"recordId": "x", "password": PASSWORD})

        assert "register" not in index.json["controls"]["kluis"]
        assert (said.status, confirmed.status) == (403, 403)
        assert street.outside.mail == []


async def test_the_addresses_are_in_the_controls(street: Street) -> None:
    kluis = (await street.town.look(".account/")).json["controls"]["kluis"]

    assert kluis["register"] == street.town.base + REGISTER
    assert kluis["confirmRegistration"] == street.town.base + CONFIRM


@pytest.mark.parametrize(
    ("accepted", "subject"),
    [
        ("nl-BE", "Maak uw account bij Kluis af"),
        ("en-GB,en;q=0.9", "Finish your account at Kluis"),
        ("it, fr-BE;q=0.8, nl;q=0.5", "Terminez votre compte Kluis"),
        ("de;q=0.9, en;q=0.2", "Schließen Sie Ihr Konto bei Kluis ab"),
        ("ja", "Maak uw account bij Kluis af"),
        ("fr;q=x" + "," * 900, "Maak uw account bij Kluis af"),
    ],
)
async def test_letters_are_in_the_language_of_who_asks(
    street: Street, accepted: str, subject: str
) -> None:
    await ask(street, NEW, **{"Accept-Language": accepted})

    assert (await letter(street))["Subject"] == subject


async def test_the_language_of_an_account_wins_over_that_of_who_asks(street: Street) -> None:
    await ask(street, NEW, **{"Accept-Language": "fr"})
    sent = {"recordId": code_in(await letter(street)), "password": PASSWORD}
    french = {"Accept-Language": "fr"}
    await street.town.ask("POST", CONFIRM, json=sent, headers=french)
    german = {"Accept-Language": "de"}
    await street.town.ask("POST", f"{LOGIN}forgot/", json={"email": NEW}, headers=german)

    assert (await letter(street))["Subject"] == "Un nouveau mot de passe pour Kluis"


async def passwords_at(street: Street, session: str) -> str:
    index = await street.town.look(".account/", session)
    return str(index.json["controls"]["password"]["create"])


async def prove(street: Street, at: str, session: str, email: str) -> Any:
    street.town.now.advance(1)
    return await street.town.tell(at, {"email": email, "password": PASSWORD}, session)


async def test_another_address_counts_once_it_is_proved(street: Street) -> None:
    session = (await join(street)).json["authorization"]
    at = await passwords_at(street, session)
    asked = await prove(street, at, session, "twee@voorbeeld.example")
    code = code_in(await letter(street))
    before = (await street.town.look(at, session)).json["passwordLogins"]
    made = await street.town.tell(at, {"recordId": code, "password": PASSWORD}, session)
    after = (await street.town.look(at, session)).json["passwordLogins"]

    assert (asked.status, list(before)) == (200, [NEW])
    assert after["twee@voorbeeld.example"] == made.json["resource"]


async def test_adding_an_address_tells_nothing_of_other_accounts(street: Street) -> None:
    await join(street, KNOWN)
    session = (await join(street)).json["authorization"]
    at = await passwords_at(street, session)
    known, first = await prove(street, at, session, KNOWN), await letter(street)
    unknown = await prove(street, at, session, "vrij@voorbeeld.example")

    assert {**known.json, "email": ""} == {**unknown.json, "email": ""}
    assert "code=" not in first.get_content()
    assert first["To"] == KNOWN


async def test_a_code_proves_an_address_for_its_own_account_alone(street: Street) -> None:
    mine = (await join(street)).json["authorization"]
    theirs = (await join(street, KNOWN)).json["authorization"]
    await prove(street, await passwords_at(street, theirs), theirs, "drie@voorbeeld.example")
    code, at = code_in(await letter(street)), await passwords_at(street, mine)
    said = await street.town.tell(at, {"recordId": code, "password": PASSWORD}, mine)

    assert said.status == 400


async def test_the_first_of_two_who_prove_one_address_has_it(street: Street) -> None:
    session = (await join(street)).json["authorization"]
    at = await passwords_at(street, session)
    await prove(street, at, session, KNOWN)
    code = code_in(await letter(street))
    await join(street, KNOWN)
    late = await street.town.tell(at, {"recordId": code, "password": PASSWORD}, session)

    assert late.status == 400
    assert list((await street.town.look(at, session)).json["passwordLogins"]) == [NEW]


async def test_an_old_sign_in_takes_no_address_away(street: Street) -> None:
    session = (await join(street)).json["authorization"]
    at = await passwords_at(street, session)
    await prove(street, at, session, "vijf@voorbeeld.example")
    sent = {"recordId": code_in(await letter(street)), "password": PASSWORD}
    made = (await street.town.tell(at, sent, session)).json["resource"]
    street.town.now.advance(11 * MINUTE)
    late = await drop(street.town, made, session)

    assert (late.status, late.json["errorCode"]) == (403, "K-STEPUP")
    assert len((await street.town.look(at, session)).json["passwordLogins"]) == 2


async def test_an_old_sign_in_adds_no_address(street: Street) -> None:
    session = (await join(street)).json["authorization"]
    at = await passwords_at(street, session)
    street.town.now.advance(11 * MINUTE)
    said = await prove(street, at, session, "vier@voorbeeld.example")

    assert (said.status, said.json["errorCode"]) == (403, "K-STEPUP")
