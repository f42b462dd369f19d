# SPDX-License-Identifier: EUPL-1.2
"""What a letter about a change says of it, one line in each of four languages (WI-2)."""

from collections.abc import Mapping

# By the kind of the event (identity/events); an event that is not here is not mailed.
CHANGES: Mapping[str, Mapping[str, str]] = {
    "webid-linked": {
        "nl": "Er is een WebID aan uw account gekoppeld.",
        "en": "A WebID was linked to your account.",
        "fr": "Un WebID a été lié à votre compte.",
        "de": "Eine WebID wurde mit Ihrem Konto verbunden.",
    },
    "webid-unlinked": {
        "nl": "Er is een WebID van uw account losgemaakt.",
        "en": "A WebID was unlinked from your account.",
        "fr": "Un WebID a été détaché de votre compte.",
        "de": "Eine WebID wurde von Ihrem Konto gelöst.",
    },
    "issuer-changed": {
        "nl": "Er is veranderd welke dienst u met uw WebID aanmeldt.",
        "en": "Which service signs you in with your WebID was changed.",
        "fr": "Le service qui vous connecte avec votre WebID a changé.",
        "de": "Welcher Dienst Sie mit Ihrer WebID anmeldet, wurde geändert.",
    },
    "passkey-added": {
        "nl": "Er is een passkey toegevoegd.",
        "en": "A passkey was added.",
        "fr": "Une clé d'accès (passkey) a été ajoutée.",
        "de": "Ein Passkey wurde hinzugefügt.",
    },
    "passkey-removed": {
        "nl": "Er is een passkey verwijderd.",
        "en": "A passkey was removed.",
        "fr": "Une clé d'accès (passkey) a été supprimée.",
        "de": "Ein Passkey wurde entfernt.",
    },
    "second-step-on": {
        "nl": "Na uw wachtwoord is nu ook een passkey nodig.",
        "en": "After your password, a passkey is needed too from now on.",
        "fr": "Après votre mot de passe, il faut maintenant aussi une clé d'accès (passkey).",
        "de": "Nach Ihrem Passwort ist jetzt auch ein Passkey nötig.",
    },
    "second-step-off": {
        "nl": "Na uw wachtwoord is geen passkey meer nodig.",
        "en": "After your password, no passkey is needed any more.",
        "fr": "Après votre mot de passe, il ne faut plus de clé d'accès (passkey).",
        "de": "Nach Ihrem Passwort ist kein Passkey mehr nötig.",
    },
    "spare-codes-made": {
        "nl": "Er zijn nieuwe reservecodes gemaakt. De oude werken niet meer.",
        "en": "New spare codes were made. The old ones do not work any more.",
        "fr": "De nouveaux codes de secours ont été créés. Les anciens ne marchent plus.",
        "de": "Neue Ersatzcodes wurden erstellt. Die alten gelten nicht mehr.",
    },
    "spare-code-used": {
        "nl": "Iemand meldde zich aan met uw wachtwoord en een reservecode.",
        "en": "Somebody signed in with your password and a spare code.",
        "fr": "Quelqu'un s'est connecté avec votre mot de passe et un code de secours.",
        "de": "Jemand hat sich mit Ihrem Passwort und einem Ersatzcode angemeldet.",
    },
    "password-changed": {
        "nl": "Uw wachtwoord is veranderd.",
        "en": "Your password was changed.",
        "fr": "Votre mot de passe a changé.",
        "de": "Ihr Passwort wurde geändert.",
    },
    "password-removed": {
        "nl": "Een e-mailadres en het wachtwoord ervan zijn verwijderd.",
        "en": "An e-mail address and its password were removed.",
        "fr": "Une adresse e-mail et son mot de passe ont été supprimés.",
        "de": "Eine E-Mail-Adresse und ihr Passwort wurden entfernt.",
    },
    "password-added": {
        "nl": "Er is een e-mailadres met wachtwoord toegevoegd om mee aan te melden.",
        "en": "An e-mail address with a password was added to sign in with.",
        "fr": "Une adresse e-mail avec mot de passe a été ajoutée pour se connecter.",
        "de": "Eine E-Mail-Adresse mit Passwort zum Anmelden wurde hinzugefügt.",
    },
    "link-added": {
        "nl": "Er is een andere dienst gekoppeld om mee aan te melden.",
        "en": "Another service was linked to sign in with.",
        "fr": "Un autre service a été lié pour se connecter.",
        "de": "Ein anderer Dienst zum Anmelden wurde verbunden.",
    },
    "link-removed": {
        "nl": "Een dienst om mee aan te melden is verwijderd.",
        "en": "A service to sign in with was removed.",
        "fr": "Un service pour se connecter a été supprimé.",
        "de": "Ein Dienst zum Anmelden wurde entfernt.",
    },
}
