# SPDX-License-Identifier: EUPL-1.2
"""The page of who read what, when, why and on what ground; refused tries too."""

from collections.abc import Sequence
from urllib.parse import urlencode

import consent.log.reading
from consent.house import House
from consent.lists import Page as Part
from consent.log.tally import Tallies, tallies
from dashboard import lookups
from dashboard.pages import Names, by_day, code_of, label_path, log_row
from dashboard.periods import KINDS, Period, period_of
from dashboard.timeline import picture_of
from dashboard.visit import Page, Visit
from dashboard.words import mark
from pod.instant import Instant
from pod.iri import Iri

NOBODY = mark("iemand die niet aangemeld was")
OUTCOMES = ("allowed", "denied")


async def log_page(house: House, visit: Visit) -> Page:
    """A picture of one stretch of time, and a page of the entries in it, newest first."""
    pods, moment = await lookups.pods(house, visit), await lookups.moment_of(house)
    pod = chosen_pod(visit, pods)
    period = period_of(visit.query.one("period"), visit.query.one("day"), moment)
    filters = filters_of(house, visit, period)
    after = visit.query.one("after")
    part = Part(lookups.PAGE + 1, house.name("log", after) if after else None)
    found = await lookups.entries(house, visit, pod, filters, part) if pod else []
    # All of one permission is a table alone: no stretch of time, so no picture.
    drawn = Tallies() if filters.grant else await _tallies(house, visit, pod, period)
    names = await _names(house, visit, found, drawn)
    nobody = str(visit.words.say(NOBODY))
    where = _where(visit, pods, pod, period)
    data = {
        "here": "log",
        "grant": visit.query.one("grant"),
        "pods": [_tab(n, one, one == pod) for n, one in enumerate(pods)],
        "days": by_day([log_row(e, names, nobody) for e in found[: lookups.PAGE]], visit.words),
        "picture": picture_of(drawn, period, names, moment, nobody),
        "period": period,
        "periods": tuple(KINDS.items()),
        "agencies": sorted(names.agencies.items(), key=lambda one: one[1].casefold()),
        "agency": filters.agency or "",
        "outcome": filters.outcome or "",
        "outcomes": OUTCOMES,
        "number": pods.index(pod) if pod else 0,
        "filtered": bool(filters.agency or filters.outcome or filters.grant),
        **_pager(where, found, period, moment, bool(after)),
    }
    return Page("log.html", data)


def chosen_pod(visit: Visit, pods: Sequence[Iri]) -> Iri | None:
    """The pod that the address counts to, else the first."""
    number = visit.query.one("pod")
    known = number.isascii() and number.isdecimal() and int(number[:9]) < len(pods)
    return pods[int(number[:9]) if known else 0] if pods else None


def filters_of(house: House, visit: Visit, period: Period) -> consent.log.reading.Filter:
    """What the address asks for; a word that means nothing is no condition.

    Everything under one permission is shown whole: its reads are few and may lie years apart.
    """
    grant, outcome = visit.query.one("grant"), visit.query.one("outcome")
    return consent.log.reading.Filter(
        None if grant else period.start,
        None if grant else period.end,
        visit.query.one("agency") or None,
        house.name("grants", grant) if grant else None,
        outcome if outcome in OUTCOMES else None,
    )


async def _tallies(house: House, visit: Visit, pod: Iri | None, period: Period) -> Tallies:
    for who in visit.whos() if pod else ():
        found = await tallies(house, who, str(pod), period.steps)
        if found.counts or found.turns:
            return found
    return Tallies()


async def _names(
    house: House, visit: Visit, found: Sequence[lookups.Entry], drawn: Tallies
) -> Names:
    agencies = {str(entry["agency"]) for entry in found if entry.get("agency")}
    agencies |= {tally.agency for tally in drawn.counts if tally.agency}
    agencies |= {turn.agency for turn in drawn.turns}
    purposes = {str(entry["purpose"]) for entry in found if entry.get("purpose")}
    return await lookups.names_of(house, visit.language, agencies, purposes)


def _tab(number: int, pod: Iri, here: bool) -> dict[str, object]:
    return {"number": number, "name": label_path(pod), "here": here}


def _where(visit: Visit, pods: Sequence[Iri], pod: Iri | None, period: Period) -> str:
    asked = {"pod": pods.index(pod) if pod else 0}
    kept = {name: visit.query.one(name) for name in ("grant", "agency", "outcome")}
    return f"/-/log?{urlencode(asked | {n: v for n, v in kept.items() if v})}"


def _pager(
    where: str, found: Sequence[lookups.Entry], period: Period, moment: Instant, paged: bool
) -> dict[str, object]:
    this = f"{where}&period={period.kind}&day={period.first.isoformat()}"
    last = found[lookups.PAGE - 1] if len(found) > lookups.PAGE else None
    onward = f"{where}&period={period.kind}&day={period.beyond.isoformat()}"
    return {
        # A mark leads to all that it stands for, whatever the table is filtered by.
        "where": where.partition("&")[0],
        "older": f"{this}&after={code_of(str(last['id']))}#reads" if last else "",
        "newer": f"{this}#reads" if paged else "",
        "before": f"{where}&period={period.kind}&day={period.before.isoformat()}",
        "onward": onward if period.end <= moment else "",
        "as_csv": f"/-/log/entries?form=csv&{this.split('?')[1]}",
        "as_json": f"/-/log/entries?form=json&{this.split('?')[1]}",
    }
