# SPDX-License-Identifier: EUPL-1.2
"""HTTP: cases of citizens with agencies (KC-28)."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from consent.cases import acts as cases_acts
from consent.cases.acts import Asked, Try
from consent.cases.cases import Kind, Move
from consent.exchange_routes import (
    Json,
    document_answer,
    if_match_of,
    list_answer,
    moved_answer,
    once_of,
    one_more,
    page_of,
    require_signed_in,
)
from consent.faults import Faults
from consent.house import House
from consent.once import Once
from consent.reading import Members
from consent.texts import troubles_in
from identity.door import Door, read_json
from identity.who import Who
from pod.iri import Iri

Room = Callable[[web.Request, Who], Awaitable[web.Response]]


async def read_case_body(request: web.Request) -> tuple[Json, Faults]:
    """The body, and what may not stand in its texts; a new line in `text` may."""
    body: Json = await read_json(request)
    faults, text = Faults(), body.get("text")
    plain = " ".join(text.splitlines()) if isinstance(text, str) else text
    for pointer, trouble in troubles_in({**body, **({"text": plain} if "text" in body else {})}):
        faults.add(pointer, f"holds {trouble}")
    return body, faults


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases as rooms."""

    house: House

    def _name(self, request: web.Request) -> Iri:
        return self.house.name("cases", request.match_info["code"])

    async def list(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        page = page_of(request)
        seen = await cases_acts.list_cases(self.house, who, one_more(page))
        names = [one.case.id for one in seen]
        return list_answer(request, self.house, page, [one.json() for one in seen], names)

    async def one(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        seen = await cases_acts.look(self.house, who, self._name(request))
        return document_answer(request, self.house, seen.json(), tag=seen.tag())

    async def ask(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        body, faults = await read_case_body(request)
        members = Members(body)
        kind = faults.maybe(lambda: _need_kind(members))
        about = faults.read(lambda: members.need_iri("about"), "")
        text = faults.read(lambda: members.need_text("text"), "")
        faults.maybe(members.done)
        faults.end("The case")
        asked = Asked(Kind(kind or Kind.ACCESS), about, text)
        name = self.house.name("cases", secrets.token_urlsafe(16))
        once = once_of(request, who, body)
        return moved_answer(await cases_acts.ask(self.house, who, asked, name, once))

    async def answer(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        body, faults = await read_case_body(request)
        members = Members(body)
        text = faults.read(lambda: members.need_text("text"), "")
        extends = faults.read(lambda: members.flag("extend"), False)
        faults.maybe(members.done)
        faults.end("The answer")
        move = Move.EXTEND if extends else Move.ANSWER
        return await self._moved(request, who, Try(who, move, text, *_how(request, who, body)))

    def subject(self, move: Move) -> Room:
        async def room(request: web.Request, who: Who) -> web.Response:
            require_signed_in(who)
            body, faults = await read_case_body(request)
            members = Members(body)
            text = faults.maybe(lambda: members.text("text"))
            faults.maybe(members.done)
            faults.end("The body")
            return await self._moved(request, who, Try(who, move, text, *_how(request, who, body)))

        return room

    async def _moved(self, request: web.Request, who: Who, try_: Try) -> web.Response:
        return moved_answer(await cases_acts.move(self.house, self._name(request), try_))


def _need_kind(members: Members) -> str:
    kind = members.choice("kind", list(Kind))
    if kind is None:
        members.wrong("kind", "missing")
    return kind


def _how(request: web.Request, who: Who, body: Json) -> tuple[Once, frozenset[str] | None]:
    return once_of(request, who, body), if_match_of(request)


def routes(house: House, door: Door) -> list[web.RouteDef]:
    """The addresses of cases."""
    rooms = Cases(house)
    one = "/.consent/cases/{code}"
    return [
        web.get("/.consent/cases", door.api(rooms.list)),
        web.post("/.consent/cases", door.api(rooms.ask)),
        web.get(one, door.api(rooms.one)),
        web.post(f"{one}/answer", door.api(rooms.answer)),
        web.post(f"{one}/escalate", door.api(rooms.subject(Move.ESCALATE))),
        web.post(f"{one}/close", door.api(rooms.subject(Move.CLOSE))),
    ]
