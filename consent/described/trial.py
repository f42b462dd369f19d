# SPDX-License-Identifier: EUPL-1.2
"""The shapes of a simulation (KC-27): what is asked, who reaches a thing, what would change."""

from collections.abc import Mapping

from consent.described.words import FLAG, IRI, MOMENT, Schema, many, obj, one_of, or_null, ref

_READER_MEMBERS = ("webid", "agency", "client", "issuer", "group", "origin")
_CHANGE: Mapping[str, Schema] = dict.fromkeys(("gains", "loses", "stays"), many(ref("Reached")))

TRIAL_SCHEMAS: dict[str, Schema] = {
    "Question": obj(
        None,
        {"resource": or_null(IRI), "request": or_null(IRI), "acl": or_null({"type": "string"})},
        description="A resource, a resource with an acl, or a request.",
    ),
    "Reached": obj(
        {
            "reader": obj(
                {
                    "kind": one_of("everyone", "signed-in", "agent", "group", "agency"),
                    **{name: or_null({"type": "string"}) for name in _READER_MEMBERS},
                }
            ),
            "modes": many(one_of("read", "write", "append", "control")),
            "because": obj(
                {
                    "kind": one_of("acl", "grant", "statutory"),
                    "id": IRI,
                    "inherited": FLAG,
                    "purpose": or_null(IRI),
                    "properties": or_null(many(IRI)),
                    "until": or_null(MOMENT),
                }
            ),
        }
    ),
    "Change": obj(_CHANGE),
    "Simulated": {
        "oneOf": [
            obj(
                {
                    "resource": IRI,
                    "items": many(ref("Reached")),
                    "notNow": many(
                        obj({"grant": IRI, "agency": IRI, "problem": {"type": "string"}})
                    ),
                    "whole": FLAG,
                }
            ),
            obj(
                {
                    "resource": IRI,
                    **_CHANGE,
                },
                {"members": ref("Change")},
            ),
            obj(
                {
                    "request": IRI,
                    "items": many(
                        obj(
                            {
                                "target": IRI,
                                **_CHANGE,
                            }
                        )
                    ),
                }
            ),
        ]
    },
}
