# SPDX-License-Identifier: EUPL-1.2
"""How the story is told: one line per step, in a terminal of 100 columns, plain or in colour."""

import os
import textwrap
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from commands.answer import Answer, Unexpected

WIDTH = 100
TEXT = 74
GREEN, RED, BOLD, DIM = "32", "31", "1", "2"


@dataclass(slots=True)
class Story:
    """Prints chapters and steps, and hears each answer, so that a step can show its own."""

    out: TextIO
    coloured: bool
    steps: int = 0
    chapters: int = 0
    answers: int = 0
    heard: list[Answer] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def hear(self, answer: Answer) -> None:
        self.heard.append(answer)
        self.answers += 1

    def say(self, line: str = "", style: str = "") -> None:
        painted = f"\x1b[{style}m{line}\x1b[0m" if style and self.coloured else line
        print(painted, file=self.out, flush=True)

    def chapter(self, title: str) -> None:
        self.chapters += 1
        self.say()
        self.say(f"{self.chapters:>2}  {title}", BOLD)

    def note(self, *lines: str) -> None:
        """Said below the step that is under way."""
        self.notes.extend(lines)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """One step: ✓ when its block ends, ✗ when something in it was not as it should be."""
        self.heard.clear()
        self.notes.clear()
        begun = time.perf_counter()
        try:
            yield
        except Unexpected:
            self._line("✗", RED, text, _since(begun))
            raise
        self.steps += 1
        spent = sum(answer.milliseconds for answer in self.heard) or _since(begun)
        self._line("✓", GREEN, text, spent)
        for note in self.notes:
            self.say(f"       {note}"[:WIDTH], DIM)

    def _line(self, sign: str, colour: str, text: str, spent: float) -> None:
        *before, last = textwrap.wrap(text, TEXT)
        mark = f"\x1b[{colour}m{sign}\x1b[0m" if self.coloured else sign
        for number, line in enumerate(before):
            self.say(f"    {mark if number == 0 else ' '} {line}")
        mark = " " if before else mark
        self.say(f"    {mark} {last:<{TEXT}} {statuses(self.heard):>7} {spent:>6.0f} ms")


def _since(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000


def statuses(answers: Iterable[Answer]) -> str:
    """The statuses of a step, each once: `201`, or `304·200` when it took several."""
    seen = list(dict.fromkeys(answer.status for answer in answers))
    return "·".join(str(status) for status in seen[-2:])


def wants_colour(out: TextIO) -> bool:
    return out.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table; what does not fit loses its end, or its beginning."""

    title: str
    width: int
    keeps_end: bool = False

    def fit(self, text: str) -> str:
        if len(text) <= self.width:
            return text.ljust(self.width)
        rest = self.width - 1
        return "…" + text[-rest:] if self.keeps_end else text[:rest] + "…"


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> list[str]:
    """The rows between lines of box characters."""

    def rule(left: str, middle: str, right: str) -> str:
        return left + middle.join("─" * (column.width + 2) for column in columns) + right

    def line(cells: Sequence[str]) -> str:
        fitted = (column.fit(cell) for column, cell in zip(columns, cells, strict=True))
        return "│ " + " │ ".join(fitted) + " │"

    body = [line(row) for row in rows]
    head = line([column.title for column in columns])
    return [rule("┌", "┬", "┐"), head, rule("├", "┼", "┤"), *body, rule("└", "┴", "┘")]
