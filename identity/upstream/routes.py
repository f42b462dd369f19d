# SPDX-License-Identifier: EUPL-1.2
"""Out to a provider above us and back: the start and the callback of a sign-in (KLU-3, FED-n)."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from identity import cookies
from identity.account_api.desk_routes import refusal
from identity.accounts.accounts import new_id
from identity.accounts.sessions import new_value
from identity.cors import Cors
from identity.door import STATUS, Door
from identity.outward.fetched import Fetch
from identity.provider.plain_page import CHOICE, choose_language, headers
from identity.sign_in.assurance import WORDS, Level
from identity.tokens.jose import BadToken
from identity.upstream import logins as upstream_logins
from identity.upstream.logins import LINK, SIGN_IN, STEP_UP, Arrival, Paused
from identity.upstream.page import AWAY, NOT_TRUE, SAID_NO, TOO_WEAK, refusal_page
from identity.upstream.providers import (
    Asked,
    Places,
    Provider,
    Swap,
    Trip,
    find_places,
    sign_in_address,
    swap_code,
)
from identity.upstream.token import TooWeak, read_citizen
from identity.who import Who
from pod.database import Database
from pod.errors import Missing, PodError, Refused, Unavailable, Unreadable
from pod.instant import SECOND, Now
from pod.iri import Iri

LONGEST = 4096
HOME = "/-/"
_NEXT = re.compile(r"/-/[!-\[\]-~]{0,2000}")  # no backslash, no space: browsers read them anew
_HINT = re.compile(r"[A-Za-z0-9+/=_-]{0,500}")


@dataclass(frozen=True, slots=True)
class Federation:
    """The rooms for signing in with a provider above us."""

    db: Database
    base: Iri
    now: Now
    fetch: Fetch
    swap: Swap
    providers: Mapping[str, Provider]

    @property
    def cookie(self) -> str:
        return f"{cookies.page_cookie(self.base)}-up"

    async def start(self, request: web.Request) -> web.Response:
        """Keep what waits, and send the browser to the provider."""
        provider = self._provider(request)
        paused = await self._paused(request, provider)
        places = await find_places(self.fetch, provider)
        trip = Trip(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        await self.db.write(
            None, upstream_logins.pause, trip.state, trip.browser, paused, self.now()
        )
        where = sign_in_address(provider, places, self.base, trip, paused.asked)
        response = web.Response(
            status=303, headers={"Location": where, "Cache-Control": "no-store"}
        )
        self._set(response, self.cookie, trip.browser, upstream_logins.LIFE // SECOND)
        return response

    async def _paused(self, request: web.Request, provider: Provider) -> Paused:
        query = request.query
        purpose, asked = query.get("purpose", SIGN_IN), _asked(query)
        next_ = query.get("next", "")
        if purpose not in (SIGN_IN, LINK, STEP_UP):
            raise Unreadable("purpose is sign-in, link or step-up.")
        account = None
        if purpose == LINK:
            # Else a page of others could begin it, and the next sign-in would be tied to her.
            if not cookies.same_origin(request.headers, self.base):
                raise Refused("This was not sent from a page of this server.")
            account = await self.db.read(
                upstream_logins.account_to_link, self._session(request), self.now()
            )
        elif purpose == STEP_UP:
            account = await self.db.read(
                upstream_logins.account_of_session, self._session(request), self.now()
            )
        safe = next_ if _NEXT.fullmatch(next_) and "//" not in next_ else HOME
        return Paused(provider.name, purpose, safe, asked, account)

    async def callback(self, request: web.Request) -> web.Response:
        """Back from the provider: everything is checked before a session begins."""
        provider, query = self._provider(request), request.query
        state, browser = query.get("state", ""), request.cookies.get(self.cookie, "")
        if not 0 < len(state) <= LONGEST or not browser:
            raise Refused("This sign-in was not begun in this browser. Begin again.")
        paused = await self.db.write(
            None, upstream_logins.resume, state, browser, provider.name, self.now()
        )
        if paused is None:
            raise Refused("This sign-in was not begun in this browser, or is over. Begin again.")
        places = await find_places(self.fetch, provider)
        code = _code(query, provider, places)
        value = await self._enter(request, provider, places, paused, Trip(state, browser), code)
        response = web.Response(
            status=303, headers={"Location": paused.next, "Cache-Control": "no-store"}
        )
        self._set(response, cookies.page_cookie(self.base), value, None)
        self._set(response, self.cookie, "", 0)
        return response

    async def _enter(
        self,
        request: web.Request,
        provider: Provider,
        places: Places,
        paused: Paused,
        trip: Trip,
        code: str,
    ) -> str:
        try:
            token = await swap_code(self.swap, provider, places, self.base, trip, code, self.now())
            citizen = await read_citizen(
                self.fetch, provider, places, token, trip.nonce, paused.asked, self.now()
            )
        except BadToken as error:
            name = TOO_WEAK if isinstance(error, TooWeak) else NOT_TRUE
            raise Refused(
                f"What the provider says of you does not hold: {error}.", problem=name
            ) from error
        agent, session = request.headers.get("User-Agent", ""), self._session(request)
        address = request.remote or ""
        arrival = Arrival(session, new_value(), new_id(), new_id(), agent, address)
        await self.db.write(
            None, upstream_logins.enter, provider, paused, citizen, arrival, self.now()
        )
        return arrival.value

    def _provider(self, request: web.Request) -> Provider:
        provider = self.providers.get(request.match_info["provider"])
        if provider is None:
            raise Missing("There is no such provider.")
        return provider

    def _session(self, request: web.Request) -> str:
        return request.cookies.get(cookies.page_cookie(self.base), "")

    def _set(self, response: web.Response, name: str, value: str, seconds: int | None) -> None:
        secure = self.base.startswith("https:")
        cookie = cookies.set_cookie(name, value, secure=secure, seconds=seconds)
        response.headers.add("Set-Cookie", cookie)


def _asked(query: Mapping[str, str]) -> Asked:
    level, age, hint = query.get("level", ""), query.get("max_age", ""), query.get("login_hint", "")
    if level not in ("", *WORDS):
        raise Unreadable("level is none, low, substantial or high.")
    if age and not re.fullmatch(r"[0-9]{1,6}", age):
        raise Unreadable("max_age is a number of seconds.")
    if not _HINT.fullmatch(hint):
        raise Unreadable("login_hint cannot be that.")
    return Asked(WORDS.get(level, Level.NONE), int(age) if age else None, hint)


def _code(query: Mapping[str, str], provider: Provider, places: Places) -> str:
    """RFC 9207: the answer is of the provider that was asked, else it is a mix-up."""
    said = query.get("iss")
    if said != provider.issuer and (said is not None or places.says_iss):
        raise Refused("The answer is of another provider than was asked.")
    if "error" in query:
        # Its own words are not shown: whoever makes the link writes them.
        raise Refused("The provider did not sign you in.", problem=SAID_NO)
    code = query.get("code", "")
    if not 0 < len(code) <= LONGEST:
        raise Refused("The answer of the provider has no code.")
    return code


def routes(
    db: Database,
    door: Door,
    base: Iri,
    now: Now,
    fetch: Fetch,
    swap: Swap,
    providers: Sequence[Provider],
) -> list[web.RouteDef]:
    """Before those of the account API, which take everything under /.account/ that is left."""
    rooms = Federation(db, base, now, fetch, swap, {each.name: each for each in providers})
    place = "/.account/login/oidc/{provider:[a-z0-9-]{1,40}}"

    async def start(request: web.Request, who: Who) -> web.StreamResponse:
        try:
            return await rooms.start(request)
        except PodError as error:
            return _refused(request, error)

    async def callback(request: web.Request, who: Who) -> web.StreamResponse:
        try:
            return await rooms.callback(request)
        except PodError as error:
            return _refused(request, error)

    return [
        web.get(f"{place}/start/", door.open(start, Cors.NONE), allow_head=False),
        web.get(f"{place}/callback/", door.open(callback, Cors.NONE), allow_head=False),
    ]


def _refused(request: web.Request, error: PodError) -> web.Response:
    """A page for a browser, JSON for a program. An address elsewhere is not the caller's fault."""
    if error.problem == "not-fetched":
        error = Unavailable("The provider cannot be reached now. Try again later.")
    if "text/html" not in request.headers.get("Accept", ""):
        return refusal(error)
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    name = AWAY if isinstance(error, Unavailable) else error.problem
    accepted = request.headers.get("Accept-Language")
    language = choose_language((), accepted, request.cookies.get(CHOICE))
    text = refusal_page(language, name, error.detail)
    sent = {**headers(), "Content-Language": language}
    return web.Response(status=status, text=text, content_type="text/html", headers=sent)
