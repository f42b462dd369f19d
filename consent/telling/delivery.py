# SPDX-License-Identifier: EUPL-1.2
"""One event as an agency gets it (KC-24): its body, its signature, and when to try again."""

import base64
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.proof.signer import Signer
from identity.outward.fetched import Post
from identity.outward.outward import NotFetched
from pod.instant import HOUR, MINUTE, SECOND, Instant, text_of

# KC-24: after 10 s, 1 min, 10 min, 1 h, then every 6 h; 72 h after the first try it is over.
STEPS: Final = (10 * SECOND, MINUTE, 10 * MINUTE, HOUR)
LATER: Final = 6 * HOUR
PATIENCE: Final = 72 * HOUR
GONE: Final = 410
HELD: Final = 2**62


class Stage(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that an agency is told."""

    id: str
    seq: int
    kind: str
    state: str
    request: str | None
    grant: str | None
    version: int | None
    time: Instant


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to a callback. `claim` is the worker's own word for its try."""

    event: Event
    agency: str
    callback: str
    host: str
    stage: Stage
    tries: int
    first: Instant | None
    due: Instant
    last: Instant | None = None
    status: int | None = None
    reason: str | None = None
    claim: str | None = None

    @property
    def held(self) -> bool:
        """Whether another one goes first."""
        return self.due == HELD


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one try went: the status that came back, or why none came."""

    status: int | None
    reason: str | None = None

    @property
    def arrived(self) -> bool:
        """KC-24: only a 2xx is a yes; a redirect is not followed and is none."""
        return self.status is not None and 200 <= self.status < 300


def event_json(event: Event) -> dict[str, object]:
    """The body of KC-24; no personal data beyond the IRIs."""
    return {
        "type": event.kind,
        "timestamp": text_of(event.time),
        "data": {
            **({} if event.request is None else {"request": event.request}),
            **({} if event.grant is None else {"grant": event.grant}),
            "state": event.state,
            "version": event.version or 1,
        },
    }


def body_of(event: Event) -> bytes:
    """The same bytes at every try: they come from the row alone."""
    return orjson.dumps(event_json(event))


def headers_of(signer: Signer, event: Event, body: bytes, now: Instant) -> dict[str, str]:
    """Standard Webhooks: who it is, when it was sent, and Ed25519 over both and the body.

    The time is that of the wall, as for tokens: receivers compare it with their own clock.
    """
    stamp = str(now // SECOND)
    key = signer.key.private_key
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("the consent key is not Ed25519")
    signature = key.sign(b".".join((event.id.encode(), stamp.encode(), body)))
    return {
        "Content-Type": "application/json",
        "webhook-id": event.id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1a,{base64.b64encode(signature).decode()}",
    }


async def send(post: Post, signer: Signer, delivery: Delivery, now: Instant) -> Outcome:
    """One try. Whatever the other side does, it is an outcome and no error."""
    body = body_of(delivery.event)
    try:
        status = await post(delivery.callback, body, headers_of(signer, delivery.event, body, now))
    except NotFetched as error:
        return Outcome(None, error.reason)
    if 300 <= status < 400:
        return Outcome(status, "it redirects, which is not followed")
    return Outcome(status)


def next_due(tries: int, first: Instant, moment: Instant) -> Instant | None:
    """When to try again after that many tries; None when there was patience enough."""
    due = moment + (STEPS[tries - 1] if tries <= len(STEPS) else LATER)
    return due if due <= first + PATIENCE else None
