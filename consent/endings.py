# SPDX-License-Identifier: EUPL-1.2
"""How grants end: withdrawn by the citizen, used up, or past their time (KC-16)."""

from collections.abc import Collection, Mapping

from acl import wac
from acl.modes import Mode
from consent.agency import Agency, find_agency
from consent.caller import (
    Side,
    caller_of,
    etag_of,
    require_match,
    require_subject,
    side_of_grant,
)
from consent.grant import OPEN, Grant, Move, due, grant_json, moved
from consent.house import House
from consent.ledger import add_event, find_grant, late_grants, open_between, save_state
from consent.once import Answer, Once, earlier, keep
from consent.receipt import Press, issue, new_codes, receipts_for
from identity.who import Who
from notify import outbox
from pod import clock
from pod.contents import find
from pod.database import Tx
from pod.instant import Instant, text_of
from pod.iri import Iri

NEW = Once()
SERVER = "server"
MOST_LOOKED_AT = 50


async def make(
    tx: Tx,
    press: Press,
    grant: Grant,
    move: Move,
    moment: Instant,
    by: str,
    codes: tuple[str, str],
    more: Mapping[str, object] | None = None,
) -> tuple[Grant, dict[str, str]]:
    """One move with its event, and receipts when it ends the grant (domain.md §4)."""
    after = moved(grant, move, moment)
    await save_state(tx, after)
    details = {**({} if after.state in OPEN else {"uses": after.uses}), **(more or {})}
    event = await add_event(tx, after, move, moment, by, details)
    if after.state in OPEN:
        return after, {}
    return after, await issue(tx, press, after, event, moment, codes)


async def settle(tx: Tx, press: Press, grant: Grant, moment: Instant) -> Grant:
    """Write down what the clock has done: starting, expiring, each stamped with its own instant.

    Enforcement never waits for this: states are compared with the time at every decision.
    """
    for move, at in due(grant, moment):
        grant, _ = await make(tx, press, grant, move, at, SERVER, new_codes())
    return grant


async def exhaust(tx: Tx, press: Press, grant: Grant, moment: Instant) -> None:
    """KC-20a: the last allowed use ends the grant, in the commit that counts it."""
    grant = await settle(tx, press, grant, moment)
    await make(tx, press, grant, Move.EXHAUST, moment, SERVER, new_codes())
    await outbox.record(tx, grant.pod, "ConsentExhausted", grant.id, moment)


async def supersede(tx: Tx, press: Press, id_: str, new: Grant, by: str, moment: Instant) -> None:
    """domain.md 2.2: after a renewal only the new grant counts."""
    old = await find_grant(tx, id_)
    if old is None:
        raise LookupError("a grant that was renewed is gone")
    old = await settle(tx, press, old, moment)
    if old.state in OPEN:
        link = {"supersededBy": new.id}
        await make(tx, press, old, Move.SUPERSEDE, moment, by, new_codes(), link)


async def settle_due(house: House, most: int = 500) -> int:
    """Write down what the clock has done to any grant; how many there were. Run now and then."""
    late = await house.db.read(_late, house, most)
    for grant in late:
        await house.db.write(grant.pod, settle_one, grant.id, house)
    return len(late)


async def _late(tx: Tx, house: House, most: int) -> list[Grant]:
    return await late_grants(tx, await clock.instant(tx, house.now()), most)


async def settle_one(tx: Tx, id_: str, house: House) -> None:
    """Write down what the clock has done to this grant."""
    found = await find_grant(tx, id_)
    moment = await clock.instant(tx, house.now())
    if found is not None and due(found, moment):
        await settle(tx, Press(house.base, house.signer), found, moment)
        await clock.mark(tx, moment)


async def withdraw(
    house: House,
    who: Who,
    id_: str,
    once: Once = NEW,
    if_match: Collection[str] | None = None,
) -> Answer:
    """Stop it: 200 once nothing can be read under it any more (invariant 3)."""
    pod = await house.db.read(_pod_of, id_)
    lock = id_ if pod is None else pod
    return await house.db.write(lock, _withdraw, who, id_, once, if_match, new_codes(), house)


async def _pod_of(tx: Tx, id_: str) -> Iri | None:
    grant = await find_grant(tx, id_)
    return None if grant is None else grant.pod


async def _withdraw(
    tx: Tx,
    who: Who,
    id_: str,
    once: Once,
    if_match: Collection[str] | None,
    codes: tuple[str, str],
    house: House,
) -> Answer:
    caller = await caller_of(tx, who, house.base)
    grant = await find_grant(tx, id_)
    require_subject(await side_of_grant(tx, caller, grant))
    if grant is None:
        raise LookupError("a grant with a side is there")
    moment = await clock.instant(tx, house.now())
    again = await earlier(tx, once, moment)
    if again is not None:
        return again
    tag = etag_of(grant.state_at(moment), Side.SUBJECT, grant.version)
    require_match(if_match, tag)
    press = Press(house.base, house.signer)
    grant = await settle(tx, press, grant, moment)
    # FED-4: the assurance of the sign-in goes with every decision.
    said = {} if who.acr is None else {"acr": who.acr}
    after, receipts = await make(tx, press, grant, Move.WITHDRAW, moment, caller.webid, codes, said)
    await outbox.record(tx, after.pod, "ConsentWithdrawn", after.id, moment)
    await clock.mark(tx, moment)
    body = {
        **grant_json(after, moment, await receipts_for(tx, after.id, [Side.SUBJECT])),
        "stoppedAt": text_of(moment),
        "stoppedAfterSeq": await last_use(tx, after.id),
        "receipt": receipts[Side.SUBJECT],
        "stillReachable": await still_reachable(tx, after, house.base, moment),
    }
    tag = etag_of(after.state, Side.SUBJECT, after.version)
    return await keep(tx, once, Answer(200, body, {"ETag": f'"{tag}.j"'}), moment)


async def last_use(tx: Tx, grant_id: str) -> int | None:
    """The number of the last log entry under the grant."""
    row = await tx.one(
        "SELECT MAX(seq) AS seq FROM journal WHERE grant_id = :grant AND outcome = 'allowed'",
        grant=grant_id,
    )
    return None if row is None or row["seq"] is None else int(row["seq"])


async def still_reachable(
    tx: Tx, grant: Grant, base: Iri, moment: Instant
) -> list[dict[str, object]]:
    """domain.md 2.3, 4: what the agency can go on reading, and because of what."""
    agency = await find_agency(tx, grant.agency, base)
    others = [
        other
        for other in await open_between(tx, grant.pod, grant.agency)
        if other.id != grant.id and other.state_at(moment) in OPEN
    ]
    found: list[dict[str, object]] = []
    for datum in grant.terms.data[:MOST_LOOKED_AT]:
        target = datum.target
        if target is None:
            continue
        reasons = [o.id for o in others if any(d.covers(target) for d in o.terms.data)]
        if agency is not None:
            reasons += await _by_acl(tx, target, agency, moment)
        found += [{"target": target, "because": reason} for reason in dict.fromkeys(reasons)]
    return found


async def _by_acl(tx: Tx, target: Iri, agency: Agency, moment: Instant) -> list[Iri]:
    there = await find(tx, target)
    callers = [
        Who(webid=webid, client=client)
        for webid in agency.webids[:5]
        for client in agency.clients[:5] or (None,)
    ]
    reasons: list[Iri] = []
    for caller in callers:
        verdict = await wac.permits(tx, caller, there, moment)
        if any(Mode.READ in permit.modes for permit in verdict.permits):
            reasons += [Iri(permit.because) for permit in verdict.permits]
    return reasons
