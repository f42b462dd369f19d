# SPDX-License-Identifier: EUPL-1.2
"""What an agency adds under a grant: an entry in the commit of the addition (domain.md §5)."""

from collections.abc import Iterable

from acl.decide import Decision
from acl.journal import Use, new_id, record_use
from acl.modes import Mode
from acl.permit import Permit
from ldp.ask import Ask, House
from pod import clock
from pod.database import Tx
from pod.resource import Resource

TELLING = ("ETag", "Last-Modified")


def granted(decisions: Iterable[tuple[Decision, Mode]]) -> Permit | None:
    """The grant that an addition stands on; None when no grant is needed for it.

    Decision 14: what WAC permits by itself is not under a grant.
    """
    for decision, modes in decisions:
        # One by one: rules may give the one, and a grant the other.
        for permit in map(decision.because, modes):
            if permit is not None and permit.ground is not None:
                return permit
    return None


async def note_addition(
    tx: Tx, house: House, ask: Ask, under: Permit | None, new: Resource, status: int
) -> dict[str, str]:
    """Write the entry; the headers that name grant and entry (KC-19). It counts as no use.

    Append is not a read: what the agency sent is not told, only that it did, and to what.
    """
    if under is None:
        return {}
    entry = new_id(house.base)
    use = Use(
        pod=new.pod,
        resource=new.iri,
        action="append",
        outcome="allowed",
        status=status,
        who=ask.who,
        ground=under.ground,
        version=new.digest or str(new.version),
    )
    await record_use(tx, use, entry, await clock.instant(tx, house.now()))
    return {"Kluis-Grant": under.because, "Kluis-Log": entry}


def unmarked(headers: dict[str, str], under: Permit | None) -> dict[str, str]:
    """Invariant 14: whether an addition changed anything would tell what was there before."""
    if under is None:
        return headers
    return {name: value for name, value in headers.items() if name not in TELLING}
