# SPDX-License-Identifier: EUPL-1.2
"""Reading that a law or decree permits: seen and questioned here, never "withdrawn" (ui.md §2)."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consent.asking.words import in_language
from consent.cases.acts import Asked
from consent.cases.cases import Kind
from consent.house import House
from consent.law.acts import object_
from consent.law.statutory import Statutory
from consent.law.views import Seen, list_statutory, look
from consent.lists import Page as Part
from consent.registry.purpose import Purpose, find_purpose
from dashboard import lookups
from dashboard.cases import BAD_TEXT, MOST_SHOWN, MOST_TEXT, once_for, trouble_with
from dashboard.pages import UNKNOWN_STATE, Names, State, code_of, datum_line
from dashboard.visit import Away, Mistake, Page, Shown, Visit
from dashboard.words import mark
from identity.who import Who
from pod.errors import Clash, Missing, Refused, Unprocessable
from pod.instant import Instant

STATES: Mapping[str, State] = {
    "declared": State(mark("begint nog"), "waiting"),
    "active": State(mark("loopt"), "law"),
    "suspended": State(mark("staat stil"), "waiting"),
    "ended": State(mark("afgelopen"), "over"),
}
NO_OBJECTION = mark("De wet verplicht dit. Bezwaar kan niet, maar u kunt wel vragen waarom.")


@dataclass(frozen=True, slots=True)
class Row:
    """One access by law, in words."""

    code: str
    agency: str
    purpose: str
    state: State
    active: bool
    start: Instant
    until: Instant
    references: tuple[str, ...]
    objected: bool
    objectionable: bool


def _row(seen: Seen, names: Names) -> Row:
    access = seen.access
    state = str(seen.json()["state"])
    return Row(
        code_of(access.id),
        names.agency(access.agency),
        names.purpose(access.purpose),
        STATES.get(state, UNKNOWN_STATE),
        state == "active",
        access.valid_from,
        access.valid_until,
        tuple(text for _, text in access.references),
        seen.objected,
        access.objectionable,
    )


async def law_list(house: House, visit: Visit) -> Page:
    """Everything of this kind that is about this person."""
    found: dict[str, Seen] = {}
    for who in visit.whos():
        seen = await list_statutory(house, who, Part(MOST_SHOWN))
        found |= {one.access.id: one for one in seen}
    agencies = [one.access.agency for one in found.values()]
    purposes = [one.access.purpose for one in found.values()]
    names = await lookups.names_of(house, visit.language, agencies, purposes)
    rows = [_row(one, names) for one in found.values()]
    return Page("law_list.html", {"here": "grants", "rows": rows})


async def _mine(house: House, visit: Visit) -> tuple[Who, Seen]:
    """As the one of her people whom it concerns."""
    for who in visit.whos():
        try:
            return who, await look(house, who, house.name("statutory", visit.code))
        except Missing:
            continue
    raise Missing("There is nothing of yours by that name.")


async def law_page(house: House, visit: Visit) -> Page:
    """One: the law, the agency, the data, the time, and what she can do."""
    _, seen = await _mine(house, visit)
    return await _shown(house, visit, seen)


async def _shown(house: House, visit: Visit, seen: Seen, errors: Sequence[Mistake] = ()) -> Page:
    access = seen.access
    names = await lookups.names_of(house, visit.language, [access.agency], [access.purpose])
    purpose = await house.db.read(find_purpose, access.purpose, house.base)
    data = {
        "here": "grants",
        "row": _row(seen, names),
        "why": _why(purpose, visit.language),
        "data": _lines(access, visit.language),
        "errors": errors,
        "typed": visit.form.one("text"),
        "most": MOST_TEXT,
    }
    return Page("law.html", data, 422 if errors else 200)


def _why(purpose: Purpose | None, language: str) -> str:
    return "" if purpose is None else in_language(purpose.description, language)


def _lines(access: Statutory, language: str) -> tuple[str, ...]:
    return tuple(datum_line(datum, language) for datum in access.data)


async def object_to(house: House, visit: Visit) -> Shown:
    """Her objection: a case for the agency, and the reading stands still meanwhile."""
    who, seen = await _mine(house, visit)
    text = visit.form.one("text").strip()
    wrong = trouble_with(text)
    if not wrong:
        name = house.name("cases", secrets.token_urlsafe(16))
        try:
            once = once_for(who, Asked(Kind.OBJECTION, seen.access.id, text))
            answer = await object_(house, who, seen.access.id, (text, True, name), once)
            return Away(f"/-/cases/{code_of(str(answer.body['id']))}")
        except (Clash, Refused, Unprocessable) as error:
            wrong = NO_OBJECTION if error.problem == "no-objection" else BAD_TEXT
    return await _shown(house, visit, seen, [Mistake("text", visit.words.say(wrong))])
