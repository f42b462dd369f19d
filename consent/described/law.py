# SPDX-License-Identifier: EUPL-1.2
"""Access by law and cases in the description of the API: their calls and their shapes (KC-26)."""

from collections.abc import Mapping, Sequence

from consent.cases.cases import Kind
from consent.cases.cases import State as CaseState
from consent.described.registry import MODES
from consent.described.words import (
    FLAG,
    IRI,
    MOMENT,
    NUMBER,
    TEXT,
    Operation,
    Schema,
    items,
    json,
    linked,
    many,
    obj,
    one_of,
    or_null,
    ref,
)
from consent.law.statutory import State

_SUBJECT, _AGENCY, _OPERATOR, _BOTH = "subject", "agency", "operator", "both"
_S, _C = "/.consent/statutory", "/.consent/cases"
NEW_STATUTORY: Schema = {
    "subject": "http://localhost:3000/an/profile/card#me",
    "agency": "http://localhost:3000/.consent/agencies/opvang",
    "purpose": "http://localhost:3000/.consent/purposes/toelage/1",
    "data": [{"class": "https://data.vlaanderen.be/ns/loongegevens#Loonfiche"}],
    "modes": ["read"],
    "validUntil": "2027-06-30T00:00:00Z",
    "law": "Groeipakketdecreet, artikel 7",
}
NEW_CASE: Schema = {
    "kind": "access",
    "about": "http://localhost:3000/.consent/grants/7kq",
    "text": "Waarom las u dit?",
}
_OFFERED: Mapping[str, Schema] = {
    "target": or_null(IRI),
    "class": or_null(IRI),
    "properties": or_null(many(IRI, 200, 1)),
    "members": or_null(FLAG),
    "required": or_null(FLAG),
}
_SAID = obj({"by": one_of("subject", "agency"), "time": MOMENT, "text": TEXT})
_STATES, _CASE_STATES = [str(state) for state in State], [str(state) for state in CaseState]
_KINDS = [str(kind) for kind in Kind]
RIGHTS_SCHEMAS: dict[str, Schema] = {
    "Statutory": obj(
        {
            "id": IRI,
            "version": NUMBER,
            "state": one_of(*_STATES),
            "agency": IRI,
            "purpose": IRI,
            "lane": one_of("statutory"),
            "legalBasis": {"type": "string"},
            "data": many(ref("Datum")),
            "modes": MODES,
            "validFrom": MOMENT,
            "validUntil": MOMENT,
            "created": MOMENT,
            "ended": or_null(MOMENT),
            "objectionPossible": FLAG,
            "links": obj({"purpose": IRI, "agency": IRI}),
        },
        {"subject": IRI, "class": IRI, "law": TEXT, "protocol": TEXT},
    ),
    "NewStatutory": obj(
        {"agency": IRI, "purpose": IRI, "data": many(obj(None, _OFFERED), 100, 1),
         "validUntil": MOMENT},
        {
            "subject": or_null(IRI),
            "class": or_null(IRI),
            "modes": or_null(MODES),
            "validFrom": or_null(MOMENT),
            "law": or_null(TEXT),
            "protocol": or_null(TEXT),
        },
    ),
    "StatutoryEvents": obj(
        {
            "items": many(
                obj(
                    {"seq": NUMBER, "time": MOMENT, "event": {"type": "string"},
                     "state": one_of(*_STATES), "by": {"type": "string"}},
                    {"reason": TEXT, "reference": TEXT, "case": IRI, "suspends": FLAG},
                )
            )
        }
    ),
    "Grounds": obj(None, {"reason": or_null(TEXT), "reference": or_null(TEXT)}),
    "Objection": obj(
        None, {"text": or_null(TEXT), "reason": or_null(TEXT), "suspend": or_null(FLAG)}
    ),
    "Case": obj(
        {
            "id": IRI,
            "version": NUMBER,
            "kind": one_of(*_KINDS),
            "state": one_of(*_CASE_STATES),
            "subject": IRI,
            "agency": IRI,
            "about": IRI,
            "text": TEXT,
            "opened": MOMENT,
            "deadline": MOMENT,
            "extended": FLAG,
            "overdue": FLAG,
            "said": many(_SAID),
        }
    ),
    "NewCase": obj({"kind": one_of(*_KINDS), "about": IRI, "text": TEXT}),
    "CaseAnswer": obj({"text": TEXT}, {"extend": or_null(FLAG)}),
    "CaseWords": obj(None, {"text": or_null(TEXT)}),
}  # fmt: skip


def _move(word: str, title: str) -> Operation:
    return Operation(
        "post", f"{_S}/{{code}}/{word}", f"{word}Statutory", title, _OPERATOR,
        {200: json("As it is after the move.", ref("Statutory"), tag=True)},
        body=ref("Grounds"), problems=(403, 404, 409, 412), once=True, match=True,
    )  # fmt: skip


def _case_move(word: str, title: str, who: str, body: str) -> Operation:
    return Operation(
        "post", f"{_C}/{{code}}/{word}", f"{word}Case", title, who,
        {200: json("As it is after the move.", ref("Case"), tag=True)},
        body=ref(body), needs_body=word == "answer", problems=(403, 404, 409, 412), once=True,
        match=True,
    )  # fmt: skip


STATUTORY: Sequence[Operation] = (
    Operation(
        "post", _S, "declareStatutory", "An operator declares what a law or protocol allows",
        _OPERATOR, {201: json("The access.", ref("Statutory"), tag=True, place=True)},
        body=ref("NewStatutory"), example=NEW_STATUTORY, needs_body=True, problems=(403, 409),
        once=True,
    ),
    Operation(
        "get", _S, "listStatutory", "What is accessed by law; never as consent", _BOTH,
        {200: linked("A page of accesses.", items("Statutory"))}, problems=(403,), pages=True,
    ),
    Operation(
        "get", f"{_S}/{{code}}", "getStatutory", "One access by law", _BOTH,
        {200: linked("The access.", ref("Statutory"), tag=True)}, problems=(403, 404),
    ),
    Operation(
        "get", f"{_S}/{{code}}/history", "getStatutoryHistory", "What happened to it", _BOTH,
        {200: json("Every event, oldest first.", ref("StatutoryEvents"))}, problems=(403, 404),
    ),
    _move("suspend", "Suspend it: nothing is read under it"),
    _move("resume", "Let it go on; objections to it stop nothing any more"),
    _move("end", "End it before its date"),
    Operation(
        "post", f"{_S}/{{code}}/object", "objectToStatutory", "The subject objects (GDPR 21)",
        _SUBJECT, {201: json("The case that was opened.", ref("Case"), place=True)},
        body=ref("Objection"), problems=(403, 404, 409), once=True,
    ),
)  # fmt: skip

CASES: Sequence[Operation] = (
    Operation(
        "post", _C, "openCase", "The subject asks, about a permission, an access or an entry",
        _SUBJECT, {201: json("The case.", ref("Case"), tag=True, place=True)},
        body=ref("NewCase"), example=NEW_CASE, needs_body=True, problems=(403,), once=True,
    ),
    Operation(
        "get", _C, "listCases", "Cases, newest first", _BOTH,
        {200: linked("A page of cases.", items("Case"))}, problems=(403,), pages=True,
    ),
    Operation(
        "get", f"{_C}/{{code}}", "getCase", "One case", _BOTH,
        {200: linked("The case.", ref("Case"), tag=True)}, problems=(403, 404),
    ),
    _case_move("answer", "The agency answers, or takes two months more", _AGENCY, "CaseAnswer"),
    _case_move("escalate", "The subject is not content with it", _SUBJECT, "CaseWords"),
    _case_move("close", "The subject closes it", _SUBJECT, "CaseWords"),
)  # fmt: skip
