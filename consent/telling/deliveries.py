# SPDX-License-Identifier: EUPL-1.2
"""Deliveries as rows: queued with their event, claimed by one worker, settled by its outcome."""

from typing import Final
from urllib.parse import urlsplit

from consent.registry.agency import find_agency
from consent.telling.delivery import GONE, HELD, Delivery, Event, Outcome, Stage, next_due
from pod import clock
from pod.database import Row, Tx
from pod.instant import SECOND, Instant
from pod.iri import Iri

LEASE: Final = 15 * SECOND
"""How long a claim holds, on the wall clock: longer than a try may take (see delivering.py)."""
SELECT: Final = (
    "SELECT e.id, e.seq, e.type, e.state AS became, e.request, e.grant_id, e.version, e.time,"
    " d.agency, d.callback, d.host, d.state, d.tries, d.first, d.due, d.last, d.status, d.reason"
    " FROM delivery d JOIN agency_event e ON e.id = d.event"
)
# KC-24: in order per grant. Only the first that waits may go, but one sent again goes by itself.
_READY = (
    "d.state = 'waiting' AND d.due <= :moment AND d.lease <= :now"
    " AND :busy NOT LIKE '%|' || d.host || '|%'"
    " AND (d.again = 1 OR NOT EXISTS (SELECT 1 FROM delivery o WHERE o.thread = d.thread"
    " AND o.callback = d.callback AND o.state = 'waiting' AND o.again = 0 AND o.seq < d.seq))"
)


def event_of(row: Row) -> Event:
    """The event in a row of `SELECT` or of the events themselves."""
    return Event(
        row["id"],
        row["seq"],
        row["type"],
        row["became"],
        row["request"],
        row["grant_id"],
        row["version"],
        row["time"],
    )


def delivery_of(row: Row, claim: str | None = None) -> Delivery:
    """The delivery in a row of `SELECT`."""
    return Delivery(
        event_of(row),
        row["agency"],
        row["callback"],
        row["host"],
        Stage(row["state"]),
        row["tries"],
        row["first"],
        row["due"],
        row["last"],
        row["status"],
        row["reason"],
        claim,
    )


async def queue(
    tx: Tx, event: str, seq: int, agency: str, thread: str, callback: str, moment: Instant
) -> None:
    """Let it be delivered, after what goes before it; not to who said 410 about this thread."""
    gone = await _any(tx, thread, callback, Stage.GONE)
    waits = await _any(tx, thread, callback, Stage.WAITING)
    await tx.run(
        "INSERT INTO delivery (event, seq, agency, thread, callback, host, state, again, tries,"
        " due, lease, status) VALUES (:event, :seq, :agency, :thread, :callback, :host, :state,"
        " 0, 0, :due, 0, :status)",
        event=event,
        seq=seq,
        agency=agency,
        thread=thread,
        callback=callback,
        host=urlsplit(callback).netloc.lower(),
        state=Stage.GONE if gone else Stage.WAITING,
        due=HELD if waits else moment,
        status=GONE if gone else None,
    )


async def _any(tx: Tx, thread: str, callback: str, stage: Stage) -> bool:
    sql = (
        "SELECT 1 AS there FROM delivery WHERE thread = :thread AND callback = :callback"
        " AND state = :state AND (again = 0 OR state = 'gone') LIMIT 1"
    )
    return await tx.one(sql, thread=thread, callback=callback, state=stage) is not None


async def ready(tx: Tx, busy: str, most: int, now: Instant) -> list[Delivery]:
    """What could be sent now, by anybody. `busy` names hosts that are asked enough: `|a|b|`."""
    moment = await clock.instant(tx, now)
    rows = await tx.all(
        f"{SELECT} WHERE {_READY} ORDER BY d.due, d.seq LIMIT :most",
        moment=moment,
        now=now,
        busy=busy,
        most=most,
    )
    return [delivery_of(row) for row in rows]


async def claim(tx: Tx, word: str, busy: str, most: int, now: Instant, base: Iri) -> list[Delivery]:
    """Take what is ready: nobody else sends it while the lease lasts."""
    taken = []
    for each in await ready(tx, busy, most, now):
        if not await _is_registered(tx, each, base):
            lost = Outcome(GONE, "this callback is not registered any more")
            await settle(tx, each, lost, now)
            continue
        kept = await tx.run(
            "UPDATE delivery SET claim = :word, lease = :until"
            " WHERE event = :event AND state = 'waiting' AND lease <= :now",
            word=word,
            until=now + LEASE,
            event=each.event.id,
            now=now,
        )
        if kept:
            taken.append(each)
    return taken


async def _is_registered(tx: Tx, delivery: Delivery, base: Iri) -> bool:
    agency = await find_agency(tx, delivery.agency, base)
    return agency is not None and delivery.callback in agency.callbacks


async def release(tx: Tx, word: str) -> None:
    """Give back what this worker took and did not send."""
    await tx.run("UPDATE delivery SET claim = NULL, lease = 0 WHERE claim = :word", word=word)


async def settle(
    tx: Tx, delivery: Delivery, outcome: Outcome, now: Instant, word: str | None = None
) -> None:
    """Write down how a try went. A claim that was lost meanwhile only counts when it arrived."""
    moment = await clock.instant(tx, now)
    first = delivery.first if delivery.first is not None else moment
    tries = delivery.tries + 1
    due = next_due(tries, first, moment)
    stage = _stage(outcome, due)
    kept = await tx.run(
        "UPDATE delivery SET state = :state, tries = :tries, first = :first, due = :due,"
        " lease = 0, claim = NULL, last = :moment, status = :status, reason = :reason"
        " WHERE event = :event AND state = 'waiting'"
        " AND (:state = 'delivered' OR :word = '' OR claim = :word)",
        event=delivery.event.id,
        state=stage,
        tries=tries,
        first=first,
        due=due if due is not None else moment,
        moment=moment,
        status=outcome.status,
        reason=outcome.reason,
        word=word or "",
    )
    if kept and stage is not Stage.WAITING:
        await _go_on(tx, delivery, stage, moment)


def _stage(outcome: Outcome, due: Instant | None) -> Stage:
    if outcome.arrived:
        return Stage.DELIVERED
    if outcome.status == GONE:
        return Stage.GONE
    return Stage.FAILED if due is None else Stage.WAITING


async def _go_on(tx: Tx, delivery: Delivery, stage: Stage, moment: Instant) -> None:
    """The next of the same thread may go; after a 410 none of them does."""
    if stage is Stage.GONE:
        await tx.run(
            "UPDATE delivery SET state = 'gone', status = 410 WHERE callback = :callback"
            " AND state = 'waiting' AND thread ="
            " (SELECT thread FROM delivery WHERE event = :event)",
            callback=delivery.callback,
            event=delivery.event.id,
        )
        return
    await tx.run(
        "UPDATE delivery SET due = :moment WHERE due > :moment AND tries = 0 AND event ="
        " (SELECT n.event FROM delivery n JOIN delivery d ON d.thread = n.thread"
        " AND d.callback = n.callback WHERE d.event = :event AND n.state = 'waiting'"
        " AND n.again = 0 ORDER BY n.seq LIMIT 1)",
        moment=moment,
        event=delivery.event.id,
    )


async def resend_row(tx: Tx, event: str, moment: Instant) -> None:
    """Due at once, by itself, with all its patience; who had said 410 is asked anew."""
    await tx.run(
        "UPDATE delivery SET state = 'failed' WHERE state = 'gone' AND EXISTS (SELECT 1 FROM"
        " delivery d WHERE d.event = :event AND d.thread = delivery.thread"
        " AND d.callback = delivery.callback)",
        event=event,
    )
    await tx.run(
        "UPDATE delivery SET state = 'waiting', again = 1, tries = 0, first = NULL, due = :moment"
        " WHERE event = :event",
        event=event,
        moment=moment,
    )
