# SPDX-License-Identifier: EUPL-1.2
"""Reading a body to its end, so that the answer names each fault and not just the first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pod.errors import Unprocessable

MOST = 100
UNKNOWN = "unknown-term"
T = TypeVar("T")


@dataclass(slots=True)
class Faults:
    """What was wrong so far; `end` refuses all of it at once."""

    found: list[Mapping[str, object]] = field(default_factory=list)
    problems: set[str] = field(default_factory=set)

    def read(self, work: Callable[[], T], otherwise: T) -> T:
        """What the work gives; where it refuses, its fault is kept and this stands instead."""
        try:
            return work()
        except Unprocessable as error:
            self.found += error.errors or [{"pointer": "", "detail": error.detail}]
            self.problems.add(error.problem)
            return otherwise

    def maybe(self, work: Callable[[], T | None]) -> T | None:
        """What the work gives; None where it refuses."""
        return self.read(work, None)

    def add(self, pointer: str, detail: str, **more: object) -> None:
        """One more fault; a place that was named already has had its say."""
        if any(fault.get("pointer") == pointer for fault in self.found):
            return
        self.found.append({"pointer": pointer, "detail": detail, **more})
        self.problems.add("bad-term")

    def end(self, what: str) -> None:
        """KC-1: 422 with each place; nothing when all was well."""
        if not self.found:
            return
        first = self.found[0]
        rest = f", and {len(self.found) - 1} more" if len(self.found) > 1 else ""
        raise Unprocessable(
            f"{what} cannot stand: {first['pointer'] or 'the whole'}: {first['detail']}{rest}.",
            problem=UNKNOWN if self.problems == {UNKNOWN} else "bad-term",
            errors=self.found[:MOST],
        )
