# SPDX-License-Identifier: EUPL-1.2
"""Signing in with a passkey over HTTP, as the only step or after a password (KLU-3)."""

from dataclasses import dataclass

from aiohttp import web

from identity import cookies
from identity.account_api.controls import Fields, described, flag_in
from identity.account_api.desk_routes import Desk, Visit, answer, set_session
from identity.accounts import events
from identity.accounts.sessions import REMEMBERED_LIFE, new_value, open_session, replace_session
from identity.door import read_json
from identity.sign_in import challenges
from identity.sign_in.challenges import LIFE, SECOND_STEP, SIGN_IN, Challenge, new_challenge
from identity.sign_in.passkey_proof import (
    GET,
    Answer,
    check_signature,
    place_of,
    read_answer,
    sign_in_options,
)
from identity.sign_in.passkeys import ACR, Passkey, find_passkey, note_signature, passkeys_of
from identity.sign_in.second_step import (
    browser_cookie,
    end_second_step,
    find_second_step,
    password_over,
)
from pod.database import Tx
from pod.errors import Refused
from pod.instant import SECOND

LARGEST = 32 * 1024
TRIES_PER_ADDRESS = 60
SHOW: Fields = {"credential": (True, "object"), "remember": (False, "boolean")}


@dataclass(frozen=True, slots=True)
class Shown:
    """A passkey that signed what this browser was asked."""

    passkey: Passkey
    asked: Challenge
    browser: str
    sign_count: int


async def begin_sign_in(visit: Visit) -> web.Response:
    """What to ask a passkey; `?step=second` after a password, for the passkeys of that account."""
    require_own_page(visit)
    desk, challenge = visit.desk, new_challenge()
    desk.passwords.tries.count(((_tries(visit), TRIES_PER_ADDRESS),), desk.now())
    browser = visit.request.cookies.get(browser_cookie(desk.base)) or new_value()
    second = visit.request.query.get("step") == "second"
    known = await desk.db.write(None, _begin, visit, challenge, browser, second)
    options = sign_in_options(place_of(desk.base), challenge, known)
    response = answer(visit, {"fields": described(SHOW), "options": options})
    set_browser(desk, response, browser, LIFE // SECOND)
    return response


async def _begin(tx: Tx, visit: Visit, challenge: str, browser: str, second: bool) -> list[Passkey]:
    now = visit.desk.now()
    if not second:
        await challenges.keep(tx, challenge, SIGN_IN, browser, now)
        return []
    given = await find_second_step(tx, browser, now)
    if given is None or given.account is None:
        raise password_over()
    await challenges.keep(
        tx, challenge, SECOND_STEP, browser, now, account=given.account, remember=given.remember
    )
    return await passkeys_of(tx, given.account)


async def finish_sign_in(visit: Visit) -> web.Response:
    """A session, when a passkey signed this browser's challenge."""
    sent, desk = await read_json(visit.request, LARGEST), visit.desk
    remember = flag_in(sent, "remember")
    shown = await _shown(visit, read_answer(sent.get("credential"), GET, place_of(desk.base)))
    value, remember = new_value(), remember or shown.asked.remember
    await desk.db.write(None, _open, visit, value, shown, remember)
    desk.passwords.tries.take_back(_tries(visit))
    return _signed_in(visit, shown.passkey.account, value, remember)


async def _shown(visit: Visit, given: Answer) -> Shown:
    desk = visit.desk
    browser = visit.request.cookies.get(browser_cookie(desk.base), "")
    asked, passkey = await desk.db.write(None, _take, given, browser, desk.now())
    if asked is None:
        raise challenges.over()
    if passkey is None or asked.account not in (None, passkey.account):
        raise Refused(
            "This passkey is not known here.",
            problem="unknown-passkey",
            more={"problem": "unknown-passkey"},
        )
    first = asked.kind == SIGN_IN
    count = check_signature(given, place_of(desk.base), passkey, first=first)
    return Shown(passkey, asked, browser, count)


async def _take(
    tx: Tx, given: Answer, browser: str, now: int
) -> tuple[Challenge | None, Passkey | None]:
    """The challenge is spent by this, also when the rest does not hold."""
    asked = await challenges.take(tx, given.challenge, (SIGN_IN, SECOND_STEP), browser, now)
    return asked, await find_passkey(tx, given.id)


async def _open(tx: Tx, visit: Visit, value: str, shown: Shown, remember: bool) -> None:
    now, account = visit.desk.now(), shown.passkey.account
    if shown.asked.kind == SECOND_STEP:
        await end_second_step(tx, shown.browser, now)
    await note_signature(tx, shown.passkey, shown.sign_count, now)
    # T-28: a new value at each sign-in, and the old one ends.
    if visit.value is not None:
        await replace_session(tx, visit.value, value, account, now)
    agent = visit.request.headers.get("User-Agent", "")
    await open_session(
        tx, value, account, now, remember=remember, signed_in=True, acr=ACR, agent=agent
    )
    signed_in = events.attempt(account, events.SIGNED_IN, visit.address, now, by="passkey")
    await events.note(tx, signed_in)


def _signed_in(visit: Visit, account: str, value: str, remember: bool) -> web.Response:
    browser = cookies.from_a_browser(visit.request.headers)
    # A page has no use for the value itself: its cookie is HttpOnly on purpose.
    response = answer(visit, {} if browser else {"authorization": value}, account)
    set_session(visit, response, value, REMEMBERED_LIFE // SECOND if remember else None)
    set_browser(visit.desk, response, "", 0)
    return response


def set_browser(desk: Desk, response: web.Response, value: str, seconds: int) -> None:
    """The cookie that challenges are bound to before there is a session."""
    secure, name = desk.base.startswith("https:"), browser_cookie(desk.base)
    cookie = cookies.set_cookie(name, value, secure=secure, seconds=seconds)
    response.headers.add("Set-Cookie", cookie)


def require_own_page(visit: Visit) -> None:
    """No other site makes a browser begin something, though beginning is a GET."""
    headers = visit.request.headers
    if cookies.from_a_browser(headers) and not cookies.same_origin(headers, visit.desk.base):
        raise Refused("This was not sent from a page of this server.")


def _tries(visit: Visit) -> str:
    return f"passkey {visit.address}"
