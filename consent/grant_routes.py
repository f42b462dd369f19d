# SPDX-License-Identifier: EUPL-1.2
"""HTTP: grants, receipts, and the keys that prove them (KC-15, KC-16, KC-18)."""

from dataclasses import dataclass
from html import escape

import orjson
from aiohttp import web

from consent import endings, forms, grants
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
from consent.house import House
from consent.ledger import Filter
from consent.reading import Members
from consent.receipt import Receipt
from consent.signer import opened
from identity.door import Door, json_answer
from identity.who import Who
from pod import rdf
from pod.iri import Iri

RECEIPT_FORMS = (forms.JOSE, forms.JSON, forms.JSON_LD, forms.TURTLE, forms.HTML)
_PAGE = "default-src 'none'; frame-ancestors 'none'"


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
        require_signed_in(who)
        body = await read_body(request)
        Members(body).done()
        once, if_match = once_of(request, who, body), if_match_of(request)
        answer = await endings.withdraw(self.house, who, self._name(request), once, if_match)
        return moved_answer(answer)

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
            body = _page(receipt, payload)
        case forms.JSON_LD:
            body = document
        case _:
            statements = rdf.parse(document, rdf.JSON_LD, house.base)
            body = rdf.write(statements.triples, form)
    charset = "utf-8" if form == forms.HTML else None
    return web.Response(body=body, content_type=form, charset=charset, headers=headers)


def _page(receipt: Receipt, payload: dict[str, object]) -> bytes:
    """The receipt as a plain page; the dashboard has the one for people."""
    text = orjson.dumps(payload["hasRecordOfActivity"], option=orjson.OPT_INDENT_2).decode()
    return (
        "<!doctype html><html lang=nl><meta charset=utf-8><title>Bewijs</title>"
        f"<h1>Bewijs</h1><p>{escape(receipt.id)}</p><pre>{escape(text)}</pre>"
        f"<h2>JWS</h2><pre>{escape(receipt.jws)}</pre></html>"
    ).encode()


def routes(house: House, door: Door) -> list[web.RouteDef]:
    """The addresses of grants and receipts."""
    rooms = Grants(house)
    one = "/.consent/grants/{code}"
    return [
        web.get("/.consent/grants", door.api(rooms.list)),
        web.get(one, door.api(rooms.one)),
        web.get(f"{one}/history", door.api(rooms.history)),
        web.post(f"{one}/withdraw", door.api(rooms.withdraw)),
        web.get("/.consent/receipts/{code}", door.api(rooms.receipt)),
        web.get("/.consent/keys", door.open(rooms.keys)),
    ]
