# SPDX-License-Identifier: EUPL-1.2
"""The form in which a resource goes out: stored bytes, another RDF form, or a listing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from acl.permit import View
from ldp import digests
from ldp.ask import Ask, House
from ldp.listing import write_listing
from ldp.negotiate import choose
from pod import rdf
from pod.errors import NotAcceptable, Refused
from pod.projection import project
from pod.resource import Member, Resource

# So much is converted in less time than a second unit of work would take.
QUICK = 4 * 1024


@dataclass(frozen=True, slots=True)
class Shown:
    """The whole representation, before anything of it goes out.

    Its bytes are in memory (`body`) or lie in a file as they were sent (`blob`); only what is
    `stored` can be cut in ranges (spec §6).
    """

    media_type: str
    body: bytes | None
    size: int | None
    blob: str | None = None
    stored: bool = False
    digest: str | None = None
    properties: tuple[str, ...] | None = None

    def sha256(self) -> bytes | None:
        """The digest of exactly these bytes: a projection never tells that of the original."""
        if self.digest:
            return bytes.fromhex(self.digest)
        return None if self.body is None else sha256(self.body).digest()


def chosen_type(ask: Ask, resource: Resource, view: View | None) -> str:
    """What suits the caller; NotAcceptable with the choices when nothing does (SP-53)."""
    essence = resource.essence
    if is_projection(view) and not rdf.is_rdf(essence):
        raise Refused(
            "This is not RDF, so it cannot be cut down to the properties of your grant.",
            problem="not-projectable",
        )
    offered = [essence]
    if resource.is_container or rdf.is_rdf(essence):
        offered += [other for other in rdf.OFFERED if other != essence]
    chosen = choose(ask.accept, offered)
    if chosen is None:
        raise NotAcceptable(
            f"This can be had as {', '.join(offered)}.", more={"available": offered}
        )
    return chosen


def is_projection(view: View | None) -> bool:
    """Whether only some properties may be shown (KC-20)."""
    return view is not None and view.properties is not None


def is_quick(ask: Ask, resource: Resource, view: View | None) -> bool:
    """Whether it can be shown within a unit of work: no file to open, and little to convert."""
    if resource.is_container or resource.blob is not None:
        return False
    as_stored = chosen_type(ask, resource, view) == resource.essence and not is_projection(view)
    return as_stored or resource.size <= QUICK


async def show(house: House, resource: Resource, view: View | None, media_type: str) -> Shown:
    """A document in this form."""
    if media_type == resource.essence and not is_projection(view):
        body = None if resource.blob is not None else resource.body or b""
        return Shown(
            resource.media_type,
            body,
            resource.size,
            resource.blob,
            stored=True,
            digest=resource.digest or digests.EMPTY.hex(),
        )
    stored = await _bytes(house, resource)
    if len(stored) > rdf.INLINE:
        return await asyncio.to_thread(_convert, house, resource, stored, media_type, view)
    return _convert(house, resource, stored, media_type, view)


def show_members(
    resource: Resource, view: View | None, listed: Sequence[Member], media_type: str
) -> Shown:
    """A container with these members."""
    body = write_listing(resource, granted_only(view, listed), media_type, statements=view is None)
    return Shown(media_type, body, len(body))


def granted_only(view: View | None, listed: Sequence[Member]) -> Sequence[Member]:
    """KC-20: a container that is granted lists granted members only, and no one's statements."""
    if view is None or view.every:
        return listed
    granted = view.members or frozenset()
    return [member for member in listed if member.iri in granted]


async def _bytes(house: House, resource: Resource) -> bytes:
    if resource.blob is not None:
        return await house.files.read(resource.blob)
    return resource.body or b""


def _convert(
    house: House, resource: Resource, stored: bytes, media_type: str, view: View | None
) -> Shown:
    statements = rdf.parse(stored, resource.media_type, resource.iri, house.contexts)
    triples, names = statements.triples, None
    if view is not None and view.properties is not None:
        triples = project(statements, resource.iri, view.properties)
        names = tuple(sorted({triple.predicate.value for triple in triples}))
    body = rdf.write(triples, media_type, {} if names is not None else statements.prefixes)
    return Shown(media_type, body, len(body), properties=names)
