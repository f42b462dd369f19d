# SPDX-License-Identifier: EUPL-1.2
"""KLU-1: the account API described for machines, made from the table that is served."""

import re
from collections.abc import Mapping

from pod.iri import Iri

_PLACE = re.compile(r"\{(\w+)\}")
_ANSWERS = {
    "200": {"description": "An object with what was asked for, controls and version."},
    "default": {"description": "An object with name, message, statusCode, errorCode, details."},
}


def document_of(base: Iri, table: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    """OpenAPI 3.1 for each address and method of the table."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Kluis account API", "version": "0.5"},
        "servers": [{"url": f"{base}.account/"}],
        "paths": {f"/{path}": _path(path, calls) for path, calls in table.items()},
        "components": {
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "Authorization"},
            }
        },
    }


def _path(path: str, calls: Mapping[str, object]) -> dict[str, object]:
    places = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PLACE.findall(path)
    ]
    shown: dict[str, object] = {"parameters": places} if places else {}
    for method, call in calls.items():
        shown[method.lower()] = _operation(path, method, call)
    return shown


def _operation(path: str, method: str, call: object) -> dict[str, object]:
    summary = (call.__doc__ or "What this action takes.").splitlines()[0]
    told: dict[str, object] = {"summary": summary, "responses": _ANSWERS}
    if "{account}" in path:
        told["security"] = [{"token": []}]
    if method == "POST":
        # ACC-2: GET on the same address lists the members.
        told["requestBody"] = {"content": {"application/json": {"schema": {"type": "object"}}}}
    return told
