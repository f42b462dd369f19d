# SPDX-License-Identifier: EUPL-1.2
"""Accounts and their passwords, over HTTP: create, sign in, change, sign out (ACC-3, ACC-11)."""

from aiohttp import web

from identity import accounts, cookies
from identity.controls import LOGIN, NEW_LOGIN, described, flag_in, text_in
from identity.desk_routes import Visit, answer, set_session
from identity.passwords import check_new
from identity.sessions import (
    REMEMBERED_LIFE,
    close_others,
    close_session,
    new_value,
    open_session,
)
from pod import clock
from pod.database import Tx
from pod.errors import Refused
from pod.instant import SECOND


async def list_logins(visit: Visit) -> web.Response:
    """The ways to sign in."""
    where = f"{visit.desk.base}.account/login/password/"
    return answer(visit, {"logins": {"Email/password combination": where}})


async def create_account(visit: Visit) -> web.Response:
    """ACC-11: open in development only."""
    if not visit.desk.open_registration:
        raise Refused("Accounts are not made by scripts here; ask who runs this server.")
    await visit.sent()
    account, value = accounts.new_id(), new_value()
    await visit.desk.db.write(None, _create_account, visit, account, value)
    return _signed_in(visit, account, value, remember=False)


async def _create_account(tx: Tx, visit: Visit, account: str, value: str) -> None:
    now = visit.desk.now()
    moment = await clock.instant(tx, now)
    await accounts.drop_empty_accounts(tx, moment)
    await accounts.add_account(tx, account, moment)
    await open_session(tx, value, account, now, agent=_agent(visit))


def _agent(visit: Visit) -> str:
    return visit.request.headers.get("User-Agent", "")


def _signed_in(visit: Visit, account: str, value: str, *, remember: bool) -> web.Response:
    """ACC-3: the value as a cookie, and for scripts in the body too."""
    browser = cookies.from_a_browser(visit.request.headers)
    # A page has no use for the value itself: its cookie is HttpOnly on purpose.
    response = answer(visit, {} if browser else {"authorization": value}, account)
    set_session(visit, response, value, REMEMBERED_LIFE // SECOND if remember else None)
    return response


async def sign_in_form(visit: Visit) -> web.Response:
    """ACC-2."""
    return answer(visit, {"fields": described(LOGIN)})


async def sign_in(visit: Visit) -> web.Response:
    """403 for a wrong password and for an unknown address alike (T-27)."""
    sent = await visit.sent()
    email, password = text_in(sent, "email").lower()[:320], text_in(sent, "password")
    remember, desk = flag_in(sent, "remember"), visit.desk
    desk.passwords.count_try(email, visit.address, desk.now())
    login = await desk.db.read(accounts.find_login, email)
    if not await desk.passwords.fits(password, login.secret if login else None) or login is None:
        raise Refused("Invalid email/password combination.")
    desk.passwords.forget_tries(email, visit.address)
    value = new_value()
    await desk.db.write(None, _open, visit, value, login.account, remember)
    return _signed_in(visit, login.account, value, remember=remember)


async def _open(tx: Tx, visit: Visit, value: str, account: str, remember: bool) -> None:
    # T-28: a new value at each sign-in, and the old one ends.
    if visit.value is not None:
        await close_session(tx, visit.value)
    now, agent = visit.desk.now(), _agent(visit)
    await open_session(tx, value, account, now, remember=remember, signed_in=True, agent=agent)


async def sign_out(visit: Visit) -> web.Response:
    """The session ends on every worker, and the cookie with it."""
    _ = visit.account
    if visit.value is not None:
        await visit.desk.db.write(None, close_session, visit.value)
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
    return answer(visit, {"fields": described(NEW_LOGIN), "passwordLogins": named})


async def create_password(visit: Visit) -> web.Response:
    """A new way to sign in."""
    account, sent, desk = visit.account, await visit.sent(), visit.desk
    email = accounts.read_email(sent.get("email"))
    password = check_new(text_in(sent, "password"), desk.shortest_password)
    await desk.db.read(accounts.require_free, email)
    secret, id_ = await desk.passwords.hash(password), accounts.new_id()
    await desk.db.write(None, accounts.add_login, id_, account, email, secret, desk.now())
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
    await desk.db.write(None, _change, login, await desk.passwords.hash(new), visit.value)
    return answer(visit, {})


async def _change(tx: Tx, login: accounts.Login, secret: str, value: str | None) -> None:
    await accounts.change_secret(tx, login, secret)
    await close_others(tx, login.account, value)


async def delete_password(visit: Visit) -> web.Response:
    """Never the last way to sign in; every other session of the account ends."""
    await visit.desk.db.write(None, _remove, visit.account, visit.resource, visit.value)
    return answer(visit, {})


async def _remove(tx: Tx, account: str, id_: str, value: str | None) -> None:
    await accounts.remove_login(tx, account, id_)
    await close_others(tx, account, value)
