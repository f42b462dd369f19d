# SPDX-License-Identifier: EUPL-1.2
"""What the operator put on the server beforehand: the agency, its purpose, two accounts."""

from commands.answer import Json
from commands.demo.cast import (
    AGENCY_CLIENT,
    AGENCY_NAME,
    ASKED,
    LOON,
    Cast,
    agency_id,
    purpose_id,
    web_id_of,
)


def seed(base: str, cast: Cast, max_count: int = 12) -> Json:
    """The object form of a seed file (KC-8)."""
    return {
        "accounts": accounts(base, cast),
        "agencies": [agency(base, cast)],
        "purposes": [purpose(base, max_count)],
    }


def accounts(base: str, cast: Cast) -> list[Json]:
    operator, service = cast.operator, cast.agency
    credentials: Json = {
        "id": AGENCY_CLIENT,
        "secret": cast.client_secret,
        "webId": web_id_of(base, service),
    }
    return [
        {"email": operator.email, "password": operator.password, "operator": True},
        {
            "email": service.email,
            "password": service.password,
            "pods": [{"name": service.pod_name}],
            "clientCredentials": [credentials],
        },
    ]


def agency(base: str, cast: Cast) -> Json:
    return {
        "id": agency_id(base),
        "name": {
            "nl": AGENCY_NAME,
            "fr": "Agence exemple Accueil",
            "en": f"{AGENCY_NAME} (childcare agency)",
            "de": "Beispielagentur Kinderbetreuung",
        },
        "ovo": "OVO999999",
        "contact": "mailto:info@opvang.example",
        "dpo": "mailto:dpo@opvang.example",
        "kind": "public",
        "webids": [web_id_of(base, cast.agency)],
        "clients": [AGENCY_CLIENT],
        "callbacks": [],
        "state": "active",
    }


def purpose(base: str, max_count: int) -> Json:
    return {
        "id": purpose_id(base),
        "version": 1,
        "agency": agency_id(base),
        "label": {
            "nl": "Uw tarief voor kinderopvang herberekenen",
            "fr": "Recalculer votre tarif d'accueil des enfants",
            "en": "Recalculate your price for childcare",
            "de": "Ihren Tarif für die Kinderbetreuung neu berechnen",
        },
        "description": {
            "nl": "Met uw recente loonfiches rekenen we uit wat u per dag opvang betaalt.",
            "fr": "Vos fiches de paie récentes servent à calculer votre tarif par jour.",
            "en": "With your recent wage slips we work out what you pay per day of care.",
            "de": "Mit Ihren letzten Lohnzetteln berechnen wir Ihren Preis pro Tag.",
        },
        "lane": "consent",
        "legalBasis": "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a",
        "broader": (
            "https://w3id.org/dpv/sector/publicservices#SocialWelfareEligibilityAssessment"
        ),
        "dataClasses": [
            {"class": LOON + "Arbeidsloon", "properties": list(ASKED), "required": False}
        ],
        "limits": {
            "maxDuration": "P6M",
            "maxCount": max_count,
            "maxRetention": "P1Y",
            "modes": ["read"],
            "recipients": [],
            "countries": ["BE"],
        },
        "consequenceOfRefusing": {
            "nl": "U houdt het tarief dat uit uw laatste aanslagbiljet volgt.",
            "fr": "Vous gardez le tarif qui résulte de votre dernière imposition.",
            "en": "You keep the price that follows from your last tax assessment.",
            "de": "Sie behalten den Tarif nach Ihrem letzten Steuerbescheid.",
        },
        "state": "published",
    }
