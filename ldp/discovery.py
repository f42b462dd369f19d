# SPDX-License-Identifier: EUPL-1.2
"""What a resource leads to beside its own auxiliaries: its inbox, and a pod's owners."""

from collections.abc import Sequence
from functools import lru_cache

import pyoxigraph as ox

from pod import rdf
from pod.database import Tx
from pod.iri import Iri, storage_of
from pod.resource import Found
from pod.vocab import LDP, SOLID

_INBOX = f"<{LDP}inbox>".encode()


async def shown_owners(tx: Tx, iri: Iri) -> tuple[str, ...]:
    """SP-27: owners are named at the root alone, and only those who chose to be."""
    if iri != storage_of(iri):
        return ()
    rows = await tx.all("SELECT webid FROM owner WHERE pod = :pod AND visible = 1", pod=iri)
    return tuple(row["webid"] for row in rows)


def more_links(found: Found, owners: Sequence[str]) -> str:
    """What is added to the Link header of a read; empty for most."""
    # The second word is what solid-client of today reads.
    words = ("owner", "podOwner")
    parts = [f'<{owner}>; rel="{SOLID}{word}"' for owner in owners for word in words]
    container = found.resource is not None and found.resource.is_container
    described = found.resource if container else found.description
    # Most descriptions name no inbox, and to look is cheaper than to parse.
    if described is not None and described.body and _INBOX in described.body:
        parts += [f'<{inbox}>; rel="{LDP}inbox"' for inbox in _inboxes(found.iri, described.body)]
    return "".join(f", {part}" for part in parts)


# Few, since each keeps up to 256 KiB of what somebody else wrote.
@lru_cache(maxsize=64)
def _inboxes(iri: Iri, statements: bytes) -> tuple[str, ...]:
    """SP-45: what the description says of the subject's inbox (LDN discovery)."""
    return tuple(
        triple.object.value
        for triple in rdf.parse(statements, rdf.N_TRIPLES, iri).triples
        if triple.predicate.value == LDP + "inbox"
        and isinstance(triple.object, ox.NamedNode)
        and triple.subject == ox.NamedNode(iri)
    )
