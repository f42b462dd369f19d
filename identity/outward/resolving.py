# SPDX-License-Identifier: EUPL-1.2
"""Names to addresses: all of them public, or none is used (SR-2)."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from identity.outward.outward import may_reach_text

# A host and its port to the addresses that the system knows for it.
Lookup = Callable[[str, int], Sequence[str]]
MOST_LOOKUPS = 8


class NoPublicAddress(OSError):
    """The name is not known, or leads to a place that is not on the public internet.

    One error for both: which names an inner network knows is not told.
    """


def system_lookup(host: str, port: int) -> Sequence[str]:
    """What this machine's resolver says; waits, so it runs in a thread."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


@dataclass(slots=True)
class Resolving:
    """Looks names up in threads of its own: slow name servers hold up nothing else."""

    lookup: Lookup
    dev: bool
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(MOST_LOOKUPS, "kluis-names")
    )

    async def addresses(self, host: str, port: int) -> list[str]:
        """Looked up once; these very addresses are connected to."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self.threads, self.lookup, host, port)
        except (OSError, UnicodeError) as error:
            raise NoPublicAddress from error
        # One inner address among public ones is a trap or a mistake: none is tried.
        if not found or not all(may_reach_text(each, dev=self.dev) for each in found):
            raise NoPublicAddress
        return list(dict.fromkeys(found))

    def close(self) -> None:
        """Take no more; a look-up under way ends by itself."""
        self.threads.shutdown(wait=False, cancel_futures=True)
