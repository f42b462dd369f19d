# SPDX-License-Identifier: EUPL-1.2
"""What the plain page of a receipt says besides the words of its notice, in four languages."""

from collections.abc import Mapping

from consent.asking.words import set_in_french

Words = Mapping[str, str]

MORE: Mapping[str, Words] = {
    "nl": {
        "title": "Bewijs van uw toestemming",
        "issued": "Gemaakt op",
        "state": "Stand",
        "subject": "Van wie zijn de gegevens?",
        "happened": "Wat er gebeurde",
        "signed": "Het ondertekende bewijs",
        "check": "Met kluis verify-receipt kan iedereen dit nagaan.",
    },
    "en": {
        "title": "Receipt of your consent",
        "issued": "Made on",
        "state": "State",
        "subject": "Whose data?",
        "happened": "What happened",
        "signed": "The signed receipt",
        "check": "Anyone can check this with kluis verify-receipt.",
    },
    "fr": {
        "title": "Preuve de votre consentement",
        "issued": "Établi le",
        "state": "État",
        "subject": "À qui sont ces données ?",
        "happened": "Ce qui s'est passé",
        "signed": "La preuve signée",
        "check": "Tout le monde peut la vérifier avec kluis verify-receipt.",
    },
    "de": {
        "title": "Nachweis Ihrer Einwilligung",
        "issued": "Erstellt am",
        "state": "Stand",
        "subject": "Wem gehören die Daten?",
        "happened": "Was geschehen ist",
        "signed": "Der unterschriebene Nachweis",
        "check": "Mit kluis verify-receipt kann jeder das prüfen.",
    },
}
STATES: Mapping[str, Words] = {
    "nl": {
        "scheduled": "begint nog",
        "active": "loopt",
        "paused": "gepauzeerd",
        "withdrawn": "ingetrokken",
        "expired": "afgelopen",
        "exhausted": "opgebruikt",
        "revoked": "beëindigd door de beheerder",
        "invalidated": "ongeldig verklaard",
        "relinquished": "door de instantie gestopt",
        "superseded": "vervangen",
    },
    "en": {
        "scheduled": "yet to begin",
        "active": "active",
        "paused": "paused",
        "withdrawn": "withdrawn",
        "expired": "ended",
        "exhausted": "used up",
        "revoked": "ended by the operator",
        "invalidated": "declared invalid",
        "relinquished": "stopped by the agency",
        "superseded": "replaced",
    },
    "fr": {
        "scheduled": "doit encore commencer",
        "active": "en cours",
        "paused": "en pause",
        "withdrawn": "retiré",
        "expired": "arrivé à sa fin",
        "exhausted": "épuisé",
        "revoked": "terminé par le gestionnaire",
        "invalidated": "déclaré invalide",
        "relinquished": "arrêté par l'organisme",
        "superseded": "remplacé",
    },
    "de": {
        "scheduled": "beginnt noch",
        "active": "läuft",
        "paused": "pausiert",
        "withdrawn": "widerrufen",
        "expired": "abgelaufen",
        "exhausted": "aufgebraucht",
        "revoked": "vom Betreiber beendet",
        "invalidated": "für ungültig erklärt",
        "relinquished": "von der Stelle gestoppt",
        "superseded": "ersetzt",
    },
}
# By the last part of what a record calls it; "asked" and "began" have no state of their own.
_KINDS: Mapping[str, str] = {
    "paused": "paused",
    "ConsentWithdrawn": "withdrawn",
    "ConsentExpired": "expired",
    "Exhausted": "exhausted",
    "ConsentRevoked": "revoked",
    "ConsentInvalidated": "invalidated",
    "Relinquished": "relinquished",
    "Superseded": "superseded",
}
_OTHER_EVENTS: Mapping[str, Words] = {
    "nl": {
        "ConsentRequested": "de instantie vroeg het",
        "ConsentGiven": "u gaf toestemming",
        "ConsentStatusValidForProcessing": "de toestemming geldt",
        "Narrowed": "u beperkte de toestemming",
    },
    "en": {
        "ConsentRequested": "the agency asked",
        "ConsentGiven": "you gave permission",
        "ConsentStatusValidForProcessing": "the permission is valid",
        "Narrowed": "you narrowed the permission",
    },
    "fr": {
        "ConsentRequested": "l'organisme a demandé",
        "ConsentGiven": "vous avez donné votre consentement",
        "ConsentStatusValidForProcessing": "le consentement est valable",
        "Narrowed": "vous avez limité le consentement",
    },
    "de": {
        "ConsentRequested": "die Stelle hat gefragt",
        "ConsentGiven": "Sie haben eingewilligt",
        "ConsentStatusValidForProcessing": "die Einwilligung gilt",
        "Narrowed": "Sie haben die Einwilligung eingeschränkt",
    },
}


def more_words(language: str) -> Words:
    """The headings."""
    return _typeset(MORE[language], language)


def state_word(state: str, language: str) -> str:
    """Where the permission stood when the receipt was made."""
    return _typeset(STATES[language], language).get(state, state)


def event_word(kinds: list[str], language: str) -> str:
    """What happened. The kinds go from general to particular: the last with a word says most."""
    events = {**_OTHER_EVENTS[language]}
    events |= {kind: STATES[language][state] for kind, state in _KINDS.items()}
    said = _typeset(events, language)
    return next((said[kind] for kind in reversed(kinds) if kind in said), ", ".join(kinds))


def _typeset(words: Words, language: str) -> Words:
    if language != "fr":
        return words
    return {name: set_in_french(text) for name, text in words.items()}
