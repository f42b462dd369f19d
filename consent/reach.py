# SPDX-License-Identifier: EUPL-1.2
"""What an agency can still read when a grant has ended, and because of what (domain.md 2.3, 4)."""

from acl import wac
from acl.modes import Mode
from consent.agency import Agency, find_agency
from consent.grant import OPEN, Grant
from consent.ledger import open_between
from identity.who import Who
from pod.contents import find
from pod.database import Tx
from pod.instant import Instant
from pod.iri import Iri

MOST_LOOKED_AT = 50


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
    """What the agency can go on reading, and because of what."""
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
