# SPDX-License-Identifier: EUPL-1.2
"""What letters say, in four languages: a subject and a text each (KLU-5, WI-2)."""

from collections.abc import Mapping

Texts = Mapping[str, tuple[str, str]]

RESET: Texts = {
    "nl": (
        "Een nieuw wachtwoord voor Kluis",
        """Goedendag,

Iemand vroeg een nieuw wachtwoord voor uw account bij {base}

Was u dat? Open dan binnen 30 minuten dit adres en kies een nieuw wachtwoord:

{link}

Was u dat niet? Dan hoeft u niets te doen. Uw wachtwoord blijft zoals het is.
""",
    ),
    "en": (
        "A new password for Kluis",
        """Hello,

Somebody asked for a new password for your account at {base}

Was that you? Then open this address within 30 minutes and choose a new password:

{link}

Was it not you? Then you need not do anything. Your password stays as it is.
""",
    ),
    "fr": (
        "Un nouveau mot de passe pour Kluis",
        """Bonjour,

Quelqu'un a demandé un nouveau mot de passe pour votre compte sur {base}

C'était vous ? Ouvrez cette adresse dans les 30 minutes et choisissez un nouveau mot de passe :

{link}

Ce n'était pas vous ? Alors vous n'avez rien à faire. Votre mot de passe ne change pas.
""",
    ),
    "de": (
        "Ein neues Passwort für Kluis",
        """Guten Tag,

Jemand hat ein neues Passwort für Ihr Konto bei {base} verlangt.

Waren Sie das? Dann öffnen Sie binnen 30 Minuten diese Adresse und wählen ein neues Passwort:

{link}

Waren Sie es nicht? Dann brauchen Sie nichts zu tun. Ihr Passwort bleibt, wie es ist.
""",
    ),
}

RESET_DONE: Texts = {
    "nl": (
        "Uw wachtwoord voor Kluis is veranderd",
        """Goedendag,

Het wachtwoord van uw account bij {base} is zopas veranderd, met een code uit een e-mail.
U bent overal afgemeld.

Was u dat niet? Vraag dan meteen een nieuw wachtwoord: {link}
""",
    ),
    "en": (
        "Your password for Kluis has changed",
        """Hello,

The password of your account at {base} was changed just now, with a code from an e-mail.
You are signed out everywhere.

Was it not you? Then ask for a new password at once: {link}
""",
    ),
    "fr": (
        "Votre mot de passe pour Kluis a changé",
        """Bonjour,

Le mot de passe de votre compte sur {base} vient de changer, avec un code reçu par e-mail.
Vous êtes déconnecté partout.

Ce n'était pas vous ? Demandez tout de suite un nouveau mot de passe : {link}
""",
    ),
    "de": (
        "Ihr Passwort für Kluis wurde geändert",
        """Guten Tag,

Das Passwort Ihres Kontos bei {base} wurde gerade mit einem Code aus einer E-Mail geändert.
Sie sind überall abgemeldet.

Waren Sie es nicht? Dann verlangen Sie sofort ein neues Passwort: {link}
""",
    ),
}

JOIN: Texts = {
    "nl": (
        "Maak uw account bij Kluis af",
        """Goedendag,

Iemand gaf dit e-mailadres op om een account te maken bij {base}

Was u dat? Open dan binnen 30 minuten dit adres en kies een wachtwoord:

{link}

Was u dat niet? Dan hoeft u niets te doen. Er is nog geen account.
""",
    ),
    "en": (
        "Finish your account at Kluis",
        """Hello,

Somebody gave this e-mail address to make an account at {base}

Was that you? Then open this address within 30 minutes and choose a password:

{link}

Was it not you? Then you need not do anything. There is no account yet.
""",
    ),
    "fr": (
        "Terminez votre compte Kluis",
        """Bonjour,

Quelqu'un a donné cette adresse e-mail pour créer un compte sur {base}

C'était vous ? Ouvrez cette adresse dans les 30 minutes et choisissez un mot de passe :

{link}

Ce n'était pas vous ? Alors vous n'avez rien à faire. Il n'y a pas encore de compte.
""",
    ),
    "de": (
        "Schließen Sie Ihr Konto bei Kluis ab",
        """Guten Tag,

Jemand hat diese E-Mail-Adresse angegeben, um ein Konto bei {base} zu erstellen.

Waren Sie das? Dann öffnen Sie binnen 30 Minuten diese Adresse und wählen ein Passwort:

{link}

Waren Sie es nicht? Dann brauchen Sie nichts zu tun. Es gibt noch kein Konto.
""",
    ),
}

JOINED_BEFORE: Texts = {
    "nl": (
        "U hebt al een account bij Kluis",
        """Goedendag,

Iemand gaf dit e-mailadres op bij {base}. Er is al een account met dit adres.

Was u dat? Meld u dan aan: {sign_in}
Bent u uw wachtwoord vergeten? Kies een nieuw: {forgot}

Was u dat niet? Dan hoeft u niets te doen. Er is niets veranderd.
""",
    ),
    "en": (
        "You have an account at Kluis already",
        """Hello,

Somebody gave this e-mail address at {base}. There is an account with this address already.

Was that you? Then sign in: {sign_in}
Did you forget your password? Choose a new one: {forgot}

Was it not you? Then you need not do anything. Nothing has changed.
""",
    ),
    "fr": (
        "Vous avez déjà un compte Kluis",
        """Bonjour,

Quelqu'un a donné cette adresse e-mail sur {base}. Il existe déjà un compte avec cette adresse.

C'était vous ? Connectez-vous : {sign_in}
Vous avez oublié votre mot de passe ? Choisissez-en un nouveau : {forgot}

Ce n'était pas vous ? Alors vous n'avez rien à faire. Rien n'a changé.
""",
    ),
    "de": (
        "Sie haben schon ein Konto bei Kluis",
        """Guten Tag,

Jemand hat diese E-Mail-Adresse bei {base} angegeben. Mit dieser Adresse gibt es schon ein Konto.

Waren Sie das? Dann melden Sie sich an: {sign_in}
Haben Sie Ihr Passwort vergessen? Wählen Sie ein neues: {forgot}

Waren Sie es nicht? Dann brauchen Sie nichts zu tun. Es wurde nichts geändert.
""",
    ),
}

ADDRESS: Texts = {
    "nl": (
        "Bevestig uw e-mailadres voor Kluis",
        """Goedendag,

Iemand wil dit e-mailadres gebruiken om aan te melden bij {base}

Was u dat? Open dan binnen 30 minuten dit adres, in de browser waarin u aangemeld bent:

{link}

Was u dat niet? Dan hoeft u niets te doen. Dit adres wordt niet gebruikt.
""",
    ),
    "en": (
        "Confirm your e-mail address for Kluis",
        """Hello,

Somebody wants to use this e-mail address to sign in at {base}

Was that you? Then open this address within 30 minutes, in the browser where you are signed in:

{link}

Was it not you? Then you need not do anything. This address will not be used.
""",
    ),
    "fr": (
        "Confirmez votre adresse e-mail pour Kluis",
        """Bonjour,

Quelqu'un veut utiliser cette adresse e-mail pour se connecter à {base}

C'était vous ? Ouvrez cette adresse dans les 30 minutes, dans le navigateur où vous êtes connecté :

{link}

Ce n'était pas vous ? Alors vous n'avez rien à faire. Cette adresse ne sera pas utilisée.
""",
    ),
    "de": (
        "Bestätigen Sie Ihre E-Mail-Adresse für Kluis",
        """Guten Tag,

Jemand möchte sich mit dieser E-Mail-Adresse bei {base} anmelden.

Waren Sie das? Dann öffnen Sie binnen 30 Minuten diese Adresse, in dem Browser, in dem Sie
angemeldet sind:

{link}

Waren Sie es nicht? Dann brauchen Sie nichts zu tun. Diese Adresse wird nicht verwendet.
""",
    ),
}

CHANGED: Texts = {
    "nl": (
        "Er veranderde iets aan uw account bij Kluis",
        """Goedendag,

{what}

Dat gebeurde op {time} bij {base}

Was u dat niet? Kijk dan meteen na hoe u zich aanmeldt: {settings}
Lukt aanmelden niet meer? Kies een nieuw wachtwoord: {forgot}
""",
    ),
    "en": (
        "Something changed in your account at Kluis",
        """Hello,

{what}

That happened on {time} at {base}

Was it not you? Then check at once how you sign in: {settings}
Can you not sign in any more? Choose a new password: {forgot}
""",
    ),
    "fr": (
        "Votre compte Kluis a changé",
        """Bonjour,

{what}

C'était le {time} sur {base}

Ce n'était pas vous ? Vérifiez tout de suite comment vous vous connectez : {settings}
Vous ne pouvez plus vous connecter ? Choisissez un nouveau mot de passe : {forgot}
""",
    ),
    "de": (
        "An Ihrem Konto bei Kluis hat sich etwas geändert",
        """Guten Tag,

{what}

Das war am {time} bei {base}

Waren Sie es nicht? Dann prüfen Sie sofort, wie Sie sich anmelden: {settings}
Können Sie sich nicht mehr anmelden? Wählen Sie ein neues Passwort: {forgot}
""",
    ),
}

LETTERS: Mapping[str, Texts] = {
    "reset": RESET,
    "reset-done": RESET_DONE,
    "join": JOIN,
    "joined-before": JOINED_BEFORE,
    "address": ADDRESS,
    "changed": CHANGED,
}
