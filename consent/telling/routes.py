# SPDX-License-Identifier: EUPL-1.2
"""HTTP: what agencies are told, for those who pull, and what became of each delivery (KC-24)."""

from dataclasses import dataclass

from aiohttp import web

from consent.exchange_routes import (
    list_answer,
    moved_answer,
    once_of,
    one_more,
    page_of,
    read_body,
    require_signed_in,
)
from consent.house import House
from consent.reading import Members
from consent.telling import shown
from identity.door import Door, json_answer
from identity.who import Who


@dataclass(frozen=True, slots=True)
class News:
    """Events and deliveries as rooms."""

    house: House

    async def events(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        page = page_of(request)
        found = await shown.events(self.house, who, one_more(page))
        items = [shown.shown_event(event) for event in found]
        return list_answer(request, self.house, page, items, [event.id for event in found])

    async def deliveries(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        page = page_of(request)
        found = await shown.deliveries(self.house, who, one_more(page))
        items = [shown.delivery_json(each) for each in found]
        return list_answer(request, self.house, page, items, [each.event.id for each in found])

    async def delivery(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        found = await shown.delivery(self.house, who, request.match_info["code"])
        return json_answer(shown.delivery_json(found))

    async def resend(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        body = await read_body(request)
        Members(body).done()
        once = once_of(request, who, body)
        answer = await shown.resend(self.house, who, request.match_info["code"], once)
        return moved_answer(answer)


def routes(house: House, door: Door) -> list[web.RouteDef]:
    """The addresses of events and deliveries."""
    news = News(house)
    one = "/.consent/deliveries/{code}"
    return [
        web.get("/.consent/events", door.api(news.events)),
        web.get("/.consent/deliveries", door.api(news.deliveries)),
        web.get(one, door.api(news.delivery)),
        web.post(f"{one}/resend", door.api(news.resend)),
    ]
