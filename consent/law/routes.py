# SPDX-License-Identifier: EUPL-1.2
"""HTTP: access that a law or decree gives (KC-26)."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from consent.cases.routes import read_case_body
from consent.exchange_routes import (
    document_answer,
    if_match_of,
    list_answer,
    moved_answer,
    once_of,
    one_more,
    page_of,
    read_body,
    require_signed_in,
)
from consent.house import House
from consent.law import acts as statutory_acts
from consent.law import views as statutory_views
from consent.law.acts import Try
from consent.law.statutory import Move
from consent.reading import Members
from identity.door import Door, json_answer, read_json
from identity.who import Who
from pod.iri import Iri

WHY = "Ik maak bezwaar."
Room = Callable[[web.Request, Who], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Accesses:
    """Statutory accesses as rooms."""

    house: House

    def _name(self, request: web.Request) -> Iri:
        return self.house.name("statutory", request.match_info["code"])

    async def declare(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        body = await read_json(request)
        name = self.house.name("statutory", secrets.token_urlsafe(16))
        once = once_of(request, who, body)
        return moved_answer(await statutory_acts.declare(self.house, who, body, name, once))

    async def list(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        page = page_of(request)
        seen = await statutory_views.list_statutory(self.house, who, one_more(page))
        names = [one.access.id for one in seen]
        return list_answer(request, self.house, page, [one.json() for one in seen], names)

    async def one(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        seen = await statutory_views.look(self.house, who, self._name(request))
        return document_answer(request, self.house, seen.json(), tag=seen.tag())

    async def history(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        items = await statutory_views.history(self.house, who, self._name(request))
        return json_answer({"items": items})

    def move(self, move: Move) -> Room:
        async def room(request: web.Request, who: Who) -> web.Response:
            require_signed_in(who)
            body = await read_body(request)
            members = Members(body)
            said = {name: members.text(name) for name in ("reason", "reference")}
            members.done()
            details: dict[str, object] = {name: text for name, text in said.items() if text}
            try_ = Try(who, move, details, once_of(request, who, body), if_match_of(request))
            return moved_answer(await statutory_acts.move(self.house, self._name(request), try_))

        return room

    async def object(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        body, faults = await read_case_body(request)
        members = Members(body)
        text = faults.maybe(lambda: members.text("text"))
        reason = faults.maybe(lambda: members.text("reason"))
        stops = faults.read(lambda: members.flag("suspend"), False)
        faults.maybe(members.done)
        faults.end("The objection")
        case = self.house.name("cases", secrets.token_urlsafe(16))
        objection = (text or reason or WHY, stops, case)
        once = once_of(request, who, body)
        return moved_answer(
            await statutory_acts.object_(self.house, who, self._name(request), objection, once)
        )


def routes(house: House, door: Door) -> list[web.RouteDef]:
    """The addresses of statutory accesses."""
    rooms = Accesses(house)
    one = "/.consent/statutory/{code}"
    return [
        web.get("/.consent/statutory", door.api(rooms.list)),
        web.post("/.consent/statutory", door.api(rooms.declare)),
        web.get(one, door.api(rooms.one)),
        web.get(f"{one}/history", door.api(rooms.history)),
        web.post(f"{one}/object", door.api(rooms.object)),
        *(
            web.post(f"{one}/{move}", door.api(rooms.move(move)))
            for move in (Move.SUSPEND, Move.RESUME, Move.END)
        ),
    ]
