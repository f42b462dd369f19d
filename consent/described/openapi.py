# SPDX-License-Identifier: EUPL-1.2
"""The consent API described (OpenAPI 3.1), put together from the calls and their shapes."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version

from consent.described.calls import (
    AGENCY,
    BOTH,
    GRANTS,
    OPERATOR,
    PUBLIC,
    REGISTRY,
    REQUESTS,
    SUBJECT,
)
from consent.described.law import CASES, RIGHTS_SCHEMAS, STATUTORY
from consent.described.more_calls import ELSE, LOG, NEWS, PROOF
from consent.described.push import EXTERNAL, PUSH_SCHEMAS
from consent.described.schemas import SCHEMAS as COMMON
from consent.described.words import Operation, Parameter, Reply, Schema, ref

TITLE = "Kluis: consent"
SCHEMAS: Mapping[str, Schema] = COMMON | PUSH_SCHEMAS | RIGHTS_SCHEMAS
PROBLEM = "application/problem+json"
TOPICS: Mapping[str, Sequence[Operation]] = {
    "Registry": REGISTRY,
    "Requests": REQUESTS,
    "Grants": GRANTS,
    "Proof": PROOF,
    "Access by law": STATUTORY,
    "Cases": CASES,
    "Log": (*LOG, EXTERNAL),
    "Telling agencies": NEWS,
    "Simulation": ELSE,
}
# KC-2: a subject's token needs the scope consent; an agency is known by WebID and client.
_SECURITY: Mapping[str, list[Schema]] = {
    PUBLIC: [],
    SUBJECT: [{"solid": ["webid", "consent"]}],
    AGENCY: [{"solid": ["webid"]}],
    OPERATOR: [{"solid": ["webid", "consent"]}],
    BOTH: [{"solid": ["webid"]}, {"solid": ["webid", "consent"]}],
}
WORDS: Mapping[int, str] = {
    400: "A header, parameter or body that cannot be read.",
    401: "Nobody is signed in, or the token or its proof does not hold.",
    403: "Not for this caller; the name of the problem says why.",
    404: "There is nothing of yours by that name.",
    406: "None of the forms that were asked for is offered.",
    409: "It is in another state; `state` says which.",
    412: "It changed since you looked (`If-Match`).",
    413: "The body is too large.",
    415: "The body is not JSON.",
    429: "Too much was asked; `Retry-After` says when again.",
    422: "Read, but it cannot stand; `errors` names each place.",
    503: "It cannot be done right now; nothing was changed.",
}
_CODE: Schema = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}
_SEGMENT: Schema = {"type": "string", "pattern": "^[A-Za-z0-9.-]{1,64}$"}


def document(base: str) -> Schema:
    """The whole description, for the server at that address."""
    paths: dict[str, dict[str, object]] = {}
    for topic, operations in TOPICS.items():
        for operation in operations:
            call = _operation(topic, operation)
            paths.setdefault(operation.path, {})[operation.method] = call
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": version("kluis"),
            "description": f"For agencies and for the tools of citizens. For people: {base}-/api",
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "servers": [{"url": base.rstrip("/")}],
        "externalDocs": {"url": f"{base}-/api", "description": "The same as a page."},
        "tags": [{"name": topic} for topic in TOPICS],
        "paths": paths,
        "webhooks": {"event": {"post": _webhook()}},
        "components": {
            "schemas": dict(SCHEMAS),
            "responses": {f"P{status}": _problem(words) for status, words in WORDS.items()},
            "securitySchemes": {
                "solid": {
                    "type": "openIdConnect",
                    "openIdConnectUrl": f"{base}.well-known/openid-configuration",
                    "description": "Solid-OIDC: an access token bound to a key (DPoP).",
                }
            },
        },
    }


def _problem(words: str) -> Schema:
    return {"description": words, "content": {PROBLEM: {"schema": ref("Problem")}}}


def _operation(topic: str, operation: Operation) -> Schema:
    described: Schema = {
        "operationId": operation.id,
        "summary": operation.title,
        "tags": [topic],
        "security": _SECURITY[operation.who],
        "responses": _responses(operation),
    }
    parameters = _parameters(operation)
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        media: Schema = {"schema": operation.body}
        if operation.example is not None:
            media["example"] = operation.example
        content = {"application/json": media}
        described["requestBody"] = {"required": operation.needs_body, "content": content}
    return described


def _responses(operation: Operation) -> Schema:
    replies: dict[str, object] = {
        str(status): _reply(reply) for status, reply in operation.answers.items()
    }
    return replies | {f"{status}": _of(status) for status in sorted(_statuses(operation))}


def _of(status: int) -> Schema:
    if status == 304:
        return {"description": "As it was when you looked (`If-None-Match`)."}
    return {"$ref": f"#/components/responses/P{status}"}


def _statuses(operation: Operation) -> set[int]:
    found = {400, 503, *operation.problems}
    if operation.who != PUBLIC or operation.path.startswith("/.consent/purposes"):
        found.add(401)
    if operation.method == "get":
        reply = operation.answers[200]
        found |= {304} if reply.tag else set()
        found |= {406} if len(reply.media) > 1 else set()
    if operation.body is not None:
        found |= {413, 415, 422}
    return found


def _reply(reply: Reply) -> Schema:
    described: Schema = {"description": reply.says}
    if reply.media:
        described["content"] = {name: {"schema": schema} for name, schema in reply.media.items()}
    headers: dict[str, object] = {}
    if reply.tag:
        headers["ETag"] = {"description": "Strong.", "schema": {"type": "string"}}
    if reply.place:
        headers["Location"] = {"description": "Its name.", "schema": {"type": "string"}}
    if headers:
        described["headers"] = headers
    return described


def _parameters(operation: Operation) -> list[Schema]:
    found = [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in (("code", _CODE), ("slug", _SEGMENT), ("version", _SEGMENT))
        if f"{{{name}}}" in operation.path
    ]
    found += [_query(parameter) for parameter in operation.query]
    if operation.pages:
        limit: Schema = {"type": "integer", "minimum": 1, "maximum": 500, "default": 50}
        found.append(_query(Parameter("limit", "How many, 500 at most.", limit)))
        found.append(_query(Parameter("after", "After which one: see `Link`.", {"type": "string"})))
    if operation.once:
        key: Schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"}
        says = "The same key and body within a day give the first answer again."
        found.append(_header("Idempotency-Key", says, key))
    if operation.match:
        found.append(_header("If-Match", "Only if it is still as it was.", {"type": "string"}))
    return found


def _query(parameter: Parameter) -> Schema:
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.says,
        "required": parameter.needed,
        "schema": parameter.schema,
    }


def _header(name: str, says: str, schema: Schema) -> Schema:
    return {"name": name, "in": "header", "description": says, "required": False, "schema": schema}


def _webhook() -> Schema:
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {
        "operationId": "hear",
        "summary": "What a callback of an agency is sent (Standard Webhooks, v1a Ed25519)",
        "parameters": [_header(name, "Standard Webhooks.", {"type": "string"}) for name in names],
        "requestBody": {"content": {"application/json": {"schema": ref("Webhook")}}},
        "responses": {
            "2XX": {"description": "It arrived."},
            "410": {"description": "Nothing more about this request, please."},
        },
    }
