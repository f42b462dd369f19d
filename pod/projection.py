# SPDX-License-Identifier: EUPL-1.2
"""A document cut down to listed properties: first the graph, only then its bytes (T-42), pure."""

from collections.abc import Collection, Iterator

import pyoxigraph as ox

from pod.rdf import Statements, write

Triple = ox.Triple
_Node = ox.NamedNode | ox.BlankNode


def project(statements: Statements, iri: str, properties: Collection[str]) -> tuple[Triple, ...]:
    """KC-20: listed properties of the resource's own subjects, and of blank nodes reached by them.

    Types stay only when rdf:type is listed; order stays that of the document. Blank nodes are
    numbered anew, so that even their names say nothing of what was left out.
    """
    listed = [triple for triple in statements.triples if triple.predicate.value in properties]
    reached = _reached(listed, iri)
    return tuple(_renumbered(triple for triple in listed if triple.subject in reached))


def projected(
    statements: Statements, iri: str, properties: Collection[str], media_type: str
) -> bytes:
    """The bytes of the projection. Without the document's prefixes: they too are its contents."""
    return write(project(statements, iri, properties), media_type)


def is_own(node: object, iri: str) -> bool:
    """Whether a subject is the resource itself or a fragment of it."""
    return isinstance(node, ox.NamedNode) and (
        node.value == iri or node.value.startswith(iri + "#")
    )


def _reached(listed: list[Triple], iri: str) -> set[object]:
    below: dict[object, list[ox.BlankNode]] = {}
    for triple in listed:
        if isinstance(triple.object, ox.BlankNode):
            below.setdefault(triple.subject, []).append(triple.object)
    reached: set[object] = {triple.subject for triple in listed if is_own(triple.subject, iri)}
    waiting = list(reached)
    while waiting:
        for node in below.get(waiting.pop(), ()):
            if node not in reached:
                reached.add(node)
                waiting.append(node)
    return reached


def _renumbered(triples: Iterator[Triple]) -> Iterator[Triple]:
    names: dict[str, ox.BlankNode] = {}

    def named(node: _Node) -> _Node:
        if not isinstance(node, ox.BlankNode):
            return node
        return names.setdefault(node.value, ox.BlankNode(f"b{len(names)}"))

    for triple in triples:
        subject, value = triple.subject, triple.object
        if isinstance(subject, ox.NamedNode | ox.BlankNode):
            subject = named(subject)
        if isinstance(value, ox.BlankNode):
            value = named(value)
        yield ox.Triple(subject, triple.predicate, value)
