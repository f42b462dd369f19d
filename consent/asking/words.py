# SPDX-License-Identifier: EUPL-1.2
"""The words of notices in four languages. Part of what is hashed: change them as a new version."""

from collections.abc import Mapping
from datetime import datetime

from babel.dates import format_datetime

from consent.durations import BRUSSELS, read_length
from pod.instant import SECOND, Instant

VERSION = 1

Words = Mapping[str, str]

_NL: Words = {
    "who": "Wie vraagt dit?",
    "what": "Wat willen ze lezen?",
    "why": "Waarvoor?",
    "until": "Tot wanneer?",
    "often": "Hoe vaak?",
    "kept": "Hoelang houden ze hun kopie?",
    "others": "Wie krijgt het nog?",
    "ground": "Reden in de wet",
    "refused": "Wat als u nee zegt?",
    "rights": "Uw rechten",
    "public": "overheid",
    "private": "private organisatie",
    "whole": "alles wat erin staat",
    "members": "alles wat in deze map staat en er later in komt",
    "listing": "de lijst van deze map",
    "adds": "De instantie mag hier gegevens bijzetten.",
    "adds-only": "De instantie mag hier alleen gegevens bijzetten, en niets lezen.",
    "absent": "dit bestaat nu nog niet",
    "values": "nu {n} waarden",
    "needed": "nodig",
    "optional": "mag u weglaten",
    "special": "gevoelig: hiervoor vragen we u een aparte ja",
    "class": "uw gegevens van de soort {name}; nu gevonden: {n}",
    "for": "{length}, vanaf uw ja",
    "to": "tot {time}",
    "from": "vanaf {time}",
    "times": "hoogstens {n} keer",
    "unlimited": "zonder maximum",
    "pause": "met telkens minstens {length} ertussen",
    "retention": "hoogstens {length} na het lezen",
    "no-retention": "de instantie legt geen termijn vast",
    "nobody": "niemand",
    "countries": "in deze landen: {names}",
    "consent": "uw toestemming (AVG, artikel 6.1.a)",
    "explicit": "uw uitdrukkelijke toestemming (AVG, artikel 9.2.a)",
    "stop": "U kunt altijd stoppen. Dan lezen ze vanaf dat moment niets meer.",
    "copies": "Wat ze al lazen, blijft bij hen. Dat lezen blijft geldig.",
    "ask": "U mag vragen om inzage, verbetering en wissen.",
    "complain": "U kunt een klacht indienen bij de Gegevensbeschermingsautoriteit.",
    "years": "jaar",
    "year": "jaar",
    "months": "maanden",
    "month": "maand",
    "weeks": "weken",
    "week": "week",
    "days": "dagen",
    "day": "dag",
    "hours": "uur",
    "hour": "uur",
    "minutes": "minuten",
    "minute": "minuut",
    "seconds": "seconden",
    "second": "seconde",
}
_EN: Words = {
    "who": "Who is asking?",
    "what": "What do they want to read?",
    "why": "What for?",
    "until": "Until when?",
    "often": "How often?",
    "kept": "How long do they keep their copy?",
    "others": "Who else gets it?",
    "ground": "Legal basis",
    "refused": "What if you say no?",
    "rights": "Your rights",
    "public": "public body",
    "private": "private organisation",
    "whole": "everything in it",
    "members": "everything in this folder, now and later",
    "listing": "the list of this folder",
    "adds": "The organisation may add data here.",
    "adds-only": "The organisation may only add data here, and read nothing.",
    "absent": "this does not exist yet",
    "values": "now {n} values",
    "needed": "needed",
    "optional": "you may leave this out",
    "special": "sensitive: this needs a separate yes",
    "class": "your data of the kind {name}; found now: {n}",
    "for": "{length}, from your yes",
    "to": "until {time}",
    "from": "from {time}",
    "times": "at most {n} times",
    "unlimited": "without a maximum",
    "pause": "with at least {length} in between",
    "retention": "at most {length} after reading",
    "no-retention": "the agency sets no limit",
    "nobody": "nobody",
    "countries": "in these countries: {names}",
    "consent": "your consent (GDPR, article 6(1)(a))",
    "explicit": "your explicit consent (GDPR, article 9(2)(a))",
    "stop": "You can always stop. From then on they read nothing more.",
    "copies": "What they have read stays with them. That reading stays valid.",
    "ask": "You may ask to see, correct and erase your data.",
    "complain": "You can complain to the Data Protection Authority.",
    "years": "years",
    "year": "year",
    "months": "months",
    "month": "month",
    "weeks": "weeks",
    "week": "week",
    "days": "days",
    "day": "day",
    "hours": "hours",
    "hour": "hour",
    "minutes": "minutes",
    "minute": "minute",
    "seconds": "seconds",
    "second": "second",
}
_FR: Words = {
    "who": "Qui demande ?",
    "what": "Que veulent-ils lire ?",
    "why": "Pour quoi faire ?",
    "until": "Jusqu'à quand ?",
    "often": "Combien de fois ?",
    "kept": "Combien de temps gardent-ils leur copie ?",
    "others": "Qui d'autre le reçoit ?",
    "ground": "Base légale",
    "refused": "Et si vous dites non ?",
    "rights": "Vos droits",
    "public": "organisme public",
    "private": "organisation privée",
    "whole": "tout ce qui s'y trouve",
    "members": "tout ce qui est dans ce dossier, maintenant et plus tard",
    "listing": "la liste de ce dossier",
    "adds": "L'organisation peut ajouter des données ici.",
    "adds-only": "L'organisation peut seulement ajouter des données ici, et ne rien lire.",
    "absent": "ceci n'existe pas encore",
    "values": "{n} valeurs maintenant",
    "needed": "nécessaire",
    "optional": "vous pouvez le laisser de côté",
    "special": "sensible : nous demandons un oui séparé",
    "class": "vos données du type {name} ; trouvées maintenant : {n}",
    "for": "{length}, à partir de votre oui",
    "to": "jusqu'au {time}",
    "from": "à partir du {time}",
    "times": "au plus {n} fois",
    "unlimited": "sans maximum",
    "pause": "avec au moins {length} entre deux lectures",
    "retention": "au plus {length} après la lecture",
    "no-retention": "l'organisme ne fixe pas de délai",
    "nobody": "personne",
    "countries": "dans ces pays : {names}",
    "consent": "votre consentement (RGPD, article 6.1.a)",
    "explicit": "votre consentement explicite (RGPD, article 9.2.a)",
    "stop": "Vous pouvez toujours arrêter. Dès lors, ils ne lisent plus rien.",
    "copies": "Ce qu'ils ont déjà lu reste chez eux. Cette lecture reste valable.",
    "ask": "Vous pouvez demander à voir, corriger et effacer vos données.",
    "complain": "Vous pouvez vous plaindre auprès de l'Autorité de protection des données.",
    "years": "ans",
    "year": "an",
    "months": "mois",
    "month": "mois",
    "weeks": "semaines",
    "week": "semaine",
    "days": "jours",
    "day": "jour",
    "hours": "heures",
    "hour": "heure",
    "minutes": "minutes",
    "minute": "minute",
    "seconds": "secondes",
    "second": "seconde",
}
_DE: Words = {
    "who": "Wer fragt?",
    "what": "Was wollen sie lesen?",
    "why": "Wofür?",
    "until": "Bis wann?",
    "often": "Wie oft?",
    "kept": "Wie lange behalten sie ihre Kopie?",
    "others": "Wer bekommt es noch?",
    "ground": "Rechtsgrundlage",
    "refused": "Was, wenn Sie Nein sagen?",
    "rights": "Ihre Rechte",
    "public": "Behörde",
    "private": "private Organisation",
    "whole": "alles, was darin steht",
    "members": "alles in diesem Ordner, jetzt und später",
    "listing": "die Liste dieses Ordners",
    "adds": "Die Organisation darf hier Daten hinzufügen.",
    "adds-only": "Die Organisation darf hier nur Daten hinzufügen und nichts lesen.",
    "absent": "das gibt es noch nicht",
    "values": "jetzt {n} Werte",
    "needed": "nötig",
    "optional": "können Sie weglassen",
    "special": "sensibel: dafür fragen wir Sie ein eigenes Ja",
    "class": "Ihre Daten der Art {name}; jetzt gefunden: {n}",
    "for": "{length}, ab Ihrem Ja",
    "to": "bis {time}",
    "from": "ab {time}",
    "times": "höchstens {n} Mal",
    "unlimited": "ohne Höchstzahl",
    "pause": "mit jeweils mindestens {length} dazwischen",
    "retention": "höchstens {length} nach dem Lesen",
    "no-retention": "die Stelle legt keine Frist fest",
    "nobody": "niemand",
    "countries": "in diesen Ländern: {names}",
    "consent": "Ihre Einwilligung (DSGVO, Artikel 6 Absatz 1 Buchstabe a)",
    "explicit": "Ihre ausdrückliche Einwilligung (DSGVO, Artikel 9 Absatz 2 Buchstabe a)",
    "stop": "Sie können immer aufhören. Dann lesen sie ab sofort nichts mehr.",
    "copies": "Was sie schon gelesen haben, bleibt bei ihnen. Dieses Lesen bleibt gültig.",
    "ask": "Sie dürfen Auskunft, Berichtigung und Löschung verlangen.",
    "complain": "Sie können sich bei der Datenschutzbehörde beschweren.",
    "years": "Jahre",
    "year": "Jahr",
    "months": "Monate",
    "month": "Monat",
    "weeks": "Wochen",
    "week": "Woche",
    "days": "Tage",
    "day": "Tag",
    "hours": "Stunden",
    "hour": "Stunde",
    "minutes": "Minuten",
    "minute": "Minute",
    "seconds": "Sekunden",
    "second": "Sekunde",
}


def set_in_french(text: str) -> str:
    """As French is set: signs stay with the word before them, and apostrophes are curved."""
    for sign in "?:;":
        text = text.replace(f" {sign}", f"\N{NO-BREAK SPACE}{sign}")
    return text.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")


WORDS: Mapping[str, Words] = {
    "nl": _NL,
    "en": _EN,
    "fr": {name: set_in_french(text) for name, text in _FR.items()},
    "de": _DE,
}
_PARTS = ("years", "months", "weeks", "days", "hours", "minutes", "seconds")


def length_in_words(text: str, language: str) -> str:
    """P3M as "3 maanden"."""
    length, words = read_length(text), WORDS[language]
    parts = []
    for part in _PARTS:
        number = int(getattr(length, part))
        if number:
            parts.append(f"{number} {words[part if number > 1 else part[:-1]]}")
    return ", ".join(parts)


def time_in_words(moment: Instant, language: str) -> str:
    """A moment as people in Brussels write it."""
    here = datetime.fromtimestamp(moment / SECOND, BRUSSELS)
    form = f"{day_form(language, here.day)} MMMM y, HH:mm"
    return format_datetime(here, form, tzinfo=BRUSSELS, locale=language)


def day_form(language: str, day: int) -> str:
    """How babel is to write the day of a month: 24, "24." in German, "1er" in French."""
    if language == "de":
        return "d."
    return "d'er'" if language == "fr" and day == 1 else "d"


def in_language(texts: Mapping[str, str], language: str) -> str:
    """The text in that language, else the Dutch one, which always is there."""
    return texts.get(language) or texts.get("nl") or next(iter(texts.values()), "")
