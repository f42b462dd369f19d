# SPDX-License-Identifier: EUPL-1.2
"""The description of a resource: what people say about it, beside what the server knows (SP-37).

A document's description is a row of its own; a container's is what it says about itself. The
server's facts are shown in it and changed by nobody.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyoxigraph as ox

from acl.decide import Decision
from acl.modes import Mode
from ldp import needs
from ldp.admission import CONSTRAINED, has_some, look, refusal
from ldp.ask import Answer, Ask, House
from ldp.bodies import refuse_announced, require_type, take_small
from ldp.conditions import check_read, check_write, not_modified
from ldp.headers import PATCH_TYPES, VARY, cache_control, etag, wac_allow
from ldp.keeping import keep
from ldp.listing import date_time, is_listed_fact, media_class
from ldp.negotiate import choose
from ldp.patch import Patch, apply
from ldp.patching import read_patch
from pod import rdf
from pod.contents import fetch
from pod.database import Tx
from pod.errors import Clash, Missing, NotAcceptable, UnsupportedType, WrongMethod
from pod.instant import SECOND, Instant, http_date
from pod.iri import Iri, described_by, is_auxiliary, storage_of
from pod.resource import Resource
from pod.vocab import DCT, LDP, POSIX, RDF, SOLID, XSD

ALLOW = "GET, HEAD, OPTIONS, PUT, PATCH"
LARGEST = 256 * 1024


@dataclass(frozen=True, slots=True)
class Described:
    """A subject, what is stored as its description, and what the caller may do with it."""

    subject: Resource
    stored: Resource | None
    decision: Decision

    @property
    def said(self) -> bytes:
        """What people said, as N-Triples."""
        kept = self.subject if self.subject.is_container else self.stored
        return b"" if kept is None else kept.body or b""

    @property
    def version(self) -> int:
        """Facts change with the subject, statements with the description: the later of both."""
        return max(self.subject.version, self.stored.version if self.stored else 0)

    @property
    def modified(self) -> int:
        return max(self.subject.modified, self.stored.modified if self.stored else 0)


def is_description(iri: Iri) -> bool:
    """SP-46: a description and an ACL have no description of their own."""
    subject = described_by(iri)
    return subject is not None and not is_auxiliary(subject)


async def describe(house: House, ask: Ask) -> Answer:
    """Every method at the address of a description."""
    if ask.method == "OPTIONS":
        return Answer(204, _taken(_subject(ask)))
    if ask.method in ("GET", "HEAD"):
        return await _read(house, ask)
    if ask.method in ("PUT", "PATCH"):
        return await _write(house, ask)
    described, decision = await house.db.read(_look, house, ask)
    if not has_some(decision):
        raise refusal(ask.who, decision, ask.target)
    if described is None and Mode.READ in decision.modes:
        raise _nothing(ask)
    raise WrongMethod("A description goes with its subject.", headers=_taken(_subject(ask)))


def _nothing(ask: Ask) -> Missing:
    return Missing("There is nothing at this address.", headers=_taken(_subject(ask)))


def _taken(subject: Iri) -> dict[str, str]:
    """SP-12, SP-48, SP-22: what the address takes, and where it leads."""
    taken = {"Allow": ALLOW, "Accept-Patch": PATCH_TYPES, "Accept-Put": "*/*"}
    return {**taken, "Link": _links(subject)}


async def _look(tx: Tx, house: House, ask: Ask) -> tuple[Described | None, Decision]:
    # SP-40: the rights are those of the subject; pod.contents.find looks them up there.
    found, decision = await look(tx, house, ask.who, ask.target, house.now())
    subject = await fetch(tx, _subject(ask))
    if subject is None:
        return None, decision
    return Described(subject, found.resource, decision), decision


def _subject(ask: Ask) -> Iri:
    subject = described_by(ask.target)
    if subject is None:
        raise LookupError("not the name of a description")
    return subject


async def _read(house: House, ask: Ask) -> Answer:
    described, decision = await house.db.read(_look, house, ask)
    if Mode.READ not in decision.modes:
        raise refusal(ask.who, decision, ask.target)
    if described is None:
        raise _nothing(ask)
    media_type = choose(ask.accept, rdf.OFFERED)
    if media_type is None:
        raise NotAcceptable(f"This can be had as {', '.join(rdf.OFFERED)}.")
    headers = _headers(described, media_type)
    check_read(ask.conditions, headers["ETag"], described.modified)
    if not_modified(ask.conditions, headers["ETag"], described.modified, False):
        return Answer(304, headers)
    body = rdf.write([*facts(described.subject), *_statements(described)], media_type)
    return Answer(200, {**headers, "Content-Type": media_type}, body, len(body))


def _headers(described: Described, media_type: str) -> dict[str, str]:
    decision, subject = described.decision, described.subject
    return {
        "ETag": etag(described.version, media_type),
        "Last-Modified": http_date(described.modified // SECOND),
        "Vary": VARY,
        "Cache-Control": cache_control(Mode.READ in decision.public, None),
        **_taken(subject.iri),
        "Accept-Ranges": "none",
        "WAC-Allow": wac_allow(decision.modes, decision.public),
        "X-Content-Type-Options": "nosniff",
    }


def _links(subject: Iri) -> str:
    """SP-41: whom it describes. SP-38: auxiliaries have no auxiliaries."""
    root = storage_of(subject)
    return (
        f'<{subject}>; rel="describes", <{LDP}Resource>; rel="type",'
        f' <{root}.well-known/solid>; rel="{SOLID}storageDescription"'
    )


def facts(resource: Resource) -> list[ox.Triple]:
    """What the server knows about a resource and tells in its container too (SP-31, SP-44)."""
    node = ox.NamedNode(resource.iri)
    second = resource.modified // SECOND
    kinds = (
        [LDP + "BasicContainer", LDP + "Container", LDP + "Resource"]
        if resource.is_container
        else [LDP + "Resource", media_class(resource.media_type)]
    )
    told = [ox.Triple(node, ox.NamedNode(RDF + "type"), ox.NamedNode(kind)) for kind in kinds]
    told += [
        ox.Triple(node, ox.NamedNode(DCT + "modified"), _typed(date_time(second), "dateTime")),
        ox.Triple(node, ox.NamedNode(POSIX + "mtime"), _typed(str(second), "integer")),
    ]
    if not resource.is_container:
        size = _typed(str(resource.size), "integer")
        told.append(ox.Triple(node, ox.NamedNode(POSIX + "size"), size))
    return told


def _typed(text: str, kind: str) -> ox.Literal:
    return ox.Literal(text, datatype=ox.NamedNode(XSD + kind))


def _statements(described: Described) -> tuple[ox.Triple, ...]:
    return rdf.parse(described.said, rdf.N_TRIPLES, described.subject.iri).triples


async def _write(house: House, ask: Ask) -> Answer:
    refuse_announced(house, ask)
    await house.db.read(_admit, house, ask)
    change = await read_patch(ask) if ask.method == "PATCH" else await _read_statements(house, ask)
    return await house.db.write(storage_of(ask.target), _change, house, ask, change)


async def _admit(tx: Tx, house: House, ask: Ask) -> None:
    _, decision = await _look(tx, house, ask)
    if not has_some(decision):
        raise refusal(ask.who, decision, ask.target)
    essence = rdf.essence(require_type(ask))
    if ask.method == "PATCH" and essence not in PATCH_TYPES.split(", "):
        raise UnsupportedType(
            f"A patch is one of: {PATCH_TYPES}.", headers={"Accept-Patch": PATCH_TYPES}
        )
    if ask.method == "PUT" and not rdf.is_rdf(essence):
        raise UnsupportedType(f"A description is RDF: {', '.join(rdf.OFFERED)}.")


async def _read_statements(house: House, ask: Ask) -> tuple[ox.Triple, ...]:
    body = await take_small(ask, LARGEST)
    return rdf.parse(body, ask.content_type or "", ask.target, house.contexts).triples


async def _change(tx: Tx, house: House, ask: Ask, change: Patch | tuple[ox.Triple, ...]) -> Answer:
    described, decision = await _look(tx, house, ask)
    _require_modes(ask, decision, change)
    if described is None:
        raise Clash(
            "What would be described is not there.", problem="no-subject", headers=CONSTRAINED
        )
    check_write(ask.conditions, described.version, described.modified)
    known = facts(described.subject)
    before = [*known, *_statements(described)]
    after = apply(change, before) if isinstance(change, Patch) else {*change}
    said = _said(described.subject.iri, known, before, after, whole=not isinstance(change, Patch))
    if said == described.said:
        return _written(ask, described.version, described.modified)
    target = described.subject.iri if described.subject.is_container else ask.target
    media_type = rdf.TURTLE if described.subject.is_container else rdf.N_TRIPLES
    created = not described.subject.is_container and described.stored is None
    new = await keep(tx, target, media_type, said, house.now(), created=created, quota=house.quota)
    return _written(ask, new.version, new.modified)


def _written(ask: Ask, version: int, modified: Instant) -> Answer:
    told = {"ETag": etag(version, rdf.TURTLE), "Last-Modified": http_date(modified // SECOND)}
    return Answer(204, {**told, **_taken(_subject(ask))})


def _require_modes(ask: Ask, decision: Decision, change: Patch | tuple[ox.Triple, ...]) -> None:
    modes = Mode.WRITE
    if isinstance(change, Patch):
        ((_, modes),) = needs.to_patch(ask.target, change)
    enough = modes in decision.modes if modes else has_some(decision)
    if not enough:
        raise refusal(ask.who, decision, ask.target)


def _said(
    subject: Iri,
    known: Sequence[ox.Triple],
    before: Sequence[ox.Triple],
    after: Iterable[ox.Triple],
    *,
    whole: bool,
) -> bytes:
    """What people say after the change; Clash when it touches what the server says (SP-44)."""
    wanted = set(after)
    own = {triple for triple in wanted if is_listed_fact(subject, triple)}
    # A client that read the description and puts it back sends the facts along: that is fine.
    untouched = own <= set(known) if whole else own == set(known)
    if not untouched:
        raise Clash(
            "Dates, sizes, types and what a container holds are the server's to say.",
            problem="protected-statements",
            headers=CONSTRAINED,
        )
    kept = [triple for triple in before if triple in wanted - own]
    return rdf.write([*kept, *sorted(wanted - own - set(kept), key=str)], rdf.N_TRIPLES)
