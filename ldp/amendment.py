# SPDX-License-Identifier: EUPL-1.2
"""What a change does to one statement: parts taken out, put in their place or put behind them."""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from ldp.cuts import Change, cuts
from ldp.spans import Brackets, Said, Statement, Thing, comments

_REMARK = re.compile(r"[ \t]*\#[^\r\n]*")
_INDENT = re.compile(r"[ \t]*")


class Beyond(Exception):
    """This change cannot be made in the text that is there."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The text and how it breaks and indents its lines."""

    text: str
    line: str
    indent: str

    def indent_at(self, place: int) -> str:
        """The blanks that begin the line of this place."""
        begin = max(self.text.rfind("\n", 0, place), self.text.rfind("\r", 0, place)) + 1
        match = _INDENT.match(self.text, begin, place)
        return match[0] if match is not None else ""

    def remark_end(self, place: int) -> int | None:
        """Where the comment ends that stands behind this place on its line."""
        match = _REMARK.match(self.text, place)
        return match.end() if match is not None else None

    def bare(self, start: int, end: int) -> bool:
        """Whether no comment stands between these places."""
        return "#" not in self.text[start:end] or not any(comments(self.text, start, end))


@dataclass(frozen=True, slots=True)
class More:
    """What else is said of a subject: objects by the place of the predicate they join, the rest."""

    joined: Mapping[int, Sequence[str]]
    said: Sequence[str]


@dataclass(slots=True)
class Amendment:
    """One statement and what becomes of it, by the places of triples in the document.

    `gone` are taken out, `instead` says what stands in the place of some of them, `more` what is
    put behind the predicates that begin at a place.
    """

    layout: Layout
    statement: Statement
    gone: Set[int]
    instead: Mapping[int, str]
    more: Mapping[int, More]
    changes: list[Change] = field(default_factory=list)

    def made(self) -> list[Change]:
        """The changes to the text; Beyond when they would not say the same."""
        statement, parts = self.statement, list[tuple[int, int]]()
        stays, inside = bool(statement.said), statement.inside
        if stays:
            stays = self._said_stays(statement.said, parts)
        content = inside is not None and self._content_stays(inside, parts)
        if not stays and not content:
            self.changes, parts = [], [(statement.start, statement.end)]
        self.changes += cuts(self.layout.text, statement.start, parts)
        return self.changes

    def _content_stays(self, inside: Brackets, parts: list[tuple[int, int]]) -> bool:
        """The brackets at the begin of the statement: whether they say something by themselves."""
        if not inside.members:
            return bool(inside.said) and self._bracket_stays(inside, parts)
        if self._all_gone(inside) and not any(map(self._stays, self._top())):
            return False
        self._inside(inside, parts)
        if not any(map(self._stays, self._top())):
            raise Beyond
        return True

    def _top(self) -> Iterator[Thing]:
        return (thing for said in self.statement.said for thing in said.things)

    def _is_gone(self, number: int) -> bool:
        place = self.statement.order[number]
        return place in self.gone and place not in self.instead

    def _stays(self, thing: Thing) -> bool:
        return not self._is_gone(thing.number)

    def _all_gone(self, inside: Brackets) -> bool:
        things = [thing for said in inside.said for thing in said.things] + list(inside.members)
        return all(map(self._is_gone, inside.rests)) and all(
            self._is_gone(thing.number) and (thing.inside is None or self._all_gone(thing.inside))
            for thing in things
        )

    def _said_stays(self, all_said: Sequence[Said], parts: list[tuple[int, int]]) -> bool:
        stays = [self._one_stays(said, parts) for said in all_said]
        if not any(stays):
            return self._all_anew(all_said, parts)
        last = max(at for at, one in enumerate(stays) if one)
        more = self.more.get(all_said[0].start)
        # A document that ends what it says with a semicolon keeps to that.
        closed = bool(all_said[-1].semicolons)
        for at, said in enumerate(all_said):
            if not stays[at]:
                parts.append((said.start, _end(said)))
            if not stays[at] or (at == last and not closed and not (more and more.said)):
                parts += [(place, place + 1) for place in said.semicolons]
        early = not closed and self._dot_behind_remarks(all_said, all_said[last])
        if early:
            self._end_early(all_said[last], parts, keeps_semicolon=bool(more and more.said))
        if more is not None:
            self._put(all_said, all_said[last], more, early=early)
        return True

    def _all_anew(self, all_said: Sequence[Said], parts: list[tuple[int, int]]) -> bool:
        """Nothing that was said stays; whether something else is said in its place."""
        more, first, rest = self.more.get(all_said[0].start), all_said[0], all_said[1:]
        if more is None:
            parts.append((first.start, _end(all_said[-1])))
            parts += [(at, at + 1) for at in all_said[-1].semicolons]
            return False
        before, after = self._gap(all_said)
        text = f"{before};{after}".join(more.said)
        end = _end(first)
        if not self.layout.bare(first.start, end):
            # It takes the place of the first sign, and what is cut out behind it leaves comments.
            end = first.start + 1
            parts.append((end, _end(first)))
        self.changes.append(Change(first.start, end, text))
        if rest:
            parts += [(at, at + 1) for said in all_said[:-1] for at in said.semicolons]
            parts += [(said.start, _end(said)) for said in rest]
        return True

    def _dot_behind_remarks(self, all_said: Sequence[Said], last: Said) -> bool:
        """Whether the dot would stay behind alone, below comments on what is taken out."""
        if all_said is not self.statement.said or not last.semicolons:
            return False
        return not self.layout.bare(last.semicolons[0], self.statement.end)

    def _end_early(
        self, last: Said, parts: list[tuple[int, int]], *, keeps_semicolon: bool
    ) -> None:
        """The dot goes to where the statement ends now."""
        dot = self.statement.end - 1
        parts.append((dot, dot + 1))
        if not keeps_semicolon:
            first = last.semicolons[0]
            parts.remove((first, first + 1))
            self.changes.append(Change(first, first + 1, "."))

    def _one_stays(self, said: Said, parts: list[tuple[int, int]]) -> bool:
        inner = list[tuple[int, int]]()
        stays = [self._thing_stays(thing, inner) for thing in said.things]
        if not any(stays):
            return False
        parts += inner
        last = max(at for at, one in enumerate(stays) if one)
        parts += [(t.start, t.end) for t, one in zip(said.things, stays, strict=True) if not one]
        if self._leads(said):
            first = stays.index(True)
            gone = [not stays[at + 1] or at < first for at in range(len(said.commas))]
        else:
            gone = [not stays[at] or at >= last for at in range(len(said.commas))]
        parts += [(c, c + 1) for c, one in zip(said.commas, gone, strict=True) if one]
        return True

    def _leads(self, said: Said) -> bool:
        """Whether commas stand before their object, at the begin of its line."""
        if not said.commas:
            return False
        return "\n" in self.layout.text[said.things[-2].end : said.commas[-1]]

    def _thing_stays(self, thing: Thing, parts: list[tuple[int, int]]) -> bool:
        place, inside = self.statement.order[thing.number], thing.inside
        if place in self.gone:
            if inside is not None and not self._all_gone(inside):
                raise Beyond
            if place not in self.instead:
                return False
            # Only the bracket gives way to the new text; a remark inside it stays (cuts).
            end = thing.start + 1 if self.layout.text[thing.start] in "[(" else thing.end
            self.changes.append(Change(thing.start, end, self.instead[place]))
            if end < thing.end:
                parts.append((end, thing.end))
        elif inside is not None:
            self._inside(inside, parts)
        return True

    def _inside(self, inside: Brackets, parts: list[tuple[int, int]]) -> None:
        if not inside.members:
            self._bracket_stays(inside, parts)
        elif any(map(self._is_gone, inside.rests)):
            raise Beyond
        for member in inside.members:
            if not self._thing_stays(member, parts):
                raise Beyond

    def _bracket_stays(self, inside: Brackets, parts: list[tuple[int, int]]) -> bool:
        """Whether something is left between the brackets; else they close up."""
        inner = list[tuple[int, int]]()
        if not inside.said:
            more = self.more.get(inside.start)
            if more is not None:
                text = f"[ {' ; '.join(more.said)} ]"
                self.changes.append(Change(inside.start, inside.end, text))
            return more is not None
        stays = self._said_stays(inside.said, inner)
        if stays or not self.layout.bare(inside.start, inside.end):
            parts += inner
        else:
            self.changes.append(Change(inside.start, inside.end, "[]"))
        return stays

    def _put(self, all_said: Sequence[Said], last: Said, more: More, *, early: bool) -> None:
        """Put the new objects behind those of their predicate, new predicates at the end."""
        for said in all_said:
            if said.start in more.joined:
                self._join(said, more.joined[said.start])
        if more.said:
            self._say(all_said, last, more.said, early=early)

    def _join(self, said: Said, objects: Sequence[str]) -> None:
        text, things = self.layout.text, said.things
        gap = ", "
        if len(things) > 1:
            gap = text[things[-2].end : things[-1].start]
        if self._leads(said):
            comma = said.commas[-1]
            after = text[comma : things[-1].start] if "#" not in gap else ", "
            gap = self.layout.line + self.layout.indent_at(comma) + after
        elif "#" in gap:
            gap = "," + self.layout.line + self.layout.indent_at(things[-1].start)
        at = [thing for thing in things if self._stays(thing)][-1].end
        self.changes.append(Change(at, at, "".join(gap + each for each in objects)))

    def _say(
        self, all_said: Sequence[Said], last: Said, new: Sequence[str], *, early: bool
    ) -> None:
        before, after = self._gap(all_said)
        broken = "\n" in after or "\r" in after
        if last.semicolons:
            # What is said last here keeps the semicolon that it has.
            at = last.semicolons[0] + 1
            closing = before + ";" if all_said[-1].semicolons else " ." if early else ""
            at = (self.layout.remark_end(at) if broken else None) or at
            text = after + f"{before};{after}".join(new) + closing
            self.changes.append(Change(at, at, text))
            return
        at = [thing for thing in last.things if self._stays(thing)][-1].end
        text = after + f"{before};{after}".join(new)
        remark = self.layout.remark_end(at) if broken else None
        dot = self.statement.end - 1
        if remark is not None:
            self.changes += (Change(at, at, before + ";"), Change(remark, remark, text))
        elif broken and all_said is self.statement.said and self._remark_behind(at, dot):
            end = self.layout.remark_end(dot + 1) or dot + 1
            blank = self.layout.text[at:dot]
            self.changes += (Change(dot, dot + 1, ";"), Change(end, end, text + blank + "."))
        else:
            self.changes.append(Change(at, at, f"{before};{text}"))

    def _remark_behind(self, at: int, dot: int) -> bool:
        """Whether the dot is on the line of this place, and a comment behind it."""
        text = self.layout.text
        return not text[at:dot].strip(" \t") and self.layout.remark_end(dot + 1) is not None

    def _gap(self, all_said: Sequence[Said]) -> tuple[str, str]:
        """What stands before and behind a semicolon here."""
        layout, text = self.layout, self.layout.text
        begin, last = self.statement.start, all_said[-1]
        if len(all_said) > 1:
            gap = text[_end(all_said[-2]) : last.start]
            if "#" not in gap:
                before, _, after = gap.partition(";")
                return before, after.replace(";", "")
            return " ", layout.line + layout.indent_at(last.start)
        end = last.semicolons[0] if last.semicolons else _following(text, _end(last))
        before = " " if text[end - 1] in " \t\r\n" else ""
        if all_said is not self.statement.said:
            inline = text.find("\n", begin, _end(last)) < 0
            return before, " " if inline else layout.line + layout.indent_at(last.start)
        return before, layout.line + layout.indent_at(begin) + layout.indent


def _end(said: Said) -> int:
    return said.things[-1].end


def _following(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
