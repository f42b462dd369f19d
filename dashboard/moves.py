# SPDX-License-Identifier: EUPL-1.2
"""Pages that pause, wake and narrow what was permitted, one by one or all at once."""

from collections.abc import Sequence

from consent.asking.choice import Picked
from consent.grants.grant import Grant
from consent.grants.moves import pause as put_to_sleep
from consent.grants.moves import resume as wake
from consent.grants.narrowing import Less, narrow
from consent.grants.sleeping import pause_all, resume_all
from consent.house import House
from dashboard import lookups
from dashboard.amounts import NOT_LESS, last_day, less_of
from dashboard.pages import code_of, datum_line, grant_row
from dashboard.visit import Away, Mistake, Page, Shown, Visit
from dashboard.words import mark
from pod.errors import Clash, Unprocessable

NOTHING_LESS = mark("Kies wat er minder mag: minder gegevens, korter of minder vaak.")
NOTHING_LEFT = mark("Dan blijft er niets over. Wilt u stoppen, trek de toestemming dan in.")


async def pause(house: House, visit: Visit) -> Shown:
    """Stop the reading for now; a second press changes nothing."""
    id_ = house.name("grants", visit.code)
    who = await lookups.who_gave(house, visit, id_)
    try:
        await put_to_sleep(house, who, id_)
    except Clash as clash:
        if clash.problem != "wrong-state":
            raise
    return Away(f"/-/grants/{visit.code}")


async def resume(house: House, visit: Visit) -> Shown:
    """Let it be read again, unless it sleeps for another reason."""
    id_ = house.name("grants", visit.code)
    who = await lookups.who_gave(house, visit, id_)
    try:
        await wake(house, who, id_)
    except Clash as clash:
        if clash.problem not in ("wrong-state", "purpose-suspended"):
            raise
    return Away(f"/-/grants/{visit.code}")


async def pause_everything(house: House, visit: Visit) -> Shown:
    """Every permission of this account sleeps, in one press."""
    for who in visit.whos():
        await pause_all(house, who)
    return Away("/-/grants")


async def resume_everything(house: House, visit: Visit) -> Shown:
    """What that press put to sleep wakes, and no more."""
    for who in visit.whos():
        await resume_all(house, who)
    return Away("/-/grants")


async def narrow_page(house: House, visit: Visit) -> Shown:
    """What can be less. Nothing is ticked: what is ticked goes away."""
    id_ = house.name("grants", visit.code)
    who = await lookups.who_gave(house, visit, id_)
    given = await lookups.given(house, who, id_)
    return await _shown(house, visit, given)


async def _shown(
    house: House, visit: Visit, given: lookups.Given, errors: Sequence[Mistake] = ()
) -> Shown:
    names = await lookups.names_in(house, visit.language, [given.grant])
    row = grant_row(given.grant, names, given.moment)
    if not row.open:
        return Away(f"/-/grants/{visit.code}")
    form = visit.form
    data = {
        "here": "grants",
        "row": row,
        "data": [
            (str(number), datum_line(datum, visit.language))
            for number, datum in enumerate(given.grant.terms.data)
        ],
        "removed": form.all("remove"),
        "until": form.one("until"),
        "latest": last_day(given.grant.valid_until),
        "count": form.one("count"),
        "most": given.grant.count,
        "errors": errors,
    }
    return Page("narrow.html", data, 422 if errors else 200)


async def make_narrower(house: House, visit: Visit) -> Shown:
    """Less from the next request on; the version before it stays in the history."""
    id_ = house.name("grants", visit.code)
    who = await lookups.who_gave(house, visit, id_)
    given = await lookups.given(house, who, id_)
    less = less_of(visit.form, visit, given.moment)
    gone = frozenset(visit.form.all("remove"))
    mistakes = list(less.mistakes)
    if not mistakes and not gone and less.until is None and less.count is None:
        mistakes.append(Mistake("choose", visit.words.say(NOTHING_LESS)))
    if not mistakes:
        try:
            data = _left(given.grant, gone) if gone else None
            asked = Less(data, None, less.count, less.until)
            answer = await narrow(house, who, id_, asked)
            return Away(f"/-/grants/{code_of(str(answer.body['id']))}")
        except Unprocessable as error:
            text = NOTHING_LEFT if error.problem == "nothing-left" else NOT_LESS
            mistakes.append(Mistake("choose", visit.words.say(text)))
    return await _shown(house, visit, given, mistakes)


def _left(grant: Grant, gone: frozenset[str]) -> tuple[Picked, ...]:
    return tuple(
        Picked(datum.target, None if datum.properties is None else tuple(datum.properties))
        for number, datum in enumerate(grant.terms.data)
        if str(number) not in gone and datum.target is not None
    )
