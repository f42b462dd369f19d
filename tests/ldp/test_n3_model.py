# SPDX-License-Identifier: EUPL-1.2
"""N3 Patch: its limits, and apply against a naive evaluation."""

from contextlib import suppress
from itertools import product

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldp.n3 import read_n3_patch
from ldp.patch import Patch, Step, apply
from ldp.syntax import Pattern, Term
from pod.errors import Clash, Unprocessable, Unreadable
from tests.ldp.test_n3 import BASE, HEAD, ID, document


def test_limits_hold_for_patterns_triples_and_work() -> None:
    patterns = " ".join(f"?a{n} ex:n ?b{n} ." for n in range(65))
    with pytest.raises(Unprocessable) as many:
        read_n3_patch(f"{HEAD}{ID}solid:where {{ {patterns} }}.".encode(), BASE)
    numbers = ", ".join(map(str, range(10_001)))
    with pytest.raises(Unprocessable) as large:
        read_n3_patch(f"{HEAD}{ID}solid:inserts {{ <#a> ex:n {numbers} }}.".encode(), BASE)
    cross = "_:a ex:n _:b . _:b ex:n _:c . _:c ex:n _:a ."
    sides = [(f"<#s{n}>", f"<#t{m}>") for n in range(50) for m in range(50)]
    before = document("".join(f"{s} ex:n {t} . {t} ex:n {s} .\n" for s, t in sides))
    with pytest.raises(Unprocessable) as slow:
        apply(read_n3_patch(f"{HEAD}{ID}solid:where {{ {cross} }}.".encode(), BASE), before)

    assert {each.value.problem for each in (many, large, slow)} == {"too-complex"}


def test_a_large_document_is_matched_within_the_budget() -> None:
    ex = "https://vocab.example/#"
    before = {
        ox.Triple(ox.NamedNode(f"{BASE}#{n}"), ox.NamedNode(f"{ex}{word}"), ox.Literal(str(n)))
        for n in range(20_000)
        for word in ("n", "m")
    }
    patch = ID + "solid:where { ?p ex:n ?v; ex:m '777'. ?q ex:m ?v }; solid:inserts { ?p ex:x ?v }."

    after = apply(read_n3_patch((HEAD + patch).encode(), BASE), before)

    assert len(after) == len(before) + 1


names = [ox.NamedNode(f"{BASE}#{letter}") for letter in "ab"]
words = [ox.NamedNode(f"https://vocab.example/#{letter}") for letter in "pq"]
values = [*names, ox.Literal("x"), ox.BlankNode("n1"), ox.BlankNode("n2")]
variables = [ox.Variable(letter) for letter in "uvw"]
slots: list[Term] = [*variables, ox.BlankNode("b1"), ox.BlankNode("b2")]

graphs = st.sets(
    st.builds(
        ox.Triple,
        st.sampled_from([*names, ox.BlankNode("n1"), ox.BlankNode("n2")]),
        st.sampled_from(words),
        st.sampled_from(values),
    ),
    max_size=6,
)
wheres = st.lists(
    st.builds(
        Pattern,
        st.sampled_from([*names, *slots]),
        st.sampled_from([*words, *variables]),
        st.sampled_from([*names, ox.Literal("x"), *slots]),
    ),
    max_size=3,
).map(tuple)


@st.composite
def steps(draw: st.DrawFn) -> Step:
    where = draw(wheres)
    known = [term for pattern in where for term in pattern if isinstance(term, ox.Variable)]
    subjects = st.sampled_from([*names, *known])
    objects = st.sampled_from([*names, ox.Literal("x"), *known])
    changes = st.lists(
        st.builds(Pattern, subjects, st.sampled_from([*words, *known]), objects), max_size=2
    ).map(tuple)
    return Step(where, draw(changes), draw(changes))


def naively(step: Step, graph: set[ox.Triple]) -> set[tuple[object, ...]] | None:
    """N3 Patch by trying everything: None where it is a clash. Triples as plain tuples."""
    there: set[tuple[object, ...]] = {tuple(triple) for triple in graph}
    terms = list({term for triple in there for term in triple})
    free = list({t for p in step.where for t in p if isinstance(t, ox.Variable | ox.BlankNode)})
    mappings: list[dict[object, object]] = []
    for chosen in product(terms, repeat=len(free)):
        assigned: dict[object, object] = dict(zip(free, chosen, strict=True))
        if all(tuple(assigned.get(t, t) for t in p) in there for p in step.where):
            seen: dict[object, object] = {
                key: v for key, v in assigned.items() if isinstance(key, ox.Variable)
            }
            if seen not in mappings:
                mappings.append(seen)
    if len(mappings) != 1:
        return None
    deletes = {tuple(mappings[0].get(t, t) for t in p) for p in step.deletes}
    inserts = {tuple(mappings[0].get(t, t) for t in p) for p in step.inserts}
    for subject, predicate, _ in deletes | inserts:
        if isinstance(subject, ox.Literal) or not isinstance(predicate, ox.NamedNode):
            return None
    return (there - deletes) | inserts if deletes <= there else None


@given(graphs, steps())
def test_apply_does_what_a_naive_evaluation_does(graph: set[ox.Triple], step: Step) -> None:
    expected = naively(step, graph)

    try:
        result = {tuple(triple) for triple in apply(Patch("n3", (step,)), graph)}
    except Clash:
        assert expected is None
    else:
        assert result == expected


fragments = st.lists(
    st.sampled_from(
        [
            *(ID, "_:p", "a", "solid:where", "solid:inserts", "solid:deletes", "{", "}", ".", ";"),
            *("<#a> ex:n 1", "?x ex:n 1", "_:b", "[", "]", "(", ")", "'x'", "@forAll", "=>", "!"),
        ]
    ),
    max_size=25,
)


@given(st.one_of(fragments.map(" ".join), st.text(max_size=40)))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    with suppress(Unreadable, Unprocessable):
        assert read_n3_patch((HEAD + text).encode("utf-8", "replace"), BASE).law == "n3"
