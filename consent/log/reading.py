# SPDX-License-Identifier: EUPL-1.2
"""Reading the access log: the owner all of it, an agency its own entries (KC-22)."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from consent.caller import caller_of, owns
from consent.house import House
from consent.lists import Page
from consent.log.forms import OWNERS_ONLY, Entry
from consent.log.forms import as_csv as as_csv
from consent.registry.agency import party_of
from identity.who import Who
from pod.database import Tx
from pod.errors import Unreadable
from pod.instant import HOUR, Instant, text_of


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries; None is no condition, `start` is inclusive and `end` is not."""

    start: Instant | None = None
    end: Instant | None = None
    agency: str | None = None
    grant: str | None = None
    outcome: str | None = None


async def caught_up(house: House) -> None:
    """What this worker has not written down yet is, before anybody looks (decision 16)."""
    if house.soon is not None:
        await house.soon.flush()


async def agency_of(tx: Tx, who: Who) -> str | None:
    """Whose agency's WebID this is: what a read that WAC permits is told of (decision 16)."""
    party = await party_of(tx, who)
    return None if party is None else party.agency


async def entries(house: House, who: Who, pod: str, filters: Filter, page: Page) -> Sequence[Entry]:
    """Newest first. Nothing, for a pod that is not there or not theirs (KC-5)."""
    await caught_up(house)
    return await house.db.read(_entries, who, pod, filters, page, house)


async def _entries(
    tx: Tx, who: Who, pod: str, filters: Filter, page: Page, house: House
) -> Sequence[Entry]:
    caller = await caller_of(tx, who, house.base)
    owner = await owns(tx, caller.webid, pod)
    if owner and (caller.decides or caller.agency is None):
        caller.subject()
        return await _rows(tx, pod, filters, filters.agency, page)
    if caller.agency is None:
        caller.subject()
        return []
    if filters.agency not in (None, caller.agency):
        return []
    rows = await _rows(tx, pod, filters, caller.agency, page, owners=False)
    return [{k: v for k, v in entry.items() if k not in OWNERS_ONLY} for entry in rows]


async def _rows(
    tx: Tx, pod: str, filters: Filter, agency: str | None, page: Page, *, owners: bool = True
) -> list[Entry]:
    # What an agency pushed itself, or tried where it never had a permission (access by law for a
    # class of persons is none of one pod), it does not get back: that would tell it which pods are
    # here (T-47, invariant 13).
    # Only what is asked is a condition: a few entries among many are found by their index then.
    wanted = {"agency": agency, "grant_id": filters.grant, "outcome": filters.outcome}
    asked = "".join(f" AND {column} = :{column}" for column, value in wanted.items() if value)
    rows = await tx.all(
        f"SELECT entry FROM journal WHERE pod = :pod AND seq < :before{asked}"  # noqa: S608 - names of columns, ours
        " AND time >= :start AND time < :end"
        " AND (:owners = 1 OR (external = 0 AND (outcome = 'allowed' OR (grant_id IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM statutory s WHERE s.id = grant_id AND s.subject IS NULL))"
        " OR EXISTS (SELECT 1 FROM consent_grant g WHERE g.pod = :pod AND g.agency = :agency))))"
        " ORDER BY seq DESC LIMIT :limit",
        pod=pod,
        before=await _place(tx, pod, agency, page.after, owners=owners),
        **{column: value or "" for column, value in wanted.items()},
        start=filters.start or 0,
        end=2**62 if filters.end is None else filters.end,
        owners=int(owners),
        limit=page.limit,
    )
    return [orjson.loads(row["entry"]) for row in rows]


async def _place(tx: Tx, pod: str, agency: str | None, after: str | None, *, owners: bool) -> int:
    """The number that a cursor stands for, in this log and of those that are seen.

    Decision 40: a cursor of another log would tell an agency which number is the higher.
    """
    if after is None:
        return 2**62
    row = await tx.one(
        "SELECT seq FROM journal WHERE id = :id AND pod = :pod"
        " AND (:owners = 1 OR (agency = :agency AND external = 0))",
        id=after,
        pod=pod,
        agency=agency or "",
        owners=int(owners),
    )
    if row is None:
        raise Unreadable("There is no such place in the list.", problem="bad-cursor")
    return int(row["seq"])


@dataclass(frozen=True, slots=True)
class Hour:
    """Reads and tries by nobody known in one hour: numbers, no entries (decision 16)."""

    start: Instant
    allowed: int
    denied: int

    def json(self) -> dict[str, object]:
        """As `GET log` shows it, beside the entries and outside their chain."""
        return {
            "from": text_of(self.start),
            "until": text_of(self.start + HOUR),
            "allowed": self.allowed,
            "denied": self.denied,
        }


MOST_HOURS = 750


async def anonymous(house: House, who: Who, pod: str, filters: Filter) -> Sequence[Hour] | None:
    """The counted hours that the filters touch, newest first; None for all but the owner.

    Nothing when the filters are for somebody known.
    """
    await caught_up(house)
    return await house.db.read(_anonymous, who, pod, filters, house)


async def _anonymous(
    tx: Tx, who: Who, pod: str, filters: Filter, house: House
) -> Sequence[Hour] | None:
    caller = await caller_of(tx, who, house.base)
    if not (caller.decides and await owns(tx, caller.webid, pod)):
        return None
    if filters.agency is not None or filters.grant is not None:
        return ()
    rows = await tx.all(
        "SELECT hour, allowed, denied FROM journal_count WHERE pod = :pod AND hour >= :start"
        " AND hour < :end ORDER BY hour DESC LIMIT :most",
        pod=pod,
        start=(filters.start or 0) // HOUR,
        end=2**40 if filters.end is None else -(-filters.end // HOUR),
        most=MOST_HOURS,
    )
    hours = [Hour(row["hour"] * HOUR, row["allowed"], row["denied"]) for row in rows]
    return [hour for hour in (_cut(hour, filters.outcome) for hour in hours) if _any(hour)]


def _cut(hour: Hour, outcome: str | None) -> Hour:
    return Hour(
        hour.start,
        0 if outcome == "denied" else hour.allowed,
        0 if outcome == "allowed" else hour.denied,
    )


def _any(hour: Hour) -> bool:
    return bool(hour.allowed or hour.denied)
