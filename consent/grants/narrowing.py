# SPDX-License-Identifier: EUPL-1.2
"""Taking part of a yes back: fewer data, modes and uses, an earlier end (domain.md 2.2)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from consent.asking.choice import (
    Picked,
    not_narrower,
    picked_from,
    read_all_picked,
    read_modes,
)
from consent.asking.notice import difference
from consent.caller import Caller, Side
from consent.faults import Faults
from consent.grants.grant import Grant, Move, moved
from consent.grants.moves import NEW, Wish, do, said
from consent.grants.moving import Step
from consent.house import House
from consent.once import Answer, Once
from consent.reading import Members
from consent.terms import Terms, broadened
from identity.who import Who
from pod import contents, rdf
from pod.database import Tx
from pod.errors import Unprocessable
from pod.instant import Instant
from pod.iri import Iri


@dataclass(frozen=True, slots=True)
class Less:
    """What stays. What is None stays as it is."""

    data: tuple[Picked, ...] | None = None
    modes: tuple[str, ...] | None = None
    count: int | None = None
    valid_until: Instant | None = None


def read_less(source: Mapping[str, object], base: Iri) -> Less:
    """The body of `POST grants/{id}/narrow`."""
    members, faults = Members(source), Faults()
    less = Less(
        read_all_picked(members, base, faults),
        faults.maybe(lambda: read_modes(members)),
        faults.maybe(lambda: members.number("count")),
        faults.maybe(lambda: members.instant("validUntil")),
    )
    faults.maybe(members.done)
    faults.end("What is to be less")
    return less


def lessened(grant: Grant, less: Less, moment: Instant) -> Terms:
    """The terms that stay; Unprocessable unless they are less, and something is left."""
    old = grant.terms
    terms = replace(
        old,
        data=old.data if less.data is None else picked_from(less.data, old.data),
        modes=less.modes or old.modes,
        count=old.count if less.count is None else less.count,
        valid_until=old.valid_until if less.valid_until is None else less.valid_until,
    )
    # Invariant 6: narrowing never adds a readable triple.
    member = broadened(terms, old, moment)
    if member is not None:
        raise not_narrower(member)
    if terms == old:
        raise Unprocessable(
            "That takes nothing away; say what is to be less.", problem="not-narrower"
        )
    _require_left(grant, terms, moment)
    return terms


def _require_left(grant: Grant, terms: Terms, moment: Instant) -> None:
    if not terms.data:
        raise _nothing_left("data")
    if terms.count is not None and terms.count <= grant.uses:
        raise _nothing_left("count")
    if terms.valid_until is not None and terms.valid_until <= max(moment, grant.valid_from):
        raise _nothing_left("validUntil")


def _nothing_left(member: str) -> Unprocessable:
    return Unprocessable(
        "That would leave nothing; to stop it altogether, withdraw it.",
        problem="nothing-left",
        errors=[{"pointer": f"/{member}", "detail": "nothing would be left"}],
    )


async def narrow(
    house: House,
    who: Who,
    id_: str,
    less: Less,
    once: Once = NEW,
    if_match: Collection[str] | None = None,
) -> Answer:
    """Give less from now on: the grant's next version, which counts at the next request."""

    async def step(tx: Tx, grant: Grant, caller: Caller, moment: Instant) -> Step:
        # KC-7: what cannot be narrowed any more is told before what is wrong with the wish.
        moved(grant, Move.NARROW, moment)
        terms = lessened(grant, less, moment)
        await _require_projectable(tx, grant, terms)
        changes = {"difference": difference(grant.terms, terms)}
        return Step(Move.NARROW, caller.webid, {**changes, **said(who)}, terms=terms)

    return await do(house, who, id_, Wish(Side.SUBJECT, step), once, if_match)


async def _require_projectable(tx: Tx, grant: Grant, terms: Terms) -> None:
    whole = {datum.target for datum in grant.terms.data if datum.properties is None}
    for number, datum in enumerate(terms.data):
        if datum.target is None or datum.properties is None or datum.target not in whole:
            continue
        resource = await contents.fetch(tx, datum.target)
        if resource is None or resource.is_container or rdf.is_rdf(resource.media_type):
            continue
        raise Unprocessable(
            "Single properties of this file cannot be shown; leave it out.",
            problem="not-projectable",
            errors=[{"pointer": f"/data/{number}", "detail": "no RDF"}],
        )
