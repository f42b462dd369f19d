# SPDX-License-Identifier: EUPL-1.2
"""What pages read: her requests, grants, reads and names, by the consent room's own functions."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import consent.grants.grants
import consent.log.reading
from consent.asking.holdings import pods_of
from consent.asking.inbox import questions
from consent.asking.request import Request
from consent.asking.requests import find_request
from consent.asking.words import in_language
from consent.caller import require_subject
from consent.grants.endings import last_use, still_reachable
from consent.grants.grant import Event, Grant
from consent.grants.ledger import Filter, events_of
from consent.house import House
from consent.lists import Page
from consent.proof.receipt import Receipt
from consent.registry.agency import Agency, find_agency
from consent.registry.purpose import Purpose, find_purpose
from dashboard.pages import Names
from dashboard.visit import Visit
from identity.who import Who
from pod import clock
from pod.database import Tx
from pod.errors import Missing
from pod.instant import Instant
from pod.iri import Iri

PAGE = 50
GRANTED = ("scheduled", "active", "paused")
Entry = Mapping[str, object]


async def moment_of(house: House) -> Instant:
    """What time it is for consent."""
    return await house.db.read(clock.instant, house.now())


async def pods(house: House, visit: Visit) -> list[Iri]:
    """The pods of this account's people."""
    found: dict[Iri, None] = {}
    for who in visit.whos():
        found |= dict.fromkeys(await house.db.read(pods_of, who.webid or ""))
    return list(found)


async def requests(house: House, visit: Visit, after: str | None = None) -> list[Request]:
    """Put to this account's people, newest first; one more than a page, to know of older ones."""
    page = Page(PAGE + 1, after)
    found = [q.request for who in visit.whos() for q in await questions(house, who, page)]
    return sorted(found, key=lambda request: -request.seq)[: PAGE + 1]


async def grants(
    house: House, visit: Visit, state: str | None = None, after: str | None = None
) -> list[Grant]:
    """In this account's pods, newest first; one more than a page."""
    found: dict[str, Grant] = {}
    for who in visit.whos():
        page = Page(PAGE + 1, after)
        seen = await consent.grants.grants.grants(house, who, Filter(state=state), page)
        found |= {one.grant.id: one.grant for one in seen}
    return sorted(found.values(), key=lambda grant: -grant.seq)[: PAGE + 1]


async def active_grants(house: House, visit: Visit) -> list[Grant]:
    """What is in force now, or paused, or to begin; newest first."""
    found = [grant for state in GRANTED for grant in await grants(house, visit, state)]
    return sorted(found, key=lambda grant: -grant.seq)


async def who_is_asked(house: House, visit: Visit, id_: str) -> Who:
    """Which of this account's people a request was put to; Missing when none (KC-4)."""
    request = await house.db.read(find_request, id_)
    return visit.as_one_of(frozenset() if request is None else frozenset({request.subject}))


async def request_of(house: House, id_: str) -> Request | None:
    """The request by its name; whose it is was asked before."""
    return await house.db.read(find_request, id_)


async def who_gave(house: House, visit: Visit, id_: str) -> Who:
    """Which of this account's people owns the pod of a grant; Missing when none (KC-4)."""
    return visit.as_one_of(await house.db.read(_owners, id_))


async def _owners(tx: Tx, id_: str) -> frozenset[str]:
    rows = await tx.all(
        "SELECT o.webid FROM owner o JOIN consent_grant g ON g.pod = o.pod WHERE g.id = :id",
        id=id_,
    )
    return frozenset(row["webid"] for row in rows)


@dataclass(frozen=True, slots=True)
class Given:
    """A permission with all that its pages tell."""

    grant: Grant
    agency: Agency
    purpose: Purpose
    events: Sequence[Event]
    receipts: Sequence[str]
    moment: Instant


async def given(house: House, who: Who, id_: str) -> Given:
    """One permission of this person; what the clock did to it is written down first."""
    seen = await consent.grants.grants.grant(house, who, id_)
    require_subject(seen.side)
    agency, purpose, events = await house.db.read(_about, house.base, seen.grant)
    return Given(seen.grant, agency, purpose, events, seen.receipts, seen.moment)


async def _about(tx: Tx, base: Iri, grant: Grant) -> tuple[Agency, Purpose, list[Event]]:
    agency = await find_agency(tx, grant.agency, base)
    purpose = await find_purpose(tx, grant.purpose, base)
    if agency is None or purpose is None:
        raise LookupError("a grant's agency or purpose is gone")
    return agency, purpose, await events_of(tx, grant.id)


async def reachable(house: House, grant: Grant) -> list[dict[str, object]]:
    """What the agency can go on reading of what was in the grant (domain.md 2.3, 4)."""
    return await house.db.read(_reachable, house, grant)


async def _reachable(tx: Tx, house: House, grant: Grant) -> list[dict[str, object]]:
    moment = await clock.instant(tx, house.now())
    return await still_reachable(tx, grant, house.base, moment)


async def last_read(house: House, who: Who, grant: Grant) -> Entry | None:
    """The last allowed entry under the grant."""
    if await house.db.read(last_use, grant.id) is None:
        return None
    filters = consent.log.reading.Filter(grant=grant.id, outcome="allowed")
    found = await consent.log.reading.entries(house, who, grant.pod, filters, Page(1))
    return found[0] if found else None


async def own_receipt(house: House, visit: Visit, id_: str) -> Receipt:
    """Her own copy of a receipt; Missing for the other side's and anybody else's (KC-18)."""
    for who in visit.whos():
        with suppress(Missing):
            return await consent.grants.grants.receipt(house, who, id_)
    raise Missing("There is nothing of yours by that name.")


async def entries(
    house: House,
    visit: Visit,
    pod: str,
    filters: consent.log.reading.Filter,
    page: Page,
) -> Sequence[Entry]:
    """The log of one pod of this account, newest first."""
    for who in visit.whos():
        found = await consent.log.reading.entries(house, who, pod, filters, page)
        if found:
            return found
    return []


async def names_of(
    house: House, language: str, agencies: Iterable[str], purposes: Iterable[str]
) -> Names:
    """What these are called."""
    return await house.db.read(
        _names, house.base, language, sorted(set(agencies)), sorted(set(purposes))
    )


async def _names(
    tx: Tx, base: Iri, language: str, agencies: Sequence[str], purposes: Sequence[str]
) -> Names:
    called: dict[str, str] = {}
    labels: dict[str, str] = {}
    for id_ in agencies:
        agency = await find_agency(tx, id_, base)
        if agency is not None:
            called[id_] = in_language(agency.name, language)
    for id_ in purposes:
        purpose = await find_purpose(tx, id_, base)
        if purpose is not None:
            labels[id_] = in_language(purpose.label, language)
    return Names(called, labels)


async def names_in(house: House, language: str, *lists: Sequence[Request | Grant]) -> Names:
    """The names that lists of requests and grants need."""
    every = [item for items in lists for item in items]
    return await names_of(
        house, language, (item.agency for item in every), (item.purpose for item in every)
    )


async def names_in_log(house: House, language: str, found: Sequence[Entry]) -> Names:
    """The names that entries of the log need."""
    agencies = (str(entry["agency"]) for entry in found if entry.get("agency"))
    purposes = (str(entry["purpose"]) for entry in found if entry.get("purpose"))
    return await names_of(house, language, agencies, purposes)
