# SPDX-License-Identifier: EUPL-1.2
"""The authorization endpoint: where an app sends a browser, and what comes back (OP-16 to 20)."""

from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import hdrs, web

from identity.accounts.sessions import Session, find_session
from identity.callers import household_of
from identity.clients.clients import Client, find_client, fits_redirect
from identity.cookies import page_cookie, set_cookie
from identity.outward.fetched import Fetch
from identity.provider import plain_page
from identity.provider.authorize import (
    AppRefusal,
    Params,
    Wish,
    answer_at,
    read_params,
    read_party,
    read_state,
    read_wish,
)
from identity.provider.id_token_hint import read_hint
from identity.provider.interactions import (
    allow,
    begin_interaction,
    find_interaction,
    new_browser,
)
from identity.provider.passage import is_due, pass_through, renew_session
from identity.sign_in.tries import Tries
from identity.tokens.keys import Keys
from identity.who import Who
from pod import clock
from pod.database import Database, Tx
from pod.errors import Gone, Missing, NotSignedIn, PodError, TooMany, Unavailable, Unreadable
from pod.instant import SECOND, Instant, Now
from pod.iri import Iri

LARGEST_FORM = 32 * 1024
BROWSER_LENGTH = 43
# In a quarter of an hour, from one address where nobody is signed in, or by one account.
MOST_QUESTIONS = 1000
MOST_IN_DEVELOPMENT = 20_000


def app_cookie(base: str) -> str:
    """The cookie that binds an app's question to the browser it came through (OP-25)."""
    return f"{page_cookie(base)}-app"


@dataclass(frozen=True, slots=True)
class Here:
    """Who is signed in at this browser, by the value of its cookie."""

    value: str
    session: Session | None
    moment: Instant


@dataclass(frozen=True, slots=True)
class Gate:
    """Where apps send browsers."""

    db: Database
    keys: Keys
    fetch: Fetch
    base: Iri
    now: Now
    dev: bool
    tries: Tries | None = None

    async def authorize(self, request: web.Request, who: Who) -> web.StreamResponse:
        """OP-17: back to the app only when the app and the address are certain."""
        try:
            params = read_params(await sent(request))
            id_, redirect_uri = read_party(params)
            value = request.cookies.get(page_cookie(self.base), "")
            session, moment = await self.db.read(_look, value, self.now())
            # Before anything is fetched or kept for whoever asks.
            self._count(request, session)
            client = await self._client(id_, redirect_uri)
        except PodError as error:
            return refused(request, error, ())
        here = Here(value, session, moment)
        try:
            return await self._answer(request, params, client, redirect_uri, here)
        except AppRefusal as error:
            words = {"error": error.code, "error_description": error.detail}
            return away(answer_at(redirect_uri, self.base, read_state(params), **words))

    def _count(self, request: web.Request, session: Session | None) -> None:
        """T-26: each question costs a row, and may cost a look at an address that others chose."""
        if self.tries is None:
            return
        asks = f"account {session.account}" if session else household_of(request.remote or "")
        most = MOST_IN_DEVELOPMENT if self.dev else MOST_QUESTIONS
        self.tries.count([(f"asks of apps {asks}", most)], self.now())

    async def _client(self, id_: str, redirect_uri: str) -> Client:
        client = await find_client(self.db, self.fetch, id_, self.now, redirect_uri=redirect_uri)
        if client.kind == "credential":
            raise Unreadable("A client credential signs in by itself, not with a browser.")
        if not fits_redirect(client, redirect_uri, dev=self.dev):
            raise Unreadable(f"redirect_uri is not registered for this app: {redirect_uri}")
        return client

    async def _answer(
        self, request: web.Request, params: Params, client: Client, redirect_uri: str, here: Here
    ) -> web.StreamResponse:
        wish = read_wish(params, self.base, client, redirect_uri, self._hinted(params))
        if request.method == hdrs.METH_POST:
            # A form from elsewhere brings no SameSite=Lax cookie; the same question as GET does.
            return away(f"{self.base}.oidc/auth?{urlencode(dict(params.values))}")
        if wish.prompt <= {"none"}:
            try:
                address = await pass_through(self.db, wish, here.session, self.now, dev=self.dev)
            except AppRefusal:
                if "none" in wish.prompt:
                    raise
            else:
                response = away(address)
                if here.session is not None and is_due(here.session, here.moment):
                    await self._renew(response, here.session, here.value, here.moment)
                return response
        return await self._ask(request, wish)

    def _hinted(self, params: Params) -> str | None:
        token = params.get("id_token_hint")
        if token is None:
            return None
        hint = read_hint(token, self.base, self.keys)
        if hint is None:
            raise AppRefusal("invalid_request", "id_token_hint is no ID token of this server.")
        return hint.webid

    async def _renew(
        self, response: web.Response, session: Session, value: str, moment: Instant
    ) -> None:
        await self.db.write(None, renew_session, session, self.now())
        seconds = (session.renewed(moment) - moment) // SECOND
        self._set(response, page_cookie(self.base), value, seconds)

    async def _ask(self, request: web.Request, wish: Wish) -> web.Response:
        """Keep the question and lead on to its page."""
        browser = request.cookies.get(app_cookie(self.base), "")
        known = len(browser) == BROWSER_LENGTH and browser.isascii()
        if not known:
            browser = new_browser()
        code = await begin_interaction(self.db, wish, browser, self.now)
        response = away(f"{self.base}-/app/{code}")
        if not known:
            self._set(response, app_cookie(self.base), browser, None)
        return response

    def _set(self, response: web.Response, name: str, value: str, seconds: int | None) -> None:
        secure = self.base.startswith("https:")
        cookie = set_cookie(name, value, secure=secure, seconds=seconds)
        response.headers.add("Set-Cookie", cookie)

    async def resume(self, request: web.Request, who: Who) -> web.StreamResponse:
        """Where a script of the account API goes on: the page, or what was decided there."""
        code = request.match_info["code"]
        browser = request.cookies.get(app_cookie(self.base), "")
        try:
            found = await find_interaction(self.db, self.fetch, code, browser, self.now)
            if found is None:
                raise Missing("The question of the app is over, or came through another browser.")
            if found.decision is None:
                return away(f"{self.base}-/app/{code}")
            decision = found.decision
            address = await allow(
                self.db,
                found,
                decision.session,
                decision.account,
                decision.webid,
                remember=decision.remember,
                offline=decision.offline,
                now=self.now,
            )
        except NotSignedIn:
            return away(f"{self.base}-/app/{code}")
        except PodError as error:
            return refused(request, error, ())
        return away(address)


async def _look(tx: Tx, value: str, now: Instant) -> tuple[Session | None, Instant]:
    return await find_session(tx, value, now), await clock.instant(tx, now)


async def sent(request: web.Request) -> str:
    """The query, or the form that was posted; both have a limit."""
    if request.method != hdrs.METH_POST:
        text = request.rel_url.raw_query_string
        if len(text) > LARGEST_FORM:
            raise Unreadable(f"The request has {LARGEST_FORM} bytes at most.")
        return text
    if request.content_type != "application/x-www-form-urlencoded":
        raise Unreadable("Send a form (application/x-www-form-urlencoded).")
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > LARGEST_FORM:
            raise Unreadable(f"The form has {LARGEST_FORM} bytes at most.")
    return body.decode("utf-8", "replace")


def away(address: str) -> web.Response:
    """303, so that a form becomes a GET; no cache and no Referer keeps a code."""
    headers = {
        "Location": address,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
    }
    return web.Response(status=303, headers=headers)


def refused(request: web.Request, error: PodError, wanted: tuple[str, ...]) -> web.Response:
    """OP-17: a page, never a redirect."""
    language = plain_page.choose_language(
        wanted, request.headers.get("Accept-Language"), request.cookies.get(plain_page.CHOICE)
    )
    known = {Unavailable: 503, Gone: 410, TooMany: 429}
    status = next((known[kind] for kind in known if isinstance(error, kind)), 400)
    page = html(plain_page.error_page(language, error.detail), language, status)
    if "Retry-After" in error.headers:
        page.headers["Retry-After"] = error.headers["Retry-After"]
    return page


def html(text: str, language: str, status: int, form_target: str | None = None) -> web.Response:
    """A page of the provider itself (OP-25)."""
    headers = {**plain_page.headers(form_target), "Content-Language": language}
    return web.Response(status=status, text=text, content_type="text/html", headers=headers)
