# SPDX-License-Identifier: EUPL-1.2
"""Accounts and their passwords, over HTTP: create, sign in, change, sign out (ACC-3, ACC-11)."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from identity import cookies
from identity.account_api.controls import (
    LOGIN,
    NEW_LOGIN,
    PROVED_LOGIN,
    described,
    flag_in,
    text_in,
)
from identity.account_api.desk_routes import Visit, answer, mailing, signed_in
from identity.accounts import accounts, events
from identity.accounts.addresses import add_address, ask_address
from identity.accounts.sessions import (
    close_others,
    close_session,
    new_value,
    open_session,
    replace_session,
)
from identity.letters.letters import keep_language
from identity.provider.authorize_routes import app_cookie
from identity.provider.interactions import latest_interaction
from identity.sign_in.passwords import check_new
from identity.sign_in.second_step import passkey_wanted, wants_second_step
from pod import clock
from pod.database import Tx
from pod.errors import Refused
from pod.instant import Instant


async def list_logins(visit: Visit) -> web.Response:
    """The ways to sign in: a password, a passkey, the providers (KLU-3)."""
    root = f"{visit.desk.base}.account/login/"
    found = {"Email/password combination": f"{root}password/", "passkey": f"{root}passkey/"}
    names = [provider.name for provider in visit.desk.providers]
    found |= {f"oidc/{name}": f"{root}oidc/{name}/start/" for name in names}
    return answer(visit, {"logins": found})


async def create_account(visit: Visit) -> web.Response:
    """ACC-11: open in development only."""
    if not visit.desk.open_registration:
        raise Refused(
            "Accounts are not made by scripts here: register by mail where this server offers it"
            " (controls.kluis.register), or ask who runs it."
        )
    await visit.sent()
    account, value = accounts.new_id(), new_value()
    await visit.desk.db.write(None, _create_account, visit, account, value)
    return signed_in(visit, account, value, remember=False)


async def _create_account(tx: Tx, visit: Visit, account: str, value: str) -> None:
    now = visit.desk.now()
    moment = await clock.instant(tx, now)
    await accounts.drop_empty_accounts(tx, moment)
    await accounts.add_account(tx, account, moment)
    await open_session(tx, value, account, now, agent=_agent(visit))


def _agent(visit: Visit) -> str:
    return visit.request.headers.get("User-Agent", "")


async def sign_in_form(visit: Visit) -> web.Response:
    """ACC-2."""
    return answer(visit, {"fields": described(LOGIN)})


async def sign_in(visit: Visit) -> web.Response:
    """403 for a wrong password and for an unknown address alike (T-27)."""
    sent = await visit.sent()
    email, password = text_in(sent, "email").lower()[:320], text_in(sent, "password")
    remember, desk = flag_in(sent, "remember"), visit.desk
    login, known = await desk.db.read(_login, email, visit.address, desk.now())
    desk.passwords.count_try(email, visit.address, desk.now(), known=known)
    fits = await desk.passwords.fits(password, login.secret if login else None)
    if login is None or not fits:
        # OP-26: also for nobody, so that it takes as long (T-27).
        await desk.db.write(None, events.note, _failed(visit, login))
        raise Refused("Invalid email/password combination.")
    desk.passwords.forget_tries(email, visit.address)
    if await desk.db.read(wants_second_step, login.account):
        raise passkey_wanted(desk.base)
    value = new_value()
    await desk.db.write(None, _open, visit, value, login.account, remember)
    more = await _app_waiting(visit)
    return signed_in(visit, login.account, value, remember=remember, more=more)


async def _app_waiting(visit: Visit) -> dict[str, object]:
    """ACC-4: where a script goes on, when it is an app's question that it signs in for."""
    desk = visit.desk
    browser = visit.request.cookies.get(app_cookie(desk.base), "")
    if not browser or desk.fetch is None:
        return {}
    found = await latest_interaction(desk.db, desk.fetch, browser, desk.now)
    return {} if found is None else {"location": f"{desk.base}.oidc/auth/{found.id}"}


async def _login(
    tx: Tx, email: str, address: str, now: Instant
) -> tuple[accounts.Login | None, bool]:
    login = await accounts.find_login(tx, email)
    account = None if login is None else login.account
    return login, await events.knows_address(tx, account, address, now)


def _failed(visit: Visit, login: accounts.Login | None) -> events.Event:
    account = None if login is None else login.account
    return events.attempt(account, events.FAILED, visit.address, visit.desk.now(), by="password")


async def _open(tx: Tx, visit: Visit, value: str, account: str, remember: bool) -> None:
    # T-28: a new value at each sign-in, and the old one ends.
    now, agent = visit.desk.now(), _agent(visit)
    if visit.value is not None:
        await replace_session(tx, visit.value, value, account, now)
    await open_session(tx, value, account, now, remember=remember, signed_in=True, agent=agent)
    await keep_language(tx, account, visit.language)
    await events.note(
        tx, events.attempt(account, events.SIGNED_IN, visit.address, now, by="password")
    )


async def sign_out(visit: Visit) -> web.Response:
    """The session ends on every worker, and the cookie with it."""
    _ = visit.account
    if visit.value is not None:
        await visit.desk.db.write(None, close_session, visit.value, visit.desk.now())
    response = answer(visit, {})
    secure = visit.desk.base.startswith("https:")
    for name in (cookies.SCRIPTS, cookies.page_cookie(visit.desk.base)):
        gone = cookies.set_cookie(name, "", secure=secure, seconds=0)
        response.headers.add("Set-Cookie", gone)
    return response


async def list_passwords(visit: Visit) -> web.Response:
    """The password logins of the account."""
    rows = await visit.desk.db.read(accounts.logins_of, visit.account)
    named = {email: visit.mine("login/password", id_) for email, id_ in rows.items()}
    fields = NEW_LOGIN if visit.desk.open_registration else PROVED_LOGIN
    return answer(visit, {"fields": described(fields), "passwordLogins": named})


async def create_password(visit: Visit) -> web.Response:
    """A new way to sign in; in production the address is proved first (KLU-5)."""
    account, sent, desk = visit.account, await visit.sent(), visit.desk
    visit.require_fresh()
    if not desk.open_registration:
        return await _prove_first(visit, account, sent)
    email = accounts.read_email(sent.get("email"))
    password = check_new(text_in(sent, "password"), desk.shortest_password)
    await desk.db.read(accounts.require_free, email)
    secret, id_ = await desk.passwords.hash(password), accounts.new_id()
    await desk.db.write(None, _add_password, visit, id_, account, email, secret)
    return answer(visit, {"resource": visit.mine("login/password", id_)})


async def _add_password(
    tx: Tx, visit: Visit, id_: str, account: str, email: str, secret: str
) -> None:
    await accounts.add_login(tx, id_, account, email, secret, visit.desk.now())
    await _note(tx, visit, "password-added")


async def _prove_first(visit: Visit, account: str, sent: Mapping[str, Any]) -> web.Response:
    """First the address alone, then the code that was mailed there, with the password."""
    recovery = mailing(visit)
    if "recordId" not in sent:
        email = accounts.read_email(sent.get("email"))
        await ask_address(recovery, account, email, visit.caller)
        return answer(visit, {"email": email})
    password = check_new(text_in(sent, "password"), visit.desk.shortest_password)
    code = text_in(sent, "recordId")[:200]
    id_ = await add_address(recovery, account, code, password, visit.caller)
    return answer(visit, {"resource": visit.mine("login/password", id_)})


async def change_password(visit: Visit) -> web.Response:
    """Needs the old one; every other session of the account ends."""
    account, sent, desk = visit.account, await visit.sent(), visit.desk
    login = await desk.db.read(accounts.login_of, account, visit.resource)
    new = check_new(text_in(sent, "newPassword"), desk.shortest_password)
    desk.passwords.count_try(login.email, visit.address, desk.now())
    if not await desk.passwords.fits(text_in(sent, "oldPassword"), login.secret):
        raise Refused("The old password is wrong.")
    desk.passwords.forget_tries(login.email, visit.address)
    await desk.db.write(None, _change, visit, login, await desk.passwords.hash(new))
    return answer(visit, {})


async def _change(tx: Tx, visit: Visit, login: accounts.Login, secret: str) -> None:
    await accounts.change_secret(tx, login, secret)
    await close_others(tx, login.account, visit.value, visit.desk.now())
    await _note(tx, visit, "password-changed")


async def _note(tx: Tx, visit: Visit, kind: str) -> None:
    await events.note(tx, events.attempt(visit.account, kind, visit.address, visit.desk.now()))


async def delete_password(visit: Visit) -> web.Response:
    """Never the last way to sign in; every other session of the account ends."""
    account = visit.account
    visit.require_fresh()
    await visit.desk.db.write(None, _remove, visit, account, visit.resource)
    return answer(visit, {})


async def _remove(tx: Tx, visit: Visit, account: str, id_: str) -> None:
    # WI-2: noted first, so that the address that goes hears of it too.
    await _note(tx, visit, "password-removed")
    await accounts.remove_login(tx, account, id_)
    await close_others(tx, account, visit.value, visit.desk.now())
