# SPDX-License-Identifier: EUPL-1.2
"""One more e-mail address to sign in with, proved by mail before it counts (KLU-5)."""

from identity.accounts import events, mailed_codes
from identity.accounts.accounts import add_login, find_login, new_id
from identity.accounts.mailed_codes import ADDRESS, NOTHING
from identity.accounts.newcomers import Caller
from identity.accounts.recovery import Recovery
from identity.letters.letters import language_of, letter
from pod.database import Tx
from pod.instant import Instant


def address_page(recovery: Recovery, code: str) -> str:
    """Where a code is brought, in a browser where its account is signed in."""
    return f"{recovery.base}-/settings/sign-in/address?code={code}"


async def ask_address(recovery: Recovery, account: str, email: str, caller: Caller) -> None:
    """Mail a code; an address of another account gets a letter that leads to its own."""
    recovery.count_ask("address", email, caller.address)
    code = mailed_codes.new_code()
    hash_, now = mailed_codes.hash_of(code), recovery.now()
    known, kept = await recovery.db.write(None, _ask, hash_, account, email, caller, now)
    base = recovery.base
    values = {
        "base": base,
        "link": address_page(recovery, code),
        "sign_in": f"{base}-/sign-in",
        "forgot": recovery.forgot_page,
    }
    kind = "joined-before" if known else "address"
    recovery.mailbox.post(letter(kind, kept or caller.language, email, values))


async def _ask(
    tx: Tx, hash_: str, account: str, email: str, caller: Caller, now: Instant
) -> tuple[bool, str | None]:
    login = await find_login(tx, email)
    whose = account if login is None else login.account
    await events.note(tx, events.attempt(account, "address-asked", caller.address, now))
    kind = ADDRESS if login is None else NOTHING
    await mailed_codes.keep(tx, hash_, kind, email, now, account)
    return login is not None, await language_of(tx, whose)


async def add_address(
    recovery: Recovery, account: str, code: str, password: str, caller: Caller
) -> str:
    """The id of the new login. A code of another account does not stand: who gets the mail must
    be who is signed in, or she would prove her address for somebody else's account."""
    now, hash_ = recovery.now(), mailed_codes.hash_of(code)
    recovery.count_guess("address", caller.address)
    await recovery.db.read(require_own, hash_, account, now)
    secret, login = await recovery.passwords.hash(password), new_id()
    await recovery.db.write(None, _add, hash_, account, login, secret, caller, now)
    return login


async def require_own(tx: Tx, hash_: str, account: str, now: Instant) -> mailed_codes.Mailed:
    """The code stands, for this account."""
    mailed = await mailed_codes.standing(tx, hash_, ADDRESS, now)
    if mailed.account != account:
        raise mailed_codes.over()
    return mailed


async def _add(
    tx: Tx, hash_: str, account: str, login: str, secret: str, caller: Caller, now: Instant
) -> None:
    mailed = await require_own(tx, hash_, account, now)
    if await find_login(tx, mailed.email) is not None:
        raise mailed_codes.over()
    await tx.run("UPDATE mailed_code SET used = :now WHERE hash = :hash", now=now, hash=hash_)
    await add_login(tx, login, account, mailed.email, secret, now, verified=now)
    await events.note(tx, events.attempt(account, "password-added", caller.address, now))
