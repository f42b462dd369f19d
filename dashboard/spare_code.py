# SPDX-License-Identifier: EUPL-1.2
"""After the password, without the passkey: a spare code, on a page that needs no script (KLU-3)."""

from urllib.parse import quote

from consent.house import House
from dashboard.fittings import Fittings
from dashboard.forms import safe_next
from dashboard.visit import Away, Mistake, Page, Shown, Visit
from dashboard.words import mark
from identity.accounts import events
from identity.accounts.sessions import new_value, open_session, replace_session
from identity.sign_in.second_step import end_second_step, find_second_step, password_over
from identity.sign_in.spare_codes import limits_of, use_code
from pod.database import Tx
from pod.errors import Refused, TooMany
from pod.instant import Instant

WRONG = mark("Deze code werkt niet. Kijk of ze klopt, en of u ze niet al gebruikte.")
TOO_OFTEN = mark("U probeerde het te vaak. Wacht een kwartier en probeer het opnieuw.")


async def second_step_page(house: House, visit: Visit) -> Page:
    """The password was right; a passkey comes after it, which needs the script."""
    return _page(visit, safe_next(visit.query.one("next")))


def _page(visit: Visit, next_: str, wrong: str = "") -> Page:
    errors = (Mistake("code", visit.words.say(wrong)),) if wrong else ()
    return Page("second_step.html", {"next": next_, "errors": errors}, 422 if errors else 200)


async def give_code(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """A session, when the code is one of the account whose password this browser gave."""
    next_, now = safe_next(visit.form.one("next")), house.now()
    given = await house.db.read(find_second_step, visit.second_step, now)
    if given is None:
        return _begin_again(next_)
    try:
        fittings.passwords.tries.count(limits_of(given.account, visit.address), now)
        value = new_value()
        await house.db.write(None, _open, visit, value, visit.form.one("code"), now)
    except TooMany:
        return _page(visit, next_, TOO_OFTEN)
    except Refused as error:
        if error.problem != "bad-spare-code":
            return _begin_again(next_)
        return _page(visit, next_, WRONG)
    return Away(next_, session=value)


def _begin_again(next_: str) -> Away:
    return Away(f"/-/sign-in?next={quote(next_, safe='/')}")


async def _open(tx: Tx, visit: Visit, value: str, code: str, now: Instant) -> None:
    given = await find_second_step(tx, visit.second_step, now)
    if given is None or given.account is None:
        raise password_over()
    account = given.account
    await use_code(tx, account, code, now)
    await end_second_step(tx, visit.second_step, now)
    await replace_session(tx, visit.session, value, account, now)
    await open_session(
        tx, value, account, now, remember=given.remember, signed_in=True, agent=visit.user_agent
    )
    for kind in (events.SIGNED_IN, "spare-code-used"):
        await events.note(tx, events.attempt(account, kind, visit.address, now, by="spare-code"))
