# SPDX-License-Identifier: EUPL-1.2
"""Edits in the text: what does not change stays as it was written, what changes is right."""

from collections.abc import Callable, Iterable, Iterator
from random import Random

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldp.edit import edit
from ldp.patch import apply
from ldp.sameness import same
from ldp.spans import Brackets, Said, Thing, read_spans
from ldp.sparql import read_sparql_update
from pod import rdf

BASE = "https://pod.example/d"
EX = "https://vocab.example/#"
HEAD = f"@prefix ex: <{EX}> .\n"


def edited(text: str, update: str, media_type: str = rdf.TURTLE) -> str | None:
    body = text.encode()
    before = rdf.parse(body, media_type, BASE)
    old = set(before.triples)
    new = apply(read_sparql_update(f"PREFIX ex: <{EX}> {update}".encode(), BASE), old)
    result = edit(body, media_type, BASE, before, old - new, new - old)
    return None if result is None else result.decode()


ONE_LINE = '<#ann> ex:family "Peeters"; ex:given "Ann"; ex:city "Gent".\n'
LINES = """# people
<#bob> a ex:Person ; # a man
    ex:family 'Claes' ; # his name
    ex:nr 01 , +1, 1E0 ; # odd
    ex:born "2001-01-01T00:00:00Z"^^ex:date ; # exact
    ex:given '''Bob''' . # short

# the end
"""
CLOSED = """<#eva>
    ex:given "Eva" ;
    ex:family "Claes" ;
.
"""
LEADING = """<#a> ex:p 1
   ; ex:q "a"
        , "b" # b
        , "c"
   ; ex:r 2
   .
"""
BRACKETS = """<#l> ex:items ( 1 2 [ ex:nr 7; ex:street "V" ] ) ;
    ex:addr [ ex:nr 8 ] , [ ] . # both
_:x ex:of <#l> .
[] ex:k 1 .
"""


@pytest.mark.parametrize(
    ("text", "update", "old", "new"),
    [
        pytest.param(ONE_LINE, "INSERT DATA {<#ann> ex:phone 5}", '"Gent".', '"Gent"; ex:phone 5.'),
        pytest.param(
            ONE_LINE, 'DELETE DATA {<#ann> ex:family "Peeters"}', 'ex:family "Peeters"; ', ""
        ),
        pytest.param(ONE_LINE, 'DELETE DATA {<#ann> ex:given "Ann"}', ' ex:given "Ann";', ""),
        pytest.param(ONE_LINE, 'DELETE DATA {<#ann> ex:city "Gent"}', '; ex:city "Gent"', ""),
        pytest.param(ONE_LINE, "DELETE WHERE {<#ann> ?p ?o}", ONE_LINE, ""),
        pytest.param(
            ONE_LINE,
            'DELETE DATA {<#ann> ex:given "Ann"}; INSERT DATA {<#ann> ex:given "Anna"}',
            '"Ann"',
            '"Anna"',
        ),
        pytest.param(LINES, "DELETE DATA {<#bob> ex:nr 01}", "01 , ", ""),
        pytest.param(LINES, "DELETE DATA {<#bob> ex:nr +1}", " +1,", ""),
        pytest.param(LINES, "DELETE DATA {<#bob> ex:nr 1E0}", ", 1E0", ""),
        pytest.param(LINES, "INSERT DATA {<#bob> ex:nr 2.50}", "1E0", "1E0, 2.50"),
        pytest.param(LINES, "DELETE DATA {<#bob> ex:nr 01, +1, 1E0}", "ex:nr 01 , +1, 1E0 ; ", ""),
        pytest.param(LINES, "DELETE DATA {<#bob> a ex:Person}", "a ex:Person ; ", ""),
        pytest.param(
            LINES,
            "DELETE DATA {<#bob> ex:given 'Bob'}",
            "ex:date ; # exact\n    ex:given '''Bob''' . # short",
            "ex:date . # exact\n    # short",
        ),
        pytest.param(
            LINES,
            "INSERT DATA {<#bob> ex:seen true}",
            "'''Bob''' . # short",
            "'''Bob''' ; # short\n    ex:seen true .",
        ),
        pytest.param(
            LINES,
            "INSERT DATA {<#new> a ex:Person; ex:knows <#bob>, _:f. _:f ex:nr 1}",
            "# the end\n",
            "# the end\n\n<#new> a ex:Person ;\n    ex:knows <#bob>, _:n0 .\n\n_:n0 ex:nr 1 .\n",
        ),
        pytest.param(
            CLOSED, 'DELETE DATA {<#eva> ex:family "Claes"}', '    ex:family "Claes" ;\n', ""
        ),
        pytest.param(
            CLOSED, "INSERT DATA {<#eva> ex:n 1}", '"Claes" ;\n', '"Claes" ;\n    ex:n 1 ;\n'
        ),
        pytest.param(LEADING, "DELETE DATA {<#a> ex:q 'a'}", '"a"\n        , "b"', '"b"'),
        pytest.param(LEADING, "DELETE DATA {<#a> ex:q 'b'}", ', "b" # b', "# b"),
        pytest.param(LEADING, "DELETE DATA {<#a> ex:q 'c'}", '        , "c"\n', ""),
        pytest.param(LEADING, "DELETE DATA {<#a> ex:r 2}", "   ; ex:r 2\n", ""),
        pytest.param(LEADING, "INSERT DATA {<#a> ex:q 'd'}", ', "c"\n', ', "c"\n        , "d"\n'),
        pytest.param(LEADING, "INSERT DATA {<#a> ex:s 3}", "ex:r 2\n", "ex:r 2\n   ; ex:s 3\n"),
        pytest.param(BRACKETS, "DELETE {?a ex:nr 8} WHERE {?a ex:nr 8}", "[ ex:nr 8 ]", "[]"),
        pytest.param(
            BRACKETS,
            "DELETE {?a ex:nr 7} INSERT {?a ex:nr 9; ex:x 2} WHERE {?a ex:nr 7}",
            'ex:nr 7; ex:street "V"',
            'ex:nr 9; ex:street "V"; ex:x 2',
        ),
        pytest.param(
            BRACKETS,
            "DELETE {<#l> ex:addr ?a. ?a ex:nr 8} WHERE {<#l> ex:addr ?a. ?a ex:nr 8}",
            "[ ex:nr 8 ] , ",
            "",
        ),
        pytest.param(BRACKETS, "DELETE {?s ?p 2} INSERT {?s ?p 5} WHERE {?s ?p 2}", "1 2", "1 5"),
        pytest.param(
            BRACKETS,
            "INSERT {<#l> ex:see ?x} WHERE {?x ex:of <#l>}",
            "[ ] . # both",
            "[ ] ; # both\n    ex:see _:x .",
        ),
        pytest.param(
            BRACKETS,
            "DELETE {?a ex:nr 8} INSERT {?a ex:size 9} WHERE {?a ex:nr 8}",
            "ex:nr 8",
            "ex:size 9",
        ),
        pytest.param(
            BRACKETS,
            "DELETE {?x ex:of <#l>} INSERT {?x ex:in <#l>; a ex:Y} WHERE {?x ex:of <#l>}",
            "ex:of <#l>",
            "a ex:Y ;\n    ex:in <#l>",
        ),
        pytest.param(BRACKETS, "DELETE {?x ex:k 1} WHERE {?x ex:k 1}", "[] ex:k 1 .\n", ""),
        pytest.param(
            BRACKETS,
            "INSERT {?x ex:k 2; ex:j 3} WHERE {?x ex:k 1}",
            "ex:k 1 .",
            "ex:k 1, 2 ;\n    ex:j 3 .",
        ),
    ],
)
def test_only_this_changes(text: str, update: str, old: str, new: str) -> None:
    assert edited(HEAD + text, update) == HEAD + text.replace(old, new, 1)


@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_new_statements_follow_a_blank_line_in_the_same_newlines(line: str) -> None:
    text = f"{HEAD}<#a> ex:p 1 . # last".replace("\n", line)

    found = edited(text, "INSERT DATA { <#b> ex:p <#c>; ex:q 2 }")

    assert found == text + "\n\n<#b> ex:p <#c> ;\n    ex:q 2 .\n".replace("\n", line)


def test_ntriples_stay_ntriples() -> None:
    text = f'<{BASE}#a> <{EX}p> "1" . # one\n_:q <{EX}p> "y" .\n'
    update = 'DELETE DATA { <#a> ex:p "1" }; INSERT DATA { <#a> ex:p 2; ex:q <#z> . _:w ex:p "k" }'

    found = edited(text, update, rdf.N_TRIPLES)

    assert found == (
        f'<{BASE}#a> <{EX}p> "2"^^<http://www.w3.org/2001/XMLSchema#integer> . # one\n'
        f'_:q <{EX}p> "y" .\n<{BASE}#a> <{EX}q> <{BASE}#z> .\n_:n0 <{EX}p> "k" .\n'
    )


def test_prefixes_count_only_where_they_are_in_force() -> None:
    text = f"<#a> <#p> 1 .\n{HEAD}@base <https://else.example/> .\n"

    assert edited(text, "INSERT DATA { <#a> ex:q 1 }") == text.replace(
        "1 .", f"1 ;\n    <{EX}q> 1 .", 1
    )
    assert edited(text, "INSERT DATA { <#b> ex:q 1 }") == f"{text}\n<{BASE}#b> ex:q 1 .\n"


@pytest.mark.parametrize(
    "update",
    [
        pytest.param("DELETE {<#l> ex:addr ?a} WHERE {?a ex:nr 8}", id="what is in brackets stays"),
        pytest.param("INSERT {<#m> ex:see ?a} WHERE {?a ex:nr 8}", id="brackets have no name"),
        pytest.param("DELETE {<#l> ex:items ?i} WHERE {<#l> ex:items ?i}", id="the list stays"),
    ],
)
def test_what_cannot_be_said_in_the_text_is_left_to_the_writer(update: str) -> None:
    assert edited(HEAD + BRACKETS, update) is None


def test_json_ld_is_left_to_the_writer() -> None:
    body = b'{"@id": "#a", "http://v/p": 1}'
    before = rdf.parse(body, rdf.JSON_LD, BASE, {})

    assert edit(body, rdf.JSON_LD, BASE, before, set(before.triples), []) is None


def test_sameness_is_only_given_where_it_is_certain() -> None:
    a, b, c = (ox.BlankNode(name) for name in "abc")
    p = ox.NamedNode(EX + "p")
    one, other = ox.Triple(a, p, b), ox.Triple(c, p, a)

    assert same([one], [other], [])
    assert not same([ox.Triple(a, p, a)], [other], [])
    assert not same([one, ox.Triple(b, p, c)], [other], [ox.Triple(a, p, a)])
    assert not same([one], [], [one, ox.Triple(p, p, p)])


LITERALS = [
    *("1", "+1", "01", "1E0", "1.50", "-.5e3", "true", "'x'@nl-BE", '"a # b ; c ."'),
    *('"""two\nli"nes"""', "'''it's . '''", '"2001-01-01T00:00:00Z"^^ex:date', r'"q\"x"', "0.5"),
]
NAMES = ["<#a>", "<#b>", "ex:c.d", f"<{EX}e>", "ex:f", "_:x", "_:y.z", r"ex:%20g\,h"]
REMARK = '# it\'s; a "remark" ['
REMARKS = (REMARK, "# end", "# first", "# bye")
SPACES = [" ", " ", " ", "\n", "\n    ", "\r\n  ", "\t", f" {REMARK}\n  "]


class Writing:
    """Random Turtle in every layout."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def space(self) -> str:
        return self.random.choice(SPACES)

    def loose(self) -> str:
        return self.random.choice(["", "", *SPACES])

    def thing(self, depth: int = 0) -> str:
        kind = self.random.random()
        if depth < 2 and kind < 0.12:
            return "[" + self.loose() + self.said(depth + 1) + self.loose() + "]"
        if depth < 2 and kind < 0.2:
            members = [self.thing(depth + 1) for _ in range(self.random.randrange(4))]
            return "(" + self.space() + self.space().join(members) + self.space() + ")"
        return self.random.choice(["[]", "[ ]", *NAMES, *LITERALS, *LITERALS])

    def said(self, depth: int = 0) -> str:
        parts = []
        for _ in range(self.random.choice([1, 1, 2, 3])):
            things = [self.thing(depth) for _ in range(self.random.choice([1, 1, 1, 2, 3]))]
            verb = self.random.choice(["a", "ex:p", "<#q>", "ex:r"])
            parts.append(verb + self.space() + self._joined(things, ","))
        closing = self.random.choice(["", "", "", self.space() + ";", self.space() + ";;"])
        return self._joined(parts, ";") + closing

    def _joined(self, parts: list[str], mark: str) -> str:
        text = parts[0]
        for part in parts[1:]:
            text += self.space() + mark + self.loose() + part
        return text

    def statement(self) -> str:
        kind = self.random.random()
        if kind < 0.08:
            return "[" + self.space() + self.said(1) + self.space() + "]" + self.space() + "."
        subject = self.random.choice(NAMES)
        if kind < 0.16:
            subject = "[" + self.loose() + self.said(1) + self.loose() + "]"
        elif kind < 0.22:
            subject = "(" + self.thing(1) + self.space() + self.thing(2) + ")"
        return subject + self.space() + self.said() + self.space() + "."

    def document(self) -> str:
        text = self.random.choice([HEAD, "# first\r\n" + HEAD, f"PREFIX ex: <{EX}>\n"])
        for _ in range(self.random.randrange(7)):
            text += self.statement() + self.random.choice(["\n", "\n\n", " ", " # end\n", "\r\n"])
        return text + self.random.choice(["", "# bye", "\n"])

    def change(
        self, triples: Iterable[ox.Triple], fits: Callable[[ox.Triple], bool]
    ) -> tuple[set[ox.Triple], set[ox.Triple]]:
        old = [triple for triple in dict.fromkeys(triples) if fits(triple)]
        gone = set(self.random.sample(old, min(len(old), self.random.choice([0, 1, 1, 2, 9]))))
        source = f"{HEAD}<#new> ex:p 1, <#a>, 'k'; a ex:T . <#a> ex:p <#new>, 1.50 . ex:f ex:z 7 ."
        new = {*rdf.parse(source.encode(), rdf.TURTLE, BASE).triples}
        for triple in self.random.sample(old, min(len(old), 3)):
            predicate = ox.NamedNode(EX + self.random.choice("pst"))
            value = ox.Literal(self.random.randrange(9))
            new.add(ox.Triple(triple.subject, predicate, value))
            if fits is not is_ground:
                new.add(ox.Triple(triple.subject, predicate, ox.BlankNode("fresh")))
        new.difference_update(triples)
        count = self.random.choice([0, 1, 3])
        added = self.random.sample(sorted(new, key=str), min(count, len(new)))
        return gone, {triple for triple in added if fits(triple)}


def is_ground(triple: ox.Triple) -> bool:
    return not any(isinstance(t, ox.BlankNode) for t in (triple.subject, triple.object))


def canonical(triples: Iterable[ox.Triple]) -> set[ox.Quad]:
    graph = ox.Dataset(ox.Quad(t.subject, t.predicate, t.object) for t in triples)
    graph.canonicalize(ox.CanonicalizationAlgorithm.UNSTABLE)
    return set(graph)


@settings(max_examples=200, deadline=None)
@given(st.randoms(use_true_random=False))
def test_every_triple_is_found_where_it_stands(random: Random) -> None:
    text = Writing(random).document()
    triples = rdf.parse(text.encode(), rdf.TURTLE, BASE).triples

    spans = read_spans(text)

    assert spans.count == len(triples)
    for first in spans.firsts:
        statement = spans.holding(first)
        assert text[statement.end - 1] == "."
        for thing in _things(statement.inside, statement.said):
            said = triples[statement.order[thing.number]].object
            written = text[thing.start : thing.end]
            if isinstance(said, ox.BlankNode):
                assert written[0] in "[(_"
            elif isinstance(said, ox.Literal):
                source = f"{HEAD}<> <> {written} ."
                assert rdf.parse(source.encode(), rdf.TURTLE, BASE).triples[0].object == said
            else:
                assert written in ("()", *NAMES) or not written.strip("( )\t\r\n") or "#" in written


def _things(inside: Brackets | None, said: Iterable[Said]) -> Iterator[Thing]:
    members = () if inside is None else inside.members
    more = () if inside is None else inside.said
    for thing in [t for each in (*said, *more) for t in each.things] + [*members]:
        yield thing
        yield from _things(thing.inside, ())


@settings(max_examples=400, deadline=None)
@given(st.randoms(use_true_random=False))
def test_an_edit_says_exactly_what_is_wanted_or_nothing(random: Random) -> None:
    writing = Writing(random)
    text = writing.document()
    before = rdf.parse(text.encode(), rdf.TURTLE, BASE)
    removed, added = writing.change(before.triples, lambda _: True)

    result = edit(text.encode(), rdf.TURTLE, BASE, before, removed, added)

    if result is not None:
        found = rdf.parse(result, rdf.TURTLE, BASE).triples
        assert canonical(found) == canonical({*before.triples} - removed | added)


@settings(max_examples=400, deadline=None)
@given(st.randoms(use_true_random=False))
def test_what_names_its_nodes_is_always_edited_and_the_rest_stays_as_written(
    random: Random,
) -> None:
    writing = Writing(random)
    text = writing.document()
    before = rdf.parse(text.encode(), rdf.TURTLE, BASE)
    removed, added = writing.change(before.triples, is_ground)

    result = edit(text.encode(), rdf.TURTLE, BASE, before, removed, added)

    assert result is not None
    written = result.decode()
    found = rdf.parse(result, rdf.TURTLE, BASE).triples
    assert canonical(found) == canonical({*before.triples} - removed | added)
    for remark in REMARKS:
        assert written.count(remark) == text.count(remark)
    spans, at = read_spans(text), 0
    subjects = {triple.subject for triple in added}
    for first in spans.firsts:
        statement = spans.holding(first)
        says = {before.triples[place] for place in statement.order}
        if says.isdisjoint(removed) and subjects.isdisjoint(t.subject for t in says):
            at = written.index(text[statement.start : statement.end], at)


def test_a_comment_inside_an_empty_list_outlives_the_list() -> None:
    text = HEAD + "ex:c ex:p ( # note\n   ) ; ex:q 1 .\n"

    result = edited(text, "DELETE DATA { ex:c ex:p () }; INSERT DATA { ex:c ex:p 0 }")

    assert result == HEAD + "ex:c ex:p 0 # note\n   ; ex:q 1 .\n"
