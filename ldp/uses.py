# SPDX-License-Identifier: EUPL-1.2
"""What is told to the log, and which answers under a grant are a use of it (KC-20a)."""

from contextlib import suppress

import orjson

from acl.journal import Use
from acl.permit import Denial, Ground, Permit
from ldp.ask import Answer, Ask, House
from pod.database import Tx
from pod.errors import Unavailable
from pod.instant import MINUTE, Instant
from pod.iri import storage_of
from pod.resource import Resource

TOGETHER = 10 * MINUTE
# Beyond so many entries of one grant within the ten minutes a range counts anew.
MOST_LOOKED_AT = 2000
SAME_USE = "same-use"
HEADERS_ONLY = "headers-only"
NO_SUCH_RANGE = "range-not-satisfiable"
READING = ("GET", "HEAD")


def use_of(ask: Ask, resource: Resource, answer: Answer, ground: Ground | None) -> Use:
    """What the log says of an answer that was given."""
    # domain.md §8.1: under a grant, as many allowed entries as answers that gave something.
    empty = ground is not None and answer.status == 416
    return Use(
        pod=resource.pod,
        resource=ask.target,
        action="read",
        outcome="denied" if empty else "allowed",
        status=answer.status,
        who=ask.who,
        ground=ground,
        version=resource.digest or str(resource.version),
        properties=answer.properties,
        reason=NO_SUCH_RANGE if empty else None,
    )


async def shared(house: House, ask: Ask, resource: Resource | None, answer: Answer) -> None:
    """Decision 16: a read that WAC permits, told to the log and not waited for.

    Whether it was the owner's own, which is none of the log's business, is asked when it is
    written: here it would cost every read a look.
    """
    if house.soon is None or resource is None or ask.method not in READING:
        return
    if ask.who.webid is None:
        house.soon.count(resource.pod, None, allowed=True)
        return
    try:
        await house.soon.note(use_of(ask, resource, answer, None))
    except Unavailable:
        answer.close()
        raise


async def refused(house: House, ask: Ask, denial: Denial | None) -> None:
    """A try that failed: an entry when an agency's (KC-22), else one more of that hour.

    It is told to the queue alone, so a pod that is not there costs the same time (T-33).
    """
    if house.soon is None:
        return
    pod = storage_of(ask.target)
    if denial is None:
        house.soon.count(pod, ask.who.webid, allowed=False)
        return
    use = Use(
        pod=pod,
        resource=ask.target,
        action="read" if ask.method in READING else "append",
        outcome="denied",
        status=403,
        who=ask.who,
        ground=denial.ground,
        reason=denial.problem,
    )
    with suppress(Unavailable):
        # A refusal gives nothing out: it goes on also when the log is full and cannot be written.
        await house.soon.note(use)


async def why_free(
    tx: Tx, ask: Ask, permit: Permit, version: str, answer: Answer, moment: Instant
) -> str | None:
    """Why this answer is no use of its own, None when it is one (or tells nothing: 304, 416).

    The word goes into the entry, so that the next range can tell which entries were counted.
    """
    if answer.status not in (200, 206):
        return None
    if ask.method == "HEAD":
        return HEADERS_ONLY
    if answer.status == 206 and await _counted(tx, ask, permit, version, moment):
        return SAME_USE
    return None


async def _counted(tx: Tx, ask: Ask, permit: Permit, version: str, moment: Instant) -> bool:
    """Whether this client was counted for this very version less than ten minutes ago."""
    rows = await tx.all(
        "SELECT entry FROM journal WHERE grant_id = :grant AND pod = :pod AND time > :since"
        " AND outcome = 'allowed' ORDER BY seq DESC LIMIT :most",
        grant=permit.because,
        pod=storage_of(ask.target),
        since=moment - TOGETHER,
        most=MOST_LOOKED_AT,
    )
    for row in rows:
        entry = orjson.loads(row["entry"])
        same = (entry["resource"], entry["version"]) == (ask.target, version)
        theirs = (entry["agent"], entry["client"]) == (ask.who.webid, ask.who.client)
        if same and theirs and entry["status"] in (200, 206) and entry["reason"] is None:
            return True
    return False
