# SPDX-License-Identifier: EUPL-1.2
"""What a container says about its members: written as text from rows, never through a graph."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

import orjson
import pyoxigraph as ox

from pod import rdf
from pod.instant import SECOND, Instant
from pod.iri import is_container
from pod.resource import Member, Resource
from pod.vocab import DCT, LDP, MEDIA_TYPES, PIM, POSIX, RDF, XSD

_PREFIXES = (
    f"@prefix dcterms: <{DCT}>.\n@prefix ldp: <{LDP}>.\n@prefix posix: <{POSIX}>.\n"
    f"@prefix xsd: <{XSD}>.\n\n"
)
_CONTAINER = "ldp:BasicContainer, ldp:Container, ldp:Resource"
_TYPES = [LDP + "BasicContainer", LDP + "Container", LDP + "Resource"]
_PREFERENCE = re.compile(
    r'(?:\A|,)\s*return\s*=\s*"?representation"?\s*((?:;[^,"]*(?:"[^"]*")?)*)', re.I
)
_SCOPE = re.compile(r';\s*(include|omit)\s*=\s*(?:"([^"]*)"|([^;,"\s]*))', re.I)


@dataclass(frozen=True, slots=True)
class Writer:
    """One listing in pieces: its opening, a passage for each page of members, its closing.

    The pieces of one page are the whole listing; so are those of a hundred, with flat memory.
    """

    opening: Callable[[Resource], bytes]
    passage: Callable[[Resource, Sequence[Member], bool], bytes]
    closing: Callable[[Resource, bool, bool], bytes]


def write_listing(
    container: Resource, members: Sequence[Member], media_type: str, *, statements: bool = True
) -> bytes:
    """The container's own statements, then its members with their facts (SP-29, 31, 32)."""
    writer = WRITERS[media_type]
    passage = writer.passage(container, members, True) if members else b""
    return (
        writer.opening(container) + passage + writer.closing(container, bool(members), statements)
    )


def wants_minimal(prefer: str | None) -> bool:
    """SP-36: whether the caller wants the container without what it contains (LDP §7.2)."""
    match = _PREFERENCE.search(prefer) if prefer else None
    if match is None:
        return False
    said: dict[str, set[str]] = {"include": set(), "omit": set()}
    for word, quoted, plain in _SCOPE.findall(match[1]):
        said[word.lower()].update((quoted or plain).split())
    minimal = {LDP + "PreferMinimalContainer", LDP + "PreferEmptyContainer"} & said["include"]
    kept = LDP + "PreferContainment" in said["include"]
    return not kept and (bool(minimal) or LDP + "PreferContainment" in said["omit"])


@lru_cache(maxsize=4096)
def date_time(second: int) -> str:
    """SP-32: the very second that the member's Last-Modified names."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=512)
def media_class(media_type: str) -> str:
    """The class of things of this media type (SP-31)."""
    essence = rdf.essence(media_type)
    plain = all(c.isalnum() or c in "/+.-_" for c in essence) and essence.count("/") == 1
    return f"{MEDIA_TYPES}{essence}#Resource" if plain else LDP + "Resource"


def _typed(moment: Instant) -> str:
    return f'"{date_time(moment // SECOND)}"^^xsd:dateTime'


def _turtle_opening(container: Resource) -> bytes:
    modified = _typed(container.modified)
    own = f"<{container.iri}> a {_CONTAINER};\n    dcterms:modified {modified}.\n"
    return (_PREFIXES + own).encode()


def _turtle_passage(container: Resource, members: Sequence[Member], first: bool) -> bytes:
    names = ", ".join([f"<{member.iri}>" for member in members])
    contains = f"<{container.iri}> ldp:contains {names}.\n"
    return "".join([contains, *[_member_turtle(member) for member in members]]).encode()


def _statements(container: Resource, statements: bool) -> bytes:
    # What people say about a container is kept as N-Triples, which is Turtle too.
    return (container.body or b"") if statements else b""


def _member_turtle(member: Member) -> str:
    if member.bare:
        return ""
    second = member.modified // SECOND
    facts = f' dcterms:modified "{date_time(second)}"^^xsd:dateTime; posix:mtime {second}'
    if is_container(member.iri):
        return f"<{member.iri}> a {_CONTAINER};{facts}.\n"
    return (
        f"<{member.iri}> a ldp:Resource, <{media_class(member.media_type)}>;{facts};"
        f" posix:size {member.size}.\n"
    )


def _json_opening(container: Resource) -> bytes:
    own = {
        "@id": container.iri,
        "@type": _TYPES,
        DCT + "modified": [_json_date(container.modified // SECOND)],
    }
    # Left open: its members come page by page, and each stands inside with its facts.
    return b"[" + orjson.dumps(own)[:-1]


def _json_passage(container: Resource, members: Sequence[Member], first: bool) -> bytes:
    nodes = orjson.dumps([_member_json(member) for member in members])[1:-1]
    return (f',"{LDP}contains":['.encode() if first else b",") + nodes


def _json_closing(container: Resource, members: bool, statements: bool) -> bytes:
    said = orjson.dumps(_statements_json(container))[1:-1] if statements else b""
    return (b"]}" if members else b"}") + (b"," + said if said else b"") + b"]"


def _json_date(second: int) -> dict[str, str]:
    return {"@value": date_time(second), "@type": XSD + "dateTime"}


def _member_json(member: Member) -> dict[str, object]:
    if member.bare:
        return {"@id": member.iri}
    second = member.modified // SECOND
    node: dict[str, object] = {
        "@id": member.iri,
        "@type": _TYPES
        if is_container(member.iri)
        else [LDP + "Resource", media_class(member.media_type)],
        DCT + "modified": [_json_date(second)],
        POSIX + "mtime": [{"@value": second}],
    }
    if not is_container(member.iri):
        node[POSIX + "size"] = [{"@value": member.size}]
    return node


def _statements_json(container: Resource) -> list[object]:
    if not container.body:
        return []
    statements = rdf.parse(container.body, rdf.N_TRIPLES, container.iri)
    written: list[object] = orjson.loads(rdf.write(statements.triples, rdf.JSON_LD))
    return written


def _lines(iri: str, types: Sequence[str], second: int) -> str:
    kinds = "".join([f"<{iri}> <{RDF}type> <{kind}> .\n" for kind in types])
    return f'{kinds}<{iri}> <{DCT}modified> "{date_time(second)}"^^<{XSD}dateTime> .\n'


def _lines_opening(container: Resource) -> bytes:
    return _lines(container.iri, _TYPES, container.modified // SECOND).encode()


def _lines_passage(container: Resource, members: Sequence[Member], first: bool) -> bytes:
    contains = f"<{container.iri}> <{LDP}contains> "
    return "".join([f"{contains}<{m.iri}> .\n{_member_lines(m)}" for m in members]).encode()


def _member_lines(member: Member) -> str:
    if member.bare:
        return ""
    iri, second = member.iri, member.modified // SECOND
    mtime = f'<{iri}> <{POSIX}mtime> "{second}"^^<{XSD}integer> .\n'
    if is_container(iri):
        return _lines(iri, _TYPES, second) + mtime
    types = dict.fromkeys((LDP + "Resource", media_class(member.media_type)))
    size = f'<{iri}> <{POSIX}size> "{member.size}"^^<{XSD}integer> .\n'
    return _lines(iri, tuple(types), second) + mtime + size


WRITERS: Mapping[str, Writer] = {
    rdf.TURTLE: Writer(_turtle_opening, _turtle_passage, lambda c, _, s: _statements(c, s)),
    rdf.JSON_LD: Writer(_json_opening, _json_passage, _json_closing),
    rdf.N_TRIPLES: Writer(_lines_opening, _lines_passage, lambda c, _, s: _statements(c, s)),
    rdf.N_QUADS: Writer(_lines_opening, _lines_passage, lambda c, _, s: _statements(c, s)),
    rdf.TRIG: Writer(_turtle_opening, _turtle_passage, lambda c, _, s: _statements(c, s)),
}


def is_listed_fact(iri: str, triple: ox.Triple) -> bool:
    """SP-44, SP-59d, e: what the server alone says about a resource and about its members."""
    subject, value = triple.subject, triple.object
    if not isinstance(subject, ox.NamedNode):
        return False
    below = is_container(iri) and subject.value.startswith(iri)
    if subject.value != iri and not below:
        return False
    if triple.predicate.value in _FACTS:
        return True
    kind = value.value if isinstance(value, ox.NamedNode) else ""
    return triple.predicate.value == RDF + "type" and kind.startswith(_KINDS)


_FACTS = (LDP + "contains", DCT + "modified", POSIX + "size", POSIX + "mtime")
_KINDS = (LDP, MEDIA_TYPES, PIM + "Storage")
