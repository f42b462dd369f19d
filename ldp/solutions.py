# SPDX-License-Identifier: EUPL-1.2
"""Where patterns meet triples: every way to fill in their variables, within a budget."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from operator import attrgetter

from pyoxigraph import BlankNode, Literal, NamedNode, Triple, Variable

from ldp.syntax import Pattern, Term
from pod.errors import Unprocessable

Value = NamedNode | BlankNode | Literal
Bindings = Mapping[Variable | BlankNode, Value]

STEPS = 100_000

_AT: tuple[Callable[[Triple], Value], ...] = (
    attrgetter("subject"),
    attrgetter("predicate"),
    attrgetter("object"),
)
# Subjects and objects tell more than predicates, of which a document has few.
_TELLING = (0, 2, 1)


class Budget:
    """How much work one patch may make before it is refused."""

    __slots__ = ("left",)

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Take from what is left; Unprocessable when it is not enough."""
        self.left -= steps
        if self.left < 0:
            raise Unprocessable(
                "The patch is too much work; name more of what it looks for, or send it in parts.",
                problem="too-complex",
            )


class Graph:
    """Triples that change, found by subject, predicate and object; an index once it is asked."""

    __slots__ = ("_indexes", "triples")

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.triples = set(triples)
        self._indexes: dict[int, dict[Value, set[Triple]]] = {}

    def remove(self, triples: Iterable[Triple]) -> None:
        """Take these out; what is not there does not matter."""
        gone = self.triples.intersection(triples)
        self.triples -= gone
        for position, index in self._indexes.items():
            for triple in gone:
                index[_AT[position](triple)].discard(triple)

    def add(self, triples: Iterable[Triple]) -> None:
        """Put these in; what is there already does not matter."""
        new = set(triples) - self.triples
        self.triples |= new
        for position, index in self._indexes.items():
            for triple in new:
                index.setdefault(_AT[position](triple), set()).add(triple)

    def candidates(self, wanted: Iterable[Value | None]) -> Collection[Triple]:
        """Triples that may fit these terms (None is open), and as few others as an index gives."""
        best: Collection[Triple] = self.triples
        terms = tuple(wanted)
        for position in _TELLING:
            term = terms[position]
            # To build an index costs more than it saves once another has narrowed the search.
            if term is not None and (position in self._indexes or best is self.triples):
                found = self._index(position).get(term, ())
                if len(found) < len(best):
                    best = found
        return best

    def _index(self, position: int) -> dict[Value, set[Triple]]:
        index = self._indexes.get(position)
        if index is None:
            index = self._indexes[position] = {}
            at = _AT[position]
            for triple in self.triples:
                index.setdefault(at(triple), set()).add(triple)
        return index


def solutions(patterns: Collection[Pattern], graph: Graph, budget: Budget) -> Iterator[Bindings]:
    """Each way to give the variables and blank nodes of the patterns a value."""
    # To put them in order takes work as well.
    budget.spend(len(patterns) ** 2)
    return _search(_ordered(patterns, graph), graph, budget, {})


def _search(
    patterns: tuple[Pattern, ...], graph: Graph, budget: Budget, bindings: Bindings
) -> Iterator[Bindings]:
    if not patterns:
        yield bindings
        return
    wanted = [_known(term, bindings) for term in patterns[0]]
    for triple in graph.candidates(wanted):
        budget.spend()
        extended = _extended(patterns[0], triple, bindings)
        if extended is not None:
            yield from _search(patterns[1:], graph, budget, extended)


def _known(term: Term, bindings: Bindings) -> Value | None:
    return bindings.get(term) if isinstance(term, (Variable, BlankNode)) else term


def _extended(pattern: Pattern, triple: Triple, bindings: Bindings) -> Bindings | None:
    extended = dict(bindings)
    for term, value in zip(pattern, _terms(triple), strict=True):
        if isinstance(term, (Variable, BlankNode)):
            if extended.setdefault(term, value) != value:
                return None
        elif term != value:
            return None
    return extended


def _terms(triple: Triple) -> tuple[Value, Value, Value]:
    value = triple.object
    if isinstance(triple.subject, Triple) or isinstance(value, Triple):
        raise TypeError("a document holds a triple inside a triple")
    return triple.subject, triple.predicate, value


def _ordered(patterns: Collection[Pattern], graph: Graph) -> tuple[Pattern, ...]:
    """What has the fewest open places first, then what hangs on it, then what is rarest."""
    rest, ordered, bound = list(dict.fromkeys(patterns)), list[Pattern](), set[Term]()
    rarity = {pattern: len(graph.candidates(_known(t, {}) for t in pattern)) for pattern in rest}

    def rank(pattern: Pattern) -> tuple[int, bool, int]:
        unknown = {term for term in pattern if isinstance(term, (Variable, BlankNode))}
        return len(unknown - bound), not unknown & bound, rarity[pattern]

    while rest:
        best = min(rest, key=rank)
        rest.remove(best)
        ordered.append(best)
        bound.update(term for term in best if isinstance(term, (Variable, BlankNode)))
    return tuple(ordered)
