# SPDX-License-Identifier: EUPL-1.2
"""The words that the description of the API is written in: schemas and operations as data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Schema = dict[str, object]

TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 2000}
IRI: Schema = {"type": "string", "format": "iri", "maxLength": 2000}
MOMENT: Schema = {"type": "string", "format": "date-time"}
LENGTH: Schema = {"type": "string", "description": "ISO 8601, such as P3M or PT1H."}
NUMBER: Schema = {"type": "integer", "minimum": 1, "maximum": 2147483647}
COUNT: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
ANYTHING: Schema = {}


def ref(name: str) -> Schema:
    """A schema of the description, by name."""
    return {"$ref": f"#/components/schemas/{name}"}


def obj(
    need: Mapping[str, Schema] | None = None,
    may: Mapping[str, Schema] | None = None,
    **more: object,
) -> Schema:
    """An object with these members and no others (KC-1); `need` must be there."""
    needed, allowed = need or {}, may or {}
    schema: Schema = {
        "type": "object",
        "properties": {**needed, **allowed},
        "additionalProperties": False,
    }
    if needed:
        schema["required"] = list(needed)
    return schema | more


def many(item: Schema, most: int | None = None, least: int = 0) -> Schema:
    """A list."""
    schema: Schema = {"type": "array", "items": item}
    if most is not None:
        schema["maxItems"] = most
    if least:
        schema["minItems"] = least
    return schema


def or_null(schema: Schema) -> Schema:
    """The same, or null."""
    kind = schema.get("type")
    if isinstance(kind, str) and "enum" not in schema:
        return {**schema, "type": [kind, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(*words: str) -> Schema:
    """One of a few words."""
    return {"type": "string", "enum": list(words)}


@dataclass(frozen=True, slots=True)
class Operation:
    """One call. `who` is who may make it; `problems` are the statuses beside the usual ones."""

    method: str
    path: str
    id: str
    title: str
    who: str
    answers: Mapping[int, "Reply"]
    body: Schema | None = None
    example: Schema | None = None
    needs_body: bool = False
    query: Sequence["Parameter"] = ()
    problems: Sequence[int] = ()
    once: bool = False
    match: bool = False
    pages: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: what it says, and in which forms."""

    says: str
    media: Mapping[str, Schema] = field(default_factory=dict)
    tag: bool = False
    place: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A word in the query."""

    name: str
    says: str
    schema: Schema
    needed: bool = False


def json(says: str, schema: Schema, *, tag: bool = False, place: bool = False) -> Reply:
    """A JSON answer."""
    return Reply(says, {"application/json": schema}, tag, place)


def linked(says: str, schema: Schema, *, tag: bool = False) -> Reply:
    """JSON, and linked data on `Accept` (KC-1)."""
    media: dict[str, Schema] = {
        "application/json": schema,
        "application/ld+json": {"type": "object"},
        "text/turtle": {"type": "string"},
    }
    return Reply(says, media, tag)


def signed(says: str, payload: Schema) -> Reply:
    """A compact JWS, or the payload with it (KC-17)."""
    both = obj({"payload": payload, "jws": {"type": "string"}})
    return Reply(says, {"application/jose": {"type": "string"}, "application/json": both})


def items(name: str) -> Schema:
    """The body of a list (KC-5)."""
    return obj({"items": many(ref(name))})
