# SPDX-License-Identifier: EUPL-1.2
"""What is kept in a pod, shown to a person: a folder, statements, or what a file is (A13)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

import pyoxigraph as ox
from babel.numbers import format_decimal

from acl.decide import PermitSource, decide
from acl.modes import Mode
from consent.asking.notice import label_of
from consent.house import House
from dashboard import lookups
from dashboard.shapes import cards_of
from dashboard.visit import Away, Page, Reader, Shown, Visit
from identity.who import ANYONE, Who
from pod import rdf
from pod.contents import exists, find
from pod.database import Tx
from pod.errors import Unreadable
from pod.instant import Instant
from pod.iri import (
    Iri,
    acl_of,
    canonical_path,
    described_by,
    is_auxiliary,
    is_container,
    parent,
)
from pod.membership import page_of
from pod.resource import Found, Member, Resource

DATA = "/-/data"
PAGE = 200
MOST_ROWS = 500
LONGEST_TEXT = 2000
LARGEST_SHOWN = 1024 * 1024
TRIES = 3


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks at which name, and where a long folder goes on."""

    people: tuple[Who, ...]
    target: Iri
    after: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one snapshot showed to somebody who may read it; `resource` None: nothing to show."""

    resource: Resource | None
    members: Sequence[Member] = ()
    twin: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A page about something in the pod, and what it is called there."""

    address: str
    name: str
    folder: bool
    size: str = ""
    modified: Instant = 0


@dataclass(frozen=True, slots=True)
class Term:
    """A part of a statement as text, what kind of text it is when that says more; `whole` is a
    name that was shortened."""

    text: str
    kind: str = ""
    whole: str = ""


@dataclass(frozen=True, slots=True)
class May:
    """What may be done with a thing, and with the rules of who may."""

    here: Mode = Mode.NONE
    rules: Mode = Mode.NONE


NOTHING = May()


@dataclass(frozen=True, slots=True)
class Row:
    """A statement; `edit` is the address where its value is changed, "" where it is not."""

    about: Term
    property: Term
    value: Term
    edit: str = ""


async def data_page(sources: Sequence[PermitSource], house: House, visit: Visit) -> Shown:
    """The page of one name; nothing there and not allowed look the same."""
    people = people_of(visit.reader, visit.request_id)
    look = look_of(house, visit.path, people, visit.query.one("after"))
    if look is None:
        return _nothing(visit)
    subject = described_by(look.target)
    if subject is not None:
        # What a description says stands on the page of what it describes.
        return Away(address_of(house, subject))
    for _ in range(TRIES):
        seen = await house.db.read(see, look, sources, house.now())
        if seen.resource is None:
            return Away(address_of(house, twin_of(look.target))) if seen.twin else _nothing(visit)
        try:
            return await _page(sources, house, visit, seen, seen.resource)
        except FileNotFoundError:
            # The body was replaced since the snapshot, and its file went with it.
            continue
    return _nothing(visit)


async def pods_page(house: House, visit: Visit) -> Page:
    """Her pods, where a walk through her data begins."""
    found = await lookups.pods(house, visit)
    links = [Link(address_of(house, pod), name_of(pod), True) for pod in found]
    return Page("data_pods.html", {"here": "data", "links": links})


def people_of(reader: Reader | None, request_id: str) -> tuple[Who, ...]:
    """The account's people; nobody when no one is signed in."""
    if reader is None:
        return ()
    return tuple(Who(webid=webid, request_id=request_id) for webid in reader.webids)


def look_of(house: House, path: str, people: tuple[Who, ...], after: str = "") -> Look | None:
    """Who asks about which name; None when the address is that of no name at all."""
    try:
        name = canonical_path(path.removeprefix(DATA))
    except Unreadable:
        return None
    return None if name == "/" else Look(people or (ANYONE,), Iri(house.base[:-1] + name), after)


async def see(tx: Tx, look: Look, sources: Sequence[PermitSource], now: Instant) -> Seen:
    """Data and permission in one snapshot."""
    found = await find(tx, look.target)
    may = await may_read(tx, look, found, sources, now)
    if not may or found.resource is None:
        return Seen(None, twin=await _has_readable_twin(tx, look, sources, now))
    if not found.resource.is_container:
        return Seen(found.resource)
    after = look.after if look.after.startswith(look.target) else ""
    return Seen(found.resource, await page_of(tx, look.target, after, PAGE + 1))


async def may_read(
    tx: Tx, look: Look, found: Found, sources: Sequence[PermitSource], now: Instant
) -> bool:
    """Only what is free of a grant: a read under one is counted and logged (decision 16)."""
    for who in look.people:
        decision = await decide(tx, who, found, now, sources)
        free = (p for p in decision.permits if p.spend is None and p.view is None)
        if Mode.READ in decision.public or any(Mode.READ in permit.modes for permit in free):
            return True
    return False


async def _has_readable_twin(
    tx: Tx, look: Look, sources: Sequence[PermitSource], now: Instant
) -> bool:
    # SP-16: leading to the twin tells that it exists, so it needs Read there.
    twin = twin_of(look.target)
    if is_auxiliary(look.target) or not await exists(tx, twin):
        return False
    return await may_read(tx, look, await find(tx, twin), sources, now)


def twin_of(iri: Iri) -> Iri:
    """The same name with or without the slash at its end."""
    return Iri(iri[:-1]) if is_container(iri) else Iri(iri + "/")


def address_of(house: House, iri: Iri) -> str:
    """The page about this name."""
    return f"{DATA}/{iri[len(house.base) :]}"


def name_of(iri: Iri) -> str:
    """What it is called in its folder, as people write it."""
    return unquote(iri.rstrip("/").rsplit("/", 1)[-1], errors="replace")


def _nothing(visit: Visit) -> Page:
    return Page("data_missing.html", {"to_sign_in": visit.to_sign_in}, 404)


async def _page(
    sources: Sequence[PermitSource], house: House, visit: Visit, seen: Seen, resource: Resource
) -> Page:
    above, here = parent(resource.iri), address_of(house, resource.iri)
    whos = visit.whos()
    may = await house.db.read(_may, whos, resource.iri, sources, house.now()) if whos else NOTHING
    data: dict[str, object] = {
        "here": "data",
        "name": name_of(resource.iri),
        "iri": resource.iri,
        "address": here,
        "modified": resource.modified,
        "above": None if above is None else _link(house, above),
        "may_write": Mode.WRITE in may.here,
        "may_add": Mode.APPEND in may.here,
        "may_share": Mode.CONTROL in may.rules,
    }
    if resource.is_container:
        return Page("data_folder.html", data | await _folder(house, visit, seen, resource))
    rows = await statements_of(house, resource)
    size = format_decimal(resource.size, locale=visit.language)
    data |= {"raw": f"{here}?raw", "size": size, "media_type": resource.media_type}
    if rows is None:
        return Page("data_file.html", data | {"unshown": rdf.is_rdf(resource.media_type)})
    edit = f"{here}?edit=" if Mode.WRITE in may.here else ""
    data |= {"cards": cards_of(rows, visit.language)}
    return Page("data_statements.html", data | _table(rows, resource.iri, edit))


async def _may(
    tx: Tx, whos: Sequence[Who], target: Iri, sources: Sequence[PermitSource], now: Instant
) -> May:
    """Everything that one or another of her people may do there, and with its rules."""
    found, rules = await find(tx, target), await find(tx, acl_of(target))
    here = there = Mode.NONE
    for who in whos:
        here |= (await decide(tx, who, found, now, sources)).modes
        there |= (await decide(tx, who, rules, now, sources)).modes
    return May(here, there)


async def _folder(house: House, visit: Visit, seen: Seen, resource: Resource) -> dict[str, object]:
    listed = seen.members[:PAGE]
    older = ""
    if len(seen.members) > PAGE:
        older = f"{address_of(house, resource.iri)}?after={quote(listed[-1].iri, safe='')}"
    said = rdf.parse(resource.body or b"", rdf.N_TRIPLES, resource.iri).triples
    links = [_member(house, visit, member) for member in listed]
    return {"links": links, "onward": older, **_table(said, resource.iri)}


def _link(house: House, iri: Iri) -> Link:
    return Link(address_of(house, iri), name_of(iri), is_container(iri))


def _member(house: House, visit: Visit, member: Member) -> Link:
    folder = is_container(member.iri)
    size = "" if folder else format_decimal(member.size, locale=visit.language)
    return Link(address_of(house, member.iri), name_of(member.iri), folder, size, member.modified)


async def statements_of(house: House, resource: Resource) -> Sequence[ox.Triple] | None:
    """The statements; None for what is no RDF, too large for a page, or cannot be read."""
    if not rdf.is_rdf(resource.media_type) or resource.size > LARGEST_SHOWN:
        return None
    body = resource.body or b""
    if resource.blob is not None:
        body = await house.files.read(resource.blob)
    try:
        parsed = await asyncio.to_thread(rdf.parse, body, resource.media_type, resource.iri)
    except Unreadable:
        return None
    return parsed.triples


def _table(triples: Sequence[ox.Triple], document: Iri, edit: str = "") -> dict[str, object]:
    rows = [
        Row(
            _named(triple.subject, document),
            _named(triple.predicate, document),
            _named(triple.object, document),
            f"{edit}{number}" if edit and is_editable(triple) else "",
        )
        for number, triple in enumerate(triples[:MOST_ROWS])
    ]
    return {"rows": rows, "total": len(triples), "cut": len(triples) > MOST_ROWS}


def is_editable(triple: ox.Triple) -> bool:
    """A plain value of something with a name of its own."""
    return isinstance(triple.subject, ox.NamedNode) and isinstance(triple.object, ox.Literal)


def _named(term: object, document: Iri) -> Term:
    """A name by its last part, as people say it; the whole name stands behind it."""
    if not isinstance(term, ox.NamedNode):
        return _term(term)
    inside = term.value.removeprefix(document)
    if inside != term.value and inside[:1] in ("", "#"):
        return Term(inside or "#", whole=_short(term.value))
    return Term(_short(label_of(term.value)), whole=_short(term.value))


def _term(term: object) -> Term:
    match term:
        case ox.NamedNode():
            return Term(_short(term.value))
        case ox.Literal():
            return Term(_short(term.value), term.language or _kind(term.datatype.value))
        case _:
            return Term(_short(str(term)))


def _kind(datatype: str) -> str:
    name = datatype.rsplit("#", 1)[-1]
    return "" if name == "string" else name


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"
