# SPDX-License-Identifier: EUPL-1.2
"""Settings: the way to each topic, where she is signed in, and which apps act in her name."""

from dataclasses import dataclass

from consent.house import House
from dashboard.foreign import device_of, plain_name
from dashboard.visit import HOME, SETTINGS, Away, Page, Visit
from identity.accounts import events
from identity.accounts.sessions import Session, close_others, end_session, hash_of, sessions_of
from identity.provider.apps import App, apps_of, end_app
from pod.database import Tx
from pod.errors import NotSignedIn
from pod.instant import Instant

SESSIONS, APPS = f"{SETTINGS}/sessions", f"{SETTINGS}/apps"


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A browser or program that is signed in."""

    id: str
    browser: str
    machine: str
    since: Instant
    used: Instant
    here: bool


def account_of(visit: Visit) -> str:
    """Whose settings these are."""
    if visit.reader is None:
        raise NotSignedIn("Sign in first.")
    return visit.reader.account


async def settings_page(house: House, visit: Visit) -> Page:
    """The way to each topic."""
    return Page("settings.html")


async def sessions_page(house: House, visit: Visit) -> Page:
    """KLU-6: every session, this one marked."""
    found = await house.db.read(sessions_of, account_of(visit), house.now())
    own = hash_of(visit.session)
    rows = [_session_row(session, own) for session in found]
    rows.sort(key=lambda row: not row.here)
    return Page("settings_sessions.html", {"rows": rows, "done": bool(visit.query.one("done"))})


def _session_row(session: Session, own: str) -> SessionRow:
    browser, machine = device_of(session.agent)
    return SessionRow(
        session.id, browser, machine, session.created, session.used, session.hash == own
    )


async def end_one_session(house: House, visit: Visit) -> Away:
    """It ends at its next request, and the apps that were signed in with it."""
    here = hash_of(visit.session).startswith(visit.code)
    await house.db.write(None, _end_session, visit, account_of(visit), house.now())
    return Away(HOME, ends_session=True) if here else Away(f"{SESSIONS}?done=1")


async def _end_session(tx: Tx, visit: Visit, account: str, now: Instant) -> None:
    await end_session(tx, account, visit.code, now)
    await events.note(tx, events.attempt(account, "session-ended", visit.address, now))


async def end_all_sessions(house: House, visit: Visit) -> Away:
    """Signed out everywhere, here too."""
    await house.db.write(None, _end_all, visit, account_of(visit), house.now())
    return Away(HOME, ends_session=True)


async def _end_all(tx: Tx, visit: Visit, account: str, now: Instant) -> None:
    await close_others(tx, account, None, now)
    await events.note(tx, events.attempt(account, "sessions-ended", visit.address, now))


async def apps_page(house: House, visit: Visit) -> Page:
    """OP-24: the apps that act in her name."""
    found = await house.db.read(apps_of, account_of(visit), house.now())
    rows = [{"app": app, "name": _name(app), "host": plain_name(app.host, 120)} for app in found]
    return Page("settings_apps.html", {"rows": rows, "done": bool(visit.query.one("done"))})


def _name(app: App) -> str:
    return plain_name(app.name) or plain_name(app.host, 120) or plain_name(app.client, 120)


async def end_one_app(house: House, visit: Visit) -> Away:
    """OP-33: all its tokens are refused from the next request on."""
    await house.db.write(None, _end_app, visit, account_of(visit), house.now())
    return Away(f"{APPS}?done=1")


async def _end_app(tx: Tx, visit: Visit, account: str, now: Instant) -> None:
    await end_app(tx, account, visit.code, now)
    await events.note(tx, events.attempt(account, "app-ended", visit.address, now))
