# SPDX-License-Identifier: EUPL-1.2
"""Deciding later: the question waits, and she says when to be reminded (ui.md rule 4)."""

from contextlib import suppress

from consent.asking.replies import defer, reopen
from consent.asking.request import OPEN
from consent.house import House
from dashboard import lookups
from dashboard.pages import request_row
from dashboard.visit import Away, Page, Shown, Visit
from dashboard.words import mark
from identity.who import Who
from pod.errors import Clash, Unprocessable
from pod.instant import DAY, Instant

WHEN = (
    ("1", mark("Morgen")),
    ("3", mark("Over 3 dagen")),
    ("7", mark("Over een week")),
    ("14", mark("Over twee weken")),
)


async def later_page(house: House, visit: Visit) -> Shown:
    """When to be reminded; the deadline stays what it is."""
    id_ = house.name("requests", visit.code)
    await lookups.who_is_asked(house, visit, id_)
    request, moment = await lookups.request_of(house, id_), await lookups.moment_of(house)
    if request is None or request.state_at(moment) not in OPEN:
        return Away(f"/-/requests/{visit.code}")
    names = await lookups.names_in(house, visit.language, [request])
    choices = [(days, text) for days, text in WHEN if moment + int(days) * DAY < request.deadline]
    data = {"here": "requests", "row": request_row(request, names, moment), "choices": choices}
    return Page("later.html", data)


async def decide_later(house: House, visit: Visit) -> Shown:
    """Put off; nothing is shared meanwhile, and the agency hears nothing of it."""
    id_ = house.name("requests", visit.code)
    who = await lookups.who_is_asked(house, visit, id_)
    try:
        await defer(house, who, id_, await _moment(house, visit.form.one("when")))
    except Unprocessable:
        # A time after the deadline, from an old page: reminded in the usual way.
        await defer(house, who, id_)
    except Clash as clash:
        if clash.problem != "wrong-state":
            raise
        await _put_off_again(house, visit, who, id_)
    return Away("/-/requests")


async def _put_off_again(house: House, visit: Visit, who: Who, id_: str) -> None:
    """It waited already: taken up and put off anew, unless it was decided meanwhile."""
    with suppress(Clash):
        await reopen(house, who, id_)
        await defer(house, who, id_, await _moment(house, visit.form.one("when")))


async def _moment(house: House, days: str) -> Instant | None:
    if days not in dict(WHEN):
        return None
    return await lookups.moment_of(house) + int(days) * DAY
