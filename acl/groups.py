# SPDX-License-Identifier: EUPL-1.2
"""Group documents on this server: who is a member, read in the same snapshot that decides."""

from functools import lru_cache

import rdflib

from pod import rdf
from pod.contents import fetch
from pod.database import Tx
from pod.errors import PodError
from pod.iri import Iri
from pod.resource import Resource
from pod.vocab import VCARD

# Many small ones are kept parsed, and a few large: 1024 would be a quarter of a gigabyte.
LARGEST_KEPT = 16 * 1024
FEW = 16
_MEMBER = rdflib.URIRef(VCARD + "hasMember")


def document_of(group: str) -> Iri:
    """The document that describes a group: its IRI without the fragment."""
    return Iri(group.split("#", 1)[0])


async def group_document(tx: Tx, group: str) -> Resource | None:
    """The stored document, None when it is not on this server (decision 13) or is no RDF."""
    if not group.startswith(("http://", "https://")) or group.count("/") < 3:
        return None
    resource = await fetch(tx, document_of(group))
    return resource if resource is not None and rdf.is_rdf(resource.media_type) else None


def members_of(document: Resource, group: str) -> frozenset[str]:
    """WAC-18: exactly those that the group document states as vcard:hasMember.

    wac.md §7: a document that does not parse has no members; other rules are unaffected.
    """
    body = document.body or b""
    read = _kept_members if len(body) <= LARGEST_KEPT else _kept_many_members
    return read(document.iri, document.essence, body, group)


@lru_cache(maxsize=1024)
def _kept_members(iri: Iri, media_type: str, body: bytes, group: str) -> frozenset[str]:
    return _members(iri, media_type, body, group)


@lru_cache(maxsize=FEW)
def _kept_many_members(iri: Iri, media_type: str, body: bytes, group: str) -> frozenset[str]:
    return _members(iri, media_type, body, group)


def _members(iri: Iri, media_type: str, body: bytes, group: str) -> frozenset[str]:
    try:
        graph = rdf.graph(rdf.parse(body, media_type, iri))
    except PodError:
        return frozenset()
    members = graph.objects(rdflib.URIRef(group), _MEMBER)
    # WAC-13: only IRIs match; a literal that spells a WebID makes nobody a member.
    return frozenset(str(member) for member in members if isinstance(member, rdflib.URIRef))
