# SPDX-License-Identifier: EUPL-1.2
"""The form in which a resource goes out: stored bytes, another RDF form, or a listing."""

import asyncio
from collections.abc import Hashable, Sequence

from acl.permit import View
from ldp import digests
from ldp.ask import Ask, House
from ldp.listing import write_listing
from ldp.negotiate import choose
from ldp.shown import Shown
from pod import rdf
from pod.errors import NotAcceptable, Refused
from pod.projection import project
from pod.resource import Member, Resource

# So much is converted in less time than a second unit of work takes: 0.1 ms of ordinary data, and
# 6 ms of the worst that can be written in so few bytes.
QUICK = 2 * 1024


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


def is_quick(house: House, ask: Ask, resource: Resource, view: View | None) -> bool:
    """Whether it can be shown within a unit of work: no file to open, and little to convert."""
    if resource.is_container or resource.blob is not None:
        return False
    media_type = chosen_type(ask, resource, view)
    if resource.size <= QUICK or (media_type == resource.essence and not is_projection(view)):
        return True
    return _made_before(house, resource, view, media_type) is not None


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
    made = _made_before(house, resource, view, media_type)
    if made is not None:
        return made
    stored = await _bytes(house, resource)
    if len(stored) > rdf.INLINE:
        return await asyncio.to_thread(_convert, house, resource, stored, media_type, view)
    shown = _convert(house, resource, stored, media_type, view)
    if view is not None and view.properties is not None:
        size = len(shown.body or b"") + sum(map(len, view.properties))
        house.shelf.keep(_recipe(resource, view, media_type), shown, size, house.now())
    return shown


def _made_before(
    house: House, resource: Resource, view: View | None, media_type: str
) -> Shown | None:
    if view is None or view.properties is None:
        return None
    return house.shelf.find(_recipe(resource, view, media_type), house.now())


def _recipe(resource: Resource, view: View, media_type: str) -> Hashable:
    """All that a projection is made from: the name too, since it resolves relative ones."""
    return (resource.iri, resource.digest, resource.media_type, view.properties, media_type)


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
