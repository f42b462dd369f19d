# SPDX-License-Identifier: EUPL-1.2
"""A forgotten password: ask for a mail, then choose a new one with the code in it (OP-26)."""

from consent.house import House
from dashboard.fittings import Fittings
from dashboard.visit import Away, Mistake, Page, Shown, Visit
from dashboard.words import mark
from identity.accounts.accounts import read_email
from identity.accounts.recovery import Recovery, ask_reset, is_standing, reset
from identity.sign_in.passwords import check_new
from pod.errors import Missing, TooMany, Unreadable

NO_EMAIL = mark("Vul een e-mailadres in, zoals naam@voorbeeld.be.")
TOO_OFTEN = mark("U probeerde het te vaak. Wacht een kwartier en probeer het opnieuw.")
TOO_SHORT = mark("Kies een wachtwoord van minstens {number} tekens.")
CODE_OVER = mark("Deze code werkt niet meer. Vraag een nieuwe e-mail.")


def _recovery(fittings: Fittings) -> Recovery:
    if fittings.recovery is None:
        raise Missing("This server sends no mail.")
    return fittings.recovery


async def forgot_page(fittings: Fittings, house: House, visit: Visit) -> Page:
    """Which address?"""
    _recovery(fittings)
    return _forgot(())


def _forgot(errors: tuple[Mistake, ...], email: str = "") -> Page:
    data = {"email": email[:254], "errors": errors}
    return Page("forgot.html", data, 422 if errors else 200)


async def ask_mail(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """KLU-5: the same answer whether the address is known or not."""
    given = visit.form.one("email").strip()
    try:
        await ask_reset(_recovery(fittings), read_email(given), visit.address, visit.language)
    except Unreadable:
        return _forgot((Mistake("email", visit.words.say(NO_EMAIL)),), given)
    except TooMany:
        return _forgot((Mistake("email", visit.words.say(TOO_OFTEN)),), given)
    return Away("/-/forgot/sent")


async def sent_page(fittings: Fittings, house: House, visit: Visit) -> Page:
    """What comes next."""
    _recovery(fittings)
    return Page("forgot_sent.html")


async def reset_page(fittings: Fittings, house: House, visit: Visit) -> Page:
    """The link in the mail: choose a new password; looking at it uses nothing up."""
    code = visit.code or visit.query.one("code")
    if not await is_standing(_recovery(fittings), code):
        return Page("reset_over.html", status=404)
    return _reset(fittings, code, ())


def _reset(fittings: Fittings, code: str, errors: tuple[Mistake, ...]) -> Page:
    data = {"reset_code": code[:200], "errors": errors, "shortest": fittings.shortest}
    return Page("reset.html", data, 422 if errors else 200)


async def choose_password(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """Every session of the account ends; then sign in with the new password."""
    code, say = visit.form.one("code"), visit.words.say
    try:
        password = check_new(visit.form.one("password"), fittings.shortest)
    except Unreadable:
        said = say(TOO_SHORT, number=fittings.shortest)
        return _reset(fittings, code, (Mistake("password", said),))
    try:
        await reset(_recovery(fittings), code, password, visit.address, visit.language)
    except TooMany:
        return _reset(fittings, code, (Mistake("password", say(TOO_OFTEN)),))
    except Unreadable:
        return Page("reset_over.html", status=404)
    return Away("/-/reset/done")


async def done_page(house: House, visit: Visit) -> Page:
    """The new password holds."""
    return Page("reset_done.html")
