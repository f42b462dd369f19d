# SPDX-License-Identifier: EUPL-1.2
"""Purposes and agencies as linked data: DPV, and OSLO Toestemming (domain.md 3.1), pure."""

from collections.abc import Iterable, Mapping

import pyoxigraph as ox

from consent.context import API, PREFIXES
from consent.reading import is_iri
from consent.registry.agency import Agency, agency_json
from consent.registry.purpose import Purpose, purpose_json
from pod.vocab import RDF

OSLO = "https://data.vlaanderen.be/ns/toestemming#"
# domain.md 3.1: so the city of Ghent writes it.
_OLD_OSLO = "http://data.vlaanderen.be/ns/toestemming#"
_DPV, _SKOS = PREFIXES["dpv"], PREFIXES["skos"]
PURPOSE_TYPES = ["dpv:Purpose", "oslo:Verwerkingsactiviteit"]
CONTEXT: Mapping[str, object] = {
    **API,
    "oslo": OSLO,
    "hasPersonalData": {"@id": "dpv:hasPersonalData", "@type": "@id"},
    "hasContact": {"@id": "dpv:hasContact", "@type": "@id"},
    "verwerkingsgrond": {"@id": "oslo:verwerkingsgrond", "@type": "@id"},
    "toestemmingsvraag": {"@id": "oslo:toestemmingsvraag", "@container": "@language"},
}
# What may be said beside the members, since it says nothing that they do not.
_TYPES = frozenset(
    {
        f"{_DPV}Purpose",
        f"{_DPV}DataController",
        f"{_DPV}Organisation",
        f"{_DPV}GovernmentalOrganisation",
        f"{OSLO}Verwerkingsactiviteit",
        f"{OSLO}VerwerkingsActiviteit",
        f"{_OLD_OSLO}Verwerkingsactiviteit",
        f"{_OLD_OSLO}VerwerkingsActiviteit",
    }
)
_SAME = {
    f"{space}{name}": ox.NamedNode(ours)
    for space in (OSLO, _OLD_OSLO)
    for name, ours in (
        ("verwerkingsgrond", f"{_DPV}hasLegalBasis"),
        ("toestemmingsvraag", f"{_SKOS}prefLabel"),
    )
}


def purpose_linked(purpose: Purpose) -> dict[str, object]:
    """A purpose with what DPV and OSLO call it; a question only where one may say no."""
    asked = {"toestemmingsvraag": purpose.label} if purpose.lane == "consent" else {}
    return {
        **purpose_json(purpose),
        "@type": PURPOSE_TYPES,
        "hasPersonalData": [each.cls for each in purpose.classes],
        "verwerkingsgrond": purpose.legal_basis,
        **asked,
    }


def agency_linked(agency: Agency) -> dict[str, object]:
    """An agency as DPV's controller."""
    kind = "dpv:GovernmentalOrganisation" if agency.kind == "public" else "dpv:Organisation"
    contact = agency.contact
    named = {"hasContact": contact} if contact is not None and is_iri(contact) else {}
    return {**agency_json(agency), "@type": ["dpv:DataController", kind], **named}


def in_our_words(triples: Iterable[ox.Triple]) -> list[ox.Triple]:
    """The same statements in the registry's own words; what only says what a thing is, goes."""
    kept = []
    for triple in triples:
        if triple.predicate.value == f"{RDF}type" and _named(triple.object) in _TYPES:
            continue
        ours = _SAME.get(triple.predicate.value)
        kept.append(triple if ours is None else ox.Triple(triple.subject, ours, triple.object))
    return kept


def _named(term: object) -> str | None:
    return term.value if isinstance(term, ox.NamedNode) else None
