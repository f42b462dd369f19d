# SPDX-License-Identifier: EUPL-1.2
"""What a citizen is to be told later: rows with a time, made changes of her pod when it comes."""

from dataclasses import dataclass, replace

from consent.asking.holdings import pods_of
from notify import outbox
from pod.database import Tx
from pod.instant import DAY, Instant
from pod.iri import Iri

# Each is the ActivityStreams-like kind of the change that it becomes (notify/outbox.py).
ARRIVED = "RequestArrived"
DEFERRED = "RequestReminder"
LAPSES_SOON = "RequestLapsesSoon"
STILL_ACTIVE = "ConsentStillActive"

BEFORE_LAPSING = 3 * DAY
# domain.md 2.8: keep, change or stop?
PERIOD = 90 * DAY


@dataclass(frozen=True, slots=True)
class Reminder:
    """One thing to tell at a time; there is one of a kind about one thing."""

    about: str
    kind: str
    subject: str
    due: Instant


async def remind(tx: Tx, reminder: Reminder) -> None:
    """Keep it; another time for the same replaces the one before."""
    await tx.run(
        "INSERT INTO reminder (about, kind, subject, due) VALUES (:about, :kind, :subject, :due)"
        " ON CONFLICT (about, kind) DO UPDATE SET due = excluded.due",
        about=reminder.about,
        kind=reminder.kind,
        subject=reminder.subject,
        due=reminder.due,
    )


async def forget(tx: Tx, about: str, kind: str | None = None) -> None:
    """There is nothing to be told of it any more."""
    await tx.run(
        "DELETE FROM reminder WHERE about = :about AND (:kind = '' OR kind = :kind)",
        about=about,
        kind=kind or "",
    )


async def due_reminders(tx: Tx, moment: Instant, most: int) -> list[Reminder]:
    """Those whose time has come, oldest first."""
    rows = await tx.all(
        "SELECT about, kind, subject, due FROM reminder WHERE due <= :moment"
        " ORDER BY due, about LIMIT :most",
        moment=moment,
        most=most,
    )
    return [Reminder(row["about"], row["kind"], row["subject"], row["due"]) for row in rows]


async def tell(tx: Tx, reminder: Reminder, moment: Instant) -> bool:
    """Make it a change of her pod, once; whether it was still there to tell."""
    gone = await tx.run(
        "DELETE FROM reminder WHERE about = :about AND kind = :kind AND due = :due",
        about=reminder.about,
        kind=reminder.kind,
        due=reminder.due,
    )
    if not gone:
        return False
    if reminder.kind == STILL_ACTIVE:
        return await _tell_of_grant(tx, reminder, moment)
    pods = await pods_of(tx, reminder.subject)
    if pods:
        await outbox.record(tx, pods[0], reminder.kind, reminder.about, moment)
    return True


async def _tell_of_grant(tx: Tx, reminder: Reminder, moment: Instant) -> bool:
    row = await tx.one("SELECT pod, state FROM consent_grant WHERE id = :id", id=reminder.about)
    if row is not None and row["state"] == "active":
        await outbox.record(tx, Iri(row["pod"]), reminder.kind, reminder.about, moment)
    # However much time has passed, she is asked once, and then again after a whole period.
    periods = (moment - reminder.due) // PERIOD + 1
    await remind(tx, replace(reminder, due=reminder.due + periods * PERIOD))
    return True
