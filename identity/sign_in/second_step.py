# SPDX-License-Identifier: EUPL-1.2
"""A passkey after the password, for accounts that want both (KLU-3)."""

from identity.accounts import events
from identity.cookies import page_cookie
from identity.sign_in.challenges import PASSWORD_GIVEN, Challenge, find, keep, take
from pod.database import Tx
from pod.errors import Refused, Unreadable
from pod.instant import Instant


def browser_cookie(base: str) -> str:
    """Which browser a challenge is for, before there is a session."""
    return f"{page_cookie(base)}-passkey"


async def wants_second_step(tx: Tx, account: str) -> bool:
    """Whether a password alone opens nothing; never without a passkey to go on with."""
    row = await tx.one(
        "SELECT second_step FROM account WHERE id = :a AND second_step = 1"
        " AND EXISTS (SELECT 1 FROM passkey WHERE account = :a)",
        a=account,
    )
    return row is not None


async def set_second_step(tx: Tx, account: str, wanted: bool) -> None:
    """Ask for a passkey after each password from now on, or no longer."""
    if (
        wanted
        and await tx.one("SELECT 1 AS one FROM passkey WHERE account = :a", a=account) is None
    ):
        raise Unreadable("Add a passkey first.")
    await tx.run("UPDATE account SET second_step = :w WHERE id = :a", w=int(wanted), a=account)


async def note_removal(tx: Tx, account: str, address: str, now: Instant) -> None:
    """A passkey goes; with the last one the second step ends, and that is told too, never silent.

    Called before it goes.
    """
    await events.note(tx, events.attempt(account, "passkey-removed", address, now))
    row = await tx.one("SELECT count(*) AS many FROM passkey WHERE account = :a", a=account)
    if row is not None and row["many"] == 1 and await wants_second_step(tx, account):
        await events.note(tx, events.attempt(account, "second-step-off", address, now))
        await tx.run("DELETE FROM spare_code WHERE account = :a", a=account)


async def begin_second_step(
    tx: Tx, browser: str, account: str, now: Instant, *, remember: bool = False
) -> None:
    """The password was right: for five minutes this browser may show a passkey of the account.

    `browser` is a new value, which goes into the cookie `browser_cookie` and is kept nowhere.
    """
    await keep(tx, browser, PASSWORD_GIVEN, browser, now, account=account, remember=remember)


async def find_second_step(tx: Tx, browser: str, now: Instant) -> Challenge | None:
    """What a password began in this browser."""
    return await find(tx, browser, (PASSWORD_GIVEN,), browser, now)


async def end_second_step(tx: Tx, browser: str, now: Instant) -> None:
    """The passkey came; Refused when the password was too long ago or used already."""
    if await take(tx, browser, (PASSWORD_GIVEN,), browser, now) is None:
        raise password_over()


def password_over() -> Refused:
    """The way out is to begin again."""
    return Refused(
        "Give the password again: it was more than five minutes ago.",
        problem="second-step-over",
        more={"problem": "second-step-over"},
    )


def passkey_wanted(base: str) -> Refused:
    """What scripts are told: there is no way on with the password alone."""
    where = f"{base}.account/login/passkey/"
    return Refused(
        "This account wants a passkey: sign in with it, alone or after the password on the page.",
        problem="passkey-wanted",
        more={"problem": "passkey-wanted", "location": where},
    )
