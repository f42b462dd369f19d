# SPDX-License-Identifier: EUPL-1.2
"""The account API that tools for Community Solid Server 7 know (ACC-n), under /.account/."""

from collections.abc import Mapping

from aiohttp import web

from identity.account_api import holding_routes as holding
from identity.account_api import login_routes as login
from identity.account_api import newcomer_routes as newcomer
from identity.account_api import organisation_routes as organisation
from identity.account_api import session_routes as lists
from identity.account_api.controls import CHANGE, FORGOT, RESET, Fields, described
from identity.account_api.desk_routes import Call, Desk, Visit, answer, at_desk, refusal
from identity.account_api.export_routes import export
from identity.account_api.openapi import document_of
from identity.accounts.leaving import Farewell, nobody_waits
from identity.accounts.recovery import Recovery
from identity.cors import Cors
from identity.door import Door
from identity.letters.mail import Mailbox
from identity.outward.fetched import Fetch
from identity.sign_in.passwords import Passwords
from identity.upstream.providers import Provider
from identity.who import Who
from pod.database import Database
from pod.errors import Missing
from pod.files import Files
from pod.instant import Now
from pod.iri import Iri


def routes(
    db: Database,
    door: Door,
    base: Iri,
    now: Now,
    open_registration: bool,
    passwords: Passwords | None = None,
    *,
    mailbox: Mailbox | None = None,
    fetch: Fetch | None = None,
    providers: tuple[Provider, ...] = (),
    farewell: Farewell = nobody_waits,
    files: Files | None = None,
    registers: bool = False,
) -> list[web.RouteDef]:
    """Every address of the account API; no CORS (ACC-7).

    `passwords` shared with the pages makes both count tries together.
    """
    checked = passwords or Passwords()
    recovery = Recovery(db, base, now, checked, mailbox) if mailbox is not None else None
    desk = Desk(
        db,
        base,
        now,
        open_registration,
        checked,
        recovery,
        fetch,
        providers,
        farewell,
        files,
        registers,
    )
    table = calls_by_path()
    table["openapi.json"] = {"GET": published(document_of(base, table))}
    listed = [
        web.route("*", f"/.account/{path}", door.open(at_desk(desk, calls), Cors.NONE))
        for path, calls in table.items()
    ]
    return [*listed, web.route("*", "/.account/{rest:.*}", door.open(nothing, Cors.NONE))]


def calls_by_path() -> dict[str, dict[str, Call]]:
    """Each address below /.account/ and what it does."""
    return {**_without_account(), **_of_account(), **_added()}


def _added() -> dict[str, dict[str, Call]]:
    """KLU-1: what the reference server does not have."""
    mine = "account/{account}/"
    return {
        f"{mine}sessions/": {"GET": lists.list_sessions},
        f"{mine}sessions/{{resource}}/": {"DELETE": lists.end_one_session},
        f"{mine}apps/": {"GET": lists.list_apps},
        f"{mine}apps/{{resource}}/": {"DELETE": lists.end_one_app},
        f"{mine}events/": {"GET": lists.list_events},
        f"{mine}export/": {"GET": export},
        f"{mine}delete/": {
            "GET": lists.show_leaving,
            "POST": lists.leave,
            "DELETE": lists.stay,
        },
        f"{mine}organisations/": {"GET": organisation.list_mine},
        f"{mine}organisation/": {"GET": organisation.show},
        f"{mine}staff/": {"GET": organisation.list_staff, "POST": organisation.put_colleague},
        f"{mine}staff/{{resource}}/": {"DELETE": organisation.remove_colleague},
    }


def _without_account() -> dict[str, dict[str, Call]]:
    return {
        "": {"GET": index},
        "login/": {"GET": login.list_logins},
        "account/": {"GET": describe({}), "POST": login.create_account},
        "register/": {"GET": newcomer.show_register, "POST": newcomer.register},
        "register/confirm/": {"GET": newcomer.show_confirm, "POST": newcomer.confirm},
        "login/password/": {"GET": login.sign_in_form, "POST": login.sign_in},
        "login/password/forgot/": {"GET": describe(FORGOT), "POST": lists.forgot},
        "login/password/reset/": {"GET": describe(RESET), "POST": lists.reset_password},
    }


def _of_account() -> dict[str, dict[str, Call]]:
    mine = "account/{account}/"
    return {
        f"{mine}logout/": {"GET": describe({}), "POST": login.sign_out},
        f"{mine}login/password/": {"GET": login.list_passwords, "POST": login.create_password},
        f"{mine}login/password/{{resource}}/": {
            "GET": describe(CHANGE),
            "POST": login.change_password,
            "DELETE": login.delete_password,
        },
        f"{mine}pod/": {"GET": holding.list_pods, "POST": holding.create_pod},
        f"{mine}pod/{{resource}}/": {"GET": holding.show_pod, "POST": holding.change_owner},
        f"{mine}webid/": {"GET": holding.list_webids, "POST": holding.link_webid},
        f"{mine}webid/{{resource}}/": {"GET": holding.show_webid, "DELETE": holding.unlink_webid},
        f"{mine}client-credentials/": {
            "GET": holding.list_credentials,
            "POST": holding.create_credential,
        },
        f"{mine}client-credentials/{{resource}}/": {
            "GET": holding.show_credential,
            "DELETE": holding.delete_credential,
        },
    }


async def nothing(request: web.Request, who: Who) -> web.Response:
    """ACC-5, also for what does not exist."""
    return refusal(Missing("There is nothing at this address."))


def describe(fields: Fields) -> Call:
    """ACC-2: GET on an action tells what it takes."""

    async def describing(visit: Visit) -> web.Response:
        if "account" in visit.request.match_info:
            _ = visit.account  # ACC-5: another account's addresses are not there
        return answer(visit, {"fields": described(fields)})

    return describing


def published(document: Mapping[str, object]) -> Call:
    """KLU-1: what is described for machines is what is served."""

    async def show(visit: Visit) -> web.Response:
        return answer(visit, document)

    return show


async def index(visit: Visit) -> web.Response:
    """The entrance; signed in it also tells what the account has (KLU-2)."""
    if visit.session is None:
        return answer(visit, {})
    account = visit.session.account
    return answer(visit, await visit.desk.db.read(holding.holdings, visit.desk.base, account))
