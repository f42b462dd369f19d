# SPDX-License-Identifier: EUPL-1.2
"""Reading JSON strictly: every member is known and of its kind, or the answer names it (KC-1)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import urlsplit

from consent.durations import read_length
from consent.texts import LANGUAGES
from pod.errors import PodError, Unprocessable
from pod.instant import Instant, read_instant

MOST_ITEMS = 200


@dataclass(slots=True)
class Members:
    """One JSON object being read; what was never asked for is an unknown term."""

    source: Mapping[str, object]
    pointer: str = ""
    seen: set[str] = field(default_factory=set)

    def raw(self, name: str) -> object:
        """The member as it is, None when absent or null."""
        self.seen.add(name)
        return self.source.get(name)

    def wrong(self, name: str, detail: str) -> NoReturn:
        """422 with the place."""
        raise Unprocessable(
            f"{name}: {detail}.",
            problem="bad-term",
            errors=[{"pointer": f"{self.pointer}/{name}", "detail": detail}],
        )

    def done(self) -> None:
        """KC-1: unknown members are refused, never dropped."""
        unknown = sorted(str(name) for name in self.source if name not in self.seen)
        if unknown:
            raise Unprocessable(
                f"Kluis does not know the member {unknown[0]!r:.80}.",
                problem="unknown-term",
                errors=[
                    {"pointer": f"{self.pointer}/{name[:80]}", "detail": "unknown member"}
                    for name in unknown[:20]
                ],
            )

    def text(self, name: str) -> str | None:
        """A text, None when absent."""
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            self.wrong(name, "not a text")
        return value

    def need_text(self, name: str) -> str:
        """A text that must be there."""
        value = self.text(name)
        if value is None:
            self.wrong(name, "missing")
        return value

    def iri(self, name: str) -> str | None:
        """An absolute IRI, None when absent."""
        value = self.text(name)
        if value is not None and not is_iri(value):
            self.wrong(name, "not an absolute IRI")
        return value

    def need_iri(self, name: str) -> str:
        """An absolute IRI that must be there."""
        value = self.iri(name)
        if value is None:
            self.wrong(name, "missing")
        return value

    def flag(self, name: str) -> bool:
        """True or false; absent is false."""
        value = self.raw(name)
        if value is None:
            return False
        if not isinstance(value, bool):
            self.wrong(name, "neither true nor false")
        return value

    def number(self, name: str) -> int | None:
        """A whole number from 1, None when absent."""
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**31:
            self.wrong(name, "not a whole number from 1")
        return value

    def length(self, name: str) -> str | None:
        """A duration, None when absent."""
        value = self.text(name)
        if value is None:
            return None
        try:
            read_length(value)
        except PodError as error:
            self.wrong(name, error.detail.rstrip("."))
        return value

    def instant(self, name: str) -> Instant | None:
        """A moment, None when absent."""
        value = self.text(name)
        if value is None:
            return None
        try:
            return read_instant(value)
        except PodError as error:
            self.wrong(name, error.detail.rstrip("."))

    def words(self, name: str) -> tuple[str, ...] | None:
        """A list of texts without doubles, None when absent."""
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.wrong(name, "not a list of texts")
        if len(value) > MOST_ITEMS or any(not item for item in value):
            self.wrong(name, f"an empty text, or more than {MOST_ITEMS}")
        return tuple(dict.fromkeys(value))

    def iris(self, name: str) -> tuple[str, ...] | None:
        """A list of absolute IRIs, None when absent."""
        value = self.words(name)
        if value is not None and not all(is_iri(item) for item in value):
            self.wrong(name, "not a list of absolute IRIs")
        return value

    def languages(self, name: str) -> dict[str, str] | None:
        """A text per language, None when absent."""
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, dict) or not value:
            self.wrong(name, "not an object of texts by language")
        for language, text in value.items():
            if language not in LANGUAGES:
                self.wrong(f"{name}/{str(language)[:20]}", f"a language other than {LANGUAGES}")
            if not isinstance(text, str) or not text.strip():
                self.wrong(f"{name}/{language}", "not a text")
        return {language: value[language] for language in LANGUAGES if language in value}

    def choice(self, name: str, allowed: Collection[str]) -> str | None:
        """One of a few words, None when absent."""
        value = self.text(name)
        if value is not None and value not in allowed:
            self.wrong(name, f"not one of {', '.join(sorted(allowed))}")
        return value

    def objects(self, name: str, most: int = MOST_ITEMS) -> "list[Members] | None":
        """A list of objects to read in turn, None when absent."""
        value = self.raw(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.wrong(name, "not a list of objects")
        if len(value) > most:
            self.wrong(name, f"more than {most}")
        return [Members(item, f"{self.pointer}/{name}/{n}") for n, item in enumerate(value)]


def is_iri(text: str) -> bool:
    """Whether a text is an absolute IRI that can stand in RDF and in a header."""
    if any(char in ' <>"{}|\\^`' or ord(char) < 0x21 for char in text) or len(text) > 2_000:
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme) and bool(parts.netloc or parts.path)
