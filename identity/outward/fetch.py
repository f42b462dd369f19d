# SPDX-License-Identifier: EUPL-1.2
"""The one guarded way out: everything that Kluis asks of other machines goes through here."""

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorError,
    ClientConnectorSSLError,
    ClientError,
    ClientPayloadError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    TCPConnector,
)
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from identity.outward.fetched import KEEP as KEEP
from identity.outward.fetched import LIMIT, Key, Shelf, bounded, fresh_for
from identity.outward.fetched import Fetch as Fetch
from identity.outward.fetched import Fetched as Fetched
from identity.outward.fetched import Keep as Keep
from identity.outward.fetched import Post as Post
from identity.outward.outward import Address, NotFetched, may_reach_text, next_address, read_address
from identity.outward.patience import Patience
from identity.outward.resolving import Lookup, NoPublicAddress, Resolving, system_lookup
from identity.outward.unpacking import TooLong, Unpacked, unpacking
from pod.errors import Unavailable
from pod.instant import Now

TOTAL_SECONDS = 5.0
CONNECT_SECONDS = 2.0
MOST_AT_ONCE = 64
MOST_PER_HOST = 4
MOST_WAITING = 512
LARGEST_SWAP = 64 * 1024
USER_AGENT = "Kluis"
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_NO_ADDRESS = "its host has no public address"


@dataclass(frozen=True, slots=True)
class _Moved:
    location: str | None


@dataclass(slots=True)
class Fetcher:
    """Asks others, within limits: one flight per address, answers kept as long as they count.

    Every connection is made to an address that was looked at (SR-2), whatever named it.
    """

    dev: bool
    now: Now
    lookup: Lookup = system_lookup
    seconds: float = TOTAL_SECONDS
    shelf: Shelf = field(init=False)
    patience: Patience = field(init=False)
    flights: dict[Key, asyncio.Task[Fetched | NotFetched]] = field(default_factory=dict)
    session: ClientSession | None = None
    names: Resolving | None = None

    def __post_init__(self) -> None:
        self.shelf, self.patience = Shelf(self.now), Patience(self.now)

    async def get(
        self,
        url: str,
        *,
        accept: str,
        limit: int = LIMIT,
        redirects: int = 0,
        keep: Keep = KEEP,
    ) -> Fetched:
        """What is there, with status 200 and a type that was asked for; else NotFetched."""
        key = (url, accept, limit, redirects)
        known = self.shelf.find(key, keep)
        if known is not None:
            return known
        address = read_address(url, dev=self.dev)
        self.patience.refuse_failed(url, key, address.origin)
        came = await self._flight(key, address)
        if isinstance(came, NotFetched):
            raise NotFetched(url, came.reason)
        return bounded(came, keep)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send; the status of the answer, which is not read any further. Never redirected."""
        address = read_address(url, dev=self.dev)
        self.patience.refuse_origin(url, address.origin)
        try:
            async with (
                asyncio.timeout(self.seconds),
                self._open().post(
                    _target(address), data=body, headers=dict(headers), allow_redirects=False
                ) as response,
            ):
                return response.status
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            raise NotFetched(url, self._reason(error, address)) from error

    async def swap(self, url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """Send; the body of an answer with status 200, bounded. NotFetched for any other."""
        address = read_address(url, dev=self.dev)
        self.patience.refuse_origin(url, address.origin)
        sent = {"Accept-Encoding": "gzip", **headers}
        try:
            async with (
                asyncio.timeout(self.seconds),
                self._open().post(
                    _target(address), data=body, headers=sent, allow_redirects=False
                ) as response,
            ):
                if response.status != 200:
                    raise NotFetched(url, f"it answers with status {response.status}")
                return await _read(url, response, LARGEST_SWAP)
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            raise NotFetched(url, self._reason(error, address)) from error

    async def close(self) -> None:
        """End what is under way and let go of every connection."""
        flights = list(self.flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)
        session, self.session = self.session, None
        if session is not None:
            await session.close()
        if self.names is not None:
            self.names.close()

    async def _flight(self, key: Key, address: Address) -> Fetched | NotFetched:
        flight = self.flights.get(key)
        if flight is None:
            if len(self.flights) >= MOST_WAITING:
                raise Unavailable("Too much is being fetched from elsewhere; try again soon.")
            flight = asyncio.create_task(self._fly(key, address))
            self.flights[key] = flight
            flight.add_done_callback(lambda _done: self.flights.pop(key, None))
        # Not cancelled with one of those who wait: others may wait for the same.
        await asyncio.wait((flight,))
        if flight.cancelled():
            raise Unavailable("This server is stopping.")
        return flight.result()

    async def _fly(self, key: Key, address: Address) -> Fetched | NotFetched:
        try:
            async with asyncio.timeout(self.seconds):
                came = await self._walk(key, address)
        except NotFetched as error:
            failed = error
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            failed = NotFetched(key[0], self._reason(error, address))
        else:
            self.patience.forget(address.origin)
            self.shelf.put(key, came)
            return came
        self.patience.note_failed(key, failed.reason)
        return failed

    async def _walk(self, key: Key, address: Address) -> Fetched:
        """SR-3: redirects are counted by hand, and each hop is looked at like the first."""
        url, accept, limit, redirects = key
        for _ in range(redirects + 1):
            came = await self._ask(url, address, accept, limit)
            if isinstance(came, Fetched):
                return came
            address = next_address(address, came.location, dev=self.dev)
        raise NotFetched(url, "it redirects too often" if redirects else "it redirects")

    async def _ask(self, url: str, address: Address, accept: str, limit: int) -> Fetched | _Moved:
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}
        async with self._open().get(
            _target(address), headers=headers, allow_redirects=False
        ) as response:
            if response.status in _REDIRECTS:
                return _Moved(response.headers.get("Location"))
            if response.status != 200:
                raise NotFetched(url, f"it answers with status {response.status}")
            wanted = {part.split(";", 1)[0].strip().lower() for part in accept.split(",")}
            if "*/*" not in wanted and response.content_type not in wanted:
                raise NotFetched(url, f"its type is none of {', '.join(sorted(wanted))}")
            return self._fetched(url, response, await _read(url, response, limit))

    def _fetched(self, url: str, response: ClientResponse, body: bytes) -> Fetched:
        headers: dict[str, str] = {}
        for name, value in response.headers.items():
            low = name.lower()
            headers[low] = f"{headers[low]}, {value}" if low in headers else value
        return Fetched(
            url,
            response.status,
            response.content_type,
            response.charset,
            body,
            headers,
            fresh_for(headers, self.now()),
        )

    def _reason(self, error: Exception, address: Address) -> str:
        """In our own words: what the system says can hold an address that was resolved (SR-6)."""
        if isinstance(error, ClientConnectorCertificateError | ClientConnectorSSLError):
            return "its certificate does not hold"
        if isinstance(error, ClientConnectorError) and isinstance(error.os_error, NoPublicAddress):
            return _NO_ADDRESS
        if isinstance(error, ClientConnectorError | ConnectionTimeoutError):
            self.patience.note_unreachable(address.origin)
            return "no connection could be made to it"
        if isinstance(error, TimeoutError):
            return f"it did not answer within {self.seconds:g} seconds"
        if isinstance(error, ClientPayloadError):
            return "its answer broke off"
        return "its answer is no HTTP that is understood here"

    def _open(self) -> ClientSession:
        if self.session is None:
            return self.session_with(Resolving(self.lookup, self.dev))
        return self.session

    def session_with(self, names: Resolving) -> ClientSession:
        """Connections to what these names lead to, each looked at once more as it is made."""
        self.names = names
        self.session = ClientSession(
            connector=TCPConnector(
                resolver=_Names(names),
                socket_factory=self._socket,
                use_dns_cache=False,
                force_close=True,
                limit=MOST_AT_ONCE,
                limit_per_host=MOST_PER_HOST,
            ),
            timeout=ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
            headers={"User-Agent": USER_AGENT},
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )
        return self.session

    def _socket(
        self, info: tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, object]
    ) -> socket.socket:
        """T-29: the last look, at the address that is really connected to."""
        family, kind, protocol, _, where = info
        host = where[0] if isinstance(where, tuple) else None
        if not isinstance(host, str) or not may_reach_text(host, dev=self.dev):
            raise NoPublicAddress
        return socket.socket(family, kind, protocol)


class _Names(AbstractResolver):
    """Our look-up in the form that aiohttp asks for."""

    def __init__(self, names: Resolving) -> None:
        self.names = names

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=numeric,
            )
            for address in await self.names.addresses(host, port)
        ]

    async def close(self) -> None:
        """The look-ups are closed by who opened them."""


def open_fetch(*, dev: bool, now: Now) -> Fetcher:
    """The way out of one server; connections are only made when something is asked."""
    return Fetcher(dev, now)


def _target(address: Address) -> URL:
    url = URL(address.url, encoded=True)
    if url.raw_host != address.host.removeprefix("[").removesuffix("]"):
        raise NotFetched(address.url, "its host is no name")
    return url


async def _read(url: str, response: ClientResponse, limit: int) -> bytes:
    """SR-4: the limit counts what comes out, and no more than that is ever unpacked."""
    packed = response.headers.get("Content-Encoding", "").strip().lower()
    body: Unpacked | None = unpacking(packed, limit)
    if body is None:
        raise NotFetched(url, "it is packed in a way that was not asked for")
    try:
        async for piece in response.content.iter_any():
            body.add(piece)
        return body.whole()
    except TooLong as error:
        raise NotFetched(url, f"it is larger than {limit} bytes") from error
