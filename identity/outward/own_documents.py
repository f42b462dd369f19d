# SPDX-License-Identifier: EUPL-1.2
"""Documents of this very server are read in process, never asked for over HTTP (SR-7)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from identity.outward.fetched import KEEP, LIMIT, Fetch, Fetched, Keep, bounded
from identity.outward.outward import Address, NotFetched, read_address
from pod.errors import PodError
from pod.iri import Iri, canonical_path

# What everybody may read at an address of ours, with its type; None for all the rest.
Own = Callable[[Iri], Awaitable[tuple[bytes, str] | None]]
NOTHING = "there is nothing there that everybody may read"
_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Homeward:
    """The way out, but for what lies here."""

    base: Iri
    fetch: Fetch
    own: Own
    dev: bool = False

    async def get(
        self,
        url: str,
        *,
        accept: str,
        limit: int = LIMIT,
        redirects: int = 0,
        keep: Keep = KEEP,
    ) -> Fetched:
        """As `Fetch` does; what is ours is read anew each time, so it is never old."""
        here = self._here(url)
        if here is None:
            return await self.fetch(url, accept=accept, limit=limit, redirects=redirects, keep=keep)
        found = await self.own(here)
        if found is None:
            raise NotFetched(url, NOTHING)
        body, media_type = found
        if len(body) > limit:
            raise NotFetched(url, f"it is larger than {limit} bytes")
        wanted = {part.split(";", 1)[0].strip().lower() for part in accept.split(",")}
        if "*/*" not in wanted and media_type not in wanted:
            raise NotFetched(url, f"its type is none of {', '.join(sorted(wanted))}")
        return bounded(Fetched(url, 200, media_type, None, body, {}, 0), keep)

    def _here(self, url: str) -> Iri | None:
        """Our name for it, however its host and port are spelled; None for what is elsewhere."""
        ours = self.base[:-1]
        if not url.startswith(self.base):
            try:
                address = read_address(url, dev=self.dev)
            except NotFetched:
                return None  # the way out says what is wrong with it
            if _origin(address) != ours:
                return None
            url = address.url
        # The path begins at the third slash, whatever stands before it.
        path = "/" + url.split("/", 3)[3].partition("#")[0].partition("?")[0]
        try:
            return Iri(ours + canonical_path(path))
        except PodError as error:
            raise NotFetched(url, NOTHING) from error


def _origin(address: Address) -> str:
    host = address.host.removesuffix(".")
    port = f":{address.port}"
    return f"{address.scheme}://{host}{'' if port == _PORTS[address.scheme] else port}"
