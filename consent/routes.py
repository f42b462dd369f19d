# SPDX-License-Identifier: EUPL-1.2
"""HTTP: everything under /.consent/, its JSON-LD context, and in development its clock (KC-25)."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from acl import wac
from acl.decide import PermitSource
from consent import forms, namespace
from consent.asking import routes as request_routes
from consent.cases import routes as cases_routes
from consent.context import API
from consent.described import routes as openapi_routes
from consent.durations import plus
from consent.grants import permits
from consent.grants import routes as grant_routes
from consent.house import House
from consent.law import permits as statutory_permits
from consent.law import routes as statutory_routes
from consent.log import routes as log_routes
from consent.proof import record_routes, register_routes, validity_routes
from consent.reading import Members
from consent.registry import routes as registry_routes
from consent.simulate import routes as simulate_routes
from consent.telling import routes as event_routes
from identity.door import Door, json_answer, read_json
from identity.who import Who
from pod import clock
from pod.database import Tx
from pod.errors import Missing, Unprocessable, WrongMethod
from pod.instant import Instant, text_of


async def _moment(tx: Tx, house: House) -> Instant:
    return await clock.instant(tx, house.now())


async def _move(tx: Tx, advance: str | None, to: Instant | None, house: House) -> Instant:
    now = house.now()
    current = await clock.instant(tx, now)
    target = plus(current, advance) if advance is not None else to
    if target is None:
        raise Unprocessable("Give advance or now.", problem="bad-term")
    return await clock.move(tx, now, target)


@dataclass(frozen=True, slots=True)
class Rest:
    """What has no topic of its own."""

    house: House

    async def clock(self, request: web.Request, who: Who) -> web.Response:
        moment = await self.house.db.read(_moment, self.house)
        return json_answer({"now": text_of(moment)})

    async def move_clock(self, request: web.Request, who: Who) -> web.Response:
        members = Members(await read_json(request))
        advance, to = members.length("advance"), members.instant("now")
        members.done()
        if (advance is None) == (to is None):
            raise Unprocessable("Give advance or now, one of them.", problem="bad-term")
        moment = await self.house.db.write(None, _move, advance, to, self.house)
        return json_answer({"now": text_of(moment)})

    async def context(self, request: web.Request, who: Who) -> web.Response:
        headers = {"Cache-Control": "public, max-age=3600"}
        answer = json_answer({"@context": dict(API)}, headers=headers)
        answer.content_type = "application/ld+json"
        return answer

    async def namespace(self, request: web.Request, who: Who) -> web.Response:
        form = forms.choose(request.headers.get("Accept"), (forms.TURTLE, forms.JSON_LD))
        body = forms.written(namespace.described(), namespace.CONTEXT, form, self.house.base)
        headers = {"Cache-Control": "public, max-age=3600", "Vary": "Accept"}
        return web.Response(body=body, content_type=form, headers=headers)

    async def nothing(self, request: web.Request, who: Who) -> web.Response:
        if request.method == "OPTIONS":
            return web.Response(status=204)
        methods = await _methods_at(request)
        if methods:
            raise WrongMethod(
                f"This address takes {', '.join(methods)}.", headers={"Allow": ", ".join(methods)}
            )
        raise Missing("There is nothing by that name in the consent API.")


async def _methods_at(request: web.Request) -> list[str]:
    """RFC 9110 §15.5.6: what the rooms at this very address take; none when there is no room."""
    found: set[str] = set()
    for resource in request.app.router.resources():
        _, methods = await resource.resolve(request)
        found |= methods
    return sorted(found - {"*"})


def _sources(house: House) -> Sequence[PermitSource]:
    """What serving asks, where nothing else was said."""
    grants = permits.permit_source(house.base, house.signer)
    return (wac.permits, statutory_permits.beside(grants))


def routes(
    house: House, door: Door, *, dev: bool = False, sources: Sequence[PermitSource] = ()
) -> list[web.RouteDef]:
    """Every address of consent; the last one answers for all that is not there."""
    rest = Rest(house)
    development = [
        web.get("/.dev/clock", door.open(rest.clock)),
        web.post("/.dev/clock", door.open(rest.move_clock)),
        web.options("/.dev/clock", door.open(rest.nothing)),
    ]
    return [
        *registry_routes.routes(house, door, dev=dev),
        *request_routes.routes(house, door),
        *grant_routes.routes(house, door),
        *statutory_routes.routes(house, door),
        *cases_routes.routes(house, door),
        *log_routes.routes(house, door),
        *validity_routes.routes(house, door),
        *record_routes.routes(house, door),
        *register_routes.routes(house, door),
        *event_routes.routes(house, door),
        *openapi_routes.routes(house, door),
        *simulate_routes.routes(house, door, sources or _sources(house)),
        web.get("/.well-known/kluis/context", door.open(rest.context)),
        web.get("/.well-known/kluis/ns", door.open(rest.namespace)),
        *(development if dev else []),
        web.route("*", "/.consent/{rest:.*}", door.open(rest.nothing)),
    ]
