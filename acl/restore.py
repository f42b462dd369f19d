# SPDX-License-Identifier: EUPL-1.2
"""At start: a pod that lost its root ACL denies everything; say so, and put back what it had."""

import logging
from dataclasses import dataclass
from hashlib import sha256

from acl.check import check_acl
from acl.history import record_restored
from identity.accounts.pods import root_acl
from pod.contents import exists, next_seq, put
from pod.database import Database, Row, Tx
from pod.errors import PodError
from pod.instant import Instant, Now
from pod.iri import Iri, acl_of, governed_by
from pod.rdf import TURTLE, essence
from pod.resource import Resource

LOG = logging.getLogger("kluis.acl")


@dataclass(frozen=True, slots=True)
class Text:
    """An ACL as it was, or as a new pod has it."""

    iri: Iri
    media_type: str
    body: bytes
    recorded: bool


async def restore_lost(db: Database, now: Now) -> None:
    """WAC-25: an alarm for each pod without its root ACL, and the way out if there is one."""
    for pod in await db.read(_lost):
        LOG.error("The pod %s has lost its root ACL and denies what no other ACL permits.", pod)
        restored = await db.write(pod, _restore, pod, now())
        if not restored:
            LOG.error("Nobody owns the pod %s: bring its ACLs back from a backup.", pod)
        for text in restored:
            source = "the record of changes" if text.recorded else "the template of a new pod"
            LOG.warning("Restored the ACL %s from %s.", text.iri, source)


async def _lost(tx: Tx) -> list[Iri]:
    rows = await tx.all(
        "SELECT iri FROM pod WHERE NOT EXISTS (SELECT 1 FROM resource"
        " WHERE resource.pod = pod.iri AND resource.iri = pod.iri || '.acl') ORDER BY iri"
    )
    return [Iri(row["iri"]) for row in rows]


async def _restore(tx: Tx, pod: Iri, now: Instant) -> list[Text]:
    """The root's ACL, and with it each lost one below: else its default would open too much."""
    root = await _root(tx, pod)
    if root is None:
        return []
    texts = [root, *[text for text in await _below(tx, pod) if text.iri != root.iri]]
    for text in texts:
        size, digest = len(text.body), sha256(text.body).hexdigest()
        version = await next_seq(tx, pod)
        acl = Resource(pod, text.iri, text.media_type, text.body, None, size, digest, version, now)
        await put(tx, acl)
        await record_restored(tx, acl)
    return texts


async def _root(tx: Tx, pod: Iri) -> Text | None:
    """The newest recorded state that still is a root ACL, else the template; None: no owner."""
    rows = await tx.all(
        "SELECT iri, media_type, body FROM acl_change WHERE pod = :pod AND iri = :iri"
        " AND kind <> 'delete' ORDER BY seq DESC LIMIT 20",
        pod=pod,
        iri=acl_of(pod),
    )
    for text in map(_text, rows):
        try:
            check_acl(text.iri, essence(text.media_type), text.body)
        except PodError:
            continue  # what would leave nobody in control does not come back
        return text
    owners = await tx.all("SELECT webid FROM owner WHERE pod = :pod ORDER BY webid", pod=pod)
    if not owners:
        return None
    body = root_acl(pod, [row["webid"] for row in owners]).encode()
    return Text(acl_of(pod), TURTLE, body, False)


async def _below(tx: Tx, pod: Iri) -> list[Text]:
    """The last recorded state of each ACL that is gone while its subject is there."""
    rows = await tx.all(
        "SELECT iri, media_type, body FROM acl_change AS change WHERE pod = :pod"
        " AND kind <> 'delete' AND seq = (SELECT MAX(seq) FROM acl_change"
        " WHERE pod = change.pod AND iri = change.iri) ORDER BY iri",
        pod=pod,
    )
    return [
        text
        for text in map(_text, rows)
        if not await exists(tx, text.iri) and await exists(tx, governed_by(text.iri) or pod)
    ]


def _text(row: Row) -> Text:
    return Text(Iri(row["iri"]), row["media_type"], row["body"].encode(), True)
