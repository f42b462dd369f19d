# SPDX-License-Identifier: EUPL-1.2
"""A town of more people: an operator who signs in, a second agency, callbacks, many readings."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from socket import create_connection
from subprocess import Popen
from typing import Any
from urllib.parse import quote

from aiohttp import ClientError

from commands.answer import Answer, Json, items_at, text_at, want_status
from commands.client import Credentials, Login, Web, log_in, open_web
from commands.demo.asking import asked_of
from commands.demo.cast import (
    SCOPE,
    Agency,
    Cast,
    Citizen,
    agency_credentials,
    agency_id,
    new_cast,
    purpose_id,
    web_id_of,
)
from commands.demo.papers import SLIPS
from commands.demo.seed import seed
from commands.launch import Place, free_port

from .lines import children_of

MANY = 1_000_000
PATIENCE = 60  # seconds; a machine that does other things besides is slow to start workers
SETTINGS = ("workers",)
SPARE = "opvang-reserve"  # credentials of the agency that a test may end
KINDS = ("whole", "same", "range", "head")


@dataclass(frozen=True, slots=True)
class Hall:
    """Where the server is and who may come in, and where the agency hears of things."""

    place: Place
    cast: Cast
    ear: int = field(default_factory=free_port)
    servers: list[Popen[bytes]] = field(default_factory=list)

    @property
    def callback(self) -> str:
        return f"http://127.0.0.1:{self.ear}/kluis"

    def open(self) -> None:
        """Start the server and wait until it answers."""
        environ = {name: os.environ[name] for name in os.environ if not name.startswith("KLUIS_")}
        environ |= {f"KLUIS_{name.upper()}": self.place.settings[name] for name in SETTINGS}
        with self.place.log.open("ab") as log:
            command, folder = self.place.command, self.place.folder
            server = Popen(
                command, cwd=folder, env=environ, stdout=log, stderr=log, start_new_session=True
            )
        self.servers.append(server)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and server.poll() is None:
            try:
                create_connection(("127.0.0.1", self.place.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"no server within {PATIENCE} s: {self.place.last_words()}")

    def kill(self) -> None:
        """SIGKILL to the server and all that it started: no farewell, no flush."""
        server = self.servers[-1]
        for pid in (server.pid, *children_of(server.pid)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        server.wait()


@dataclass(frozen=True, slots=True)
class City:
    """Everybody signed in at a server with workers."""

    web: Web
    cast: Cast
    an: Citizen
    agency: Agency
    stranger: Login
    operator: Login

    @property
    def slip(self) -> str:
        return self.an.has(SLIPS[0].path)

    async def ask(self, login: Login | None = None, **changes: Json) -> str:
        """The agency's request; its address."""
        question: Json = {**asked_of(self.an, self.agency, MANY), **changes}
        asked = await self.web.post(".consent/requests", question, login or self.agency.login)
        return text_at(want_status(asked, 202).json, "id")

    async def grant(self, login: Login | None = None, **changes: Json) -> str:
        """Asked, read and approved."""
        request, an = await self.ask(login, **changes), self.an.login
        notice = want_status(await self.web.get(f"{request}/notice?lang=nl", an), 200).json
        yes: Json = {"noticeHash": text_at(notice, "hash"), "lang": "nl"}
        given = await self.web.post(f"{request}/approve", yes, an)
        return want_status(given, 201).header("Location")

    async def act(self, where: str, login: Login, body: Json = None) -> Json:
        return want_status(await self.web.post(where, body or {}, login), 200).json

    async def export(self) -> bytes:
        """An's log, whole."""
        where = f".consent/log/export?pod={quote(self.an.pod, safe='')}"
        return want_status(await self.web.get(where, self.an.login, "*/*"), 200).body


def planted(base: str, cast: Cast, callback: str) -> Any:
    """The seed of a town, with credentials for each and an agency that nobody gave anything."""
    sown: Any = seed(base, cast, MANY)
    sown["agencies"][0]["callbacks"] = [callback]
    sown["agencies"][0]["clients"].append(SPARE)
    keys = sown["accounts"][1]["clientCredentials"]
    keys.append({**keys[0], "id": SPARE})
    for name in ("kaat", "an", "vreemd"):
        sown["accounts"].append(
            {
                "email": f"{name}@stad.example",
                "password": cast.client_secret,
                "pods": [{"name": name}],
                "operator": name == "kaat",
                "clientCredentials": [
                    {
                        "id": f"{name}-script",
                        "secret": cast.client_secret,
                        "webId": f"{base}{name}/profile/card#me",
                    }
                ],
            }
        )
    other = {**sown["agencies"][0], "id": f"{base}.consent/agencies/vreemd", "callbacks": []}
    other |= {"webids": [f"{base}vreemd/profile/card#me"], "clients": ["vreemd-script"]}
    sown["agencies"].append(other)
    return sown


@contextmanager
def a_hall(folder: Path, workers: int = 4) -> Iterator[Hall]:
    """A server that outlives the loop of a test, so that several tests can share it."""
    place = Place(folder, free_port(), settings={"workers": str(workers)})
    hall = Hall(place, new_cast())
    place.sow(planted(place.base, hall.cast, hall.callback))
    hall.open()
    try:
        yield hall
    finally:
        hall.kill()


@asynccontextmanager
async def a_city(hall: Hall, heard: Callable[[Answer], None] | None = None) -> AsyncIterator[City]:
    """Everybody comes in; `heard` is told of each answer."""
    async with open_web(hall.place.base, heard or (lambda answer: None)) as web:
        city = await signed_in(web, hall.cast)
        for slip in SLIPS:
            where = city.an.has(slip.path)
            made = await web.put(where, city.an.login, slip.media_type, slip.body)
            want_status(made, 201, 204)
        yield city


async def signed_in(web: Web, cast: Cast) -> City:
    """Everybody with a fresh token."""

    async def login(name: str, scope: str) -> Login:
        web_id = f"{web.base}{name}/profile/card#me"
        keys = Credentials(f"{name}-script", cast.client_secret, web_id)
        return await log_in(web, keys, scope)

    an = Citizen(cast.an, f"{web.base}an/", web_id_of(web.base, cast.an), await login("an", SCOPE))
    service = await log_in(web, agency_credentials(web.base, cast), "webid")
    agency = Agency(service, agency_id(web.base), purpose_id(web.base))
    stranger, operator = await login("vreemd", "webid"), await login("kaat", SCOPE)
    return City(web, cast, an, agency, stranger, operator)


@dataclass(frozen=True, slots=True)
class Try:
    """One read: when it was sent, when its answer was there, and what that was."""

    sent: float
    kind: str
    answer: Answer


@dataclass(slots=True)
class Hammer:
    """Many clients that read the same slip under one grant, in every way there is."""

    city: City
    grant: str
    kinds: tuple[str, ...] = KINDS
    login: Login | None = None
    tries: list[Try] = field(default_factory=list)

    async def strike(self, kind: str, tag: str) -> Answer:
        login, sent = self.login or self.city.agency.login, time.monotonic()
        method = "HEAD" if kind == "head" else "GET"
        headers = {**login.headers(method, self.city.slip), "Kluis-Grant": self.grant}
        headers |= {"same": {"If-None-Match": tag}, "range": {"Range": "bytes=0-9"}}.get(kind, {})
        answer = await self.city.web.ask(method, self.city.slip, headers=headers)
        self.tries.append(Try(sent, kind, answer))
        return answer

    async def keep_striking(self, number: int, tag: str, over: asyncio.Event) -> None:
        with suppress(ClientError):
            while not over.is_set():
                await self.strike(self.kinds[number % len(self.kinds)], tag)
                number += 1

    async def around(
        self, clients: int, act: Callable[[], Awaitable[object]], after: float = 0.5
    ) -> float:
        """Hammer before, during and after the act; the moment at which it was answered."""
        over = asyncio.Event()
        tag = want_status(await self.strike("whole", ""), 200).header("ETag")
        busy = [
            asyncio.create_task(self.keep_striking(number, tag, over)) for number in range(clients)
        ]
        await asyncio.sleep(after)
        await act()
        answered = time.monotonic()
        await asyncio.sleep(after)
        over.set()
        await asyncio.gather(*busy)
        return answered


async def spare_login(city: City) -> Login:
    """The agency's, with credentials that a test may end."""
    web_id = web_id_of(city.web.base, city.cast.agency)
    return await log_in(city.web, Credentials(SPARE, city.cast.client_secret, web_id), "webid")


async def end_credentials(city: City, name: str) -> None:
    """The agency ends the credentials that a script of its signs in with."""
    person, web = city.cast.agency, city.web
    index: Json = want_status(await web.get(".account/"), 200).json
    words: Json = {"email": person.email, "password": person.password}
    answer = await web.post(text_at(index, "controls", "password", "login"), words)
    session = f"CSS-Account-Token {text_at(want_status(answer, 200).json, 'authorization')}"
    inside = want_status(await web.get(".account/", Authorization=session), 200).json
    where = text_at(inside, "controls", "account", "clientCredentials")
    found = want_status(await web.get(where, Authorization=session), 200).json
    url = text_at(found, "clientCredentials", name)
    ended = await web.ask("DELETE", url, headers={"Authorization": session})
    want_status(ended, 200, 204)


def ids_of(answer: Answer) -> list[str]:
    return [text_at(item, "id") for item in items_at(want_status(answer, 200).json, "items")]
