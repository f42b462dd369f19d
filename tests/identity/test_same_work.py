# SPDX-License-Identifier: EUPL-1.2
"""Known and unknown addresses cost the same work; how long it takes: bench/same_time.py (T-27)."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import pytest
from argon2 import PasswordHasher

from identity.accounts.accounts import add_account, add_login
from identity.accounts.addresses import ask_address
from identity.accounts.newcomers import Caller, ask_to_join
from identity.accounts.recovery import Recovery, ask_reset
from identity.letters.mail import Mailbox
from identity.sign_in.passwords import Passwords
from pod.database import Row, Tx, Value
from pod.iri import Iri
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.people import BASE

KNOWN, UNKNOWN = "an@voorbeeld.example", "no@voorbeeld.example"


@dataclass(slots=True)
class Heard:
    """A transaction that is listened to."""

    tx: Tx
    said: list[str]

    async def one(self, sql: str, /, **values: Value) -> Row | None:
        self.said.append(sql)
        return await self.tx.one(sql, **values)

    async def all(self, sql: str, /, **values: Value) -> Sequence[Row]:
        self.said.append(sql)
        return await self.tx.all(sql, **values)

    async def run(self, sql: str, /, **values: Value) -> int:
        self.said.append(sql)
        return await self.tx.run(sql, **values)


@dataclass(slots=True)
class Listening:
    """The database, and every statement that was made in it."""

    db: Sqlite
    said: list[str] = field(default_factory=list)

    async def read(self, work: Any, /, *args: Any, **kwargs: Any) -> Any:
        return await self.db.read(self._heard, work, args, kwargs)

    async def write(self, pod: str | None, work: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.said.append("commit")
        return await self.db.write(pod, self._heard, work, args, kwargs)

    async def close(self) -> None:
        await self.db.close()

    async def _heard(self, tx: Tx, work: Any, args: Any, kwargs: Any) -> Any:
        return await work(Heard(tx, self.said), *args, **kwargs)


@dataclass(slots=True)
class Place:
    """What mails with codes work with, all of it listened to."""

    recovery: Recovery
    db: Listening
    gone: list[EmailMessage]


@pytest.fixture
async def place(db: Sqlite, now: MovableClock) -> Place:
    async def add(tx: Tx) -> None:
        for account, email in (("a", KNOWN), ("b", "bea@voorbeeld.example")):
            await add_account(tx, account, now())
            await add_login(tx, f"l{account}", account, email, "secret", now())

    await db.write(None, add)
    gone: list[EmailMessage] = []

    async def deliver(message: EmailMessage) -> None:
        gone.append(message)

    quick = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    heard = Listening(db)
    mailbox = Mailbox(deliver, "kluis@voorbeeld.example", now)
    return Place(Recovery(heard, Iri(BASE), now, quick, mailbox), heard, gone)


Ask = Callable[[Recovery, str], Awaitable[None]]
CALLER = Caller("192.0.2.1")
ASKS: dict[str, Ask] = {
    "a new password": lambda recovery, email: ask_reset(recovery, email, "192.0.2.1"),
    "an account": lambda recovery, email: ask_to_join(recovery, email, CALLER),
    "one more address": lambda recovery, email: ask_address(recovery, "b", email, CALLER),
}


async def work_for(place: Place, ask: Ask, email: str) -> tuple[list[str], int]:
    """The statements, and how many letters are on their way, when the answer goes out."""
    place.db.said.clear()
    await ask(place.recovery, email)
    done, written = list(place.db.said), len(place.recovery.mailbox.under_way)
    await place.recovery.mailbox.close()
    return [re.sub(r"\s+", " ", each) for each in done], written


@pytest.mark.parametrize("what", ASKS)
async def test_it_is_the_same_statements_and_one_letter_for_known_and_unknown(
    place: Place, what: str
) -> None:
    known = await work_for(place, ASKS[what], KNOWN)
    unknown = await work_for(place, ASKS[what], UNKNOWN)

    assert known == unknown
    assert known[0].count("commit") == 1
    assert known[1] == 1


async def test_no_letter_is_written_before_the_answer(place: Place) -> None:
    """Writing it takes a moment of the same process, and only known addresses get one sent."""
    await ask_reset(place.recovery, KNOWN, "192.0.2.1")
    at_the_answer = list(place.gone)
    await place.recovery.mailbox.close()

    assert at_the_answer == []
    assert [each["To"] for each in place.gone] == [KNOWN]


async def test_an_unknown_address_gets_no_letter(place: Place) -> None:
    await ask_reset(place.recovery, UNKNOWN, "192.0.2.1")
    await place.recovery.mailbox.close()

    assert place.gone == []
