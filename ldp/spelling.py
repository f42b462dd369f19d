# SPDX-License-Identifier: EUPL-1.2
"""How a term is written into a document that is there: as short as its prefixes allow."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from ldp.syntax import TYPE
from pod.vocab import XSD

_LOCAL = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?|")
_PLAIN: Mapping[str, re.Pattern[str]] = {
    XSD + "integer": re.compile(r"[+-]?[0-9]+"),
    XSD + "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    XSD + "double": re.compile(r"[+-]?(?:[0-9]+\.[0-9]*|\.?[0-9]+)[eE][+-]?[0-9]+"),
    XSD + "boolean": re.compile(r"true|false"),
}
_STRING = XSD + "string"


@dataclass(frozen=True, slots=True)
class Spelling:
    """What is in force at one place of a document.

    `prefixes` are namespaces and their prefixes, the longest namespace first; `base` is what `<#x>`
    hangs on where the document writes so; `labels` are the known names of blank nodes. Without
    `short` everything is written out, as N-Triples wants it.
    """

    prefixes: tuple[tuple[str, str], ...]
    base: str | None
    labels: Mapping[BlankNode, str]
    short: bool = True

    def term(self, term: NamedNode | BlankNode | Literal | Triple) -> str:
        """The term as it is written here; KeyError for a blank node that has no label."""
        if isinstance(term, NamedNode):
            return self.iri(term)
        if isinstance(term, BlankNode):
            return self.labels[term]
        return self._literal(term) if isinstance(term, Literal) else str(term)

    def verb(self, predicate: NamedNode) -> str:
        """The predicate as it is written here."""
        return "a" if self.short and predicate == TYPE else self.iri(predicate)

    def iri(self, node: NamedNode) -> str:
        """The IRI as it is written here."""
        iri = node.value
        for namespace, prefix in self.prefixes:
            if iri.startswith(namespace) and _LOCAL.fullmatch(iri, len(namespace)):
                return f"{prefix}:{iri[len(namespace) :]}"
        if self.base is not None and iri.startswith(self.base + "#"):
            return f"<{iri[len(self.base) :]}>"
        return str(node)

    def _literal(self, literal: Literal) -> str:
        datatype = literal.datatype.value
        if not self.short or literal.language is not None or datatype == _STRING:
            return str(literal)
        plain = _PLAIN.get(datatype)
        if plain is not None and plain.fullmatch(literal.value):
            return literal.value
        return f"{Literal(literal.value)}^^{self.iri(literal.datatype)}"


def longest_first(prefixes: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Prefixes and their namespaces turned around, in the order in which they are tried."""
    turned = ((namespace, prefix) for prefix, namespace in prefixes if namespace)
    return tuple(sorted(turned, key=lambda pair: (-len(pair[0]), pair[1])))
