# SPDX-License-Identifier: EUPL-1.2
"""SPARQL Update: what clients send, what is refused by name, and apply against a real engine."""

from contextlib import suppress

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldp.patch import Patch, Step, apply
from ldp.sparql import read_sparql_update
from ldp.syntax import Pattern
from pod.errors import PodError, Unprocessable, Unreadable

BASE = "https://pod.example/d.ttl"
HEAD = "PREFIX ex: <https://vocab.example/#>\n"
D = """<#ann> ex:family "Peeters"; ex:city "Gent"; ex:addr [ ex:nr 7 ; ex:box [ ex:nr 1 ] ].
<#bob> ex:family "Claes"; ex:city "Gent"; ex:addr [ ex:nr 9 ].
"""


def document(turtle: str) -> set[ox.Triple]:
    quads = ox.parse(HEAD + turtle, format=ox.RdfFormat.TURTLE, base_iri=BASE)
    return {quad.triple for quad in quads}


def canonical(triples: set[ox.Triple]) -> set[ox.Quad]:
    dataset = ox.Dataset([ox.Quad(*triple) for triple in triples])
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return set(dataset)


def patched(update: str, before: str = D) -> set[ox.Triple]:
    return apply(read_sparql_update(update.encode(), BASE), document(before))


def by_engine(update: str, before: set[ox.Triple]) -> set[ox.Triple]:
    store = ox.Store()
    store.extend(ox.Quad(*triple) for triple in before)
    store.update(update, base_iri=BASE)
    return {quad.triple for quad in store}


# SP-59h: the bodies that @inrupt/solid-client and rdflib.js make.
CLIENTS = [
    pytest.param(
        'INSERT DATA {<https://pod.example/d.ttl#ann> <https://vocab.example/#city> "Aalst".};',
        D + '<#ann> ex:city "Aalst".',
        id="solid-client adds",
    ),
    pytest.param(
        'DELETE DATA {<https://pod.example/d.ttl#ann> <https://vocab.example/#city> "Gent".};',
        D.replace('; ex:city "Gent"', "", 1),
        id="solid-client takes out",
    ),
    pytest.param(
        'DELETE DATA {<https://pod.example/d.ttl#ann> <https://vocab.example/#city> "Gent".};'
        ' INSERT DATA {<https://pod.example/d.ttl#ann> <https://vocab.example/#city> "Aalst";\n'
        '    <https://vocab.example/#nr> "7"^^<http://www.w3.org/2001/XMLSchema#integer>, 8;\n'
        "    a <https://vocab.example/#Person>.\n};",
        D.replace('"Gent"', '"Aalst"', 1) + "<#ann> ex:nr 7, 8 ; a ex:Person .",
        id="solid-client changes, with shorthand",
    ),
    pytest.param(
        "DELETE DATA { <https://pod.example/d.ttl#ann> <https://vocab.example/#city> "
        '"Gent" .\n } \n ; INSERT DATA { <https://pod.example/d.ttl#ann> '
        '<https://vocab.example/#city> "Aalst"@nl .\n }\n',
        D.replace('"Gent"', '"Aalst"@nl', 1),
        id="rdflib.js with named things",
    ),
    pytest.param(
        "INSERT DATA { <https://pod.example/d.ttl#ann> <https://vocab.example/#addr> _:n3 .\n"
        '_:n3 <https://vocab.example/#street> "Veld\\"straat" .\n }\n',
        D + "<#ann> ex:addr [ ex:street 'Veld\"straat' ].",
        id="rdflib.js adds a blank node",
    ),
    pytest.param(
        "DELETE { ?b0_n7 <https://vocab.example/#nr> "
        '"7"^^<http://www.w3.org/2001/XMLSchema#integer> .\n }\n'
        "INSERT { ?b0_n7 <https://vocab.example/#nr> "
        '"8"^^<http://www.w3.org/2001/XMLSchema#integer> .\n }\n'
        "WHERE { <https://pod.example/d.ttl#ann> <https://vocab.example/#addr> ?b0_n7 .\n"
        "?b0_n7 <https://vocab.example/#box> ?b0_n8 .\n }\n",
        D.replace("ex:nr 7", "ex:nr 8"),
        id="rdflib.js with a variable for a blank node",
    ),
    pytest.param(
        "DELETE { ?a ?p ?o } INSERT { } WHERE { <#bob> ex:addr ?a . ?a ?p ?o }",
        D.replace("[ ex:nr 9 ]", "[]"),
        id="an empty INSERT",
    ),
    pytest.param(
        "DELETE {} INSERT { <#bob> ex:seen true } WHERE {}", D + "<#bob> ex:seen true .", id="{}"
    ),
    pytest.param("", D, id="nothing"),
    pytest.param("# only a word\n", D, id="a comment"),
]


@pytest.mark.parametrize(("update", "after"), CLIENTS)
def test_what_clients_send_does_what_they_mean(update: str, after: str) -> None:
    update = (HEAD if "ex:" in update else "") + update

    result = patched(update)

    assert canonical(result) == canonical(document(after))
    if update:
        assert canonical(result) == canonical(by_engine(update, document(D)))


@pytest.mark.parametrize(
    "update",
    [
        'DELETE WHERE { ?p ex:city "Gent" }',
        "DELETE WHERE { ?p ex:addr ?a . ?a ex:nr ?n }",
        "INSERT { ?p ex:card [ ex:of ?p ] } WHERE { ?p ex:family ?f }",
        "INSERT { ?p ex:card _:c . _:c ex:n 1 } WHERE { ?p ex:addr _:c }",
        "insert { ?p a ex:X } where { ?p ex:city _:c . _:q ex:city _:c }",
        "INSERT { <#x> ex:card [] } WHERE { _:p ex:city 'Gent' }",
        "DELETE { ?p ex:city ?c } INSERT { ?p ex:town ?c } WHERE { ?p ex:city ?c }",
        "DELETE { $p ex:city ?c } WHERE { ?p ex:city $c ; ex:family 'Claes' . }",
        "DELETE DATA { <#no> ex:n 1 } ; DELETE DATA { <#ann> ex:city 'Gent' } ;",
        "INSERT DATA { <#x> ex:n 1 } ; DELETE { ?x ex:n 1 } INSERT { ?x ex:n 2 } WHERE { ?x ?p 1 }",
        "INSERT { ?c ex:of ?p } WHERE { ?p ex:city ?c }",
        "INSERT { ?p ?c 1 } WHERE { ?p ex:city ?c }",
        "INSERT { ?p ex:no ?unknown . ?p ex:n 1 } WHERE { ?p ex:city ?c }",
        "INSERT { ?p ex:n 1 } WHERE { ?p ex:city 'Nergens' }",
        "INSERT { ?p ex:same ?p } WHERE { ?p ex:city ?c . ?q ex:city ?c }",
        "INSERT DATA { <#l> ex:list ( 1 ( 2 ) () ) . [ ex:n 1 ; ex:m 2, 3 ] . ( 1 ) ex:n true }",
        "INSERT DATA { } ; DELETE DATA { }",
        "DELETE { ?s ?p ?o } INSERT { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "INSERT DATA { <#x> ex:n 7, 1.5, -2 , '''a\n'b''', \"\"\"c\"\"\", 'd'@EN-gb, 'e'^^ex:f }",
    ],
)
def test_an_update_does_what_a_sparql_engine_does(update: str) -> None:
    result = patched(HEAD + update)

    assert canonical(result) == canonical(by_engine(HEAD + update, document(D)))


def test_deleting_what_is_not_there_is_no_error() -> None:
    # Decision 10
    result = patched(HEAD + "DELETE DATA { <#ann> ex:city 'Brugge' }")

    assert canonical(result) == canonical(document(D))


@pytest.mark.parametrize(
    ("update", "after"),
    [
        (
            "INSERT DATA { <#x> ex:n 1 } ; PREFIX y: <y#> BASE <z/> INSERT DATA { y:x ex:n <q> }",
            "<#x> ex:n 1 . <y#x> ex:n <z/q> .",
        ),
        ("INSERT DATA { <#x> ex:n 07, 1.50, 1e0, +1 }", "<#x> ex:n 07, 1.50, 1e0, +1 ."),
        ("INSERT DATA { <#x> ex:n TRUE, False }", "<#x> ex:n true, false ."),
    ],
)
def test_what_the_engine_reads_less_exactly_is_read_by_the_grammar(update: str, after: str) -> None:
    assert patched(HEAD + update, "") == document(after)


@pytest.mark.parametrize(
    ("update", "named"),
    [
        ("LOAD <https://evil.example/x>", "LOAD"),
        ("CLEAR ALL", "CLEAR"),
        ("DROP DEFAULT", "DROP"),
        ("CREATE GRAPH <x>", "CREATE"),
        ("ADD <a> TO <b>", "ADD"),
        ("MOVE <a> TO <b>", "MOVE"),
        ("COPY <a> TO <b>", "COPY"),
        ("WITH <x> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", "WITH"),
        ("DELETE { ?s ?p ?o } USING <x> WHERE { ?s ?p ?o }", "USING"),
        ("INSERT DATA { GRAPH <x> { <a> ex:n 1 } }", "GRAPH"),
        ("DELETE { GRAPH <x> { ?s ?p ?o } } WHERE { ?s ?p ?o }", "GRAPH"),
        ("INSERT { <a> ex:n 1 } WHERE { GRAPH ?g { ?s ?p ?o } }", "GRAPH"),
        ("INSERT { <a> ex:n 1 } WHERE { SERVICE <x> { ?s ?p ?o } }", "SERVICE"),
        ("INSERT { <a> ex:n 1 } WHERE { ?s ?p ?o FILTER(?o < 3) }", "FILTER"),
        ("INSERT { <a> ex:n 1 } WHERE { ?s ?p ?o . filter(?o > 3) }", "FILTER"),
        ("INSERT { <a> ex:n 1 } WHERE { ?s ?p ?o OPTIONAL { ?s ex:n 1 } }", "OPTIONAL"),
        ("INSERT { <a> ex:n 1 } WHERE { ?s ?p ?o MINUS { ?s ex:n 1 } }", "MINUS"),
        ("INSERT { <a> ex:n 1 } WHERE { BIND(1 AS ?x) }", "BIND"),
        ("INSERT { <a> ex:n 1 } WHERE { VALUES ?x { 1 } }", "VALUES"),
        ("INSERT { <a> ex:n 1 } WHERE { { ?s ex:n 1 } UNION { ?s ex:n 2 } }", "groups"),
        ("INSERT { <a> ex:n 1 } WHERE { { SELECT ?s { ?s ex:n 1 } } }", "groups"),
        ("INSERT { <a> ex:n 1 } WHERE { SELECT ?s { ?s ex:n 1 } }", "sub-selects"),
        ("INSERT { <a> ex:n 1 } WHERE { ?s ex:a/ex:b ?o }", "property paths"),
        ("INSERT { <a> ex:n 1 } WHERE { ?s ^ex:a ?o }", "property paths"),
        ("INSERT { <a> ex:n 1 } WHERE { ?s ex:a|ex:b ?o }", "property paths"),
        ("INSERT { <a> ex:n 1 } WHERE { ?s ex:a* ?o }", "property paths"),
        ("INSERT { <a> ex:n 1 } WHERE { ?s ex:a+ ?o }", "property paths"),
        ("INSERT { <a> ex:n 1 } WHERE { ?s !ex:a ?o }", "property paths"),
        ("INSERT { <a> ex:n 1 } WHERE { ?s (ex:a) ?o }", "property paths"),
        ("INSERT DATA { <a> ex:n 1 } ; CLEAR ALL", "CLEAR"),
    ],
)
def test_what_sparql_has_and_is_not_taken_is_refused_by_name(update: str, named: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        read_sparql_update((HEAD + update).encode(), BASE)

    assert caught.value.problem == "unsupported-sparql"
    assert f"without {named} " in caught.value.detail


@pytest.mark.parametrize(
    ("update", "line", "column"),
    [
        ("INSERT DATA { ?x ex:n 1 }", 2, 15),
        ("DELETE DATA { <a> ex:n ?x }", 2, 24),
        ("DELETE DATA { _:b ex:n 1 }", 2, 15),
        ("DELETE DATA { <a> ex:n [] }", 2, 24),
        ("DELETE DATA { <a> ex:n ( 1 ) }", 2, 26),
        ("DELETE { _:b ex:n 1 } WHERE { <a> ex:n 1 }", 2, 10),
        ("DELETE WHERE { <a> ex:n _:b }", 2, 25),
        ("DELETE { <a> ex:n 1 }", 2, 22),
        ("INSERT { <a> ex:n 1 }", 2, 22),
        ("INSERT { <a> ex:n 1 } { <a> ex:n 1 }", 2, 23),
        ("INSERT { <a> ex:n 1 } WHERE { <a> ex:n 1 } INSERT DATA {}", 2, 44),
        ("INSERT DATA { <a> ex:n 1 };;", 2, 28),
        (";", 2, 1),
        ("INSERT DATA { <a> ex:n }", 2, 24),
        ("INSERT DATA { <a> ex:n { } }", 2, 24),
        ("INSERT DATA {\n <a> ex:n 1", 3, 12),
        ("INSERT DATA { 'x' ex:n 1 }", 2, 15),
        ("INSERT DATA { <a> 'x' 1 }", 2, 19),
        ("INSERT DATA { <a> no:x 1 }", 2, 19),
        ("INSERT DATA { <a> ex:n <b c> }", 2, 24),
        ("@prefix x: <y> . INSERT DATA {}", 2, 1),
        ("PREFIX x: <y> . INSERT DATA {}", 2, 15),
        ("SELECT * { ?s ?p ?o }", None, None),
        ("ASK { ?s ?p ?o }", 2, 1),
    ],
)
def test_broken_sparql_is_unreadable_with_its_place(
    update: str, line: int | None, column: int | None
) -> None:
    if line is None:
        with pytest.raises(PodError):
            read_sparql_update((HEAD + update).encode(), BASE)
        return
    with pytest.raises(Unreadable) as caught:
        read_sparql_update((HEAD + update).encode(), BASE)

    assert caught.value.problem == "malformed-patch"
    place = caught.value.errors[0]
    assert (place["line"], place["column"]) == (line, column)


@pytest.mark.parametrize(
    ("update", "needs"),
    [
        ("", (False, False, False, True)),
        ("INSERT DATA {}", (False, False, False, True)),
        ("INSERT DATA { <a> <b> 1 }", (False, True, False, False)),
        ("DELETE DATA { <a> <b> 1 }", (True, False, True, False)),
        ("DELETE WHERE { <a> <b> ?o }", (True, False, True, False)),
        ("INSERT { <a> <b> 1 } WHERE { ?s <b> 1 }", (True, True, False, False)),
        ("INSERT DATA { <a> <b> 1 }; DELETE DATA { <a> <b> 1 }", (True, True, True, False)),
    ],
)
def test_an_update_tells_which_modes_it_needs(
    update: str, needs: tuple[bool, bool, bool, bool]
) -> None:
    patch = read_sparql_update(update.encode(), BASE)

    assert (patch.reads, patch.adds, patch.removes, patch.empty) == needs


def test_steps_see_what_steps_before_them_did() -> None:
    update = (
        "INSERT DATA { <#x> ex:n 1 } ; DELETE { ?x ex:n ?n } INSERT { ?x ex:m ?n } "
        "WHERE { ?x ex:n ?n } ; INSERT { ?x ex:done true } WHERE { ?x ex:m 1 } ;"
        "DELETE WHERE { ?x ex:m 1 }"
    )

    result = patched(HEAD + update, "")

    assert result == document("<#x> ex:done true .")


def test_work_is_bounded_over_all_steps_together() -> None:
    before = "".join(f"<#s{n}> ex:n {n} .\n" for n in range(400))
    step = "INSERT { <#x> ex:n 1 } WHERE { ?a ex:n ?b . ?c ex:n ?d }"
    copies = " . ".join(f"?a ex:m{n} ?b" for n in range(400))
    with pytest.raises(Unprocessable) as compared:
        patched(HEAD + step, before)
    with pytest.raises(Unprocessable) as changed:
        patched(HEAD + f"INSERT {{ {copies} }} WHERE {{ ?a ex:n ?b }}", before)
    with pytest.raises(Unprocessable) as repeated:
        patched(HEAD + ";".join(["INSERT { ?a ex:m 1 } WHERE { ?a ex:n ?b }"] * 300), before)
    with pytest.raises(Unprocessable) as joined:
        patched(";".join(["INSERT DATA {}"] * 1001))

    assert {e.value.problem for e in (compared, changed, repeated, joined)} == {"too-complex"}


def test_steps_that_touch_an_index_keep_it_right() -> None:
    swap = "DELETE { ?a ex:n ?b } INSERT { ?a ex:m ?b } WHERE { ?a ex:n ?b };"
    back = "DELETE { ?a ex:m ?b } INSERT { ?a ex:n ?b } WHERE { ?a ex:m ?b };"
    before = "<#a> ex:n 1 . <#b> ex:n 2 ; ex:m 2 ."

    result = patched(HEAD + (swap + back) * 3, before)

    assert result == by_engine(HEAD + (swap + back) * 3, document(before))


names = [ox.NamedNode(f"{BASE}#{letter}") for letter in "ab"]
words = [ox.NamedNode(f"https://vocab.example/#{letter}") for letter in "pq"]
variables = [ox.Variable(letter) for letter in "uvw"]
here = [ox.BlankNode("n1"), ox.BlankNode("n2")]
written = [ox.BlankNode("b1"), ox.BlankNode("b2")]
graphs = st.sets(
    st.builds(
        ox.Triple,
        st.sampled_from([*names, *here]),
        st.sampled_from(words),
        st.sampled_from([*names, *here, ox.Literal("x")]),
    ),
    max_size=6,
)


def patterns(*blanks: ox.BlankNode) -> st.SearchStrategy[tuple[Pattern, ...]]:
    return st.lists(
        st.builds(
            Pattern,
            st.sampled_from([*names, *variables, *blanks]),
            st.sampled_from([*words, *variables]),
            st.sampled_from([*names, ox.Literal("x"), *variables, *blanks]),
        ),
        max_size=3,
    ).map(tuple)


updates = st.lists(st.builds(Step, patterns(*written), patterns(), patterns(*written)), max_size=2)


def spelled(block: tuple[Pattern, ...], label: str) -> str:
    lines = (" ".join(map(str, pattern)) for pattern in block)
    return "{ " + " .\n".join(lines).replace("_:b", f"_:{label}") + " }"


@given(graphs, updates)
def test_random_updates_read_and_do_what_a_sparql_engine_does(
    graph: set[ox.Triple], given_steps: list[Step]
) -> None:
    update = " ;\n".join(
        f"DELETE {spelled(step.deletes, f'd{n}')} INSERT {spelled(step.inserts, f'i{n}')}"
        f" WHERE {spelled(step.where, f'w{n}')}"
        for n, step in enumerate(given_steps)
    )

    read = read_sparql_update(update.encode(), BASE)
    result = apply(read, graph)

    assert canonical(result) == canonical(by_engine(update, graph))
    assert canonical(apply(Patch("sparql", tuple(given_steps)), graph)) == canonical(result)


fragments = st.lists(
    st.sampled_from(
        [
            *("INSERT", "DELETE", "DATA", "WHERE", "{", "}", ";", ".", ",", "<a>", "ex:n", "?x"),
            *("_:b", "1", "'x'", "[", "]", "(", ")", "a", "FILTER", "PREFIX", "GRAPH", "ex:"),
            *("^", "/", "<<", "#", "\n"),
        ]
    ),
    max_size=25,
)


@given(st.one_of(fragments.map(" ".join), st.text(max_size=40)))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    with suppress(Unreadable, Unprocessable):
        assert read_sparql_update((HEAD + text).encode("utf-8", "replace"), BASE).law == "sparql"
