# SPDX-License-Identifier: EUPL-1.2
"""Every call of the consent API as data: the registry, requests and grants."""

from collections.abc import Sequence

from consent.described.words import (
    MOMENT,
    Operation,
    Parameter,
    Reply,
    Schema,
    items,
    json,
    linked,
    one_of,
    ref,
)

PUBLIC, SUBJECT, AGENCY, OPERATOR, BOTH = "public", "subject", "agency", "operator", "both"
_P, _A = "/.consent/purposes", "/.consent/agencies"
_R, _G = "/.consent/requests", "/.consent/grants"
_HTML: dict[str, Schema] = {"text/html": {"type": "string"}}

NEW_REQUEST: Schema = {
    "subject": "http://localhost:3000/an/profile/card#me",
    "purpose": "http://localhost:3000/.consent/purposes/opvangtarief/1",
    "data": [
        {
            "target": "http://localhost:3000/an/inkomen/2026-08.ttl",
            "required": True,
            "properties": ["https://data.vlaanderen.be/ns/loongegevens#brutoloon"],
        }
    ],
    "modes": ["read"],
    "duration": "P3M",
    "count": 3,
    "retention": "P1Y",
    "recipients": [],
    "countries": ["BE"],
    "case": "A-17",
}
NEW_PURPOSE: Schema = {
    "id": "http://localhost:3000/.consent/purposes/opvangtarief/2",
    "agency": "http://localhost:3000/.consent/agencies/opvang",
    "label": {"nl": "Uw tarief voor kinderopvang"},
    "description": {"nl": "We berekenen wat u per dag betaalt."},
    "lane": "consent",
    "legalBasis": "gdpr:A6-1-a",
    "dataClasses": [
        {"class": "https://data.vlaanderen.be/ns/loongegevens#Loonfiche", "required": True}
    ],
    "limits": {"maxDuration": "P6M", "maxCount": 10, "modes": ["read"]},
    "consequenceOfRefusing": {"nl": "U betaalt het gewone tarief."},
}
NEW_AGENCY: Schema = {
    "id": "http://localhost:3000/.consent/agencies/bibliotheek",
    "name": {"nl": "Een bibliotheek"},
    "kind": "public",
    "webids": [],
    "clients": [],
    "callbacks": [],
}
AUTHORITY: Schema = {"reason": "De instantie bestaat niet meer.", "reference": "Besluit 2026/12"}
APPROVAL: Schema = {"noticeHash": "0" * 64, "lang": "nl", "count": 1}


def _with_page(reply: Reply) -> Reply:
    return Reply(reply.says, {**reply.media, **_HTML}, reply.tag, reply.place)


def _move(path: str, word: str, title: str, who: str, answer: str, **more: object) -> Operation:
    """A move: 200 with what it is after it, `If-Match` and a key of repetition."""
    kind = path.strip("/").split("/")[1]
    name = f"{word.replace('-', '')}{kind.removesuffix('s').capitalize()}"
    reply = json("As it is after the move.", ref(answer), tag=True)
    body = str(more.get("body", "Nothing"))
    example = more.get("example")
    return Operation(
        "post",
        f"{path}/{word}",
        name,
        title,
        who,
        {200: reply},
        body=ref(body),
        example=example if isinstance(example, dict) else None,
        needs_body=bool(more.get("needs", False)),
        problems=(403, 404, 409, 412),
        once=True,
        match=True,
    )


REGISTRY: Sequence[Operation] = (
    Operation(
        "get", _P, "listPurposes", "The purposes of the registry", PUBLIC,
        {200: linked("A page of purposes.", items("Purpose"))},
        query=(
            Parameter("state", "Which; published where it is left out.",
                      one_of("draft", "published", "suspended", "retired")),
            Parameter("agency", "Whose.", {"type": "string"}),
        ),
        pages=True,
    ),
    Operation(
        "post", _P, "draftPurpose", "An agency writes a purpose, as a draft", AGENCY,
        {201: json("The draft.", ref("Purpose"), tag=True, place=True)},
        body=ref("NewPurpose"), example=NEW_PURPOSE, needs_body=True, problems=(403, 409),
        once=True,
    ),
    Operation(
        "get", f"{_P}/{{slug}}/{{version}}", "getPurpose", "One version of a purpose", PUBLIC,
        {200: _with_page(linked("The purpose.", ref("Purpose"), tag=True))}, problems=(404,),
    ),
    *(
        _move(f"{_P}/{{slug}}/{{version}}", word, title, OPERATOR, "Purpose")
        for word, title in (
            ("publish", "Publish a draft, or end a suspension"),
            ("suspend", "Suspend it: its permissions sleep"),
            ("retire", "Retire it: nobody can be asked for it any more"),
        )
    ),
    Operation(
        "get", _A, "listAgencies", "The agencies of the registry", PUBLIC,
        {200: linked("A page of agencies.", items("Agency"))}, pages=True,
    ),
    Operation(
        "post", _A, "addAgency", "An operator adds an agency", OPERATOR,
        {201: json("The agency.", ref("Agency"), tag=True, place=True)},
        body=ref("NewAgency"), example=NEW_AGENCY, needs_body=True, problems=(403, 409),
        once=True,
    ),
    Operation(
        "get", f"{_A}/{{slug}}", "getAgency", "One agency", PUBLIC,
        {200: _with_page(linked("The agency.", ref("Agency"), tag=True))}, problems=(404,),
    ),
    _move(f"{_A}/{{slug}}", "suspend", "Suspend an agency: it asks and reads nothing", OPERATOR,
          "Agency"),
    _move(f"{_A}/{{slug}}", "resume", "Bring an agency back", OPERATOR, "Agency"),
)  # fmt: skip

REQUESTS: Sequence[Operation] = (
    Operation(
        "post", _R, "ask", "An agency asks", AGENCY,
        {202: json("The request was taken. Equal whether or not there is such a person.",
                   ref("Request"), tag=True, place=True)},
        body=ref("NewRequest"), example=NEW_REQUEST, needs_body=True, problems=(403,), once=True,
    ),
    Operation(
        "get", _R, "listRequests", "One's own requests, newest first", BOTH,
        {200: linked("A page of requests.", items("Request"))}, problems=(403,), pages=True,
    ),
    Operation(
        "get", f"{_R}/{{code}}", "getRequest", "One request", BOTH,
        {200: linked("The request.", ref("Request"), tag=True)}, problems=(403, 404),
    ),
    Operation(
        "get", f"{_R}/{{code}}/notice", "getNotice", "The notice, with its hash", SUBJECT,
        {200: json("The notice in one language.", ref("Notice"))},
        query=(Parameter("lang", "In which language.", one_of("nl", "en", "fr", "de")),),
        problems=(403, 404),
    ),
    Operation(
        "get", f"{_R}/{{code}}/preview", "getPreview", "What the agency would read", SUBJECT,
        {200: json("Per thing, exactly these bytes.", items("Preview"))}, problems=(403, 404),
    ),
    Operation(
        "post", f"{_R}/{{code}}/approve", "approveRequest", "Say yes, to all or to less", SUBJECT,
        {201: json("The permission.", ref("Grant"), tag=True, place=True)},
        body=ref("Approval"), example=APPROVAL, needs_body=True, problems=(403, 404, 409, 412),
        once=True, match=True,
    ),
    _move(f"{_R}/{{code}}", "refuse", "Say no", SUBJECT, "Request", body="Refusal",
          example={"reason": "Liever niet."}),
    _move(f"{_R}/{{code}}", "defer", "Decide later", SUBJECT, "Request", body="Deferral",
          example={"remindAt": "2026-12-20T08:00:00Z"}),
    _move(f"{_R}/{{code}}", "reopen", "Take it up again", SUBJECT, "Request"),
    _move(f"{_R}/{{code}}", "cancel", "The agency does not need it any more", AGENCY, "Request"),
)  # fmt: skip

GRANTS: Sequence[Operation] = (
    Operation(
        "get", _G, "listGrants", "One's own permissions, newest first", BOTH,
        {200: linked("A page of permissions.", items("Grant"))},
        query=tuple(Parameter(name, "Only these.", {"type": "string"})
                    for name in ("state", "agency", "purpose")),
        problems=(403,), pages=True,
    ),
    Operation(
        "get", f"{_G}/{{code}}", "getGrant", "One permission", BOTH,
        {200: linked("The permission; as linked data its consent record.", ref("Grant"),
                     tag=True)},
        problems=(403, 404),
    ),
    Operation(
        "get", f"{_G}/{{code}}/history", "getHistory", "All that happened to it", BOTH,
        {200: json("Every event, oldest first.", items("GrantEvent"))}, problems=(403, 404, 409),
    ),
    _move(f"{_G}/{{code}}", "pause", "Put it to sleep", SUBJECT, "Grant"),
    _move(f"{_G}/{{code}}", "resume", "Wake it", SUBJECT, "Grant"),
    _move(f"{_G}/{{code}}", "withdraw", "Stop it", SUBJECT, "Withdrawn"),
    _move(f"{_G}/{{code}}", "narrow", "Take part of it back", SUBJECT, "Grant", body="Less",
          example={"count": 1}),
    _move(f"{_G}/{{code}}", "relinquish", "The agency is done early", AGENCY, "Grant"),
    _move(f"{_G}/{{code}}", "revoke", "End it: fraud, death, no such agency any more", OPERATOR,
          "Grant", body="Authority", example=AUTHORITY, needs=True),
    _move(f"{_G}/{{code}}", "invalidate", "A court or authority says it never was a yes",
          OPERATOR, "Grant", body="Authority", example=AUTHORITY, needs=True),
    Operation(
        "post", "/.consent/pause-all", "pauseAll", "Put all to sleep", SUBJECT,
        {200: json("Those that sleep now.", ref("Paused"))}, body=ref("Nothing"),
        problems=(403,), once=True,
    ),
    Operation(
        "post", "/.consent/resume-all", "resumeAll", "Wake what pause-all put to sleep", SUBJECT,
        {200: json("Those that woke.", ref("Resumed"))}, body=ref("Nothing"),
        problems=(403,), once=True,
    ),
)  # fmt: skip

AT = Parameter(
    "at", "At which second, now where it is left out; a time to come is refused.", MOMENT
)
