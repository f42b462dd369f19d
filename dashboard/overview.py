# SPDX-License-Identifier: EUPL-1.2
"""The first page: one calm sentence, what waits, who may read, who read last."""

from collections.abc import Sequence
from datetime import datetime

from consent.asking.request import OPEN, Request
from consent.durations import BRUSSELS
from consent.house import House
from consent.lists import Page as Part
from consent.log.reading import Filter
from dashboard import lookups
from dashboard.first_pod import to_first_pod
from dashboard.fittings import Fittings
from dashboard.forms import safe_next
from dashboard.pages import by_day, grant_row, log_row, request_row
from dashboard.sign_in import SIGN_IN_AGAIN, sign_in_page
from dashboard.visit import Page, Shown, Visit
from pod.instant import SECOND, Instant, read_instant
from pod.iri import Iri

LAST = 5
CHUNK = 100
MOST_COUNTED = 1_000
MOST_SHOWN = 10
MOST_LISTS = 20


async def overview(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """The overview; the form to sign in for somebody who is not."""
    if visit.reader is None:
        next_ = safe_next(visit.query.one("next"))
        why = SIGN_IN_AGAIN if visit.query.one("next") else ""
        return sign_in_page(fittings, next_, why=why)
    if visit.lacks_pod:
        return to_first_pod(visit.back_to)
    moment = await lookups.moment_of(house)
    every = await _waiting(house, visit, moment)
    waiting = every[:MOST_SHOWN]
    active = (await lookups.active_grants(house, visit))[:MOST_SHOWN]
    names = await lookups.names_in(house, visit.language, waiting, active)
    data = {
        "here": "overview",
        "waiting": [request_row(request, names, moment) for request in waiting],
        "number": len(every),
        "active": [grant_row(grant, names, moment) for grant in active],
        **await _reads(house, visit, moment),
    }
    return Page("overview.html", data)


async def _waiting(house: House, visit: Visit, moment: Instant) -> list[Request]:
    """Every open question, first to answer first: newer ones that are decided hide none."""
    found: list[Request] = []
    after: str | None = None
    for _ in range(MOST_LISTS):
        piece = await lookups.requests(house, visit, after)
        found += [r for r in piece[: lookups.PAGE] if r.state_at(moment) in OPEN]
        if len(piece) <= lookups.PAGE:
            break
        after = piece[lookups.PAGE - 1].id
    return sorted(found, key=lambda request: request.deadline)


async def _reads(house: House, visit: Visit, moment: Instant) -> dict[str, object]:
    today = 0
    last: list[lookups.Entry] = []
    for pod in await lookups.pods(house, visit):
        newest, number = await _today(house, visit, pod, midnight_before(moment))
        last += newest
        today += number
    last = sorted(last, key=lambda entry: str(entry["time"]), reverse=True)[:LAST]
    names = await lookups.names_in_log(house, visit.language, last)
    nobody = visit.words.say("iemand die niet aangemeld was")
    rows = [log_row(entry, names, nobody) for entry in last]
    return {"reads_today": today, "days": by_day(rows, visit.words)}


async def _today(
    house: House, visit: Visit, pod: Iri, since: Instant
) -> tuple[Sequence[lookups.Entry], int]:
    """The last entries, and how many reads since then: newest first, so the rest stays unread."""
    newest: Sequence[lookups.Entry] = ()
    number, after = 0, None
    while number < MOST_COUNTED:
        found = await lookups.entries(house, visit, pod, Filter(), Part(CHUNK, after))
        newest = newest or found[:LAST]
        times = [read_instant(str(entry["time"])) for entry in found]
        number += sum(
            at >= since and entry["outcome"] == "allowed"
            for at, entry in zip(times, found, strict=True)
        )
        if len(found) < CHUNK or times[-1] < since:
            break
        after = str(found[-1]["id"])
    return newest, number


def midnight_before(moment: Instant) -> Instant:
    """When the day began in Brussels."""
    here = datetime.fromtimestamp(moment / SECOND, BRUSSELS)
    begin = here.replace(hour=0, minute=0, second=0, microsecond=0)
    return round(begin.timestamp() * SECOND)
