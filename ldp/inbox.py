# SPDX-License-Identifier: EUPL-1.2
"""What strangers may leave in a pod's inbox: small messages in RDF, not too many (SP-80, SP-81)."""

from hashlib import sha256

from acl.wac import is_owner
from ldp.ask import Ask, House
from pod import rdf
from pod.database import Tx
from pod.errors import TooLarge, TooMany, Unprocessable, UnsupportedType
from pod.files import Blob
from pod.instant import HOUR, SECOND, Instant
from pod.iri import Iri, is_auxiliary, storage_of

LARGEST_MESSAGE = 64 * 1024
MOST_PER_HOUR = 60
TAKEN = ", ".join(rdf.OFFERED)
CONSTRAINED = {"Link": '</-/constraints/inbox>; rel="http://www.w3.org/ns/ldp#constrainedBy"'}


def is_inbox(iri: Iri) -> bool:
    """Whether this is the inbox that a new pod comes with."""
    return iri == storage_of(iri) + "inbox/"


async def admit_message(tx: Tx, house: House, ask: Ask) -> None:
    """What can be said before the body; nothing to an owner, nor outside the inbox."""
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
    if not ask.target.startswith(pod + "inbox/") or is_auxiliary(ask.target):
        return False
    return not await is_owner(tx, ask.who, pod)


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
