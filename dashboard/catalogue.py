# SPDX-License-Identifier: EUPL-1.2
"""The catalogues of texts: found in code and templates, compared with the .po files."""

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from dashboard.words import LANGUAGES, LOCALE

HOME = Path(__file__).parent
SOURCE = LANGUAGES[0]
KEYWORDS = {"say": None, "mark": None, "many": (1, 2)}
# No dates and no names of machines: the same texts always make the same file.
HEADER = """\
# SPDX-License-Identifier: EUPL-1.2
msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
# French counts nothing as one: "0 fois" has the form of "1 fois".
PLURAL, PLURALS = "(n != 1)", {"fr": "(n > 1)"}
_PLACE = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Found:
    """A text in the source: one form, or the forms for one and for several."""

    forms: tuple[str, ...]
    place: str


def found_texts() -> Iterator[Found]:
    """Every text that a page can say."""
    for file in sorted(HOME.rglob("*.py")):
        with file.open("rb") as source:
            for _, text, _, _ in extract("python", source, KEYWORDS):
                yield Found(_forms(text), file.name)
    for file in sorted(HOME.rglob("*.html")):
        with file.open("rb") as source:
            for _, word, said, _ in babel_extract(source, tuple(KEYWORDS), (), {}):
                every = (said,) if isinstance(said, str | None) else said
                forms = _forms(every)[: 2 if word == "many" else 1]
                if forms:
                    yield Found(forms, file.name)


def _forms(text: Iterable[str | None] | str) -> tuple[str, ...]:
    parts = (text,) if isinstance(text, str) else tuple(text)
    return tuple(part for part in parts if isinstance(part, str))


def header(language: str) -> str:
    """What a .po file begins with, with the plural of that language."""
    return HEADER.format(language=language).replace(PLURAL, PLURALS.get(language, PLURAL))


def po_file(language: str) -> Path:
    """Where the texts of a language are kept."""
    return LOCALE / language / "LC_MESSAGES" / "kluis.po"


def read_catalogue(language: str) -> Catalog:
    """The texts of a language as they are kept."""
    with po_file(language).open("rb") as file:
        return read_po(file, locale=language)


def troubles(language: str) -> list[str]:
    """What is missing, doubtful or does not fit in a catalogue, one sentence each."""
    catalogue, wrong = read_catalogue(language), []
    wanted = {item.forms[0]: item for item in found_texts()}
    for text, item in wanted.items():
        message = catalogue.get(text)
        if message is None or not all(_said(message)):
            wrong.append(f"{item.place}: {text!r} is missing in {language}")
        elif message.fuzzy:
            wrong.append(f"{item.place}: {text!r} is doubtful (fuzzy) in {language}")
        elif any(_places(said) - _places(*item.forms) for said in _said(message)):
            wrong.append(f"{item.place}: {text!r} has other {{places}} in {language}")
        elif any(_places(text) - _places(said) - {"{number}"} for said in _said(message)):
            wrong.append(f"{item.place}: {text!r} lost a {{place}} in {language}")
    kept = {_forms(message.id)[0] for message in catalogue if message.id}
    wrong += [f"{text!r} in {language} is said nowhere" for text in sorted(kept - wanted.keys())]
    return wrong


def _said(message: Message) -> tuple[str, ...]:
    said = message.string
    return (said,) if isinstance(said, str) else tuple(said or ("",))


def _places(*texts: str) -> set[str]:
    return {place for text in texts for place in _PLACE.findall(text)}


def refreshed(language: str) -> Catalog:
    """The catalogue with every text of the source; in the source language said as it is."""
    old = read_catalogue(language) if po_file(language).exists() else Catalog(locale=language)
    new = Catalog(locale=language)
    for item in found_texts():
        message = old.get(item.forms[0])
        plain = item.forms if len(item.forms) > 1 else item.forms[0]
        kept = message.string if message is not None else None
        new.add(plain, plain if language == SOURCE else kept)
    return new


def main() -> int:
    """`python -m dashboard.catalogue`: bring the .po files up to date with the source."""
    for language in LANGUAGES:
        catalogue = refreshed(language)
        with po_file(language).open("wb") as file:
            file.write(header(language).encode())
            write_po(file, catalogue, width=96, sort_output=True, omit_header=True)
    wrong = [text for language in LANGUAGES for text in troubles(language)]
    print("\n".join(wrong) or "Every text is said in every language.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
