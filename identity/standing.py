# SPDX-License-Identifier: EUPL-1.2
"""Whether what a token stands on still stands: asked in the same snapshot that decides."""

from identity.who import Who
from pod.database import Tx
from pod.errors import NotSignedIn


async def require_standing(tx: Tx, who: Who) -> None:
    """RS-10: the access (credential, app's grant) and the WebID's link are looked up anew.

    A token of our own whose access was ended, or whose WebID is no longer linked to the account,
    is refused at the next request, on every worker.
    """
    if who.access is None:
        return
    row = await tx.one(
        "SELECT 1 AS stands FROM client_access a"
        " JOIN webid w ON w.account = a.account AND w.uri = a.webid"
        " WHERE a.id = :access AND a.webid = :webid AND a.ended IS NULL",
        access=who.access,
        webid=who.webid,
    )
    if row is None:
        raise NotSignedIn("This sign-in was ended.", problem="invalid-token")
