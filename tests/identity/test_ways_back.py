# SPDX-License-Identifier: EUPL-1.2
"""Sessions and apps that end, codes by mail, guesses, and what is noted of it."""

import asyncio
import re
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from identity.accounts.events import attempt, knows_address, network_of, note
from identity.accounts.sessions import hash_of
from identity.letters.mail import MOST_UNDER_WAY, Letter, Mailbox, to_folder
from identity.sign_in.passwords import TRIES_PER_ACCOUNT, TRIES_PER_PAIR, Passwords
from pod.errors import TooMany, Unavailable
from pod.instant import MINUTE
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.identity.conftest import Person, Town
from tests.identity.street import (
    PASSWORD,
    Street,
    a_street,
    again,
    drop,
    mine,
)


@pytest.fixture
async def street(tmp_path: Path, db: Sqlite, now: MovableClock) -> AsyncIterator[Street]:
    async for each in a_street(tmp_path, db, now, True):
        yield each


@pytest.fixture
async def town(street: Street) -> Town:
    return street.town


FORGOT, RESET = ".account/login/password/forgot/", ".account/login/password/reset/"


async def test_sessions_are_listed_and_one_can_be_ended(town: Town, an: Person) -> None:  # KLU-6
    other = (await again(town)).json["authorization"]
    rows = (await town.look(an.controls["kluis"]["sessions"], an.session)).json["sessions"]
    ended = next(row for row in rows if not row["current"])
    said = await drop(town, ended["resource"], an.session)

    assert len(rows) == 2
    assert said.status == 200
    assert "pods" not in (await town.look(".account/", other)).json
    assert "pods" in (await town.look(".account/", an.session)).json
    assert (await drop(town, ended["resource"], an.session)).status == 404


async def _app(tx: Any, session: str, webid: str) -> None:
    row = await tx.one("SELECT hash, account FROM session ORDER BY created DESC, hash")
    row = await tx.one("SELECT hash, account FROM session WHERE hash = :h", h=session) or row
    await tx.run(
        "INSERT INTO client_access (id, account, webid, client, kind, scopes, offline, session,"
        " name, host, created) VALUES ('toegang', :a, :w, 'https://app.example/id', 'app',"
        " 'openid webid', 1, :s, 'App', 'app.example', 0)",
        a=row["account"],
        w=webid,
        s=row["hash"],
    )


async def _ended(tx: Any) -> bool:
    row = await tx.one("SELECT ended FROM client_access WHERE id = 'toegang'")
    return row["ended"] is not None


@pytest.mark.parametrize("way", ["sign out", "from the list", "new password", "app ended"])
async def test_an_ended_session_ends_the_apps_of_it(town: Town, an: Person, way: str) -> None:
    other = (await again(town)).json["authorization"]
    await town.db.write(None, _app, hash_of(other), an.pod["webId"])
    listed = (await town.look(an.controls["kluis"]["apps"], an.session)).json["apps"]
    if way == "sign out":
        await town.tell(an.controls["account"]["logout"], {}, other)
    elif way == "from the list":
        await drop(town, f"{mine(town, an, 'sessions')}{hash_of(other)[:24]}/", an.session)
    elif way == "app ended":
        await drop(town, listed[0]["resource"], an.session)
    else:
        login = (await town.look(".account/", an.session)).json["logins"]["password"]
        change = {"oldPassword": PASSWORD, "newPassword": "nieuw-geheim"}
        await town.tell(next(iter(login.values())), change, an.session)

    assert [app["client"] for app in listed] == ["https://app.example/id"]
    assert await town.db.read(_ended)


async def test_signing_in_again_keeps_the_apps_of_the_same_account(town: Town, an: Person) -> None:
    await town.db.write(None, _app, hash_of(an.session), an.pod["webId"])
    asked = {"email": "an@voorbeeld.example", "password": PASSWORD}
    second = await town.tell(".account/login/password/", asked, an.session)

    assert not await town.db.read(_ended)
    await town.tell(an.controls["account"]["logout"], {}, second.json["authorization"])
    assert await town.db.read(_ended)


async def _code(street: Street) -> str:
    await street.mailbox.close()
    found = re.search(r"code=(\S+)", street.outside.mail[-1].get_content())
    assert found is not None
    return found[1]


async def test_a_mailed_code_works_once_and_ends_every_session(street: Street, an: Person) -> None:
    town = street.town
    await town.tell(FORGOT, {"email": "An@voorbeeld.example"})
    first = await _code(street)
    await town.tell(FORGOT, {"email": "an@voorbeeld.example"})
    code = await _code(street)
    asked = {"recordId": code, "password": "nieuw-geheim"}
    said = await town.tell(RESET, asked)

    assert said.status == 200
    assert (await town.tell(RESET, asked)).status == 400
    assert (await town.tell(RESET, asked | {"recordId": first})).status == 400
    assert "pods" not in (await town.look(".account/", an.session)).json
    assert (await again(town)).status == 403
    assert (await again(town, "nieuw-geheim")).status == 200


async def test_a_mailed_code_is_over_after_half_an_hour(street: Street, an: Person) -> None:
    await street.town.tell(FORGOT, {"email": "an@voorbeeld.example"})
    code = await _code(street)
    street.town.now.advance(30 * MINUTE)
    said = await street.town.tell(RESET, {"recordId": code, "password": "nieuw-geheim"})

    assert said.status == 400
    assert (await again(street.town)).status == 200


async def test_who_asks_for_a_code_learns_nothing(street: Street, an: Person) -> None:  # T-27
    known = await street.town.tell(FORGOT, {"email": "an@voorbeeld.example"})
    unknown = await street.town.tell(FORGOT, {"email": "niemand@voorbeeld.example"})
    await street.mailbox.close()

    assert known.status == unknown.status == 200
    assert {**known.json, "email": ""} == {**unknown.json, "email": ""}
    assert [letter["To"] for letter in street.outside.mail] == ["an@voorbeeld.example"]


async def test_a_mailbox_is_not_flooded(street: Street, an: Person) -> None:
    asked = {"email": "an@voorbeeld.example"}
    said = [(await street.town.tell(FORGOT, asked)).status for _ in range(4)]

    assert said == [200, 200, 200, 429]


async def test_codes_are_kept_as_digests(street: Street, an: Person) -> None:
    await street.town.tell(FORGOT, {"email": "an@voorbeeld.example"})
    code = await _code(street)

    async def kept(tx: Any) -> list[str]:
        return [row["hash"] for row in await tx.all("SELECT hash FROM mailed_code")]

    assert code not in await street.town.db.read(kept)


async def test_mail_lands_as_files_in_development(tmp_path: Path, now: MovableClock) -> None:
    mailbox = Mailbox(to_folder(tmp_path / "mail"), "kluis@localhost", now)
    mailbox.post(Letter("an@voorbeeld.example", "Dag\r\nBcc: x@y.example", "Hallo"))
    await mailbox.close()
    (file,) = (tmp_path / "mail").glob("*.eml")
    message = message_from_bytes(file.read_bytes())

    assert message["Bcc"] is None
    assert message["To"] == "an@voorbeeld.example"
    assert file.stat().st_mode & 0o077 == 0


async def test_a_mail_server_that_is_down_breaks_nothing(now: MovableClock) -> None:
    async def down(message: EmailMessage) -> None:
        raise Unavailable("mail.example:25 did not take the mail.")

    mailbox = Mailbox(down, "kluis@localhost", now)
    mailbox.post(Letter("an@voorbeeld.example", "Dag", "Hallo"))
    await mailbox.close()

    assert not mailbox.under_way


async def test_guesses_elsewhere_do_not_lock_out_an_address_that_is_known(
    db: Sqlite, now: MovableClock, town: Town, an: Person
) -> None:  # T-27
    account = mine(town, an, "x").split("/")[-3]
    passwords = Passwords()
    for number in range(TRIES_PER_ACCOUNT):
        passwords.count_try("an", f"192.0.2.{number}", now())
    await db.write(None, note, attempt(account, "signed-in", "198.51.100.7", now()))
    known = await db.read(knows_address, account, "198.51.100.7", now())
    other = await db.read(knows_address, account, "198.51.100.8", now())

    assert (known, other) == (True, False)
    passwords.count_try("an", "198.51.100.7", now(), known=known)
    with pytest.raises(TooMany):
        passwords.count_try("an", "198.51.100.8", now(), known=other)
    for _ in range(TRIES_PER_PAIR - 1):
        passwords.count_try("an", "198.51.100.7", now(), known=known)
    with pytest.raises(TooMany):
        passwords.count_try("an", "198.51.100.7", now(), known=known)


async def test_a_thousand_guesses_look_alike_for_known_and_unknown(town: Town, an: Person) -> None:
    async def guesses(email: str) -> list[tuple[int, str]]:
        asked = {"email": email, "password": "nee"}
        said = [await town.tell(".account/login/password/", asked) for _ in range(500)]
        return [(each.status, each.json["message"]) for each in said]

    known = await guesses("an@voorbeeld.example")
    unknown = await guesses("niemand@voorbeeld.example")

    assert known == unknown
    assert [status for status, _ in known] == [403] * TRIES_PER_PAIR + [429] * (
        500 - TRIES_PER_PAIR
    )


async def test_sign_ins_and_failures_are_noted(town: Town, an: Person) -> None:  # OP-26
    await again(town, "nee")
    await again(town)
    rows = (await town.look(an.controls["kluis"]["events"], an.session)).json["events"]

    assert {row["kind"] for row in rows} >= {"signed-in", "sign-in-failed"}
    assert all("127.0.0.1" not in str(row) and "mark" not in row["detail"] for row in rows)


def test_an_address_is_kept_as_its_network() -> None:  # ACC-9
    assert network_of("192.0.2.77") == "192.0.2.0/24"
    assert network_of("2001:db8:1:2::3") == "2001:db8:1::/48"
    assert network_of("odd") == ""


async def test_many_letters_at_once_are_not_taken(now: MovableClock) -> None:
    held = asyncio.Event()

    async def slow(message: EmailMessage) -> None:
        await held.wait()

    mailbox = Mailbox(slow, "kluis@localhost", now)
    for _ in range(MOST_UNDER_WAY + 10):
        mailbox.post(Letter("an@voorbeeld.example", "Dag", "Hallo"))
    many = len(mailbox.under_way)
    held.set()
    await mailbox.close()

    assert many == MOST_UNDER_WAY
