# SPDX-License-Identifier: EUPL-1.2
"""JSON-LD from outside: bounded depth, and contexts from the bundled table only (decision 23)."""

from collections.abc import Mapping
from typing import Any

import orjson

from pod.contexts import BUNDLED
from pod.errors import Unprocessable, Unreadable

DEEPEST = 100


def guarded_json(body: bytes, contexts: Mapping[str, object]) -> bytes:
    """The document with each named context put in its place, safe for a recursive parser.

    T-05, T-06: nesting is bounded before the parser sees it, and nothing is ever fetched.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable(
            f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})",
            problem="malformed-rdf",
            errors=[{"line": error.lineno, "column": error.colno, "detail": error.msg}],
        ) from error
    if not isinstance(document, dict | list):
        raise Unreadable("A JSON-LD document is an object or an array.", problem="malformed-rdf")
    if _names_no_context(body):
        _check_depth(document)
        return body
    return orjson.dumps(_resolved(document, contexts, DEEPEST))


def _names_no_context(body: bytes) -> bool:
    return b"@context" not in body and b"\\" not in body


def _check_depth(document: object) -> None:
    level: list[object] = [document]
    for _ in range(DEEPEST):
        level = [child for node in level for child in _children(node)]
        if not level:
            return
    raise _too_deep()


def _children(node: object) -> list[object]:
    if isinstance(node, dict):
        return [value for value in node.values() if isinstance(value, dict | list)]
    return (
        [value for value in node if isinstance(value, dict | list)]
        if (isinstance(node, list))
        else []
    )


def _resolved(node: object, contexts: Mapping[str, object], depth: int) -> object:
    if depth == 0:
        raise _too_deep()
    if isinstance(node, list):
        return [_resolved(item, contexts, depth - 1) for item in node]
    if isinstance(node, dict):
        return {key: _member(key, value, contexts, depth - 1) for key, value in node.items()}
    return node


def _member(key: str, value: Any, contexts: Mapping[str, object], depth: int) -> object:
    if key == "@import":
        raise Unprocessable("@import is not followed.", problem="unknown-context")
    if key != "@context":
        return _resolved(value, contexts, depth)
    if isinstance(value, list):
        return [_context(item, contexts, depth - 1) for item in value]
    return _context(value, contexts, depth)


def _context(value: object, contexts: Mapping[str, object], depth: int) -> object:
    if not isinstance(value, str):
        return _resolved(value, contexts, depth)
    known = contexts.get(value, BUNDLED.get(value))
    if known is None:
        raise Unprocessable(
            f"The JSON-LD context <{value[:200]}> is not bundled with this server;"
            " write the terms out or put the context inline.",
            problem="unknown-context",
        )
    return known


def _too_deep() -> Unreadable:
    return Unreadable(f"JSON is nested deeper than {DEEPEST} levels.", problem="malformed-rdf")
