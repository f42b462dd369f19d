# SPDX-License-Identifier: EUPL-1.2
"""The JSON-LD contexts of our records and of our API; served by us, never fetched."""

from collections.abc import Mapping

_PREFIXES: Mapping[str, object] = {
    "dpv": "https://w3id.org/dpv#",
    "loc": "https://w3id.org/dpv/loc#",
    "gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "leu": "https://w3id.org/dpv/legal/eu#",
    "lbe": "https://w3id.org/dpv/legal/be#",
    "p27560": "https://w3id.org/dpv/schema/dpv-27560#",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "pd": "https://w3id.org/dpv/pd#",
    "dga": "https://w3id.org/dpv/legal/eu/dga#",
    "psv": "https://w3id.org/dpv/sector/publicservices#",
    "edu": "https://w3id.org/dpv/sector/education#",
    "prov": "http://www.w3.org/ns/prov#",
    "dct": "http://purl.org/dc/terms/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "k": "https://w3id.org/kluis#",
}
PREFIXES: Mapping[str, str] = {name: str(iri) for name, iri in _PREFIXES.items()}

_LINK = {"@type": "@id"}
_TIME = {"@type": "xsd:dateTime"}
_LENGTH = {"@type": "xsd:duration"}
_DUTCH = {"@language": "nl"}

# domain.md §3: a record reads as DPV, its enforceable part as ODRL.
RECORD: Mapping[str, object] = {
    "@vocab": "https://w3id.org/dpv#",
    **_PREFIXES,
    "id": "@id",
    "type": "@type",
    "dct:conformsTo": _LINK,
    "dct:issued": _TIME,
    "dct:references": _LINK,
    "k:request": _LINK,
    "k:policy": _LINK,
    "k:property": _LINK,
    "k:party": _LINK,
    "k:client": {"@type": "xsd:string"},
    "hasRecordOfActivity": _LINK,
    "hasDataSubject": _LINK,
    "hasDataController": _LINK,
    "hasJurisdiction": _LINK,
    "hasApplicableLaw": _LINK,
    "hasAuthority": _LINK,
    "hasPurpose": _LINK,
    "hasPersonalData": _LINK,
    "hasProcessing": _LINK,
    "hasFrequency": _LINK,
    "hasContact": _LINK,
    "k:dpo": _LINK,
    "hasLegalBasis": _LINK,
    "hasRecipient": _LINK,
    "hasNecessity": _LINK,
    "hasLocation": _LINK,
    "hasDataSource": _LINK,
    "isExercisedAt": _LINK,
    "isIndicatedBy": _LINK,
    "isIndicatedAtTime": _TIME,
    "hasIndicationMethod": _DUTCH,
    "hasName": {"@container": "@language"},
    "skos:broader": _LINK,
    "skos:prefLabel": {"@container": "@language"},
    "odrl:uid": _LINK,
    "odrl:assigner": _LINK,
    "odrl:assignee": _LINK,
    "odrl:action": _LINK,
    "odrl:target": _LINK,
    "odrl:leftOperand": _LINK,
    "odrl:operator": _LINK,
}


def _term(iri: str, kind: Mapping[str, object] | None = None) -> dict[str, object]:
    return {"@id": iri, **(kind or {})}


_BY_LANGUAGE = {"@container": "@language"}

# KC-1: the members of our JSON as they stand, so that the JSON is JSON-LD with this context.
API: Mapping[str, object] = {
    "@vocab": "https://w3id.org/kluis#",
    **_PREFIXES,
    "id": "@id",
    "label": _term("skos:prefLabel", _BY_LANGUAGE),
    "description": _term("dct:description", _BY_LANGUAGE),
    "name": _term("dpv:hasName", _BY_LANGUAGE),
    "consequenceOfRefusing": _term("k:consequenceOfRefusing", _BY_LANGUAGE),
    "ifRefused": _term("k:consequenceOfRefusing", _BY_LANGUAGE),
    "agency": _term("dpv:hasDataController", _LINK),
    "subject": _term("dpv:hasDataSubject", _LINK),
    "purpose": _term("dpv:hasPurpose", _LINK),
    "legalBasis": _term("dpv:hasLegalBasis", _LINK),
    "broader": _term("skos:broader", _LINK),
    "class": _term("dpv:hasPersonalData", _LINK),
    "target": _term("odrl:target", _LINK),
    "properties": _term("k:property", _LINK),
    "required": _term("k:required"),
    "webids": _term("k:webid", _LINK),
    "clients": _term("k:client"),
    "callbacks": _term("k:callback", _LINK),
    "callback": _term("k:callback", _LINK),
    "request": _term("k:request", _LINK),
    "grant": _term("k:grant", _LINK),
    "renews": _term("k:renews", _LINK),
    "receipts": _term("k:receipt", _LINK),
    "resource": _term("prov:used", _LINK),
    "agent": _term("prov:wasAssociatedWith", _LINK),
    "associated": _term("prov:wasAssociatedWith", _LINK),
    "intermediary": _term("k:intermediary", _LINK),
    "onBehalfOf": _term("prov:actedOnBehalfOf", _LINK),
    "time": _term("prov:startedAtTime", _TIME),
    "created": _term("dct:created", _TIME),
    "decided": _term("k:decided", _TIME),
    "decisionDeadline": _term("k:decisionDeadline", _TIME),
    "validFrom": _term("k:validFrom", _TIME),
    "validUntil": _term("k:validUntil", _TIME),
    "lastRead": _term("k:lastRead", _TIME),
    "duration": _term("k:duration", _LENGTH),
    "minInterval": _term("k:minInterval", _LENGTH),
    "retention": _term("k:retention", _LENGTH),
    "maxDuration": _term("k:maxDuration", _LENGTH),
    "maxRetention": _term("k:maxRetention", _LENGTH),
    "items": _term("k:item"),
}
