# SPDX-License-Identifier: EUPL-1.2
"""Statutory accesses as those see them whom they concern: person, agency, operator (KC-26)."""

from dataclasses import dataclass

from consent.caller import Caller, Side, caller_of, etag_of, operates
from consent.house import House
from consent.law.reach import concerns
from consent.law.rows import (
    events_of,
    find_statutory,
    objected,
    of_classes,
    statutory_of,
)
from consent.law.statutory import Statutory, statutory_json
from consent.lists import Page
from identity.who import Who
from pod import clock
from pod.database import Tx
from pod.errors import Missing
from pod.instant import Instant
from pod.iri import Iri


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


async def look(house: House, who: Who, id_: Iri) -> Seen:
    """One access, for its subject, its agency and operators."""
    return await house.db.read(_look, who, id_, house)


async def _look(tx: Tx, who: Who, id_: Iri, house: House) -> Seen:
    caller = await caller_of(tx, who, house.base)
    access = await find_statutory(tx, id_)
    side = await side_of(tx, caller, access, await operates(tx, who, house.base))
    if access is None:
        raise LookupError("an access with a side is there")
    moment = await clock.instant(tx, house.now())
    return await _seen(tx, access, side, caller, moment)


async def _seen(tx: Tx, access: Statutory, side: Side, caller: Caller, moment: Instant) -> Seen:
    subject = caller.webid if side is Side.SUBJECT else access.subject or ""
    return Seen(access, side, moment, await objected(tx, access.id, subject=subject))


async def side_of(tx: Tx, caller: Caller, access: Statutory | None, operator: bool) -> Side:
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
    if seen.side is Side.OPERATOR:
        return events
    if seen.access.subject is None:
        events = [event for event in events if event["by"] != "subject"]
    # Which operator it was is between the operators.
    return [
        {**e, "by": e["by"] if e["by"] in ("subject", "server") else "operator"} for e in events
    ]


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
        await _seen(tx, access, await side_of(tx, caller, access, every), caller, moment)
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
