# SPDX-License-Identifier: EUPL-1.2
"""SP-35: what a listing leaves out about members that its reader may not read."""

from collections.abc import Sequence
from dataclasses import replace

from acl.modes import Mode
from ldp.admission import look
from ldp.ask import Ask, House
from ldp.spool import Bare
from pod.database import Tx
from pod.resource import Member


def baring(house: House, ask: Ask) -> Bare | None:
    """Takes the facts from such members, in the snapshot that read them; None when not strict."""
    if not house.strict_listing:
        return None

    async def bare(tx: Tx, page: Sequence[Member]) -> Sequence[Member]:
        return [await _shown(tx, house, ask, member) for member in page]

    return bare


async def _shown(tx: Tx, house: House, ask: Ask, member: Member) -> Member:
    _, decision = await look(tx, house, ask.who, member.iri, house.now())
    return member if Mode.READ in decision.modes else replace(member, bare=True)
