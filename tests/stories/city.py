# SPDX-License-Identifier: EUPL-1.2
"""A town of more people: an operator who signs in, a second agency, callbacks, many readings."""

import asyncio
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
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
from commands.launch import Place, free_port, start, stop

MANY = 1_000_000
KINDS = ("whole", "same", "range", "head")


@dataclass(frozen=True, slots=True)
class City:
    """Everybody signed in at a server with workers."""

    web: Web
    place: Place
    process: Process
    cast: Cast
    an: Citizen
    agency: Agency
    stranger: Login
    operator: Login

    @property
    def slip(self) -> str:
        return self.an.has(SLIPS[0].path)

    async def ask(self, **changes: Json) -> str:
        """The agency's request; its address."""
        question: Json = {**asked_of(self.an, self.agency, MANY), **changes}
        asked = await self.web.post(".consent/requests", question, self.agency.login)
        return text_at(want_status(asked, 202).json, "id")

    async def grant(self, **changes: Json) -> str:
        """Asked, read and approved."""
        request, an = await self.ask(**changes), self.an.login
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


def planted(base: str, cast: Cast, callbacks: tuple[str, ...]) -> Any:
    """The seed of a town, with credentials for each and an agency that nobody gave anything."""
    sown: Any = seed(base, cast, MANY)
    sown["agencies"][0]["callbacks"] = list(callbacks)
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


@asynccontextmanager
async def a_city(
    folder: Path, *callbacks: str, heard: Callable[[Answer], None] | None = None, workers: int = 4
) -> AsyncIterator[City]:
    """Start, furnish, and stop again; `heard` is told of each answer."""
    place = Place(folder, free_port(), settings={"workers": str(workers)})
    cast = new_cast()
    place.sow(planted(place.base, cast, callbacks))
    process = await start(place)
    try:
        async with open_web(place.base, heard or (lambda answer: None)) as web:
            city = await signed_in(web, place, process, cast)
            for slip in SLIPS:
                where = city.an.has(slip.path)
                want_status(await web.put(where, city.an.login, slip.media_type, slip.body), 201)
            yield city
    finally:
        await stop(process)


async def signed_in(web: Web, place: Place, process: Process, cast: Cast) -> City:
    """Everybody with a fresh token."""

    async def login(name: str, scope: str) -> Login:
        web_id = f"{web.base}{name}/profile/card#me"
        keys = Credentials(f"{name}-script", cast.client_secret, web_id)
        return await log_in(web, keys, scope)

    an = Citizen(cast.an, f"{web.base}an/", web_id_of(web.base, cast.an), await login("an", SCOPE))
    service = await log_in(web, agency_credentials(web.base, cast), "webid")
    agency = Agency(service, agency_id(web.base), purpose_id(web.base))
    stranger, operator = await login("vreemd", "webid"), await login("kaat", SCOPE)
    return City(web, place, process, cast, an, agency, stranger, operator)


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
    tries: list[Try] = field(default_factory=list)

    async def strike(self, kind: str, tag: str) -> Answer:
        login, sent = self.city.agency.login, time.monotonic()
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


async def close_account_credentials(city: City, name: str) -> None:
    """The agency ends the credentials that its service signs in with."""
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
