# SPDX-License-Identifier: EUPL-1.2
"""Declaring and moving statutory accesses, and telling the citizen, each in one commit (KC-26)."""

from collections.abc import Collection
from dataclasses import dataclass

from consent.caller import Side, caller_of, operates, require_match, require_operator
from consent.cases.cases import Case, Kind, open_case
from consent.faults import Faults
from consent.house import House
from consent.law.declaring import (
    Declared,
    Measure,
    declared_access,
    measured,
    read_declared,
)
from consent.law.reach import concerns_pod, pods_to_tell
from consent.law.rows import (
    add_event,
    add_statutory,
    find_statutory,
    late,
    lift,
    mark_resumed,
    mark_stopped,
    mark_told,
    mark_unconcerned,
    object_to,
    of_classes,
    save_move,
    stopped_untold,
    told_pods,
)
from consent.law.statutory import Move, State, Statutory, due, moved
from consent.law.views import Seen, side_of
from consent.lists import next_number
from consent.once import Answer, Once, earlier, keep
from consent.registry.agency import find_agency
from consent.registry.purpose import Purpose, find_purpose
from identity.who import Who
from notify import outbox
from pod import clock
from pod.database import Tx
from pod.errors import Missing, Refused, Unprocessable
from pod.instant import Instant
from pod.iri import Iri

NEW = Once()
SERVER = "server"
MOST_TOLD = 500
STARTED, STOPPED = "StatutoryStarted", "StatutoryStopped"


@dataclass(frozen=True, slots=True)
class Try:
    """An operator's try at one move, with what she says about it."""

    who: Who
    move: Move
    details: dict[str, object]
    once: Once = NEW
    if_match: Collection[str] | None = None


async def declare(
    house: House, who: Who, body: dict[str, object], name: Iri, once: Once = NEW
) -> Answer:
    """KC-26: 201 with the access; it is in force when its time has come."""
    await house.db.read(require_operator, who, house.base)
    faults = Faults()
    declared = read_declared(body, house.base, faults)
    await house.db.read(_measure, declared, faults, house)
    faults.end("The statutory access")
    return await house.db.write(name, _declare, who, declared, name, once, house)


async def _measure(tx: Tx, declared: Declared, faults: Faults, house: House) -> Purpose | None:
    purpose = await find_purpose(tx, declared.purpose, house.base)
    agency = await find_agency(tx, declared.agency, house.base)
    moment = await clock.instant(tx, house.now())
    measured(declared, Measure(agency, purpose, house.base, moment), faults)
    return purpose


async def _declare(
    tx: Tx, who: Who, declared: Declared, name: Iri, once: Once, house: House
) -> Answer:
    operator = await require_operator(tx, who, house.base)
    moment = await clock.instant(tx, house.now())
    again = await earlier(tx, once, moment)
    if again is not None:
        return again
    faults = Faults()
    purpose = await _measure(tx, declared, faults, house)
    faults.end("The statutory access")
    if purpose is None:
        raise LookupError("a declaration without faults has a purpose")
    number = await next_number(tx, "statutory")
    access = declared_access(declared, purpose, name, number, moment)
    await add_statutory(tx, access, operator, moment)
    access = await settle(tx, access, moment)
    await clock.mark(tx, moment)
    seen = Seen(access, Side.OPERATOR, moment, False)
    headers = {"Location": access.id, "ETag": f'"{seen.tag()}.j"'}
    return await keep(tx, once, Answer(201, seen.json(), headers), moment)


async def settle(tx: Tx, access: Statutory, moment: Instant) -> Statutory:
    """Write down what the clock has done, each with its own instant; she is told of a start."""
    moves = due(access, moment)
    for move, at in moves:
        access = await _make(tx, access, move, SERVER, at)
    if access.state is State.ACTIVE or any(move is Move.START for move, _ in moves):
        await tell_pods(tx, access, moment)
    return access


async def _make(
    tx: Tx,
    access: Statutory,
    move: Move,
    by: str,
    moment: Instant,
    details: dict[str, object] | None = None,
) -> Statutory:
    after = moved(access, move, moment)
    await save_move(tx, access, after)
    await add_event(tx, after, move, by, moment, details)
    return after


async def tell_pods(tx: Tx, access: Statutory, moment: Instant, most: int = MOST_TOLD) -> None:
    """domain.md 2.5: the citizen is told at ACTIVE, in the row of changes of each pod."""
    for pod in await pods_to_tell(tx, access, most):
        if await concerns_pod(tx, access, pod):
            await tell_pod(tx, access, pod, moment)
        else:
            await mark_unconcerned(tx, access.id, pod)


async def tell_pod(tx: Tx, access: Statutory, pod: Iri, moment: Instant) -> None:
    """Once for each pod."""
    if await mark_told(tx, access.id, pod):
        await outbox.record(tx, pod, STARTED, access.id, moment)


async def settle_statutory(house: House, most: int = 500) -> int:
    """Write down what the clock has done to statutory accesses; how many there were."""
    found = await house.db.read(_late, house, most)
    for access in found:
        await house.db.write(access.id, _settle_one, access.id, house)
    for access in await house.db.read(_classes, house):
        await house.db.write(access.id, _settle_one, access.id, house)
    for access in await house.db.read(stopped_untold):
        await house.db.write(access.id, _tell_more, access.id, house)
    return len(found)


async def _late(tx: Tx, house: House, most: int) -> Collection[Statutory]:
    return await late(tx, await clock.instant(tx, house.now()), most)


async def _classes(tx: Tx, house: House) -> Collection[Statutory]:
    """Those in force that some pod was not told of yet: a round without news writes nothing."""
    moment = await clock.instant(tx, house.now())
    active = [a for a in await of_classes(tx) if a.state_at(moment) is State.ACTIVE]
    return [access for access in active if await pods_to_tell(tx, access, 1)]


async def _settle_one(tx: Tx, id_: str, house: House) -> None:
    access = await find_statutory(tx, id_)
    moment = await clock.instant(tx, house.now())
    if access is not None:
        await settle(tx, access, moment)
        await clock.mark(tx, moment)


async def move(house: House, id_: Iri, try_: Try) -> Answer:
    """Suspend, resume or end: the operator's."""
    return await house.db.write(id_, _move, id_, try_, house)


async def _move(tx: Tx, id_: Iri, try_: Try, house: House) -> Answer:
    moment = await clock.instant(tx, house.now())
    access = await find_statutory(tx, id_)
    if not await operates(tx, try_.who, house.base):
        await side_of(tx, await caller_of(tx, try_.who, house.base), access, False)
        raise Refused("Only an operator of this server may do that.", problem="not-an-operator")
    if access is None:
        raise Missing("There is no statutory access by that name.")
    again = await earlier(tx, try_.once, moment)
    if again is not None:
        return again
    before = Seen(access, Side.OPERATOR, moment, False)
    require_match(try_.if_match, before.tag())
    access = await settle(tx, access, moment)
    by = (await caller_of(tx, try_.who, house.base)).webid
    lifts = try_.move is Move.RESUME and await _any_objection(tx, access)
    if lifts and access.state is State.ACTIVE:
        await add_event(tx, access, Move.RESUME, by, moment, try_.details)
        after = access
    else:
        after = await _make(tx, access, try_.move, by, moment, try_.details)
    if lifts:
        await lift(tx, id_=access.id)
    if try_.move is Move.RESUME:
        await mark_resumed(tx, id_)
    else:
        await _tell_stop(tx, after, moment)
    await clock.mark(tx, moment)
    seen = Seen(after, Side.OPERATOR, moment, False)
    return await keep(tx, try_.once, Answer(200, seen.json(), _tag(seen)), moment)


def _tag(seen: Seen) -> dict[str, str]:
    return {"ETag": f'"{seen.tag()}.j"'}


async def _any_objection(tx: Tx, access: Statutory) -> bool:
    row = await tx.one(
        "SELECT 1 AS stands FROM statutory_objection WHERE statutory = :id LIMIT 1", id=access.id
    )
    return row is not None


async def _tell_stop(tx: Tx, access: Statutory, moment: Instant) -> None:
    """As many pods as fit in one commit; the rounds tell the others (`settle_statutory`)."""
    for pod in await told_pods(tx, access.id, MOST_TOLD):
        await outbox.record(tx, pod, STOPPED, access.id, moment)
        await mark_stopped(tx, access.id, pod)


async def _tell_more(tx: Tx, id_: str, house: House) -> None:
    access = await find_statutory(tx, id_)
    if access is None or access.state not in (State.SUSPENDED, State.ENDED):
        return
    moment = await clock.instant(tx, house.now())
    await _tell_stop(tx, access, moment)
    await clock.mark(tx, moment)


async def object_(
    house: House, who: Who, id_: Iri, objection: tuple[str, bool, Iri], once: Once = NEW
) -> Answer:
    """GDPR 21. `objection`: why, whether the access stands still meanwhile, and the case's name."""
    return await house.db.write(id_, _object, who, id_, objection, once, house)


async def _object(
    tx: Tx, who: Who, id_: Iri, objection: tuple[str, bool, Iri], once: Once, house: House
) -> Answer:
    text, stops, name = objection
    caller = await caller_of(tx, who, house.base)
    moment = await clock.instant(tx, house.now())
    access = await find_statutory(tx, id_)
    side = await side_of(tx, caller, access, await operates(tx, who, house.base))
    if side is not Side.SUBJECT or access is None:
        raise Refused("That is for the other side to decide.", problem="not-yours-to-decide")
    again = await earlier(tx, once, moment)
    if again is not None:
        return again
    access = await settle(tx, access, moment)
    if access.state is State.ENDED:
        moved(access, Move.SUSPEND, moment)
    if not access.objectionable:
        raise Unprocessable(
            "A legal obligation is the ground of this access: GDPR 21 knows no objection to it."
            " You can ask the agency why, or complain to the authority.",
            problem="no-objection",
        )
    case = await open_case(
        tx, Case.opened(name, Kind.OBJECTION, caller.webid, access.agency, id_, text, moment)
    )
    if stops:
        await object_to(tx, access.id, caller.webid, case.id, moment)
    details: dict[str, object] = {"case": case.id, "suspends": stops}
    await add_event(tx, access, Move.OBJECT, "subject", moment, details)
    await clock.mark(tx, moment)
    return await keep(tx, once, Answer(201, case.json(moment), {"Location": case.id}), moment)
