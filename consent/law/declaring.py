# SPDX-License-Identifier: EUPL-1.2
"""The body of `POST statutory` against the registry; 422 with each fault (KC-26), pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from consent.asking.screening import classes_of
from consent.durations import plus
from consent.faults import Faults
from consent.law.statutory import LANE, State, Statutory
from consent.reading import Members
from consent.registry.agency import Agency
from consent.registry.purpose import PUBLISHED, Purpose
from consent.registry.rules import article
from consent.terms import MOST_DATA, READ, Datum, read_datum
from consent.texts import troubles_in
from pod.errors import PodError
from pod.instant import Instant, text_of
from pod.iri import Iri, storage_of

REFERENCES = ("law", "protocol")
Fault = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Declared:
    """What an operator declares, well-formed and not measured yet."""

    subject: str | None
    cls: str | None
    agency: str
    purpose: str
    data: tuple[Datum, ...]
    modes: tuple[str, ...]
    valid_from: Instant | None
    valid_until: Instant | None
    references: tuple[tuple[str, str], ...]


def read_declared(body: Mapping[str, object], base: Iri, faults: Faults) -> Declared:
    """The members; what is wrong with them goes to `faults`."""
    for pointer, trouble in troubles_in(dict(body)):
        faults.add(pointer, f"holds {trouble}")
    members, maybe, read = Members(body), faults.maybe, faults.read
    subject, cls = maybe(lambda: members.iri("subject")), maybe(lambda: members.iri("class"))
    if (body.get("subject") is None) == (body.get("class") is None):
        faults.add("/subject", "give either a subject or a class")
    declared = Declared(
        subject,
        cls,
        read(lambda: members.need_iri("agency"), ""),
        read(lambda: members.need_iri("purpose"), ""),
        _read_data(members, base, faults),
        maybe(lambda: members.words("modes")) or (READ,),
        maybe(lambda: members.instant("validFrom")),
        maybe(lambda: members.instant("validUntil")),
        _read_references(members, faults),
    )
    if body.get("validUntil") is None:
        faults.add("/validUntil", "missing: it ends at its own date")
    maybe(members.done)
    return declared


def _read_data(members: Members, base: Iri, faults: Faults) -> tuple[Datum, ...]:
    items = faults.maybe(lambda: members.objects("data", MOST_DATA))
    if not items:
        faults.add("/data", "missing or empty")
    found = [_read_one(item, base, faults) for item in items or ()]
    return tuple(datum for datum in found if datum is not None)


def _read_one(item: Members, base: Iri, faults: Faults) -> Datum | None:
    return faults.maybe(lambda: read_datum(item, base))


def _read_references(members: Members, faults: Faults) -> tuple[tuple[str, str], ...]:
    found = [(word, _text(members, word, faults)) for word in REFERENCES]
    kept = tuple((word, text) for word, text in found if text)
    if not kept:
        faults.add("/law", "give the law or the protocol that allows this")
    return kept


def _text(members: Members, name: str, faults: Faults) -> str | None:
    return faults.maybe(lambda: members.text(name))


@dataclass(frozen=True, slots=True)
class Measure:
    """What a declaration is measured against."""

    agency: Agency | None
    purpose: Purpose | None
    base: Iri
    moment: Instant


def measured(declared: Declared, measure: Measure, faults: Faults) -> None:
    """Beyond its purpose, in the other lane, of another agency: each is a fault."""
    purpose, agency = measure.purpose, measure.agency
    if declared.agency and (agency is None or agency.state != "active"):
        faults.add("/agency", "not an active agency of the registry")
    if not declared.purpose:
        return
    if purpose is None or purpose.state != PUBLISHED:
        faults.add("/purpose", "not a published purpose of the registry")
        return
    for pointer, detail in _purpose_faults(declared, purpose):
        faults.add(pointer, detail)
    for pointer, detail in _data_faults(declared, purpose, measure.base):
        faults.add(pointer, detail)
    for pointer, detail in _time_faults(declared, purpose, measure.moment):
        faults.add(pointer, detail)


def _purpose_faults(declared: Declared, purpose: Purpose) -> Iterator[Fault]:
    if purpose.lane != LANE:
        # Invariant 9: what somebody may say no to is never declared by law.
        yield "/purpose", "not a purpose of the statutory lane"
    if declared.agency and purpose.agency != declared.agency:
        yield "/purpose", "a purpose of another agency"
    if article(purpose.legal_basis) in ("6-1-a", "9-2-a"):
        yield "/purpose", "its ground is consent, which is not a law"
    # KC-26: an access by law reads; what an agency writes back needs a yes.
    allowed = [mode for mode in purpose.limits.modes if mode == READ]
    if not set(declared.modes) <= set(allowed):
        yield "/modes", f"more than the purpose allows: {', '.join(allowed)}"


def _data_faults(declared: Declared, purpose: Purpose, base: Iri) -> Iterator[Fault]:
    for number, datum in enumerate(declared.data):
        if not classes_of(datum, purpose):
            yield f"/data/{number}", "outside the purpose's classes"
        if datum.target is None:
            continue
        if declared.cls is not None and declared.subject is None:
            yield f"/data/{number}/target", "for a class of persons, name a class of data"
        elif not datum.target.startswith(base) or storage_of(datum.target) == base:
            yield f"/data/{number}/target", "not in a pod of this server"


def _time_faults(declared: Declared, purpose: Purpose, moment: Instant) -> Iterator[Fault]:
    until = declared.valid_until
    if until is None:
        return
    start = declared.valid_from or moment
    if until <= max(start, moment):
        yield "/validUntil", "over before it begins, or over already"
    if purpose.limits.duration is None:
        return
    try:
        latest = plus(start, purpose.limits.duration)
    except PodError as error:
        yield "/validUntil", error.detail.rstrip(".")
        return
    if until > latest:
        yield "/validUntil", f"longer than the purpose allows: {text_of(latest)}"


def declared_access(
    declared: Declared, purpose: Purpose, id_: Iri, seq: int, moment: Instant
) -> Statutory:
    """The access as it is kept; it begins now when its time has come."""
    if declared.valid_until is None:
        raise LookupError("a declaration without faults has an end")
    start = moment if declared.valid_from is None else declared.valid_from
    return Statutory(
        id_,
        seq,
        declared.subject,
        declared.cls,
        declared.agency,
        declared.purpose,
        purpose.legal_basis,
        declared.data,
        declared.modes,
        start,
        declared.valid_until,
        declared.references,
        State.DECLARED,
        1,
        moment,
    )
