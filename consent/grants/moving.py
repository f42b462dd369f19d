# SPDX-License-Identifier: EUPL-1.2
"""One move of a grant with all that follows it in the same commit: event, receipts, news."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from consent.asking import reminders
from consent.asking.requests import callback_of
from consent.grants.grant import OPEN, Grant, Move, due, moved, narrowed
from consent.grants.ledger import add_event, find_grant, save_move
from consent.grants.states import Cause
from consent.proof.receipt import Press, issue, new_codes
from consent.telling.announce import News, announce
from consent.terms import Terms
from notify import outbox
from pod import clock
from pod.database import Tx
from pod.instant import Instant

SERVER = "server"

# What the citizen is told of, in her pod's own row of changes (domain.md 2.8).
_TOLD: Mapping[Move, str] = {
    Move.START: "ConsentStarted",
    Move.PAUSE: "ConsentPaused",
    Move.RESUME: "ConsentResumed",
    Move.NARROW: "ConsentNarrowed",
    Move.EXPIRE: "ConsentExpired",
    Move.EXHAUST: "ConsentExhausted",
    Move.WITHDRAW: "ConsentWithdrawn",
    Move.RELINQUISH: "ConsentRelinquished",
    Move.REVOKE: "ConsentRevoked",
    Move.INVALIDATE: "ConsentInvalidated",
    Move.SUPERSEDE: "ConsentSuperseded",
}
# What the agency is told of (KC-24).
_NEWS: Mapping[Move, str] = {
    Move.START: "grant.active",
    Move.PAUSE: "grant.paused",
    Move.RESUME: "grant.resumed",
    Move.NARROW: "grant.narrowed",
    Move.EXPIRE: "grant.expired",
    Move.EXHAUST: "grant.exhausted",
    Move.WITHDRAW: "grant.withdrawn",
    Move.RELINQUISH: "grant.relinquished",
    Move.REVOKE: "grant.revoked",
    Move.INVALIDATE: "grant.invalidated",
    Move.SUPERSEDE: "grant.superseded",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A move that somebody makes. `cause` goes with a pause, `terms` with a narrowing."""

    move: Move
    by: str
    details: Mapping[str, object] = field(default_factory=dict)
    cause: Cause | None = None
    terms: Terms | None = None


async def make(
    tx: Tx,
    press: Press,
    grant: Grant,
    step: Step,
    moment: Instant,
    codes: tuple[str, str] | None = None,
) -> tuple[Grant, dict[str, str]]:
    """The grant after the move, and the receipts by side (domain.md §4)."""
    if step.terms is None:
        after = moved(grant, step.move, moment, step.cause)
    else:
        after = narrowed(grant, step.terms, moment)
    await save_move(tx, grant, after)
    details = {
        **({} if after.state in OPEN else {"uses": after.uses}),
        **({} if step.cause is None else {"cause": step.cause}),
        **step.details,
    }
    event = await add_event(tx, after, step.move, moment, step.by, details)
    receipts: dict[str, str] = {}
    if step.move is not Move.START:
        receipts = await issue(tx, press, after, event, moment, codes or new_codes())
    await outbox.record(tx, after.pod, _TOLD[step.move], after.id, moment)
    await tell(tx, after, _NEWS[step.move], moment)
    if after.state not in OPEN:
        await reminders.forget(tx, after.id)
    await clock.mark(tx, moment)
    return after, receipts


async def tell(tx: Tx, grant: Grant, kind: str, moment: Instant) -> None:
    """KC-24: what the agency hears of its grant; where, its request said."""
    callback = await callback_of(tx, grant.request)
    news = News(grant.agency, kind, grant.state, grant.request, grant.id, grant.version, callback)
    await announce(tx, news, moment)


async def settle(tx: Tx, press: Press, grant: Grant, moment: Instant) -> Grant:
    """Write down what the clock has done: starting, expiring, each stamped with its own instant.

    Enforcement never waits for this: states are compared with the time at every decision.
    """
    for move, at in due(grant, moment):
        grant, _ = await make(tx, press, grant, Step(move, SERVER), at)
        if move is Move.START and await _is_suspended(tx, grant.purpose):
            # domain.md 2.5: what begins while its purpose is suspended begins asleep.
            rest = Step(Move.PAUSE, SERVER, cause=Cause.PURPOSE_SUSPENDED)
            grant, _ = await make(tx, press, grant, rest, at)
    return grant


async def _is_suspended(tx: Tx, purpose: str) -> bool:
    row = await tx.one("SELECT state FROM purpose WHERE id = :id", id=purpose)
    return row is not None and row["state"] == "suspended"


async def exhaust(tx: Tx, press: Press, grant: Grant, moment: Instant) -> None:
    """KC-20a: the last allowed use ends the grant, in the commit that counts it."""
    grant = await settle(tx, press, grant, moment)
    await make(tx, press, grant, Step(Move.EXHAUST, SERVER), moment)


async def supersede(tx: Tx, press: Press, id_: str, new: Grant, by: str, moment: Instant) -> None:
    """domain.md 2.2: after a renewal only the new grant counts."""
    old = await find_grant(tx, id_)
    if old is None:
        raise LookupError("a grant that was renewed is gone")
    old = await settle(tx, press, old, moment)
    if old.state in OPEN:
        step = Step(Move.SUPERSEDE, by, {"supersededBy": new.id})
        await make(tx, press, old, step, moment)
