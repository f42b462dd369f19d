# SPDX-License-Identifier: EUPL-1.2
"""What an ACL document says, as rules. Parsed once per content, never per request."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import rdflib
from rdflib.term import Node

from acl.modes import Mode
from pod import rdf
from pod.iri import Iri, governed_by
from pod.resource import Resource
from pod.vocab import ACL, FOAF, RDF

_MODES = {
    ACL + "Read": Mode.READ,
    ACL + "Write": Mode.WRITE | Mode.APPEND,  # WAC-14
    ACL + "Append": Mode.APPEND,
    ACL + "Control": Mode.CONTROL,
}
_TYPE = rdflib.URIRef(RDF + "type")
_AUTHORIZATION = rdflib.URIRef(ACL + "Authorization")
CONDITIONS = (ACL + "ClientCondition", ACL + "IssuerCondition")
LARGEST = 256 * 1024
MOST_RULES = 500
# Many small ones are kept parsed and a few large ones: thousands of those would be a gigabyte,
# and none would let one simulation parse the same one for each of hundreds that it names.
LARGEST_KEPT = 16 * 1024
FEW = 16


@dataclass(frozen=True, slots=True)
class Condition:
    """One acl:condition: OR over its values, AND with the others (wac.md §6)."""

    kind: str
    values: frozenset[str]
    anything: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One acl:Authorization, with what it says resolved to plain sets."""

    modes: Mode
    here: bool
    below: bool
    agents: frozenset[str]
    groups: frozenset[str]
    everyone: bool
    authenticated: bool
    origins: frozenset[str]
    conditions: tuple[Condition, ...]

    @property
    def conforms(self) -> bool:
        """WAC-12: a rule counts only with a target, a mode and a subject."""
        subject = self.agents or self.groups or self.everyone or self.authenticated or self.origins
        return bool(self.modes and (self.here or self.below) and subject)


def rules_of(acl: Resource) -> tuple[Rule, ...]:
    """The rules of a stored ACL. Unreadable when it does not parse: then nothing is permitted."""
    return read_rules(acl.iri, acl.essence, acl.body or b"")


def read_rules(iri: Iri, media_type: str, body: bytes) -> tuple[Rule, ...]:
    """The rules in an ACL document of this name; those that are none (WAC-12) are left out."""
    read = _kept_rules if len(body) <= LARGEST_KEPT else _kept_large_rules
    return read(iri, media_type, body)


@lru_cache(maxsize=4096)
def _kept_rules(iri: Iri, media_type: str, body: bytes) -> tuple[Rule, ...]:
    return _read_rules(iri, media_type, body)


@lru_cache(maxsize=FEW)
def _kept_large_rules(iri: Iri, media_type: str, body: bytes) -> tuple[Rule, ...]:
    return _read_rules(iri, media_type, body)


def _read_rules(iri: Iri, media_type: str, body: bytes) -> tuple[Rule, ...]:
    graph = rdf.graph(rdf.parse(body, media_type, iri))
    subject = rdflib.URIRef(governed_by(iri) or "")
    rules = (_rule(graph, node, subject) for node in graph.subjects(_TYPE, _AUTHORIZATION))
    return tuple(rule for rule in rules if rule.conforms)


def _rule(graph: rdflib.Graph, node: Node, subject: rdflib.URIRef) -> Rule:
    modes = Mode.NONE
    for mode in _iris(graph, node, "mode"):
        modes |= _MODES.get(mode, Mode.NONE)  # WAC-15: unknown modes never widen access
    classes = frozenset(_iris(graph, node, "agentClass"))
    return Rule(
        modes,
        str(subject) in _iris(graph, node, "accessTo"),
        str(subject) in _iris(graph, node, "default"),
        frozenset(_iris(graph, node, "agent")),
        frozenset(_iris(graph, node, "agentGroup")),
        FOAF + "Agent" in classes,
        ACL + "AuthenticatedAgent" in classes,
        frozenset(_iris(graph, node, "origin")),
        tuple(_conditions(graph, node)),
    )


def _conditions(graph: rdflib.Graph, node: Node) -> Iterator[Condition]:
    """WAC-35: one for each type that a condition has, so that all of them must hold."""
    for each in _objects(graph, node, "condition"):
        kinds = sorted(str(kind) for kind in graph.objects(each, _TYPE)) or [""]
        for kind in kinds:
            word = "client" if kind == CONDITIONS[0] else "issuer"
            values = frozenset(_iris(graph, each, word))
            yield Condition(kind, values, FOAF + "Agent" in _iris(graph, each, word + "Class"))


def _objects(graph: rdflib.Graph, node: Node, word: str) -> Iterator[Node]:
    return graph.objects(node, rdflib.URIRef(ACL + word))


def _iris(graph: rdflib.Graph, node: Node, word: str) -> list[str]:
    # WAC-13: only IRIs match, as exact strings; literals never do.
    return [str(v) for v in _objects(graph, node, word) if isinstance(v, rdflib.URIRef)]
