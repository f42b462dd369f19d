# SPDX-License-Identifier: EUPL-1.2
"""Bytes to statements and back: strict, lossless, and guarded before the parser sees them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyoxigraph as ox
import rdflib

from pod.errors import Unreadable
from pod.jsonld import guarded_json

TURTLE = "text/turtle"
JSON_LD = "application/ld+json"
N_TRIPLES = "application/n-triples"
N_QUADS = "application/n-quads"
TRIG = "application/trig"

FORMATS: Mapping[str, ox.RdfFormat] = {
    TURTLE: ox.RdfFormat.TURTLE,
    JSON_LD: ox.RdfFormat.JSON_LD,
    N_TRIPLES: ox.RdfFormat.N_TRIPLES,
    N_QUADS: ox.RdfFormat.N_QUADS,
    TRIG: ox.RdfFormat.TRIG,
}
OFFERED = (TURTLE, JSON_LD, N_TRIPLES, N_QUADS, TRIG)
LARGEST = 16 * 1024 * 1024
DEEPEST_TERMS = 100
INLINE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Statements:
    """The statements of a document's default graph in the order they stand, and its prefixes."""

    triples: tuple[ox.Triple, ...]
    prefixes: Mapping[str, str]
    named_graphs: bool = False


def essence(media_type: str) -> str:
    """The media type without parameters, in lower case."""
    return media_type.split(";", 1)[0].strip().lower()


def is_rdf(media_type: str) -> bool:
    """Whether Kluis reads and converts this type."""
    return essence(media_type) in FORMATS


def parse(
    body: bytes, media_type: str, base: str, contexts: Mapping[str, object] | None = None
) -> Statements:
    """Read the default graph; Unreadable with line and column for anything that is not RDF.

    Blank nodes are numbered in the order of the document, so that the same bytes always give the
    same statements.
    """
    kind = FORMATS[essence(media_type)]
    text = _guarded(body, kind, contexts or {})
    try:
        parser = ox.parse(text, format=kind, base_iri=base)
        quads = list(parser)
        default = [quad for quad in quads if _in_default_graph(quad)]
    except SyntaxError as error:
        raise Unreadable(
            f"The body is not {essence(media_type)}: {_message(error)}",
            problem="malformed-rdf",
            errors=[_place(error)],
        ) from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"The body is not {essence(media_type)}.", problem="malformed-rdf") from (
            error
        )
    return Statements(tuple(_renamed(default)), parser.prefixes, len(default) < len(quads))


def write(
    triples: Iterable[ox.Triple], media_type: str, prefixes: Mapping[str, str] | None = None
) -> bytes:
    """The same statements in another form; equal statements in equal order give equal bytes."""
    written = ox.serialize(
        triples, format=FORMATS[essence(media_type)], prefixes=dict(prefixes or {})
    )
    return written or b""


def graph(statements: Statements) -> rdflib.Graph:
    """A graph to reason over, with every literal as it was written."""
    result = rdflib.Graph()
    for triple in statements.triples:
        result.add((_node(triple.subject), _node(triple.predicate), _node(triple.object)))
    return result


def _node(term: object) -> rdflib.term.Node:
    match term:
        case ox.NamedNode():
            return rdflib.URIRef(term.value)
        case ox.BlankNode():
            return rdflib.BNode(term.value)
        case ox.Literal():
            if term.language is not None:
                return rdflib.Literal(term.value, lang=term.language)
            return rdflib.Literal(
                term.value, datatype=rdflib.URIRef(term.datatype.value), normalize=False
            )
        case _:
            raise Unreadable("Triples inside triples are not kept here.", problem="malformed-rdf")


def _guarded(body: bytes, kind: ox.RdfFormat, contexts: Mapping[str, object]) -> bytes:
    if len(body) > LARGEST:
        raise Unreadable("An RDF document may have 16 MiB at most.", problem="too-large")
    if kind == ox.RdfFormat.JSON_LD:
        return guarded_json(body, contexts)
    # T-05: the parser's stack overflows on deep triple terms and takes the process with it.
    if body.count(b"<<") > DEEPEST_TERMS:
        raise Unreadable("Triples inside triples are not kept here.", problem="malformed-rdf")
    return body


def _in_default_graph(quad: ox.Quad) -> bool:
    if isinstance(quad.object, ox.Triple):
        raise Unreadable("Triples inside triples are not kept here.", problem="malformed-rdf")
    return isinstance(quad.graph_name, ox.DefaultGraph)


def _renamed(quads: Iterable[ox.Quad]) -> Iterable[ox.Triple]:
    names: dict[str, ox.BlankNode] = {}

    def name(term: ox.BlankNode) -> ox.BlankNode:
        known = names.get(term.value)
        if known is None:
            known = names[term.value] = ox.BlankNode(f"b{len(names)}")
        return known

    for quad in quads:
        subject, value = quad.subject, quad.object
        if not isinstance(subject, ox.BlankNode) and not isinstance(value, ox.BlankNode):
            # Most triples name none, and to make one anew costs more than all the rest here.
            yield quad.triple
            continue
        subject = name(subject) if isinstance(subject, ox.BlankNode) else subject
        value = name(value) if isinstance(value, ox.BlankNode) else value
        yield ox.Triple(subject, quad.predicate, value)


_WHERE = re.compile(r"^Parser error at (?:line \d+ )?(?:between )?.*?: ", re.DOTALL)


def _message(error: SyntaxError) -> str:
    where = f" (line {error.lineno}, column {error.offset})" if error.lineno else ""
    return f"{_WHERE.sub('', str(error.msg))[:200]}{where}"


def _place(error: SyntaxError) -> dict[str, object]:
    return {"line": error.lineno, "column": error.offset, "detail": str(error.msg)[:200]}
