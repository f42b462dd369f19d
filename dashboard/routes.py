# SPDX-License-Identifier: EUPL-1.2
"""The addresses of the citizen's pages, all under /-/ (decision 6)."""

from collections.abc import Mapping

from aiohttp import web

from consent.house import House
from dashboard import guide, overview, permissions, questions, reads, receipts, sign_in
from dashboard.door import HEADERS, Pages
from dashboard.render import Static, load_static, make_renderer
from dashboard.visit import HOME
from dashboard.words import load_words, prefers_html
from identity.cors import Cors
from identity.door import Door, Room
from identity.passwords import Passwords
from identity.who import Who
from pod.errors import Missing

CODE = "{code:[A-Za-z0-9_-]{1,64}}"
FOR_EVER = "public, max-age=31536000, immutable"


def routes(house: House, door: Door, passwords: Passwords | None = None) -> list[web.RouteDef]:
    """Every page. `passwords` shared with the account API makes them count tries together."""
    words, static = load_words(), load_static()
    pages = Pages(house, door, words, make_renderer(words, static))
    return [
        *_front(pages, door, passwords or Passwords()),
        *_requests(pages),
        *_grants(pages),
        *_guide(pages),
        web.get("/-/static/{name}", door.open(_static_room(static), Cors.NONE)),
        web.get("/-/{rest:.*}", pages.show(guide.nothing, public=True)),
    ]


def _front(pages: Pages, door: Door, passwords: Passwords) -> list[web.RouteDef]:
    check = sign_in.sign_in_with(passwords)
    return [
        web.get("/", door.open(_root, Cors.DATA)),
        web.get("/-", door.open(_first, Cors.NONE)),
        web.get(HOME, pages.show(overview.overview, public=True)),
        web.get("/-/sign-in", pages.show(sign_in.sign_in_form, public=True)),
        web.post("/-/sign-in", pages.take(check, "sign-in", public=True)),
        web.post("/-/sign-out", pages.take(sign_in.sign_out, "sign-out")),
        web.post("/-/language", pages.take(sign_in.choose_language, "language", public=True)),
        web.get("/-/log", pages.show(reads.log_page)),
        web.get(f"/-/receipts/{CODE}", pages.show(receipts.receipt_page)),
    ]


def _requests(pages: Pages) -> list[web.RouteDef]:
    one = f"/-/requests/{CODE}"
    return [
        web.get("/-/requests", pages.show(questions.request_list)),
        web.get(one, pages.show(questions.request_page)),
        web.get(f"{one}/approve", pages.show(questions.approve_page)),
        web.post(f"{one}/approve", pages.take(questions.approve, "approve")),
        web.get(f"{one}/refuse", pages.show(questions.refuse_page)),
        web.post(f"{one}/refuse", pages.take(questions.refuse, "refuse")),
    ]


def _grants(pages: Pages) -> list[web.RouteDef]:
    one = f"/-/grants/{CODE}"
    return [
        web.get("/-/grants", pages.show(permissions.grant_list)),
        web.get(one, pages.show(permissions.grant_page)),
        web.get(f"{one}/withdraw", pages.show(permissions.withdraw_page)),
        web.post(f"{one}/withdraw", pages.take(permissions.withdraw, "withdraw")),
        web.get(f"{one}/withdrawn", pages.show(permissions.withdrawn_page)),
    ]


def _guide(pages: Pages) -> list[web.RouteDef]:
    return [
        web.get("/-/help", pages.show(guide.help_page, public=True)),
        web.get(f"/-/help/{CODE}", pages.show(guide.problem_page, public=True)),
        web.get(f"/-/constraints/{CODE}", pages.show(guide.constraint_page, public=True)),
    ]


async def _root(request: web.Request, who: Who) -> web.StreamResponse:
    # Decision 6: there is no resource at the root; a browser is led on, programs get 404.
    if prefers_html(request.headers.get("Accept")):
        return web.Response(status=303, headers={"Location": HOME, "Vary": "Accept"})
    raise Missing("There is nothing at this address.", headers={"Vary": "Accept"})


async def _first(request: web.Request, who: Who) -> web.StreamResponse:
    return web.Response(status=303, headers={"Location": HOME})


def _static_room(static: Mapping[str, Static]) -> Room:
    async def room(request: web.Request, who: Who) -> web.StreamResponse:
        file = static.get(request.match_info["name"])
        if file is None:
            raise Missing("There is no such file.")
        kept = request.query.get("v") == file.digest
        headers = {
            **HEADERS,
            "Content-Type": file.media_type,
            "ETag": f'"{file.digest}"',
            "Cache-Control": FOR_EVER if kept else "no-cache",
        }
        headers.pop("Vary")
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return web.Response(status=304, headers=headers)
        return web.Response(body=file.body, headers=headers)

    return room
