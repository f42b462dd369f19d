# SPDX-License-Identifier: EUPL-1.2
"""The account API that tools for Community Solid Server 7 know (ACC-n), under /.account/."""

from aiohttp import web

from identity import holding_routes as holding
from identity import login_routes as login
from identity.controls import CHANGE, Fields, described
from identity.cors import Cors
from identity.desk_routes import Call, Desk, Visit, answer, at_desk, refusal
from identity.door import Door
from identity.passwords import Passwords
from identity.who import Who
from pod.database import Database
from pod.errors import Missing
from pod.instant import Now
from pod.iri import Iri


def routes(
    db: Database,
    door: Door,
    base: Iri,
    now: Now,
    open_registration: bool,
    passwords: Passwords | None = None,
) -> list[web.RouteDef]:
    """Every address of the account API; no CORS (ACC-7).

    `passwords` shared with the pages makes both count tries together.
    """
    desk = Desk(db, base, now, open_registration, passwords or Passwords())
    table = {**_without_account(), **_of_account()}
    listed = [
        web.route("*", f"/.account/{path}", door.open(at_desk(desk, calls), Cors.NONE))
        for path, calls in table.items()
    ]
    return [*listed, web.route("*", "/.account/{rest:.*}", door.open(nothing, Cors.NONE))]


def _without_account() -> dict[str, dict[str, Call]]:
    return {
        "": {"GET": index},
        "login/": {"GET": login.list_logins},
        "account/": {"GET": describe({}), "POST": login.create_account},
        "login/password/": {"GET": login.sign_in_form, "POST": login.sign_in},
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


async def index(visit: Visit) -> web.Response:
    """The entrance; signed in it also tells what the account has (KLU-2)."""
    if visit.session is None:
        return answer(visit, {})
    account = visit.session.account
    return answer(visit, await visit.desk.db.read(holding.holdings, visit.desk.base, account))
