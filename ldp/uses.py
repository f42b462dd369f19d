# SPDX-License-Identifier: EUPL-1.2
"""Which answers under a grant are a use of it (KC-20a), told from the log alone."""

import orjson

from acl.permit import Permit
from ldp.ask import Answer, Ask
from pod.database import Tx
from pod.instant import MINUTE, Instant
from pod.iri import storage_of

TOGETHER = 10 * MINUTE
# Beyond so many entries of one grant within the ten minutes a range counts anew.
MOST_LOOKED_AT = 2000
SAME_USE = "same-use"
HEADERS_ONLY = "headers-only"


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
