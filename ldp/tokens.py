# SPDX-License-Identifier: EUPL-1.2
"""The words of the Turtle family, one at a time: Turtle, N3 and SPARQL spell their terms alike."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from pod.errors import Unprocessable, Unreadable

_BASE = (
    r"A-Za-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u02FF\u0370-\u037D\u037F-\u1FFF\u200C-\u200D"
    r"\u2070-\u218F\u2C00-\u2FEF\u3001-\uD7FF\uF900-\uFDCF\uFDF0-\uFFFD\U00010000-\U000EFFFF"
)
_WORD = _BASE + r"_0-9\u00B7\u0300-\u036F\u203F-\u2040"
_CHARS = _WORD + "-"
_ESCAPED = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_CODE = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_EXPONENT = r"[eE][+-]?[0-9]++"

# Every repetition is possessive: no input makes the tokenizer go back over what it has read.
_TOKEN = re.compile(
    rf"""(?:[ \t\r\n]++|\#[^\r\n]*+)*+(?:
      (?P<iri><(?:[^\x00-\x20<>"{{}}|^`\\]++|{_CODE})*+>)
    | (?P<pname>(?:[{_BASE}](?:[{_CHARS}]++|\.++(?=[{_CHARS}]))*+)?:
        (?:(?:[{_BASE}_:0-9]|{_ESCAPED})
           (?:[{_CHARS}:]++|{_ESCAPED}|\.++(?=[{_CHARS}:%\\]))*+)?+)
    | (?P<string>'''(?:[^'\\]++|\\.|'(?!''))*+''' | \"""(?:[^"\\]++|\\.|"(?!""))*+\"""
        | '(?!'')(?:[^'\\\r\n]++|\\[^\r\n])*+' | "(?!"")(?:[^"\\\r\n]++|\\[^\r\n])*+")
    | (?P<variable>[?$][{_BASE}_0-9][{_WORD}]*+)
    | (?P<double>[+-]?(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++){_EXPONENT})
    | (?P<decimal>[+-]?[0-9]*+\.[0-9]++)
    | (?P<integer>[+-]?[0-9]++)
    | (?P<mark>[\[\](){{}}.;,])
    | (?P<word>[A-Za-z][A-Za-z0-9_]*+)
    | (?P<label>_:[{_BASE}_0-9](?:[{_CHARS}]++|\.++(?=[{_CHARS}]))*+)
    | (?P<at>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+)
    | (?P<type>\^\^)
    | (?P<sign><<|=>|<=|[=!^|/*+?<>&-])
    | (?P<end>\Z)
    | (?P<bad>.)
    )""",
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:([tbnrf\"'\\])|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|)")
_NAMED = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_LINE_END = re.compile(r"\r\n|\r|\n")
_SPELLED = frozenset({"word", "sign", "at", "mark"})
_FAULTS = {
    "<": "the IRI that begins here holds a character that no IRI may hold, or does not end",
    '"': "the string that begins here does not end",
    "'": "the string that begins here does not end",
}

MALFORMED = "malformed-patch"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a language has that is not taken here: read, recognised and refused by name.

    `beyond` goes by the spelling in capitals, `subjects` and `verbs` by spelling or kind of token
    where a subject or predicate should stand; `problem` names the refusal.
    """

    name: str
    problem: str
    sigils: str
    beyond: Mapping[str, str]
    subjects: Mapping[str, str]
    verbs: Mapping[str, str]
    formulas: bool = False
    caseless: bool = False


class Tokens:
    """A text and the one token that is looked at now: its kind, its spelling, its place."""

    __slots__ = ("dialect", "end", "kind", "start", "text", "value")

    def __init__(self, text: str, dialect: Dialect) -> None:
        self.text = text
        self.dialect = dialect
        self.end = 0
        self.advance()

    def advance(self) -> None:
        """Look at the next token."""
        match = _TOKEN.match(self.text, self.end)
        assert match is not None  # noqa: S101 - `end` and `bad` take what is left
        self.kind = kind = match.lastgroup or "bad"
        self.value = match[kind]
        self.start = match.start(kind)
        self.end = match.end()

    def take(self, mark: str) -> bool:
        """Step over this punctuation mark if it is here."""
        if self.value != mark or self.kind != "mark":
            return False
        self.advance()
        return True

    def expect(self, mark: str, instead: str = "") -> None:
        """Step over this punctuation mark, which has to be here."""
        if not self.take(mark):
            self.unexpected(instead or f"`{mark}`")

    def unexpected(self, expected: str, also: Mapping[str, str] | None = None) -> NoReturn:
        """Say what stands here: a part of the language that is not taken, or broken syntax."""
        value = self.value.upper() if self.kind in _SPELLED else self.kind
        feature = (also or {}).get(value) or self.dialect.beyond.get(value)
        if feature is not None:
            self.refuse(feature)
        if self.kind == "end":
            self.fail(f"the text ends where {expected} should stand")
        if self.value in _FAULTS:
            self.fail(_FAULTS[self.value])
        self.fail(f"{self.value[:40]!r} stands where {expected} should")

    def refuse(self, feature: str) -> NoReturn:
        """The language knows it, this server does not take it."""
        line, column = place(self.text, self.start)
        detail = f"{self.dialect.name} is taken here without {feature}"
        raise Unprocessable(
            f"{detail} (line {line}, column {column}).",
            problem=self.dialect.problem,
            errors=[{"line": line, "column": column, "detail": detail}],
        )

    def fail(self, detail: str, at: int | None = None) -> NoReturn:
        """Broken syntax, with its place."""
        raise malformed(self.dialect, self.text, self.start if at is None else at, detail)

    def unescaped(self, text: str) -> str:
        """The text that an IRI or string token stands for, its delimiters taken off already."""
        return _ESCAPE.sub(self._character, text) if "\\" in text else text

    def _character(self, match: re.Match[str]) -> str:
        if match[1]:
            return _NAMED[match[1]]
        code = int(match[2] or match[3] or "110000", 16)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            self.fail(f"the escape {match[0] + match.string[match.end() :][:1]!r} means nothing")
        return chr(code)


def malformed(dialect: Dialect, text: str, offset: int, detail: str) -> Unreadable:
    """The refusal of broken syntax at this place of the text."""
    line, column = place(text, offset)
    return Unreadable(
        f"The body is not {dialect.name}: {detail} (line {line}, column {column}).",
        problem=MALFORMED,
        errors=[{"line": line, "column": column, "detail": detail}],
    )


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both counted from 1."""
    line, begins = 1, 0
    for match in _LINE_END.finditer(text, 0, offset):
        line, begins = line + 1, match.end()
    return line, offset - begins + 1


def text_of(body: bytes, dialect: Dialect) -> str:
    """The body as text; Unreadable with line and column where it is not UTF-8."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        before = body[: error.start].decode("utf-8")
        raise malformed(dialect, before, len(before), "these bytes are not UTF-8") from error
