# SPDX-License-Identifier: EUPL-1.2
"""A town with mail and an outside, for what Kluis adds to the account API."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer, unused_port
from argon2 import PasswordHasher

from identity.account_api import account_routes
from identity.door import Door
from identity.letters.mail import Mailbox
from identity.outward.fetched import Fetched
from identity.sign_in.passwords import Passwords
from identity.tokens.keys import open_keys
from identity.upstream.providers import Provider
from identity.who import ANYONE, Who
from pod.errors import Unavailable
from pod.files import Files
from pod.iri import Iri
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.identity.conftest import Person, Town

ACM = Provider("acm", {"nl": "Burgerlogin"}, "https://acm.example/op", "kluis")
ELSEWHERE = "https://id.example/me#it"


PASSWORD = "an-geheim"


@dataclass(slots=True)
class Outside:
    """Stands for the world: documents elsewhere, and the mail that went out."""

    documents: dict[str, bytes] = field(default_factory=dict)
    mail: list[EmailMessage] = field(default_factory=list)
    media_type: str = "text/turtle"

    async def fetch(
        self, url: str, *, accept: str, limit: int = 262144, redirects: int = 0, **_: Any
    ) -> Fetched:
        if url not in self.documents:
            raise Unavailable(f"{url} cannot be reached: nothing answers there.")
        return Fetched(url, 200, self.media_type, None, self.documents[url], {}, 0)

    async def deliver(self, message: EmailMessage) -> None:
        self.mail.append(message)


@dataclass(frozen=True, slots=True)
class Street:
    """A town with mail and an outside."""

    town: Town
    outside: Outside
    mailbox: Mailbox


async def _nobody(request: web.Request) -> Who:
    return ANYONE


async def a_street(
    folder: Path, db: Sqlite, now: MovableClock, registration: bool, registers: bool = True
) -> AsyncIterator[Street]:
    port = unused_port()
    base, outside = Iri(f"http://127.0.0.1:{port}/"), Outside()
    mailbox = Mailbox(outside.deliver, "kluis@voorbeeld.example", now)
    quick = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    app, door = web.Application(), Door(base, _nobody)
    given = account_routes.routes(
        db, door, base, now, registration, quick,
        mailbox=mailbox, fetch=outside.fetch, providers=(ACM,), files=Files(folder / "blobs"),
        registers=registers,
    )  # fmt: skip
    app.add_routes(given)
    async with TestServer(app, port=port), ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        yield Street(Town(base, http, db, open_keys(folder / "keys"), now), outside, mailbox)
    quick.tries.close()


async def again(town: Town, password: str = PASSWORD) -> Any:
    asked = {"email": "an@voorbeeld.example", "password": password}
    said = await town.tell(".account/login/password/", asked)
    town.http.cookie_jar.clear()
    return said


async def drop(town: Town, where: str, session: str) -> Any:
    headers = {"Authorization": f"CSS-Account-Token {session}"}
    return await town.ask("DELETE", where, headers=headers)


def mine(town: Town, person: Person, kind: str) -> str:
    return str(person.controls["account"]["pod"]).replace("/pod/", f"/{kind}/")


def id_of(person: Person) -> str:
    return str(person.controls["account"]["pod"]).split("/")[-3]
