# SPDX-License-Identifier: EUPL-1.2
"""Request and answer without HTTP machinery."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from os import pread
from typing import IO

from acl.decide import PermitSource
from acl.remote import RemoteGroups
from acl.soon import Soon
from identity.who import Who
from ldp.conditions import Conditions
from ldp.ranges import Stretch
from ldp.readers import Readers
from ldp.shelf import Shelf
from ldp.shown import Shown
from pod.database import Database
from pod.errors import PodError
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
    quota: int = 0
    strict_listing: bool = False
    open_control: bool = False
    remote_groups: RemoteGroups | None = None
    soon: Soon | None = None
    readers: Readers = field(default_factory=Readers)
    shelf: Shelf[Shown] = field(default_factory=Shelf)


@dataclass(frozen=True, slots=True)
class Body:
    """What a request carries: its pieces, and how many bytes it announces (None: unknown)."""

    pieces: Callable[[], AsyncIterator[bytes]]
    length: int | None


@dataclass(frozen=True, slots=True)
class Ask:
    """One request about one name; `navigates` when a person's browser opens it as a page."""

    method: str
    target: Iri
    who: Who
    conditions: Conditions
    accept: str | None = None
    content_type: str | None = None
    slug: str | None = None
    types: frozenset[str] = frozenset()
    has_context: bool = False
    body: Body | None = None
    range: str | None = None
    if_range: str | None = None
    prefer: str | None = None
    digests: tuple[bytes, ...] = ()
    digests_wanted: frozenset[str] = frozenset()
    navigates: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """An open file, and what of it goes out in which order. Who sends it closes it."""

    file: IO[bytes]
    parts: tuple[bytes | Stretch, ...]

    def piece(self, start: int, length: int) -> bytes:
        """Some bytes of the file, wherever it was read before."""
        return pread(self.file.fileno(), length, start)

    def read_bytes(self) -> bytes:
        """All that goes out, in memory; closes the file."""
        with self.file:
            return b"".join(
                self.piece(*part) if isinstance(part, Stretch) else part for part in self.parts
            )

    def close(self) -> None:
        self.file.close()


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: bytes, a file to stream, or nothing. A size of None is not known.

    `refusal` is raised in its place, once what must be on disk before is there.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | Stream | None = None
    size: int | None = 0
    properties: tuple[str, ...] | None = None
    refusal: PodError | None = None

    def close(self) -> None:
        """Let go of the file of an answer that is not sent."""
        if isinstance(self.body, Stream):
            self.body.close()


@dataclass(frozen=True, slots=True)
class Kept:
    """What a commit did: the answer, and the blobs that no row names any more."""

    answer: Answer
    dropped: tuple[str, ...] = ()
