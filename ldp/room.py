# SPDX-License-Identifier: EUPL-1.2
"""How much a pod may hold: told before the body is taken in where that is possible (A8)."""

from collections.abc import AsyncIterator

from ldp.ask import Ask, Body, House
from pod.contents import Filled, filled
from pod.database import Tx
from pod.errors import TooLarge
from pod.iri import Iri, storage_of

CONSTRAINED = {"Link": '</-/constraints/quota>; rel="http://www.w3.org/ns/ldp#constrainedBy"'}
# What a body of unknown length may have before the pod is asked how much room is left.
UNASKED = 16 * 1024


def refuse_full(pod: Filled, quota: int) -> None:
    """Only what makes a pod larger is refused: an owner can always make room."""
    limit = quota if pod.quota is None else pod.quota
    if limit and pod.grown > 0 and pod.used > limit:
        raise _full(limit)


def _full(limit: int) -> TooLarge:
    # A8: told apart from a body that is too large anywhere by its problem type.
    return TooLarge(
        f"This pod may hold {limit} bytes, and this would not fit; delete something first.",
        problem="quota-exceeded",
        headers=CONSTRAINED,
    )


async def refuse_announced_growth(tx: Tx, house: House, ask: Ask, old: int) -> None:
    """A8: a body whose announced length does not fit is not taken in."""
    if ask.body is None or ask.body.length is None:
        return
    pod = await filled(tx, storage_of(ask.target))
    grown = ask.body.length - old
    refuse_full(Filled(grown, pod.used + grown, pod.quota), house.quota)


async def within_room(house: House, body: Body, target: Iri) -> AsyncIterator[bytes]:
    """A8: a body that did not announce its length is read no further than the pod has room."""
    taken, limit, room = 0, 0, 0
    async for piece in body.pieces():
        asked = taken > UNASKED
        taken += len(piece)
        if body.length is None and taken > UNASKED:
            if not asked:
                limit, room = await house.db.read(_room, house.quota, target)
            if limit and taken > room:
                raise _full(limit)
        yield piece


async def _room(tx: Tx, quota: int, target: Iri) -> tuple[int, int]:
    """The pod's limit (0: none), and how large what is called *target* may be."""
    storage = storage_of(target)
    pod = await filled(tx, storage)
    limit = quota if pod.quota is None else pod.quota
    sql = "SELECT size FROM resource WHERE pod = :pod AND iri = :iri"
    old = await tx.one(sql, pod=storage, iri=target)
    size = 0 if old is None else int(old["size"])
    # What makes nothing larger fits also in a pod that is too full.
    return limit, max(limit - pod.used + size, size)
