# SPDX-License-Identifier: EUPL-1.2
"""Agencies draft purposes; operators publish, suspend and retire: one table (domain.md 2.5)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256

import orjson

from consent.caller import Caller, caller_of, operates, require_match, require_operator
from consent.grants.sleeping import pause_for_purpose, resume_for_purpose
from consent.house import House
from consent.once import Answer, Once, earlier, keep
from consent.proof.receipt import Press
from consent.registry.agency import (
    Agency,
    add_agency,
    agency_at,
    agency_json,
    change_agency,
    find_agency,
)
from consent.registry.purpose import (
    Purpose,
    Shelf,
    add_purpose,
    change_purpose,
    purpose_at,
    purpose_json,
    purposes,
    slug_owner,
)
from consent.registry.rules import read_draft, read_new_agency
from consent.telling.announce import News, announce
from identity.who import Who
from pod import clock
from pod.database import Tx
from pod.errors import Clash, Missing, Refused, Unprocessable
from pod.instant import Instant

NEW = Once()
MOST_DRAFTS = 200


class Move(StrEnum):
    """What an operator does with a purpose or an agency."""

    PUBLISH = "publish"
    SUSPEND = "suspend"
    RETIRE = "retire"
    RESUME = "resume"


PURPOSE_MOVES: Mapping[tuple[str, Move], str] = {
    ("draft", Move.PUBLISH): "published",
    ("published", Move.SUSPEND): "suspended",
    ("suspended", Move.PUBLISH): "published",
    ("published", Move.RETIRE): "retired",
    ("suspended", Move.RETIRE): "retired",
}
AGENCY_MOVES: Mapping[tuple[str, Move], str] = {
    ("active", Move.SUSPEND): "suspended",
    ("suspended", Move.RESUME): "active",
}


@dataclass(frozen=True, slots=True)
class Try:
    """One caller's try at one move of the registry."""

    who: Who
    move: Move
    once: Once = NEW
    if_match: Collection[str] | None = None


def tag_of(document: Mapping[str, object]) -> str:
    """The strong tag of what the registry shows (KC-7)."""
    return sha256(orjson.dumps(document)).hexdigest()[:16]


async def propose(house: House, who: Who, body: dict[str, object], once: Once = NEW) -> Answer:
    """KC-7: an agency's new version of a purpose, as a draft."""
    agency = await house.db.read(_agency_of, who, house)
    moment = await house.db.read(clock.instant, house.now())
    purpose = read_draft({"agency": agency, **body}, house.base, moment)
    return await house.db.write(purpose.id, _propose, who, purpose, once, house)


async def _agency_of(tx: Tx, who: Who, house: House) -> str:
    caller = await caller_of(tx, who, house.base)
    if caller.agency is None:
        raise Refused(
            "Only a registered agency, with its own WebID and client, drafts purposes.",
            problem="not-an-agency",
        )
    return caller.agency


async def _propose(tx: Tx, who: Who, purpose: Purpose, once: Once, house: House) -> Answer:
    agency = await _agency_of(tx, who, house)
    moment = await clock.instant(tx, house.now())
    again = await earlier(tx, once, moment)
    if again is not None:
        return again
    if purpose.agency != agency:
        raise Refused(
            "An agency drafts its own purposes, nobody else's.", problem="not-yours-to-decide"
        )
    await _require_room(tx, agency)
    taken = await slug_owner(tx, purpose.slug) not in (None, agency)
    if taken or not await add_purpose(tx, purpose, moment):
        raise Clash(
            "This version of this purpose is there already; a change is a new version.",
            problem="exists",
        )
    return await _kept(tx, once, 201, purpose.id, purpose_json(purpose), moment)


async def _require_room(tx: Tx, agency: str) -> None:
    row = await tx.one(
        "SELECT count(*) AS n FROM purpose WHERE agency = :agency AND state = 'draft'",
        agency=agency,
    )
    if row is not None and int(row["n"]) >= MOST_DRAFTS:
        raise Unprocessable(
            f"{MOST_DRAFTS} drafts of yours are waiting; an operator looks at those first.",
            problem="too-many",
        )


async def _kept(
    tx: Tx, once: Once, status: int, name: str, body: dict[str, object], moment: Instant
) -> Answer:
    await clock.mark(tx, moment)
    headers = {"ETag": f'"{tag_of(body)}.j"', **({"Location": name} if status == 201 else {})}
    return await keep(tx, once, Answer(status, body, headers), moment)


async def move_purpose(house: House, slug: str, version: str, try_: Try) -> Answer:
    """Publish, suspend or retire, with what follows from it in the same commit."""
    lock = f"{house.base}.consent/purposes/{slug}/{version}"
    return await house.db.write(lock, _move_purpose, slug, version, try_, house)


async def _move_purpose(tx: Tx, slug: str, version: str, try_: Try, house: House) -> Answer:
    await require_operator(tx, try_.who, house.base)
    purpose = await purpose_at(tx, slug, version, house.base, every=True)
    if purpose is None:
        raise Missing("There is no such purpose.")
    moment = await clock.instant(tx, house.now())
    again = await earlier(tx, try_.once, moment)
    if again is not None:
        return again
    require_match(try_.if_match, tag_of(purpose_json(purpose)))
    state = _after(PURPOSE_MOVES, purpose.state, try_.move, "purpose")
    # Before its row says so: what began earlier was awake until now, and its history says that.
    await _follow(tx, purpose.state, replace(purpose, state=state), house, moment)
    after = await change_purpose(tx, purpose, state)
    return await _kept(tx, try_.once, 200, after.id, purpose_json(after), moment)


def _after(table: Mapping[tuple[str, Move], str], state: str, move: Move, what: str) -> str:
    after = table.get((state, move))
    if after is None:
        raise Clash(
            f"The {what} is {state}: it cannot {move} now.",
            problem="wrong-state",
            more={"state": state},
        )
    return after


async def _follow(tx: Tx, before: str, after: Purpose, house: House, moment: Instant) -> None:
    """domain.md 2.5: a suspension pauses the purpose's grants; the agency is told (KC-24)."""
    press = Press(house.base, house.signer)
    if after.state == "suspended":
        await pause_for_purpose(tx, press, after.id, moment)
    elif before == "suspended" and after.state == "published":
        await resume_for_purpose(tx, press, after.id, moment)
    if after.state not in ("suspended", "retired"):
        return
    agency = await find_agency(tx, after.agency, house.base)
    callback = agency.callbacks[0] if agency is not None and agency.callbacks else None
    number = int(after.version) if after.version.isdecimal() else None
    kind = f"purpose.{after.state}"
    news = News(after.agency, kind, after.state, version=number, callback=callback)
    await announce(tx, news, moment)


async def register(
    house: House, who: Who, body: dict[str, object], once: Once = NEW, *, loopback: bool = False
) -> Answer:
    """KC-7: an operator adds an agency."""
    await house.db.read(require_operator, who, house.base)
    agency = read_new_agency(body, house.base, loopback=loopback)
    return await house.db.write(agency.id, _register, who, agency, once, house)


async def _register(tx: Tx, who: Who, agency: Agency, once: Once, house: House) -> Answer:
    await require_operator(tx, who, house.base)
    moment = await clock.instant(tx, house.now())
    again = await earlier(tx, once, moment)
    if again is not None:
        return again
    if not await add_agency(tx, agency, moment):
        raise Clash("There is an agency by that name already.", problem="exists")
    return await _kept(tx, once, 201, agency.id, agency_json(agency), moment)


async def move_agency(house: House, slug: str, try_: Try) -> Answer:
    """Suspend an agency, so that it asks and reads nothing, or bring it back."""
    lock = f"{house.base}.consent/agencies/{slug}"
    return await house.db.write(lock, _move_agency, slug, try_, house)


async def _move_agency(tx: Tx, slug: str, try_: Try, house: House) -> Answer:
    await require_operator(tx, try_.who, house.base)
    agency = await agency_at(tx, slug, house.base)
    if agency is None:
        raise Missing("There is no such agency.")
    moment = await clock.instant(tx, house.now())
    again = await earlier(tx, try_.once, moment)
    if again is not None:
        return again
    require_match(try_.if_match, tag_of(agency_json(agency)))
    state = _after(AGENCY_MOVES, agency.state, try_.move, "agency")
    after = await change_agency(tx, agency, state)
    return await _kept(tx, try_.once, 200, after.id, agency_json(after), moment)


async def look_up(house: House, who: Who, slug: str, version: str) -> Purpose:
    """One version; a draft only for its agency and for operators."""
    return await house.db.read(_look_up, who, slug, version, house)


async def _look_up(tx: Tx, who: Who, slug: str, version: str, house: House) -> Purpose:
    purpose = await purpose_at(tx, slug, version, house.base, every=True)
    if purpose is not None and purpose.state == "draft":
        sees = await _sees_drafts(tx, who, house)
        purpose = purpose if sees is not None and sees in ("", purpose.agency) else None
    if purpose is None:
        raise Missing("There is no such purpose.")
    return purpose


async def _sees_drafts(tx: Tx, who: Who, house: House) -> str | None:
    """Whose drafts the caller sees: one agency's, every one's (empty), or nobody's (None)."""
    if who.webid is None:
        return None
    caller: Caller = await caller_of(tx, who, house.base)
    return "" if await operates(tx, who, house.base) else caller.agency


async def list_purposes(
    house: House, who: Who, shelf: Shelf, limit: int, after: str | None
) -> Collection[Purpose]:
    """The purposes in a state; drafts as `look_up` has them."""
    return await house.db.read(_list, who, shelf, limit, after, house)


async def _list(
    tx: Tx, who: Who, shelf: Shelf, limit: int, after: str | None, house: House
) -> Collection[Purpose]:
    if shelf.state == "draft":
        sees = await _sees_drafts(tx, who, house)
        if sees is None or (sees and shelf.agency not in (None, sees)):
            return []
        shelf = Shelf(shelf.state, shelf.agency or sees or None)
    return await purposes(tx, house.base, limit, after, shelf)
