# SPDX-License-Identifier: EUPL-1.2
"""GET and HEAD: one snapshot for data and permission; under a grant one commit for the log too."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from acl.decide import Decision, decide
from acl.journal import Use, new_id, record_use
from acl.modes import Mode
from acl.permit import Permit, View
from ldp.admission import look, missing_error, refusal
from ldp.ask import Answer, Ask, House
from ldp.conditions import check_read, not_modified
from ldp.headers import links, method_headers, read_headers
from ldp.listing import write_listing
from ldp.needs import to_read
from ldp.negotiate import choose
from pod import clock, rdf
from pod.contents import exists, find, members
from pod.database import Tx
from pod.errors import NotAcceptable, Refused, Unavailable
from pod.iri import Iri, is_auxiliary, is_container
from pod.projection import project
from pod.resource import Found, Member, Resource

TRIES = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """What one snapshot showed."""

    found: Found
    decision: Decision
    members: Sequence[Member]
    twin: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """The representation that will go out, before anything of it does."""

    media_type: str
    body: bytes | Path
    size: int
    properties: tuple[str, ...] | None = None


async def read(house: House, ask: Ask) -> Answer:
    """The resource in the form that fits, or why not.

    A read that only a grant permits is prepared here and settled in one write: decide again, same
    version still there, count, log (decision 16). When something moved in between, it starts over.
    """
    for _ in range(TRIES):
        seen = await house.db.read(_see, house, ask)
        permit = _permit_or_refuse(ask, seen)
        resource = seen.found.resource
        if resource is None:
            return _absent(house, ask, seen)
        shown = await _represent(house, ask, resource, permit.view, seen.members)
        answer = _answer(house, ask, resource, seen.decision, permit, shown)
        if permit.spend is None:
            return answer
        entry = new_id(house.base)
        if await house.db.write(resource.pod, _settle, house, ask, seen, permit, answer, entry):
            answer.headers.update({"Kluis-Grant": permit.because, "Kluis-Log": entry})
            return answer
    raise Unavailable("This resource changes too fast to be read under a grant; try again.")


async def _see(tx: Tx, house: House, ask: Ask) -> Seen:
    found, decision = await look(tx, house, ask.who, ask.target, house.now())
    may = Mode.READ in decision.modes
    listed: Sequence[Member] = ()
    twin = False
    if may and found.resource is not None and found.resource.is_container:
        listed = await members(tx, ask.target)
    elif may and found.resource is None:
        twin = await _readable_twin(tx, house, ask)
    return Seen(found, decision, listed, twin)


async def _readable_twin(tx: Tx, house: House, ask: Ask) -> bool:
    # SP-16: a redirect to the twin tells that it exists, so it needs Read there as well.
    twin = _twin(ask.target)
    if is_auxiliary(ask.target) or not await exists(tx, twin):
        return False
    _, decision = await look(tx, house, ask.who, twin, house.now())
    return Mode.READ in decision.modes


def _twin(iri: Iri) -> Iri:
    return Iri(iri[:-1]) if is_container(iri) else Iri(iri + "/")


def _permit_or_refuse(ask: Ask, seen: Seen) -> Permit:
    ((_, mode),) = to_read(ask.target)
    permit = seen.decision.because(mode)
    if permit is not None:
        return permit
    if mode in seen.decision.public:
        return Permit(seen.decision.public, seen.found.acl.iri if seen.found.acl else "")
    raise refusal(ask.who, seen.decision, ask.target)


def _absent(house: House, ask: Ask, seen: Seen) -> Answer:
    if seen.twin:
        return Answer(301, {"Location": _twin(ask.target), "Vary": "Accept, Authorization, Origin"})
    rdf_may_come = not is_container(ask.target)
    headers = method_headers(ask.target, exists=False, rdf=rdf_may_come)
    raise missing_error(
        ask.target, seen.decision, {**headers, "Link": links(ask.target, house.base)}
    )


async def _represent(
    house: House, ask: Ask, resource: Resource, view: View | None, listed: Sequence[Member]
) -> Shown:
    media_type = _choose(ask, resource)
    if resource.is_container:
        return _list(resource, view, listed, media_type)
    if view is not None and view.properties is not None and not rdf.is_rdf(resource.media_type):
        raise Refused(
            "This is not RDF, so it cannot be cut down to the properties of your grant.",
            problem="not-projectable",
        )
    projected = view is not None and view.properties is not None
    if media_type == resource.essence and not projected:
        body = await _stored(house, resource)
        return Shown(resource.media_type, body, resource.size)
    stored = await _bytes(house, resource)
    if len(stored) > rdf.INLINE:
        return await asyncio.to_thread(_convert, house, resource, stored, media_type, view)
    return _convert(house, resource, stored, media_type, view)


def _choose(ask: Ask, resource: Resource) -> str:
    essence = resource.essence
    offered = [essence]
    if resource.is_container or rdf.is_rdf(essence):
        offered += [other for other in rdf.OFFERED if other != essence]
    chosen = choose(ask.accept, offered)
    if chosen is None:
        raise NotAcceptable(
            f"This can be had as {', '.join(offered)}.", more={"available": offered}
        )
    return chosen


def _list(
    resource: Resource, view: View | None, listed: Sequence[Member], media_type: str
) -> Shown:
    if view is not None:
        # KC-20: a container that is granted lists granted members only, and no one's statements.
        resource = replace(resource, body=None)
        granted = view.members or frozenset()
        listed = [member for member in listed if member.iri in granted]
    body = write_listing(resource, listed, media_type)
    return Shown(media_type, body, len(body))


async def _stored(house: House, resource: Resource) -> bytes | Path:
    if resource.blob is not None:
        return house.files.path(resource.blob)
    return resource.body or b""


async def _bytes(house: House, resource: Resource) -> bytes:
    if resource.blob is not None:
        return await house.files.read(resource.blob)
    return resource.body or b""


def _convert(
    house: House, resource: Resource, stored: bytes, media_type: str, view: View | None
) -> Shown:
    statements = rdf.parse(stored, resource.media_type, resource.iri, house.contexts)
    triples, names = statements.triples, None
    if view is not None and view.properties is not None:
        triples = project(statements, resource.iri, view.properties)
        names = tuple(sorted({triple.predicate.value for triple in triples}))
    body = rdf.write(triples, media_type, {} if names is not None else statements.prefixes)
    return Shown(media_type, body, len(body), names)


def _answer(
    house: House, ask: Ask, resource: Resource, decision: Decision, permit: Permit, shown: Shown
) -> Answer:
    headers = read_headers(resource, decision, ask.who, shown.media_type, house.base, permit.view)
    tag = headers["ETag"]
    check_read(ask.conditions, tag, resource.modified)
    if not_modified(ask.conditions, tag, resource.modified, resource.is_container):
        return Answer(304, headers)
    headers["Content-Type"] = shown.media_type
    return Answer(200, headers, shown.body, shown.size, shown.properties)


async def _settle(
    tx: Tx, house: House, ask: Ask, seen: Seen, permit: Permit, answer: Answer, entry: Iri
) -> bool:
    """One commit: decision, count, log entry. False when what was prepared is no longer true."""
    now = house.now()
    found = await find(tx, ask.target)
    decision = await decide(tx, ask.who, found, now, house.sources)
    current = decision.because(Mode.READ)
    if current is None or found.resource is None:
        raise refusal(ask.who, decision, ask.target)
    if not _same(seen, permit, found, current) or current.spend is None:
        return False
    moment = await clock.instant(tx, now)
    if ask.method == "GET" and answer.status == 200:
        await current.spend(tx, moment)
    use = _use(ask, found.resource, permit, answer)
    await record_use(tx, use, entry, moment)
    return True


def _same(seen: Seen, permit: Permit, found: Found, current: Permit) -> bool:
    """The very grant version, resource version and mode of access that the answer was made from."""
    before, now = seen.found.resource, found.resource
    if before is None or now is None or before.version != now.version:
        return False
    return (current.because, current.view) == (permit.because, permit.view)


def _use(ask: Ask, resource: Resource, permit: Permit, answer: Answer) -> Use:
    return Use(
        pod=resource.pod,
        resource=ask.target,
        action="read",
        outcome="allowed",
        status=answer.status,
        who=ask.who,
        ground=permit.ground,
        version=resource.digest or str(resource.version),
        properties=answer.properties,
    )


def options(house: House, ask: Ask, seen: Seen) -> Answer:
    """SP-68: the true set for those who may read, the shape of the address for everyone else."""
    resource = seen.found.resource
    if Mode.READ in seen.decision.modes:
        known = resource is not None
        is_rdf = known and resource is not None and rdf.is_rdf(resource.media_type)
        headers = method_headers(ask.target, exists=known, rdf=is_rdf or not known)
    else:
        headers = shape_headers(ask.target)
    return Answer(204, {**headers, "Link": links(ask.target, house.base), "Vary": "Origin"})


def shape_headers(iri: Iri) -> dict[str, str]:
    """Every method that an address of this shape could take; says nothing about what is there."""
    methods = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"]
    headers = {"Accept-Patch": "text/n3, application/sparql-update", "Accept-Put": "*/*"}
    if is_container(iri):
        methods.append("POST")
        headers["Accept-Post"] = "*/*"
    return {"Allow": ", ".join(methods), **headers}


async def answer_options(house: House, ask: Ask) -> Answer:
    """OPTIONS that is no preflight; anyone may ask."""
    return options(house, ask, await house.db.read(_see, house, ask))
