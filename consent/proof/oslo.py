# SPDX-License-Identifier: EUPL-1.2
"""A grant in two dialects of others: OSLO Toestemming, and GConsent (domain.md 3.1), pure."""

from collections.abc import Mapping

from consent.context import PREFIXES
from consent.grants.grant import Grant, State
from consent.registry.purpose import Purpose
from pod.instant import Instant, text_of

OSLO = "https://data.vlaanderen.be/ns/toestemming#"
GCONSENT = "https://w3id.org/GConsent#"
Node = dict[str, object]

_LINK = {"@type": "@id"}
_TIME = {"@type": "xsd:dateTime"}
_PREFIXED: Mapping[str, object] = {**PREFIXES, "id": "@id", "type": "@type"}

OSLO_CONTEXT: Mapping[str, object] = {
    "@vocab": OSLO,
    **_PREFIXED,
    "schema": "https://schema.org/",
    "gegevenOp": _TIME,
    "gegevenVoor": _LINK,
    "gegevenDoor": _LINK,
    "verwerkingsgrond": _LINK,
    "toestemmingsvraag": {"@container": "@language"},
    "schema:expires": _TIME,
    "odrl:target": _LINK,
    "dct:source": _LINK,
}
GCONSENT_CONTEXT: Mapping[str, object] = {
    "@vocab": GCONSENT,
    **_PREFIXED,
    "hasStatus": {"@type": "@id"},
    "forPurpose": _LINK,
    "forPersonalData": _LINK,
    "isProvidedToController": _LINK,
    "isForDataSubject": _LINK,
    "mode": {"@id": "http://www.w3.org/ns/auth/acl#mode", "@type": "@id"},
    "issued": {"@id": "dct:issued", "@type": "xsd:dateTime"},
    "expires": {"@id": "https://schema.org/expires", "@type": "xsd:dateTime"},
    "dct:source": _LINK,
}

_DUTCH: Mapping[State, str] = {
    State.SCHEDULED: "gegeven, nog niet begonnen",
    State.ACTIVE: "gegeven",
    State.PAUSED: "gepauzeerd",
    State.WITHDRAWN: "ingetrokken",
    State.EXPIRED: "verlopen",
    State.EXHAUSTED: "opgebruikt",
    State.REVOKED: "herroepen",
    State.INVALIDATED: "ongeldig verklaard",
    State.RELINQUISHED: "teruggegeven",
    State.SUPERSEDED: "vervangen",
}
# GConsent knows fewer ends; what it has no word for is not valid any more, and Kluis' own word
# stands beside it.
_GCONSENT: Mapping[State, str] = {
    State.SCHEDULED: "ConsentStatusExplicitlyGiven",
    State.ACTIVE: "ConsentStatusExplicitlyGiven",
    State.WITHDRAWN: "ConsentStatusWithdrawn",
    State.EXPIRED: "ConsentStatusExpired",
    State.INVALIDATED: "ConsentStatusInvalidated",
}
_ACL = {"read": "Read", "append": "Append"}


def toestemming_of(grant: Grant, purpose: Purpose, given: Instant, moment: Instant) -> Node:
    """OSLO's Toestemming, with the Verwerkingsactiviteit that it is for."""
    return {
        "id": f"{grant.id}#toestemming",
        "type": "Toestemming",
        "dct:source": grant.id,
        "gegevenOp": text_of(given),
        "gegevenDoor": grant.subject,
        "gegevenVoor": {
            "id": purpose.id,
            "type": "Verwerkingsactiviteit",
            "toestemmingsvraag": purpose.label,
            "verwerkingsgrond": grant.legal_basis,
        },
        "status": {"@value": _DUTCH[grant.state_at(moment)], "@language": "nl"},
        "beperking": _limits(grant),
        "odrl:target": [datum.target for datum in grant.terms.data],
        "schema:expires": text_of(grant.valid_until),
    }


def _limits(grant: Grant) -> list[Node]:
    """What narrows the yes, each in words: OSLO leaves their form open."""
    terms = grant.terms
    said = [f"enkel {mode}" for mode in terms.modes]
    said += [f"hoogstens {grant.count} keer"] if grant.count is not None else []
    said += [f"telkens {terms.min_interval} ertussen"] if terms.min_interval else []
    said += [f"bewaren hoogstens {terms.retention}"] if terms.retention else []
    for datum in terms.data:
        if datum.properties is not None:
            said.append(f"van {datum.target} enkel {' '.join(datum.properties)}")
    return [{"@value": text, "@language": "nl"} for text in said]


def gconsent_of(grant: Grant, given: Instant, moment: Instant) -> Node:
    """GConsent in the shape that the access grants of Inrupt's SDK have."""
    state = grant.state_at(moment)
    status = _GCONSENT.get(state)
    return {
        "id": f"{grant.id}#gconsent",
        "type": "Consent",
        "dct:source": grant.id,
        "isForDataSubject": grant.subject,
        "issued": text_of(given),
        "expires": text_of(grant.valid_until),
        "k:state": state,
        "hasStatus": f"{GCONSENT}{status}" if status else f"{PREFIXES['k']}{state}",
        "isProvidedToController": grant.agency,
        "forPurpose": grant.purpose,
        "forPersonalData": [datum.target for datum in grant.terms.data],
        "mode": [f"http://www.w3.org/ns/auth/acl#{_ACL[mode]}" for mode in grant.terms.modes],
    }
