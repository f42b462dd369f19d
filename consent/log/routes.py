# SPDX-License-Identifier: EUPL-1.2
"""HTTP: the access log, its signed head, and its export (KC-22, KC-23)."""

from dataclasses import dataclass

from aiohttp import web

from consent import forms
from consent.exchange_routes import (
    document_answer,
    moved_answer,
    next_link,
    once_of,
    one_more,
    page_of,
    read_body,
    require_signed_in,
)
from consent.house import House
from consent.log import external as log_external
from consent.log import heads as log_heads
from consent.log import reading as log
from consent.log.forms import as_records
from identity.door import Door, json_answer
from identity.who import Who
from pod.errors import PodError, Unreadable
from pod.instant import Instant, read_instant

NDJSON = "application/x-ndjson"


def _pod(request: web.Request) -> str:
    pod = request.query.get("pod")
    if not pod:
        raise Unreadable("Say which pod: ?pod=…", problem="bad-parameter")
    return pod


def moment_in(request: web.Request, name: str) -> Instant | None:
    """The moment that a parameter names; a plus sign in it may have become a space."""
    text = request.query.get(name)
    if text is None:
        return None
    try:
        return read_instant(text.replace(" ", "+"))
    except PodError as error:
        raise Unreadable(f"{name}: {error.detail}", problem="bad-parameter") from error


def _filters(request: web.Request) -> log.Filter:
    query = request.query
    outcome = query.get("outcome")
    if outcome not in (None, "allowed", "denied"):
        raise Unreadable("outcome is allowed or denied.", problem="bad-parameter")
    start, end = moment_in(request, "from"), moment_in(request, "until")
    return log.Filter(start, end, query.get("agency"), query.get("grant"), outcome)


@dataclass(frozen=True, slots=True)
class Log:
    """The log as rooms."""

    house: House

    async def entries(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        page = page_of(request)
        form = forms.choose(request.headers.get("Accept"), (*forms.LINKED, forms.CSV))
        pod, filters = _pod(request), _filters(request)
        found = await log.entries(self.house, who, pod, filters, one_more(page))
        names = [str(entry["id"]) for entry in found]
        shown, link = found[: page.limit], next_link(request, self.house, page, names)
        if form == forms.CSV:
            owner = not found or "seq" in found[0]
            headers = {"Cache-Control": "no-store", "Vary": "Accept, Authorization", **link}
            body = log.as_csv(shown, owner=owner)
            return web.Response(body=body, content_type=form, charset="utf-8", headers=headers)
        document: dict[str, object] = {"items": list(shown)}
        hours = None if page.after else await log.anonymous(self.house, who, pod, filters)
        if hours is not None:
            document["anonymous"] = [hour.json() for hour in hours]
        record = as_records(self.house.base, shown)
        return document_answer(request, self.house, document, headers=link, record=record)

    async def external(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        body = await read_body(request)
        once = once_of(request, who, body)
        told = log_external.read_push(body)
        return moved_answer(await log_external.push(self.house, who, told, once))

    async def head(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        form = forms.choose(request.headers.get("Accept"), (forms.JOSE, forms.JSON))
        payload = await log_heads.head(self.house, who, _pod(request))
        jws = log_heads.signed(self.house, payload)
        if form == forms.JSON:
            return json_answer({"payload": payload, "jws": jws})
        headers = {"Cache-Control": "no-store", "Vary": "Accept, Authorization"}
        return web.Response(body=jws.encode(), content_type=form, headers=headers)

    async def heads(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        kept = await log_heads.kept_heads(self.house, who, _pod(request))
        return json_answer({"items": kept})

    async def export(self, request: web.Request, who: Who) -> web.Response:
        require_signed_in(who)
        lines = await log_heads.export(self.house, who, _pod(request))
        headers = {
            "Cache-Control": "no-store",
            "Content-Disposition": 'attachment; filename="log.ndjson"',
        }
        return web.Response(body=lines, content_type=NDJSON, headers=headers)


def routes(house: House, door: Door) -> list[web.RouteDef]:
    """The addresses of the log."""
    rooms = Log(house)
    return [
        web.get("/.consent/log", door.api(rooms.entries)),
        web.post("/.consent/log/external", door.api(rooms.external)),
        web.get("/.consent/log/head", door.api(rooms.head)),
        web.get("/.consent/log/heads", door.api(rooms.heads)),
        web.get("/.consent/log/export", door.api(rooms.export)),
    ]
