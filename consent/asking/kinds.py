# SPDX-License-Identifier: EUPL-1.2
"""How many values a projection gives now, and what a document says it is, pure."""

from collections import Counter
from collections.abc import Sequence

import pyoxigraph as ox

from pod.projection import is_own, project
from pod.rdf import Statements
from pod.vocab import RDF

_TYPE = ox.NamedNode(RDF + "type")


def counted(
    statements: Statements, iri: str, properties: Sequence[str] | None
) -> dict[str, int] | None:
    """Values per listed property; None when the whole resource is given."""
    if properties is None:
        return None
    found = Counter(triple.predicate.value for triple in project(statements, iri, properties))
    return {name: found.get(name, 0) for name in properties}


def types_of(statements: Statements, iri: str) -> frozenset[str]:
    """The types of the resource's own subjects."""
    return frozenset(
        triple.object.value
        for triple in statements.triples
        if triple.predicate == _TYPE
        and isinstance(triple.object, ox.NamedNode)
        and is_own(triple.subject, iri)
    )
