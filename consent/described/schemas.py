# SPDX-License-Identifier: EUPL-1.2
"""The shapes of the consent API's bodies, each with the members that there are and no others."""

from collections.abc import Mapping

from consent.described.registry import LANGUAGES, MODES, REGISTRY_SCHEMAS, WORDS
from consent.described.trial import TRIAL_SCHEMAS
from consent.described.words import (
    ANYTHING,
    COUNT,
    FLAG,
    HASH,
    IRI,
    LENGTH,
    MOMENT,
    NUMBER,
    TEXT,
    Schema,
    many,
    obj,
    one_of,
    or_null,
    ref,
)

_IRIS = many(IRI)
_STRING: Schema = {"type": "string"}
LANG = one_of("nl", "en", "fr", "de")
_TERMS: Mapping[str, Schema] = {
    "modes": MODES,
    "validFrom": or_null(MOMENT),
    "validUntil": or_null(MOMENT),
    "duration": or_null(LENGTH),
    "count": or_null(NUMBER),
    "minInterval": or_null(LENGTH),
    "retention": or_null(LENGTH),
    "recipients": WORDS,
    "countries": WORDS,
    "case": or_null(TEXT),
}
_PICKED = obj({"target": IRI}, {"properties": or_null(many(IRI, 200, 1))})

REQUEST_STATES = (
    "pending",
    "deferred",
    "await-cosign",
    "approved",
    "refused",
    "cancelled",
    "lapsed",
)
GRANT_STATES = (
    "scheduled", "active", "paused", "withdrawn", "expired", "exhausted", "revoked",
    "invalidated", "relinquished", "superseded",
)  # fmt: skip
EVENT_TYPES = (
    "request.approved", "request.refused", "request.cancelled", "request.lapsed",
    "grant.active", "grant.paused", "grant.resumed", "grant.narrowed", "grant.withdrawn",
    "grant.expired", "grant.exhausted", "grant.revoked", "grant.invalidated",
    "grant.relinquished", "grant.superseded", "duty.due", "duty.overdue", "case.opened",
    "case.answered", "purpose.suspended", "purpose.retired",
)  # fmt: skip

_EVENT: Mapping[str, Schema] = {
    "type": one_of(*EVENT_TYPES),
    "timestamp": MOMENT,
    "data": obj({"state": {"type": "string"}, "version": NUMBER}, {"request": IRI, "grant": IRI}),
}
_ENTRY: Mapping[str, Schema] = {
    "id": IRI,
    "time": MOMENT,
    "resource": IRI,
    "version": or_null({"type": "string"}),
    "properties": or_null(_IRIS),
    "action": one_of("read", "append", "subscribe"),
    "outcome": one_of("allowed", "denied"),
    "status": or_null(COUNT),
    "reason": or_null({"type": "string"}),
    **{
        name: or_null({"type": "string"})
        for name in ("agent", "client", "agency", "employee", "onBehalfOf")
    },
    "lane": or_null(one_of("consent", "statutory", "shared")),
    **{
        name: or_null({"type": "string"})
        for name in ("grant", "purpose", "legalBasis", "case", "requestId")
    },
}
_GRANT: Mapping[str, Schema] = {
    "id": IRI,
    "version": NUMBER,
    "state": one_of(*GRANT_STATES),
    "cause": or_null(
        one_of("citizen", "citizen-all", "purpose-suspended", "majority", "mandate-lapsed")
    ),
    "subject": IRI,
    "agency": IRI,
    "purpose": IRI,
    "lane": one_of("consent", "statutory"),
    "legalBasis": {"type": "string"},
    "data": many(ref("Datum")),
    "modes": MODES,
    "validFrom": MOMENT,
    "validUntil": MOMENT,
    "count": or_null(NUMBER),
    "minInterval": or_null(LENGTH),
    "uses": COUNT,
    "lastRead": or_null(MOMENT),
    "retention": or_null(LENGTH),
    "recipients": WORDS,
    "countries": WORDS,
    "case": or_null(TEXT),
    "request": IRI,
    "receipts": _IRIS,
    "links": obj(dict.fromkeys(("purpose", "agency", "history", "log"), IRI)),
}

SCHEMAS: dict[str, Schema] = {
    "Problem": obj(
        {
            "type": IRI,
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
        },
        {
            "errors": many(
                obj(
                    {"pointer": {"type": "string"}, "detail": {"type": "string"}},
                    {"asked": ANYTHING, "allowed": ANYTHING},
                )
            ),
            "help": IRI,
            "state": {"type": "string"},
            "grants": many(obj({"id": IRI, "purpose": IRI})),
        },
        description="RFC 9457. `type` ends with a name that stays the same.",
    ),
    "Datum": obj(
        {"required": FLAG},
        {"target": IRI, "class": IRI, "properties": _IRIS, "members": FLAG, "special": FLAG},
    ),
    "AskedDatum": obj(
        None,
        {
            "target": or_null(IRI),
            "class": or_null(IRI),
            "properties": or_null(many(IRI, 200, 1)),
            "members": or_null(FLAG),
            "required": or_null(FLAG),
        },
        description="A target or a class; `properties` left out is the whole resource.",
    ),
    "NewRequest": obj(
        {
            "subject": IRI,
            "purpose": IRI,
            "data": many(ref("AskedDatum"), 100, 1),
        },
        {
            **{name: or_null(schema) for name, schema in _TERMS.items()},
            "ifRefused": or_null(LANGUAGES),
            "callback": or_null(IRI),
            "decisionDeadline": or_null(MOMENT),
            "renews": or_null(IRI),
        },
    ),
    "Request": obj(
        {
            "id": IRI,
            "state": one_of(*REQUEST_STATES),
            "agency": IRI,
            "subject": IRI,
            "purpose": IRI,
            "data": many(ref("Datum")),
            **_TERMS,
            "ifRefused": or_null(LANGUAGES),
            "callback": or_null(IRI),
            "renews": or_null(IRI),
            "created": MOMENT,
            "decisionDeadline": MOMENT,
            "grant": or_null(IRI),
        },
        {
            "decided": or_null(MOMENT),
            "remindAt": or_null(MOMENT),
            "reason": or_null({"type": "string"}),
            "links": obj({"notice": IRI, "preview": IRI}),
        },
        description="The last four members are for the subject alone.",
    ),
    "Notice": obj(
        {
            "request": IRI,
            "language": LANG,
            "words": {"type": ["string", "integer"]},
            "agency": obj(
                {
                    "id": IRI,
                    "name": {"type": "string"},
                    "kind": one_of("public", "private"),
                    "contact": or_null({"type": "string"}),
                    "dpo": or_null({"type": "string"}),
                },
                {"kbo": {"type": "string"}, "ovo": {"type": "string"}},
            ),
            "data": many({"type": "object"}),
            "purpose": obj({name: {"type": "string"} for name in ("id", "label", "description")}),
            **_TERMS,
            "legalBasis": many({"type": "string"}),
            "ifRefused": {"type": "string"},
            "sections": many(
                obj(
                    {
                        "section": {"type": "string"},
                        "heading": {"type": "string"},
                        "lines": many({"type": "string"}),
                    }
                )
            ),
            "hash": HASH,
        },
        {"renews": IRI, "difference": many({"type": "object"})},
    ),
    "Preview": obj(
        {"target": IRI, "mediaType": {"type": "string"}, "body": or_null({"type": "string"})},
        {
            "encoding": one_of("base64"),
            "size": COUNT,
            "problem": {"type": "string"},
        },
    ),
    "Approval": obj(
        {"noticeHash": TEXT, "lang": LANG},
        {
            "data": or_null(many(_PICKED, 1000)),
            "modes": or_null(MODES),
            "count": or_null(NUMBER),
            "validUntil": or_null(MOMENT),
            "confirm": or_null(WORDS),
        },
    ),
    "Refusal": obj(None, {"reason": or_null(TEXT)}),
    "Deferral": obj(None, {"remindAt": or_null(MOMENT)}),
    "Nothing": obj(description="No member; the body may be left out."),
    "Grant": obj(_GRANT),
    "Withdrawn": obj(
        {
            **_GRANT,
            "stoppedAt": MOMENT,
            "stoppedAfterSeq": or_null(COUNT),
            "receipt": IRI,
            "stillReachable": many(obj({"target": IRI, "because": IRI})),
        }
    ),
    "Less": obj(
        None,
        {
            "data": or_null(many(_PICKED, 1000)),
            "modes": or_null(MODES),
            "count": or_null(NUMBER),
            "validUntil": or_null(MOMENT),
        },
    ),
    "Authority": obj({"reason": TEXT, "reference": TEXT}),
    "GrantEvent": obj(
        {
            "grant": IRI,
            "seq": NUMBER,
            "time": MOMENT,
            "event": {"type": "string"},
            "state": one_of(*GRANT_STATES),
            "version": NUMBER,
            "by": {"type": "string"},
            "prev": HASH,
            "hash": HASH,
        },
        {
            "uses": COUNT,
            "language": LANG,
            "difference": many({"type": "object"}),
            **dict.fromkeys(("request", "renews", "supersededBy"), IRI),
            **dict.fromkeys(("notice", "acr", "cause", "reason", "reference"), _STRING),
        },
        description="What belongs to the move stands beside what each event has.",
    ),
    "Validity": obj(
        {
            "grant": IRI,
            "at": MOMENT,
            "inForce": FLAG,
            "version": or_null(NUMBER),
            "events": many(NUMBER),
            "iat": NUMBER,
        }
    ),
    "Paused": obj({"paused": _IRIS}),
    "Resumed": obj({"resumed": _IRIS}, {"stillPaused": _IRIS}),
    "KeySet": obj(
        {
            "keys": many(
                obj(
                    {
                        "kty": one_of("OKP"),
                        "crv": one_of("Ed25519"),
                        "x": {"type": "string"},
                        "kid": {"type": "string"},
                        "use": one_of("sig"),
                        "alg": one_of("EdDSA"),
                    }
                )
            )
        }
    ),
    "Entry": obj(
        _ENTRY,
        {
            "seq": NUMBER,
            "prev": HASH,
            "hash": HASH,
            "external": obj(
                {"source": TEXT, "time": MOMENT, "reference": or_null({"type": "string"})}
            ),
        },
        description="`seq`, `prev` and `hash` are for the owner alone.",
    ),
    "Entries": obj(
        {"items": many(ref("Entry"))},
        {
            "anonymous": many(
                obj({"from": MOMENT, "until": MOMENT, "allowed": COUNT, "denied": COUNT})
            )
        },
    ),
    "Head": obj({"pod": IRI, "seq": COUNT, "hash": HASH, "time": MOMENT}),
    "Event": obj({"id": {"type": "string"}, **_EVENT}),
    "Webhook": obj(_EVENT),
    "Delivery": obj(
        {
            "id": {"type": "string"},
            "type": one_of(*EVENT_TYPES),
            "timestamp": MOMENT,
            "request": or_null(IRI),
            "grant": or_null(IRI),
            "callback": IRI,
            "state": one_of("waiting", "delivered", "failed", "gone"),
            "tries": COUNT,
            "firstTry": or_null(MOMENT),
            "lastTry": or_null(MOMENT),
            "nextTry": or_null(MOMENT),
            "status": or_null({"type": "integer"}),
            "reason": or_null({"type": "string"}),
        }
    ),
    **REGISTRY_SCHEMAS,
    **TRIAL_SCHEMAS,
}
