# SPDX-License-Identifier: EUPL-1.2
"""Documents of this server that everybody may read, read in process (SR-7)."""

from acl.decide import PermitSource, decide
from acl.modes import Mode
from identity.who import ANYONE
from pod.contents import find
from pod.database import Database, Tx
from pod.instant import Instant, Now
from pod.iri import Iri, is_auxiliary


async def public_document(
    db: Database, source: PermitSource, now: Now, iri: Iri
) -> tuple[bytes, str] | None:
    """Its bytes and media type; None for what is not there, is large, or is not for everybody.

    The three look alike: a token or an app that names it must not tell what others keep (T-33).
    """
    return await db.read(_public, source, now(), iri)


async def _public(tx: Tx, source: PermitSource, now: Instant, iri: Iri) -> tuple[bytes, str] | None:
    found = await find(tx, iri)
    kept = found.resource
    if kept is None or kept.body is None or is_auxiliary(iri):
        return None
    decision = await decide(tx, ANYONE, found, now, (source,))
    return (kept.body, kept.media_type) if decision.allows(Mode.READ) else None
