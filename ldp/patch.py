# SPDX-License-Identifier: EUPL-1.2
"""A change to one document: what must be there, what goes, what comes, under one of two laws."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal as Word

from pyoxigraph import BlankNode, NamedNode, Triple, Variable

from ldp.solutions import STEPS, Bindings, Budget, Graph, Value, solutions
from ldp.syntax import Pattern, Term
from pod.errors import Clash, Unprocessable

MOST_PATTERNS = 64
MOST_STEPS = 1000
MOST_RESULTS = 100_000

Law = Word["n3", "sparql"]


@dataclass(frozen=True, slots=True)
class Step:
    """One operation; the steps of a patch follow one another and see each other's result."""

    where: tuple[Pattern, ...] = ()
    deletes: tuple[Pattern, ...] = ()
    inserts: tuple[Pattern, ...] = ()

    def __post_init__(self) -> None:
        if len(self.where) > MOST_PATTERNS:
            raise Unprocessable(
                f"A patch may look for {MOST_PATTERNS} patterns at most.", problem="too-complex"
            )


@dataclass(frozen=True, slots=True)
class Patch:
    """A whole patch and the law that it is under (decision 10)."""

    law: Law
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if len(self.steps) > MOST_STEPS:
            raise Unprocessable(
                f"An update may join {MOST_STEPS} operations at most.", problem="too-complex"
            )

    @property
    def reads(self) -> bool:
        """Whether it needs Read: its answer tells what the document holds."""
        return any(step.where or step.deletes for step in self.steps)

    @property
    def adds(self) -> bool:
        """Whether it needs Append."""
        return any(step.inserts for step in self.steps)

    @property
    def removes(self) -> bool:
        """Whether it needs Write."""
        return any(step.deletes for step in self.steps)

    @property
    def empty(self) -> bool:
        """Whether it says nothing at all."""
        return not (self.reads or self.adds)


def apply(patch: Patch, triples: Iterable[Triple]) -> set[Triple]:
    """The triples after the patch; the given ones stay as they are. Clash when it does not fit."""
    graph, budget, results = Graph(triples), Budget(STEPS), Budget(MOST_RESULTS)
    for step in patch.steps:
        if patch.law == "n3":
            _as_n3(step, graph, budget)
        else:
            _as_sparql(step, graph, budget, results)
    return graph.triples


def _as_n3(step: Step, graph: Graph, budget: Budget) -> None:
    """Solid #server-patch-n3-semantics: all of it or nothing."""
    bindings = _only_solution(step.where, graph, budget)
    deletes = _must_be_triples(step.deletes, bindings)
    inserts = _must_be_triples(step.inserts, bindings)
    if not graph.triples.issuperset(deletes):
        raise Clash(
            "The document does not hold every triple that the patch deletes; read it again.",
            problem="patch-missing-triple",
        )
    graph.remove(deletes)
    graph.add(inserts)


def _as_sparql(step: Step, graph: Graph, budget: Budget, results: Budget) -> None:
    """SPARQL 1.1 Update §3.1.3: every solution counts, whatever makes no triple is left out."""
    found = list(solutions(step.where, graph, budget))
    results.spend(len(found) * (len(step.deletes) + len(step.inserts)))
    deletes = [t for each in found for t in _triples(step.deletes, each) if t is not None]
    inserts = [t for each in found for t in _triples(step.inserts, each) if t is not None]
    graph.remove(deletes)
    graph.add(inserts)


def _only_solution(where: Sequence[Pattern], graph: Graph, budget: Budget) -> Bindings:
    """The one way to give the variables a value; blank nodes do not count as a difference."""
    variables = {term for pattern in where for term in pattern if isinstance(term, Variable)}
    found = solutions(where, graph, budget)
    # A guard without variables is met or not: its second solution could not differ.
    first = [_of(variables, each) for each in islice(found, 1)]
    if not first:
        raise Clash("Nothing in the document fits the patch's where.", problem="patch-no-match")
    if variables and any(_of(variables, each) != first[0] for each in found):
        raise Clash(
            "More than one thing in the document fits the patch's where; say more about it.",
            problem="patch-ambiguous",
        )
    return first[0]


def _of(variables: Iterable[Variable], bindings: Bindings) -> Bindings:
    return {variable: bindings[variable] for variable in variables}


def _must_be_triples(patterns: Sequence[Pattern], bindings: Bindings) -> list[Triple]:
    triples = [triple for triple in _triples(patterns, bindings) if triple is not None]
    if len(triples) < len(patterns):
        raise Clash(
            "With what it finds, the patch makes a triple that RDF does not allow,"
            " such as one with a literal as subject.",
            problem="patch-invalid-triple",
        )
    return triples


def _triples(patterns: Iterable[Pattern], bindings: Bindings) -> list[Triple | None]:
    """The patterns with values filled in; each blank node written in them becomes a new one."""
    fresh: dict[BlankNode, BlankNode] = {}

    def value(term: Term) -> Value | None:
        if isinstance(term, Variable):
            return bindings.get(term)
        if isinstance(term, BlankNode):
            return fresh.setdefault(term, BlankNode())
        return term

    return [_triple(*map(value, pattern)) for pattern in patterns]


def _triple(subject: Value | None, predicate: Value | None, value: Value | None) -> Triple | None:
    if (
        isinstance(subject, (NamedNode, BlankNode))
        and isinstance(predicate, NamedNode)
        and value is not None
    ):
        return Triple(subject, predicate, value)
    return None
