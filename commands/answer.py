# SPDX-License-Identifier: EUPL-1.2
"""What came back over HTTP, and what was expected of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import orjson

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class Unexpected(Exception):
    """One sentence: what was expected, and what came instead."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the server: each byte of it, and how long it took."""

    method: str
    url: str
    status: int
    raw_headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    milliseconds: float

    def header(self, name: str) -> str:
        """The header's value, empty when it is not there; several are joined by commas."""
        wanted = name.lower().encode()
        values = [value for key, value in self.raw_headers if key.lower() == wanted]
        return b", ".join(values).decode("latin-1")

    @property
    def every_byte(self) -> bytes:
        """Headers and body together, to look for what should not have left."""
        return b"".join(b"%s: %s\r\n" % pair for pair in self.raw_headers) + self.body

    @property
    def media_type(self) -> str:
        return self.header("Content-Type").partition(";")[0].strip().lower()

    @property
    def json(self) -> Json:
        try:
            value: Json = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise Unexpected(f"Expected JSON, but {self.in_words()}.") from error
        return value

    @property
    def problem(self) -> str:
        """The name at the end of the problem type (RFC 9457), empty when there is none."""
        if self.media_type != "application/problem+json":
            return ""
        value = self.json
        kind = value.get("type") if isinstance(value, dict) else None
        return kind.rpartition("#")[2] if isinstance(kind, str) else ""

    def in_words(self) -> str:
        told = f"{self.method} {self.url} answered {self.status}"
        if self.problem:
            value = self.json
            detail = value.get("detail") if isinstance(value, dict) else None
            return f"{told} {self.problem} ({detail})"
        if self.status >= 400 and self.body:
            return f"{told} ({self.body[:200].decode(errors='replace')})"
        return told


def want(holds: bool, expected: str, came: str) -> None:
    if not holds:
        raise Unexpected(f"Expected {expected}, but {came}.")


def want_status(answer: Answer, *statuses: int) -> Answer:
    wanted = " or ".join(str(status) for status in statuses)
    want(answer.status in statuses, f"status {wanted}", answer.in_words())
    return answer


def want_refused(answer: Answer, problem: str, status: int = 403) -> Answer:
    right = answer.status == status and answer.problem == problem
    want(right, f"{status} {problem}", answer.in_words())
    return answer


def want_same(what: str, came: object, expected: object) -> None:
    want(came == expected, f"{what} to be {expected!r}", f"it is {came!r}")


def at(value: Json, *path: str | int) -> Json:
    """What lies at the end of the path; a missing step is said by its name."""
    here = value
    for step in path:
        steps: dict[str | int, Json] = {}
        steps.update(enumerate(here) if isinstance(here, list) else ())
        steps.update(here if isinstance(here, dict) else ())
        if step not in steps:
            names = "/".join(str(name) for name in path)
            raise Unexpected(f"Expected a member {names}, but {step} is not there.")
        here = steps[step]
    return here


def text_at(value: Json, *path: str | int) -> str:
    found = at(value, *path)
    if not isinstance(found, str):
        raise Unexpected(f"Expected text at {path[-1]}, but found {found!r}.")
    return found


def number_at(value: Json, *path: str | int) -> int:
    found = at(value, *path)
    if not isinstance(found, int) or isinstance(found, bool):
        raise Unexpected(f"Expected a number at {path[-1]}, but found {found!r}.")
    return found


def items_at(value: Json, *path: str | int) -> list[Json]:
    found = at(value, *path)
    if not isinstance(found, list):
        raise Unexpected(f"Expected a list at {path[-1]}, but found {found!r}.")
    return found


def inside(value: Json) -> list[Json]:
    """What an object or a list holds, without the names of members."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def texts_in(value: Json) -> Iterator[str]:
    """Each text anywhere inside."""
    if isinstance(value, str):
        yield value
    for item in inside(value):
        yield from texts_in(item)


def nodes_in(value: Json) -> Iterator[dict[str, Json]]:
    """Each object anywhere inside, the outer ones first."""
    if isinstance(value, dict):
        yield value
    for item in inside(value):
        yield from nodes_in(item)
