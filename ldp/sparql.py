# SPDX-License-Identifier: EUPL-1.2
"""The part of SPARQL 1.1 Update that changes one document (decision 10)."""

from ldp.patch import Patch, Step
from ldp.syntax import Pattern, Reader
from ldp.tokens import Dialect

PROBLEM = "unsupported-sparql"

_WORDS = {
    **{word: word for word in ("LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY")},
    **{word: word for word in ("WITH", "USING", "GRAPH", "SERVICE", "FILTER", "OPTIONAL")},
    **{word: word for word in ("UNION", "MINUS", "BIND", "VALUES")},
    "SELECT": "sub-selects",
}
_SIGNS = {
    **dict.fromkeys("^!/|*+?", "property paths"),
    "<<": "triples inside triples",
}
_DIALECT = Dialect(
    name="SPARQL Update",
    problem=PROBLEM,
    sigils="?$",
    beyond=_WORDS | _SIGNS,
    subjects={"{": "groups inside a group"},
    verbs={"(": "property paths"},
    caseless=True,
)


def read_sparql_update(body: bytes, base: str) -> Patch:
    """The patch in an application/sparql-update body for the document at *base*.

    Unreadable (400) with line and column for broken syntax, Unprocessable (422) for what SPARQL
    has and is not taken here: nothing that leaves the one document or has no bound.
    """
    reader = Reader(body, base, _DIALECT)
    steps: list[Step] = []
    while True:
        while reader.keyword() in ("PREFIX", "BASE"):
            reader.directive()
        if reader.tokens.kind == "end":
            return Patch("sparql", tuple(steps))
        steps.append(_operation(reader))
        if reader.tokens.kind != "end":
            reader.tokens.expect(";", "`;` or the end of the update")


def _operation(reader: Reader) -> Step:
    if _take(reader, "INSERT"):
        if _take(reader, "DATA"):
            return Step(inserts=reader.block(variables=False))
        inserts = reader.block()
        return Step(_where(reader), (), inserts)
    if not _take(reader, "DELETE"):
        reader.tokens.unexpected("INSERT or DELETE")
    return _deletion(reader)


def _deletion(reader: Reader) -> Step:
    if _take(reader, "DATA"):
        return Step(deletes=reader.block(variables=False, blanks=False))
    if _take(reader, "WHERE"):
        patterns = reader.block(blanks=False)
        return Step(patterns, patterns, ())
    deletes = reader.block(blanks=False)
    inserts = reader.block() if _take(reader, "INSERT") else ()
    return Step(_where(reader), deletes, inserts)


def _where(reader: Reader) -> tuple[Pattern, ...]:
    if not _take(reader, "WHERE"):
        # SPARQL 1.1 Update grammar, Modify: the word WHERE is not optional there.
        reader.tokens.unexpected("WHERE")
    return reader.block()


def _take(reader: Reader, word: str) -> bool:
    if reader.keyword() != word:
        return False
    reader.tokens.advance()
    return True
