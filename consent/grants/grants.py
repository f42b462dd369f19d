# SPDX-License-Identifier: EUPL-1.2
"""Grants as their two sides see them: lists, one, its history, its record, its receipts (KC-15)."""

from dataclasses import dataclass

from consent.caller import Side, caller_of, etag_of, owns, side_of_grant
from consent.grants.grant import Grant, due, grant_json
from consent.grants.ledger import Filter, events_of, find_grant, grants_of
from consent.grants.settlement import settle_one
from consent.house import House
from consent.lists import Page
from consent.proof.receipt import Receipt, find_receipt, receipts_for, record_in_force
from consent.proof.record import Node
from identity.who import Who
from pod import clock
from pod.database import Tx
from pod.errors import Missing
from pod.instant import Instant


@dataclass(frozen=True, slots=True)
class Seen:
    """A grant with the side that looks at it, and that side's receipts."""

    grant: Grant
    side: Side
    moment: Instant
    receipts: tuple[str, ...]

    def json(self) -> dict[str, object]:
        """As the API shows it."""
        return grant_json(self.grant, self.moment, self.receipts)

    def tag(self) -> str:
        """KC-7: neither uses nor the last read change it."""
        return etag_of(self.grant.state_at(self.moment), self.side, self.grant.version)


async def _seen(tx: Tx, grant: Grant, side: Side, moment: Instant) -> Seen:
    return Seen(grant, side, moment, tuple(await receipts_for(tx, grant.id, [side])))


async def grants(house: House, who: Who, filters: Filter, page: Page) -> list[Seen]:
    """An agency's own, or those in a person's pods; newest first."""
    return await house.db.read(_grants, who, filters, page, house)


async def _grants(tx: Tx, who: Who, filters: Filter, page: Page, house: House) -> list[Seen]:
    caller = await caller_of(tx, who, house.base)
    owner = caller.subject() if caller.decides or caller.agency is None else None
    moment = await clock.instant(tx, house.now())
    found = await grants_of(tx, caller.agency, owner, filters, moment, page)
    return [
        await _seen(
            tx, grant, Side.AGENCY if grant.agency == caller.agency else Side.SUBJECT, moment
        )
        for grant in found
    ]


async def grant(house: House, who: Who, id_: str) -> Seen:
    """One grant. What the clock has done to it meanwhile is written down first."""
    seen = await house.db.read(_grant, who, id_, house)
    if due(seen.grant, seen.moment):
        await house.db.write(seen.grant.pod, settle_one, id_, house)
        seen = await house.db.read(_grant, who, id_, house)
    return seen


async def _grant(tx: Tx, who: Who, id_: str, house: House) -> Seen:
    caller = await caller_of(tx, who, house.base)
    found = await find_grant(tx, id_)
    side = await side_of_grant(tx, caller, found)
    if found is None:
        raise LookupError("a grant with a side is there")
    return await _seen(tx, found, side, await clock.instant(tx, house.now()))


async def history(house: House, who: Who, id_: str) -> list[dict[str, object]]:
    """Every event, oldest first."""
    await grant(house, who, id_)
    return await house.db.read(_history, who, id_, house)


async def _history(tx: Tx, who: Who, id_: str, house: House) -> list[dict[str, object]]:
    seen = await _grant(tx, who, id_, house)
    return [event.json() for event in await events_of(tx, seen.grant.id)]


async def record(house: House, who: Who, id_: str) -> Node:
    """The grant as a dpv:ConsentRecord (domain.md §3)."""
    await grant(house, who, id_)
    return await house.db.read(_record, who, id_, house)


async def _record(tx: Tx, who: Who, id_: str, house: House) -> Node:
    seen = await _grant(tx, who, id_, house)
    return await record_in_force(tx, seen.grant, house.base)


async def receipt(house: House, who: Who, id_: str) -> Receipt:
    """One side's own copy; the other side's is not there for it (KC-18)."""
    return await house.db.read(_receipt, who, id_, house)


async def _receipt(tx: Tx, who: Who, id_: str, house: House) -> Receipt:
    caller = await caller_of(tx, who, house.base)
    found = await find_receipt(tx, id_)
    its = None if found is None else await find_grant(tx, found.grant)
    if found is None or its is None:
        raise Missing("There is nothing of yours by that name.")
    if found.party == Side.AGENCY and caller.agency == its.agency:
        return found
    if found.party == Side.SUBJECT and await owns(tx, caller.webid, its.pod):
        caller.subject()
        return found
    raise Missing("There is nothing of yours by that name.")
