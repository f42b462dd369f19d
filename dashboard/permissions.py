# SPDX-License-Identifier: EUPL-1.2
"""Pages on which a citizen sees what she permitted, and stops it."""

import consent.log.reading
from consent.grants.endings import withdraw as end
from consent.house import House
from consent.lists import Page as Part
from dashboard import lookups
from dashboard.pages import (
    GrantRow,
    Names,
    Section,
    by_day,
    code_of,
    event_row,
    grant_row,
    grant_sections,
    label_path,
    log_row,
)
from dashboard.visit import Away, Page, Shown, Visit
from identity.who import Who
from pod.errors import Clash
from pod.iri import Iri, storage_of

SHOWN = 5
BRIEF = 3  # who, what, why


async def grant_list(house: House, visit: Visit) -> Page:
    """Every permission, those in force first."""
    after = visit.query.one("after")
    cursor = house.name("grants", after) if after else None
    found = await lookups.grants(house, visit, after=cursor)
    shown = found[: lookups.PAGE]
    active = [] if after else await lookups.active_grants(house, visit)
    moment = await lookups.moment_of(house)
    names = await lookups.names_in(house, visit.language, shown, active)
    rows = [grant_row(grant, names, moment) for grant in shown]
    data = {
        "here": "grants",
        "active": [grant_row(grant, names, moment) for grant in active]
        or [row for row in rows if row.open],
        "ended": [row for row in rows if not row.open],
        "awake": any(grant.state_at(moment) == "active" for grant in active),
        "asleep": any(grant.cause == "citizen-all" for grant in active),
        "older": rows[-1].code if len(found) > len(shown) else "",
    }
    return Page("grants.html", data)


async def _given(house: House, visit: Visit) -> tuple[lookups.Given, GrantRow, Who]:
    id_ = house.name("grants", visit.code)
    who = await lookups.who_gave(house, visit, id_)
    given = await lookups.given(house, who, id_)
    names = await lookups.names_in(house, visit.language, [given.grant])
    return given, grant_row(given.grant, names, given.moment), who


def _sections(given: lookups.Given, visit: Visit) -> tuple[Section, ...]:
    return grant_sections(given.grant, given.agency, given.purpose, visit.language)


async def grant_page(house: House, visit: Visit) -> Page:
    """One permission: terms, reads, events, receipts, and the way to stop it."""
    given, row, who = await _given(house, visit)
    filters = consent.log.reading.Filter(grant=given.grant.id)
    found = await consent.log.reading.entries(house, who, given.grant.pod, filters, Part(SHOWN))
    names = await lookups.names_in_log(house, visit.language, found)
    rows = [log_row(entry, names, "") for entry in found]
    data = {
        "here": "grants",
        "row": row,
        "because": given.grant.cause or "",
        "sections": _sections(given, visit),
        "days": by_day(rows, visit.words),
        "events": [event_row(event) for event in given.events],
        "receipts": [code_of(receipt) for receipt in given.receipts],
    }
    return Page("grant.html", data)


async def withdraw_page(house: House, visit: Visit) -> Shown:
    """What stopping does and does not do, before the one press."""
    given, row, _ = await _given(house, visit)
    if not row.open:
        return Away(_after(row))
    brief = _sections(given, visit)[:BRIEF]
    return Page("withdraw.html", {"here": "grants", "row": row, "brief": brief})


async def withdraw(house: House, visit: Visit) -> Shown:
    """Stop it. A second press shows the first result."""
    id_ = house.name("grants", visit.code)
    who = await lookups.who_gave(house, visit, id_)
    try:
        await end(house, who, id_)
    except Clash as clash:
        if clash.problem != "wrong-state":
            raise
        _, row, _ = await _given(house, visit)
        return Away(_after(row))
    return Away(f"/-/grants/{visit.code}/withdrawn")


def _after(row: GrantRow) -> str:
    gone = "/withdrawn" if row.name == "withdrawn" else ""
    return f"/-/grants/{row.code}{gone}"


async def withdrawn_page(house: House, visit: Visit) -> Shown:
    """Since when it stopped, what was read before it, and what can still be read."""
    given, row, who = await _given(house, visit)
    if row.name != "withdrawn":
        return Away(f"/-/grants/{row.code}")
    last = await lookups.last_read(house, who, given.grant)
    still = await lookups.reachable(house, given.grant)
    length = given.grant.terms.retention
    data = {
        "here": "grants",
        "row": row,
        "last": None if last is None else log_row(last, Names(), ""),
        "retention": "" if length is None else visit.words.length(length),
        "still": [_still(house, item) for item in still],
        "receipt": code_of(given.receipts[-1]) if given.receipts else "",
    }
    return Page("withdrawn.html", data)


def _still(house: House, item: dict[str, object]) -> dict[str, str]:
    target, because = Iri(str(item["target"])), str(item["because"])
    other = because.startswith(f"{house.base}.consent/grants/")
    return {
        "label": label_path(target.removeprefix(storage_of(target))),
        "because": because,
        "grant": code_of(because) if other else "",
    }
