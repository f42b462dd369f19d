# SPDX-License-Identifier: EUPL-1.2
"""OP-22: a WebID from elsewhere is linked once its document names a token that we made."""

import asyncio
import secrets

import pyoxigraph as ox

from identity.outward.fetched import Fetch, Keep
from pod import rdf
from pod.database import Database, Tx
from pod.errors import PodError, Unreadable
from pod.instant import MINUTE, SECOND, Instant
from pod.vocab import SOLID

PROOF_LIFE = 30 * MINUTE
# She just changed the document: what was kept of it before does not count.
ANEW = Keep(oldest=2 * SECOND)
TOKEN = f"{SOLID}oidcIssuerRegistrationToken"
ACCEPT = "text/turtle, application/ld+json;q=0.9, application/n-triples;q=0.8"
ASKED = (
    "Add this to the document of the WebID, and ask again within 30 minutes; after that it may go."
)
NOT_FOUND = "The document of the WebID does not hold what shows that it is yours: see details.quad."


async def require_proof(
    db: Database, fetch: Fetch | None, account: str, webid: str, now: Instant
) -> None:
    """Unreadable with the triple to add, until the document holds it."""
    fresh = secrets.token_urlsafe(24)
    token = await db.write(None, _token, account, webid, fresh, now)
    more = {"quad": f'<{webid}> <{TOKEN}> "{token}".'}
    if token == fresh:
        raise Unreadable(ASKED, problem="proof-needed", more=more)
    if fetch is None:
        raise Unreadable("WebIDs from elsewhere cannot be linked here.")
    try:
        proved = await _holds(fetch, webid, token)
    except PodError as error:
        raise Unreadable(error.detail, problem="proof-needed", more=more) from error
    if not proved:
        raise Unreadable(NOT_FOUND, problem="proof-needed", more=more)


async def _token(tx: Tx, account: str, webid: str, fresh: str, now: Instant) -> str:
    """The one that was given out already, while it lives, else the fresh one.

    It is going to stand in a public document, so it is no secret and is kept as it is.
    """
    await tx.run(
        "DELETE FROM webid_proof WHERE account = :a AND expires <= :now", a=account, now=now
    )
    row = await tx.one(
        "SELECT token FROM webid_proof WHERE account = :a AND webid = :w", a=account, w=webid
    )
    if row is not None:
        return str(row["token"])
    await tx.run(
        "INSERT INTO webid_proof (account, webid, token, created, expires)"
        " VALUES (:a, :w, :token, :now, :expires)",
        a=account,
        w=webid,
        token=fresh,
        now=now,
        expires=now + PROOF_LIFE,
    )
    return fresh


async def _holds(fetch: Fetch, webid: str, token: str) -> bool:
    found = await fetch(webid.partition("#")[0], accept=ACCEPT, redirects=3, keep=ANEW)
    if not rdf.is_rdf(found.media_type):
        raise Unreadable(f"{found.url} is {found.media_type}, which holds no statements.")
    statements = await asyncio.to_thread(rdf.parse, found.body, found.media_type, found.url)
    wanted = ox.NamedNode(webid), ox.NamedNode(TOKEN)
    return any(
        (triple.subject, triple.predicate) == wanted
        and isinstance(triple.object, ox.Literal)
        and secrets.compare_digest(triple.object.value.encode(), token.encode())
        for triple in statements.triples
    )


async def use_proof(tx: Tx, account: str, webid: str, now: Instant) -> None:
    """It counts once; Unreadable when it was used or ran out in the meantime."""
    used = await tx.run(
        "DELETE FROM webid_proof WHERE account = :a AND webid = :w AND expires > :now",
        a=account,
        w=webid,
        now=now,
    )
    if not used:
        raise Unreadable("This proof was used already or is too old; ask again.")
