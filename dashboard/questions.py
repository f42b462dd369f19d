# SPDX-License-Identifier: EUPL-1.2
"""Pages on which a citizen reads a question, and says yes to all or part of it, or no."""

from collections.abc import Sequence
from dataclasses import replace

from consent.asking import decisions
from consent.asking.inbox import preview, question, show_notice
from consent.asking.notice import Notice
from consent.asking.request import OPEN
from consent.house import House
from dashboard import lookups
from dashboard.amounts import NOT_LESS, less_of
from dashboard.fittings import Fittings
from dashboard.forms import Form
from dashboard.notices import (
    AGREED,
    CONSEQUENCES,
    NOT_CONFIRMED,
    NOTHING_CHOSEN,
    Item,
    agency_of,
    brief_of,
    choice_of,
    chosen_of,
    items_of,
    kinds_of,
    sections_of,
    with_bytes,
)
from dashboard.pages import code_of, request_row
from dashboard.sign_in_ways import step_up
from dashboard.visit import Away, Mistake, Page, Shown, Visit
from dashboard.words import LANGUAGES
from identity.who import Who
from pod.errors import Clash, Refused, Unprocessable


async def request_list(house: House, visit: Visit) -> Page:
    """Every question, those that wait first."""
    after = visit.query.one("after")
    cursor = house.name("requests", after) if after else None
    found = await lookups.requests(house, visit, cursor)
    shown = found[: lookups.PAGE]
    moment = await lookups.moment_of(house)
    names = await lookups.names_in(house, visit.language, shown)
    rows = [request_row(request, names, moment) for request in shown]
    data = {
        "here": "requests",
        "waiting": [row for row in rows if row.open],
        "decided": [row for row in rows if not row.open],
        "older": rows[-1].code if len(found) > len(shown) else "",
    }
    return Page("requests.html", data)


async def request_page(house: House, visit: Visit) -> Page:
    """One question: its notice and what to choose; once decided, what was answered."""
    id_ = house.name("requests", visit.code)
    return await _request(house, visit, await lookups.who_is_asked(house, visit, id_))


async def _request(
    house: House,
    visit: Visit,
    who: Who,
    *,
    changed: bool = False,
    clash: bool = False,
    errors: Sequence[Mistake] = (),
    form: Form | None = None,
) -> Page:
    id_ = house.name("requests", visit.code)
    asked = await question(house, who, id_)
    notice = await show_notice(house, who, id_, visit.language)
    names = await lookups.names_in(house, visit.language, [asked.request])
    row = request_row(asked.request, names, asked.moment)
    data = {"here": "requests", "code": visit.code, "agency": row.agency, "row": row}
    if not row.open:
        brief = brief_of(notice)
        return Page("decided.html", {**data, "brief": brief, "clash": clash}, _status(clash))
    items = with_bytes(items_of(notice), await preview(house, who, id_))
    data |= {
        "brief": brief_of(notice),
        "sections": sections_of(notice),
        "items": items,
        "given": () if form is None else form.all("give"),
        "notice_hash": notice["hash"],
        "deadline": row.deadline,
        "changed": changed,
        "errors": errors,
    }
    return Page("request.html", data, _status(changed) if not errors else 422)


def _status(clash: bool) -> int:
    return 409 if clash else 200


async def approve_page(house: House, visit: Visit) -> Page:
    """The summary of exactly what she is about to share, before her yes."""
    id_ = house.name("requests", visit.code)
    who = await lookups.who_is_asked(house, visit, id_)
    return await _approve(house, visit, who, visit.query)


async def _approve(
    house: House, visit: Visit, who: Who, form: Form, errors: Sequence[Mistake] = ()
) -> Page:
    id_ = house.name("requests", visit.code)
    asked = await question(house, who, id_)
    if asked.request.state_at(asked.moment) not in OPEN:
        return await _request(house, visit, who)
    notice = await show_notice(house, who, id_, visit.language)
    items = items_of(notice)
    chosen = chosen_of(items, form)
    if not chosen:
        mistake = Mistake("choose", visit.words.say(NOTHING_CHOSEN))
        return await _request(house, visit, who, errors=[mistake], form=form)
    read = form.one("notice")
    if read != notice["hash"] and read not in await _in_other_words(house, visit, who):
        return await _request(house, visit, who, changed=True, form=form)
    data = _summary(visit, notice, items, chosen)
    data |= {
        "errors": errors,
        "confirmed": form.all("confirm"),
        "until": form.one("until"),
        "count": form.one("count"),
    }
    return Page("approve.html", data, 422 if errors else 200)


async def _in_other_words(house: House, visit: Visit, who: Who) -> list[object]:
    """The hashes of the same notice in the languages that she may have read it in before."""
    id_ = house.name("requests", visit.code)
    others = [language for language in LANGUAGES if language != visit.language]
    return [(await show_notice(house, who, id_, other))["hash"] for other in others]


def _summary(
    visit: Visit, notice: Notice, items: Sequence[Item], chosen: Sequence[Item]
) -> dict[str, object]:
    return {
        "here": "requests",
        "code": visit.code,
        "agency": agency_of(notice),
        "chosen": chosen,
        "left_out": [item.label for item in items if item not in chosen],
        "sections": sections_of(notice, AGREED),
        "special": kinds_of(chosen),
        "notice_hash": notice["hash"],
    }


async def approve(fittings: Fittings, house: House, visit: Visit) -> Shown:
    """Her yes. The hash of the notice is the guard: it fits one state of one request."""
    id_ = house.name("requests", visit.code)
    who = await lookups.who_is_asked(house, visit, id_)
    notice = await show_notice(house, who, id_, visit.language)
    chosen = chosen_of(items_of(notice), visit.form)
    if not chosen:
        return await _approve(house, visit, who, visit.form)
    less = less_of(visit.form, visit, await lookups.moment_of(house))
    mistakes = list(less.mistakes)
    if {kind.name for kind in kinds_of(chosen)} - set(visit.form.all("confirm")):
        mistakes.append(Mistake("confirm", visit.words.say(NOT_CONFIRMED)))
    if mistakes:
        return await _approve(house, visit, who, visit.form, mistakes)
    try:
        choice = choice_of(notice, chosen, visit.form)
        choice = replace(choice, count=less.count, valid_until=less.until)
        answer = await decisions.approve(house, who, id_, choice)
    except Clash as clash:
        return await _after_clash(house, visit, who, clash, "approved")
    except Refused as refused:
        if refused.problem != "step-up":
            raise
        # Sensitive data asks for a fresh sign-in; what was chosen stays in the address.
        return await step_up(fittings, house, visit)
    except Unprocessable as error:
        if error.problem == "not-narrower" and (less.count or less.until):
            mistake = Mistake("until" if less.until else "count", visit.words.say(NOT_LESS))
            return await _approve(house, visit, who, visit.form, [mistake])
        if error.problem not in ("confirm-missing", "not-narrower"):
            raise
        return await _request(house, visit, who, changed=True, form=visit.form)
    return Away(f"/-/grants/{code_of(str(answer.body['id']))}")


async def _after_clash(house: House, visit: Visit, who: Who, clash: Clash, wanted: str) -> Shown:
    """A second press gives the first result; another answer than the first one is told so."""
    if clash.problem == "notice-changed":
        return await _request(house, visit, who, changed=True, form=visit.form)
    if clash.problem != "wrong-state":
        raise clash
    asked = await question(house, who, house.name("requests", visit.code))
    if asked.request.state_at(asked.moment) != wanted:
        return await _request(house, visit, who, clash=True)
    if asked.request.grant:
        return Away(f"/-/grants/{code_of(asked.request.grant)}")
    return Away(f"/-/requests/{visit.code}")


async def refuse_page(house: House, visit: Visit) -> Page:
    """What happens on no, before her no: as many steps as a yes takes."""
    id_ = house.name("requests", visit.code)
    who = await lookups.who_is_asked(house, visit, id_)
    asked = await question(house, who, id_)
    if asked.request.state_at(asked.moment) not in OPEN:
        return await _request(house, visit, who)
    notice = await show_notice(house, who, id_, visit.language)
    data = {
        "here": "requests",
        "code": visit.code,
        "agency": agency_of(notice),
        "sections": sections_of(notice, CONSEQUENCES),
    }
    return Page("refuse.html", data)


async def refuse(house: House, visit: Visit) -> Shown:
    """Her no."""
    id_ = house.name("requests", visit.code)
    who = await lookups.who_is_asked(house, visit, id_)
    try:
        await decisions.refuse(house, who, id_)
    except Clash as clash:
        return await _after_clash(house, visit, who, clash, "refused")
    return Away(f"/-/requests/{visit.code}")
