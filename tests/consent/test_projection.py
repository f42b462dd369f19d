# SPDX-License-Identifier: EUPL-1.2
"""KC-20, T-42: nothing unlisted in any byte, whatever the graph looks like."""

import pyoxigraph as ox
from hypothesis import given
from hypothesis import strategies as st

from pod import rdf
from pod.projection import project, projected

DOC = "http://localhost:3000/an/x.ttl"
NS = "https://ns.example/"
LISTED = frozenset({NS + "a", NS + "b"})


def parsed(turtle: str) -> rdf.Statements:
    return rdf.parse(turtle.encode(), rdf.TURTLE, DOC)


def shown(turtle: str, properties: frozenset[str] = LISTED) -> str:
    return projected(parsed(turtle), DOC, properties, rdf.N_TRIPLES).decode()


def test_only_listed_properties_of_the_own_subjects_stay() -> None:
    text = shown(
        f'<> <{NS}a> 1 ; <{NS}c> "no" ; a <{NS}T> . <#me> <{NS}b> "yes" .'
        f' <https://else.example/> <{NS}a> "no" . <http://localhost:3000/an/x.ttl2> <{NS}a> "no" .'
    )

    assert "no" not in text.replace(NS, "")
    assert '"yes"' in text
    assert NS + "T" not in text
    assert text.count("\n") == 2


def test_types_stay_only_when_listed() -> None:
    kind = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

    assert NS + "T" in shown(f"<> a <{NS}T> .", frozenset({kind}))


def test_blank_nodes_stay_when_a_listed_property_reaches_them() -> None:
    text = shown(
        f'<> <{NS}a> [ <{NS}b> "deep" ; <{NS}c> "no" ] ; <{NS}c> [ <{NS}b> "no" ] .'
        f' [] <{NS}a> "no" .'
    )

    assert '"deep"' in text
    assert '"no"' not in text


def test_blank_nodes_in_a_ring_end() -> None:
    assert shown(f"<> <{NS}a> _:x . _:x <{NS}a> _:y . _:y <{NS}a> _:x .").count("\n") == 3


def test_names_of_blank_nodes_do_not_count_what_was_left_out() -> None:
    text = shown(f"<> <{NS}c> [], [], [], [] ; <{NS}a> [ <{NS}b> 1 ] .")

    assert "_:b0" in text
    assert "_:b1" not in text


def test_prefixes_and_comments_of_the_document_are_gone() -> None:
    document = f"@prefix s: <https://secret.example/SECRET#> . # SECRET\n<> <{NS}a> 1 ."

    for media_type in rdf.OFFERED:
        assert b"SECRET" not in projected(parsed(document), DOC, LISTED, media_type)


_SUBJECTS = st.sampled_from([DOC, DOC + "#x", "https://else.example/", "_:p", "_:q", "_:r"])
_PREDICATES = st.sampled_from([NS + name for name in "abcd"])


@st.composite
def graphs(draw: st.DrawFn) -> tuple[rdf.Statements, frozenset[str]]:
    triples = []
    for number in range(draw(st.integers(0, 25))):
        subject = _node(draw(_SUBJECTS))
        predicate = ox.NamedNode(draw(_PREDICATES))
        value: ox.NamedNode | ox.BlankNode | ox.Literal
        if draw(st.booleans()):
            value = _node(draw(st.sampled_from(["_:p", "_:q", "_:r"])))
        else:
            value = ox.Literal(f"value{number}end")
        triples.append(ox.Triple(subject, predicate, value))
    listed = draw(st.frozensets(_PREDICATES))
    return rdf.Statements(tuple(triples), {}), listed


def _node(name: str) -> ox.NamedNode | ox.BlankNode:
    return ox.BlankNode(name[2:]) if name.startswith("_:") else ox.NamedNode(name)


def expected(statements: rdf.Statements, listed: frozenset[str]) -> set[str]:
    """The literals that may be seen, found the slow way: grow until nothing changes."""
    reached = {ox.NamedNode(DOC), ox.NamedNode(DOC + "#x")}
    seen: set[str] = set()
    while True:
        size = len(reached), len(seen)
        for triple in statements.triples:
            if triple.subject not in reached or triple.predicate.value not in listed:
                continue
            if isinstance(triple.object, ox.BlankNode):
                reached.add(triple.object)  # type: ignore[arg-type]  # the set began with named nodes
            elif isinstance(triple.object, ox.Literal):
                seen.add(triple.object.value)
        if (len(reached), len(seen)) == size:
            return seen


@given(graphs(), st.sampled_from(rdf.OFFERED))
def test_every_value_shown_is_one_that_may_be_and_none_is_lost(
    drawn: tuple[rdf.Statements, frozenset[str]], media_type: str
) -> None:
    statements, listed = drawn
    may = expected(statements, listed)

    body = projected(statements, DOC, listed, media_type).decode()

    everything = {t.object.value for t in statements.triples if isinstance(t.object, ox.Literal)}
    assert {value for value in everything if value in body} == may
    assert all(triple.predicate.value in listed for triple in project(statements, DOC, listed))
