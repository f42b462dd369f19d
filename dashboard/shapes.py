# SPDX-License-Identifier: EUPL-1.2
"""Things that a person knows by sight: a profile, a wage slip, a diploma, an address (ui.md §2)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice

import pyoxigraph as ox
from babel.numbers import format_currency

from dashboard.words import mark
from pod.vocab import FOAF, RDF

VCARD = "http://www.w3.org/2006/vcard/ns#"
SCHEMA = ("http://schema.org/", "https://schema.org/")
LOON = "https://data.vlaanderen.be/ns/loongegevens#"
LEER = "https://data.vlaanderen.be/ns/leercredential#"
LOCN = "http://www.w3.org/ns/locn#"
ADRES = "https://data.vlaanderen.be/ns/adres#"
DCT = "http://purl.org/dc/terms/"
PERSON = "https://data.vlaanderen.be/ns/persoon#"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kind of thing is called, and its properties in the order of a card."""

    title: str
    types: tuple[str, ...]
    properties: tuple[tuple[str, str], ...]


_NAME = mark("Naam")
_STREET, _PLACE, _COUNTRY = mark("Straat en nummer"), mark("Gemeente"), mark("Land")

SHAPES = (
    Shape(
        mark("Loonfiche"),
        (LOON + "Arbeidsloon", LOON + "Loonfiche"),
        (
            (LOON + "verloningsperiode", mark("Periode")),
            (LOON + "werkgever", mark("Werkgever")),
            (LOON + "brutoloon", mark("Brutoloon")),
            (LOON + "nettoloon", mark("Nettoloon")),
        ),
    ),
    Shape(
        mark("Diploma"),
        (LEER + "Credential", LEER + "Leercredential"),
        (
            (DCT + "title", mark("Titel")),
            (LEER + "titel", mark("Titel")),
            (LEER + "niveau", mark("Niveau")),
            (LEER + "uitgever", mark("Uitgereikt door")),
            (DCT + "issued", mark("Uitgereikt op")),
            (LEER + "uitgereiktOp", mark("Uitgereikt op")),
        ),
    ),
    Shape(
        mark("Adres"),
        (LOCN + "Address", ADRES + "Adresvoorstelling", VCARD + "Address", VCARD + "Home"),
        (
            (LOCN + "fullAddress", mark("Adres")),
            (LOCN + "thoroughfare", _STREET),
            (VCARD + "street-address", _STREET),
            (LOCN + "postCode", mark("Postcode")),
            (VCARD + "postal-code", mark("Postcode")),
            (LOCN + "postName", _PLACE),
            (VCARD + "locality", _PLACE),
            (LOCN + "adminUnitL1", _COUNTRY),
            (VCARD + "country-name", _COUNTRY),
        ),
    ),
    Shape(
        mark("Profiel"),
        (
            FOAF + "Person",
            VCARD + "Individual",
            PERSON + "Persoon",
            *(s + "Person" for s in SCHEMA),
        ),
        (
            (FOAF + "name", _NAME),
            (VCARD + "fn", _NAME),
            *((s + "name", _NAME) for s in SCHEMA),
            (FOAF + "givenName", mark("Voornaam")),
            (FOAF + "familyName", mark("Familienaam")),
            (VCARD + "role", mark("Functie")),
            (VCARD + "organization-name", mark("Organisatie")),
            (VCARD + "note", mark("Over")),
        ),
    ),
)
_TYPE = ox.NamedNode(RDF + "type")
MONEY = frozenset({LOON + "brutoloon", LOON + "nettoloon"})
MOST_CARDS = 20
MOST_LINES = 40
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Card:
    """One known thing of a document: its kind, and what is said of it, each line a text."""

    title: str
    lines: tuple[tuple[str, str], ...]


def cards_of(triples: Iterable[ox.Triple], language: str = "nl") -> tuple[Card, ...]:
    """The known things in a document, in its own order; nothing for what is not known."""
    said: dict[str, list[ox.Triple]] = {}
    for triple in triples:
        said.setdefault(str(triple.subject), []).append(triple)
    return tuple(card for mine in said.values() for card in _cards(mine, language))[:MOST_CARDS]


def _cards(mine: list[ox.Triple], language: str) -> Iterator[Card]:
    types = {
        t.object.value for t in mine if t.predicate == _TYPE and isinstance(t.object, ox.NamedNode)
    }
    for shape in SHAPES:
        if types.isdisjoint(shape.types):
            continue
        lines = tuple(islice(_lines(mine, dict(shape.properties), language), MOST_LINES))
        if lines:
            yield Card(shape.title, lines)
            return


def _lines(
    mine: list[ox.Triple], labels: Mapping[str, str], language: str
) -> Iterator[tuple[str, str]]:
    for name, label in labels.items():
        for triple in mine:
            if triple.predicate.value == name and isinstance(triple.object, ox.Literal):
                value = triple.object.value
                yield label, (_money(value, language) if name in MONEY else value)[:LONGEST]


def _money(text: str, language: str) -> str:
    """An amount in euros as people write it; anything else as it is."""
    try:
        amount = Decimal(text)
        return format_currency(amount, "EUR", locale=language) if amount.is_finite() else text
    except InvalidOperation:
        # No number, or one with more digits than an amount has.
        return text
