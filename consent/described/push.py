# SPDX-License-Identifier: EUPL-1.2
"""What registers elsewhere add to a log, in the description of the API: shape and call."""

from consent.described.calls import AGENCY
from consent.described.words import (
    IRI,
    MOMENT,
    Operation,
    Schema,
    json,
    many,
    obj,
    one_of,
    or_null,
    ref,
)

_SHORT: Schema = {"type": "string", "minLength": 1, "maxLength": 200}

PUSH_SCHEMAS: dict[str, Schema] = {
    "Push": obj(
        {
            "subject": IRI,
            "entries": many(
                obj(
                    {"time": MOMENT, "resource": IRI, "source": _SHORT, "purpose": IRI},
                    {
                        "action": or_null(one_of("read", "append", "subscribe")),
                        "outcome": or_null(one_of("allowed", "denied")),
                        "properties": or_null(many(IRI, 200)),
                        "employee": or_null({"type": "string", "minLength": 1, "maxLength": 64}),
                        **{
                            name: or_null(_SHORT)
                            for name in ("case", "requestId", "reference", "reason")
                        },
                    },
                ),
                100,
                1,
            ),
        }
    ),
    "Pushed": obj({"items": many(obj({"id": IRI}))}),
}

PUSH: Schema = {
    "subject": "http://localhost:3000/an/profile/card#me",
    "entries": [
        {
            "time": "2026-11-01T09:00:00Z",
            "resource": "https://register.example/gezinnen/1",
            "source": "Een register",
            "purpose": "http://localhost:3000/.consent/purposes/opvangtarief/1",
        }
    ],
}


EXTERNAL: Operation = Operation(
    "post", "/.consent/log/external", "pushEntries", "A register adds what was looked at there",
    AGENCY, {202: json("Equal whether or not there is such a person.", ref("Pushed"))},
    body=ref("Push"), example=PUSH, needs_body=True, problems=(403, 429), once=True,
)  # fmt: skip
