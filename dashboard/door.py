# SPDX-License-Identifier: EUPL-1.2
"""Where browsers come in: session, language, form checks; pages go out with safe headers."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from aiohttp import web

from consent.house import House
from dashboard.app_language import language_of_app
from dashboard.door_policy import POLICY, policy_with
from dashboard.first_pod import to_first_pod
from dashboard.forms import (
    LARGEST,
    new_seed,
    read_form,
    require_own_form,
    require_same_origin,
)
from dashboard.problems import PROBLEMS
from dashboard.render import Renderer
from dashboard.sign_in import reader_of
from dashboard.theme import theme_of
from dashboard.upload_routes import FILE_TYPE, read_file_form
from dashboard.visit import HOME, Away, FileRoom, Page, Room, Shown, Visit
from dashboard.words import Words, choose_language, mark
from identity.cookies import page_cookie, set_cookie
from identity.cors import Cors
from identity.door import STATUS, Door, Handler
from identity.provider.plain_page import CHOICE as LANGUAGE
from identity.sign_in.second_step import browser_cookie
from identity.who import Who
from pod.errors import Missing, NotSignedIn, PodError, TooLarge, UnsupportedType

LOG = logging.getLogger("kluis.dashboard")
THEME = "kluis-theme"
SECOND_STEP_LIFE = 300
YEAR = 365 * 24 * 3600
FORM_TYPE = "application/x-www-form-urlencoded"
OFF = (
    "accelerometer", "autoplay", "camera", "display-capture", "fullscreen",
    "geolocation", "gyroscope", "hid", "magnetometer", "microphone", "midi", "payment",
    "serial", "usb",
)  # fmt: skip
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in OFF),
    "Cache-Control": "no-store",
    "Vary": "Cookie, Accept-Language",
}
HSTS = {"Strict-Transport-Security": "max-age=31536000"}
BROKEN = (
    mark("Er ging iets mis bij Kluis"),
    mark("Dit ligt niet aan u. We noteerden de fout."),
    mark("Kijk in het overzicht of er iets veranderde voor u het opnieuw probeert."),
)
UNCLEAR = mark("Dat lukte niet")
NOTHING_CHANGED = mark("Er is niets veranderd. Ga terug en probeer het opnieuw.")
TO_OVERVIEW = mark("Naar het overzicht")
TO_PAGE = mark("Open de pagina opnieuw")


@dataclass(frozen=True, slots=True)
class Pages:
    """Everything that every page needs."""

    house: House
    door: Door
    words: Mapping[str, Words]
    renderer: Renderer

    @property
    def secure(self) -> bool:
        return self.house.base.startswith("https:")

    @property
    def cookie(self) -> str:
        return page_cookie(self.house.base)

    @property
    def seed_cookie(self) -> str:
        return f"{self.cookie}-form"

    @property
    def app_cookie(self) -> str:
        """Set by the authorization endpoint: which browser an app sent here (OP-25)."""
        return f"{self.cookie}-app"

    def show(self, room: Room, *, public: bool = False, podless: bool = False) -> Handler:
        """A page to look at; without a session a private one leads to signing in.

        Somebody without a WebID has nothing to look at yet, and is led to making her pod first.
        """

        async def work(visit: Visit, request: web.Request) -> Shown:
            if visit.reader is None and not public:
                return Away(visit.to_sign_in)
            if not (public or podless) and visit.lacks_pod:
                return to_first_pod(visit.back_to)
            return await room(self.house, visit)

        return self._handler(work)

    def take(self, room: Room, form: str, *, public: bool = False) -> Handler:
        """A form that was sent: from a page of ours, made for this session (ui.md §9)."""

        async def work(visit: Visit, request: web.Request) -> Shown:
            headers = request.headers
            require_same_origin(
                self.house.base, headers.get("Origin"), headers.get("Sec-Fetch-Site")
            )
            if visit.reader is None and not public:
                return Away(visit.to_sign_in)
            require_own_form(visit.seed, f"{form} {visit.code}".strip(), visit.form)
            return await room(self.house, visit)

        return self._handler(work)

    def take_file(self, room: FileRoom, form: str, *, public: bool = False) -> Handler:
        """A form with a file, whose bytes are read by the room, piece by piece.

        Its token comes before the file: nothing of the file is read for a form that is not ours.
        """

        async def work(visit: Visit, request: web.Request) -> Shown:
            headers = request.headers
            require_same_origin(
                self.house.base, headers.get("Origin"), headers.get("Sec-Fetch-Site")
            )
            if visit.reader is None and not public:
                return Away(visit.to_sign_in)
            sent = await read_file_form(request)
            require_own_form(visit.seed, form, sent.form)
            return await room(self.house, visit.with_form(sent.form), sent.file)

        return self._handler(work)

    def _handler(self, work: Callable[[Visit, web.Request], Awaitable[Shown]]) -> Handler:
        async def room(request: web.Request, who: Who) -> web.StreamResponse:
            visit = await self._visit(request, who)
            try:
                visit = await _with_form(visit, request)
                visit = await self._in_language_of_app(visit, request)
                shown = await work(visit, request)
            except PodError as error:
                shown = _refusal(error, visit)
            except Exception:  # the last door: a person gets a page, the log the traceback
                LOG.exception("page %s failed (%s)", visit.path, who.request_id)
                shown = _message(BROKEN, visit, 500)
            return self._answer(shown, visit, request)

        return self.door.open(room, Cors.NONE)

    async def _in_language_of_app(self, visit: Visit, request: web.Request) -> Visit:
        """What she chose here herself goes before what an app says of her."""
        if LANGUAGE in request.cookies:
            return visit
        spoken = await language_of_app(self.house, visit)
        return visit if spoken is None else replace(visit, words=self.words[spoken])

    async def _visit(self, request: web.Request, who: Who) -> Visit:
        session = request.cookies.get(self.cookie, "")
        reader = await reader_of(self.house, session)
        seed = session if reader is not None else request.cookies.get(self.seed_cookie, "")
        language = choose_language(
            request.cookies.get(LANGUAGE), request.headers.get("Accept-Language")
        )
        return Visit(
            path=request.rel_url.raw_path,
            words=self.words[language],
            seed=seed if len(seed) >= len(new_seed()) else new_seed(),
            reader=reader,
            code=request.match_info.get("code", ""),
            query=read_form(request.rel_url.raw_query_string),
            request_id=who.request_id,
            user_agent=request.headers.get("User-Agent", ""),
            address=request.remote or "",
            session=session,
            browser=request.cookies.get(self.app_cookie, ""),
            looks=request.method in ("GET", "HEAD"),
            raw_query=request.rel_url.raw_query_string,
            theme=theme_of(request.cookies.get(THEME)),
            second_step=request.cookies.get(browser_cookie(self.house.base), ""),
        )

    def _answer(self, shown: Shown, visit: Visit, request: web.Request) -> web.Response:
        headers = dict(HEADERS) | (HSTS if self.secure else {})
        if isinstance(shown, Away):
            response = web.Response(status=303, headers={**headers, "Location": shown.address})
            self._keep_choices(response, shown)
            return response
        html = self.renderer.html(shown, visit)
        response = web.Response(
            status=shown.status, text=html, content_type="text/html", headers=headers
        )
        if visit.reader is None and request.cookies.get(self.seed_cookie) != visit.seed:
            self._set(response, self.seed_cookie, visit.seed, None)
        if shown.form_action:
            response.headers["Content-Security-Policy"] = policy_with(shown.form_action)
        response.headers["Content-Language"] = visit.language
        return response

    def _keep_choices(self, response: web.Response, away: Away) -> None:
        if away.session is not None:
            self._set(response, self.cookie, away.session, None)
        if away.second_step is not None:
            name = browser_cookie(self.house.base)
            self._set(response, name, away.second_step, SECOND_STEP_LIFE)
        if away.ends_session:
            self._set(response, self.cookie, "", 0)
        if away.language is not None:
            self._set(response, LANGUAGE, away.language, YEAR)
        if away.theme is not None:
            self._set(response, THEME, away.theme, YEAR if away.theme else 0)

    def _set(self, response: web.Response, name: str, value: str, seconds: int | None) -> None:
        cookie = set_cookie(name, value, secure=self.secure, seconds=seconds)
        response.headers.add("Set-Cookie", cookie)


async def _with_form(visit: Visit, request: web.Request) -> Visit:
    if visit.looks:
        return visit
    if request.content_type == FILE_TYPE:
        return visit
    if request.content_type != FORM_TYPE:
        raise UnsupportedType("Send the form as a browser does.")
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > LARGEST:
            raise TooLarge("The form is too large.")
    return visit.with_form(read_form(body.decode("utf-8", "replace")))


def _refusal(error: PodError, visit: Visit) -> Page:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    name = error.problem
    if isinstance(error, Missing):
        name = "not-found"
    elif isinstance(error, NotSignedIn):
        status = 403  # a 401 would have to offer a scheme that a browser asks a password for
    problem = PROBLEMS.get(name)
    if problem is None:
        return _message((UNCLEAR, NOTHING_CHANGED), visit, status)
    return _message((problem.title, problem.meaning, problem.onward), visit, status)


def _message(lines: tuple[str, ...], visit: Visit, status: int) -> Page:
    address = HOME if visit.looks else visit.back_to
    data = {
        "title": lines[0],
        "lines": lines[1:],
        "address": address,
        "onward": TO_OVERVIEW if address == HOME else TO_PAGE,
        "request_id": visit.request_id if status >= 500 else "",
    }
    return Page("message.html", data, status)
