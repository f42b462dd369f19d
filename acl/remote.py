# SPDX-License-Identifier: EUPL-1.2
"""Groups on other hosts that the operator named; docs/decisions/0011-remote-groups.md says why."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import pyoxigraph as ox

from acl.groups import document_of
from acl.rules import Rule
from identity.outward.fetched import Fetch, Keep
from identity.outward.outward import NotFetched, is_here, read_address
from pod import rdf
from pod.errors import PodError, Unprocessable
from pod.instant import SECOND, Instant, Now
from pod.iri import Iri
from pod.vocab import VCARD

LOG = logging.getLogger("kluis.acl")
# A member who is dropped is out within a minute: with the time of asking, hence no full minute.
KEEP = Keep(least=5 * SECOND, most=50 * SECOND)
FAILED_FOR = 15 * SECOND
SECONDS = 2.0
LARGEST = 256 * 1024
MOST_MEMBERS = 5000
MOST_DOCUMENTS, MOST_KEPT_MEMBERS = 500, 100_000
ACCEPT = f"{rdf.TURTLE}, {rdf.JSON_LD}"

# What a document says: pairs of a group and a member of it, both as exact strings.
Members = frozenset[tuple[str, str]]
NOBODY: Members = frozenset()


class _Known(NamedTuple):
    members: Members
    until: Instant


@dataclass(slots=True)
class RemoteGroups:
    """Which hosts may say who is in a group, and what they said of late: bounded, with an end."""

    hosts: frozenset[str]
    base: Iri
    fetch: Fetch
    now: Now
    dev: bool = False
    kept: dict[str, _Known] = field(default_factory=dict)
    size: int = 0
    flights: dict[str, asyncio.Task[Members]] = field(default_factory=dict)

    def serves(self, group: str) -> bool:
        """Whether the group's document is on a host that the operator named, and not here."""
        place = _place(document_of(group), self.dev)
        return place is not None and place[0] in self.hosts and place != _place(self.base, True)

    def known(self, document: str) -> Members | None:
        """What it said, while that counts. Called where units run: reads, and changes nothing."""
        known = self.kept.get(document)
        return known.members if known is not None and self.now() < known.until else None

    async def learn(self, documents: Iterable[str]) -> Mapping[str, Members]:
        """Ask for them all at once; one that cannot be had has no members."""
        wanted = list(dict.fromkeys(documents))
        answers = await asyncio.gather(*(self._learn(document) for document in wanted))
        return dict(zip(wanted, answers, strict=True))

    async def _learn(self, document: str) -> Members:
        known = self.known(document)
        if known is not None:
            return known
        flight = self.flights.get(document)
        if flight is None:
            flight = asyncio.create_task(self._ask(document))
            self.flights[document] = flight
            flight.add_done_callback(lambda _done: self.flights.pop(document, None))
        # Not cancelled with one of those who wait: others may wait for the same.
        await asyncio.wait((flight,))
        return NOBODY if flight.cancelled() else flight.result()

    async def _ask(self, document: str) -> Members:
        try:
            async with asyncio.timeout(SECONDS):
                came = await self.fetch(document, accept=ACCEPT, limit=LARGEST, keep=KEEP)
            members = await asyncio.to_thread(_members, came.body, came.media_type, document)
        except TimeoutError:
            return self._failed(document, f"it did not answer within {SECONDS:g} seconds")
        except NotFetched as error:
            return self._failed(document, error.reason)
        except PodError as error:
            return self._failed(
                document, f"it is no group document that can be used ({error.problem})"
            )
        self._keep(document, members, came.fresh_for)
        return members

    def _failed(self, document: str, reason: str) -> Members:
        # wac.md §7: the rule does not match, other rules are unaffected.
        LOG.warning("The group document %.200r is not used: %.200s", document, reason)
        self._keep(document, NOBODY, FAILED_FOR)
        return NOBODY

    def _keep(self, document: str, members: Members, counts: int) -> None:
        self._drop(document)
        self.kept[document] = _Known(members, self.now() + counts)
        self.size += len(members)
        while len(self.kept) > MOST_DOCUMENTS or self.size > MOST_KEPT_MEMBERS:
            self._drop(next(iter(self.kept)))

    def _drop(self, document: str) -> None:
        gone = self.kept.pop(document, None)
        self.size -= 0 if gone is None else len(gone.members)


@lru_cache(maxsize=4096)
def _place(document: str, dev: bool) -> tuple[str, int] | None:
    """Host and port of an address that may be asked."""
    try:
        address = read_address(document, dev=dev)
    except NotFetched:
        return None
    return address.host, address.port


def _members(body: bytes, media_type: str, document: str) -> Members:
    """WAC-18: what is stated as vcard:hasMember, between IRIs, as it is written."""
    found = set[tuple[str, str]]()
    for triple in rdf.parse(body, media_type, document).triples:
        group, member = triple.subject, triple.object
        if triple.predicate.value != VCARD + "hasMember":
            continue
        if isinstance(group, ox.NamedNode) and isinstance(member, ox.NamedNode):
            found.add((group.value, member.value))
        if len(found) > MOST_MEMBERS:
            # T-34: part of a list would let in some of them and nobody could say whom.
            raise Unprocessable("The list of members is too long.", problem="too-many-members")
    return frozenset(found)


def far_documents(remote: RemoteGroups, rules: Iterable[Rule]) -> set[Iri]:
    """The documents elsewhere that an ACL would have asked for."""
    groups = {group for rule in rules for group in rule.groups}
    return {document_of(group) for group in groups if remote.serves(group)}


def is_host(name: str, *, dev: bool) -> bool:
    """Whether an operator can mean this as a host: a plain name, in lower case, without a port."""
    scheme = "http" if dev and is_here(name) else "https"
    try:
        return read_address(f"{scheme}://{name}/", dev=dev).host == name
    except NotFetched:
        return False
