# SPDX-License-Identifier: EUPL-1.2
"""Where the statements of a valid Turtle document stand, and which triple each part says."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ldp.tokens import Dialect, Tokens
from pod.errors import Unreadable

DEEPEST = 100

_BLANK = r"[ \t\r\n]++"
_COMMENT = r"\#[^\r\n]*+"
_CHARS = r"^\s<>\"'\[\](){};,.\#@\^\\"
_WORD = rf"(?:[{_CHARS}]|\\.|\.(?=[0-9]))(?:[{_CHARS}]++|\\.|\.++(?=[{_CHARS}\\]))*+"
_STRING = (
    r"'''(?:[^'\\]++|\\.|'(?!''))*+'''|\"\"\"(?:[^\"\\]++|\\.|\"(?!\"\"))*+\"\"\""
    r"|'(?:[^'\\]++|\\.)*+'|\"(?:[^\"\\]++|\\.)*+\""
)
_TERM = rf"<[^>]*+>|{_WORD}|{_STRING}|@[A-Za-z]++[-A-Za-z0-9]*+|\^\^"
_SPACE = rf"(?:{_BLANK}|{_COMMENT})*+"

# What the document says has been read already: these only tell its parts from one another.
_START = re.compile(_SPACE)
_DIRECTIVE = re.compile(
    rf"(?:@prefix|(?i:prefix)(?=[\s#])){_SPACE}(?P<prefix>[^\s:]*+):{_SPACE}<[^>]*+>"
    rf"|(?P<base>@base|(?i:base)(?=[\s#<])){_SPACE}<[^>]*+>"
    rf"|(?:@version|(?i:version)(?=[\s#\"'])){_SPACE}(?:{_STRING})",
    re.DOTALL,
)
_DOT = re.compile(rf"{_SPACE}\.")
# One match for each mark, with all that says something before it; in a list for each member.
_SLOT = re.compile(
    rf"{_SPACE}((?:{_TERM})(?:{_TERM}|{_BLANK}|{_COMMENT})*+)?+([\[\](),;.])", re.DOTALL
)
_MEMBER = re.compile(
    rf"{_SPACE}(?:([\[()])|(?:{_STRING})(?:@[-A-Za-z0-9]++|\^\^(?:<[^>]*+>|{_WORD}))?+|<[^>]*+>|{_WORD})",
    re.DOTALL,
)
_PASSED = re.compile(rf"(?:{_TERM}|{_BLANK}|[\[\](){{}};,.])*+({_COMMENT})?", re.DOTALL)

_DIALECT = Dialect("Turtle", "malformed-rdf", sigils="", beyond={}, subjects={}, verbs={})


class Brackets(NamedTuple):
    """A blank node written as `[ … ]`, or a list: what is said of it, or its members."""

    start: int
    end: int
    said: "tuple[Said, ...]"
    members: "tuple[Thing, ...]"
    rests: tuple[int, ...]


class Thing(NamedTuple):
    """An object or member of a list, and the number of the triple that says it."""

    start: int
    end: int
    number: int
    inside: Brackets | None


class Said(NamedTuple):
    """A predicate with its objects, the commas between them and the semicolons behind."""

    start: int
    things: tuple[Thing, ...]
    commas: tuple[int, ...]
    semicolons: tuple[int, ...]


class Statement(NamedTuple):
    """A subject and what is said of it, from its first sign to the dot behind it.

    `order` gives for the numbers in it the places among the triples of the document.
    """

    start: int
    end: int
    subject: tuple[int, int]
    inside: Brackets | None
    said: tuple[Said, ...]
    order: Sequence[int]


@dataclass(slots=True)
class Spans:
    """A document in parts: where each statement begins, and its first triple's place."""

    text: str
    starts: list[int] = field(default_factory=list)
    firsts: list[int] = field(default_factory=list)
    count: int = 0
    prefixes: dict[str, list[int]] = field(default_factory=dict)
    based: bool = False
    known: dict[int, Statement] = field(default_factory=dict)

    def in_force(self, prefix: str, place: int) -> bool:
        """Whether the prefix means at this place what it means at the end."""
        ends = self.prefixes.get(prefix, ())
        return len(ends) == 1 and ends[0] <= place

    def holding(self, place: int) -> Statement:
        """The statement that says the triple at this place."""
        at = bisect_right(self.firsts, place) - 1
        found = self.known.get(at)
        if found is None:
            found = self.known[at] = read_statement(self.text, self.starts[at], self.firsts[at])
        return found


def read_spans(text: str) -> Spans:
    """The parts of a valid document; Unreadable or Unprocessable where it is beyond this reader."""
    spans, at = Spans(text), 0
    while True:
        start = _START.match(text, at).end()  # type: ignore[union-attr]  # it fits the empty text
        if start == len(text):
            return spans
        at = _read_directive(spans, start) or _read_part(spans, start)


def _read_directive(spans: Spans, start: int) -> int:
    """Where the directive ends that stands here; 0 when it is none."""
    match = _DIRECTIVE.match(spans.text, start)
    if match is None:
        return 0
    if match["prefix"] is not None:
        spans.prefixes.setdefault(match["prefix"], []).append(match.end())
    spans.based = spans.based or match["base"] is not None
    dot = _DOT.match(spans.text, match.end()) if spans.text[start] == "@" else None
    return dot.end() if dot is not None else match.end()


def _read_part(spans: Spans, start: int) -> int:
    end, count = _measured(spans.text, start)
    spans.starts.append(start)
    spans.firsts.append(spans.count)
    spans.count += count
    return end


def _measured(text: str, start: int) -> tuple[int, int]:
    """Where the statement ends that starts here, and how many triples it says."""
    at, count, filled, spoken, within = start, 0, False, False, list[str]()
    while True:
        in_list = within and within[-1] == "("
        match = (_MEMBER if in_list else _SLOT).match(text, at)
        if match is None:
            raise Unreadable("This statement is beyond the reader.", problem="malformed-rdf")
        at, mark = match.end(), match[match.lastindex] if match.lastindex else ""
        if in_list:
            # A member takes a cell of its own: two triples.
            count += 2 if mark != ")" else 0
        elif match.start(1) >= 0:
            filled, spoken = True, spoken or not within
        if mark == "[" or mark == "(":
            within.append(mark)
            filled = False
        elif mark == "]" or mark == ")":
            count += filled and mark == "]"
            within.pop()
            filled = True
        elif mark == ".":
            # `[ … ] .` says nothing by itself.
            return at, count + (filled and spoken)
        elif mark:
            count += filled
            filled = False


def comments(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The comments between these two places, of which the first is not inside of a token."""
    at = start
    while at < end:
        match = _PASSED.match(text, at, end)
        if match is None or not match[1]:
            return
        yield match.span(1)
        at = match.end()


def read_statement(text: str, start: int, first: int) -> Statement:
    """The statement that starts here, its triples counted from *first*."""
    reader = _Reader(text, start)
    tokens = reader.tokens
    begin, inside = tokens.start, None
    if tokens.kind == "mark" and tokens.value in "[(":
        inside = reader.subject()
        end = inside.end
    else:
        end = tokens.end
        reader.advance()
    said = () if tokens.value == "." else reader.said()
    if tokens.kind != "mark" or tokens.value != ".":
        tokens.unexpected("`.`")
    return Statement(start, tokens.end, (begin, end), inside, said, reader.order(first))


class _Reader:
    """Reads one statement, and keeps with which token the parser gives out each of its triples."""

    def __init__(self, text: str, start: int) -> None:
        self.tokens = Tokens("", _DIALECT)
        self.tokens.text, self.tokens.end = text, start
        self.tokens.advance()
        self._token = self._depth = 0
        self._given: list[int] = []

    def advance(self) -> None:
        self.tokens.advance()
        self._token += 1

    def order(self, first: int) -> list[int]:
        """The place of each triple: what one token completes, the parser gives out backwards."""
        order = [0] * len(self._given)
        given = self._given
        for place, number in enumerate(sorted(range(len(given)), key=lambda n: (given[n], -n))):
            order[number] = first + place
        return order

    def _give(self) -> int:
        self._given.append(self._token)
        return len(self._given) - 1

    def subject(self) -> Brackets:
        if self.tokens.value == "[":
            return self._described()
        start = self.tokens.start
        self.advance()
        return self._list(start)

    def said(self) -> tuple[Said, ...]:
        tokens, said = self.tokens, list[Said]()
        while True:
            start = tokens.start
            self.advance()
            things, commas, semicolons = [self._thing()], list[int](), list[int]()
            while tokens.value == "," and tokens.kind == "mark":
                commas.append(tokens.start)
                self.advance()
                things.append(self._thing())
            while tokens.value == ";" and tokens.kind == "mark":
                semicolons.append(tokens.start)
                self.advance()
            said.append(Said(start, tuple(things), tuple(commas), tuple(semicolons)))
            if not semicolons or (tokens.kind == "mark" and tokens.value in ".]"):
                return tuple(said)

    def _thing(self) -> Thing:
        tokens = self.tokens
        start, kind = tokens.start, tokens.kind
        if kind == "mark":
            return self._nested()
        if kind in ("end", "bad", "sign", "at", "type", "variable"):
            tokens.unexpected("an object")
        if kind == "string":
            return self._string()
        number, end = self._give(), tokens.end
        self.advance()
        return Thing(start, end, number, None)

    def _string(self) -> Thing:
        """A string is complete with the token behind it, unless that still belongs to it."""
        tokens = self.tokens
        start, end = tokens.start, tokens.end
        self.advance()
        if tokens.kind == "type":
            self.advance()
        elif tokens.kind != "at":
            return Thing(start, end, self._give(), None)
        number, end = self._give(), tokens.end
        self.advance()
        return Thing(start, end, number, None)

    def _nested(self) -> Thing:
        start = self.tokens.start
        if self.tokens.value == "[":
            inside = self._described(gives=True)
            return Thing(start, inside.end, len(self._given) - 1, inside)
        if self.tokens.value != "(":
            self.tokens.unexpected("an object")
        self.advance()
        number = self._give()
        if self.tokens.value == ")":
            end = self.tokens.end
            self.advance()
            return Thing(start, end, number, None)
        inside = self._list(start)
        return Thing(start, inside.end, number, inside)

    def _described(self, *, gives: bool = False) -> Brackets:
        tokens, start = self.tokens, self.tokens.start
        self._deeper()
        self.advance()
        said = () if tokens.value == "]" else self.said()
        if tokens.value != "]":
            tokens.unexpected("`]`")
        if gives:
            self._give()
        end = tokens.end
        self.advance()
        self._depth -= 1
        return Brackets(start, end, said, (), ())

    def _list(self, start: int) -> Brackets:
        tokens, members, rests = self.tokens, list[Thing](), list[int]()
        self._deeper()
        while tokens.kind != "mark" or tokens.value != ")":
            members.append(self._thing())
            rests.append(self._give())
        end = tokens.end
        self.advance()
        self._depth -= 1
        return Brackets(start, end, (), tuple(members), tuple(rests))

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            self.tokens.fail(f"brackets are nested deeper than {DEEPEST}")
