# SPDX-License-Identifier: EUPL-1.2
"""What the law allows as part of the second permit source: beside grants, never as one of them."""

from dataclasses import dataclass

from acl.decide import PermitSource
from acl.modes import Mode
from acl.permit import NOTHING, Denial, Ground, Permit, Spend, Verdict, View
from consent.grants.snapshot import Snapshot
from consent.law.acts import tell_pod
from consent.law.reach import concerns_pod, covering
from consent.law.rows import between, find_statutory, objected
from consent.law.statutory import LANE, State, Statutory
from consent.registry.agency import Party, party_of
from consent.terms import Datum
from identity.who import Who
from pod import clock, rdf
from pod.database import Tx
from pod.errors import Refused
from pod.instant import Instant, text_of
from pod.iri import Iri, is_auxiliary, is_container, parent
from pod.resource import Found

MODES = {"read": Mode.READ}
# A denial of the grant side that says no more than that no grant fits.
_NO_GRANT = ("grant-missing", "target-not-granted")


@dataclass(frozen=True, slots=True)
class _Asked:
    """One look at one name by a known agency."""

    who: Who
    party: Party
    found: Found
    moment: Instant


@dataclass(frozen=True, slots=True)
class _Fit:
    """An access that is about the name, with the data that are."""

    access: Statutory
    data: tuple[Datum, ...]
    state: State


def beside(grants: PermitSource) -> PermitSource:
    """Grants and the law as one source, so that nothing is guessed when both fit (decision 15)."""

    async def permits(tx: Tx, who: Who, found: Found, now: Instant) -> Verdict:
        if who.webid is None:
            return NOTHING
        look = Snapshot(tx)
        given = await grants(look, who, found, now)
        lawful = await by_law(look, who, found, now)
        if lawful.permits:
            return _both(given, lawful)
        if given.permits or lawful.denial is None:
            return given
        if given.denial is None or given.denial.problem in _NO_GRANT:
            return lawful
        return given

    return permits


def _both(given: Verdict, lawful: Verdict) -> Verdict:
    """What only one of the two allows stays; what both allow has to be named."""
    shared = _modes(given) & _modes(lawful)
    if given.denial is not None and given.denial.problem == "grant-ambiguous":
        shared = _modes(lawful)
    every = (*given.permits, *lawful.permits)
    kept = tuple(permit for permit in every if not permit.modes & shared)
    if shared:
        return Verdict(kept, denial=_ambiguous([*_named(given), *_named(lawful)], lawful))
    return Verdict(kept, denial=lawful.denial)


def _modes(verdict: Verdict) -> Mode:
    modes = Mode.NONE
    for permit in verdict.permits:
        modes |= permit.modes
    return modes


def _named(verdict: Verdict) -> list[dict[str, object]]:
    denial = verdict.denial
    if not verdict.permits and denial is not None:
        listed = denial.more.get("grants")
        return listed if isinstance(listed, list) else []
    grounds = [permit.ground for permit in verdict.permits if permit.ground is not None]
    return [{"id": ground.grant, "purpose": ground.purpose} for ground in grounds]


def _ambiguous(named: list[dict[str, object]], verdict: Verdict) -> Denial:
    ground = verdict.permits[0].ground
    agency = "" if ground is None else ground.agency
    return Denial(
        "grant-ambiguous",
        "Several permissions cover this; name one in the header Kluis-Grant.",
        Ground(agency, LANE),
        more={"grants": named},
    )


async def by_law(tx: Tx, who: Who, found: Found, now: Instant) -> Verdict:
    """The one statutory access that covers the name and fits everything that was said."""
    if who.webid is None:
        return NOTHING
    party = await party_of(tx, who)
    if party is None or party.state != "active":
        return NOTHING
    asked = _Asked(who, party, found, await clock.instant(tx, now))
    there = await between(tx, found.pod, party.agency)
    named = [a for a in there if who.named.grant in (None, a.id)]
    fits = [fit for access in named if (fit := await _fit(tx, asked, access)) is not None]
    live = [fit for fit in fits if fit.state is State.ACTIVE]
    if not live:
        return Verdict(denial=await _why_not(tx, asked, named, fits))
    fitting = [f for f in live if who.named.purpose in (None, f.access.purpose)]
    if not fitting:
        detail = "Kluis-Purpose is not the purpose of this access."
        return Verdict(denial=_denial(asked, live[0].access, "purpose-mismatch", detail))
    if not party.client:
        detail = "This app is not one of the agency's."
        return Verdict(denial=_denial(asked, fitting[0].access, "client-mismatch", detail))
    permits = [_permit(asked, fit) for fit in fitting]
    if len(permits) > 1:
        listed = _named(Verdict(tuple(permits)))
        return Verdict(denial=_ambiguous(listed, Verdict(tuple(permits))))
    problem = _not_projectable(asked, fitting[0])
    if problem is not None:
        return Verdict(denial=problem)
    modes = ", ".join(fitting[0].access.modes)
    detail = f"This access by law gives only: {modes}."
    more = _denial(asked, fitting[0].access, "mode-not-granted", detail)
    return Verdict((permits[0],), denial=more)


async def _fit(tx: Tx, asked: _Asked, access: Statutory) -> _Fit | None:
    data = covering(access, asked.found.iri, asked.found.resource)
    if not data or not await concerns_pod(tx, access, asked.found.pod):
        return None
    return _Fit(access, tuple(data), await in_force(tx, access, asked.found.pod, asked.moment))


async def in_force(tx: Tx, access: Statutory, pod: Iri, moment: Instant) -> State:
    """The state for this pod: an objection of its owner and a suspended purpose stop it too."""
    state = access.state_at(moment)
    if state is not State.ACTIVE:
        return state
    purpose = await tx.one("SELECT state FROM purpose WHERE id = :id", id=access.purpose)
    stopped = purpose is None or purpose["state"] == "suspended"
    return State.SUSPENDED if stopped or await objected(tx, access.id, pod=pod) else state


async def _why_not(
    tx: Tx, asked: _Asked, named: list[Statutory], fits: list[_Fit]
) -> Denial | None:
    """Told only of what concerns this agency, here (decision 18)."""
    over = [(fit.access, fit.state) for fit in fits if fit.access.subject is not None]
    over += await _classes_over(tx, asked, named)
    if over:
        newest, state = max(over, key=lambda each: each[0].seq)
        problem, detail = _over(newest, state)
        return _denial(asked, newest, problem, detail)
    mine = [a for a in named if a.subject is not None]
    if any(access.state_at(asked.moment) is State.ACTIVE for access in mine):
        ground = Ground(asked.party.agency, LANE)
        return Denial("target-not-granted", "No access of yours by law is for this.", ground)
    return None


async def _classes_over(
    tx: Tx, asked: _Asked, named: list[Statutory]
) -> list[tuple[Statutory, State]]:
    """For a class of persons: the same word for every name, there or not (T-33, invariant 13).

    Whether what is there is of the class would be told to who may not read it any more.
    """
    if is_auxiliary(asked.found.iri):
        return []
    states = [
        (access, await in_force(tx, access, asked.found.pod, asked.moment))
        for access in named
        if access.subject is None
    ]
    return [(access, state) for access, state in states if state is not State.ACTIVE]


def _over(access: Statutory, state: State) -> tuple[str, str]:
    match state:
        case State.DECLARED:
            return "grant-not-started", f"It begins at {text_of(access.valid_from)}."
        case State.SUSPENDED:
            return "grant-paused", "This access by law is suspended."
        case _:
            early = access.ended is not None and access.ended < access.valid_until
            problem = "grant-revoked" if early else "grant-expired"
            return problem, "This access by law has ended."


def _denial(asked: _Asked, access: Statutory, problem: str, detail: str) -> Denial:
    return Denial(problem, detail, _ground(asked, access))


def _ground(asked: _Asked, access: Statutory) -> Ground:
    """What the log says of a use: the lane, the ground and the access, and whose case it is."""
    return Ground(
        access.agency, LANE, access.id, access.purpose, access.legal_basis, asked.who.named.case
    )


def _not_projectable(asked: _Asked, fit: _Fit) -> Denial | None:
    resource = asked.found.resource
    if resource is None or resource.is_container or rdf.is_rdf(resource.media_type):
        return None
    if _properties(fit) is None:
        return None
    detail = "The access is for single properties; this is no RDF."
    return _denial(asked, fit.access, "not-projectable", detail)


def _permit(asked: _Asked, fit: _Fit) -> Permit:
    iri, access = asked.found.iri, fit.access
    modes = Mode.NONE
    for mode in access.modes:
        modes |= MODES.get(mode, Mode.NONE)
    every = is_container(iri) and any(d.members and d.covers(iri) for d in access.data)
    members = _members(access, iri) if is_container(iri) and not every else None
    view = View(access.tag, _properties(fit), members, every)
    spend = _spend(access, asked.found.pod)
    return Permit(modes, access.id, view, spend, _ground(asked, access))


def _spend(access: Statutory, pod: Iri) -> Spend:
    async def spend(tx: Tx, moment: Instant) -> None:
        """Nothing is counted; it only has to be in force in the commit that logs (T-43)."""
        now = await find_statutory(tx, access.id)
        if now is None or now.version != access.version:
            raise Refused("This access by law has just changed.", problem="grant-paused")
        state = await in_force(tx, now, pod, moment)
        if state is not State.ACTIVE:
            problem, detail = _over(now, state)
            raise Refused(detail, problem=problem)
        # domain.md 2.5: she is told no later than in the commit of the first read.
        await tell_pod(tx, now, pod, moment)

    return spend


def _properties(fit: _Fit) -> frozenset[str] | None:
    """What stays of the name: the sum of what the access's data say of it."""
    if any(datum.properties is None for datum in fit.data):
        return None
    return frozenset(name for datum in fit.data for name in datum.properties or ())


def _members(access: Statutory, container: Iri) -> frozenset[str]:
    """KC-20, as for grants: a container lists what the access is about."""
    targets = (datum.target for datum in access.data if datum.target is not None)
    return frozenset(t for t in targets if parent(t) == container and not is_auxiliary(t))
