# SPDX-License-Identifier: EUPL-1.2
"""Request and answer without HTTP machinery."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from acl.decide import PermitSource
from identity.who import Who
from ldp.conditions import Conditions
from pod.database import Database
from pod.files import Files
from pod.instant import Now
from pod.iri import Iri


@dataclass(frozen=True, slots=True)
class House:
    """What the operations work with, given once by server.py."""

    base: Iri
    db: Database
    files: Files
    now: Now
    sources: Sequence[PermitSource]
    contexts: Mapping[str, object]
    largest_body: int


@dataclass(frozen=True, slots=True)
class Body:
    """What a request carries: its pieces, and how many bytes it announces (None: unknown)."""

    pieces: Callable[[], AsyncIterator[bytes]]
    length: int | None


@dataclass(frozen=True, slots=True)
class Ask:
    """One request about one name."""

    method: str
    target: Iri
    who: Who
    conditions: Conditions
    accept: str | None = None
    content_type: str | None = None
    slug: str | None = None
    types: frozenset[str] = frozenset()
    body: Body | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: bytes, a file to stream, or nothing."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | Path | None = None
    size: int = 0
    properties: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What a commit did: the answer, and the blobs that no row names any more."""

    answer: Answer
    dropped: tuple[str, ...] = ()
