# SPDX-License-Identifier: EUPL-1.2
"""KLU-11 over HTTP: an organisation's verified name, and the people who act for it."""

from aiohttp import web

from identity.account_api.controls import STAFF, described
from identity.account_api.desk_routes import Visit, answer
from identity.accounts import events, organisations
from identity.accounts.pods import read_webid
from pod.database import Tx
from pod.instant import text_of


async def list_mine(visit: Visit) -> web.Response:
    """The organisations that she acts for; each has the addresses of an account."""
    rows = await visit.desk.db.read(organisations.organisations_of, visit.account)
    root = f"{visit.desk.base}.account/account/"
    listed = [{"account": f"{root}{id_}/", "role": role} for id_, role in rows.items()]
    return answer(visit, {"organisations": listed})


async def show(visit: Visit) -> web.Response:
    """Its name and number, as the operator verified them."""
    found = await visit.desk.db.read(organisations.find_organisation, visit.account)
    verified = None if found.verified is None else text_of(found.verified)
    return answer(visit, {"name": found.name, "kbo": found.code, "verified": verified})


async def list_staff(visit: Visit) -> web.Response:
    """Who acts for it, and how."""
    await visit.desk.db.read(organisations.find_organisation, visit.account)
    rows = await visit.desk.db.read(organisations.staff_of, visit.account)
    listed = [
        {"resource": visit.mine("staff", r.account), "role": r.role, "webIds": list(r.webids)}
        for r in rows
    ]
    return answer(visit, {"fields": described(STAFF), "staff": listed})


async def put_colleague(visit: Visit) -> web.Response:
    """Add somebody by her WebID, or give her another role."""
    account, sent = visit.account, await visit.sent()
    visit.require_fresh()
    webid = read_webid(sent.get("webId"))
    role = organisations.read_role(sent.get("role"))
    colleague = await visit.desk.db.write(None, _put, visit, account, webid, role)
    return answer(visit, {"resource": visit.mine("staff", colleague)})


async def _put(tx: Tx, visit: Visit, account: str, webid: str, role: str) -> str:
    await organisations.find_organisation(tx, account)
    colleague = await organisations.put_staff(tx, account, webid, role, visit.desk.now())
    await _note(tx, visit, "staff-put", webid=webid, role=role)
    return colleague


async def remove_colleague(visit: Visit) -> web.Response:
    """From the next request on she acts for it no longer."""
    await visit.desk.db.write(None, _remove, visit)
    return answer(visit, {})


async def _remove(tx: Tx, visit: Visit) -> None:
    await organisations.find_organisation(tx, visit.account)
    await organisations.remove_staff(tx, visit.account, visit.resource)
    await _note(tx, visit, "staff-removed", staff=visit.resource)


async def _note(tx: Tx, visit: Visit, kind: str, **more: str) -> None:
    by = "" if visit.session is None else visit.session.account
    now = visit.desk.now()
    event = events.attempt(visit.account, kind, visit.address, now, by=by, **more)
    await events.note(tx, event)
