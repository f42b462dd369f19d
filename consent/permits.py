# SPDX-License-Identifier: EUPL-1.2
"""Consent as the second permit source: asked in the transaction that reads (domain.md 2.3)."""

from dataclasses import dataclass, replace

from acl.decide import PermitSource
from acl.modes import Mode
from acl.permit import NOTHING, Denial, Ground, Permit, Spend, Verdict, View
from consent.agency import Party, is_client_of, party_of
from consent.durations import plus
from consent.grant import Grant, State
from consent.ledger import count_use, ended_between, open_between
from consent.moving import exhaust
from consent.receipt import Press
from consent.signer import Signer
from identity.who import Named, Who
from pod import clock, contents, rdf
from pod.database import Tx
from pod.errors import Refused
from pod.instant import SECOND, Instant, text_of
from pod.iri import Iri, is_auxiliary, is_container, parent
from pod.resource import Found

MISSING = ("grant-missing", "You have no permission in this pod.")
MODES = {"read": Mode.READ}


@dataclass(frozen=True, slots=True)
class _Asked:
    """One look at one name by a known agency."""

    who: Who
    party: Party
    found: Found
    moment: Instant

    @property
    def named(self) -> Named:
        return self.who.named


def permit_source(base: Iri, signer: Signer) -> PermitSource:
    """The source that server.py puts beside acl.wac.permits."""
    press = Press(base, signer)

    async def permits(tx: Tx, who: Who, found: Found, now: Instant) -> Verdict:
        if who.webid is None:
            return NOTHING
        party = await party_of(tx, who)
        if party is None or party.state != "active":
            return NOTHING
        asked = _Asked(who, party, found, await clock.instant(tx, now))
        return await _verdict(tx, asked, press)

    return permits


async def _verdict(tx: Tx, asked: _Asked, press: Press) -> Verdict:
    """The one grant that covers the name and fits everything that was said, or why there is none.

    KC-21: a pod or name that does not exist is looked for in the same way and gets the same word.
    """
    found, named = asked.found, asked.named
    grants = _named(await open_between(tx, found.pod, asked.party.agency), named)
    covering = [grant for grant in grants if covers(grant, found.iri)]
    live = [grant for grant in covering if _in_force(grant, asked.moment)]
    if not live:
        return Verdict(denial=await _why_not(tx, asked, grants, covering))
    fitting = [g for g in live if named.purpose is None or g.purpose == named.purpose]
    if not fitting:
        return Verdict(denial=_denial(live[0], "purpose-mismatch", _PURPOSE))
    if len(fitting) > 1:
        return Verdict(denial=_ambiguous(fitting))
    grant = fitting[0]
    problem = await _objection(tx, asked, grant)
    if problem is not None:
        return Verdict(denial=problem)
    permit = await _permit(tx, asked, grant, press)
    modes = ", ".join(grant.terms.modes)
    # A source is not told what is wanted: beside the permit stands why there is no more.
    more = _denial(grant, "mode-not-granted", f"This permission gives only: {modes}.")
    return Verdict((permit,), denial=more)


_PURPOSE = "Kluis-Purpose is not the purpose of this permission."


def covers(grant: Grant, iri: Iri) -> bool:
    """Whether the grant is about this name; never about ACLs and descriptions."""
    return any(datum.covers(iri) for datum in grant.terms.data)


def _named(grants: list[Grant], named: Named) -> list[Grant]:
    return [grant for grant in grants if named.grant in (None, grant.id)]


def _in_force(grant: Grant, moment: Instant) -> bool:
    left = grant.count is None or grant.uses < grant.count
    return grant.state_at(moment) is State.ACTIVE and left


async def _why_not(tx: Tx, asked: _Asked, grants: list[Grant], covering: list[Grant]) -> Denial:
    """Told only what concerns this agency's own grants in this pod (decision 18)."""
    ended = _named(await ended_between(tx, asked.found.pod, asked.party.agency), asked.named)
    over = [*covering, *(grant for grant in ended if covers(grant, asked.found.iri))]
    for_purpose = [g for g in over if asked.named.purpose in (None, g.purpose)]
    if for_purpose:
        newest = max(for_purpose, key=lambda grant: grant.seq)
        return await _client_objection(tx, asked, newest) or _over(newest, asked.moment)
    if over:
        return _denial(over[0], "purpose-mismatch", _PURPOSE)
    if any(_in_force(grant, asked.moment) for grant in grants):
        ground = Ground(asked.party.agency, "consent")
        return Denial("target-not-granted", "None of your permissions here is for this.", ground)
    return Denial(*MISSING, Ground(asked.party.agency, "consent"))


def _over(grant: Grant, moment: Instant) -> Denial:
    state = grant.state_at(moment)
    if state is State.ACTIVE:
        # The row still says active, but the last use was taken.
        state = State.EXHAUSTED
    problem = "grant-not-started" if state is State.SCHEDULED else f"grant-{state}"
    begins = f" It begins at {text_of(grant.valid_from)}." if state is State.SCHEDULED else ""
    return _denial(grant, problem, f"This permission is {state}.{begins}")


def _ambiguous(grants: list[Grant]) -> Denial:
    """Decision 15: nothing is guessed; the header Kluis-Grant chooses."""
    ground = Ground(grants[0].agency, "consent")
    return Denial(
        "grant-ambiguous",
        "Several permissions cover this; name one in the header Kluis-Grant.",
        ground,
        more={"grants": [{"id": g.id, "purpose": g.purpose} for g in grants]},
    )


async def _objection(tx: Tx, asked: _Asked, grant: Grant) -> Denial | None:
    """Client, case, interval, and what the thing is: each with its own word."""
    wrong_client = await _client_objection(tx, asked, grant)
    if wrong_client is not None:
        return wrong_client
    case = asked.named.case
    if case is not None and case != grant.terms.case:
        return _denial(grant, "case-mismatch", "Kluis-Case is not the case of this permission.")
    pause, last = grant.terms.min_interval, grant.last_read
    if pause is not None and last is not None and asked.moment < plus(last, pause):
        wait = -((asked.moment - plus(last, pause)) // SECOND)
        return _denial(
            grant,
            "too-soon",
            f"This permission asks for {pause} between two reads.",
            {"Retry-After": str(wait)},
        )
    resource = asked.found.resource
    plain = (
        resource is not None and not resource.is_container and not rdf.is_rdf(resource.media_type)
    )
    if plain and _properties(grant, asked.found.iri) is not None:
        return _denial(
            grant, "not-projectable", "The permission is for single properties; this is no RDF."
        )
    return None


async def _client_objection(tx: Tx, asked: _Asked, grant: Grant) -> Denial | None:
    """A grant is for the client that asked, as long as the registry still lists that one (T-40)."""
    client = asked.who.client
    same = asked.party.client and client == grant.client
    if same:
        return None
    if asked.party.client and not await is_client_of(tx, grant.agency, grant.client):
        return None
    return _denial(grant, "client-mismatch", "This permission is for another client.")


def _denial(
    grant: Grant, problem: str, detail: str, headers: dict[str, str] | None = None
) -> Denial:
    return Denial(problem, detail, ground_of(grant), headers or {})


def ground_of(grant: Grant) -> Ground:
    """What the log says of a use of this grant."""
    return Ground(
        grant.agency, grant.lane, grant.id, grant.purpose, grant.legal_basis, grant.terms.case
    )


async def _permit(tx: Tx, asked: _Asked, grant: Grant, press: Press) -> Permit:
    iri = asked.found.iri
    modes = Mode.NONE
    for mode in grant.terms.modes:
        modes |= MODES.get(mode, Mode.NONE)
    members = await _members(tx, grant, iri) if is_container(iri) else None
    view = View(grant.tag, _properties(grant, iri), members)
    return Permit(modes, grant.id, view, _spend(grant, press), ground_of(grant))


def _spend(grant: Grant, press: Press) -> Spend:
    async def spend(tx: Tx, moment: Instant) -> None:
        """Count one use; the last one ends the grant in the same commit (KC-20a, T-43)."""
        uses = await count_use(tx, grant, moment)
        if uses is None:
            raise Refused("This permission has just ended.", problem="grant-exhausted")
        if uses == grant.count:
            await exhaust(tx, press, replace(grant, uses=uses, last_read=moment), moment)

    return spend


def _properties(grant: Grant, iri: Iri) -> frozenset[str] | None:
    """What stays of the name: the sum of what the grant's data say of it."""
    kept: set[str] = set()
    for datum in grant.terms.data:
        if datum.covers(iri):
            if datum.properties is None:
                return None
            kept.update(datum.properties)
    return frozenset(kept)


async def _members(tx: Tx, grant: Grant, container: Iri) -> frozenset[str]:
    """KC-20: a granted container lists granted members only."""
    whole = any(d.members and d.covers(container) for d in grant.terms.data)
    if whole:
        return frozenset(member.iri for member in await contents.members(tx, container))
    targets = (datum.target for datum in grant.terms.data if datum.target is not None)
    return frozenset(t for t in targets if parent(t) == container and not is_auxiliary(t))
