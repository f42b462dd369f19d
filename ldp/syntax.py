# SPDX-License-Identifier: EUPL-1.2
"""Terms and statements of the Turtle family, read strictly and kept as they are written."""

from typing import NamedTuple, NoReturn

from pyoxigraph import BlankNode, Literal, NamedNode, Variable

from ldp.references import Parts, resolve, split
from ldp.tokens import Dialect, Tokens, text_of
from pod.errors import TooLarge, Unprocessable
from pod.vocab import RDF, XSD

Term = NamedNode | BlankNode | Literal | Variable

LARGEST = 1024 * 1024
DEEPEST = 100
MOST = 10_000
OUTSIDE = 0

TYPE = NamedNode(RDF + "type")
FIRST = NamedNode(RDF + "first")
REST = NamedNode(RDF + "rest")
NIL = NamedNode(RDF + "nil")

_BOOLEAN = NamedNode(XSD + "boolean")
_NUMBERS = {kind: NamedNode(XSD + kind) for kind in ("integer", "decimal", "double")}
_LANG_STRINGS = frozenset({RDF + "langString", RDF + "dirLangString"})


class Pattern(NamedTuple):
    """A triple in which variables and blank nodes may stand for what is not known yet."""

    subject: Term
    predicate: Term
    object: Term


class Reader:
    """Reads terms and statements; `patterns` gathers the statements of the block it is in.

    Blank nodes are numbered in the order of the text. `places` tells for every label in which
    formulas it stands (0 is outside of all), `formulas` holds the formulas under the blank node
    that takes their place.
    """

    def __init__(self, body: bytes, base: str, dialect: Dialect) -> None:
        if len(body) > LARGEST:
            raise TooLarge("A patch may have 1 MiB at most; send it in parts.")
        self.tokens = Tokens(text_of(body, dialect), dialect)
        self.patterns: list[Pattern] = []
        self.formulas: dict[BlankNode, tuple[Pattern, ...]] = {}
        self.places: dict[BlankNode, set[int]] = {}
        self.variables = self.blanks = True
        self._base: Parts = split(base)
        self._prefixes: dict[str, str] = {}
        self._names: dict[str, NamedNode] = {}
        self._labels: dict[str, BlankNode] = {}
        self._place = OUTSIDE
        self._depth = self._count = 0

    def keyword(self) -> str:
        """The word that stands here, in capitals; empty when it is no word."""
        return self.tokens.value.upper() if self.tokens.kind == "word" else ""

    def directive(self) -> None:
        """A prefix or base declaration, from its keyword up to the IRI."""
        tokens = self.tokens
        is_prefix = tokens.value.upper().endswith("PREFIX")
        tokens.advance()
        prefix = tokens.value
        if is_prefix:
            if tokens.kind != "pname" or prefix.find(":") != len(prefix) - 1:
                tokens.unexpected("a prefix that ends with a colon")
            tokens.advance()
        if tokens.kind != "iri":
            tokens.unexpected("an IRI between < and >")
        iri = self._iri().value
        self._names.clear()
        if is_prefix:
            self._prefixes[prefix[:-1]] = iri
        else:
            self._base = split(iri)

    def block(self, *, variables: bool = True, blanks: bool = True) -> tuple[Pattern, ...]:
        """What stands between braces; refuses variables or blank nodes where none may stand."""
        outer = self.patterns, self.variables, self.blanks
        self.patterns, self.variables, self.blanks = [], variables, blanks
        self.tokens.expect("{")
        while not self.tokens.take("}"):
            self.statement()
            if not self.tokens.take("."):
                self.tokens.expect("}", "`.`, `;`, `,` or `}`")
                break
        patterns = tuple(self.patterns)
        self.patterns, self.variables, self.blanks = outer
        return patterns

    def statement(self) -> None:
        """One subject and what is said about it; the dot behind it is the caller's."""
        tokens = self.tokens
        alone = tokens.kind == "mark" and tokens.value in ("[", "(")
        count = self._added()
        subject = self._subject()
        ends = tokens.kind == "end" or (tokens.kind == "mark" and tokens.value in (".", "}"))
        # `[ a ex:X ] .` says something by itself, `[] .` and `() .` do not.
        if not (alone and ends and self._added() > count):
            self._predicates(subject)

    def _added(self) -> int:
        return len(self.patterns)

    def _subject(self) -> Term:
        tokens = self.tokens
        if tokens.kind in _NUMBERS or tokens.kind == "string" or tokens.kind == "word":
            tokens.unexpected("a subject", tokens.dialect.subjects)
        if tokens.value == "{" and not tokens.dialect.formulas:
            tokens.unexpected("a subject", tokens.dialect.subjects)
        return self.term("a subject")

    def _predicates(self, subject: Term) -> None:
        tokens = self.tokens
        while True:
            verb = self._verb()
            self._add(subject, verb, self.term("an object"))
            while tokens.take(","):
                self._add(subject, verb, self.term("an object"))
            if not tokens.take(";"):
                return
            while tokens.take(";"):
                pass
            if tokens.kind == "mark" and tokens.value in (".", "}", "]"):
                return

    def _verb(self) -> Term:
        tokens = self.tokens
        if tokens.kind == "word" and tokens.value == "a":
            tokens.advance()
            return TYPE
        if tokens.kind not in ("iri", "pname", "variable"):
            tokens.unexpected("a predicate", tokens.dialect.verbs)
        return self.term("a predicate")

    def _add(self, subject: Term, predicate: Term, value: Term) -> None:
        if len(self.patterns) >= MOST:
            raise Unprocessable(
                f"A patch may have {MOST} triples in each part; send it in parts.",
                problem="too-complex",
            )
        self.patterns.append(Pattern(subject, predicate, value))

    def term(self, expected: str) -> Term:
        """The term that stands here, with everything that it brings along."""
        kind = self.tokens.kind
        if kind == "iri" or kind == "pname":
            return self._iri()
        if kind == "string":
            return self._string()
        if kind == "variable":
            return self._variable(expected)
        if kind == "label":
            return self._label()
        if kind in _NUMBERS:
            return self._plain(_NUMBERS[kind])
        if kind == "word" and self._spelled() in ("true", "false"):
            return self._plain(_BOOLEAN)
        if kind != "mark" or self.tokens.value not in ("[", "(", "{"):
            self.tokens.unexpected(expected)
        return self._nested(self.tokens.value, expected)

    def _iri(self) -> NamedNode:
        tokens = self.tokens
        known = self._names.get(tokens.value)
        if known is None:
            try:
                absolute = self._resolved() if tokens.kind == "iri" else self._expanded()
                known = self._names[tokens.value] = NamedNode(absolute)
            except ValueError:
                tokens.fail(f"{tokens.value[:80]!r} does not make a valid IRI")
        tokens.advance()
        return known

    def _resolved(self) -> str:
        return resolve(self._base, self.tokens.unescaped(self.tokens.value[1:-1]))

    def _expanded(self) -> str:
        prefix, _, local = self.tokens.value.partition(":")
        if prefix not in self._prefixes:
            self.tokens.fail(f"the prefix {prefix[:40]!r} is not declared")
        return self._prefixes[prefix] + local.replace("\\", "")

    def _string(self) -> Literal:
        tokens = self.tokens
        quotes = 3 if tokens.value[:3] in ('"""', "'''") else 1
        text = tokens.unescaped(tokens.value[quotes:-quotes])
        tokens.advance()
        if tokens.kind == "at":
            return self._in_language(text)
        if tokens.kind != "type":
            return Literal(text)
        tokens.advance()
        if tokens.kind not in ("iri", "pname"):
            tokens.unexpected("a datatype")
        start = tokens.start
        datatype = self._iri()
        if datatype.value in _LANG_STRINGS:
            tokens.fail("this datatype needs a language instead", start)
        return Literal(text, datatype=datatype)

    def _in_language(self, text: str) -> Literal:
        try:
            literal = Literal(text, language=self.tokens.value[1:])
        except ValueError:
            self.tokens.fail(f"{self.tokens.value[:40]!r} is not a language tag")
        self.tokens.advance()
        return literal

    def _plain(self, datatype: NamedNode) -> Literal:
        text = self._spelled()
        self.tokens.advance()
        return Literal(text, datatype=datatype)

    def _spelled(self) -> str:
        caseless = self.tokens.dialect.caseless and self.tokens.kind == "word"
        return self.tokens.value.lower() if caseless else self.tokens.value

    def _variable(self, expected: str) -> Variable:
        tokens = self.tokens
        if tokens.value[0] not in tokens.dialect.sigils:
            tokens.unexpected(expected)
        if not self.variables:
            tokens.fail("a variable cannot stand in a DATA block")
        variable = Variable(tokens.value[1:])
        tokens.advance()
        return variable

    def _label(self) -> BlankNode:
        if not self.blanks:
            self._no_blanks()
        label = self.tokens.value
        node = self._labels.get(label)
        if node is None:
            node = self._labels[label] = self._fresh()
        self.places.setdefault(node, set()).add(self._place)
        self.tokens.advance()
        return node

    def _fresh(self) -> BlankNode:
        self._count += 1
        return BlankNode(f"b{self._count}")

    def _no_blanks(self) -> NoReturn:
        self.tokens.fail("a blank node cannot stand where triples are deleted; use a variable")

    def _nested(self, mark: str, expected: str) -> Term:
        if mark == "{" and not self.tokens.dialect.formulas:
            self.tokens.unexpected(expected)
        if self._depth >= DEEPEST:
            self.tokens.fail(f"brackets are nested deeper than {DEEPEST}")
        self._depth += 1
        if mark == "{":
            term: Term = self._formula()
        else:
            term = self._described() if mark == "[" else self._list()
        self._depth -= 1
        return term

    def _described(self) -> BlankNode:
        if not self.blanks:
            self._no_blanks()
        self.tokens.advance()
        node = self._fresh()
        if not self.tokens.take("]"):
            self._predicates(node)
            self.tokens.expect("]", "`;`, `,` or `]`")
        return node

    def _list(self) -> Term:
        tokens = self.tokens
        tokens.advance()
        if tokens.take(")"):
            return NIL
        if not self.blanks:
            self._no_blanks()
        head = cell = self._fresh()
        while True:
            self._add(cell, FIRST, self.term("a member of the list"))
            if tokens.take(")"):
                self._add(cell, REST, NIL)
                return head
            following = self._fresh()
            self._add(cell, REST, following)
            cell = following

    def _formula(self) -> BlankNode:
        if self._place != OUTSIDE:
            # NP-5
            self.tokens.refuse("a formula inside a formula")
        self._place = len(self.formulas) + 1
        patterns = self.block()
        self._place = OUTSIDE
        node = self._fresh()
        self.formulas[node] = patterns
        return node
