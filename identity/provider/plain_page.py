# SPDX-License-Identifier: EUPL-1.2
"""The few pages of the provider itself: plain, without scripts, all that is shown escaped."""

import re
from collections.abc import Iterable, Mapping
from html import escape

from identity.letters.letters import spoken_by

LANGUAGES = ("nl", "fr", "de", "en")
CHOICE = "kluis-language"  # the cookie with the language that she chose
_ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?|[a-z][a-z0-9+.-]*:")
_BIDI = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
LONGEST = 300

WORDS: Mapping[str, Mapping[str, str]] = {
    "nl": {
        "not-in": "Deze app kan u hier niet aanmelden",
        "not-your-fault": "Dat ligt niet aan u. De app stuurde iets dat niet klopt. Er is niets"
        " veranderd.",
        "developer": "Voor de maker van de app:",
        "leave": "Wilt u zich afmelden?",
        "leave-app": "De app {app} vraagt om u af te melden.",
        "leave-means": "Daarna is geen enkele app die u in deze browser gebruikte nog aangemeld.",
        "yes": "Ja, meld mij af",
        "no": "Nee, blijf aangemeld",
        "left": "U bent afgemeld",
        "left-means": "U kunt dit venster sluiten.",
        "home": "Naar Kluis",
        "stale": "Dat lukte niet",
        "again": "Er is niets veranderd. Meld u af in Kluis zelf, of probeer het opnieuw.",
    },
    "fr": {
        "not-in": "Cette application ne peut pas vous connecter ici",
        "not-your-fault": "Ce n'est pas votre faute. L'application a envoyé quelque chose"
        " d'incorrect. Rien n'a changé.",
        "developer": "Pour le développeur de l'application :",
        "leave": "Voulez-vous vous déconnecter ?",
        "leave-app": "L'application {app} demande de vous déconnecter.",
        "leave-means": "Ensuite, plus aucune application utilisée dans ce navigateur ne sera"
        " connectée.",
        "yes": "Oui, me déconnecter",
        "no": "Non, rester connecté",
        "left": "Vous êtes déconnecté",
        "left-means": "Vous pouvez fermer cette fenêtre.",
        "home": "Vers Kluis",
        "stale": "Cela n'a pas fonctionné",
        "again": "Rien n'a changé. Déconnectez-vous dans Kluis, ou réessayez.",
    },
    "de": {
        "not-in": "Diese App kann Sie hier nicht anmelden",
        "not-your-fault": "Das liegt nicht an Ihnen. Die App hat etwas Falsches gesendet. Es hat"
        " sich nichts geändert.",
        "developer": "Für den Entwickler der App:",
        "leave": "Möchten Sie sich abmelden?",
        "leave-app": "Die App {app} bittet darum, Sie abzumelden.",
        "leave-means": "Danach ist keine App, die Sie in diesem Browser benutzt haben, noch"
        " angemeldet.",
        "yes": "Ja, abmelden",
        "no": "Nein, angemeldet bleiben",
        "left": "Sie sind abgemeldet",
        "left-means": "Sie können dieses Fenster schließen.",
        "home": "Zu Kluis",
        "stale": "Das hat nicht geklappt",
        "again": "Es hat sich nichts geändert. Melden Sie sich in Kluis ab, oder versuchen Sie es"
        " erneut.",
    },
    "en": {
        "not-in": "This app cannot sign you in here",
        "not-your-fault": "This is not your fault. The app sent something that is not right."
        " Nothing has changed.",
        "developer": "For the developer of the app:",
        "leave": "Do you want to sign out?",
        "leave-app": "The app {app} asks to sign you out.",
        "leave-means": "After that, no app that you used in this browser is signed in any more.",
        "yes": "Yes, sign me out",
        "no": "No, stay signed in",
        "left": "You are signed out",
        "left-means": "You can close this window.",
        "home": "To Kluis",
        "stale": "That did not work",
        "again": "Nothing has changed. Sign out in Kluis itself, or try again.",
    },
}


def choose_language(wanted: Iterable[str], header: str | None, chosen: str | None = None) -> str:
    """What she chose here, then what the app says that she reads, then her browser, else Dutch."""
    for tag in (chosen or "", *wanted):
        short = tag.strip().lower().partition("-")[0]
        if short in LANGUAGES:
            return short
    return spoken_by(header) or "nl"


def headers(form_target: str | None = None) -> dict[str, str]:
    """OP-25. `form_target` is where a form of the page may lead to in the end."""
    allowed = "'self'"
    if form_target is not None:
        origin = "/".join(form_target.split("/", 3)[:3])
        if not form_target.startswith(("http://", "https://")):
            origin = form_target.partition(":")[0] + ":"
        if _ORIGIN.fullmatch(origin):
            allowed = f"'self' {origin}"
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self';"
        f" form-action {allowed}; frame-ancestors 'none'; base-uri 'none'",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def shown(text: str) -> str:
    """OP-23: text of others, short, without signs that turn it around, and escaped."""
    return escape(_BIDI.sub("", "".join(c for c in text if c.isprintable()))[:LONGEST])


def attribute(text: str) -> str:
    """A value to send back unchanged, escaped for between quotes."""
    return escape(text, quote=True)


def page(language: str, title: str, body: str) -> str:
    """A whole page; `body` is HTML of ours in which the text of others is `shown`."""
    return frame(language, WORDS[language][title], body)


def frame(language: str, title: str, body: str) -> str:
    """The page around a title of ours and its body."""
    heading = escape(title)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{heading} - Kluis</title>"
        '<link rel="stylesheet" href="/-/static/theme.css"></head>\n'
        f'<body><main class="inside" id="main"><h1>{heading}</h1>\n{body}\n'
        "</main></body>\n</html>\n"
    )


def paragraph(language: str, word: str, **texts: str) -> str:
    """One of our sentences, with text of others in it."""
    sentence = escape(WORDS[language][word])
    for name, text in texts.items():
        sentence = sentence.replace("{" + name + "}", f"<strong>{shown(text)}</strong>")
    return f"<p>{sentence}</p>"


def error_page(language: str, detail: str) -> str:
    """OP-17: for a client or an address that nothing may be sent back to."""
    said = WORDS[language]
    body = paragraph(language, "not-your-fault") + (
        f'<p class="muted small">{escape(said["developer"])} <span lang="en">{shown(detail)}</span>'
        f'</p>\n<p><a class="button soft" href="/-/">{escape(said["home"])}</a></p>'
    )
    return page(language, "not-in", body)
