# SPDX-License-Identifier: EUPL-1.2
"""Settings: take everything along, and leave for good (KLU-9)."""

from collections.abc import Mapping

from consent.asking.holdings import pods_of
from consent.grants.farewell import farewell_in
from consent.house import House
from dashboard.fittings import VERY_FRESH, Fittings
from dashboard.settings import account_of
from dashboard.sign_in_ways import is_fresh, step_up
from dashboard.visit import SETTINGS, Away, Mistake, Page, Shown, Visit
from dashboard.words import mark
from identity.accounts import events
from identity.accounts.leaving import ask_to_leave, leaves_at, stay
from identity.who import Who
from pod.database import Tx
from pod.errors import Unreadable
from pod.instant import Instant
from pod.iri import Iri

LEAVE = f"{SETTINGS}/leave"
LAST_ADMIN = mark("U bent de enige beheerder van een organisatie. Wijs eerst iemand anders aan.")
NOT_SAID = mark("Vink aan dat u dit wilt.")


async def leave_page(house: House, visit: Visit) -> Page:
    """What goes with her, what stays, and what ends when."""
    return await _shown(house, visit)


async def _shown(house: House, visit: Visit, errors: tuple[Mistake, ...] = ()) -> Page:
    leaves = await house.db.read(leaves_at, account_of(visit))
    data = {"leaves": leaves, "errors": errors}
    return Page("settings_leave.html", data, 422 if errors else 200)


async def leave(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """Every permission ends now; the account and its pods go after thirty days."""
    if not is_fresh(house, visit, VERY_FRESH):
        return await step_up(fittings, house, visit)
    if visit.form.one("sure") != "yes":
        return await _shown(house, visit, (Mistake("sure", visit.words.say(NOT_SAID)),))
    try:
        await house.db.write(None, _leave, visit, house)
    except Unreadable:
        return await _shown(house, visit, (Mistake("sure", visit.words.say(LAST_ADMIN)),))
    return Away(LEAVE)


async def _leave(tx: Tx, visit: Visit, house: House) -> None:
    account, now = account_of(visit), house.now()
    await ask_to_leave(tx, account, visit.session, farewell_in(house), now)
    await _note(tx, visit, "leaving", now)


async def stay_after_all(house: House, visit: Visit) -> Away:
    """She keeps her account; what ended stays ended."""
    await house.db.write(None, _stay, visit, house.now())
    return Away(LEAVE)


async def _stay(tx: Tx, visit: Visit, now: Instant) -> None:
    await stay(tx, account_of(visit))
    await _note(tx, visit, "staying", now)


async def _note(tx: Tx, visit: Visit, what: str, now: Instant) -> None:
    await events.note(tx, events.attempt(account_of(visit), what, visit.address, now))


async def owned_by(house: House, visit: Visit) -> Mapping[Iri, Who]:
    """Each pod of the account with the one of her people who owns it."""
    found: dict[Iri, Who] = {}
    for who in visit.whos():
        for pod in await house.db.read(pods_of, who.webid or ""):
            found.setdefault(pod, who)
    return found
