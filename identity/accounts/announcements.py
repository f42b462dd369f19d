# SPDX-License-Identifier: EUPL-1.2
"""What changed in an account, mailed to its owner: kept in the commit of the change (WI-2)."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from identity.letters.change_texts import CHANGES
from identity.letters.letters import LANGUAGES, PLAIN, change_letter
from identity.letters.mail import Letter, Mailbox
from pod.database import Database, Row, Tx
from pod.errors import Unavailable
from pod.instant import DAY, MINUTE, SECOND, Instant, Now
from pod.iri import Iri

BRUSSELS = ZoneInfo("Europe/Brussels")
LOG = logging.getLogger("kluis.mail")
AT_ONCE = 20
EVERY = 2.0
KEPT = 2 * DAY
LONGEST_WAIT = 6


@dataclass(frozen=True, slots=True)
class Announcement:
    """One letter that still has to go out."""

    id: str
    email: str
    language: str | None
    kind: str
    time: Instant
    tried: int


async def keep(tx: Tx, event: str, account: str, kind: str, now: Instant) -> None:
    """One for each address of the account; kinds that are not announced are passed over.

    Called before an address is removed too, so that it hears of that itself.
    """
    if kind not in CHANGES:
        return
    # Where no mail goes out, nothing else takes them away.
    await tx.run("DELETE FROM announcement WHERE due < :old", old=now - KEPT)
    await tx.run(
        "INSERT INTO announcement (id, email, language, kind, time, due, tried)"
        " SELECT :event || ' ' || l.id, l.subject, a.language, :kind, :now, :now, 0"
        " FROM login l JOIN account a ON a.id = l.account"
        " WHERE l.account = :account AND l.kind = 'password'",
        event=event,
        account=account,
        kind=kind,
        now=now,
    )


@asynccontextmanager
async def announcing(
    db: Database, base: Iri, mailbox: Mailbox, now: Now, every: float = EVERY
) -> AsyncIterator[None]:
    """Send what is due, as long as this is entered. One process of a server is enough."""
    task = asyncio.create_task(_rounds(db, base, mailbox, now, every))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _rounds(db: Database, base: Iri, mailbox: Mailbox, now: Now, every: float) -> None:
    while True:
        try:
            await send_due(db, base, mailbox, now())
        except Exception:  # whatever it was, the next round comes; logged with its traceback
            LOG.exception("What changed in accounts could not be mailed; trying again.")
        await asyncio.sleep(every)


async def send_due(db: Database, base: Iri, mailbox: Mailbox, now: Instant) -> int:
    """Hand over what is due; how many went. What is not taken waits, each time longer."""
    due = await db.read(_due, now)
    sent = 0
    for each in due:
        try:
            await mailbox.hand_over(_letter(each, base))
        except Unavailable as error:
            LOG.warning("mail was not sent: %s", error.detail)
            await db.write(None, _later, each, now)
        else:
            await db.write(None, _done, each)
            sent += 1
    return sent


def _letter(each: Announcement, base: Iri) -> Letter:
    moment = datetime.fromtimestamp(each.time / SECOND, BRUSSELS)
    values = {
        "base": base,
        "time": _written(moment, each.language if each.language in LANGUAGES else PLAIN),
        "settings": f"{base}-/settings/sign-in",
        "forgot": f"{base}-/forgot",
    }
    return change_letter(each.kind, each.language, each.email, values)


def _written(moment: datetime, language: str | None) -> str:
    form = "d. MMMM y, HH:mm" if language == "de" else "d MMMM y, HH:mm"
    shown: str = format_datetime(moment, form, locale=language)
    return shown


async def _due(tx: Tx, now: Instant) -> list[Announcement]:
    rows = await tx.all(
        "SELECT * FROM announcement WHERE due <= :now ORDER BY due, id LIMIT :most",
        now=now,
        most=AT_ONCE,
    )
    return [_announcement(row) for row in rows]


def _announcement(row: Row) -> Announcement:
    return Announcement(
        row["id"], row["email"], row["language"], row["kind"], row["time"], row["tried"]
    )


async def _done(tx: Tx, each: Announcement) -> None:
    await tx.run("DELETE FROM announcement WHERE id = :id", id=each.id)


async def _later(tx: Tx, each: Announcement, now: Instant) -> None:
    """A minute, two, four …; after two days it is no news any more."""
    await tx.run("DELETE FROM announcement WHERE time < :old", old=now - KEPT)
    await tx.run(
        "UPDATE announcement SET due = :due, tried = tried + 1 WHERE id = :id",
        due=now + MINUTE * 2 ** min(each.tried, LONGEST_WAIT),
        id=each.id,
    )
