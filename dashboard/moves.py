# SPDX-License-Identifier: EUPL-1.2
"""Pages that pause, wake and narrow what was permitted, one by one or all at once."""

from collections.abc import Sequence
from hashlib import sha256

from consent.asking.choice import Picked
from consent.caller import Side, etag_of
from consent.grants.grant import Grant
from consent.grants.moves import pause as put_to_sleep
from consent.grants.moves import resume as wake
from consent.grants.narrowing import Less, narrow
from consent.grants.sleeping import pause_all, resume_all
from consent.house import House
from consent.once import Once
from dashboard import lookups
from dashboard.amounts import NOT_LESS, last_day, less_of
from dashboard.data_changes import CHANGED
from dashboard.pages import code_of, datum_line, grant_row
from dashboard.visit import Away, Mistake, Page, Shown, Visit
from dashboard.words import mark
from identity.who import Who
from pod.errors import Clash, Stale, Unprocessable

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
    form, version = visit.form, str(given.grant.version)
    data = {
        "here": "grants",
        "row": row,
        "version": version,
        "data": [
            (str(number), datum_line(datum, visit.language))
            for number, datum in enumerate(given.grant.terms.data)
        ],
        # Numbers of another version mean other data.
        "removed": form.all("remove") if form.one("version") in ("", version) else (),
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
            answer = await narrow(house, who, id_, asked, _once(visit, who), _seen(visit, given))
            return Away(f"/-/grants/{code_of(str(answer.body['id']))}")
        except Stale:
            mistakes.append(Mistake("choose", visit.words.say(CHANGED)))
        except Unprocessable as error:
            text = NOTHING_LEFT if error.problem == "nothing-left" else NOT_LESS
            mistakes.append(Mistake("choose", visit.words.say(text)))
    return await _shown(house, visit, given, mistakes)


def _once(visit: Visit, who: Who) -> Once:
    """ui.md §9: the same press twice gives the first result."""
    form = visit.form
    fields = ("version", "until", "count")
    words = "\n".join((*map(form.one, fields), *sorted(form.all("remove"))))
    key = sha256(words.encode()).hexdigest() if form.one("version") else None
    return Once(who.webid or "", visit.path, key, key or "")


def _seen(visit: Visit, given: lookups.Given) -> tuple[str, ...] | None:
    """KC-7: what is ticked is counted in the version that she saw, and means nothing in another."""
    version = visit.form.one("version")
    if not version:
        return None
    known = version.isascii() and version.isdecimal() and len(version) < 10
    state = given.grant.state_at(given.moment)
    return (f"{etag_of(state, Side.SUBJECT, int(version) if known else 0)}.j",)


def _left(grant: Grant, gone: frozenset[str]) -> tuple[Picked, ...]:
    return tuple(
        Picked(datum.target, None if datum.properties is None else tuple(datum.properties))
        for number, datum in enumerate(grant.terms.data)
        if str(number) not in gone and datum.target is not None
    )
