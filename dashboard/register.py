# SPDX-License-Identifier: EUPL-1.2
"""Registering by oneself: an address, a mail, then a password and the first session (KLU-5)."""

from consent.house import House
from dashboard.first_pod import to_first_pod
from dashboard.fittings import Fittings
from dashboard.forms import safe_next
from dashboard.recovery import CODE_OVER, NO_EMAIL, TOO_OFTEN, TOO_SHORT
from dashboard.visit import FROM_APPS, HOME, Away, Mistake, Page, Shown, Visit
from identity.accounts.accounts import read_email
from identity.accounts.mailed_codes import JOIN
from identity.accounts.newcomers import Caller, ask_to_join, join
from identity.accounts.recovery import Recovery, find_standing
from identity.sign_in.passwords import check_new
from pod.errors import Missing, TooMany, Unreadable

REGISTER = "/-/register"
LONGEST_NEXT = 120


def _recovery(fittings: Fittings) -> Recovery:
    if fittings.recovery is None or not fittings.registers:
        raise Missing("Nobody registers here by herself.")
    return fittings.recovery


def caller_of(visit: Visit) -> Caller:
    """Who asks, for what begins before there is a session."""
    next_ = _next(visit)
    return Caller(visit.address, visit.user_agent, visit.language, visit.session, next_)


def _next(visit: Visit) -> str:
    """The question of an app that she came from: nothing else is worth a place in a mail."""
    next_ = safe_next(visit.form.one("next") or visit.query.one("next"))
    return next_ if next_.startswith(FROM_APPS) and len(next_) <= LONGEST_NEXT else ""


async def register_page(fittings: Fittings, house: House, visit: Visit) -> Page:
    """Which address?"""
    _recovery(fittings)
    return _form(visit, ())


def _form(visit: Visit, errors: tuple[Mistake, ...], email: str = "") -> Page:
    data = {"email": email[:254], "next": _next(visit), "errors": errors}
    return Page("register.html", data, 422 if errors else 200)


async def ask(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """The same answer whether the address is known or not."""
    given, say = visit.form.one("email").strip(), visit.words.say
    try:
        await ask_to_join(_recovery(fittings), read_email(given), caller_of(visit))
    except Unreadable:
        return _form(visit, (Mistake("email", say(NO_EMAIL)),), given)
    except TooMany:
        return _form(visit, (Mistake("email", say(TOO_OFTEN)),), given)
    return Away(f"{REGISTER}/sent")


async def sent_page(fittings: Fittings, house: House, visit: Visit) -> Page:
    """What comes next."""
    _recovery(fittings)
    return Page("register_sent.html")


async def confirm_page(fittings: Fittings, house: House, visit: Visit) -> Page:
    """The link in the mail: looking at it makes nothing and uses nothing up."""
    return await _password(fittings, visit, visit.query.one("code"), ())


def _over(visit: Visit) -> Page:
    return Page("register_over.html", {"why": visit.words.say(CODE_OVER)}, status=404)


async def _password(
    fittings: Fittings, visit: Visit, code: str, errors: tuple[Mistake, ...]
) -> Page:
    """The address is shown: a link that somebody else sent would make an account of hers."""
    mailed = await find_standing(_recovery(fittings), code, JOIN)
    if mailed is None:
        return _over(visit)
    data = {
        "join_code": code[:200],
        "next": _next(visit),
        "email": mailed.email,
        "errors": errors,
        "shortest": fittings.shortest,
    }
    return Page("register_confirm.html", data, 422 if errors else 200)


async def confirm(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """The account begins, signed in; then her first pod."""
    code, say = visit.form.one("code"), visit.words.say
    try:
        password = check_new(visit.form.one("password"), fittings.shortest)
    except Unreadable:
        said = say(TOO_SHORT, number=fittings.shortest)
        return await _password(fittings, visit, code, (Mistake("password", said),))
    try:
        joined = await join(_recovery(fittings), code, password, caller_of(visit))
    except TooMany:
        return await _password(fittings, visit, code, (Mistake("password", say(TOO_OFTEN)),))
    except Unreadable:
        return _over(visit)
    return Away(to_first_pod(_next(visit) or HOME).address, session=joined.value)
