# SPDX-License-Identifier: EUPL-1.2
"""Decision 16: the commit that makes a prepared answer under a grant one that may be given."""

from dataclasses import replace

from acl.decide import decide
from acl.journal import new_id, record_use
from acl.modes import Mode
from acl.permit import Permit
from acl.soon import log_unavailable
from ldp.admission import Denied, refusal
from ldp.ask import Answer, Ask, House
from ldp.uses import use_of, why_free
from pod import clock
from pod.contents import find
from pod.database import Tx
from pod.errors import Unavailable
from pod.instant import Instant
from pod.iri import Iri
from pod.resource import Found, Resource


async def settled(house: House, ask: Ask, seen: Found, permit: Permit, answer: Answer) -> bool:
    """Whether it may go out now; if not, what it was made from is there no longer."""
    entry, done = new_id(house.base), False
    try:
        done = await house.db.write(seen.pod, _settle, house, ask, seen, permit, answer, entry)
    except Unavailable as error:
        raise log_unavailable() from error
    finally:
        if not done:
            answer.close()
    if done:
        name_entry(answer, permit, entry)
    return done


def name_entry(answer: Answer, permit: Permit, entry: Iri) -> None:
    """The headers that tell by which grant it was given, and where the log says so."""
    named = {"Kluis-Grant": permit.because, "Kluis-Log": entry}
    answer.headers.update(named)
    if answer.refusal is not None:
        answer.refusal.headers.update(named)


async def _settle(
    tx: Tx, house: House, ask: Ask, seen: Found, permit: Permit, answer: Answer, entry: Iri
) -> bool:
    """One commit: decision, count, log entry. False when what was prepared is no longer true."""
    now = house.now()
    found = await find(tx, ask.target)
    decision = await decide(tx, ask.who, found, now, house.sources)
    current = decision.because(Mode.READ)
    if current is None or found.resource is None:
        raise refusal(ask.who, decision, ask.target)
    if not _same(seen, permit, found, current) or current.spend is None:
        return False
    await count_and_log(tx, ask, found.resource, current, answer, entry, now)
    return True


async def count_and_log(
    tx: Tx,
    ask: Ask,
    resource: Resource,
    permit: Permit,
    answer: Answer,
    entry: Iri,
    now: Instant,
) -> None:
    """In the transaction that decided: one use fewer, where it is one, and the log entry."""
    moment = await clock.stamp(tx, now)
    use = use_of(ask, resource, answer, permit.ground)
    free = await why_free(tx, ask, permit, str(use.version), answer, moment)
    if answer.status in (200, 206) and free is None and permit.spend is not None:
        if permit.wait is not None:
            raise Denied(permit.wait, ask.target)
        await permit.spend(tx, moment)
    await record_use(tx, replace(use, reason=free or use.reason), entry, moment, marked=True)


def _same(seen: Found, permit: Permit, found: Found, current: Permit) -> bool:
    """The very grant version, resource version and mode of access that the answer was made from."""
    before, now = seen.resource, found.resource
    if before is None or now is None or before.version != now.version:
        return False
    return (current.because, current.view) == (permit.because, permit.view)
