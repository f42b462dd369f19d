# SPDX-License-Identifier: EUPL-1.2
"""A language in which everything that was translated stands between ⟦ and ⟧; the rest escaped."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser

from babel.support import Translations
from markupsafe import Markup, escape

from consent.asking.words import WORDS
from dashboard.catalogue import found_texts
from dashboard.words import Words
from pod.instant import Instant

OPEN, SHUT = "⟦", "⟧"
# Names and texts of people and programs are no texts of ours, where they are marked as such.
DATA_TAGS = frozenset({"bdi", "code", "pre", "samp", "script", "style", "textarea", "time"})
EMPTY = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta",
                   "source", "track", "wbr", "path", "circle", "rect", "line"})  # fmt: skip
SPOKEN = frozenset({"alt", "title", "aria-label", "placeholder", "summary", "label"})
BRAND = frozenset({"Kluis", "Solid", "WebID", "CSV", "JSON-LD"})
PLACE = re.compile(r"\\\{\w+\\\}")
ADDRESS = re.compile(r"^(?:[a-z][a-z0-9+.-]*:[^\s]+|[^\s@]+@[^\s@]+|[\w.-]+(?:\.[\w-]+)+(?::\d+)?(?:/\S*)?|/\S*|127\.0\.0\.1\S*)$")  # fmt: skip # noqa: E501 - one pattern


class MarkedTranslations(Translations):
    """What a catalogue gives, between the marks."""

    def __init__(self, said: Translations) -> None:
        super().__init__()
        self.said = said

    def gettext(self, message: str) -> str:
        said = self.said.gettext(message)
        return _marked(said) if message in _known_texts() else said

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        said = self.said.ngettext(msgid1, msgid2, n)
        return _marked(said) if msgid1 in _known_texts() else said


@dataclass(frozen=True, slots=True)
class MarkedWords(Words):
    """A language whose days and lengths have marks as well."""

    def plain_moment(self, at: Instant) -> str:
        return _marked(Words.plain_moment(self, at))

    def day(self, at: Instant) -> Markup:
        return escape(_marked(Words.day(self, at)))

    def period(self, kind: str, start: Instant, end: Instant) -> Markup:
        return escape(_marked(Words.period(self, kind, start, end)))

    def tick(self, kind: str, at: Instant) -> str:
        return _marked(Words.tick(self, kind, at))

    def length(self, text: str) -> str:
        return _marked(Words.length(self, text))


@cache
def _known_texts() -> frozenset[str]:
    """What the extractor finds: a text that is put together while running has no translation."""
    return frozenset(text.forms[0] for text in found_texts())


def _marked(text: str) -> str:
    return f"{OPEN}{text}{SHUT}"


def marked(languages: Mapping[str, Words]) -> dict[str, Words]:
    """The same languages, each with its marks."""
    return {
        name: MarkedWords(name, MarkedTranslations(words.texts))
        for name, words in languages.items()
    }


def in_plain_words(text: str) -> str:
    """The page as a person gets it. One that has marks may say nothing outside of them."""
    if OPEN not in text:
        return text
    unsaid = escaped(text) if "<html" in text else []
    assert not unsaid, f"said by no catalogue: {unsaid}"
    return text.replace(OPEN, "").replace(SHUT, "")


def escaped(html: str) -> list[str]:
    """Everything in this page that a person reads or hears and that no catalogue said."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [f"{where}: {said}" for where, said in reader.found if not reader.names(said)]


@dataclass
class _Reader(HTMLParser):
    found: list[tuple[str, str]] = field(default_factory=list)
    data: set[str] = field(default_factory=set)
    within: list[tuple[str, bool]] = field(default_factory=list)
    depth: int = 0

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for name, value in given.items():
            if _is_spoken(tag, name, given):
                self._judge(f"{tag}[{name}]", _outside(value)[0])
        if tag not in EMPTY:
            self.within.append((tag, _is_data(tag, given)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in EMPTY:
            self.within.pop()

    def handle_endtag(self, tag: str) -> None:
        while any(name == tag for name, _ in self.within) and self.within.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        outside, self.depth = _outside(data, self.depth)
        in_title = any(tag == "title" for tag, _ in self.within)
        if any(is_data for _, is_data in self.within):
            self.data.add(_bare(data))
        elif in_title and OPEN in data:
            return  # names stand beside what was said: a title cannot mark them
        else:
            self._judge(">".join(name for name, _ in self.within[-2:]), outside)

    def names(self, said: str) -> bool:
        """Whether it is a name that stands marked elsewhere in the page: titles cannot mark."""
        pieces = said.replace(": ", " \N{EN DASH} ").split(" \N{EN DASH} ")
        return all(_is_known(piece) or self._is_data(_bare(piece)) for piece in pieces)

    def _is_data(self, piece: str) -> bool:
        return any(piece in text for text in self.data)

    def _judge(self, where: str, text: str) -> None:
        said = _bare(text)
        if re.search(r"[^\W\d_]{2}", said) and not _is_known(said):
            self.found.append((where, said))


def _bare(text: str) -> str:
    return " ".join(text.split()).strip(" \N{EN DASH}:;,.()←→…·")


def _is_data(tag: str, given: Mapping[str, str]) -> bool:
    """Whether what stands in it is not ours: marked as a name, as code or as another language."""
    foreign = "lang" in given and tag != "html"
    drawn = tag == "text" and given.get("class") == "name"  # SVG has no element for names
    return tag in DATA_TAGS or given.get("dir") == "auto" or foreign or drawn


def _is_spoken(tag: str, name: str, given: Mapping[str, str]) -> bool:
    if name == "value":
        return tag == "input" and given.get("type") in {"submit", "button", "reset"}
    if name.startswith("data-"):
        return " " in given[name] and not given[name].startswith(("http", "/"))
    return name in SPOKEN


def _outside(text: str, depth: int = 0) -> tuple[str, int]:
    """What stands outside all marks, and how deep the text ends."""
    kept = []
    for letter in text:
        if letter == OPEN:
            depth += 1
        elif letter == SHUT:
            depth -= 1
        elif depth == 0:
            kept.append(letter)
    return "".join(kept), depth


def _is_known(text: str) -> bool:
    """Whether it is an address, our own name, or a word of a notice, which has its own texts."""
    if all(ADDRESS.match(word) or word in BRAND for word in text.split()):
        return True
    return any(pattern.fullmatch(text) for pattern in _NOTICES)


_NOTICES = [
    re.compile(PLACE.sub(".+", re.escape(_bare(text))))
    for words in WORDS.values()
    for text in words.values()
]
