# SPDX-License-Identifier: EUPL-1.2
"""Who acts on consent: an agency of the registry, or a person for her own pods (KC-2, KC-4)."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from consent.asking.request import Request
from consent.grants.grant import Grant
from consent.registry.agency import party_of
from identity.accounts.accounts import is_operator
from identity.standing import require_standing
from identity.who import Who
from pod.database import Tx
from pod.errors import Missing, NotSignedIn, Refused, Stale
from pod.iri import Iri

SCOPE = "consent"


class Side(StrEnum):
    """The two sides of a request and a grant, and who keeps the server."""

    SUBJECT = "subject"
    AGENCY = "agency"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in caller. `agency` when WebID and client are one's that may act."""

    webid: str
    agency: str | None
    decides: bool

    def subject(self) -> str:
        """The WebID, when the token may act for its person (KC-2)."""
        if not self.decides:
            raise Refused(
                "This token may not act for you on permissions: ask for the scope consent.",
                problem="consent-scope-missing",
            )
        return self.webid


async def caller_of(tx: Tx, who: Who, base: Iri) -> Caller:
    """Who calls, asked in the transaction that answers (RS-10)."""
    if who.webid is None:
        raise NotSignedIn("Sign in: this is between an agency and one person.")
    await require_standing(tx, who)
    party = await party_of(tx, who)
    # Decision 39: the scope counts only in tokens of our own issuer (pages have none at all).
    own = who.issuer is None or who.issuer == base
    agency = party.agency if party is not None and party.acts else None
    return Caller(who.webid, agency, own and SCOPE in who.scopes)


def side_of_request(caller: Caller, request: Request | None) -> Side:
    """Which side the caller is on; Missing for anybody else's, as for none at all (KC-4)."""
    if request is not None and caller.agency == request.agency:
        return Side.AGENCY
    if request is not None and request.subject == caller.webid:
        caller.subject()
        return Side.SUBJECT
    raise Missing("There is nothing of yours by that name.")


async def side_of_grant(tx: Tx, caller: Caller, grant: Grant | None) -> Side:
    """Which side the caller is on; the subject is the owner of the pod (KC-2)."""
    if grant is not None and caller.agency == grant.agency:
        return Side.AGENCY
    if grant is not None and await owns(tx, caller.webid, grant.pod):
        caller.subject()
        return Side.SUBJECT
    raise Missing("There is nothing of yours by that name.")


async def owns(tx: Tx, webid: str, pod: str) -> bool:
    """Whether the pod is this person's."""
    sql = "SELECT 1 AS owns FROM owner WHERE pod = :pod AND webid = :webid"
    return await tx.one(sql, pod=pod, webid=webid) is not None


async def operates(tx: Tx, who: Who, base: Iri) -> bool:
    """KC-2: whether this is an account marked as operator, signed in here.

    An app that she merely signed in to gets nothing of it: it needs the scope, as for a subject.
    Her pages have no token, and her own client credentials she made herself.
    """
    if who.webid is None or who.issuer not in (None, base):
        return False
    sql = "SELECT 1 AS own FROM client_access WHERE id = :access AND kind = 'credential'"
    given = (
        (who.access is None and who.issuer is None)
        or SCOPE in who.scopes
        or await tx.one(sql, access=who.access) is not None
    )
    return given and await is_operator(tx, who.webid)


async def require_operator(tx: Tx, who: Who, base: Iri) -> str:
    """The operator's WebID; Refused for everybody else."""
    caller = await caller_of(tx, who, base)
    if not await operates(tx, who, base):
        raise Refused("Only an operator of this server may do that.", problem="not-an-operator")
    return caller.webid


def require_subject(side: Side) -> None:
    """KC-4: the wrong side of one's own is told so."""
    require_side(side, Side.SUBJECT)


def require_side(side: Side, wanted: Side) -> None:
    """KC-4: a move is one side's; the other side of one's own is told so."""
    if side is not wanted:
        raise Refused("That is for the other side to decide.", problem="not-yours-to-decide")


def etag_of(state: str, side: Side, version: int = 1) -> str:
    """KC-7: state, version and view, so that a read by the agency does not change it."""
    return f"{version}.{state}.{side[0]}"


def require_match(if_match: Collection[str] | None, etag: str) -> None:
    """KC-7: `If-Match` on a move. The form it was shown in does not matter."""
    if if_match is None or "*" in if_match:
        return
    if etag not in {tag.rsplit(".", 1)[0] for tag in if_match}:
        raise Stale("It changed since you looked; look again and decide anew.")
