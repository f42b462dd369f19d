# SPDX-License-Identifier: EUPL-1.2
"""Why a grant does not permit: the words of KC-21, told to its own agency alone (decision 18)."""

from dataclasses import dataclass

from acl.permit import Denial, Ground
from consent.durations import plus
from consent.grants.grant import Grant, State
from consent.grants.ledger import ended_between
from consent.registry.agency import Party, is_client_of
from identity.who import Named, Who
from pod import rdf
from pod.database import Tx
from pod.instant import SECOND, Instant, text_of
from pod.iri import Iri
from pod.resource import Found

MISSING = ("grant-missing", "You have no permission in this pod.")
PURPOSE = "Kluis-Purpose is not the purpose of this permission."


@dataclass(frozen=True, slots=True)
class Asked:
    """One look at one name by a known agency."""

    who: Who
    party: Party
    found: Found
    moment: Instant

    @property
    def named(self) -> Named:
        """What the caller says of the read."""
        return self.who.named


def covers(grant: Grant, iri: Iri) -> bool:
    """Whether the grant is about this name; never about ACLs and descriptions."""
    return any(datum.covers(iri) for datum in grant.terms.data)


def named_only(grants: list[Grant], named: Named) -> list[Grant]:
    """The grant that the header names, or all."""
    return [grant for grant in grants if named.grant in (None, grant.id)]


def in_force(grant: Grant, moment: Instant) -> bool:
    """Whether it permits anything at that moment."""
    left = grant.count is None or grant.uses < grant.count
    return grant.state_at(moment) is State.ACTIVE and left


async def why_not(tx: Tx, asked: Asked, grants: list[Grant], covering: list[Grant]) -> Denial:
    """Told only what concerns this agency's own grants in this pod (decision 18)."""
    ended = await ended_between(tx, asked.found.pod, asked.party.agency)
    over = [*covering, *(g for g in named_only(ended, asked.named) if covers(g, asked.found.iri))]
    for_purpose = [g for g in over if asked.named.purpose in (None, g.purpose)]
    if for_purpose:
        newest = max(for_purpose, key=lambda grant: grant.seq)
        return await client_objection(tx, asked, newest) or _over(newest, asked.moment)
    if over:
        return denial(over[0], "purpose-mismatch", PURPOSE)
    if any(in_force(grant, asked.moment) for grant in grants):
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
    return denial(grant, problem, f"This permission is {state}.{begins}")


def ambiguous(grants: list[Grant]) -> Denial:
    """Decision 15: nothing is guessed; the header Kluis-Grant chooses."""
    ground = Ground(grants[0].agency, "consent")
    return Denial(
        "grant-ambiguous",
        "Several permissions cover this; name one in the header Kluis-Grant.",
        ground,
        more={"grants": [{"id": g.id, "purpose": g.purpose} for g in grants]},
    )


async def objection(tx: Tx, asked: Asked, grant: Grant) -> Denial | None:
    """Client and case: what makes the grant none for this caller, in any mode."""
    wrong_client = await client_objection(tx, asked, grant)
    if wrong_client is not None:
        return wrong_client
    case = asked.named.case
    if case is not None and case != grant.terms.case:
        return denial(grant, "case-mismatch", "Kluis-Case is not the case of this permission.")
    return None


async def client_objection(tx: Tx, asked: Asked, grant: Grant) -> Denial | None:
    """A grant is for the client that asked, as long as the registry still lists that one (T-40)."""
    client = asked.who.client
    same = asked.party.client and client == grant.client
    if same:
        return None
    if asked.party.client and not await is_client_of(tx, grant.agency, grant.client):
        return None
    return denial(grant, "client-mismatch", "This permission is for another client.")


def too_soon(grant: Grant, moment: Instant) -> Denial | None:
    """KC-20a, KC-21: the pause that is kept between two uses."""
    pause, last = grant.terms.min_interval, grant.last_read
    if pause is None or last is None or moment >= plus(last, pause):
        return None
    wait = -((moment - plus(last, pause)) // SECOND)
    return denial(
        grant,
        "too-soon",
        f"This permission asks for {pause} between two reads.",
        {"Retry-After": str(wait)},
    )


def not_projectable(grant: Grant, found: Found) -> Denial | None:
    """KC-20: single properties of what is no RDF cannot be given."""
    resource = found.resource
    if resource is None or resource.is_container or rdf.is_rdf(resource.media_type):
        return None
    if properties_of(grant, found.iri) is None:
        return None
    detail = "The permission is for single properties; this is no RDF."
    return denial(grant, "not-projectable", detail)


def properties_of(grant: Grant, iri: Iri) -> frozenset[str] | None:
    """What stays of the name: the sum of what the grant's data say of it."""
    kept: set[str] = set()
    for datum in grant.terms.data:
        if datum.covers(iri):
            if datum.properties is None:
                return None
            kept.update(datum.properties)
    return frozenset(kept)


def denial(
    grant: Grant, problem: str, detail: str, headers: dict[str, str] | None = None
) -> Denial:
    """A refusal under a grant, with all that the log says of it."""
    return Denial(problem, detail, ground_of(grant), headers or {})


def ground_of(grant: Grant) -> Ground:
    """What the log says of a use of this grant."""
    return Ground(
        grant.agency, grant.lane, grant.id, grant.purpose, grant.legal_basis, grant.terms.case
    )
