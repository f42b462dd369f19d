# SPDX-License-Identifier: EUPL-1.2
"""The desk of the account API: who stands before it, what she sent, how it answers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from identity import cookies
from identity.account_api.controls import VERSION, controls, error_json
from identity.accounts.leaving import Farewell, nobody_waits
from identity.accounts.newcomers import Caller
from identity.accounts.organisations import ADMIN, DEVELOPER, role_of
from identity.accounts.recovery import Recovery
from identity.accounts.sessions import REMEMBERED_LIFE, Session, find_session, touch_session
from identity.door import STATUS, Room, read_json
from identity.letters.letters import spoken_by
from identity.outward.fetched import Fetch
from identity.provider import codes
from identity.sign_in.assurance import Level
from identity.sign_in.passwords import SHORTEST, Passwords
from identity.sign_in.step_up import Need, is_enough, step_up, ways_up
from identity.upstream.providers import Provider
from identity.who import Who
from pod import clock
from pod.database import Database, Tx
from pod.errors import Missing, NotSignedIn, PodError, Refused, Unavailable, WrongMethod
from pod.files import Files
from pod.instant import MINUTE, SECOND, Instant, Now
from pod.iri import Iri

READS = ("GET", "HEAD", "OPTIONS")
FRESH_FOR = 10 * MINUTE
# KLU-11: what staff reach of an organisation's account; sessions and logins are a person's own.
_OF_STAFF = ("pod", "webid", "client-credentials", "organisation", "staff", "events")


@dataclass(frozen=True, slots=True)
class Desk:
    """What the account API works with."""

    db: Database
    base: Iri
    now: Now
    open_registration: bool
    passwords: Passwords
    recovery: Recovery | None = None
    fetch: Fetch | None = None
    providers: tuple[Provider, ...] = ()
    farewell: Farewell = nobody_waits
    files: Files | None = None
    registers: bool = False

    @property
    def shortest_password(self) -> int:
        """Scripts for the reference server use short ones; they run in development."""
        return 1 if self.open_registration else SHORTEST


@dataclass(frozen=True, slots=True)
class Visit:
    """One call: the session it comes with, the ids in the address, the JSON that was sent.

    `asked`: an app's question waits for its answer in this browser.
    """

    desk: Desk
    request: web.Request
    session: Session | None
    value: str | None
    moment: Instant = 0
    role: str | None = None
    ways: tuple[Provider, ...] = ()
    asked: bool = False

    @property
    def account(self) -> str:
        """The account of the session; another account's address is 404 (ACC-5).

        The address of an organisation that she works for is hers too, as far as her role goes.
        """
        if self.session is None:
            raise NotSignedIn("Sign in first.")
        named = self.request.match_info.get("account")
        if named is None or named == self.session.account:
            return self.session.account
        if self.role is None or self._kind not in _OF_STAFF:
            raise Missing("There is no such account.")
        self._require_role(self.role)
        return str(named)

    @property
    def _kind(self) -> str:
        """The word behind the account in the address."""
        return self.request.rel_url.raw_path.split("/")[4]

    def _require_role(self, role: str) -> None:
        may = role == ADMIN or (role == DEVELOPER and self._kind == "client-credentials")
        if self.request.method not in READS and not may:
            raise Refused(f"The role {role} may look at this, and not change it.")

    def require_fresh(self, least: Level = Level.NONE) -> None:
        """KLU-4: in production, what gives others access asks for a sign-in of late.

        A level that is asked for is asked for in development too.
        """
        if self.session is None:
            raise NotSignedIn("Sign in first.")
        since = self.session.signed_in or self.session.created
        if self.desk.open_registration and least == Level.NONE:
            return
        need = Need(FRESH_FOR, least)
        if not is_enough(need, self.session.acr, since, self.moment):
            raise step_up(self.desk.base, need, self.ways)

    @property
    def resource(self) -> str:
        return self.request.match_info["resource"]

    @property
    def address(self) -> str:
        return self.request.remote or ""

    @property
    def language(self) -> str | None:
        return spoken_by(self.request.headers.get("Accept-Language"))

    @property
    def caller(self) -> Caller:
        """Who asks, for what begins before there is a session."""
        agent = self.request.headers.get("User-Agent", "")
        return Caller(self.address, agent, self.language, self.value or "")

    async def sent(self) -> dict[str, Any]:
        return await read_json(self.request)

    def mine(self, kind: str, id_: str) -> str:
        """The address of something of this account."""
        return f"{self.desk.base}.account/account/{self.account}/{kind}/{id_}/"


Call = Callable[[Visit], Awaitable[web.StreamResponse]]


def at_desk(desk: Desk, calls: Mapping[str, Call]) -> Room:
    """One address and what it does for each method."""

    async def room(request: web.Request, who: Who) -> web.StreamResponse:
        try:
            call = calls.get("GET" if request.method == "HEAD" else request.method)
            if call is None:
                allowed = ", ".join(calls)
                raise WrongMethod(f"This address takes {allowed}.", headers={"Allow": allowed})
            visit, renewed = await _visit(desk, request)
            response = await call(visit)
            if renewed and "Set-Cookie" not in response.headers:
                _renew_cookie(visit, response)
            return response
        except PodError as error:
            return refusal(error)

    return room


def answer(visit: Visit, data: Mapping[str, object], account: str | None = None) -> web.Response:
    """ACC-1: every answer carries controls and version."""
    signed_in = account or (visit.session.account if visit.session else None)
    desk = visit.desk
    mails = desk.recovery is not None
    body = {
        **data,
        "controls": controls(
            desk.base,
            signed_in,
            recovers=mails,
            registers=mails and desk.registers,
            asked=visit.asked,
        ),
        "version": VERSION,
    }
    return _json(200, body, {})


def refusal(error: PodError) -> web.Response:
    """ACC-5: an error as the reference server would tell it."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    return _json(status, error_json(error, status), error.headers)


def _json(status: int, body: Mapping[str, object], headers: Mapping[str, str]) -> web.Response:
    given = {"Cache-Control": "no-store", **headers}
    return web.Response(
        status=status, body=orjson.dumps(body), content_type="application/json", headers=given
    )


async def _visit(desk: Desk, request: web.Request) -> tuple[Visit, bool]:
    """The visit, and whether a remembered session was renewed by it (ACC-3)."""
    value = _session_value(desk, request)
    browser = request.cookies.get(f"{cookies.page_cookie(desk.base)}-app", "")
    asked = bool(browser) and await desk.db.read(is_asked, browser, desk.now())
    if value is None:
        return Visit(desk, request, None, None, asked=asked), False
    named = request.match_info.get("account", "")
    session, moment, role, ways = await desk.db.read(_look, desk, value, named)
    renewed = session is not None and session.remember and session.due(moment)
    if session is not None and renewed:
        await desk.db.write(None, touch_session, session, desk.now())
    return Visit(desk, request, session, value, moment, role, ways, asked), renewed


async def is_asked(tx: Tx, browser: str, now: Instant) -> bool:
    """Whether a question of an app waits in this browser (OP-25)."""
    row = await tx.one(
        "SELECT 1 AS one FROM interaction WHERE browser = :b AND expires > :now LIMIT 1",
        b=codes.hash_of(browser),
        now=await clock.instant(tx, now),
    )
    return row is not None


async def _look(
    tx: Tx, desk: Desk, value: str, named: str
) -> tuple[Session | None, Instant, str | None, tuple[Provider, ...]]:
    now = desk.now()
    session, role = await find_session(tx, value, now), None
    if session is not None and named not in ("", session.account):
        role = await role_of(tx, named, session.account)
    ways = () if session is None else await ways_up(tx, desk.providers, session.account)
    return session, await clock.instant(tx, now), role, ways


def _session_value(desk: Desk, request: web.Request) -> str | None:
    """Decision 30: the header always, the cookie of scripts only from scripts, ours from our pages.

    T-50, ACC-8: without the header a browser changes something only from a page of ours, and
    with JSON, which no form can send.
    """
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == cookies.SCRIPT_SCHEME and value.strip():
        return value.strip()
    if not cookies.from_a_browser(request.headers):
        return request.cookies.get(cookies.SCRIPTS)
    if request.method not in READS:
        if not cookies.same_origin(request.headers, desk.base):
            raise Refused("This was not sent from a page of this server.")
        if request.content_type != "application/json":
            raise Refused("A browser sends application/json, which no form can send.")
    return request.cookies.get(cookies.page_cookie(desk.base))


def set_session(
    visit: Visit, response: web.StreamResponse, value: str, seconds: int | None
) -> None:
    """ACC-3: the cookie, under the name for this kind of caller."""
    browser = cookies.from_a_browser(visit.request.headers)
    name = cookies.page_cookie(visit.desk.base) if browser else cookies.SCRIPTS
    secure = visit.desk.base.startswith("https:")
    response.headers["Set-Cookie"] = cookies.set_cookie(name, value, secure=secure, seconds=seconds)


def signed_in(
    visit: Visit,
    account: str,
    value: str,
    *,
    remember: bool,
    more: Mapping[str, object] | None = None,
) -> web.Response:
    """ACC-3: the value as a cookie, and for scripts in the body too."""
    browser = cookies.from_a_browser(visit.request.headers)
    # A page has no use for the value itself: its cookie is HttpOnly on purpose.
    given = {} if browser else {"authorization": value}
    response = answer(visit, {**given, **(more or {})}, account)
    set_session(visit, response, value, REMEMBERED_LIFE // SECOND if remember else None)
    return response


def mailing(visit: Visit) -> Recovery:
    """What mails codes; Unavailable where no mail goes out."""
    if visit.desk.recovery is None:
        raise Unavailable("This server sends no mail; ask who runs it for a way back in.")
    return visit.desk.recovery


def _renew_cookie(visit: Visit, response: web.StreamResponse) -> None:
    if visit.session is None or visit.value is None or "Authorization" in visit.request.headers:
        return
    seconds = (visit.session.renewed(visit.desk.now()) - visit.desk.now()) // SECOND
    set_session(visit, response, visit.value, seconds)
