# SPDX-License-Identifier: EUPL-1.2
"""Consent as the second permit source: asked in the transaction that reads (domain.md 2.3)."""

from dataclasses import replace

from acl.decide import PermitSource
from acl.modes import Mode
from acl.permit import NOTHING, Permit, Spend, Verdict, View
from consent.grants.grant import Grant, State
from consent.grants.ledger import count_use, open_between
from consent.grants.moving import exhaust
from consent.grants.refusals import (
    PURPOSE,
    Asked,
    ambiguous,
    denial,
    ground_of,
    in_force,
    named_only,
    not_projectable,
    objection,
    properties_of,
    too_soon,
    why_not,
)
from consent.grants.refusals import covers as covers
from consent.grants.states import Cause
from consent.proof.receipt import Press
from consent.proof.signer import Signer
from consent.registry.agency import party_of
from consent.terms import APPEND, READ
from identity.who import Who
from pod import clock
from pod.database import Tx
from pod.errors import Refused
from pod.instant import Instant
from pod.iri import Iri, is_auxiliary, is_container, parent
from pod.resource import Found


def permit_source(base: Iri, signer: Signer) -> PermitSource:
    """The source that server.py puts beside acl.wac.permits."""
    press = Press(base, signer)

    async def permits(tx: Tx, who: Who, found: Found, now: Instant) -> Verdict:
        if who.webid is None:
            return NOTHING
        party = await party_of(tx, who)
        if party is None or party.state != "active":
            return NOTHING
        asked = Asked(who, party, found, await clock.instant(tx, now))
        return await _verdict(tx, asked, press)

    return permits


async def _verdict(tx: Tx, asked: Asked, press: Press) -> Verdict:
    """The one grant that covers the name and fits everything that was said, or why there is none.

    KC-21: a pod or name that does not exist is looked for in the same way and gets the same word.
    """
    found, named = asked.found, asked.named
    there = await open_between(tx, found.pod, asked.party.agency)
    grants = [await _as_it_is(tx, grant, asked.moment) for grant in named_only(there, named)]
    covering = [grant for grant in grants if covers(grant, found.iri)]
    live = [grant for grant in covering if in_force(grant, asked.moment)]
    if not live:
        return Verdict(denial=await why_not(tx, asked, grants, covering))
    fitting = [g for g in live if named.purpose is None or g.purpose == named.purpose]
    if not fitting:
        return Verdict(denial=denial(live[0], "purpose-mismatch", PURPOSE))
    if len(fitting) > 1:
        return Verdict(denial=ambiguous(fitting))
    grant = fitting[0]
    problem = await objection(tx, asked, grant)
    if problem is not None:
        return Verdict(denial=problem)
    return _permitted(asked, grant, press)


async def _as_it_is(tx: Tx, grant: Grant, moment: Instant) -> Grant:
    # domain.md 2.5: what began while its purpose is suspended sleeps, also before that is
    # written down (consent/moving.py).
    if grant.state is not State.SCHEDULED or grant.state_at(moment) is not State.ACTIVE:
        return grant
    row = await tx.one("SELECT state FROM purpose WHERE id = :id", id=grant.purpose)
    if row is None or row["state"] != "suspended":
        return grant
    return replace(grant, state=State.PAUSED, cause=Cause.PURPOSE_SUSPENDED)


def _permitted(asked: Asked, grant: Grant, press: Press) -> Verdict:
    """Each mode is a permit of its own: append never gives read (invariant 14)."""
    permits: list[Permit] = []
    # A source is not told what is wanted: beside the permit stands why there is no more.
    modes = ", ".join(grant.terms.modes)
    more = denial(grant, "mode-not-granted", f"This permission gives only: {modes}.")
    if READ in grant.terms.modes:
        unreadable = not_projectable(grant, asked.found)
        if unreadable is None:
            permits.append(_to_read(asked, grant, press))
        more = unreadable or more
    if APPEND in grant.terms.modes:
        permits.append(Permit(Mode.APPEND, grant.id, ground=ground_of(grant)))
    return Verdict(tuple(permits), denial=more)


def _to_read(asked: Asked, grant: Grant, press: Press) -> Permit:
    iri = asked.found.iri
    view = View(grant.tag, properties_of(grant, iri), _members(grant, iri), _lists_all(grant, iri))
    wait = too_soon(grant, asked.moment)
    return Permit(Mode.READ, grant.id, view, _spend(grant, press), ground_of(grant), wait)


def _spend(grant: Grant, press: Press) -> Spend:
    async def spend(tx: Tx, moment: Instant) -> None:
        """Count one use; the last one ends the grant in the same commit (KC-20a, T-43)."""
        uses = await count_use(tx, grant, moment)
        if uses is None:
            raise Refused("This permission has just ended.", problem="grant-exhausted")
        if uses == grant.count:
            await exhaust(tx, press, replace(grant, uses=uses, last_read=moment), moment)

    return spend


def _lists_all(grant: Grant, iri: Iri) -> bool:
    """Whether every member is granted, so that none need be looked up however many there are."""
    return is_container(iri) and any(d.members and d.covers(iri) for d in grant.terms.data)


def _members(grant: Grant, iri: Iri) -> frozenset[str] | None:
    """KC-20: a granted container lists granted members only."""
    if not is_container(iri) or _lists_all(grant, iri):
        return None
    targets = (datum.target for datum in grant.terms.data if datum.target is not None)
    return frozenset(t for t in targets if parent(t) == iri and not is_auxiliary(t))
