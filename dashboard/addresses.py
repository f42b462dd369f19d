# SPDX-License-Identifier: EUPL-1.2
"""Settings: one more e-mail address to sign in with, proved by mail first; and one fewer."""

from consent.house import House
from dashboard.fittings import Fittings
from dashboard.recovery import NO_EMAIL, TOO_OFTEN, TOO_SHORT
from dashboard.register import caller_of
from dashboard.settings import account_of
from dashboard.sign_in_ways import (
    ADDRESS_ASKED,
    ADDRESS_DONE,
    ADDRESS_GONE,
    WAYS,
    is_fresh,
    removed,
    sign_in_first,
    ways_page,
)
from dashboard.visit import Away, Mistake, Page, Shown, Visit
from identity.accounts import events, mailed_codes
from identity.accounts.accounts import login_of, read_email, remove_login
from identity.accounts.addresses import add_address, ask_address, require_own
from identity.accounts.recovery import Recovery
from identity.accounts.sessions import close_others
from identity.sign_in.passwords import check_new
from pod.database import Tx
from pod.errors import Missing, TooMany, Unreadable
from pod.instant import Instant

ADDRESS = f"{WAYS}/address"


def _recovery(fittings: Fittings) -> Recovery:
    if fittings.recovery is None:
        raise Missing("This server sends no mail.")
    return fittings.recovery


async def ask(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """Mail a code; the same answer whether the address is known here or not (KLU-5)."""
    if not is_fresh(house, visit):
        return sign_in_first(WAYS)
    given, say = visit.form.one("email").strip(), visit.words.say
    try:
        email = read_email(given)
        await ask_address(_recovery(fittings), account_of(visit), email, caller_of(visit))
    except Unreadable:
        return await ways_page(fittings, house, visit, (Mistake("email", say(NO_EMAIL)),))
    except TooMany:
        return await ways_page(fittings, house, visit, (Mistake("email", say(TOO_OFTEN)),))
    return Away(f"{WAYS}?done={ADDRESS_ASKED}")


async def confirm_page(fittings: Fittings, house: House, visit: Visit) -> Page:
    """The link in the mail, for who asked for it; looking uses nothing up."""
    return await _password(fittings, visit, visit.query.one("code"), ())


def _over() -> Page:
    return Page("address_over.html", status=404)


async def _password(
    fittings: Fittings, visit: Visit, code: str, errors: tuple[Mistake, ...]
) -> Page:
    recovery, hash_ = _recovery(fittings), mailed_codes.hash_of(code)
    try:
        mailed = await recovery.db.read(require_own, hash_, account_of(visit), recovery.now())
    except Unreadable:
        return _over()
    data = {
        "address_code": code[:200],
        "email": mailed.email,
        "errors": errors,
        "shortest": fittings.shortest,
    }
    return Page("address_confirm.html", data, 422 if errors else 200)


async def confirm(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """From now on she signs in with it too."""
    code, say, account = visit.form.one("code"), visit.words.say, account_of(visit)
    try:
        password = check_new(visit.form.one("password"), fittings.shortest)
    except Unreadable:
        said = say(TOO_SHORT, number=fittings.shortest)
        return await _password(fittings, visit, code, (Mistake("password", said),))
    try:
        await add_address(_recovery(fittings), account, code, password, caller_of(visit))
    except TooMany:
        return await _password(fittings, visit, code, (Mistake("password", say(TOO_OFTEN)),))
    except Unreadable:
        return _over()
    return Away(f"{WAYS}?done={ADDRESS_DONE}")


async def remove(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """She signs in with it no longer; never the last way to sign in."""
    return await removed(fittings, house, visit, _remove, ADDRESS_GONE)


async def _remove(tx: Tx, visit: Visit, account: str, now: Instant) -> None:
    await login_of(tx, account, visit.code)
    # WI-2: noted first, so that the address that goes hears of it too.
    await events.note(tx, events.attempt(account, "password-removed", visit.address, now))
    await remove_login(tx, account, visit.code)
    await close_others(tx, account, visit.session, now)
