# SPDX-License-Identifier: EUPL-1.2
"""The record of a grant: DPV; its enforceable part is an ODRL agreement (domain.md §3), pure."""

from collections.abc import Sequence

from consent.asking.request import Request
from consent.grants.grant import Event, Grant, Move
from consent.registry.agency import Agency
from consent.registry.purpose import EXPLICIT, Purpose
from consent.terms import READ, Datum, Terms
from pod.instant import text_of
from pod.iri import Iri

Node = dict[str, object]

_STATUS = {
    Move.CREATE: ["ConsentGiven", "ExplicitlyExpressedConsent"],
    Move.START: ["ConsentStatusValidForProcessing"],
    Move.EXPIRE: ["ConsentExpired"],
    # DPV has no word for a count that is used up.
    Move.EXHAUST: ["ConsentStatusInvalidForProcessing", "k:Exhausted"],
    Move.WITHDRAW: ["ConsentWithdrawn"],
    # domain.md 2.2: DPV has no word for asleep.
    Move.PAUSE: ["ConsentStatusInvalidForProcessing", "k:paused"],
    Move.RESUME: ["ConsentStatusValidForProcessing"],
    Move.NARROW: ["ConsentStatusValidForProcessing", "k:Narrowed"],
    Move.RELINQUISH: ["ConsentStatusInvalidForProcessing", "k:Relinquished"],
    Move.REVOKE: ["ConsentRevoked"],
    Move.INVALIDATE: ["ConsentInvalidated"],
    # The old one's end; the new one is the renewal.
    Move.SUPERSEDE: ["ConsentStatusInvalidForProcessing", "k:Superseded"],
}
_SERVER = ("server", "")


def record_of(
    grant: Grant,
    request: Request,
    events: Sequence[Event],
    agency: Agency,
    purpose: Purpose,
    base: Iri,
) -> Node:
    """One dpv:ConsentRecord at this version, with the fields of ISO/IEC TS 27560."""
    return {
        "id": grant.id,
        "type": "ConsentRecord",
        "dct:identifier": grant.id.rsplit("/", 1)[-1],
        "hasIdentifier": grant.id.rsplit("/", 1)[-1],
        "dct:conformsTo": "p27560:record-eu-gdpr",
        "k:version": grant.version,
        "k:state": grant.state,
        "k:request": grant.request,
        "hasDataSubject": grant.subject,
        "hasDataController": _controller(agency),
        "hasJurisdiction": "loc:BE",
        "hasApplicableLaw": "leu:law-GDPR",
        "hasAuthority": "lbe:DPA-BE",
        "hasProcess": _process(grant, purpose),
        "hasNotice": {
            "type": "ConsentNotice",
            "dct:language": grant.language,
            "k:contentHash": f"sha-256:{grant.notice_hash}",
        },
        "hasConsentControl": {"type": "WithdrawConsent", "isExercisedAt": f"{base}-/grants"},
        "hasRight": [
            {"type": "gdpr:A7-3", "isExercisedAt": f"{base}-/grants"},
            {"type": "gdpr:A77", "isExercisedAt": "https://www.gegevensbeschermingsautoriteit.be/"},
        ],
        "hasConsentStatus": [_asked(request), *(_status(grant, event, events) for event in events)],
        "k:policy": _policy(grant),
    }


def _controller(agency: Agency) -> Node:
    kind = "GovernmentalOrganisation" if agency.kind == "public" else "Organisation"
    return {
        "id": agency.id,
        "type": ["DataController", kind],
        "hasName": agency.name,
        # 27560: an address must be there; without one, where the registry says who this is.
        "hasAddress": agency.address or agency.id,
        "k:role": "controller",
        "k:kind": agency.kind,
        **{f"k:{word}": code for word, code in agency.codes},
        "hasContact": agency.contact or agency.id,
        **({"k:dpo": agency.dpo} if agency.dpo else {}),
    }


def _process(grant: Grant, purpose: Purpose) -> Node:
    terms = grant.terms
    special = any(datum.special for datum in terms.data)
    return {
        "type": "Process",
        "hasPurpose": {
            "id": purpose.id,
            "type": "Purpose",
            "skos:prefLabel": purpose.label,
            **({"skos:broader": purpose.broader} if purpose.broader else {}),
        },
        "hasLegalBasis": [grant.legal_basis, *([EXPLICIT] if special else [])],
        "hasPersonalData": [_datum(datum) for datum in terms.data],
        "hasProcessing": [_PROCESSING[mode] for mode in terms.modes],
        **({} if grant.count is None else {"hasFrequency": _frequency(grant.count)}),
        "hasRecipient": [grant.agency],
        # 27560: nobody else is stated, not left out.
        "k:furtherRecipients": {"@list": list(terms.recipients)},
        "hasStorageCondition": [*_locations(terms), _retention(terms)],
    }


_PROCESSING = {READ: "dpv:Retrieve", "append": "dpv:Store"}


def _frequency(count: int) -> str:
    return "dpv:SingularFrequency" if count == 1 else "dpv:SporadicFrequency"


def _locations(terms: Terms) -> list[Node]:
    """27560: where it is kept must be stated, also when the agency named no country."""
    if not terms.countries:
        return [{"type": "StorageLocation", "k:anyCountry": True}]
    return [{"type": "StorageLocation", "hasLocation": f"loc:{name}"} for name in terms.countries]


def _retention(terms: Terms) -> Node:
    """27560: how long it is kept must be stated, also when the agency set no limit."""
    if terms.retention is None:
        return {"type": "StorageDuration", "hasDuration": {"type": "IndeterminateDuration"}}
    return {"type": "StorageDuration", "hasDuration": _length(terms.retention)}


def _datum(datum: Datum) -> Node:
    kinds = ["PersonalData", *(["SpecialCategoryPersonalData"] if datum.special else [])]
    return {
        "type": [*kinds, *([datum.cls] if datum.cls else [])],
        "hasDataSource": datum.target,
        "hasNecessity": "dpv:Required" if datum.required else "dpv:Optional",
        "k:members": datum.members,
        "k:wholeResource": datum.properties is None,
        **({} if datum.properties is None else {"k:property": list(datum.properties)}),
    }


def _length(text: str) -> Node:
    return {"type": "TemporalDuration", "rdf:value": {"@value": text, "@type": "xsd:duration"}}


def _asked(request: Request) -> Node:
    return {
        "type": "ConsentRequested",
        "isIndicatedBy": request.agency,
        "isIndicatedAtTime": text_of(request.created),
    }


def _status(grant: Grant, event: Event, events: Sequence[Event]) -> Node:
    renewed = "renews" in event.details
    node: Node = {
        "id": f"{grant.id}#event-{event.seq}",
        "type": [*_STATUS[event.kind], *(["RenewedConsentGiven"] if renewed else [])],
        "isIndicatedAtTime": text_of(event.time),
        "k:eventHash": event.hash,
    }
    if event.by not in _SERVER:
        node["isIndicatedBy"] = event.by
    if event is _last_terms(events):
        # Of an earlier version the end is not known here: its own receipt has it.
        node["k:validFrom"] = _time(text_of(grant.valid_from))
        node["hasDuration"] = {
            "type": "UntilTimeDuration",
            "rdf:value": _time(text_of(grant.valid_until)),
        }
    return node


def _last_terms(events: Sequence[Event]) -> Event:
    """The event that set the terms of this version: the yes, or the last narrowing."""
    return [event for event in events if event.kind in (Move.CREATE, Move.NARROW)][-1]


def _time(text: str) -> Node:
    return {"@value": text, "@type": "xsd:dateTime"}


def _policy(grant: Grant) -> Node:
    constraints: list[Node] = [
        _constraint("odrl:purpose", "odrl:isA", {"@id": grant.purpose}),
        _constraint("odrl:dateTime", "odrl:gteq", _time(text_of(grant.valid_from))),
        _constraint("odrl:dateTime", "odrl:lt", _time(text_of(grant.valid_until))),
    ]
    if grant.count is not None:
        constraints.append(_constraint("odrl:count", "odrl:lteq", grant.count))
    if grant.terms.min_interval is not None:
        pause = {"@value": grant.terms.min_interval, "@type": "xsd:duration"}
        constraints.append(_constraint("odrl:timeInterval", "odrl:gteq", pause))
    return {
        "id": f"{grant.id}#policy",
        "type": "odrl:Agreement",
        "odrl:uid": f"{grant.id}#policy",
        "odrl:permission": {
            "odrl:assigner": grant.subject,
            "odrl:assignee": grant.agency,
            "odrl:action": [f"odrl:{mode}" for mode in grant.terms.modes],
            "odrl:target": [datum.target for datum in grant.terms.data],
            "odrl:constraint": constraints,
            **_deletion(grant),
        },
    }


def _deletion(grant: Grant) -> Node:
    if grant.terms.retention is None:
        return {}
    keep = {"@value": grant.terms.retention, "@type": "xsd:duration"}
    limit = _constraint("odrl:elapsedTime", "odrl:lteq", keep)
    return {"odrl:duty": {"odrl:action": "odrl:delete", "odrl:constraint": limit}}


def _constraint(left: str, operator: str, right: object) -> Node:
    return {"odrl:leftOperand": left, "odrl:operator": operator, "odrl:rightOperand": right}
