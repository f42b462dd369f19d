# SPDX-License-Identifier: EUPL-1.2
"""Signing in with e-mail and password, signing out, and the language of the pages."""

from collections.abc import Awaitable, Callable

from consent.house import House
from dashboard.forms import safe_next
from dashboard.visit import HOME, Away, Mistake, Page, Reader, Shown, Visit
from dashboard.words import LANGUAGES, mark
from identity.accounts import Login, find_login, read_email
from identity.passwords import LONGEST, Passwords
from identity.sessions import (
    TOUCH_EVERY,
    Session,
    close_session,
    find_session,
    new_value,
    open_session,
    touch_session,
)
from pod import clock
from pod.database import Tx
from pod.errors import TooMany, Unreadable
from pod.instant import Instant

SIGN_IN_AGAIN = mark("Meld u aan om verder te gaan. Er is niets veranderd.")
WRONG = mark("Dit e-mailadres en wachtwoord passen niet bij elkaar. Probeer het opnieuw.")
TOO_OFTEN = mark("U probeerde het te vaak. Wacht een kwartier en probeer het opnieuw.")


def sign_in_page(
    next_: str, *, email: str = "", why: str = "", errors: tuple[Mistake, ...] = ()
) -> Page:
    """The form; what was typed stays, but never the password."""
    data = {"next": next_, "email": email[:254], "why": why, "errors": errors}
    return Page("sign_in.html", data, 422 if errors else 200)


async def sign_in_form(house: House, visit: Visit) -> Page:
    """The form, also for somebody who is signed in: sensitive data asks for a fresh one."""
    return sign_in_page(safe_next(visit.query.one("next")), why=SIGN_IN_AGAIN)


def sign_in_with(passwords: Passwords) -> Callable[[House, Visit], Awaitable[Shown]]:
    """The room that checks a password; it knows no difference between unknown and wrong."""

    async def sign_in(house: House, visit: Visit) -> Shown:
        given, next_ = visit.form.one("email").strip(), safe_next(visit.form.one("next"))
        try:
            login = await _checked(house, visit, passwords, given, visit.form.one("password"))
        except TooMany:
            wrong = TOO_OFTEN
        else:
            if login is not None:
                return Away(next_, session=await _begin(house, visit, login))
            wrong = WRONG
        mistake = Mistake("email", visit.words.say(wrong))
        return sign_in_page(next_, email=given, errors=(mistake,))

    return sign_in


async def _checked(
    house: House, visit: Visit, passwords: Passwords, given: str, password: str
) -> Login | None:
    try:
        email = read_email(given)
    except Unreadable:
        email = ""
    passwords.count_try(email, visit.address, house.now())
    login = await house.db.read(find_login, email)
    secret = login.secret if login is not None else None
    if not await passwords.fits(password[: LONGEST + 1], secret):
        return None
    passwords.forget_tries(email, visit.address)
    return login


async def _begin(house: House, visit: Visit, login: Login) -> str:
    value = new_value()
    await house.db.write(None, _open, house, visit, login.account, value)
    return value


async def _open(tx: Tx, house: House, visit: Visit, account: str, value: str) -> None:
    # T-28: a new value at each sign-in, and the old one ends.
    await close_session(tx, visit.session)
    await open_session(tx, value, account, house.now(), signed_in=True, agent=visit.user_agent)


async def sign_out(house: House, visit: Visit) -> Away:
    """The session ends everywhere at once."""
    await house.db.write(None, close_session, visit.session)
    return Away(HOME, ends_session=True)


async def choose_language(house: House, visit: Visit) -> Away:
    """Keep the chosen language, and stay on the page."""
    chosen = visit.form.one("language")
    language = chosen if chosen in LANGUAGES else visit.language
    return Away(safe_next(visit.form.one("next")), language=language)


async def reader_of(house: House, value: str) -> Reader | None:
    """Whose session this is, as long as it opens pages (decision 30)."""
    if not value:
        return None
    now = house.now()
    session, moment, webids = await house.db.read(_look, value, now)
    if session is None or not session.opens_pages(moment):
        return None
    if moment - session.used >= TOUCH_EVERY:
        await house.db.write(None, touch_session, session, house.now())
    # Sessions live on the clock of consent, `Who` on the wall clock as tokens do (KC-25).
    signed_in = None if session.signed_in is None else session.signed_in - (moment - now)
    return Reader(session.account, webids, signed_in, session.acr)


async def _look(
    tx: Tx, value: str, now: Instant
) -> tuple[Session | None, Instant, tuple[str, ...]]:
    moment = await clock.instant(tx, now)
    session = await find_session(tx, value, now)
    if session is None:
        return None, moment, ()
    rows = await tx.all(
        "SELECT uri FROM webid WHERE account = :account ORDER BY kind <> 'own', verified, id",
        account=session.account,
    )
    return session, moment, tuple(row["uri"] for row in rows)
