# SPDX-License-Identifier: EUPL-1.2
"""How much a pod may hold: told before the body is taken in where that is possible (A8)."""

from ldp.ask import Ask, House
from pod.contents import Filled, filled
from pod.database import Tx
from pod.errors import TooLarge
from pod.iri import storage_of

CONSTRAINED = {"Link": '</-/constraints/quota>; rel="http://www.w3.org/ns/ldp#constrainedBy"'}


def refuse_full(pod: Filled, quota: int) -> None:
    """Only what makes a pod larger is refused: an owner can always make room."""
    limit = quota if pod.quota is None else pod.quota
    if limit and pod.grown > 0 and pod.used > limit:
        # A8: told apart from a body that is too large anywhere by its problem type.
        raise TooLarge(
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
