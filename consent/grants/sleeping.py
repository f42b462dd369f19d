# SPDX-License-Identifier: EUPL-1.2
"""Putting many grants to sleep at once, and waking just those: in one commit (KC-16)."""

from collections.abc import Sequence
from dataclasses import dataclass

from consent.asking.holdings import pods_of
from consent.caller import caller_of
from consent.grants.grant import Grant, Move
from consent.grants.moves import NEW, said
from consent.grants.moving import SERVER, Step, make, settle
from consent.grants.states import Cause, State
from consent.grants.sweeps import active_in, asleep_in, in_force_for
from consent.house import House
from consent.once import Answer, Once, earlier, keep
from consent.proof.receipt import Press
from identity.who import Who
from pod import clock
from pod.database import Tx
from pod.errors import Unprocessable
from pod.instant import Instant

MOST = 2_000


@dataclass(frozen=True, slots=True)
class _Sweep:
    """One move of many grants by their person."""

    who: Who
    move: Move
    once: Once


async def pause_all(house: House, who: Who, once: Once = NEW) -> Answer:
    """Put every grant that is awake to sleep; the answer names those."""
    return await house.db.write(who.webid, _all, _Sweep(who, Move.PAUSE, once), house)


async def resume_all(house: House, who: Who, once: Once = NEW) -> Answer:
    """Wake what `pause_all` put to sleep, no more; the answer names those and what sleeps on."""
    return await house.db.write(who.webid, _all, _Sweep(who, Move.RESUME, once), house)


async def _all(tx: Tx, sweep: _Sweep, house: House) -> Answer:
    caller = await caller_of(tx, sweep.who, house.base)
    subject = caller.subject()
    moment = await clock.instant(tx, house.now())
    again = await earlier(tx, sweep.once, moment)
    if again is not None:
        return again
    press = Press(house.base, house.signer)
    found = await _found(tx, subject, sweep.move)
    sleeping = await _suspended(tx)
    moved: list[str] = []
    left: list[str] = []
    for each in found:
        grant = await settle(tx, press, each, moment)
        if grant.state is not (State.ACTIVE if sweep.move is Move.PAUSE else State.PAUSED):
            continue
        if sweep.move is Move.RESUME and grant.purpose in sleeping:
            left.append(grant.id)
            continue
        cause = Cause.CITIZEN_ALL if sweep.move is Move.PAUSE else None
        step = Step(sweep.move, subject, said(sweep.who), cause)
        after, _ = await make(tx, press, grant, step, moment)
        moved.append(after.id)
    await clock.mark(tx, moment)
    word = "paused" if sweep.move is Move.PAUSE else "resumed"
    body: dict[str, object] = {word: moved, **({"stillPaused": left} if left else {})}
    return await keep(tx, sweep.once, Answer(200, body), moment)


async def _found(tx: Tx, subject: str, move: Move) -> Sequence[Grant]:
    find = active_in if move is Move.PAUSE else asleep_in
    found = [grant for pod in await pods_of(tx, subject) for grant in await find(tx, pod)]
    if len(found) > MOST:
        raise Unprocessable(
            f"More than {MOST} permissions at once is too many; take them one by one.",
            problem="too-many",
        )
    return found


async def _suspended(tx: Tx) -> frozenset[str]:
    rows = await tx.all("SELECT id FROM purpose WHERE state = 'suspended'")
    return frozenset(row["id"] for row in rows)


async def pause_for_purpose(tx: Tx, press: Press, purpose: str, moment: Instant) -> list[str]:
    """domain.md 2.5: a purpose that is suspended pauses its grants.

    Called in that commit, before the purpose's row says so: until then they were awake. Those
    that sleep already go on sleeping for their own reason. Names of what was paused.
    """
    paused: list[str] = []
    for each in await in_force_for(tx, purpose):
        grant = await settle(tx, press, each, moment)
        if grant.state is State.ACTIVE:
            step = Step(Move.PAUSE, SERVER, cause=Cause.PURPOSE_SUSPENDED)
            paused.append((await make(tx, press, grant, step, moment))[0].id)
    return paused


async def resume_for_purpose(tx: Tx, press: Press, purpose: str, moment: Instant) -> list[str]:
    """The purpose is published again: wake what its suspension put to sleep, no more.

    Called in that commit, before the purpose's row says so: until then they slept, also those
    whose time came meanwhile. Names of what was woken.
    """
    woken: list[str] = []
    for each in await in_force_for(tx, purpose):
        grant = await settle(tx, press, each, moment)
        if grant.state is State.PAUSED and grant.cause is Cause.PURPOSE_SUSPENDED:
            woken.append((await make(tx, press, grant, Step(Move.RESUME, SERVER), moment))[0].id)
    return woken
