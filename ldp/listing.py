# SPDX-License-Identifier: EUPL-1.2
"""What a container says about its members: written as text from rows, never through a graph."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

import orjson
import pyoxigraph as ox

from pod import rdf
from pod.instant import SECOND, Instant
from pod.iri import is_container
from pod.resource import Member, Resource
from pod.vocab import DCT, LDP, MEDIA_TYPES, POSIX, RDF, XSD

_PREFIXES = (
    f"@prefix dcterms: <{DCT}>.\n@prefix ldp: <{LDP}>.\n@prefix posix: <{POSIX}>.\n"
    f"@prefix xsd: <{XSD}>.\n\n"
)
_CONTAINER = "ldp:BasicContainer, ldp:Container, ldp:Resource"
_TYPES = [LDP + "BasicContainer", LDP + "Container", LDP + "Resource"]


def write_listing(container: Resource, members: Sequence[Member], media_type: str) -> bytes:
    """The container's own statements, then its members with their facts (SP-29, 31, 32)."""
    if media_type == rdf.JSON_LD:
        return _json_ld(container, members)
    turtle = _turtle(container, members)
    if media_type == rdf.TURTLE:
        return turtle
    return rdf.write(rdf.parse(turtle, rdf.TURTLE, container.iri).triples, media_type)


@lru_cache(maxsize=4096)
def date_time(second: int) -> str:
    """SP-32: the very second that the member's Last-Modified names."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=512)
def _media_class(media_type: str) -> str:
    essence = rdf.essence(media_type)
    plain = all(c.isalnum() or c in "/+.-_" for c in essence) and essence.count("/") == 1
    return f"{MEDIA_TYPES}{essence}#Resource" if plain else LDP + "Resource"


def _turtle(container: Resource, members: Sequence[Member]) -> bytes:
    own = [
        _PREFIXES,
        f"<{container.iri}> a {_CONTAINER};\n    dcterms:modified {_typed(container.modified)}",
    ]
    if members:
        own.append(";\n    ldp:contains ")
        own.append(", ".join([f"<{member.iri}>" for member in members]))
    own.append(".\n")
    own.extend([_member_turtle(member) for member in members])
    return "".join(own).encode() + (container.body or b"")


def _typed(moment: Instant) -> str:
    return f'"{date_time(moment // SECOND)}"^^xsd:dateTime'


def _member_turtle(member: Member) -> str:
    second = member.modified // SECOND
    facts = f' dcterms:modified "{date_time(second)}"^^xsd:dateTime; posix:mtime {second}'
    if is_container(member.iri):
        return f"<{member.iri}> a {_CONTAINER};{facts}.\n"
    return (
        f"<{member.iri}> a ldp:Resource, <{_media_class(member.media_type)}>;{facts};"
        f" posix:size {member.size}.\n"
    )


def _json_ld(container: Resource, members: Sequence[Member]) -> bytes:
    own: dict[str, object] = {
        "@id": container.iri,
        "@type": _TYPES,
        DCT + "modified": [_json_date(container.modified // SECOND)],
    }
    if members:
        own[LDP + "contains"] = [{"@id": member.iri} for member in members]
    nodes = [own, *(_member_json(member) for member in members), *_statements_json(container)]
    return orjson.dumps(nodes)


def _json_date(second: int) -> dict[str, str]:
    return {"@value": date_time(second), "@type": XSD + "dateTime"}


def _member_json(member: Member) -> dict[str, object]:
    second = member.modified // SECOND
    node: dict[str, object] = {
        "@id": member.iri,
        "@type": _TYPES
        if is_container(member.iri)
        else [LDP + "Resource", _media_class(member.media_type)],
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


def is_listed_fact(container: str, triple: ox.Triple) -> bool:
    """SP-59d, e: containment, member facts and storage type come from the server alone."""
    predicate = triple.predicate.value
    if predicate in (LDP + "contains", DCT + "modified", POSIX + "size", POSIX + "mtime"):
        return True
    subject = triple.subject
    about_member = isinstance(subject, ox.NamedNode) and subject.value != container
    kind = triple.object.value if isinstance(triple.object, ox.NamedNode) else ""
    is_type = predicate == RDF + "type"
    return (
        is_type
        and (
            kind.startswith((LDP, MEDIA_TYPES)) or kind == "http://www.w3.org/ns/pim/space#Storage"
        )
        and (about_member or kind.startswith((LDP, "http://www.w3.org/ns/pim/space#")))
    )
