# SPDX-License-Identifier: EUPL-1.2
"""More calls of the consent API as data: proof, the log, and what agencies are told."""

from collections.abc import Sequence

from consent.described.calls import AGENCY, AT, BOTH, PUBLIC, SUBJECT
from consent.described.words import (
    MOMENT,
    Operation,
    Parameter,
    Reply,
    Schema,
    items,
    json,
    linked,
    many,
    obj,
    one_of,
    ref,
    signed,
)

_L, _D = "/.consent/log", "/.consent/deliveries"
_POD = Parameter("pod", "Which pod.", {"type": "string"}, needed=True)
_OBJECT: Schema = {"type": "object"}


def _log() -> Reply:
    reply = linked("A page of entries, newest first.", ref("Entries"))
    return Reply(reply.says, {**reply.media, "text/csv": {"type": "string"}})


PROOF: Sequence[Operation] = (
    Operation(
        "get", "/.consent/grants/{code}/validity", "getValidity",
        "Whether a permission was in force at a second, signed", BOTH,
        {200: signed("The answer.", ref("Validity"))}, query=(AT,), problems=(403, 404, 409, 422),
    ),
    Operation(
        "get", "/.consent/grants/{code}/record", "getRecord",
        "The consent record: DPV, OSLO Toestemming or GConsent", BOTH,
        {200: Reply("The record.", {
            "application/ld+json": _OBJECT, "text/turtle": {"type": "string"},
        })},
        query=(Parameter("profile", "In which vocabulary: dpv, oslo-toestemming or gconsent.",
                         {"type": "string"}),),
        problems=(403, 404),
    ),
    Operation(
        "get", "/.consent/register", "getRegister",
        "The agency's register of processing (GDPR article 30)", AGENCY,
        {200: Reply("Its processing, as DPV has it.", {
            "application/json": _OBJECT,
            "application/ld+json": _OBJECT,
            "text/turtle": {"type": "string"},
            "text/csv": {"type": "string"},
        })},
        problems=(403,),
    ),
    Operation(
        "get", "/.consent/receipts/{code}", "getReceipt", "A signed receipt, one's own copy", BOTH,
        {200: Reply("The receipt.", {
            "application/jose": {"type": "string"},
            "application/json": obj({"payload": _OBJECT, "jws": {"type": "string"}}),
            "application/ld+json": _OBJECT,
            "text/turtle": {"type": "string"},
            "text/html": {"type": "string"},
        })},
        problems=(403, 404),
    ),
    Operation(
        "get", "/.consent/keys", "getKeys", "The keys that signatures of ours hold with", PUBLIC,
        {200: json("Old keys stay.", ref("KeySet"))},
    ),
)  # fmt: skip

LOG: Sequence[Operation] = (
    Operation(
        "get", _L, "readLog", "Who read what, when and why", BOTH, {200: _log()},
        query=(
            _POD,
            Parameter("from", "From then on.", MOMENT),
            Parameter("until", "Before then.", MOMENT),
            Parameter("agency", "Whose.", {"type": "string"}),
            Parameter("grant", "Under which permission.", {"type": "string"}),
            Parameter("outcome", "How it ended.", one_of("allowed", "denied")),
        ),
        problems=(403,), pages=True,
    ),
    Operation(
        "get", f"{_L}/head", "getHead", "Where the chain stands, signed", SUBJECT,
        {200: signed("The head.", ref("Head"))}, query=(_POD,), problems=(403, 404),
    ),
    Operation(
        "get", f"{_L}/heads", "listHeads", "The heads that were kept, one a day", SUBJECT,
        {200: json("Each a compact JWS.", obj({"items": many({"type": "string"})}))},
        query=(_POD,), problems=(403, 404),
    ),
    Operation(
        "get", f"{_L}/export", "exportLog", "The whole log, an entry a line, and its head",
        SUBJECT,
        {200: Reply("Every entry.", {"application/x-ndjson": {"type": "string"}})},
        query=(_POD,), problems=(403, 404),
    ),
)  # fmt: skip

NEWS: Sequence[Operation] = (
    Operation(
        "get", "/.consent/events", "listEvents", "What the agency is told, oldest first", AGENCY,
        {200: linked("A page of events.", items("Event"))}, problems=(403,), pages=True,
    ),
    Operation(
        "get", _D, "listDeliveries", "What became of each webhook, newest first", AGENCY,
        {200: linked("A page of deliveries.", items("Delivery"))}, problems=(403,), pages=True,
    ),
    Operation(
        "get", f"{_D}/{{code}}", "getDelivery", "One delivery", AGENCY,
        {200: json("The delivery.", ref("Delivery"))}, problems=(403, 404),
    ),
    Operation(
        "post", f"{_D}/{{code}}/resend", "resendDelivery", "Send it again", AGENCY,
        {200: json("The delivery, which is due now.", ref("Delivery"))}, body=ref("Nothing"),
        problems=(403, 404), once=True,
    ),
)  # fmt: skip

ELSE: Sequence[Operation] = (
    Operation(
        "post", "/.consent/simulate", "simulate", "Who can read this, and what would change",
        SUBJECT,
        {200: json("What serving would decide. Nothing is stored.", ref("Simulated"))},
        body=ref("Question"),
        example={"resource": "http://localhost:3000/an/inkomen/2026-08.ttl"}, needs_body=True,
        problems=(403, 404, 409),
    ),
    Operation(
        "get", "/.consent/openapi.json", "describe", "This description", PUBLIC,
        {200: json("OpenAPI 3.1.", _OBJECT)},
    ),
)  # fmt: skip
