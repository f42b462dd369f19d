# SPDX-License-Identifier: EUPL-1.2
"""What people do with a grant: both sides and the operator, each move in one commit (KC-16)."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from consent.caller import (
    Caller,
    Side,
    caller_of,
    etag_of,
    operates,
    require_match,
    require_side,
    side_of_grant,
)
from consent.grants.grant import Grant, Move, grant_json, moved
from consent.grants.ledger import find_grant
from consent.grants.moving import Step, make, settle
from consent.grants.states import Cause
from consent.house import House
from consent.once import Answer, Once, earlier, keep
from consent.proof.receipt import Press, new_codes, receipts_for
from identity.who import Who
from pod import clock
from pod.database import Tx
from pod.errors import Clash, Missing
from pod.instant import Instant
from pod.iri import Iri

NEW = Once()
Told = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Moved:
    """A move that was made, before its answer is kept."""

    before: Grant
    after: Grant
    receipts: Mapping[str, str]
    moment: Instant


@dataclass(frozen=True, slots=True)
class Wish:
    """Who may make the move, what it is of this grant, and what the answer says beside the grant.

    `step` sees the grant as it is now, so that what it takes is measured against that.
    """

    side: Side
    step: Callable[[Tx, Grant, Caller, Instant], Awaitable[Step]]
    more: Callable[[Tx, Moved], Awaitable[Told]] | None = None


@dataclass(frozen=True, slots=True)
class Try:
    """One caller's try at one grant."""

    who: Who
    id: str
    once: Once
    if_match: Collection[str] | None
    codes: tuple[str, str]


async def do(
    house: House,
    who: Who,
    id_: str,
    wish: Wish,
    once: Once = NEW,
    if_match: Collection[str] | None = None,
) -> Answer:
    """Make the move: 200 with the grant as it is then, for the side that made it."""
    pod = await house.db.read(_pod_of, id_)
    lock = id_ if pod is None else pod
    try_ = Try(who, id_, once, if_match, new_codes())
    return await house.db.write(lock, _do, try_, wish, house)


async def _pod_of(tx: Tx, id_: str) -> Iri | None:
    grant = await find_grant(tx, id_)
    return None if grant is None else grant.pod


async def _do(tx: Tx, try_: Try, wish: Wish, house: House) -> Answer:
    caller, grant = await _theirs(tx, try_.who, try_.id, wish.side, house)
    moment = await clock.instant(tx, house.now())
    again = await earlier(tx, try_.once, moment)
    if again is not None:
        return again
    require_match(try_.if_match, etag_of(grant.state_at(moment), wish.side, grant.version))
    press = Press(house.base, house.signer)
    before = await settle(tx, press, grant, moment)
    step = await wish.step(tx, before, caller, moment)
    after, receipts = await make(tx, press, before, step, moment, try_.codes)
    made = Moved(before, after, receipts, moment)
    more = {} if wish.more is None else await wish.more(tx, made)
    body = {**grant_json(after, moment, await receipts_for(tx, after.id, [wish.side])), **more}
    tag = etag_of(after.state, wish.side, after.version)
    return await keep(tx, try_.once, Answer(200, body, {"ETag": f'"{tag}.j"'}), moment)


async def _theirs(tx: Tx, who: Who, id_: str, side: Side, house: House) -> tuple[Caller, Grant]:
    """Caller and grant, for the side whose move it is; KC-4 for everybody else."""
    caller = await caller_of(tx, who, house.base)
    grant = await find_grant(tx, id_)
    if side is Side.OPERATOR and await operates(tx, who, house.base):
        if grant is None:
            raise Missing("There is no permission by that name.")
        return caller, grant
    require_side(await side_of_grant(tx, caller, grant), side)
    if grant is None:
        raise LookupError("a grant with a side is there")
    return caller, grant


async def require_known(tx: Tx, who: Who, id_: str, side: Side, house: House) -> None:
    """Missing or Refused before anything of a body is judged: it is not theirs to try."""
    await _theirs(tx, who, id_, side, house)


def said(who: Who) -> dict[str, object]:
    """FED-4: the assurance of the sign-in goes with every decision."""
    return {} if who.acr is None else {"acr": who.acr}


def plain(
    who: Who, move: Move, details: Told | None = None, cause: Cause | None = None
) -> Callable[[Tx, Grant, Caller, Instant], Awaitable[Step]]:
    """A move that needs no look at the grant."""

    async def step(tx: Tx, grant: Grant, caller: Caller, moment: Instant) -> Step:
        return Step(move, caller.webid, {**said(who), **(details or {})}, cause)

    return step


async def pause(
    house: House,
    who: Who,
    id_: str,
    once: Once = NEW,
    if_match: Collection[str] | None = None,
) -> Answer:
    """Put it to sleep: nothing can be read until she wakes it."""
    wish = Wish(Side.SUBJECT, plain(who, Move.PAUSE, cause=Cause.CITIZEN))
    return await do(house, who, id_, wish, once, if_match)


async def resume(
    house: House,
    who: Who,
    id_: str,
    once: Once = NEW,
    if_match: Collection[str] | None = None,
) -> Answer:
    """Wake it, within its time, unless it sleeps for a reason that is not hers."""

    async def step(tx: Tx, grant: Grant, caller: Caller, moment: Instant) -> Step:
        # KC-7: what cannot be woken any more is told before why it sleeps.
        moved(grant, Move.RESUME, moment)
        await require_wakeable(tx, grant)
        return Step(Move.RESUME, caller.webid, said(who))

    return await do(house, who, id_, Wish(Side.SUBJECT, step), once, if_match)


async def require_wakeable(tx: Tx, grant: Grant) -> None:
    """domain.md 2.5: no grant of a suspended purpose is awake."""
    row = await tx.one("SELECT state FROM purpose WHERE id = :id", id=grant.purpose)
    if row is not None and row["state"] == "suspended":
        raise Clash(
            "The purpose of this permission is suspended; it sleeps until that is over.",
            problem="purpose-suspended",
            more={"state": grant.state},
        )


async def relinquish(
    house: House,
    who: Who,
    id_: str,
    once: Once = NEW,
    if_match: Collection[str] | None = None,
) -> Answer:
    """The agency is done early and gives it back."""
    return await do(house, who, id_, Wish(Side.AGENCY, plain(who, Move.RELINQUISH)), once, if_match)
