# SPDX-License-Identifier: EUPL-1.2
"""Declaring and moving statutory accesses, and telling the citizen, each in one commit (KC-26)."""

from collections.abc import Collection
from dataclasses import dataclass

from consent.agency import find_agency
from consent.caller import (
    Caller,
    Side,
    caller_of,
    etag_of,
    operates,
    require_match,
    require_operator,
)
from consent.cases import Case, Kind, open_case
from consent.faults import Faults
from consent.house import House
from consent.lists import Page, next_number
from consent.once import Answer, Once, earlier, keep
from consent.purpose import Purpose, find_purpose
from consent.statutory import Move, State, Statutory, due, moved, statutory_json
from consent.statutory_declaring import (
    Declared,
    Measure,
    declared_access,
    measured,
    read_declared,
)
from consent.statutory_reach import concerns, pods_reached
from consent.statutory_rows import (
    add_event,
    add_statutory,
    events_of,
    find_statutory,
    late,
    lift,
    mark_told,
    object_to,
    objected,
    of_classes,
    save_move,
    statutory_of,
)
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
class Seen:
    """An access as the caller sees it."""

    access: Statutory
    side: Side
    moment: Instant
    objected: bool

    def json(self) -> dict[str, object]:
        """The GET shape."""
        return statutory_json(self.access, self.moment, objected=self.objected)

    def tag(self) -> str:
        """KC-7."""
        return etag_of(str(self.json()["state"]), self.side, self.access.version)


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
    for move, at in due(access, moment):
        access = await _make(tx, access, move, SERVER, at)
    if access.state is State.ACTIVE:
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
    for pod in await pods_reached(tx, access, most):
        await tell_pod(tx, access, pod, moment)


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
    return len(found)


async def _late(tx: Tx, house: House, most: int) -> Collection[Statutory]:
    return await late(tx, await clock.instant(tx, house.now()), most)


async def _classes(tx: Tx, house: House) -> Collection[Statutory]:
    moment = await clock.instant(tx, house.now())
    return [a for a in await of_classes(tx) if a.state_at(moment) is State.ACTIVE]


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
        await _side(tx, await caller_of(tx, try_.who, house.base), access, False)
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
    if try_.move in (Move.END, Move.SUSPEND):
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
    rows = await tx.all(
        "SELECT pod FROM statutory_told WHERE statutory = :id ORDER BY pod LIMIT :most",
        id=access.id,
        most=MOST_TOLD,
    )
    for row in rows:
        await outbox.record(tx, Iri(row["pod"]), STOPPED, access.id, moment)


async def object_(
    house: House, who: Who, id_: Iri, objection: tuple[str, bool, Iri], once: Once = NEW
) -> Answer:
    """GDPR 21: the subject objects. `objection`: why, whether it stands still meanwhile, its case."""
    return await house.db.write(id_, _object, who, id_, objection, once, house)


async def _object(
    tx: Tx, who: Who, id_: Iri, objection: tuple[str, bool, Iri], once: Once, house: House
) -> Answer:
    text, stops, name = objection
    caller = await caller_of(tx, who, house.base)
    moment = await clock.instant(tx, house.now())
    access = await find_statutory(tx, id_)
    side = await _side(tx, caller, access, await operates(tx, who, house.base))
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
    await add_event(tx, access, Move.SUSPEND if stops else Move.DECLARE, "subject", moment, details)
    await clock.mark(tx, moment)
    return await keep(tx, once, Answer(201, case.json(moment), {"Location": case.id}), moment)


async def look(house: House, who: Who, id_: Iri) -> Seen:
    """One access, for its subject, its agency and operators."""
    return await house.db.read(_look, who, id_, house)


async def _look(tx: Tx, who: Who, id_: Iri, house: House) -> Seen:
    caller = await caller_of(tx, who, house.base)
    access = await find_statutory(tx, id_)
    side = await _side(tx, caller, access, await operates(tx, who, house.base))
    if access is None:
        raise LookupError("an access with a side is there")
    moment = await clock.instant(tx, house.now())
    return await _seen(tx, access, side, caller, moment)


async def _seen(
    tx: Tx, access: Statutory, side: Side, caller: Caller, moment: Instant
) -> Seen:
    subject = caller.webid if side is Side.SUBJECT else access.subject or ""
    return Seen(access, side, moment, await objected(tx, access.id, subject=subject))


async def _side(tx: Tx, caller: Caller, access: Statutory | None, operator: bool) -> Side:
    """KC-4: whose it is, or as if it were not there."""
    if access is not None and caller.agency == access.agency:
        return Side.AGENCY
    if access is not None and await _is_hers(tx, access, caller):
        caller.subject()
        return Side.SUBJECT
    if access is not None and operator:
        return Side.OPERATOR
    raise Missing("There is nothing of yours by that name.")


async def _is_hers(tx: Tx, access: Statutory, caller: Caller) -> bool:
    if access.subject is not None:
        return access.subject == caller.webid
    owner = await tx.one("SELECT 1 AS owns FROM owner WHERE webid = :w LIMIT 1", w=caller.webid)
    return owner is not None and await concerns(tx, access, caller.webid)


async def history(house: House, who: Who, id_: Iri) -> list[dict[str, object]]:
    """Every event, for those who see the access; what another subject did is not in it."""
    return await house.db.read(_history, who, id_, house)


async def _history(tx: Tx, who: Who, id_: Iri, house: House) -> list[dict[str, object]]:
    seen = await _look(tx, who, id_, house)
    events = await events_of(tx, id_)
    if seen.access.subject is None and seen.side is not Side.OPERATOR:
        events = [event for event in events if event["by"] != "subject"]
    return events


async def list_statutory(house: House, who: Who, page: Page) -> list[Seen]:
    """Newest first: an agency's own, those about a person, or for an operator all."""
    return await house.db.read(_list, who, page, house)


async def _list(tx: Tx, who: Who, page: Page, house: House) -> list[Seen]:
    caller = await caller_of(tx, who, house.base)
    every = await operates(tx, who, house.base)
    subject = None
    if caller.decides or (caller.agency is None and not every):
        subject = caller.subject()
    moment = await clock.instant(tx, house.now())
    found = list(await statutory_of(tx, caller.agency, subject, every, page))
    if subject is not None and not every:
        found = await _with_classes(tx, found, caller, page)
    return [
        await _seen(tx, access, await _side(tx, caller, access, every), caller, moment)
        for access in found
    ]


async def _with_classes(
    tx: Tx, found: list[Statutory], caller: Caller, page: Page
) -> list[Statutory]:
    known = {access.id for access in found}
    after = await find_statutory(tx, page.after) if page.after is not None else None
    last = 2**62 if after is None else after.seq
    more = [a for a in await of_classes(tx) if a.seq < last and a.id not in known]
    found += [access for access in more if await _is_hers(tx, access, caller)]
    return sorted(found, key=lambda access: -access.seq)[: page.limit]
