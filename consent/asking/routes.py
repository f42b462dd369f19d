# SPDX-License-Identifier: EUPL-1.2
"""HTTP: requests in by agencies, decisions in by citizens (KC-9 to KC-14)."""

import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from aiohttp import web

from consent.asking import decisions, inbox, replies
from consent.asking.choice import read_choice
from consent.asking.replies import lapse_one
from consent.asking.request import Asked, Request, read_request, request_json
from consent.asking.requests import ask, find_request, requests_of
from consent.asking.screening import screened_out, text_troubles
from consent.caller import Caller, Side, caller_of, etag_of, side_of_request
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
from consent.lists import Page
from consent.once import Answer, Once, earlier, keep
from consent.reading import Members
from consent.registry.agency import party_of
from consent.texts import LANGUAGES
from identity.door import Door, json_answer, read_json
from identity.standing import require_standing
from identity.who import Who
from pod import clock
from pod.database import Tx
from pod.errors import Refused, Unreadable
from pod.instant import Instant
from pod.iri import Iri

Reply = Callable[[House, Who, str, Once, Collection[str] | None], Awaitable[Answer]]


async def _require_agency(tx: Tx, who: Who) -> None:
    await require_standing(tx, who)
    party = await party_of(tx, who)
    if party is None or not party.acts:
        raise Refused(
            "Only a registered agency, with its own WebID and client, can ask.",
            problem="not-an-agency",
        )


async def _ask(tx: Tx, who: Who, asked: Asked, name: Iri, once: Once, house: House) -> Answer:
    await _require_agency(tx, who)
    moment = await clock.instant(tx, house.now())
    again = await earlier(tx, once, moment)
    if again is not None:
        return again
    request = await ask(tx, who, asked, name, house.base, house.rates, moment)
    await clock.mark(tx, moment)
    body = request_json(request, moment, agency=True)
    headers = {"Location": request.id, "ETag": f'"{etag_of("pending", Side.AGENCY)}.j"'}
    return await keep(tx, once, Answer(202, body, headers), moment)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A request with the side that looks at it."""

    request: Request
    side: Side
    moment: Instant

    def json(self) -> dict[str, object]:
        return request_json(self.request, self.moment, agency=self.side is Side.AGENCY)

    def tag(self) -> str:
        return etag_of(str(self.json()["state"]), self.side)


def _side(caller: Caller, request: Request) -> Side:
    return Side.AGENCY if caller.agency == request.agency else Side.SUBJECT


async def _one(tx: Tx, who: Who, name: Iri, house: House) -> _Seen:
    caller = await caller_of(tx, who, house.base)
    request = await find_request(tx, name)
    side = side_of_request(caller, request)
    if request is None:
        raise LookupError("a request with a side is there")
    return _Seen(request, side, await clock.instant(tx, house.now()))


async def _list(tx: Tx, who: Who, page: Page, house: House) -> list[_Seen]:
    caller = await caller_of(tx, who, house.base)
    subject = caller.subject() if caller.decides or caller.agency is None else None
    moment = await clock.instant(tx, house.now())
    found = await requests_of(tx, caller.agency, subject, page)
    return [_Seen(request, _side(caller, request), moment) for request in found]


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests as rooms."""

    house: House

    def _name(self, request: web.Request) -> Iri:
        return self.house.name("requests", request.match_info["code"])

    async def ask(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        body: Mapping[str, object] = await read_json(request)
        await self.house.db.read(_require_agency, who)
        troubles = text_troubles(body)
        if troubles:
            raise screened_out(troubles)
        asked = read_request(body, self.house.base)
        name = self.house.name("requests", secrets.token_urlsafe(16))
        once = once_of(request, who, body)
        lock = who.webid  # one writer per agency, so that its rates hold
        answer = await self.house.db.write(lock, _ask, who, asked, name, once, self.house)
        return moved_answer(answer)

    async def list(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        page = page_of(request)
        seen = await self.house.db.read(_list, who, one_more(page), self.house)
        names = [one.request.id for one in seen]
        return list_answer(request, self.house, page, [one.json() for one in seen], names)

    async def one(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        seen = await self.house.db.read(_one, who, self._name(request), self.house)
        if seen.request.state is not seen.request.state_at(seen.moment):
            await self.house.db.write(seen.request.id, lapse_one, seen.request.id, self.house)
            seen = await self.house.db.read(_one, who, seen.request.id, self.house)
        return document_answer(request, self.house, seen.json(), tag=seen.tag())

    async def notice(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        language = request.query.get("lang", LANGUAGES[0])
        if language not in LANGUAGES:
            raise Unreadable(f"lang is one of {', '.join(LANGUAGES)}.", problem="bad-parameter")
        notice = await inbox.show_notice(self.house, who, self._name(request), language)
        return json_answer(notice)

    async def preview(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        items = await inbox.preview(self.house, who, self._name(request))
        return json_answer({"items": items})

    async def approve(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        body = await read_body(request, hashes=("noticeHash",))
        choice = read_choice(body, self.house.base)
        once, if_match = once_of(request, who, body), if_match_of(request)
        name = self._name(request)
        return moved_answer(await decisions.approve(self.house, who, name, choice, once, if_match))

    async def refuse(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        body = await read_body(request)
        members = Members(body)
        reason = members.text("reason")
        members.done()
        once, if_match = once_of(request, who, body), if_match_of(request)
        name = self._name(request)
        return moved_answer(await replies.refuse(self.house, who, name, reason, once, if_match))

    async def defer(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        body = await read_body(request)
        members = Members(body)
        remind_at = members.instant("remindAt")
        members.done()
        once, if_match = once_of(request, who, body), if_match_of(request)
        name = self._name(request)
        return moved_answer(await replies.defer(self.house, who, name, remind_at, once, if_match))

    async def reopen(self, request: web.Request, who: Who) -> web.Response:
        return await self._plain(request, who, replies.reopen)

    async def cancel(self, request: web.Request, who: Who) -> web.Response:
        return await self._plain(request, who, replies.cancel)

    async def _plain(self, request: web.Request, who: Who, reply: Reply) -> web.Response:
        """A move whose body says nothing."""
        require_signed_in(who)
        body = await read_body(request)
        Members(body).done()
        once, if_match = once_of(request, who, body), if_match_of(request)
        return moved_answer(await reply(self.house, who, self._name(request), once, if_match))


def routes(house: House, door: Door) -> list[web.RouteDef]:
    """The addresses of requests."""
    requests = Requests(house)
    one = "/.consent/requests/{code}"
    return [
        web.post("/.consent/requests", door.api(requests.ask)),
        web.get("/.consent/requests", door.api(requests.list)),
        web.get(one, door.api(requests.one)),
        web.get(f"{one}/notice", door.api(requests.notice)),
        web.get(f"{one}/preview", door.api(requests.preview)),
        web.post(f"{one}/approve", door.api(requests.approve)),
        web.post(f"{one}/refuse", door.api(requests.refuse)),
        web.post(f"{one}/defer", door.api(requests.defer)),
        web.post(f"{one}/reopen", door.api(requests.reopen)),
        web.post(f"{one}/cancel", door.api(requests.cancel)),
    ]
