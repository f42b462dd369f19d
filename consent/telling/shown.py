# SPDX-License-Identifier: EUPL-1.2
"""What an agency sees of its news: the feed for those who pull, deliveries, sending again."""

from consent.caller import caller_of
from consent.house import House
from consent.lists import Page
from consent.once import Answer, Once, earlier, keep
from consent.telling.deliveries import SELECT, delivery_of, event_of, resend_row
from consent.telling.delivery import Delivery, Event, Stage, event_json
from identity.who import Who
from pod import clock
from pod.database import Tx
from pod.errors import Missing, Refused, Unreadable
from pod.instant import text_of

NEW = Once()
_EVENTS = (
    "SELECT id, seq, type, state AS became, request, grant_id, version, time FROM agency_event"
)


async def events(house: House, who: Who, page: Page) -> list[Event]:
    """The agency's events after a place in its row, oldest first (KC-24)."""
    return await house.db.read(_events, who, page, house)


async def _events(tx: Tx, who: Who, page: Page, house: House) -> list[Event]:
    agency = await require_agency(tx, who, house)
    rows = await tx.all(
        f"{_EVENTS} WHERE agency = :agency AND seq > :after ORDER BY seq LIMIT :limit",
        agency=agency,
        after=await _place(tx, agency, page.after, 0),
        limit=page.limit,
    )
    return [event_of(row) for row in rows]


async def require_agency(tx: Tx, who: Who, house: House) -> str:
    """The agency that calls; Refused for everybody else."""
    caller = await caller_of(tx, who, house.base)
    if caller.agency is None:
        raise Refused(
            "Only a registered agency, with its own WebID and client, is told things.",
            problem="not-an-agency",
        )
    return caller.agency


async def _place(tx: Tx, agency: str, after: str | None, start: int) -> int:
    """KC-5: the number that a cursor stands for; another's is no cursor at all."""
    if after is None:
        return start
    row = await tx.one(
        "SELECT seq FROM agency_event WHERE id = :id AND agency = :agency", id=after, agency=agency
    )
    if row is None:
        raise Unreadable("There is no such place in the list.", problem="bad-cursor")
    return int(row["seq"])


def shown_event(event: Event) -> dict[str, object]:
    """As it is delivered, with the name that goes in `webhook-id`."""
    return {"id": event.id, **event_json(event)}


async def deliveries(house: House, who: Who, page: Page) -> list[Delivery]:
    """The agency's deliveries, newest first."""
    return await house.db.read(_deliveries, who, page, house)


async def _deliveries(tx: Tx, who: Who, page: Page, house: House) -> list[Delivery]:
    agency = await require_agency(tx, who, house)
    rows = await tx.all(
        f"{SELECT} WHERE d.agency = :agency AND d.seq < :before ORDER BY d.seq DESC LIMIT :limit",
        agency=agency,
        before=await _place(tx, agency, page.after, 2**62),
        limit=page.limit,
    )
    return [delivery_of(row) for row in rows]


async def delivery(house: House, who: Who, id_: str) -> Delivery:
    """One of the agency's deliveries."""
    return await house.db.read(_delivery, who, id_, house)


async def _delivery(tx: Tx, who: Who, id_: str, house: House) -> Delivery:
    return await _one(tx, await require_agency(tx, who, house), id_)


async def _one(tx: Tx, agency: str, id_: str) -> Delivery:
    row = await tx.one(
        f"{SELECT} WHERE d.event = :id AND d.agency = :agency", id=id_, agency=agency
    )
    if row is None:
        raise Missing("There is nothing of yours by that name.")
    return delivery_of(row)


async def resend(house: House, who: Who, id_: str, once: Once = NEW) -> Answer:
    """Send it again, with the same name and body, whatever became of it: 200 with the delivery."""
    return await house.db.write(id_, _resend, who, id_, once, house)


async def _resend(tx: Tx, who: Who, id_: str, once: Once, house: House) -> Answer:
    agency = await require_agency(tx, who, house)
    await _one(tx, agency, id_)
    moment = await clock.instant(tx, house.now())
    again = await earlier(tx, once, moment)
    if again is not None:
        return again
    await resend_row(tx, id_, moment)
    body = delivery_json(await _one(tx, agency, id_))
    return await keep(tx, once, Answer(200, body), moment)


def delivery_json(delivery: Delivery) -> dict[str, object]:
    """A delivery for its agency. `nextTry` is null when nothing more is going to be tried."""
    event = delivery.event
    waits = delivery.stage is Stage.WAITING
    return {
        "id": event.id,
        "type": event.kind,
        "timestamp": text_of(event.time),
        "request": event.request,
        "grant": event.grant,
        "callback": delivery.callback,
        "state": delivery.stage,
        "tries": delivery.tries,
        "firstTry": _text(delivery.first),
        "lastTry": _text(delivery.last),
        # What waits for one before it in its row has no time of its own yet.
        "nextTry": _text(delivery.due) if waits and not delivery.held else None,
        "status": delivery.status,
        "reason": delivery.reason,
    }


def _text(moment: int | None) -> str | None:
    return None if moment is None else text_of(moment)
