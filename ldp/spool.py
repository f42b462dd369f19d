# SPDX-License-Identifier: EUPL-1.2
"""A large container's listing, written page by page to a nameless file: one version, flat memory.

docs/decisions/0007-listings.md says why.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import IO, Any

from acl.permit import View
from ldp.listing import WRITERS
from ldp.showing import granted_only
from pod.database import Database, Tx
from pod.membership import page_of, version_of
from pod.resource import Member, Resource

PAGE = 1000
Bare = Callable[[Tx, Sequence[Member]], Coroutine[Any, Any, Sequence[Member]]]


@dataclass(slots=True)
class Spool:
    """A listing being written: what it is of, and whether a member is in it yet.

    `bare` takes the facts from members whose facts the reader may not have (SP-35).
    """

    file: IO[bytes]
    container: Resource
    view: View | None
    media_type: str
    listed: bool = False
    bare: Bare | None = None

    def open(self) -> None:
        """Begin anew, whatever is in the file: a unit of work may be run twice."""
        self.file.seek(0)
        self.file.truncate()
        self.listed = False
        self.file.write(WRITERS[self.media_type].opening(self.container))

    def add(self, page: Sequence[Member]) -> None:
        """The next members and their facts."""
        members = granted_only(self.view, page)
        if members:
            passage = WRITERS[self.media_type].passage
            self.file.write(passage(self.container, members, not self.listed))
            self.listed = True

    def close(self) -> int:
        """The end of the listing; how many bytes it has."""
        closing = WRITERS[self.media_type].closing
        self.file.write(closing(self.container, self.listed, self.view is None))
        self.file.flush()
        return self.file.tell()


async def write_in_pages(db: Database, spool: Spool, first: Sequence[Member]) -> int | None:
    """One short unit per page; None when the container changed under way, and all is void."""
    await asyncio.to_thread(spool.open)
    page: Sequence[Member] | None = first[:PAGE]
    while page:
        await asyncio.to_thread(spool.add, page)
        page = await db.read(_next, spool, page[-1].iri)
    return None if page is None else await asyncio.to_thread(spool.close)


async def _next(tx: Tx, spool: Spool, after: str) -> Sequence[Member] | None:
    container = spool.container
    # Decision 43: whatever a listing shows raises the version, so an equal one is the same list.
    if await version_of(tx, container.iri) != container.version:
        return None
    return await _page(tx, spool, after)


async def _page(tx: Tx, spool: Spool, after: str) -> Sequence[Member]:
    page = await page_of(tx, spool.container.iri, after, PAGE)
    return page if spool.bare is None else await spool.bare(tx, page)


async def write_at_once(tx: Tx, spool: Spool) -> int:
    """All pages in one snapshot, for a container that changes faster than pages can be turned.

    The file is no row, yet safe to write here: nobody sees it before the unit is over, and a unit
    that is run again begins it anew.
    """
    spool.open()
    after = ""
    while page := await _page(tx, spool, after):
        spool.add(page)
        after = page[-1].iri
    return spool.close()
