# SPDX-License-Identifier: EUPL-1.2
"""Registering by oneself: an account begins when its address is proved by mail (KLU-5)."""

from dataclasses import dataclass
from urllib.parse import quote

from identity.accounts import events, mailed_codes
from identity.accounts.accounts import add_account, add_login, find_login, new_id
from identity.accounts.mailed_codes import JOIN, NOTHING
from identity.accounts.recovery import Recovery
from identity.accounts.sessions import new_value, open_session, replace_session
from identity.letters.letters import keep_language, language_of, letter
from pod import clock
from pod.database import Tx
from pod.instant import Instant


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: from where, with what, in which language; `session` is the one it has, if any.

    `onward` is the page of ours to go on to once there is an account.
    """

    address: str
    agent: str = ""
    language: str | None = None
    session: str = ""
    onward: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """A new account and the value of its first session."""

    account: str
    value: str


def join_page(recovery: Recovery, code: str, onward: str = "") -> str:
    """Where a code is brought: looking there changes nothing, a form does."""
    more = f"&next={quote(onward, safe='/')}" if onward else ""
    return f"{recovery.base}-/register/confirm?code={code}{more}"


async def ask_to_join(recovery: Recovery, email: str, caller: Caller) -> None:
    """Mail a code, or that there is an account already: who asks sees the same either way.

    No password is asked before the address is proved: else who registers the address of somebody
    else would know the password of the account that she confirms.
    """
    recovery.count_ask("join", email, caller.address)
    code = mailed_codes.new_code()
    hash_, now = mailed_codes.hash_of(code), recovery.now()
    known, kept = await recovery.db.write(None, _ask, hash_, email, caller, now)
    base = recovery.base
    if known:
        values = {"base": base, "sign_in": f"{base}-/sign-in", "forgot": recovery.forgot_page}
    else:
        values = {"base": base, "link": join_page(recovery, code, caller.onward)}
    kind = "joined-before" if known else "join"
    recovery.mailbox.post(letter(kind, kept or caller.language, email, values))


async def _ask(
    tx: Tx, hash_: str, email: str, caller: Caller, now: Instant
) -> tuple[bool, str | None]:
    login = await find_login(tx, email)
    account = None if login is None else login.account
    await events.note(tx, events.attempt(account, "registration-asked", caller.address, now))
    await mailed_codes.keep(tx, hash_, JOIN if account is None else NOTHING, email, now)
    return account is not None, await language_of(tx, account)


async def join(
    recovery: Recovery, code: str, password: str, caller: Caller, *, remember: bool = False
) -> Joined:
    """The account, with a checked password and its first session, once for a mailed code."""
    now, hash_ = recovery.now(), mailed_codes.hash_of(code)
    recovery.count_guess("join", caller.address)
    await recovery.db.read(mailed_codes.standing, hash_, JOIN, now)
    secret = await recovery.passwords.hash(password)
    joined, login = Joined(new_id(), new_value()), new_id()
    await recovery.db.write(None, _join, hash_, secret, joined, login, caller, remember, now)
    return joined


async def _join(
    tx: Tx,
    hash_: str,
    secret: str,
    joined: Joined,
    login: str,
    caller: Caller,
    remember: bool,
    now: Instant,
) -> None:
    mailed = await mailed_codes.standing(tx, hash_, JOIN, now)
    await mailed_codes.use_up(tx, mailed, now)
    if await find_login(tx, mailed.email) is not None:
        raise mailed_codes.over()
    account = joined.account
    await add_account(tx, account, await clock.instant(tx, now))
    await add_login(tx, login, account, mailed.email, secret, now, verified=now)
    await keep_language(tx, account, caller.language)
    if caller.session:
        # T-28: signing in ends the session that the browser had.
        await replace_session(tx, caller.session, joined.value, account, now)
    await open_session(
        tx, joined.value, account, now, remember=remember, signed_in=True, agent=caller.agent
    )
    await events.note(tx, events.attempt(account, "registered", caller.address, now))
    first = events.attempt(account, events.SIGNED_IN, caller.address, now, by="password")
    await events.note(tx, first)
