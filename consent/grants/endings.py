# SPDX-License-Identifier: EUPL-1.2
"""How people end grants: the citizen withdraws, the operator revokes or invalidates (KC-16)."""

from collections.abc import Collection
from dataclasses import dataclass

from consent.caller import Side
from consent.grants.grant import Move
from consent.grants.moves import NEW, Moved, Told, Wish, do, plain
from consent.grants.moves import relinquish as relinquish
from consent.grants.reach import last_use as last_use
from consent.grants.reach import still_reachable as still_reachable
from consent.house import House
from consent.once import Answer, Once
from consent.reading import Members
from consent.texts import trouble_in
from identity.who import Who
from pod.database import Tx
from pod.errors import Unprocessable
from pod.instant import text_of

LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True)
class Authority:
    """Why an operator ends somebody else's grant, and on whose word."""

    reason: str
    reference: str


def read_authority(source: dict[str, object]) -> Authority:
    """The body of `revoke` and `invalidate`: both members are needed."""
    members = Members(source)
    authority = Authority(members.need_text("reason"), members.need_text("reference"))
    members.done()
    return authority


async def withdraw(
    house: House,
    who: Who,
    id_: str,
    once: Once = NEW,
    if_match: Collection[str] | None = None,
) -> Answer:
    """Stop it: 200 once nothing can be read under it any more (invariant 3)."""

    async def more(tx: Tx, made: Moved) -> Told:
        return {
            "stoppedAt": text_of(made.moment),
            "stoppedAfterSeq": await last_use(tx, made.after.id),
            "receipt": made.receipts[Side.SUBJECT],
            "stillReachable": await still_reachable(tx, made.after, house.base, made.moment),
        }

    wish = Wish(Side.SUBJECT, plain(who, Move.WITHDRAW), more)
    return await do(house, who, id_, wish, once, if_match)


async def revoke(
    house: House,
    who: Who,
    id_: str,
    authority: Authority,
    once: Once = NEW,
    if_match: Collection[str] | None = None,
) -> Answer:
    """domain.md 2.2: fraud, death, an agency that is no more."""
    return await _by_operator(house, who, id_, Move.REVOKE, authority, once, if_match)


async def invalidate(
    house: House,
    who: Who,
    id_: str,
    authority: Authority,
    once: Once = NEW,
    if_match: Collection[str] | None = None,
) -> Answer:
    """domain.md 2.2: a court or authority says that it never was a yes; its uses are contested."""
    return await _by_operator(house, who, id_, Move.INVALIDATE, authority, once, if_match)


async def _by_operator(
    house: House,
    who: Who,
    id_: str,
    move: Move,
    authority: Authority,
    once: Once,
    if_match: Collection[str] | None,
) -> Answer:
    _require_plain(authority)
    contested = {"contested": True} if move is Move.INVALIDATE else {}
    details = {"reason": authority.reason, "reference": authority.reference, **contested}
    wish = Wish(Side.OPERATOR, plain(who, move, details))
    return await do(house, who, id_, wish, once, if_match)


def _require_plain(authority: Authority) -> None:
    for name, text in (("reason", authority.reason), ("reference", authority.reference)):
        trouble = trouble_in(text)
        if trouble is None and not 0 < len(text.strip()) <= LONGEST_REASON:
            trouble = f"nothing, or more than {LONGEST_REASON} characters"
        if trouble is not None:
            raise Unprocessable(
                f"The {name} holds {trouble}.",
                problem="bad-term",
                errors=[{"pointer": f"/{name}", "detail": trouble}],
            )
