# SPDX-License-Identifier: EUPL-1.2
"""N3 Patch: its worked examples, its rules NP-1 to NP-10."""

import pyoxigraph as ox
import pytest

from ldp.n3 import read_n3_patch
from ldp.patch import apply
from pod.errors import Clash, Unprocessable, Unreadable

BASE = "https://pod.example/d.ttl"
HEAD = (
    "@prefix solid: <http://www.w3.org/ns/solid/terms#>.\n@prefix ex: <https://vocab.example/#>.\n"
)
ID = "_:p a solid:InsertDeletePatch; "
D = """<#ann> ex:family "Peeters"; ex:given "Ann"; ex:city "Gent".
<#bob> ex:family "Claes"; ex:given "Bob"; ex:city "Gent".
<#eva> ex:family "Claes"; ex:given "Eva".
"""
ANN = '<#ann> ex:given "Ann"; ex:family "Peeters"; '
REST = D.partition("\n")[2]


def document(turtle: str) -> set[ox.Triple]:
    quads = ox.parse(HEAD + turtle, format=ox.RdfFormat.TURTLE, base_iri=BASE)
    return {quad.triple for quad in quads}


def canonical(triples: set[ox.Triple]) -> set[ox.Quad]:
    dataset = ox.Dataset([ox.Quad(*triple) for triple in triples])
    dataset.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return set(dataset)


def patched(before: str, patch: str) -> set[ox.Triple]:
    return apply(read_n3_patch((HEAD + patch).encode(), BASE), document(before))


@pytest.mark.parametrize(
    ("before", "patch", "after"),
    [
        pytest.param(
            D,
            ID + 'solid:inserts { <#ann> ex:phone "+32 9 000 00 01". }.',
            D + '<#ann> ex:phone "+32 9 000 00 01".',
            id="1",
        ),
        pytest.param(
            D,
            ID + 'solid:where { ?p ex:family "Peeters". }; solid:deletes { ?p ex:given "Ann". };'
            ' solid:inserts { ?p ex:given "Anna". }.',
            D.replace('"Ann"', '"Anna"'),
            id="2",
        ),
        pytest.param(D, ID + 'solid:inserts { <#ann> ex:city "Gent". }.', D, id="6"),
        pytest.param(
            D,
            ID + 'solid:deletes { <#ann> ex:city "Gent". };'
            ' solid:inserts { <#ann> ex:city "Gent". }.',
            D,
            id="7",
        ),
        pytest.param(
            "",
            ID + 'solid:inserts { <> ex:title "New"; ex:part <#a>. <#a> ex:n 1. }.',
            '<> ex:title "New"; ex:part <#a>. <#a> ex:n 1.',
            id="8",
        ),
        pytest.param(
            D,
            ID + 'solid:inserts { <#ann> ex:addr _:a. _:a ex:street "Veldstraat"; ex:nr 7. }.',
            D + '<#ann> ex:addr [ ex:street "Veldstraat"; ex:nr 7 ].',
            id="10",
        ),
        pytest.param(
            '<#ann> ex:addr [ ex:nr 7; ex:street "Veldstraat" ].',
            ID + "solid:where { <#ann> ex:addr ?a. ?a ex:nr 7. };"
            " solid:deletes { ?a ex:nr 7. }; solid:inserts { ?a ex:nr 9. }.",
            '<#ann> ex:addr [ ex:nr 9; ex:street "Veldstraat" ].',
            id="18",
        ),
        pytest.param(
            "<#ann> ex:addr [ ex:nr 7 ].",
            ID + "solid:where { <#ann> ex:addr ?a. ?a ex:nr ?n. };"
            " solid:deletes { <#ann> ex:addr ?a. ?a ex:nr ?n. }.",
            "",
            id="19",
        ),
        pytest.param(D, "_:p a solid:InsertDeletePatch.", D, id="21"),
        pytest.param(D, ID + 'solid:where { <#ann> ex:city "Gent" }.', D, id="22"),
        pytest.param(
            D,
            ID + 'solid:where { ?p ex:family "Claes"; ex:city "Gent". };'
            ' solid:deletes { ?p ex:city "Gent". }.',
            D.replace('"Bob"; ex:city "Gent"', '"Bob"'),
            id="25",
        ),
        pytest.param(
            D,
            ID + "solid:inserts { <#ann> ex:order ( 1 2 ). }.",
            D + "<#ann> ex:order ( 1 2 ).",
            id="26",
        ),
        pytest.param(
            D,
            ID + 'solid:where { _:x ex:given "Ann" }; solid:inserts { <#ann> ex:seen true }.',
            D + "<#ann> ex:seen true.",
            id="27",
        ),
        pytest.param(
            D,
            ID + 'solid:where { _:x ex:family "Claes" }; solid:inserts { <#ann> ex:seen true }.',
            D + "<#ann> ex:seen true.",
            id="29",
        ),
        pytest.param(
            "", ID + 'solid:inserts { <> ex:title "Tax" }.', '<> ex:title "Tax".', id="32"
        ),
        pytest.param(
            D,
            '[ a solid:InsertDeletePatch; solid:inserts { <#ann> ex:city "Aalst" } ].',
            D + '<#ann> ex:city "Aalst".',
            id="the patch in brackets",
        ),
        pytest.param(
            D,
            "PREFIX v: <https://vocab.example/#> BASE <x/> "
            "<> a solid:InsertDeletePatch; solid:inserts { <#y> v:n 1 }.",
            D + "<x/#y> ex:n 1.",
            id="SPARQL's own directives",
        ),
        pytest.param(
            D,
            f"{ID}solid:patches <>; solid:inserts {{ <#y> ex:n 1 }}; ex:note 'x'. <#y> ex:n 9.",
            D + "<#y> ex:n 1.",
            id="NP-9 solid:patches and foreign triples",
        ),
        pytest.param(
            D,
            ID + 'solid:where { ?s ?p "Ann" }; solid:deletes { ?s ?p "Ann" };'
            ' solid:inserts { ?s ?p "An" }.',
            D.replace('"Ann"', '"An"'),
            id="NP-10 a variable as predicate",
        ),
        pytest.param(
            '<#ann> ex:label "Ann"@NL-be.',
            ID + 'solid:deletes { <#ann> ex:label "Ann"@nl-BE }.',
            "",
            id="languages without regard to case",
        ),
        pytest.param(
            D,
            ID + "solid:inserts { <#a> ex:l [ ex:n 1 ], [ ex:n 1 ], () }.",
            D + "<#a> ex:l [ ex:n 1 ], [ ex:n 1 ], ().",
            id="brackets are a node each",
        ),
    ],
)
def test_a_patch_that_fits_changes_just_what_it_says(before: str, patch: str, after: str) -> None:
    result = patched(before, patch)

    assert canonical(result) == canonical(document(after))


def test_the_nodes_that_are_there_stay_the_same_nodes() -> None:
    # Example 18
    before = document("<#ann> ex:addr [ ex:nr 7 ].")
    patch = ID + "solid:where { ?a ex:nr 7 }; solid:inserts { ?a ex:box _:b. _:b ex:n 1 }."

    after = apply(read_n3_patch((HEAD + patch).encode(), BASE), before)

    assert before < after
    assert len(after - before) == 2


def test_a_label_of_the_patch_never_means_a_node_of_the_document() -> None:
    before = {ox.Triple(ox.BlankNode("b1"), ox.NamedNode("https://vocab.example/#n"), _one())}
    patch = ID + "solid:inserts { _:b1 ex:n 1. _:b2 ex:n 1 }."

    after = apply(read_n3_patch((HEAD + patch).encode(), BASE), before)

    assert len(after) == 3


def _one() -> ox.Literal:
    return ox.Literal("1", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer"))


@pytest.mark.parametrize(
    ("before", "patch", "problem"),
    [
        pytest.param(
            D,
            ID + 'solid:where { ?p ex:family "Claes". }; solid:inserts { ?p ex:seen true. }.',
            "patch-ambiguous",
            id="3",
        ),
        pytest.param(
            D,
            ID + 'solid:where { ?p ex:family "Maes". }; solid:inserts { ?p ex:seen true. }.',
            "patch-no-match",
            id="4",
        ),
        pytest.param(
            D,
            '<> a solid:InsertDeletePatch; solid:deletes { <#ann> ex:city "Gent", "Brugge". };'
            ' solid:inserts { <#ann> ex:city "Leuven". }.',
            "patch-missing-triple",
            id="5",
        ),
        pytest.param(
            "",
            ID + "solid:where { ?x ex:n 1 }; solid:inserts { ?x ex:n 2 }.",
            "patch-no-match",
            id="9",
        ),
        pytest.param(
            "<#ann> ex:nr 07 .",
            ID + "solid:deletes { <#ann> ex:nr 7 }.",
            "patch-missing-triple",
            id="20",
        ),
        pytest.param(
            D,
            ID + "solid:where { <#ann> ex:given ?g }; solid:inserts { ?g ex:n 1 }.",
            "patch-invalid-triple",
            id="24",
        ),
        pytest.param(
            D,
            ID + "solid:where { <#ann> ex:given ?g }; solid:deletes { <#ann> ?g 1 }.",
            "patch-invalid-triple",
            id="24 as predicate",
        ),
        pytest.param(
            D,
            ID + 'solid:where { _:x ex:family "Maes" }; solid:inserts { <#ann> ex:seen true }.',
            "patch-no-match",
            id="a guard that is not met",
        ),
        pytest.param(
            D,
            ID + "solid:where { <#ann> ex:given ?g. _:x ex:city ?c. _:y ex:family ?f }.",
            "patch-ambiguous",
            id="two mappings that differ in one variable",
        ),
        pytest.param(
            "<#ann> ex:knows <#bob>.",
            ID + "solid:where { ?x ex:knows ?x }.",
            "patch-no-match",
            id="a variable has one value",
        ),
    ],
)
def test_a_patch_that_does_not_fit_is_a_clash(before: str, patch: str, problem: str) -> None:
    given_triples = document(before)
    kept = set(given_triples)

    with pytest.raises(Clash) as caught:
        apply(read_n3_patch((HEAD + patch).encode(), BASE), given_triples)

    assert caught.value.problem == problem
    assert given_triples == kept


def test_mappings_that_differ_in_blank_nodes_alone_are_one() -> None:
    patch = ID + "solid:where { ?p ex:city _:c. _:q ex:city _:c. ?p ex:given 'Ann' }."

    assert patched(D, patch) == document(D)


@pytest.mark.parametrize(
    ("patch", "words"),
    [
        pytest.param(
            ID + "solid:deletes { <#ann> ex:addr [ ex:nr 7 ]. }.", "delete blank", id="11 NP-7"
        ),
        pytest.param(ID + "solid:deletes { <#ann> ex:addr _:a. }.", "delete blank", id="NP-7"),
        pytest.param(ID + "solid:deletes { <#ann> ex:l ( 1 ). }.", "delete blank", id="NP-7 ()"),
        pytest.param(
            ID + 'solid:where { _:a ex:family "Peeters". }; solid:inserts { _:a ex:seen true. }.',
            "label",
            id="12 NP-8",
        ),
        pytest.param(ID + "solid:inserts { <#ann> ex:rel _:p. }.", "label", id="13 NP-8"),
        pytest.param(
            ID + "solid:inserts { <#a> ex:b _:x }. _:x ex:n 1.", "label", id="NP-8 outside"
        ),
        pytest.param(
            ID + "solid:inserts { <#a> ex:b _:x }; ex:also { _:x ex:n 1 }.",
            "label",
            id="NP-8 in another formula",
        ),
        pytest.param(ID + "solid:inserts { ?who ex:seen true. }.", "looks for", id="14 NP-6"),
        pytest.param(
            ID + "solid:where { ?a ex:n 1 }; solid:deletes { ?b ex:n 1 }.",
            "looks for",
            id="NP-6 deletes",
        ),
        pytest.param(
            ID + "solid:inserts { <#a> ex:n 1 }."
            " _:q a solid:InsertDeletePatch; solid:inserts { <#a> ex:n 2 }.",
            "exactly one",
            id="15 NP-1",
        ),
        pytest.param("<#a> ex:n 1 .", "exactly one", id="NP-1 none"),
        pytest.param("", "exactly one", id="NP-1 empty"),
        pytest.param(
            "?p a solid:InsertDeletePatch; solid:inserts { <#a> ex:n 1 }.",
            "IRI or blank",
            id="NP-2 a variable",
        ),
        pytest.param(
            "{ <#a> ex:n 1 } a solid:InsertDeletePatch.", "IRI or blank", id="NP-2 a formula"
        ),
        pytest.param("_:p solid:inserts { <#a> ex:n 1 }.", "type", id="16 NP-3"),
        pytest.param("_:p a solid:Patch; solid:inserts { <#a> ex:n 1 }.", "type", id="17 NP-3"),
        pytest.param(ID + "solid:inserts { <#a> ex:n 1 }, { <#a> ex:n 2 }.", "at most", id="NP-4"),
        pytest.param(ID + "solid:where {}; solid:where {}.", "at most", id="NP-4 twice"),
        pytest.param(
            ID + "solid:inserts { <#a> ex:says { <#b> ex:n 1 } }.", "formula", id="23 NP-5"
        ),
        pytest.param(ID + 'solid:inserts "x".', "braces", id="30 NP-5"),
        pytest.param(ID + "solid:inserts <#x>.", "braces", id="NP-5 an IRI"),
        pytest.param(ID + "solid:inserts ( 1 ).", "braces", id="NP-5 a list"),
        pytest.param(ID + "solid:insert { <#a> ex:n 1 }.", "solid:insert;", id="NP-9 a typo"),
        pytest.param(ID + "solid:patches <other>.", "another document", id="NP-9 another target"),
        pytest.param("@forAll <#x> . " + ID + "solid:inserts {}.", "@forAll", id="NP-10 @forAll"),
        pytest.param("@forSome <#x> . ", "@forSome", id="NP-10 @forSome"),
        pytest.param("@keywords a . ", "@keywords", id="NP-10 @keywords"),
        pytest.param("{ ?a ex:n 1 } => { ?a ex:n 2 } .", "=>", id="NP-10 =>"),
        pytest.param("{ ?a ex:n 1 } <= { ?a ex:n 2 } .", "<=", id="NP-10 <="),
        pytest.param(ID + "solid:inserts { <#a> = <#b> } .", "=", id="NP-10 ="),
        pytest.param(ID + "solid:inserts { <#a> is ex:n of <#b> } .", "is", id="NP-10 is of"),
        pytest.param(ID + "solid:inserts { <#a> has ex:n <#b> } .", "has", id="NP-10 has"),
        pytest.param(ID + "solid:inserts { <#a>!ex:n ex:n 1 } .", "paths", id="NP-10 !"),
        pytest.param(ID + "solid:inserts { <#a> ex:n <#b>^ex:n } .", "paths", id="NP-10 ^"),
        pytest.param(
            ID + "solid:inserts { 'x' ex:n 1 } .", "literals as subjects", id="NP-10 subject"
        ),
        pytest.param(ID + "solid:inserts { true ex:n 1 } .", "subjects", id="NP-10 subject true"),
        pytest.param(ID + "solid:inserts { <#a> 'x' 1 } .", "predicates", id="NP-10 predicate"),
        pytest.param(ID + "solid:inserts { <#a> _:b 1 } .", "predicates", id="NP-10 _:b"),
        pytest.param(ID + "solid:inserts { <#a> [] 1 } .", "predicates", id="NP-10 []"),
    ],
)
def test_a_patch_that_breaks_a_rule_is_refused_in_words(patch: str, words: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        read_n3_patch((HEAD + patch).encode(), BASE)

    assert caught.value.problem == "patch-constraint"
    assert words in caught.value.detail


@pytest.mark.parametrize(
    ("patch", "line", "column"),
    [
        pytest.param(ID + "solid:inserts { <#a> ex:n 1 ; }", 3, 63, id="28"),
        pytest.param(ID + "solid:inserts { <#a> ex:n 1 ", 3, 60, id="no brace"),
        pytest.param(ID + "\nsolid:inserts { <#a> ex:n }.", 4, 27, id="no object"),
        pytest.param(ID + "solid:inserts { <#a> ex:n $x }.", 3, 58, id="SPARQL's variable"),
        pytest.param(ID + "solid:inserts { @prefix x: <y> . }.", 3, 48, id="prefix in braces"),
        pytest.param("}", 3, 1, id="a brace"),
        pytest.param(ID + "solid:inserts { <#a> ex:n no:x }.", 3, 58, id="unknown prefix"),
    ],
)
def test_broken_n3_is_unreadable_with_its_place(patch: str, line: int, column: int) -> None:
    with pytest.raises(Unreadable) as caught:
        read_n3_patch((HEAD + patch).encode(), BASE)

    assert caught.value.problem == "malformed-patch"
    place = caught.value.errors[0]
    assert (place["line"], place["column"]) == (line, column)


@pytest.mark.parametrize(
    ("patch", "needs"),
    [
        ("_:p a solid:InsertDeletePatch.", (False, False, False, True)),
        (ID + "solid:inserts {}; solid:deletes {}.", (False, False, False, True)),
        (ID + "solid:inserts { <#a> ex:n 1 }.", (False, True, False, False)),
        (ID + "solid:deletes { <#a> ex:n 1 }.", (True, False, True, False)),
        (ID + "solid:where { <#a> ex:n 1 }.", (True, False, False, False)),
    ],
)
def test_a_patch_tells_which_modes_it_needs(
    patch: str, needs: tuple[bool, bool, bool, bool]
) -> None:
    read = read_n3_patch((HEAD + patch).encode(), BASE)

    assert (read.reads, read.adds, read.removes, read.empty) == needs
