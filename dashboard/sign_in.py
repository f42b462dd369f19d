# SPDX-License-Identifier: EUPL-1.2
"""Signing in with e-mail and password, signing out, and the language of the pages."""

from urllib.parse import quote

from consent.house import House
from dashboard.app_sign_in import asking_app, shown_app
from dashboard.fittings import Fittings
from dashboard.foreign import form_action_of
from dashboard.forms import safe_next
from dashboard.visit import HOME, Away, Mistake, Page, Reader, Shown, Visit
from dashboard.words import LANGUAGES, mark
from identity.accounts import events
from identity.accounts.accounts import Login, find_login, read_email
from identity.accounts.sessions import (
    TOUCH_EVERY,
    Session,
    close_session,
    find_session,
    new_value,
    open_session,
    replace_session,
    touch_session,
)
from identity.letters.letters import choose_account_language, keep_language
from identity.provider.interactions import Interaction
from identity.sign_in.passwords import LONGEST, Passwords
from identity.sign_in.second_step import begin_second_step, wants_second_step
from pod import clock
from pod.database import Tx
from pod.errors import TooMany, Unreadable
from pod.instant import Instant

SIGN_IN_AGAIN = mark("Meld u aan om verder te gaan. Er is niets veranderd.")
WRONG = mark("Dit e-mailadres en wachtwoord passen niet bij elkaar. Probeer het opnieuw.")
LONGEST_EMAIL = 254
TOO_OFTEN = mark("U probeerde het te vaak. Wacht een kwartier en probeer het opnieuw.")


def sign_in_page(
    fittings: Fittings,
    next_: str,
    *,
    email: str = "",
    why: str = "",
    errors: tuple[Mistake, ...] = (),
    asking: Interaction | None = None,
    again: bool = False,
) -> Page:
    """The form; what was typed stays, but never the password.

    With an app that asks, the form may in the end lead back to that app (ui.md §9). `again` asks
    the providers too for a new sign-in, or what they remember would lead to this page again.
    """
    data = {
        "next": next_,
        "email": (email or _hinted(asking))[:LONGEST_EMAIL],
        "why": "" if asking else why,
        "errors": errors,
        "app": None if asking is None else shown_app(asking),
        "code": "" if asking is None else asking.id,
        "providers": fittings.providers,
        "again": again or (asking is not None and _wants_new(asking)),
        "forgot": fittings.recovery is not None,
        "registers": fittings.registers and fittings.recovery is not None,
    }
    action = "" if asking is None else form_action_of(asking.redirect_uri)
    return Page("sign_in.html", data, 422 if errors else 200, action)


def _hinted(asking: Interaction | None) -> str:
    """`login_hint`: a line of text that saves typing, and says nothing about who there is.

    A WebID or another address would be nothing to sign in with.
    """
    hint = "" if asking is None else asking.login_hint or ""
    return hint if hint.isprintable() and "://" not in hint else ""


def _wants_new(asking: Interaction) -> bool:
    return asking.max_age is not None or "login" in asking.prompt


async def sign_in_form(fittings: Fittings, house: House, visit: Visit) -> Page:
    """The form, also for somebody who is signed in: sensitive data asks for a fresh one."""
    next_ = safe_next(visit.query.one("next"))
    asking = await asking_app(fittings, house, visit, next_)
    again = visit.reader is not None
    return sign_in_page(fittings, next_, why=SIGN_IN_AGAIN, asking=asking, again=again)


async def sign_in(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """The room that checks a password; it knows no difference between unknown and wrong."""
    given, next_ = visit.form.one("email").strip(), safe_next(visit.form.one("next"))
    try:
        login = await _checked(house, visit, fittings.passwords, given, visit.form.one("password"))
    except TooMany:
        wrong = TOO_OFTEN
    else:
        if login is not None:
            return await _go_on(house, visit, login, next_)
        wrong = WRONG
    mistake = Mistake("email", visit.words.say(wrong))
    asking = await asking_app(fittings, house, visit, next_)
    return sign_in_page(fittings, next_, email=given, errors=(mistake,), asking=asking)


async def _find(tx: Tx, email: str, address: str, now: Instant) -> tuple[Login | None, bool]:
    login = await find_login(tx, email)
    account = None if login is None else login.account
    return login, await events.knows_address(tx, account, address, now)


async def _go_on(house: House, visit: Visit, login: Login, next_: str) -> Away:
    """Into the pages, or to the passkey that the account wants after a password (KLU-3)."""
    if await house.db.read(wants_second_step, login.account):
        browser = new_value()
        await house.db.write(None, _begin_second, browser, login.account, house.now())
        return Away(f"/-/sign-in/passkey?next={quote(next_, safe='/')}", second_step=browser)
    return Away(next_, session=await begin_session(house, visit, login.account))


async def _begin_second(tx: Tx, browser: str, account: str, now: Instant) -> None:
    await begin_second_step(tx, browser, account, now)


async def _checked(
    house: House, visit: Visit, passwords: Passwords, given: str, password: str
) -> Login | None:
    try:
        email = read_email(given)
    except Unreadable:
        email = ""
    login, known = await house.db.read(_find, email, visit.address, house.now())
    passwords.count_try(email, visit.address, house.now(), known=known)
    secret = login.secret if login is not None else None
    if not await passwords.fits(password[: LONGEST + 1], secret):
        # OP-26: also for nobody, so that it takes as long (T-27).
        account = None if login is None else login.account
        failed = events.attempt(account, events.FAILED, visit.address, house.now(), by="password")
        await house.db.write(None, events.note, failed)
        return None
    passwords.forget_tries(email, visit.address)
    return login


async def begin_session(house: House, visit: Visit, account: str) -> str:
    """A new session for this account in this browser; its value, for the cookie."""
    value = new_value()
    await house.db.write(None, _open, house, visit, account, value)
    return value


async def _open(tx: Tx, house: House, visit: Visit, account: str, value: str) -> None:
    # T-28: a new value at each sign-in, and the old one ends.
    now = house.now()
    await replace_session(tx, visit.session, value, account, now)
    await open_session(tx, value, account, now, signed_in=True, agent=visit.user_agent)
    signed_in = events.attempt(account, events.SIGNED_IN, visit.address, now, by="password")
    await events.note(tx, signed_in)
    await keep_language(tx, account, visit.language)


async def sign_out(house: House, visit: Visit) -> Away:
    """The session ends everywhere at once."""
    await house.db.write(None, close_session, visit.session, house.now())
    return Away(HOME, ends_session=True)


async def choose_language(house: House, visit: Visit) -> Away:
    """Keep the chosen language, and stay on the page."""
    chosen = visit.form.one("language")
    language = chosen if chosen in LANGUAGES else visit.language
    if visit.reader is not None:
        # What is mailed to her follows.
        await house.db.write(None, choose_account_language, visit.reader.account, language)
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
