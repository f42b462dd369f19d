# SPDX-License-Identifier: EUPL-1.2
"""What strangers may leave in a pod's inbox: small messages in RDF, not too many (SP-80, SP-81)."""

from functools import lru_cache
from hashlib import sha256

import pyoxigraph as ox

from acl.wac import is_owner
from ldp.ask import Ask, House
from pod import rdf
from pod.contents import fetch
from pod.database import Tx
from pod.errors import PodError, TooLarge, TooMany, Unprocessable, UnsupportedType
from pod.files import Blob
from pod.instant import HOUR, SECOND, Instant
from pod.iri import Iri, is_auxiliary, is_container, storage_of
from pod.vocab import LDP

# Where the WebID of a new pod is described (identity/pods.py).
PROFILE = "profile/card"
LARGEST_MESSAGE = 64 * 1024
MOST_PER_HOUR = 60
TAKEN = ", ".join(rdf.OFFERED)
CONSTRAINED = {"Link": '</-/constraints/inbox>; rel="http://www.w3.org/ns/ldp#constrainedBy"'}


async def admit_message(tx: Tx, house: House, ask: Ask) -> None:
    """What can be said before the body; nothing to an owner, nor outside an inbox."""
    if not await _from_a_stranger(tx, ask):
        return
    _refuse_type(ask.content_type or "")
    _refuse_size(ask.body.length or 0 if ask.body is not None else 0)
    await _refuse_too_many(tx, ask, house.now(), 1)


async def take_message(
    tx: Tx, house: House, ask: Ask, media_type: str, content: bytes | Blob
) -> None:
    """Look at a message and count it, in the commit that keeps it."""
    if not await _from_a_stranger(tx, ask):
        return
    _refuse_type(media_type)
    if isinstance(content, Blob):
        _refuse_size(content.size)
        return
    _refuse_size(len(content))
    # LDN §3.3.2: a message that does not meet the constraints is refused with 4xx.
    if not rdf.parse(content, media_type, ask.target, house.contexts).triples:
        raise Unprocessable(
            "A message in an inbox says something: at least one statement.",
            problem="empty-message",
            headers=CONSTRAINED,
        )
    now = house.now()
    await _count(tx, ask, now)
    await _refuse_too_many(tx, ask, now, 0)


async def _from_a_stranger(tx: Tx, ask: Ask) -> bool:
    pod = storage_of(ask.target)
    if is_auxiliary(ask.target) or not await _is_in_an_inbox(tx, ask, pod):
        return False
    return not await is_owner(tx, ask.who, pod)


async def _is_in_an_inbox(tx: Tx, ask: Ask, pod: Iri) -> bool:
    """The inbox of a new pod, or one that the profile in this pod advertises (LDN §3.1)."""
    if ask.target.startswith(pod + "inbox/"):
        return True
    if ask.who.webid == f"{pod}{PROFILE}#me":
        # The person of this profile: the way of most writes, which needs no look.
        return False
    card = await fetch(tx, Iri(pod + PROFILE))
    if card is None or card.body is None or not rdf.is_rdf(card.media_type):
        return False
    inboxes = _advertised(card.iri, card.essence, card.body)
    return any(inbox != pod and ask.target.startswith(inbox) for inbox in inboxes)


# Few, since each keeps up to 256 KiB of what somebody wrote.
@lru_cache(maxsize=64)
def _advertised(card: Iri, media_type: str, body: bytes) -> tuple[str, ...]:
    """The containers of this pod that its profile names as ldp:inbox; parsed once per content."""
    try:
        triples = rdf.parse(body, media_type, card).triples
    except PodError:
        return ()
    return tuple(
        triple.object.value
        for triple in triples
        if triple.predicate.value == LDP + "inbox"
        and isinstance(triple.object, ox.NamedNode)
        and triple.object.value.startswith(storage_of(card))
        and is_container(triple.object.value)
    )


def _refuse_type(media_type: str) -> None:
    if not rdf.is_rdf(media_type):
        raise UnsupportedType(
            f"An inbox takes RDF: {TAKEN}.", headers={"Accept-Post": TAKEN, **CONSTRAINED}
        )


def _refuse_size(size: int) -> None:
    if size > LARGEST_MESSAGE:
        raise TooLarge(
            f"A message in an inbox may have {LARGEST_MESSAGE} bytes at most.",
            problem="message-too-large",
            headers=CONSTRAINED,
        )


def _sender(ask: Ask) -> str:
    # All that come without a name are one sender.
    return sha256((ask.who.webid or "").encode()).hexdigest()


async def _refuse_too_many(tx: Tx, ask: Ask, now: Instant, more: int) -> None:
    row = await tx.one(
        "SELECT number FROM inbox_count WHERE pod = :pod AND sender = :sender AND hour = :hour",
        pod=storage_of(ask.target),
        sender=_sender(ask),
        hour=now // HOUR,
    )
    if row is not None and int(row["number"]) + more > MOST_PER_HOUR:
        wait = (HOUR - now % HOUR) // SECOND + 1
        raise TooMany(
            f"An inbox takes {MOST_PER_HOUR} messages an hour from one sender; try again later.",
            headers={"Retry-After": str(wait), **CONSTRAINED},
        )


async def _count(tx: Tx, ask: Ask, now: Instant) -> None:
    pod, hour = storage_of(ask.target), now // HOUR
    await tx.run("DELETE FROM inbox_count WHERE pod = :pod AND hour < :hour", pod=pod, hour=hour)
    await tx.run(
        "INSERT INTO inbox_count (pod, sender, hour, number) VALUES (:pod, :sender, :hour, 1)"
        " ON CONFLICT (pod, sender, hour) DO UPDATE SET number = inbox_count.number + 1",
        pod=pod,
        sender=_sender(ask),
        hour=hour,
    )
