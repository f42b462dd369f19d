# SPDX-License-Identifier: EUPL-1.2
"""HTTP: the registry of agencies and purposes, readable for everyone (KC-7)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from consent import forms
from consent.exchange_routes import (
    Json,
    document_answer,
    if_match_of,
    list_answer,
    moved_answer,
    not_modified,
    once_of,
    one_more,
    page_of,
    read_body,
    require_signed_in,
)
from consent.house import House
from consent.reading import Members
from consent.registry import publishing as registry
from consent.registry.agency import agencies, agency_at, agency_json, find_agency
from consent.registry.linked import CONTEXT, agency_linked, purpose_linked
from consent.registry.page import POLICY, agency_page, purpose_page
from consent.registry.publishing import Move, Try, tag_of
from consent.registry.purpose import PUBLISHED, STATES, Shelf, purpose_json
from identity.door import Door, read_json
from identity.provider.plain_page import CHOICE, choose_language
from identity.who import Who
from pod.errors import Missing, Unreadable

OFFERED = (*forms.LINKED, forms.HTML)
Room = Callable[[web.Request, Who], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Registry:
    """The registry as rooms. `dev`: callbacks on this machine are fine."""

    house: House
    dev: bool = False

    async def purposes(self, request: web.Request, who: Who) -> web.Response:
        page, shelf = page_of(request), _shelf(request)
        more = one_more(page)
        found = await registry.list_purposes(self.house, who, shelf, more.limit, more.after)
        items = [purpose_json(purpose) for purpose in found]
        return list_answer(request, self.house, page, items, [p.id for p in found])

    async def purpose(self, request: web.Request, who: Who) -> web.Response:
        slug, version = request.match_info["slug"], request.match_info["version"]
        found = await registry.look_up(self.house, who, slug, version)
        document, draft = purpose_json(found), found.state == "draft"
        if _wants_page(request):
            agency = await self.house.db.read(find_agency, found.agency, self.house.base)
            page = purpose_page(found, agency, _language(request))
            return _page(request, page, document, draft)
        return self._public(request, document, purpose_linked(found), draft)

    async def agencies(self, request: web.Request, who: Who) -> web.Response:
        page = page_of(request)
        more = one_more(page)
        found = await self.house.db.read(agencies, self.house.base, more.limit, more.after)
        items = [agency_json(agency) for agency in found]
        return list_answer(request, self.house, page, items, [agency.slug for agency in found])

    async def agency(self, request: web.Request, who: Who) -> web.Response:
        slug = request.match_info["slug"]
        found = await self.house.db.read(agency_at, slug, self.house.base)
        if found is None:
            raise Missing("There is no such agency.")
        if _wants_page(request):
            page = agency_page(found, _language(request))
            return _page(request, page, agency_json(found))
        return self._public(request, agency_json(found), agency_linked(found))

    def _public(
        self, request: web.Request, document: Json, record: Json, draft: bool = False
    ) -> web.Response:
        return document_answer(
            request,
            self.house,
            document,
            tag=tag_of(document),
            context=CONTEXT,
            headers=_kept(draft),
            record=record,
        )

    async def propose(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        body = await read_json(request)
        once = once_of(request, who, body)
        return moved_answer(await registry.propose(self.house, who, body, once))

    async def register(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        body = await read_json(request)
        once = once_of(request, who, body)
        answer = await registry.register(self.house, who, body, once, loopback=self.dev)
        return moved_answer(answer)

    def move_purpose(self, move: Move) -> Room:
        async def room(request: web.Request, who: Who) -> web.Response:
            try_ = await _try(request, who, move)
            slug, version = request.match_info["slug"], request.match_info["version"]
            return moved_answer(await registry.move_purpose(self.house, slug, version, try_))

        return room

    def move_agency(self, move: Move) -> Room:
        async def room(request: web.Request, who: Who) -> web.Response:
            try_ = await _try(request, who, move)
            slug = request.match_info["slug"]
            return moved_answer(await registry.move_agency(self.house, slug, try_))

        return room


async def _try(request: web.Request, who: Who, move: Move) -> Try:
    require_signed_in(who)
    body = await read_body(request)
    Members(body).done()
    return Try(who, move, once_of(request, who, body), if_match_of(request))


def _shelf(request: web.Request) -> Shelf:
    state = request.query.get("state", PUBLISHED)
    if state not in STATES:
        raise Unreadable(f"state is one of {', '.join(STATES)}.", problem="bad-parameter")
    return Shelf(state, request.query.get("agency") or None)


def _wants_page(request: web.Request) -> bool:
    return forms.choose(request.headers.get("Accept"), OFFERED) == forms.HTML


def _language(request: web.Request) -> str:
    headers, cookies = request.headers, request.cookies
    return choose_language((), headers.get("Accept-Language"), cookies.get(CHOICE))


def _kept(draft: bool) -> dict[str, str]:
    cached = "private, no-store" if draft else "public, max-age=0, must-revalidate"
    return {"Cache-Control": cached, "Vary": "Accept, Authorization"}


def _page(
    request: web.Request, page: bytes, document: Mapping[str, object], draft: bool = False
) -> web.Response:
    language = _language(request)
    headers = {
        **_kept(draft),
        "ETag": f'"{tag_of(document)}.{forms.LETTERS[forms.HTML]}.{language}"',
        "Content-Language": language,
        "Vary": "Accept, Accept-Language, Authorization, Cookie",
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    if not_modified(request, headers["ETag"]):
        return web.Response(status=304, headers=headers)
    return web.Response(body=page, content_type=forms.HTML, charset="utf-8", headers=headers)


def routes(house: House, door: Door, *, dev: bool = False) -> list[web.RouteDef]:
    """The registry's addresses. Reading looks at a token only to show drafts to their own."""
    rooms = Registry(house, dev)
    version, agency = "/.consent/purposes/{slug}/{version}", "/.consent/agencies/{slug}"
    moves = [
        web.post(f"{version}/{move}", door.api(rooms.move_purpose(move)))
        for move in (Move.PUBLISH, Move.SUSPEND, Move.RETIRE)
    ]
    moves += [
        web.post(f"{agency}/{move}", door.api(rooms.move_agency(move)))
        for move in (Move.SUSPEND, Move.RESUME)
    ]
    return [
        web.get("/.consent/purposes", door.api(rooms.purposes)),
        web.post("/.consent/purposes", door.api(rooms.propose)),
        web.get(version, door.api(rooms.purpose)),
        web.get("/.consent/agencies", door.open(rooms.agencies)),
        web.post("/.consent/agencies", door.api(rooms.register)),
        web.get(agency, door.open(rooms.agency)),
        *moves,
    ]
