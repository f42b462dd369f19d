# SPDX-License-Identifier: EUPL-1.2
"""The shapes of the registry: purposes and agencies, as they are sent and as they are shown."""

from collections.abc import Mapping

from consent.described.words import (
    FLAG,
    IRI,
    LENGTH,
    NUMBER,
    TEXT,
    Schema,
    many,
    obj,
    one_of,
    or_null,
)

LANGUAGES = obj(None, dict.fromkeys(("nl", "en", "fr", "de"), TEXT), minProperties=1)
MODES = many(one_of("append", "read"), 2, 1)
WORDS = many({"type": "string", "minLength": 1}, 200)
_LIMITS: Mapping[str, Schema] = {
    "maxDuration": or_null(LENGTH),
    "maxCount": or_null(NUMBER),
    "maxRetention": or_null(LENGTH),
    "minInterval": or_null(LENGTH),
    "modes": MODES,
    "recipients": WORDS,
    "countries": WORDS,
}
_CLASS = obj(
    {"class": IRI}, {"properties": or_null(many(IRI, 200, 1)), "required": FLAG, "special": FLAG}
)
_PURPOSE: Mapping[str, Schema] = {
    "agency": IRI,
    "label": LANGUAGES,
    "description": LANGUAGES,
    "lane": one_of("consent", "statutory"),
    "legalBasis": {"type": "string"},
    "broader": or_null(IRI),
    "dataClasses": many(_CLASS, 200, 1),
    "limits": obj(_LIMITS),
    "consequenceOfRefusing": or_null(LANGUAGES),
}
_AGENCY: Mapping[str, Schema] = {
    "contact": or_null(TEXT),
    "dpo": or_null(TEXT),
    "kind": one_of("public", "private"),
    "webids": WORDS,
    "clients": WORDS,
    "callbacks": WORDS,
}
_CODES: Mapping[str, Schema] = {"kbo": TEXT, "ovo": TEXT, "address": TEXT}
_STATE_OF_PURPOSE = one_of("draft", "published", "suspended", "retired")
REGISTRY_SCHEMAS: dict[str, Schema] = {
    "Purpose": obj(
        {
            "id": IRI,
            "version": {"type": ["integer", "string"]},
            **_PURPOSE,
            "state": _STATE_OF_PURPOSE,
        },
        {"law": TEXT, "protocol": TEXT},
    ),
    "NewPurpose": obj(
        {"id": TEXT, "agency": TEXT, "label": LANGUAGES, "description": LANGUAGES},
        {
            "version": or_null({"type": ["integer", "string"]}),
            **{
                name: or_null(schema)
                for name, schema in _PURPOSE.items()
                if name not in ("agency", "label", "description", "limits")
            },
            "limits": or_null(obj(None, {n: or_null(s) for n, s in _LIMITS.items()})),
            "law": or_null(TEXT),
            "protocol": or_null(TEXT),
            "state": or_null(one_of("draft")),
        },
    ),
    "Agency": obj(
        {"id": IRI, "name": LANGUAGES, **_AGENCY, "state": one_of("active", "suspended")}, _CODES
    ),
    "NewAgency": obj(
        {"id": TEXT, "name": LANGUAGES},
        {
            **{name: or_null(schema) for name, schema in {**_AGENCY, **_CODES}.items()},
            "state": or_null(one_of("active", "suspended")),
        },
    ),
}
