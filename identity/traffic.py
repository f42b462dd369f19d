# SPDX-License-Identifier: EUPL-1.2
"""Requests under way: so that a server that is told to stop first finishes what it began."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Traffic:
    """How many requests are inside, and whether new ones on old connections still may come."""

    inside: int = 0
    closing: bool = False
    empty: asyncio.Event = field(default_factory=asyncio.Event)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """One request, from its headers to the end of its answer."""
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1
            if not self.inside:
                self.empty.set()

    async def drained(self, seconds: float) -> bool:
        """Close connections after their answer; whether all requests ended in that time."""
        self.closing = True
        if not self.inside:
            return True
        self.empty.clear()
        try:
            async with asyncio.timeout(seconds):
                await self.empty.wait()
        except TimeoutError:
            return False
        return True
