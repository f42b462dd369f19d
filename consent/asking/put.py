# SPDX-License-Identifier: EUPL-1.2
"""A request as it is put to its subject, with all that its notice needs."""

from dataclasses import dataclass

from consent.asking.holdings import Holdings, look
from consent.asking.request import Request
from consent.asking.requests import find_request
from consent.caller import caller_of, require_subject, side_of_request
from consent.grants.grant import Grant
from consent.grants.ledger import find_grant
from consent.registry.agency import Agency, find_agency
from consent.registry.purpose import Purpose, find_purpose
from consent.terms import Terms
from identity.who import Who
from pod.database import Tx
from pod.iri import Iri


@dataclass(frozen=True, slots=True)
class Put:
    """A request put to its subject, with all that its notice says."""

    request: Request
    agency: Agency
    purpose: Purpose
    holdings: Holdings
    renewed: Grant | None = None

    def renews(self) -> Terms | None:
        """What she gave before, to which the notice compares what is asked now."""
        return None if self.renewed is None else self.renewed.terms


async def put_to(tx: Tx, who: Who, id_: str, base: Iri) -> Put:
    """The request as its subject may look into it; the agency is told it is not its to see."""
    caller = await caller_of(tx, who, base)
    request = await find_request(tx, id_)
    require_subject(side_of_request(caller, request))
    if request is None:
        raise LookupError("a request with a side is there")
    agency = await find_agency(tx, request.agency, base)
    purpose = await find_purpose(tx, request.purpose, base)
    if agency is None or purpose is None:
        raise LookupError("a request's agency or purpose is gone")
    renewed = None if request.renews is None else await find_grant(tx, request.renews)
    return Put(request, agency, purpose, await look(tx, request), renewed)
