# SPDX-License-Identifier: EUPL-1.2
"""An app's question answered by scripts, as the reference server's account API does (.account/)."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict

from aiohttp import web

from identity.account_api.controls import described, flag_in, text_in
from identity.account_api.desk_routes import Call, Desk, Visit, answer, at_desk
from identity.accounts.webids import webids_of
from identity.cors import Cors
from identity.door import Door
from identity.outward.fetched import Fetch
from identity.provider.apps import end_client
from identity.provider.authorize_routes import app_cookie
from identity.provider.interactions import (
    Decision,
    Interaction,
    latest_interaction,
    needs_sign_in,
    note,
    refuse,
)
from identity.sign_in.passwords import Passwords
from pod import clock
from pod.database import Database, Tx
from pod.errors import NotSignedIn, Unreadable
from pod.instant import Instant, Now
from pod.iri import Iri

NONE_RUNS = "This action can only be performed as part of an OIDC authentication flow."
PICK = {"webId": (True, "string"), "remember": (False, "boolean")}
CONSENT = {"remember": (False, "boolean")}
Step = Callable[[Visit, Interaction], Awaitable[web.Response]]


def routes(
    db: Database,
    door: Door,
    base: Iri,
    now: Now,
    fetch: Fetch,
    open_registration: bool,
    passwords: Passwords,
) -> list[web.RouteDef]:
    """They come before those of the account API, which answers for all the rest."""
    desk = Desk(db, base, now, open_registration, passwords)
    table: dict[str, dict[str, Step]] = {
        "prompt": {"GET": prompt},
        "pick-webid": {"GET": webids, "POST": pick},
        "forget-webid": {"POST": forget},
        "consent": {"GET": asked, "POST": consent},
        "cancel": {"POST": cancel},
    }
    return [
        web.route(
            "*",
            f"/.account/oidc/{path}/",
            door.open(
                at_desk(desk, {method: _within(fetch, step) for method, step in steps.items()}),
                Cors.NONE,
            ),
        )
        for path, steps in table.items()
    ]


def _within(fetch: Fetch, step: Step) -> Call:
    async def call(visit: Visit) -> web.Response:
        browser = visit.request.cookies.get(app_cookie(visit.desk.base), "")
        found = await latest_interaction(visit.desk.db, fetch, browser, visit.desk.now)
        if found is None:
            raise Unreadable(NONE_RUNS)
        return await step(visit, found)

    return call


async def prompt(visit: Visit, found: Interaction) -> web.Response:
    """What comes next, and where."""
    root = f"{visit.desk.base}.account/"
    moment = await visit.desk.db.read(_moment, visit.desk.now())
    if needs_sign_in(found, visit.session, moment):
        return answer(visit, {"location": root, "prompt": "account"})
    if found.picked is None:
        return answer(visit, {"location": f"{root}oidc/pick-webid/", "prompt": "login"})
    return answer(visit, {"location": f"{root}oidc/consent/", "prompt": "consent"})


async def _moment(tx: Tx, now: Instant) -> Instant:
    return await clock.instant(tx, now)


async def webids(visit: Visit, found: Interaction) -> web.Response:
    """Which there are to choose from (OP-21)."""
    linked = await visit.desk.db.read(webids_of, visit.account)
    return answer(visit, {"fields": described(PICK), "webIds": list(linked)})


async def pick(visit: Visit, found: Interaction) -> web.Response:
    """Only a WebID that is linked to the account (OP-22)."""
    sent = await visit.sent()
    webid, _ = text_in(sent, "webId"), flag_in(sent, "remember")
    if webid not in await visit.desk.db.read(webids_of, visit.account):
        raise Unreadable("This WebID is not linked to your account.")
    await note(visit.desk.db, found, picked=webid, decision=None)
    return _onward(visit, found)


async def forget(visit: Visit, found: Interaction) -> web.Response:
    """OP-21: choosing anew also ends what the app had with the old choice."""
    desk = visit.desk
    await desk.db.write(None, end_client, visit.account, found.client.id, desk.now())
    await note(desk.db, found, picked=None, decision=None)
    return _onward(visit, found)


async def asked(visit: Visit, found: Interaction) -> web.Response:
    """Who asks, and for which WebID."""
    _ = visit.account
    client = asdict(found.client)
    shown = {
        "client_id": client["id"],
        "client_name": client["name"],
        "redirect_uris": list(client["redirect_uris"]),
        "verified": client["verified"],
    }
    more = {} if found.picked is None else {"webId": found.picked}
    return answer(visit, {"fields": described(CONSENT), "client": shown, **more})


async def consent(visit: Visit, found: Interaction) -> web.Response:
    """Yes; `remember` false means that the app gets no refresh token."""
    account, session = visit.account, visit.session
    if session is None:
        raise NotSignedIn("Sign in first.")
    remember = flag_in(await visit.sent(), "remember")
    if found.picked is None:
        raise Unreadable("Choose a WebID first.")
    decision = Decision(account, found.picked, remember, remember, session.hash)
    await note(visit.desk.db, found, picked=found.picked, decision=decision)
    return _onward(visit, found)


async def cancel(visit: Visit, found: Interaction) -> web.Response:
    """No: the app gets `access_denied`."""
    address = await refuse(visit.desk.db, found, visit.desk.now)
    return answer(visit, {"location": address})


def _onward(visit: Visit, found: Interaction) -> web.Response:
    return answer(visit, {"location": f"{visit.desk.base}.oidc/auth/{found.id}"})
