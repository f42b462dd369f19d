# SPDX-License-Identifier: EUPL-1.2
"""N3 Patch: one resource that says what to insert and delete, and where (Solid #n3-patch)."""

from collections.abc import Iterable

from pyoxigraph import BlankNode, NamedNode, Variable

from ldp.patch import Patch, Step
from ldp.syntax import OUTSIDE, TYPE, Pattern, Reader, Term
from ldp.tokens import Dialect
from pod.errors import Unprocessable
from pod.vocab import SOLID

PROBLEM = "patch-constraint"

_LITERALS = ("string", "integer", "decimal", "double", "TRUE", "FALSE")
# NP-10: what N3 has beyond Turtle, formulas and variables.
_DIALECT = Dialect(
    name="N3 Patch",
    problem=PROBLEM,
    sigils="?",
    beyond={
        "@FORALL": "quantifiers such as @forAll",
        "@FORSOME": "quantifiers such as @forSome",
        "@KEYWORDS": "@keywords",
        "=>": "rules (=>)",
        "<=": "rules (<=)",
        "=": "the sign =",
        "!": "paths",
        "^": "paths",
        "IS": "the words `is … of`",
        "OF": "the words `is … of`",
        "HAS": "the word `has`",
    },
    subjects=dict.fromkeys(_LITERALS, "literals as subjects"),
    verbs={
        **dict.fromkeys(_LITERALS, "literals as predicates"),
        **dict.fromkeys(("label", "["), "blank nodes as predicates"),
        "(": "lists as predicates",
        "{": "formulas as predicates",
    },
    formulas=True,
)

_PATCH = NamedNode(SOLID + "Patch")
_KIND = NamedNode(SOLID + "InsertDeletePatch")
_WHERE = NamedNode(SOLID + "where")
_DELETES = NamedNode(SOLID + "deletes")
_INSERTS = NamedNode(SOLID + "inserts")
_PATCHES = NamedNode(SOLID + "patches")
_PARTS = (_WHERE, _DELETES, _INSERTS)


def read_n3_patch(body: bytes, base: str) -> Patch:
    """The patch in a text/n3 body for the document at *base*.

    Unreadable (400) with line and column for broken syntax, Unprocessable (422) where it breaks a
    rule of N3 Patch.
    """
    reader = Reader(body, base, _DIALECT)
    _read_document(reader)
    subject = _patch_subject(reader.patterns, reader.formulas)
    said = [pattern for pattern in reader.patterns if pattern.subject == subject]
    _check_words(said, base)
    nodes = {part: _formula_of(part, said, reader) for part in _PARTS}
    _check_labels(reader, {node for node in nodes.values() if node is not None})
    where, deletes, inserts = (() if n is None else reader.formulas[n] for n in nodes.values())
    _check_variables(where, deletes + inserts)
    _check_deletes(deletes)
    return Patch("n3", (Step(where, deletes, inserts),))


def _read_document(reader: Reader) -> None:
    tokens = reader.tokens
    while tokens.kind != "end":
        if tokens.value in ("@prefix", "@base") or reader.keyword() in ("PREFIX", "BASE"):
            reader.directive()
            tokens.take(".")
        else:
            reader.statement()
            tokens.expect(".", "`.`, `;` or `,`")


def _patch_subject(triples: Iterable[Pattern], formulas: Iterable[BlankNode]) -> Term:
    subjects = {triple.subject for triple in triples if _makes_a_patch(triple)}
    # NP-1
    if len(subjects) != 1:
        raise _broken(f"must hold exactly one patch resource; this one holds {len(subjects)}")
    (subject,) = subjects
    # NP-2
    if not isinstance(subject, (NamedNode, BlankNode)) or subject in set(formulas):
        raise _broken("must name the patch resource by an IRI or blank node")
    return subject


def _makes_a_patch(triple: Pattern) -> bool:
    if triple.predicate == TYPE:
        return triple.object in (_PATCH, _KIND)
    return triple.predicate in _PARTS


def _check_words(said: Iterable[Pattern], base: str) -> None:
    # NP-3
    if not any(triple.predicate == TYPE and triple.object == _KIND for triple in said):
        raise _broken("must give its patch resource the type solid:InsertDeletePatch")
    for _, predicate, value in said:
        if predicate == _PATCHES and value != NamedNode(base):
            raise _broken("names another document in solid:patches than the one it was sent to")
        # NP-9: a typo must not become a patch that does nothing.
        if (
            isinstance(predicate, NamedNode)
            and predicate.value.startswith(SOLID)
            and predicate not in (*_PARTS, _PATCHES)
        ):
            raise _broken(
                f"has no word solid:{predicate.value.removeprefix(SOLID)[:40]};"
                " it knows solid:where, solid:deletes and solid:inserts"
            )


def _formula_of(part: NamedNode, said: Iterable[Pattern], reader: Reader) -> BlankNode | None:
    word = f"solid:{part.value.removeprefix(SOLID)}"
    values = [triple.object for triple in said if triple.predicate == part]
    # NP-4
    if len(values) > 1:
        raise _broken(f"may have one {word} at most")
    if not values:
        return None
    # NP-5
    if not isinstance(values[0], BlankNode) or values[0] not in reader.formulas:
        raise _broken(f"must have triples between braces as the value of {word}")
    return values[0]


def _check_labels(reader: Reader, used: set[BlankNode]) -> None:
    # NP-8
    inside = {place for place, node in enumerate(reader.formulas, OUTSIDE + 1) if node in used}
    if any(len(places) > 1 and places & inside for places in reader.places.values()):
        raise _broken("may use the label of a blank node in one formula only, and not outside it")


def _check_variables(where: Iterable[Pattern], changes: Iterable[Pattern]) -> None:
    # NP-6
    known = {term for pattern in where for term in pattern if isinstance(term, Variable)}
    used = {term for pattern in changes for term in pattern if isinstance(term, Variable)}
    if used - known:
        raise _broken("may insert and delete only variables that its solid:where looks for")


def _check_deletes(deletes: Iterable[Pattern]) -> None:
    # NP-7
    if any(isinstance(term, BlankNode) for pattern in deletes for term in pattern):
        raise _broken("cannot delete blank nodes by name; find them in solid:where with a variable")


def _broken(rule: str) -> Unprocessable:
    return Unprocessable(f"An N3 Patch {rule}.", problem=PROBLEM)
