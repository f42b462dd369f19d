# SPDX-License-Identifier: EUPL-1.2
"""The consent API as a page for people who build with it, from the same data as openapi.json."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

from consent.described.calls import AGENCY, BOTH, OPERATOR, PUBLIC, SUBJECT
from consent.described.openapi import SCHEMAS, TOPICS, WORDS
from consent.described.words import Operation
from consent.house import House
from dashboard.visit import Page, Visit
from dashboard.words import mark

WHO: Mapping[str, str] = {
    PUBLIC: mark("iedereen"),
    SUBJECT: mark("de eigenaar van de kluis"),
    AGENCY: mark("een instantie"),
    OPERATOR: mark("een beheerder"),
    BOTH: mark("de eigenaar van de kluis of de instantie"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a member holds, in words; `shape` is the one it is, which stands on the page too."""

    words: str
    shape: str | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a shape, or one word of a query."""

    name: str
    kind: Kind
    needed: bool
    says: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """A body with its members."""

    name: str
    says: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, and what comes with it."""

    status: int
    says: str
    forms: tuple[str, ...]
    kind: Kind | None


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it stands on the page."""

    id: str
    method: str
    path: str
    title: str
    who: str
    query: tuple[Member, ...]
    body: Kind | None
    example: str | None
    answers: tuple[Answer, ...]
    problems: tuple[tuple[int, str], ...]


async def reference_page(house: House, visit: Visit) -> Page:
    """Every call by topic, and every shape."""
    topics = [
        {"name": name, "calls": [call_of(operation) for operation in operations]}
        for name, operations in TOPICS.items()
    ]
    shapes = [shape for name in sorted(SCHEMAS) for shape in shapes_of(name)]
    address = f"{house.base}.consent/openapi.json"
    return Page("api_reference.html", {"topics": topics, "shapes": shapes, "address": address})


def call_of(operation: Operation) -> Call:
    """One operation in words."""
    query = [
        Member(each.name, kind_of(each.schema), each.needed, each.says) for each in operation.query
    ]
    example = None
    if operation.example is not None:
        example = orjson.dumps(operation.example, option=orjson.OPT_INDENT_2).decode()
    answers = [
        Answer(status, reply.says, tuple(reply.media), _first_kind(reply.media))
        for status, reply in operation.answers.items()
    ]
    return Call(
        operation.id,
        operation.method.upper(),
        operation.path,
        operation.title,
        WHO[operation.who],
        tuple(query),
        None if operation.body is None else kind_of(operation.body),
        example,
        tuple(answers),
        tuple((status, WORDS[status]) for status in operation.problems if status in WORDS),
    )


def _first_kind(media: Mapping[str, Mapping[str, object]]) -> Kind | None:
    schema = media.get("application/json")
    return None if schema is None else kind_of(schema)


def shapes_of(name: str) -> Iterator[Shape]:
    """The shape by that name; one for each of its forms where it has several."""
    schema = SCHEMAS[name]
    forms = schema.get("oneOf")
    if not isinstance(forms, list):
        yield _shape(name, schema)
        return
    for number, form in enumerate(forms, 1):
        yield _shape(name if number == 1 else f"{name} {number}", form)


def _shape(name: str, schema: Mapping[str, object]) -> Shape:
    properties, needed = schema.get("properties"), schema.get("required")
    members = tuple(
        Member(member, kind_of(each), isinstance(needed, list) and member in needed)
        for member, each in (properties if isinstance(properties, dict) else {}).items()
    )
    return Shape(name, str(schema.get("description", "")), members)


def kind_of(schema: Mapping[str, object]) -> Kind:
    """What a schema allows, in a few words."""
    reference, either = schema.get("$ref"), schema.get("anyOf")
    if isinstance(reference, str):
        name = reference.rsplit("/", 1)[-1]
        return Kind(name, name)
    if isinstance(either, list):
        found = [kind_of(each) for each in either]
        shape = next((each.shape for each in found if each.shape), None)
        return Kind(" or ".join(each.words for each in found), shape)
    words = schema.get("enum")
    if isinstance(words, list):
        return Kind("one of " + ", ".join(str(word) for word in words))
    return _plain(schema)


def _plain(schema: Mapping[str, object]) -> Kind:
    kind = schema.get("type", "anything")
    names = [str(each) for each in kind] if isinstance(kind, list) else [str(kind)]
    items = schema.get("items")
    if "array" in names and isinstance(items, dict):
        inner = kind_of(items)
        rest = [name for name in names if name != "array"]
        return Kind(" or ".join([f"list of {inner.words}", *rest]), inner.shape)
    if "object" in names and isinstance(schema.get("properties"), dict):
        return Kind(f"object ({_names(schema['properties'])})", _inner(schema["properties"]))
    form = schema.get("format")
    return Kind(" or ".join(str(form) if form and n == "string" else n for n in names))


def _names(properties: object) -> str:
    return ", ".join(properties) if isinstance(properties, dict) else ""


def _inner(properties: object) -> str | None:
    each: Sequence[object] = list(properties.values()) if isinstance(properties, dict) else []
    kinds = [kind_of(one) for one in each if isinstance(one, dict)]
    return next((kind.shape for kind in kinds if kind.shape), None)
