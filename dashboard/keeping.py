# SPDX-License-Identifier: EUPL-1.2
"""What pages may change in a pod: the same operations that programs use, given by server.py."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from identity.who import Who
from pod.iri import Iri

Pieces = Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True)
class Change:
    """One request to the resource operations, as a page makes it (ui.md rule 9).

    `version` is the one that she saw (If-Match); `new` when nothing may be there yet.
    """

    method: str
    target: Iri
    who: Who
    media_type: str | None = None
    pieces: Pieces | None = None
    length: int | None = None
    version: int | None = None
    new: bool = False


@dataclass(frozen=True, slots=True)
class Keeping:
    """`change` gives the status; both raise the refusals that a program would get."""

    change: Callable[[Change], Awaitable[int]]
    rename: Callable[[Who, Iri, Iri], Awaitable[None]]


def of_bytes(body: bytes) -> Pieces:
    """A small body, whole."""

    async def pieces() -> AsyncIterator[bytes]:
        yield body

    return pieces
