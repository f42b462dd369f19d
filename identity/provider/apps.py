# SPDX-License-Identifier: EUPL-1.2
"""What apps may do in a person's name: begun, found again, listed and ended (OP-19, OP-24)."""

from dataclasses import dataclass

from pod import clock
from pod.database import Row, Tx
from pod.errors import Missing
from pod.instant import DAY, Instant

KEEP = 2 * DAY
_FOUND = """
SELECT * FROM client_access a
WHERE a.account = :account AND a.client = :client AND a.kind = 'app'
  AND (a.remembered = 1 OR (a.session = :session AND a.ended IS NULL))
  AND EXISTS (SELECT 1 FROM webid w WHERE w.account = a.account AND w.uri = a.webid)
ORDER BY a.created DESC
"""
_STANDING = """
SELECT 1 AS stands FROM client_access a
WHERE a.id = :id AND a.ended IS NULL
  AND EXISTS (SELECT 1 FROM webid w WHERE w.account = a.account AND w.uri = a.webid)
"""
# It lives: not ended, and its session lives or it can go on without.
_LISTED = """
SELECT * FROM (
  SELECT a.*, CASE WHEN a.ended IS NULL AND (
      EXISTS (SELECT 1 FROM session s WHERE s.hash = a.session AND s.expires > :moment)
      OR EXISTS (SELECT 1 FROM refresh r
                 WHERE r.access = a.id AND r.used IS NULL AND r.expires > :now)
    ) THEN 1 ELSE 0 END AS lives
  FROM client_access a
  WHERE a.account = :account AND a.kind = 'app'
    AND EXISTS (SELECT 1 FROM webid w WHERE w.account = a.account AND w.uri = a.webid)
) AS known
WHERE lives = 1 OR remembered = 1
ORDER BY created DESC
"""


@dataclass(frozen=True, slots=True)
class App:
    """An app as a person sees it. `lives` is False for one that is only remembered."""

    id: str
    client: str
    name: str
    host: str
    webid: str
    scopes: frozenset[str]
    offline: bool
    remembered: bool
    created: Instant
    used: Instant | None
    lives: bool


@dataclass(frozen=True, slots=True)
class Access:
    """A row that tokens stand on."""

    id: str
    account: str
    webid: str
    client: str
    scopes: frozenset[str]
    offline: bool
    remembered: bool
    session: str | None
    ended: bool


@dataclass(frozen=True, slots=True)
class NewAccess:
    """What a person allowed; the id was made outside the unit of work."""

    id: str
    account: str
    webid: str
    client: str
    name: str
    host: str
    scopes: frozenset[str]
    offline: bool
    remember: bool
    session: str


async def begin_access(tx: Tx, new: NewAccess, now: Instant) -> None:
    """Keep it; what was remembered before is over, for this WebID or another (OP-21)."""
    await _sweep(tx, new.account, now)
    await tx.run(
        "UPDATE client_access SET remembered = 0"
        " WHERE account = :account AND client = :client AND kind = 'app'",
        account=new.account,
        client=new.client,
    )
    await tx.run(
        "INSERT INTO client_access (id, account, webid, client, kind, scopes, offline, remembered,"
        " session, name, host, created) VALUES (:id, :account, :webid, :client, 'app', :scopes,"
        " :offline, :remembered, :session, :name, :host, :now)",
        id=new.id,
        account=new.account,
        webid=new.webid,
        client=new.client,
        scopes=" ".join(sorted(new.scopes)),
        offline=int(new.offline),
        remembered=int(new.remember),
        session=new.session,
        name=new.name[:200],
        host=new.host[:255],
        now=now,
    )


async def _sweep(tx: Tx, account: str, now: Instant) -> None:
    """Rows on which nothing stands any more, once all their tokens have expired."""
    await tx.run(
        "DELETE FROM client_access WHERE account = :account AND kind = 'app' AND remembered = 0"
        " AND created < :old AND (ended < :old OR (NOT EXISTS"
        " (SELECT 1 FROM session s WHERE s.hash = client_access.session) AND NOT EXISTS"
        " (SELECT 1 FROM refresh r WHERE r.access = client_access.id AND r.expires > :now)))",
        account=account,
        now=now,
        old=now - KEEP,
    )


async def find_access(
    tx: Tx, account: str, client: str, session: str, scopes: frozenset[str], webid: str | None
) -> Access | None:
    """OP-19: what lets an app in without a question.

    Either an access of this very session that was not ended, or one that the person had us
    remember; that goes on after signing out, but not after she ended the app.
    """
    rows = await tx.all(
        _FOUND,
        account=account,
        client=client,
        session=session,
    )
    found = [
        access
        for access in map(_access, rows)
        if scopes <= access.scopes and webid in (None, access.webid)
    ]
    # One of this session first: nothing new needs to be made then.
    found.sort(key=lambda access: access.ended or access.session != session)
    return next(iter(found), None)


async def is_standing(tx: Tx, access: str) -> bool:
    """Whether tokens may still be given on it."""
    row = await tx.one(_STANDING, id=access)
    return row is not None


def _access(row: Row) -> Access:
    return Access(
        id=row["id"],
        account=row["account"],
        webid=row["webid"],
        client=row["client"],
        scopes=frozenset(row["scopes"].split()),
        offline=bool(row["offline"]),
        remembered=bool(row["remembered"]),
        session=row["session"],
        ended=row["ended"] is not None,
    )


async def apps_of(tx: Tx, account: str, now: Instant) -> list[App]:
    """OP-24: the apps with live access or that are remembered, the last begun first.

    One line for each app and WebID, however many browsers it was begun in.
    """
    rows = await tx.all(
        _LISTED,
        account=account,
        now=now,
        moment=await clock.instant(tx, now),
    )
    apps: dict[tuple[str, str], App] = {}
    for row in rows:
        key = (row["client"], row["webid"])
        apps[key] = _merged(apps[key], _app(row)) if key in apps else _app(row)
    return list(apps.values())


def _app(row: Row) -> App:
    return App(
        id=row["id"],
        client=row["client"],
        name=row["name"],
        host=row["host"],
        webid=row["webid"],
        scopes=frozenset(row["scopes"].split()),
        offline=bool(row["offline"]) and row["ended"] is None,
        remembered=bool(row["remembered"]),
        created=row["created"],
        used=row["used"],
        lives=bool(row["lives"]),
    )


def _merged(newer: App, older: App) -> App:
    used = [each for each in (newer.used, older.used) if each is not None]
    return App(
        id=newer.id,
        client=newer.client,
        name=newer.name,
        host=newer.host,
        webid=newer.webid,
        scopes=newer.scopes | older.scopes,
        offline=newer.offline or older.offline,
        remembered=newer.remembered or older.remembered,
        created=older.created,
        used=max(used, default=None),
        lives=newer.lives or older.lives,
    )


async def end_app(tx: Tx, account: str, id_: str, now: Instant) -> None:
    """OP-24, OP-33: all that this app has of the account ends, and is not remembered."""
    row = await tx.one(
        "SELECT client FROM client_access WHERE id = :id AND account = :account AND kind = 'app'",
        id=id_,
        account=account,
    )
    if row is None:
        raise Missing("There is no such app.")
    await end_client(tx, account, row["client"], now)


async def end_client(tx: Tx, account: str, client: str, now: Instant) -> None:
    """The same by the id of the client; nothing when it has nothing."""
    await tx.run(
        "UPDATE client_access SET remembered = 0, ended = COALESCE(ended, :now)"
        " WHERE account = :account AND client = :client AND kind = 'app'",
        account=account,
        client=client,
        now=now,
    )


async def end_access(tx: Tx, access: str, now: Instant) -> None:
    """One access and every token on it: after a reused code or refresh token (OP-29, OP-30)."""
    await tx.run(
        "UPDATE client_access SET ended = COALESCE(ended, :now) WHERE id = :id", id=access, now=now
    )


async def note_use(tx: Tx, access: str, now: Instant) -> None:
    """OP-24: when the app last asked for a token."""
    await tx.run("UPDATE client_access SET used = :now WHERE id = :id", id=access, now=now)
