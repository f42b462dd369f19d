# SPDX-License-Identifier: EUPL-1.2
"""Sessions, apps and what happened, over HTTP (KLU-6); and the way back in by mail."""

from aiohttp import web

from identity.account_api.controls import text_in
from identity.account_api.desk_routes import Visit, answer, mailing
from identity.accounts import accounts, events, leaving, recovery
from identity.accounts.sessions import end_session, sessions_of
from identity.provider import apps
from identity.sign_in.passwords import check_new
from pod.database import Tx
from pod.instant import Instant, text_of

PAGE = 100


async def list_sessions(visit: Visit) -> web.Response:
    """Where the account is signed in."""
    rows = await visit.desk.db.read(sessions_of, visit.account, visit.desk.now())
    here = None if visit.session is None else visit.session.id
    listed = [
        {
            "resource": visit.mine("sessions", row.id),
            "current": row.id == here,
            "created": text_of(row.created),
            "lastUsed": text_of(row.used),
            "expires": text_of(row.expires),
            "userAgent": row.agent,
            "acr": row.acr,
        }
        for row in rows
    ]
    return answer(visit, {"sessions": listed})


async def end_one_session(visit: Visit) -> web.Response:
    """It ends on every worker, and what apps got in it with it."""
    await visit.desk.db.write(None, _end_session, visit)
    return answer(visit, {})


async def _end_session(tx: Tx, visit: Visit) -> None:
    await end_session(tx, visit.account, visit.resource, visit.desk.now())
    await _note(tx, visit, "session-ended")


async def _note(tx: Tx, visit: Visit, kind: str) -> None:
    await events.note(tx, events.attempt(visit.account, kind, visit.address, visit.desk.now()))


async def list_apps(visit: Visit) -> web.Response:
    """The apps that may act for a WebID of the account (OP-24)."""
    rows = await visit.desk.db.read(apps.apps_of, visit.account, visit.desk.now())
    listed = [
        {
            "resource": visit.mine("apps", app.id),
            "client": app.client,
            "name": app.name,
            "host": app.host,
            "webId": app.webid,
            "scopes": sorted(app.scopes),
            "offline": app.offline,
            "remembered": app.remembered,
            "created": text_of(app.created),
            "lastUsed": _written(app.used),
        }
        for app in rows
    ]
    return answer(visit, {"apps": listed})


def _written(moment: Instant | None) -> str | None:
    return None if moment is None else text_of(moment)


async def end_one_app(visit: Visit) -> web.Response:
    """Its tokens are refused from the next request on."""
    await visit.desk.db.write(None, _end_app, visit)
    return answer(visit, {})


async def _end_app(tx: Tx, visit: Visit) -> None:
    await apps.end_app(tx, visit.account, visit.resource, visit.desk.now())
    await _note(tx, visit, "app-ended")


async def list_events(visit: Visit) -> web.Response:
    """What happened to the account, newest first; `?before=` the last id goes on."""
    before = visit.request.query.get("before", "")[:64]
    rows = await visit.desk.db.read(events.events_of, visit.account, PAGE, before)
    listed = [
        {
            "id": row.id,
            "time": text_of(row.time),
            "kind": row.kind,
            "detail": {name: text for name, text in row.detail.items() if name != "mark"},
        }
        for row in rows
    ]
    return answer(visit, {"events": listed})


async def forgot(visit: Visit) -> web.Response:
    """Mails a code where the address is known; the answer is the same either way."""
    given = accounts.read_email((await visit.sent()).get("email"))
    await recovery.ask_reset(mailing(visit), given, visit.address, visit.language)
    return answer(visit, {"email": given})


async def reset_password(visit: Visit) -> web.Response:
    """A new password with a mailed code, which works once."""
    sent = await visit.sent()
    password = check_new(text_in(sent, "password"), visit.desk.shortest_password)
    code = text_in(sent, "recordId")[:200]
    await recovery.reset(mailing(visit), code, password, visit.address, visit.language)
    return answer(visit, {})


async def show_leaving(visit: Visit) -> web.Response:
    """When the account goes for good, if that was asked for."""
    return answer(visit, {"leaves": _written(await _leaves(visit))})


async def _leaves(visit: Visit) -> Instant | None:
    return await visit.desk.db.read(leaving.leaves_at, visit.account)


async def leave(visit: Visit) -> web.Response:
    """KLU-9: what others may read ends now, the account and its pods after thirty days."""
    account = visit.account
    visit.require_fresh()
    await visit.sent()
    await visit.desk.db.write(None, _leave, visit, account)
    return answer(visit, {"leaves": _written(await _leaves(visit))})


async def _leave(tx: Tx, visit: Visit, account: str) -> None:
    now, farewell = visit.desk.now(), visit.desk.farewell
    await leaving.ask_to_leave(tx, account, visit.value, farewell, now)
    await _note(tx, visit, "leaving")


async def stay(visit: Visit) -> web.Response:
    """Within those thirty days she may think better of it; what ended stays ended."""
    await visit.desk.db.write(None, _stay, visit, visit.account)
    return answer(visit, {})


async def _stay(tx: Tx, visit: Visit, account: str) -> None:
    await leaving.stay(tx, account)
    await _note(tx, visit, "staying")
