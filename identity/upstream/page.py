# SPDX-License-Identifier: EUPL-1.2
"""The page for somebody whom a provider above us did not sign in: why, and what to do."""

from collections.abc import Mapping
from html import escape

from identity.provider.plain_page import WORDS as PLAIN
from identity.provider.plain_page import frame, shown

AWAY, NOT_TRUE, SAID_NO, TOO_WEAK = "away", "not-true", "upstream-error", "not-sure-enough"

# By the name of the problem; "again" for every other one.
WORDS: Mapping[str, Mapping[str, str]] = {
    "nl": {
        "title": "U bent niet aangemeld",
        "again": "Dit aanmelden is voorbij, of begon in een andere browser. Er is niets veranderd.",
        AWAY: "De dienst om aan te melden is nu niet bereikbaar. Probeer het later opnieuw.",
        NOT_TRUE: "Het antwoord van de dienst klopt niet. Er is niets veranderd.",
        SAID_NO: "De dienst meldde u niet aan. Er is niets veranderd.",
        TOO_WEAK: "Voor dit moet u zich sterker aanmelden. Kies een andere manier bij de dienst.",
        "no-account": "Er is nog geen account dat zich zo aanmeldt. Meld u aan zoals u dat al deed."
        " Koppel daarna deze dienst in uw instellingen.",
        "other-account": "Deze manier van aanmelden hoort al bij een ander account. Er is niets"
        " veranderd.",
        "other-person": "U meldde zich aan als iemand anders dan wie hier begon. Er is niets"
        " veranderd.",
        "step-up": "Meld u eerst opnieuw aan. Probeer het daarna nog eens.",
        "sign-in": "Aanmelden",
    },
    "fr": {
        "title": "Vous n'êtes pas connecté",
        "again": "Cette connexion est terminée ou a commencé dans un autre navigateur. Rien n'a"
        " changé.",
        AWAY: "Le service de connexion n'est pas accessible. Réessayez plus tard.",
        NOT_TRUE: "La réponse du service n'est pas correcte. Rien n'a changé.",
        SAID_NO: "Le service ne vous a pas connecté. Rien n'a changé.",
        TOO_WEAK: "Il faut ici une connexion plus sûre. Choisissez un autre moyen du service.",
        "no-account": "Aucun compte ne se connecte encore ainsi. Connectez-vous comme avant, puis"
        " liez ce service dans vos réglages.",
        "other-account": "Ce moyen de connexion appartient déjà à un autre compte. Rien n'a"
        " changé.",
        "other-person": "Vous vous êtes connecté en tant qu'une autre personne. Rien n'a changé.",
        "step-up": "Connectez-vous d'abord à nouveau, puis réessayez.",
        "sign-in": "Se connecter",
    },
    "de": {
        "title": "Sie sind nicht angemeldet",
        "again": "Diese Anmeldung ist vorbei oder begann in einem anderen Browser. Es hat sich"
        " nichts geändert.",
        AWAY: "Der Anmeldedienst ist jetzt nicht erreichbar. Versuchen Sie es später erneut.",
        NOT_TRUE: "Die Antwort des Dienstes stimmt nicht. Es hat sich nichts geändert.",
        SAID_NO: "Der Dienst hat Sie nicht angemeldet. Es hat sich nichts geändert.",
        TOO_WEAK: "Hier ist eine stärkere Anmeldung nötig. Wählen Sie beim Dienst einen anderen"
        " Weg.",
        "no-account": "Noch kein Konto meldet sich so an. Melden Sie sich an wie bisher, und"
        " verbinden Sie dann diesen Dienst in Ihren Einstellungen.",
        "other-account": "Diese Anmeldung gehört schon zu einem anderen Konto. Es hat sich nichts"
        " geändert.",
        "other-person": "Sie haben sich als eine andere Person angemeldet. Es hat sich nichts"
        " geändert.",
        "step-up": "Melden Sie sich zuerst erneut an, und versuchen Sie es dann noch einmal.",
        "sign-in": "Anmelden",
    },
    "en": {
        "title": "You are not signed in",
        "again": "This sign-in is over, or began in another browser. Nothing has changed.",
        AWAY: "The sign-in service cannot be reached now. Try again later.",
        NOT_TRUE: "The answer of the service is not right. Nothing has changed.",
        SAID_NO: "The service did not sign you in. Nothing has changed.",
        TOO_WEAK: "This needs a stronger sign-in. Choose another way at the service.",
        "no-account": "No account signs in this way yet. Sign in as you did before, then link this"
        " service in your settings.",
        "other-account": "This way to sign in belongs to another account. Nothing has changed.",
        "other-person": "You signed in as somebody else than who began here. Nothing has changed.",
        "step-up": "Sign in once more first. Then try again.",
        "sign-in": "Sign in",
    },
}


def refusal_page(language: str, problem: str, detail: str) -> str:
    """Why in her language; the exact words are for whoever runs this server."""
    said = WORDS[language]
    body = (
        f"<p>{escape(said.get(problem, said['again']))}</p>\n"
        f'<p><a class="button" href="/-/sign-in">{escape(said["sign-in"])}</a>'
        f' <a class="button soft" href="/-/">{escape(PLAIN[language]["home"])}</a></p>\n'
        f'<p class="muted small" lang="en">{shown(detail)}</p>'
    )
    return frame(language, said["title"], body)
