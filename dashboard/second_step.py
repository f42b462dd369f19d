# SPDX-License-Identifier: EUPL-1.2
"""Settings: whether a passkey comes after the password, and the spare codes for it (KLU-3)."""

from consent.house import House
from dashboard.fittings import FRESH
from dashboard.settings import account_of
from dashboard.sign_in_ways import is_fresh, sign_in_first
from dashboard.visit import SETTINGS, Away, Mistake, Page, Shown, Visit
from dashboard.words import mark
from identity.accounts import events
from identity.accounts.accounts import logins_of
from identity.sign_in.passkeys import passkeys_of
from identity.sign_in.second_step import set_second_step, wants_second_step
from identity.sign_in.spare_codes import codes_left, drop_codes, keep_codes, new_codes
from pod.database import Tx
from pod.errors import Unreadable
from pod.instant import Instant

STEP = f"{SETTINGS}/second-step"
NO_PASSKEY = mark("Voeg eerst een passkey toe. Zonder passkey kunt u dit niet aanzetten.")


async def step_page(house: House, visit: Visit) -> Page:
    """Whether it is on, what it asks, and what is there when the passkey is lost."""
    return await _page(house, visit)


async def _page(house: House, visit: Visit, errors: tuple[Mistake, ...] = ()) -> Page:
    on, left, keys, passwords = await house.db.read(_look, account_of(visit))
    data = {
        "on": on,
        "left": left,
        "keys": keys,
        "passwords": passwords,
        "fresh": is_fresh(house, visit, FRESH),
        "again": sign_in_first(STEP).address,
        "done": visit.query.one("done") if not errors else "",
        "errors": errors,
    }
    return Page("settings_second_step.html", data, 422 if errors else 200)


async def _look(tx: Tx, account: str) -> tuple[bool, int, int, int]:
    return (
        await wants_second_step(tx, account),
        await codes_left(tx, account),
        len(await passkeys_of(tx, account)),
        len(await logins_of(tx, account)),
    )


async def switch_on(house: House, visit: Visit) -> Shown:
    """Spare codes come with it, on the one page that can show them.

    Sent twice it makes no second set: the first one is on her paper already.
    """
    if not is_fresh(house, visit, FRESH):
        return sign_in_first(STEP)
    codes = new_codes()
    try:
        made = await house.db.write(None, _on, visit, account_of(visit), codes, house.now())
    except Unreadable:
        return await _page(house, visit, (Mistake("on", visit.words.say(NO_PASSKEY)),))
    return _codes(codes) if made else Away(STEP)


def _codes(codes: tuple[str, ...]) -> Page:
    return Page("spare_codes.html", {"codes": codes})


async def _on(tx: Tx, visit: Visit, account: str, codes: tuple[str, ...], now: Instant) -> bool:
    if await wants_second_step(tx, account):
        return False
    await set_second_step(tx, account, True)
    await keep_codes(tx, account, codes, now)
    await events.note(tx, events.attempt(account, "second-step-on", visit.address, now))
    return True


async def switch_off(house: House, visit: Visit) -> Shown:
    """The password alone opens the account again; the spare codes go."""
    if not is_fresh(house, visit, FRESH):
        return sign_in_first(STEP)
    await house.db.write(None, _off, visit, account_of(visit), house.now())
    return Away(f"{STEP}?done=off")


async def _off(tx: Tx, visit: Visit, account: str, now: Instant) -> None:
    if await wants_second_step(tx, account):
        await events.note(tx, events.attempt(account, "second-step-off", visit.address, now))
    await set_second_step(tx, account, False)
    await drop_codes(tx, account)


async def make_codes(house: House, visit: Visit) -> Shown:
    """A new set; the old one works no longer."""
    if not is_fresh(house, visit, FRESH):
        return sign_in_first(STEP)
    codes = new_codes()
    made = await house.db.write(None, _renew, visit, account_of(visit), codes, house.now())
    return _codes(codes) if made else Away(STEP)


async def _renew(tx: Tx, visit: Visit, account: str, codes: tuple[str, ...], now: Instant) -> bool:
    if not await wants_second_step(tx, account):
        return False
    await keep_codes(tx, account, codes, now)
    await events.note(tx, events.attempt(account, "spare-codes-made", visit.address, now))
    return True
