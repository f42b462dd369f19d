# SPDX-License-Identifier: EUPL-1.2
"""Opening and moving cases, each in one commit (KC-28)."""

from collections.abc import Collection
from dataclasses import dataclass

import orjson

from consent.asking.holdings import pods_of
from consent.caller import (
    Caller,
    Side,
    caller_of,
    etag_of,
    owns,
    require_match,
    require_side,
)
from consent.cases.cases import (
    Case,
    Kind,
    Move,
    cases_of,
    find_case,
    moved,
    open_case,
    save_case,
    tell,
)
from consent.grants.ledger import find_grant
from consent.house import House
from consent.law.reach import concerns
from consent.law.rows import find_statutory, lift
from consent.lists import Page
from consent.once import Answer, Once, earlier, keep
from identity.who import Who
from notify import outbox
from pod import clock
from pod.database import Tx
from pod.errors import Missing, Unprocessable
from pod.instant import Instant
from pod.iri import Iri

NEW = Once()
_MOVER = {
    Move.ANSWER: Side.AGENCY,
    Move.EXTEND: Side.AGENCY,
    Move.ESCALATE: Side.SUBJECT,
    Move.CLOSE: Side.SUBJECT,
}
_TOLD = {Move.ANSWER: "CaseAnswered", Move.EXTEND: "CaseExtended"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the citizen asks, before it is known whose it is."""

    kind: Kind
    about: str
    text: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A case as the caller sees it."""

    case: Case
    side: Side
    moment: Instant

    def json(self) -> dict[str, object]:
        """The GET shape."""
        return self.case.json(self.moment)

    def tag(self) -> str:
        """KC-7."""
        return etag_of(self.case.state, self.side, self.case.version)


@dataclass(frozen=True, slots=True)
class Try:
    """One caller's try at one move, with what she says."""

    who: Who
    move: Move
    text: str | None = None
    once: Once = NEW
    if_match: Collection[str] | None = None


async def ask(house: House, who: Who, asked: Asked, name: Iri, once: Once = NEW) -> Answer:
    """KC-28: the subject opens a case about something of hers."""
    return await house.db.write(who.webid, _ask, who, asked, name, once, house)


async def _ask(tx: Tx, who: Who, asked: Asked, name: Iri, once: Once, house: House) -> Answer:
    caller = await caller_of(tx, who, house.base)
    subject = caller.subject()
    moment = await clock.instant(tx, house.now())
    again = await earlier(tx, once, moment)
    if again is not None:
        return again
    agency = await _agency_behind(tx, subject, asked.about)
    if agency is None:
        raise Unprocessable(
            "about names nothing of yours that an agency is behind.",
            problem="bad-term",
            errors=[{"pointer": "/about", "detail": "no permission, access or entry of yours"}],
        )
    new = Case.opened(name, asked.kind, subject, agency, asked.about, asked.text, moment)
    case = await open_case(tx, new)
    await clock.mark(tx, moment)
    seen = Seen(case, Side.SUBJECT, moment)
    headers = {"Location": case.id, "ETag": f'"{seen.tag()}.j"'}
    return await keep(tx, once, Answer(201, seen.json(), headers), moment)


async def _agency_behind(tx: Tx, subject: str, about: str) -> str | None:
    """The agency of a grant, statutory access or log entry of this person."""
    grant = await find_grant(tx, about)
    if grant is not None:
        return grant.agency if await owns(tx, subject, grant.pod) else None
    access = await find_statutory(tx, about)
    if access is not None:
        hers = access.subject == subject or bool(await pods_of(tx, subject))
        return access.agency if hers and await concerns(tx, access, subject) else None
    row = await tx.one("SELECT pod, entry FROM journal WHERE id = :id", id=about)
    if row is None or not await owns(tx, subject, row["pod"]):
        return None
    agency = orjson.loads(row["entry"])["agency"]
    return None if agency is None else str(agency)


async def move(house: House, id_: Iri, try_: Try) -> Answer:
    """Answer, extend, escalate or close."""
    return await house.db.write(id_, _move, id_, try_, house)


async def _move(tx: Tx, id_: Iri, try_: Try, house: House) -> Answer:
    caller = await caller_of(tx, try_.who, house.base)
    case = await find_case(tx, id_)
    side = _side(caller, case)
    require_side(side, _MOVER[try_.move])
    if case is None:
        raise LookupError("a case with a side is there")
    moment = await clock.instant(tx, house.now())
    again = await earlier(tx, try_.once, moment)
    if again is not None:
        return again
    require_match(try_.if_match, Seen(case, side, moment).tag())
    after = moved(case, try_.move, side, try_.text, moment)
    await save_case(tx, case, after)
    await _follow(tx, after, try_.move, moment)
    await clock.mark(tx, moment)
    seen = Seen(after, side, moment)
    return await keep(
        tx, try_.once, Answer(200, seen.json(), {"ETag": f'"{seen.tag()}.j"'}), moment
    )


async def _follow(tx: Tx, case: Case, move_: Move, moment: Instant) -> None:
    """Whom else it concerns (domain.md 2.8); an objection that is closed stops nothing more."""
    if move_ in _TOLD:
        for pod in (await pods_of(tx, case.subject))[:1]:
            await outbox.record(tx, pod, _TOLD[move_], case.id, moment)
    if move_ is Move.ANSWER:
        await tell(tx, case, "case.answered", moment)
    if move_ is Move.CLOSE:
        await lift(tx, case=case.id)


def _side(caller: Caller, case: Case | None) -> Side:
    """KC-4: whose it is, or as if it were not there."""
    if case is not None and caller.agency == case.agency:
        return Side.AGENCY
    if case is not None and case.subject == caller.webid:
        caller.subject()
        return Side.SUBJECT
    raise Missing("There is nothing of yours by that name.")


async def look(house: House, who: Who, id_: Iri) -> Seen:
    """One case, for its two sides."""
    return await house.db.read(_look, who, id_, house)


async def _look(tx: Tx, who: Who, id_: Iri, house: House) -> Seen:
    caller = await caller_of(tx, who, house.base)
    case = await find_case(tx, id_)
    side = _side(caller, case)
    if case is None:
        raise LookupError("a case with a side is there")
    return Seen(case, side, await clock.instant(tx, house.now()))


async def list_cases(house: House, who: Who, page: Page) -> list[Seen]:
    """An agency's, or a person's own; newest first."""
    return await house.db.read(_list, who, page, house)


async def _list(tx: Tx, who: Who, page: Page, house: House) -> list[Seen]:
    caller = await caller_of(tx, who, house.base)
    subject = caller.subject() if caller.decides or caller.agency is None else None
    moment = await clock.instant(tx, house.now())
    found = await cases_of(tx, caller.agency, subject, page)
    return [Seen(case, _side(caller, case), moment) for case in found]
