# SPDX-License-Identifier: EUPL-1.2
"""An app asks to sign somebody in: sign in, choose a WebID, allow or refuse (OP-21, OP-23)."""

from dataclasses import dataclass

from consent.house import House
from dashboard.door_policy import may_name
from dashboard.first_pod import to_first_pod
from dashboard.fittings import Fittings
from dashboard.foreign import form_action_of, host_of, plain_name
from dashboard.visit import CONSENT, FROM_APPS, Away, Page, Reader, Shown, Visit
from identity.accounts.sessions import Session, find_session, hash_of
from identity.provider.interactions import (
    Interaction,
    allow,
    find_interaction,
    needs_sign_in,
    refuse,
)
from pod import clock
from pod.database import Tx
from pod.errors import Gone, NotSignedIn, PodError, Unavailable
from pod.instant import Instant


@dataclass(frozen=True, slots=True)
class AppShown:
    """An app as a person sees it, its own words made plain (OP-23)."""

    name: str
    host: str
    returns_to: str
    verified: bool


def shown_app(found: Interaction) -> AppShown:
    """The name it gives itself, and the hosts that say more than that."""
    client = found.client
    host, returns_to = plain_name(client.host, 120), host_of(found.redirect_uri)
    name = plain_name(client.name) or host or returns_to
    return AppShown(name, host, returns_to, client.verified)


async def find_app(fittings: Fittings, house: House, visit: Visit, code: str) -> Interaction | None:
    """The question of an app, if this browser brought it here (OP-25)."""
    if fittings.fetch is None or not visit.browser:
        return None
    return await find_interaction(house.db, fittings.fetch, code, visit.browser, house.now)


async def asking_app(
    fittings: Fittings, house: House, visit: Visit, next_: str
) -> Interaction | None:
    """The app that a sign-in leads on to; None when it leads elsewhere or the app is gone."""
    if not next_.startswith(FROM_APPS):
        return None
    code = next_.removeprefix(FROM_APPS).partition("?")[0]
    try:
        return await find_app(fittings, house, visit, code)
    except PodError:  # signing in works without it; the next page says what is wrong with the app
        return None


async def app_page(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """Where an app's question stands: sign in, then which WebID, then yes or no."""
    try:
        found = await find_app(fittings, house, visit, visit.code)
    except PodError as error:
        return _unclear(error)
    if found is None:
        return over()
    signed_in = await _signed_in(house, visit, found)
    if signed_in is None:
        return _to_sign_in(visit)
    return _next_step(found, *signed_in, visit, visit.query.one("webid"))


async def answer_app(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """Yes or no, once."""
    try:
        found = await find_app(fittings, house, visit, visit.code)
    except PodError as error:
        return _unclear(error)
    if found is None:
        return over()
    try:
        return await _answered(house, visit, found)
    except Gone:
        return over()
    except NotSignedIn:
        return _to_sign_in(visit)


async def _answered(house: House, visit: Visit, found: Interaction) -> Shown:
    if visit.form.one("answer") == "refuse":
        return _back_to_app(found, await refuse(house.db, found, house.now))
    signed_in = await _signed_in(house, visit, found)
    if signed_in is None:
        return _to_sign_in(visit)
    (reader, _), webid = signed_in, visit.form.one("webid")
    if visit.form.one("answer") != "allow" or webid not in reader.webids:
        return _next_step(found, *signed_in, visit, webid)
    address = await allow(
        house.db,
        found,
        hash_of(visit.session),
        reader.account,
        webid,
        remember=visit.form.one("remember") == "yes",
        offline=visit.form.one("offline") == "yes",
        now=house.now,
    )
    return _back_to_app(found, address)


async def _signed_in(
    house: House, visit: Visit, found: Interaction
) -> tuple[Reader, Session] | None:
    session, moment = await house.db.read(_look, visit.session, house.now())
    if visit.reader is None or session is None or needs_sign_in(found, session, moment):
        return None
    return visit.reader, session


async def _look(tx: Tx, value: str, now: Instant) -> tuple[Session | None, Instant]:
    return await find_session(tx, value, now), await clock.instant(tx, now)


def _next_step(
    found: Interaction, reader: Reader, session: Session, visit: Visit, said: str
) -> Shown:
    """OP-21: somebody with one WebID is asked to choose only when the app wants that."""
    known = reader.webids
    if not known:
        return to_first_pod(f"{FROM_APPS}{visit.code}")
    webid = said if said in known else None
    if said == "" and found.hinted in known:
        webid = found.hinted
    elif said == "" and len(known) == 1 and "select_account" not in found.prompt:
        webid = known[0]
    data = {"app": shown_app(found), "code": visit.code, "webids": known, "webid": webid}
    action = form_action_of(found.redirect_uri)
    if webid is None:
        return Page("app_webid.html", data, form_action=action)
    asked = {
        "offline": found.offline,
        "expires": found.expires,
        "until": session.expires,
        # KC-2: with this scope the app answers agencies in her place; she must know it before.
        "decides": found.scopes >= CONSENT,
    }
    return Page("app_consent.html", data | asked, form_action=action)


def _back_to_app(found: Interaction, address: str) -> Shown:
    """A redirect, or a link where a browser cannot be told that the redirect is meant.

    Content-Security-Policy has no way to write an IPv6 address (`http://[::1]:…` of an app on
    the device), so Chromium would stop the redirect after the form.
    """
    if may_name(form_action_of(found.redirect_uri)):
        return Away(address)
    return Page("app_onward.html", {"address": address, "app": shown_app(found)})


def _to_sign_in(visit: Visit) -> Away:
    return Away(f"/-/sign-in?next={FROM_APPS}{visit.code}")


def over() -> Page:
    """Unknown, answered, too old, or of another browser: one page for all (OP-25)."""
    return Page("app_over.html", {"detail": ""}, 404)


def _unclear(error: PodError) -> Page:
    """The document of the app cannot be had: the reason is for its maker."""
    status = 503 if isinstance(error, Unavailable) else 400
    return Page("app_over.html", {"detail": plain_name(error.detail, 300)}, status)
