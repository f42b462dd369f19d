# SPDX-License-Identifier: EUPL-1.2
"""The reader's language: catalogue texts, escaped; times in Brussels; lengths and counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

from babel.dates import format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations
from markupsafe import Markup, escape

from consent.asking.words import day_form, length_in_words
from consent.durations import BRUSSELS
from pod.instant import SECOND, Instant, text_of

LANGUAGES = ("nl", "en", "fr", "de")
NAMES: Mapping[str, str] = {
    "nl": "Nederlands",
    "en": "English",
    "fr": "Français",
    "de": "Deutsch",
}
LOCALE = Path(__file__).parent / "locale"
MOMENT = "{d} MMMM y, HH:mm"
DAY = "EEEE {d} MMMM y"


def mark(text: str) -> str:
    """A catalogue text in a table of constants, found by the extractor and said later."""
    return text


@dataclass(frozen=True, slots=True)
class Words:
    """One language. What `say` gives is markup already; what is put into it gets escaped."""

    language: str
    texts: Translations

    def say(self, text: str, **values: object) -> Markup:
        """The text in this language, with values in its {places}."""
        return escape(self.texts.gettext(text)).format(**values)

    def many(self, one: str, several: str, number: int, **values: object) -> Markup:
        """The form for this number, which stands at {number}."""
        shown = format_decimal(number, locale=self.language)
        text = self.texts.ngettext(one, several, number)
        return escape(text).format(number=shown, **values)

    def moment(self, at: Instant, *, seconds: bool = False) -> Markup:
        """A moment as people in Brussels write it, with its exact form for machines."""
        return self._time(at, self._date(at, MOMENT + (":ss" if seconds else "")))

    def plain_moment(self, at: Instant) -> str:
        """A moment without its machine form, for lines that are text."""
        return self._date(at, MOMENT + ":ss")

    def clock(self, at: Instant) -> Markup:
        """The time of day, to the second."""
        return self._time(at, format_datetime(_here(at), "HH:mm:ss", locale=self.language))

    def day(self, at: Instant) -> Markup:
        """The day, with its name."""
        return escape(self._date(at, DAY))

    def period(self, kind: str, start: Instant, end: Instant) -> Markup:
        """A day, week, month or year by its name; `end` is not in it."""
        if kind == "week":
            first, last = self._date(start, "{d} MMMM"), self._date(end - SECOND, "{d} MMMM y")
            return escape(f"{first} \N{EN DASH} {last}")
        form = {"day": DAY, "year": "y"}.get(kind, "MMMM y")
        return escape(self._date(start, form))

    def tick(self, kind: str, at: Instant) -> str:
        """A word on the axis of a picture, as short as can be."""
        return self._date(at, {"day": "HH:mm", "week": "EEE d", "year": "MMM"}.get(kind, "d"))

    def length(self, text: str) -> str:
        """P3M as "3 maanden"."""
        return length_in_words(text, self.language)

    def _date(self, at: Instant, form: str) -> str:
        here = _here(at)
        form = form.replace("{d}", day_form(self.language, here.day))
        if self.language == "de":
            form = form.replace("EEEE ", "EEEE, ")
        shown: str = format_datetime(here, form, locale=self.language)
        return shown

    def _time(self, at: Instant, shown: str) -> Markup:
        return Markup('<time datetime="{}">{}</time>').format(text_of(at), shown)


def _here(at: Instant) -> datetime:
    return datetime.fromtimestamp(at / SECOND, BRUSSELS)


def date_of(at: Instant) -> date:
    """The day in Brussels that a moment belongs to."""
    return _here(at).date()


def load_words(folder: Path = LOCALE) -> dict[str, Words]:
    """Every language, compiled in memory from its .po file: no build step, no binaries kept."""
    return {language: Words(language, _compiled(folder, language)) for language in LANGUAGES}


def _compiled(folder: Path, language: str) -> Translations:
    with (folder / language / "LC_MESSAGES" / "kluis.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def choose_language(cookie: str | None, accepted: str | None) -> str:
    """The language that was chosen here, else the browser's first that we know, else Dutch."""
    if cookie in LANGUAGES:
        return str(cookie)
    # RFC 9110 §8.5.1: tags know no case. `fr-BE` and `de-DE` are French and German here.
    spoken = (tag.lower().partition("-")[0] for tag in _by_weight(accepted or ""))
    return next((language for language in spoken if language in LANGUAGES), LANGUAGES[0])


def _by_weight(header: str) -> list[str]:
    weighed = []
    for number, part in enumerate(header[:500].split(",")):
        name, _, parameter = part.partition(";")
        weight = _weight(parameter)
        if name.strip() and weight > 0:
            weighed.append((-weight, number, name.strip()))
    return [name for _, _, name in sorted(weighed)]


def _weight(parameter: str) -> float:
    word, _, value = parameter.strip().partition("=")
    if not parameter.strip():
        return 1.0
    try:
        return float(value) if word.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0


def prefers_html(accept: str | None) -> bool:
    """Decision 6: whether a person's browser asks, which names HTML before anything else."""
    weights = {}
    for part in (accept or "").lower().split(","):
        name, _, parameter = part.partition(";")
        weights[name.strip()] = _weight(parameter)
    html = weights.get("text/html", 0.0)
    named = [w for name, w in weights.items() if "*" not in name and name != "text/html"]
    return html > 0 and html >= max(named, default=0.0)
