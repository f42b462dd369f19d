# SPDX-License-Identifier: EUPL-1.2
"""Making, replacing and removing resources as rows, with what must follow in the same commit."""

from collections.abc import Iterable
from hashlib import sha256

from ldp.room import refuse_full
from notify import outbox
from pod import contents, rdf
from pod.database import Tx
from pod.files import Blob
from pod.instant import Instant
from pod.iri import Iri, is_auxiliary, parent, storage_of
from pod.resource import Resource


async def keep(
    tx: Tx,
    iri: Iri,
    media_type: str,
    content: bytes | Blob,
    now: Instant,
    *,
    created: bool,
    quota: int = 0,
) -> Resource:
    """Keep content under a name; its container's listing and the outbox learn of it."""
    pod = storage_of(iri)
    seq = await outbox.record(tx, pod, "Create" if created else "Update", iri, now)
    resource = _resource(pod, iri, media_type, content, seq, now)
    refuse_full(await contents.put(tx, resource), quota)
    above = None if is_auxiliary(iri) else parent(iri)
    if above is not None and created:
        await contents.touch_membership(tx, above, seq, now)
    elif above is not None:
        await contents.touch(tx, above, seq)
    return resource


async def make_containers(tx: Tx, missing: Iterable[Iri], now: Instant) -> None:
    """SP-57: the containers on the way to a new resource, outermost first."""
    for iri in sorted(missing, key=len):
        await keep(tx, iri, rdf.TURTLE, b"", now, created=True)


async def take_away(tx: Tx, iri: Iri, now: Instant) -> list[str]:
    """SP-71: the resource, its auxiliaries and its place in the container, in one commit."""
    dropped = await contents.remove(tx, iri, now)
    seq = await outbox.record(tx, storage_of(iri), "Delete", iri, now)
    above = None if is_auxiliary(iri) else parent(iri)
    if above is not None:
        await contents.touch_membership(tx, above, seq, now)
    return dropped


def _resource(
    pod: Iri, iri: Iri, media_type: str, content: bytes | Blob, version: int, now: Instant
) -> Resource:
    if isinstance(content, Blob):
        return Resource(
            pod, iri, media_type, None, content.name, content.size, content.digest, version, now
        )
    digest = sha256(content).hexdigest() if content else ""
    return Resource(pod, iri, media_type, content, None, len(content), digest, version, now)
