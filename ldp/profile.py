# SPDX-License-Identifier: EUPL-1.2
"""What an app with Write on a profile may not do: make itself, or another issuer, that person."""

import pyoxigraph as ox

from ldp.ask import House
from pod import rdf
from pod.database import Tx
from pod.errors import Clash
from pod.iri import Iri
from pod.resource import Resource
from pod.vocab import PIM, SOLID

CONSTRAINED = {"Link": '</-/constraints/profile>; rel="http://www.w3.org/ns/ldp#constrainedBy"'}


async def webids_in(tx: Tx, document: Iri) -> frozenset[str]:
    """The WebIDs of accounts here that this document describes."""
    rows = await tx.all(
        "SELECT uri FROM webid WHERE kind = 'own' AND (uri = :me OR uri = :document)",
        me=document + "#me",
        document=document,
    )
    return frozenset(row["uri"] for row in rows)


async def guard_issuer(
    tx: Tx, house: House, old: Resource | None, iri: Iri, media_type: str, body: bytes
) -> None:
    """SP-92, WI-2, T-36: whom a hosted WebID trusts, and where its data lies, no app changes."""
    webids = await webids_in(tx, iri)
    if not webids:
        return
    before = _protected(house, iri, old.media_type, old.body or b"", webids) if old else set()
    after = _protected(house, iri, media_type, body, webids) if rdf.is_rdf(media_type) else set()
    if before != after:
        raise Clash(
            "solid:oidcIssuer and pim:storage of this WebID say who may speak for its owner"
            " and where her data is kept; they change only from the account.",
            problem="protected-profile",
            headers=CONSTRAINED,
        )


async def guard_deletion(tx: Tx, iri: Iri) -> None:
    """Decision 44: a profile stays while its account lives."""
    if await webids_in(tx, iri):
        raise Clash(
            "This is the profile of a WebID; it goes when its account goes.",
            problem="protected-profile",
            headers=CONSTRAINED,
        )


_PROTECTED = frozenset({SOLID + "oidcIssuer", PIM + "storage"})


def _protected(
    house: House, iri: Iri, media_type: str, body: bytes, webids: frozenset[str]
) -> set[str]:
    statements = rdf.parse(body, media_type, iri, house.contexts)
    return {
        str(triple)
        for triple in statements.triples
        if isinstance(triple.subject, ox.NamedNode)
        and triple.subject.value in webids
        and triple.predicate.value in _PROTECTED
    }
