# SPDX-License-Identifier: EUPL-1.2
"""The account API that tools for Community Solid Server 7 know (ACC-n), under /.account/."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from identity import accounts, cookies, credentials, pods, webids
from identity.cors import Cors
from identity.door import STATUS, Door, read_json
from identity.passwords import Passwords, check_new
from identity.sessions import (
    REMEMBERED_LIFE,
    Session,
    close_session,
    find_session,
    new_value,
    open_session,
    touch_session,
)
from identity.who import Who
from pod.database import Database, Tx
from pod.errors import Missing, NotSignedIn, PodError, Refused, Unreadable, WrongMethod
from pod.instant import SECOND, Now
from pod.iri import Iri

VERSION = "0.5"
# What the reference server calls its errors (ACC-5).
_NAMES = {
    400: "BadRequestHttpError",
    401: "UnauthorizedHttpError",
    403: "ForbiddenHttpError",
    404: "NotFoundHttpError",
    405: "MethodNotAllowedHttpError",
    409: "ConflictHttpError",
    413: "PayloadTooLargeHttpError",
    415: "UnsupportedMediaTypeHttpError",
    429: "TooManyRequestsHttpError",
    500: "InternalServerError",
}
Fields = Mapping[str, tuple[bool, str]]


@dataclass(frozen=True, slots=True)
class Desk:
    """What the account API works with."""

    db: Database
    base: Iri
    now: Now
    open_registration: bool
    passwords: Passwords


@dataclass(frozen=True, slots=True)
class Visit:
    """One call: who is signed in, the ids in the address, the JSON that was sent."""

    desk: Desk
    request: web.Request
    session: Session | None
    value: str | None

    @property
    def account(self) -> str:
        """The account of the session; another account's address is 404 (ACC-5)."""
        if self.session is None:
            raise NotSignedIn("Sign in first.")
        named = self.request.match_info.get("account")
        if named is not None and named != self.session.account:
            raise Missing("There is no such account.")
        return self.session.account

    @property
    def resource(self) -> str:
        return self.request.match_info["resource"]

    async def sent(self) -> dict[str, Any]:
        return await read_json(self.request)


Call = Callable[[Visit], Awaitable[web.Response]]


def routes(
    db: Database, door: Door, base: Iri, now: Now, open_registration: bool
) -> list[web.RouteDef]:
    """Every address of the table in account-api.md §3."""
    desk = Desk(db, base, now, open_registration, Passwords())
    account = "/.account/account/{account}"
    table: list[tuple[str, dict[str, Call]]] = [
        ("/.account/", {"GET": index}),
        ("/.account/login/", {"GET": list_logins}),
        ("/.account/account/", {"GET": describe({}), "POST": create_account}),
        ("/.account/login/password/", {"GET": describe(LOGIN), "POST": sign_in}),
        (f"{account}/logout/", {"GET": describe({}), "POST": sign_out}),
        (f"{account}/login/password/", {"GET": passwords, "POST": create_password}),
        (
            f"{account}/login/password/{{resource}}/",
            {"GET": describe(CHANGE), "POST": change_password, "DELETE": delete_password},
        ),
        (f"{account}/pod/", {"GET": list_pods, "POST": create_pod}),
        (f"{account}/pod/{{resource}}/", {"GET": show_pod, "POST": change_owner}),
        (f"{account}/webid/", {"GET": list_webids, "POST": link_webid}),
        (f"{account}/webid/{{resource}}/", {"GET": show_webid, "DELETE": unlink_webid}),
        (f"{account}/client-credentials/", {"GET": list_credentials, "POST": create_credential}),
        (
            f"{account}/client-credentials/{{resource}}/",
            {"GET": show_credential, "DELETE": delete_credential},
        ),
    ]
    return [
        web.route("*", path, door.open(_counter(desk, calls), Cors.NONE)) for path, calls in table
    ]


def _counter(desk: Desk, calls: Mapping[str, Call]) -> Callable[..., Awaitable[web.Response]]:
    async def counter(request: web.Request, who: Who) -> web.Response:
        try:
            visit = await _visit(desk, request)
            call = calls.get("GET" if request.method == "HEAD" else request.method)
            if call is None:
                raise WrongMethod(f"This address takes {', '.join(calls)}.")
            return await call(visit)
        except PodError as error:
            return _error(error, calls)

    return counter


def _error(error: PodError, calls: Mapping[str, Call]) -> web.Response:
    """ACC-5: the reference server's shape."""
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    body = {
        "name": _NAMES.get(status, "HttpError"),
        "message": error.detail,
        "statusCode": status,
        "errorCode": f"H{status}",
        "details": error.more,
    }
    headers = {"Cache-Control": "no-store", **error.headers}
    if status == 405:
        headers["Allow"] = ", ".join(calls)
    return web.Response(
        status=status, body=orjson.dumps(body), content_type="application/json", headers=headers
    )


async def _visit(desk: Desk, request: web.Request) -> Visit:
    value = _session_value(desk, request)
    if value is None:
        return Visit(desk, request, None, None)
    session = await desk.db.read(find_session, value, desk.now())
    if session is not None and session.remember:
        await desk.db.write(None, touch_session, session, desk.now())
    return Visit(desk, request, session, value)


def _session_value(desk: Desk, request: web.Request) -> str | None:
    """Decision 30: the header always, the cookie of scripts only from scripts, ours from our pages.

    T-12: a browser changes something only from a page of ours, and with JSON.
    """
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == cookies.SCRIPT_SCHEME and value:
        return value.strip()
    if not cookies.from_a_browser(request.headers):
        return request.cookies.get(cookies.SCRIPTS) or request.cookies.get(
            cookies.page_cookie(desk.base)
        )
    if not cookies.same_origin(request.headers, desk.base):
        return None
    if request.method not in ("GET", "HEAD") and request.content_type != "application/json":
        return None
    return request.cookies.get(cookies.page_cookie(desk.base))


def _answer(visit: Visit, data: Mapping[str, object], account: str | None = None) -> web.Response:
    """ACC-1: every answer carries controls and version."""
    signed_in = account or (visit.session.account if visit.session else None)
    body = {**data, "controls": controls(visit.desk.base, signed_in), "version": VERSION}
    return web.Response(
        body=orjson.dumps(body),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def controls(base: Iri, account: str | None) -> dict[str, dict[str, str]]:
    """Where what can be done; the account's own addresses only with a login."""
    root = f"{base}.account/"
    given = {
        "main": {"index": root, "logins": f"{root}login/"},
        "account": {"create": f"{root}account/"},
        "password": {"login": f"{root}login/password/"},
    }
    if account is not None:
        mine = f"{root}account/{account}/"
        given["account"] |= {
            "logout": f"{mine}logout/",
            "pod": f"{mine}pod/",
            "webId": f"{mine}webid/",
            "clientCredentials": f"{mine}client-credentials/",
        }
        given["password"]["create"] = f"{mine}login/password/"
    return given


def describe(fields: Fields) -> Call:
    """ACC-2: GET on an action tells what it takes."""

    async def described(visit: Visit) -> web.Response:
        return _answer(visit, {"fields": _fields(fields)})

    return described


def _fields(fields: Fields) -> dict[str, dict[str, object]]:
    return {name: {"required": need, "type": kind} for name, (need, kind) in fields.items()}


LOGIN: Fields = {
    "email": (True, "string"),
    "password": (True, "string"),
    "remember": (False, "boolean"),
}
NEW_LOGIN: Fields = {"email": (True, "string"), "password": (True, "string")}
CHANGE: Fields = {"oldPassword": (True, "string"), "newPassword": (True, "string")}
POD: Fields = {"name": (True, "string"), "settings": (False, "object")}
WEBID: Fields = {"webId": (True, "string")}
CREDENTIAL: Fields = {"name": (False, "string"), "webId": (True, "string")}


def _text(sent: Mapping[str, Any], name: str) -> str:
    value = sent.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"{name} is required and is a text.")
    return value


async def index(visit: Visit) -> web.Response:
    """The entrance; signed in it also tells what the account has (KLU-2)."""
    if visit.session is None:
        return _answer(visit, {})
    account = visit.session.account
    return _answer(visit, await visit.desk.db.read(_holdings, visit.desk.base, account))


async def _holdings(tx: Tx, base: Iri, account: str) -> dict[str, object]:
    mine = f"{base}.account/account/{account}/"

    def named(rows: Mapping[str, str], kind: str) -> dict[str, str]:
        return {key: f"{mine}{kind}/{id_}/" for key, id_ in rows.items()}

    return {
        "webIds": named(await webids.webids_of(tx, account), "webid"),
        "pods": named(await pods.pods_of(tx, account), "pod"),
        "clientCredentials": named(
            await credentials.credentials_of(tx, account), "client-credentials"
        ),
        "logins": {"password": named(await accounts.logins_of(tx, account), "login/password")},
    }


async def list_logins(visit: Visit) -> web.Response:
    """The ways to sign in."""
    where = f"{visit.desk.base}.account/login/password/"
    return _answer(visit, {"logins": {"Email/password combination": where}})


async def create_account(visit: Visit) -> web.Response:
    """ACC-11: open in development only."""
    if not visit.desk.open_registration:
        raise Refused("New accounts are not made here by scripts.")
    await visit.sent()
    account, value = accounts.new_id(), new_value()
    await visit.desk.db.write(None, _create_account, visit.desk, account, value)
    return _signed_in(visit, account, value, remember=False)


async def _create_account(tx: Tx, desk: Desk, account: str, value: str) -> None:
    await accounts.add_account(tx, account, desk.now())
    await open_session(tx, value, account, desk.now())


def _signed_in(visit: Visit, account: str, value: str, *, remember: bool) -> web.Response:
    """ACC-3: the value in the body and as a cookie, under the name for this kind of caller."""
    browser = cookies.from_a_browser(visit.request.headers)
    name = cookies.page_cookie(visit.desk.base) if browser else cookies.SCRIPTS
    seconds = REMEMBERED_LIFE // SECOND if remember else None
    secure = browser and visit.desk.base.startswith("https:")
    given = {} if browser else {"authorization": value}
    response = _answer(visit, given, account)
    response.headers["Set-Cookie"] = cookies.set_cookie(name, value, secure=secure, seconds=seconds)
    return response


async def sign_in(visit: Visit) -> web.Response:
    """403 for a wrong password and for an unknown address alike (T-27)."""
    if cookies.from_a_browser(visit.request.headers):
        _require_our_page(visit)
    sent = await visit.sent()
    email, password = _text(sent, "email").lower(), _text(sent, "password")
    desk, address = visit.desk, visit.request.remote or ""
    desk.passwords.count_try(email, address, desk.now())
    login = await desk.db.read(accounts.find_login, email)
    if not await desk.passwords.fits(password, login.secret if login else None) or login is None:
        raise Refused("Invalid email/password combination.")
    desk.passwords.forget_tries(email, address)
    value, remember = new_value(), sent.get("remember") is True
    await desk.db.write(None, _open, desk, value, login.account, remember)
    return _signed_in(visit, login.account, value, remember=remember)


def _require_our_page(visit: Visit) -> None:
    # T-12: login CSRF would sign a victim in as somebody else.
    if not cookies.same_origin(visit.request.headers, visit.desk.base):
        raise Refused("Sign in from a page of this server.")


async def _open(tx: Tx, desk: Desk, value: str, account: str, remember: bool) -> None:
    await open_session(tx, value, account, desk.now(), remember=remember, signed_in=True)


async def sign_out(visit: Visit) -> web.Response:
    """The session ends, and the cookie with it."""
    _ = visit.account
    if visit.value is not None:
        await visit.desk.db.write(None, close_session, visit.value)
    response = _answer(visit, {})
    for name in (cookies.SCRIPTS, cookies.page_cookie(visit.desk.base)):
        response.headers.add(
            "Set-Cookie", cookies.set_cookie(name, "", secure="Host" in name, seconds=0)
        )
    return response


def _mine(visit: Visit, kind: str, id_: str) -> str:
    return f"{visit.desk.base}.account/account/{visit.account}/{kind}/{id_}/"


async def passwords(visit: Visit) -> web.Response:
    """The password logins of the account."""
    rows = await visit.desk.db.read(accounts.logins_of, visit.account)
    named = {email: _mine(visit, "login/password", id_) for email, id_ in rows.items()}
    return _answer(visit, {"fields": _fields(NEW_LOGIN), "passwordLogins": named})


async def create_password(visit: Visit) -> web.Response:
    """A new way to sign in."""
    account, sent = visit.account, await visit.sent()
    email = accounts.read_email(sent.get("email"))
    secret = await visit.desk.passwords.hash(check_new(_text(sent, "password")))
    id_ = accounts.new_id()
    await visit.desk.db.write(
        None, accounts.add_login, id_, account, email, secret, visit.desk.now()
    )
    return _answer(visit, {"resource": _mine(visit, "login/password", id_)})


async def change_password(visit: Visit) -> web.Response:
    """Needs the old one."""
    account, sent = visit.account, await visit.sent()
    login = await visit.desk.db.read(accounts.login_of, account, visit.resource)
    address = visit.request.remote or ""
    visit.desk.passwords.count_try(login.email, address, visit.desk.now())
    if not await visit.desk.passwords.fits(_text(sent, "oldPassword"), login.secret):
        raise Refused("The old password is wrong.")
    secret = await visit.desk.passwords.hash(check_new(_text(sent, "newPassword")))
    await visit.desk.db.write(None, accounts.change_secret, login.id, secret)
    return _answer(visit, {})


async def delete_password(visit: Visit) -> web.Response:
    """Never the last way to sign in."""
    await visit.desk.db.write(None, accounts.remove_login, visit.account, visit.resource)
    return _answer(visit, {})


async def list_pods(visit: Visit) -> web.Response:
    """The pods of the account."""
    rows = await visit.desk.db.read(pods.pods_of, visit.account)
    named = {pod: _mine(visit, "pod", id_) for pod, id_ in rows.items()}
    return _answer(visit, {"fields": _fields(POD), "pods": named})


async def create_pod(visit: Visit) -> web.Response:
    """A pod with profile and inbox; its own WebID is linked at once."""
    account, sent = visit.account, await visit.sent()
    pod = pods.plan_pod(visit.desk.base, sent.get("name"), sent.get("settings"))
    id_, link_id = accounts.new_id(), accounts.new_id()
    await visit.desk.db.write(pod.root, _create_pod, visit.desk, account, id_, link_id, pod)
    made: dict[str, object] = {"pod": pod.root, "podResource": _mine(visit, "pod", id_)}
    made["webId"] = pod.webid
    if pod.own_webid:
        made["webIdResource"] = _mine(visit, "webid", link_id)
    return _answer(visit, made)


async def _create_pod(
    tx: Tx, desk: Desk, account: str, id_: str, link_id: str, pod: pods.NewPod
) -> None:
    await accounts.require_login(tx, account)
    await pods.create_pod(tx, desk.base, account, id_, pod, desk.now())
    if pod.own_webid:
        await webids.link(tx, link_id, account, pod.webid, "own", desk.now())


async def show_pod(visit: Visit) -> web.Response:
    """Who owns it."""
    pod, owners = await visit.desk.db.read(pods.owners_of, visit.account, visit.resource)
    listed = [{"webId": webid, "visible": visible} for webid, visible in owners]
    return _answer(visit, {"baseUrl": pod, "owners": listed})


async def change_owner(visit: Visit) -> web.Response:
    """Add, show or remove an owner."""
    sent = await visit.sent()
    await visit.desk.db.write(None, _change_owner, visit.account, visit.resource, sent)
    return _answer(visit, {})


async def _change_owner(tx: Tx, account: str, id_: str, sent: Mapping[str, Any]) -> None:
    pod, _ = await pods.owners_of(tx, account, id_)
    webid = _text(sent, "webId")
    if sent.get("remove") is True:
        await pods.remove_owner(tx, pod, webid)
    else:
        await pods.set_owner(tx, pod, webid, visible=sent.get("visible") is True)


async def list_webids(visit: Visit) -> web.Response:
    """The WebIDs that the account may sign in with."""
    rows = await visit.desk.db.read(webids.webids_of, visit.account)
    named = {uri: _mine(visit, "webid", id_) for uri, id_ in rows.items()}
    return _answer(visit, {"fields": _fields(WEBID), "webIdLinks": named})


async def link_webid(visit: Visit) -> web.Response:
    """OP-22: a WebID of one's own pod links at once; one from elsewhere needs a proof."""
    account, webid = visit.account, _text(await visit.sent(), "webId")
    id_ = accounts.new_id()
    await visit.desk.db.write(None, _link_own, visit.desk, account, webid, id_)
    made = {"resource": _mine(visit, "webid", id_), "webId": webid, "oidcIssuer": visit.desk.base}
    return _answer(visit, made)


async def _link_own(tx: Tx, desk: Desk, account: str, webid: str, id_: str) -> None:
    await accounts.require_login(tx, account)
    own = {f"{pod}profile/card#me" for pod in await pods.pods_of(tx, account)}
    if webid not in own:
        raise Unreadable("Only WebIDs of your own pods can be linked yet.")
    if webid in await webids.webids_of(tx, account):
        raise Unreadable("This WebID is already linked to your account.")
    await webids.link(tx, id_, account, webid, "own", desk.now())


async def show_webid(visit: Visit) -> web.Response:
    """One link."""
    rows = await visit.desk.db.read(webids.webids_of, visit.account)
    webid = next((uri for uri, id_ in rows.items() if id_ == visit.resource), None)
    if webid is None:
        raise Missing("There is no such link.")
    return _answer(visit, {"webId": webid})


async def unlink_webid(visit: Visit) -> web.Response:
    """Its tokens end with it."""
    await visit.desk.db.write(None, webids.unlink, visit.account, visit.resource)
    return _answer(visit, {})


async def list_credentials(visit: Visit) -> web.Response:
    """The credentials, without their secrets."""
    rows = await visit.desk.db.read(credentials.credentials_of, visit.account)
    named = {id_: _mine(visit, "client-credentials", r) for id_, r in rows.items()}
    return _answer(visit, {"fields": _fields(CREDENTIAL), "clientCredentials": named})


async def create_credential(visit: Visit) -> web.Response:
    """The secret is shown this once."""
    account, sent = visit.account, await visit.sent()
    webid, label = _text(sent, "webId"), sent.get("name") or ""
    if not isinstance(label, str):
        raise Unreadable("name is a text.")
    new = credentials.new_credential(label)
    await visit.desk.db.write(None, _add_credential, visit.desk, new, account, webid, label)
    where = _mine(visit, "client-credentials", new.resource)
    return _answer(visit, {"id": new.id, "secret": new.secret, "resource": where})


async def _add_credential(
    tx: Tx, desk: Desk, new: credentials.NewCredential, account: str, webid: str, label: str
) -> None:
    await accounts.require_login(tx, account)
    await credentials.add_credential(tx, new, account, webid, label, desk.now())


async def show_credential(visit: Visit) -> web.Response:
    """One credential, without its secret."""
    found = await visit.desk.db.read(credentials.credential_of, visit.account, visit.resource)
    return _answer(visit, {"id": found.id, "webId": found.webid})


async def delete_credential(visit: Visit) -> web.Response:
    """Its tokens are refused from the next request on."""
    now = visit.desk.now()
    await visit.desk.db.write(
        None, credentials.remove_credential, visit.account, visit.resource, now
    )
    return _answer(visit, {})
