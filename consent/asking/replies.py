# SPDX-License-Identifier: EUPL-1.2
"""What is said to a request beside yes: no, later, again, and never mind (KC-12, KC-14)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from consent.asking import reminders
from consent.asking.holdings import pods_of
from consent.asking.request import OPEN, Move, Request, State, moved, request_json
from consent.asking.requests import find_request, late_requests, save
from consent.caller import (
    Side,
    caller_of,
    etag_of,
    require_match,
    require_side,
    side_of_request,
)
from consent.house import House
from consent.once import Answer, Once, earlier, keep
from consent.telling.announce import News, announce
from consent.texts import trouble_in
from identity.who import Who
from notify import outbox
from pod import clock
from pod.database import Tx
from pod.errors import Unprocessable
from pod.instant import DAY, Instant

NEW = Once()
LATER = 7 * DAY
_TOLD = {
    State.APPROVED: "request.approved",
    State.REFUSED: "request.refused",
    State.CANCELLED: "request.cancelled",
    State.LAPSED: "request.lapsed",
}


@dataclass(frozen=True, slots=True)
class Reply:
    """Whose move it is, and what the request is after it."""

    side: Side
    move: Callable[[Request, Instant], Request]


async def tell_of_request(tx: Tx, request: Request, moment: Instant) -> None:
    """KC-24: the agency hears what became of its question, and nothing of why."""
    kind = _TOLD[request.state]
    news = News(
        request.agency, kind, request.state, request.id, request.grant, callback=request.callback
    )
    await announce(tx, news, moment)


async def refuse(
    house: House,
    who: Who,
    id_: str,
    reason: str | None = None,
    once: Once = NEW,
    if_match: Collection[str] | None = None,
) -> Answer:
    """Say no: 200 with the request. The reason is for herself; the agency never sees it."""
    if reason is not None and (trouble := trouble_in(reason)) is not None:
        raise _bad("reason", trouble)

    def move(request: Request, moment: Instant) -> Request:
        return replace(moved(request, Move.REFUSE, moment), reason=reason)

    return await _do(house, who, id_, Reply(Side.SUBJECT, move), once, if_match)


async def defer(
    house: House,
    who: Who,
    id_: str,
    remind_at: Instant | None = None,
    once: Once = NEW,
    if_match: Collection[str] | None = None,
) -> Answer:
    """Decide later; she is reminded before the deadline, in a week if she names no time."""

    def move(request: Request, moment: Instant) -> Request:
        after = moved(request, Move.DEFER, moment, remind_at)
        if remind_at is None:
            latest = max(moment, request.deadline - DAY)
            return replace(after, remind_at=min(moment + LATER, latest))
        if not moment < remind_at < request.deadline:
            raise _bad("remindAt", "not between now and the deadline of the decision")
        return after

    return await _do(house, who, id_, Reply(Side.SUBJECT, move), once, if_match)


async def reopen(
    house: House,
    who: Who,
    id_: str,
    once: Once = NEW,
    if_match: Collection[str] | None = None,
) -> Answer:
    """Take up again what was put off."""

    def move(request: Request, moment: Instant) -> Request:
        return moved(request, Move.REOPEN, moment)

    return await _do(house, who, id_, Reply(Side.SUBJECT, move), once, if_match)


async def cancel(
    house: House,
    who: Who,
    id_: str,
    once: Once = NEW,
    if_match: Collection[str] | None = None,
) -> Answer:
    """The agency does not need it any more."""

    def move(request: Request, moment: Instant) -> Request:
        return moved(request, Move.CANCEL, moment)

    return await _do(house, who, id_, Reply(Side.AGENCY, move), once, if_match)


def _bad(member: str, detail: str) -> Unprocessable:
    return Unprocessable(
        f"{member}: {detail}.",
        problem="bad-term",
        errors=[{"pointer": f"/{member}", "detail": detail}],
    )


async def _do(
    house: House,
    who: Who,
    id_: str,
    reply: Reply,
    once: Once,
    if_match: Collection[str] | None,
) -> Answer:
    return await house.db.write(id_, _reply, who, id_, reply, once, if_match, house)


async def _reply(
    tx: Tx,
    who: Who,
    id_: str,
    reply: Reply,
    once: Once,
    if_match: Collection[str] | None,
    house: House,
) -> Answer:
    caller = await caller_of(tx, who, house.base)
    request = await find_request(tx, id_)
    require_side(side_of_request(caller, request), reply.side)
    if request is None:
        raise LookupError("a request with a side is there")
    moment = await clock.instant(tx, house.now())
    again = await earlier(tx, once, moment)
    if again is not None:
        return again
    agency = reply.side is Side.AGENCY
    shown = request_json(request, moment, agency=agency)
    require_match(if_match, etag_of(str(shown["state"]), reply.side))
    # FED-4: the assurance of the sign-in goes with every decision.
    after = replace(reply.move(request, moment), acr=who.acr)
    await keep_reply(tx, after, moment)
    body = request_json(after, moment, agency=agency)
    tag = etag_of(str(body["state"]), reply.side)
    return await keep(tx, once, Answer(200, body, {"ETag": f'"{tag}.j"'}), moment)


async def keep_reply(tx: Tx, after: Request, moment: Instant) -> None:
    """The request's row, what its subject and its agency are told, and the reminders left."""
    pods = await pods_of(tx, after.subject)
    over = after.state not in OPEN
    await save(tx, after, pods[0] if pods and over else None)
    await reminders.forget(tx, after.id, None if over else reminders.DEFERRED)
    if after.remind_at is not None:
        kind = reminders.DEFERRED
        later = reminders.Reminder(after.id, kind, after.subject, after.remind_at)
        await reminders.remind(tx, later)
    if over:
        await tell_of_request(tx, after, moment)
        if pods:
            word = "Request" + after.state.capitalize()
            await outbox.record(tx, pods[0], word, after.id, moment)
    await clock.mark(tx, moment)


async def lapse(tx: Tx, request: Request) -> None:
    """domain.md 2.1: nobody decided in time; stamped with the deadline, whenever it is noticed."""
    await keep_reply(tx, moved(request, Move.LAPSE, request.deadline), request.deadline)


async def lapse_due(house: House, most: int = 500) -> int:
    """Write down what has lapsed; how many there were."""
    late = await house.db.read(_late, house, most)
    for request in late:
        await house.db.write(request.id, lapse_one, request.id, house)
    return len(late)


async def _late(tx: Tx, house: House, most: int) -> list[Request]:
    return await late_requests(tx, await clock.instant(tx, house.now()), most)


async def lapse_one(tx: Tx, id_: str, house: House) -> None:
    """Write down that this request has lapsed, if it has."""
    request = await find_request(tx, id_)
    moment = await clock.instant(tx, house.now())
    if request is not None and request.state in OPEN and moment >= request.deadline:
        await lapse(tx, request)
