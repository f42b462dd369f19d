# SPDX-License-Identifier: EUPL-1.2
"""In which form an answer goes out: JSON, JSON-LD, Turtle and what else a call offers (KC-1)."""

from collections.abc import Mapping, Sequence

import orjson

from consent.context import PREFIXES
from pod import rdf
from pod.errors import NotAcceptable

JSON = "application/json"
JSON_LD = rdf.JSON_LD
TURTLE = rdf.TURTLE
JOSE = "application/jose"
CSV = "text/csv"
HTML = "text/html"
LINKED = (JSON, JSON_LD, TURTLE)
LETTERS: Mapping[str, str] = {JSON: "j", JSON_LD: "l", TURTLE: "t", CSV: "c", JOSE: "s", HTML: "h"}


def choose(accept: str | None, offered: Sequence[str]) -> str:
    """The offered form that the caller likes best, the first among equals (RFC 9110 §12.5.1)."""
    if not accept or not accept.strip():
        return offered[0]
    ranges = [_range(part) for part in accept.split(",") if part.strip()]
    rated = [(_quality(form, ranges), -number, form) for number, form in enumerate(offered)]
    quality, _, form = max(rated)
    if quality <= 0:
        raise NotAcceptable(f"This is offered as {', '.join(offered)}.")
    return form


def _range(part: str) -> tuple[str, float]:
    name, *parameters = [piece.strip() for piece in part.split(";")]
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "q":
            try:
                quality = min(1.0, max(0.0, float(value)))
            except ValueError:
                quality = 0.0
    return name.lower(), quality


def _quality(form: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The most specific range that matches speaks."""
    for name in (form, form.split("/")[0] + "/*", "*/*"):
        found = [quality for range_, quality in ranges if range_ == name]
        if found:
            return max(found)
    return 0.0


def linked(document: Mapping[str, object], context: Mapping[str, object]) -> dict[str, object]:
    """The document as JSON-LD; the context stands inside, so that nobody has to fetch it."""
    return {"@context": dict(context), **document}


def written(
    document: Mapping[str, object], context: Mapping[str, object], form: str, base: str
) -> bytes:
    """A document of ours as bytes of that form."""
    if form == JSON:
        return orjson.dumps(document)
    body = orjson.dumps(linked(document, context))
    if form == JSON_LD:
        return body
    statements = rdf.parse(body, JSON_LD, base)
    return rdf.write(statements.triples, form, PREFIXES)
