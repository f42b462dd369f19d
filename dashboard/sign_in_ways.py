# SPDX-License-Identifier: EUPL-1.2
"""Settings: the ways to sign in, and changing them (KLU-3)."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from consent.house import House
from dashboard.fittings import FRESH, VERY_FRESH, Fittings
from dashboard.foreign import host_of
from dashboard.settings import account_of
from dashboard.visit import SETTINGS, Away, Mistake, Page, Shown, Visit
from dashboard.words import mark
from identity.accounts import events
from identity.accounts.accounts import Login, change_secret, login_of, logins_of, remove_login
from identity.accounts.sessions import close_others
from identity.sign_in.passkeys import Passkey, passkey_of, passkeys_of, remove_passkey
from identity.sign_in.passwords import LONGEST, check_new
from identity.sign_in.second_step import note_removal
from identity.sign_in.step_up import Need, place_of, ways_up
from pod.database import Tx
from pod.errors import Clash, TooMany, Unreadable
from pod.instant import Instant

WAYS = f"{SETTINGS}/sign-in"
WRONG = mark("Dit is niet uw huidige wachtwoord.")
TOO_SHORT = mark("Kies een wachtwoord van minstens {number} tekens.")
CHANGED_ELSEWHERE = mark("Het wachtwoord is intussen elders veranderd. Probeer het opnieuw.")
TOO_OFTEN = mark("U probeerde het te vaak. Wacht een kwartier en probeer het opnieuw.")
LAST_ONE = mark("Dit is uw laatste manier om aan te melden. Voeg eerst een andere toe.")
_NOTHING_WRONG: dict[str, object] = {"old": "", "new": "", "passkeys": "", "email": ""}
PASSWORD_DONE, PASSKEY_DONE, LINK_DONE = "password", "passkey", "link"
ADDRESS_ASKED, ADDRESS_DONE, ADDRESS_GONE = "asked", "address", "address-gone"
JUST_NOW = Need(VERY_FRESH)
Removal = Callable[[Tx, Visit, str, Instant], Coroutine[Any, Any, None]]


def is_fresh(house: House, visit: Visit, within: int = FRESH) -> bool:
    """Whether she signed in so recently that ways to sign in may change."""
    at = None if visit.reader is None else visit.reader.signed_in
    return at is not None and house.now() - at <= within


async def step_up(fittings: Fittings, house: House, visit: Visit, need: Need = JUST_NOW) -> Away:
    """KC-14: to a sign-in that is fresh enough, the way she signs in, and back with her choices."""
    account = account_of(visit)
    ways = await house.db.read(ways_up, fittings.providers, account)
    return Away(place_of(need, ways, visit.back_to))


def sign_in_first(page: str) -> Away:
    """To signing in, and back to the page."""
    return Away(f"/-/sign-in?next={quote(page, safe='/')}")


async def ways_page(
    fittings: Fittings, house: House, visit: Visit, errors: tuple[Mistake, ...] = ()
) -> Page:
    """Passwords, passkeys and providers."""
    account = account_of(visit)
    emails, keys, links = await house.db.read(_look, account)
    linked = [_linked(fittings, visit, id_, subject) for id_, subject in links]
    data = {
        "account": account,
        "logins": [{"id": id_, "email": email} for email, id_ in emails.items()],
        "passkeys": keys,
        "linked": linked,
        "providers": fittings.providers,
        "fresh": is_fresh(house, visit),
        "again": sign_in_first(WAYS).address,
        "done": visit.query.one("done") if not errors else "",
        "errors": errors,
        "wrong": _NOTHING_WRONG | {mistake.field: mistake.text for mistake in errors},
        "shortest": fittings.shortest,
        "mails": fittings.recovery is not None,
        "email": visit.form.one("email")[:254],
    }
    return Page("settings_ways.html", data, 422 if errors else 200)


Links = list[tuple[str, str]]


async def _look(tx: Tx, account: str) -> tuple[dict[str, str], list[Passkey], Links]:
    rows = await tx.all(
        "SELECT id, subject FROM login WHERE account = :a AND kind = 'oidc' ORDER BY created, id",
        a=account,
    )
    links = [(row["id"], row["subject"]) for row in rows]
    return await logins_of(tx, account), await passkeys_of(tx, account), links


def _linked(fittings: Fittings, visit: Visit, id_: str, subject: str) -> dict[str, str]:
    """The subject names its issuer first (FED-2); what comes after that is not shown."""
    issuer = subject.partition(" ")[0]
    for provider in fittings.providers:
        if provider.issuer == issuer:
            title = provider.title.get(visit.language) or provider.title.get("nl")
            return {"id": id_, "title": title or provider.name}
    return {"id": id_, "title": host_of(issuer)}


async def remove_link(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """She signs in with that provider no longer."""
    return await removed(fittings, house, visit, _unlink, LINK_DONE)


async def removed(
    fittings: Fittings, house: House, visit: Visit, remove: Removal, done: str
) -> Shown:
    """Needs a fresh sign-in; never the last way to sign in."""
    if not is_fresh(house, visit):
        return sign_in_first(WAYS)
    try:
        await house.db.write(None, remove, visit, account_of(visit), house.now())
    except Unreadable:
        mistake = Mistake("passkeys", visit.words.say(LAST_ONE))
        return await ways_page(fittings, house, visit, (mistake,))
    return Away(f"{WAYS}?done={done}")


async def _unlink(tx: Tx, visit: Visit, account: str, now: Instant) -> None:
    await remove_login(tx, account, visit.code)
    await close_others(tx, account, visit.session, now)
    await events.note(tx, events.attempt(account, "link-removed", visit.address, now))


async def change_password(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """Needs the old one; every other session of the account ends (ACC-9)."""
    login = await house.db.read(login_of, account_of(visit), visit.form.one("login"))
    say = visit.words.say
    try:
        new = check_new(visit.form.one("new"), fittings.shortest)
    except Unreadable:
        mistake = Mistake("new", say(TOO_SHORT, number=fittings.shortest))
        return await ways_page(fittings, house, visit, (mistake,))
    wrong = await _wrong_password(fittings, house, visit, login)
    if wrong is None:
        secret = await fittings.passwords.hash(new)
        try:
            await house.db.write(None, _change, login, secret, visit, house.now())
        except Clash:
            wrong = CHANGED_ELSEWHERE
    if wrong is not None:
        return await ways_page(fittings, house, visit, (Mistake("old", say(wrong)),))
    return Away(f"{WAYS}?done={PASSWORD_DONE}")


async def _wrong_password(
    fittings: Fittings, house: House, visit: Visit, login: Login
) -> str | None:
    passwords = fittings.passwords
    try:
        passwords.count_try(login.email, visit.address, house.now())
    except TooMany:
        return TOO_OFTEN
    if not await passwords.fits(visit.form.one("old")[: LONGEST + 1], login.secret):
        return WRONG
    passwords.forget_tries(login.email, visit.address)
    return None


async def _change(tx: Tx, login: Login, secret: str, visit: Visit, now: Instant) -> None:
    await change_secret(tx, login, secret)
    await close_others(tx, login.account, visit.session, now)
    await events.note(tx, events.attempt(login.account, "password-changed", visit.address, now))


async def remove_one_passkey(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """One of her passkeys goes."""
    return await removed(fittings, house, visit, _remove, PASSKEY_DONE)


async def _remove(tx: Tx, visit: Visit, account: str, now: Instant) -> None:
    await passkey_of(tx, account, visit.code)
    await note_removal(tx, account, visit.address, now)
    await remove_passkey(tx, account, visit.code)
    await close_others(tx, account, visit.session, now)
