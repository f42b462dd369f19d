# SPDX-License-Identifier: EUPL-1.2
"""What the words of our own namespace mean, told by the server itself (decision 1)."""

from collections.abc import Mapping

from consent.context import PREFIXES
from pod.vocab import KLUIS

# What DPV, ODRL and PROV have no word for. Each says in one sentence what it holds.
PROPERTIES: Mapping[str, str] = {
    "anyCountry": "Whether data may be handled in any country at all.",
    "callback": "Where an agency hears what became of its requests and grants.",
    "client": "A client identifier that acts for an agency.",
    "consequenceOfRefusing": "What happens when the person says no, in plain words.",
    "contentHash": "The SHA-256 of the very text of a notice that was shown.",
    "copyFor": "Whose copy of a receipt this is: the subject's or the agency's.",
    "countries": "The countries in which the data may be handled.",
    "dataClasses": "The classes of data that a purpose may ask for.",
    "dataSubjects": "Of how many people data are handled.",
    "decided": "When the person decided.",
    "decisionDeadline": "Until when the person can decide; after it the request lapses.",
    "dpo": "How the data protection officer of an agency is reached.",
    "duration": "For how long a yes would hold, in calendar time of Brussels.",
    "eventHash": "The SHA-256 of an event of a grant; the next event names it.",
    "furtherRecipients": "Who else may receive the data.",
    "grant": "The grant that this is about.",
    "grants": "How many grants there are, ended ones too.",
    "grantsInForce": "How many grants are in force now.",
    "intermediary": "Who keeps the pod and passes the data on.",
    "item": "One of the things in a list.",
    "kbo": "The number of an enterprise in the Belgian register of enterprises.",
    "kind": "What kind of thing it is; of an agency: public or private.",
    "lane": "Why access exists: consent, statutory, or shared by rules of the pod.",
    "lastRead": "When something was last read under a grant.",
    "maxDuration": "The longest that a purpose may ask for.",
    "maxRetention": "The longest that an agency may keep data for a purpose.",
    "members": "Whether a container is given with everything it will hold.",
    "minInterval": "The least time between two reads.",
    "modes": "What may be done with the data: read, append.",
    "ovo": "The number of a Flemish public organisation.",
    "party": "A person or a client that acts for an agency.",
    "policy": "The enforceable part of a record, as an ODRL agreement.",
    "property": "One of the properties to which what is shown is limited.",
    "reads": "How many times something was read.",
    "receipt": "A signed receipt.",
    "recipients": "Who else may receive the data.",
    "renews": "The grant that a request asks to renew.",
    "request": "The request that this came from.",
    "required": "Whether an item can be left out of a yes.",
    "retention": "How long the agency keeps the data.",
    "role": "What somebody is in a dealing.",
    "source": "Where an entry of the log comes from, when not from here.",
    "state": "The state of a purpose, request, grant or access, as the API names it.",
    "statutoryAccesses": "How many accesses by law there are.",
    "validFrom": "From when it holds.",
    "validUntil": "When it ends; that moment is no longer part of it.",
    "version": "The version of a purpose, a record or the terms of a grant.",
    "webid": "A WebID that acts for an agency.",
    "wholeResource": "Whether everything in a resource is given, not single properties.",
}
STATUSES: Mapping[str, str] = {
    "Exhausted": "The last allowed use ended the grant.",
    "Narrowed": "The person took a part back; what is left is a new version.",
    "Relinquished": "The agency gave the grant back before its end.",
    "Superseded": "A renewal took the place of the grant.",
    "paused": "The grant sleeps: nothing can be read until it is woken.",
}


def described() -> dict[str, object]:
    """The namespace as one document; its own context stands inside."""
    kinds = (("rdf:Property", PROPERTIES), ("skos:Concept", STATUSES))
    terms: list[object] = [
        {
            "@id": KLUIS + name,
            "@type": kind,
            "rdfs:label": {"@language": "en", "@value": name},
            "rdfs:comment": {"@language": "en", "@value": words[name]},
            "rdfs:isDefinedBy": {"@id": KLUIS},
        }
        for kind, words in kinds
        for name in sorted(words)
    ]
    whole: dict[str, object] = {
        "@id": KLUIS,
        "@type": "owl:Ontology",
        "dct:title": {"@language": "en", "@value": "Kluis: words for consent"},
    }
    return {"@graph": [whole, *terms]}


CONTEXT: Mapping[str, object] = {
    **PREFIXES,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
}
