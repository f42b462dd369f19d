# SPDX-License-Identifier: EUPL-1.2
"""HTTP: grants, receipts, and the keys that prove them (KC-15, KC-16, KC-18)."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

import orjson
from aiohttp import web

from consent import forms
from consent.caller import Side
from consent.context import RECORD
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
from consent.grants import endings, grants, moves, sleeping
from consent.grants.ledger import Filter
from consent.grants.narrowing import narrow, read_less
from consent.house import House
from consent.once import Answer, Once
from consent.proof.receipt import Receipt
from consent.proof.receipt_page import as_page
from consent.proof.signer import opened
from consent.reading import Members
from identity.door import Door, json_answer
from identity.who import Who
from pod import rdf
from pod.iri import Iri

RECEIPT_FORMS = (forms.JOSE, forms.JSON, forms.JSON_LD, forms.TURTLE, forms.HTML)
_PAGE = "default-src 'none'; frame-ancestors 'none'"

Plain = Callable[[House, Who, str, Once, Collection[str] | None], Awaitable[Answer]]
Ordered = Callable[
    [House, Who, str, endings.Authority, Once, Collection[str] | None], Awaitable[Answer]
]
Sweeping = Callable[[House, Who, Once], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Grants:
    """Grants as rooms."""

    house: House

    def _name(self, request: web.Request) -> Iri:
        return self.house.name("grants", request.match_info["code"])

    async def list(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        page, query = page_of(request), request.query
        filters = Filter(query.get("state"), query.get("agency"), query.get("purpose"))
        seen = await grants.grants(self.house, who, filters, one_more(page))
        names = [one.grant.id for one in seen]
        return list_answer(request, self.house, page, [one.json() for one in seen], names)

    async def one(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        name = self._name(request)
        seen = await grants.grant(self.house, who, name)
        record = None
        if forms.choose(request.headers.get("Accept"), forms.LINKED) != forms.JSON:
            record = await grants.record(self.house, who, name)
        return document_answer(
            request, self.house, seen.json(), tag=seen.tag(), context=RECORD, record=record
        )

    async def history(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        return json_answer({"items": await grants.history(self.house, who, self._name(request))})

    async def withdraw(self, request: web.Request, who: Who) -> web.Response:
        return await self._plain(request, who, endings.withdraw)

    async def pause(self, request: web.Request, who: Who) -> web.Response:
        return await self._plain(request, who, moves.pause)

    async def resume(self, request: web.Request, who: Who) -> web.Response:
        return await self._plain(request, who, moves.resume)

    async def relinquish(self, request: web.Request, who: Who) -> web.Response:
        return await self._plain(request, who, moves.relinquish)

    async def _plain(self, request: web.Request, who: Who, move: Plain) -> web.Response:
        """A move whose body says nothing."""
        require_signed_in(who)
        body = await read_body(request)
        Members(body).done()
        once, if_match = once_of(request, who, body), if_match_of(request)
        return moved_answer(await move(self.house, who, self._name(request), once, if_match))

    async def narrow(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        body = await read_body(request)
        less = read_less(body, self.house.base)
        once, if_match = once_of(request, who, body), if_match_of(request)
        name = self._name(request)
        return moved_answer(await narrow(self.house, who, name, less, once, if_match))

    async def revoke(self, request: web.Request, who: Who) -> web.Response:
        return await self._by_operator(request, who, endings.revoke)

    async def invalidate(self, request: web.Request, who: Who) -> web.Response:
        return await self._by_operator(request, who, endings.invalidate)

    async def _by_operator(self, request: web.Request, who: Who, move: Ordered) -> web.Response:
        require_signed_in(who)
        body = await read_body(request)
        name = self._name(request)
        await self.house.db.read(moves.require_known, who, name, Side.OPERATOR, self.house)
        order = endings.read_authority(body)
        once, if_match = once_of(request, who, body), if_match_of(request)
        return moved_answer(await move(self.house, who, name, order, once, if_match))

    async def pause_all(self, request: web.Request, who: Who) -> web.Response:
        return await self._all(request, who, sleeping.pause_all)

    async def resume_all(self, request: web.Request, who: Who) -> web.Response:
        return await self._all(request, who, sleeping.resume_all)

    async def _all(self, request: web.Request, who: Who, move: Sweeping) -> web.Response:
        require_signed_in(who)
        body = await read_body(request)
        Members(body).done()
        return moved_answer(await move(self.house, who, once_of(request, who, body)))

    async def receipt(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        name = self.house.name("receipts", request.match_info["code"])
        receipt = await grants.receipt(self.house, who, name)
        form = forms.choose(request.headers.get("Accept"), RECEIPT_FORMS)
        return _receipt_answer(receipt, form, self.house)

    async def keys(self, request: web.Request, who: Who) -> web.Response:
        headers = {"Cache-Control": "public, max-age=3600"}
        return json_answer(self.house.signer.jwks(), headers=headers)


def _receipt_answer(receipt: Receipt, form: str, house: House) -> web.Response:
    headers = {
        "Cache-Control": "private, no-cache",
        "Vary": "Accept, Authorization",
        "X-Content-Type-Options": "nosniff",
    }
    payload = opened(receipt.jws, house.signer.jwks())
    document = orjson.dumps(payload)
    match form:
        case forms.JOSE:
            body = receipt.jws.encode()
        case forms.JSON:
            body = orjson.dumps({"payload": payload, "jws": receipt.jws})
        case forms.HTML:
            headers["Content-Security-Policy"] = _PAGE
            body = as_page(payload, receipt.jws)
        case forms.JSON_LD:
            body = document
        case _:
            statements = rdf.parse(document, rdf.JSON_LD, house.base)
            body = rdf.write(statements.triples, form)
    charset = "utf-8" if form == forms.HTML else None
    return web.Response(body=body, content_type=form, charset=charset, headers=headers)


def routes(house: House, door: Door) -> list[web.RouteDef]:
    """The addresses of grants and receipts."""
    rooms = Grants(house)
    one = "/.consent/grants/{code}"
    return [
        web.get("/.consent/grants", door.api(rooms.list)),
        web.get(one, door.api(rooms.one)),
        web.get(f"{one}/history", door.api(rooms.history)),
        web.post(f"{one}/withdraw", door.api(rooms.withdraw)),
        web.post(f"{one}/pause", door.api(rooms.pause)),
        web.post(f"{one}/resume", door.api(rooms.resume)),
        web.post(f"{one}/narrow", door.api(rooms.narrow)),
        web.post(f"{one}/relinquish", door.api(rooms.relinquish)),
        web.post(f"{one}/revoke", door.api(rooms.revoke)),
        web.post(f"{one}/invalidate", door.api(rooms.invalidate)),
        web.post("/.consent/pause-all", door.api(rooms.pause_all)),
        web.post("/.consent/resume-all", door.api(rooms.resume_all)),
        web.get("/.consent/receipts/{code}", door.api(rooms.receipt)),
        web.get("/.consent/keys", door.open(rooms.keys)),
    ]
