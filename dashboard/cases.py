# SPDX-License-Identifier: EUPL-1.2
"""Asking an agency why, or objecting: from any read, permission or access by law (KC-28)."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from consent.cases.acts import Asked, Seen, Try, ask, list_cases, look
from consent.cases.acts import move as make
from consent.cases.cases import Case, Kind, Move
from consent.house import House
from consent.lists import Page as Part
from consent.once import Once
from consent.texts import trouble_in
from dashboard import lookups
from dashboard.pages import UNKNOWN_STATE, Names, State, code_of
from dashboard.visit import Away, Mistake, Page, Shown, Visit
from dashboard.words import mark
from identity.who import Who
from pod.errors import Clash, Missing, PodError, Refused, TooMany, Unprocessable
from pod.instant import Instant
from pod.iri import Iri

MOST_TEXT = 2_000
# All that a person can have of these; her list has no pages.
MOST_SHOWN = 500
NO_TEXT = mark("Schrijf wat u wilt weten of waarom u het er niet mee eens bent.")
TOO_LONG = mark("Dit is te lang. Schrijf hoogstens 2000 tekens.")
BAD_TEXT = mark("Deze tekst kan niet. Schrijf gewone woorden, zonder rijksregisternummer.")
NOT_THERE = mark("Hierover kunt u niets vragen: er staat geen instantie achter.")
ENOUGH = mark("U hebt al veel vragen openstaan. Sluit er eerst een af.")
STATES: Mapping[str, State] = {
    "open": State(mark("wacht op antwoord"), "waiting"),
    "answered": State(mark("beantwoord"), "good"),
    "escalated": State(mark("u vroeg een beter antwoord"), "waiting"),
    "closed": State(mark("afgesloten"), "over"),
}
KINDS: Mapping[str, str] = {
    Kind.ACCESS: mark("Ik wil weten waarom en wat ze lazen"),
    Kind.OBJECTION: mark("Ik ben het er niet mee eens (bezwaar)"),
    Kind.RECTIFICATION: mark("Er klopt iets niet"),
    Kind.ERASURE: mark("Ik wil dat ze hun kopie wissen"),
    Kind.RESTRICTION: mark("Ik wil dat ze het nu even niet gebruiken"),
    Kind.COMPLAINT: mark("Ik heb een klacht"),
}
ABOUT = ("log", "grants", "statutory")


@dataclass(frozen=True, slots=True)
class Row:
    """A question in a list."""

    code: str
    agency: str
    kind: str
    state: State
    open: bool
    opened: Instant
    deadline: Instant


def _row(case: Case, names: Names) -> Row:
    state = STATES.get(case.state, UNKNOWN_STATE)
    return Row(
        code_of(case.id),
        names.agency(case.agency),
        KINDS.get(case.kind, str(case.kind)),
        state,
        case.state in ("open", "escalated"),
        case.opened_at,
        case.deadline,
    )


async def case_list(house: House, visit: Visit) -> Page:
    """Every question of this account to agencies, newest first."""
    found: dict[str, Seen] = {}
    for who in visit.whos():
        found |= {seen.case.id: seen for seen in await list_cases(house, who, Part(MOST_SHOWN))}
    agencies = [seen.case.agency for seen in found.values()]
    names = await lookups.names_of(house, visit.language, agencies, [])
    rows = [_row(seen.case, names) for seen in found.values()]
    return Page("case_list.html", {"here": "log", "rows": rows})


async def new_page(house: House, visit: Visit) -> Page:
    """What to ask, about what: `?about=log/CODE`, `grants/CODE` or `statutory/CODE`."""
    return _asking(house, visit, _about(house, visit.query.one("about")))


def _about(house: House, text: str) -> Iri:
    kind, _, code = text.partition("/")
    if kind not in ABOUT or not code or not code.replace("-", "").replace("_", "").isalnum():
        raise Missing("There is nothing of yours by that name.")
    return house.name(kind, code[:64])


def _asking(house: House, visit: Visit, about: Iri, errors: Sequence[Mistake] = ()) -> Page:
    data = {
        "here": "log",
        "about": about.removeprefix(f"{house.base}.consent/"),
        "kinds": tuple(KINDS.items()),
        "kind": visit.form.one("kind") or Kind.ACCESS,
        "text": visit.form.one("text"),
        "most": MOST_TEXT,
        "errors": errors,
    }
    return Page("case_new.html", data, 422 if errors else 200)


async def open_new(house: House, visit: Visit) -> Shown:
    """The question goes to the agency; a month is what the law gives it (GDPR 12)."""
    about, text = _about(house, visit.form.one("about")), visit.form.one("text").strip()
    kind, wrong = visit.form.one("kind"), trouble_with(text)
    if not wrong and kind in KINDS:
        try:
            return Away(await _ask(house, visit.whos(), Asked(Kind(kind), about, text)))
        except PodError as error:
            wrong = _said(error)
    return _asking(house, visit, about, [Mistake("text", visit.words.say(wrong or NOT_THERE))])


def trouble_with(text: str) -> str:
    """Why this text cannot be sent; "" when it can."""
    if not text:
        return NO_TEXT
    if len(text) > MOST_TEXT:
        return TOO_LONG
    return BAD_TEXT if trouble_in(text.replace("\r\n", "\n").replace("\n", " ")) else ""


async def _ask(house: House, whos: Iterable[Who], asked: Asked) -> str:
    """By the one of her people whom it is about."""
    refused: PodError = Missing("There is nothing of yours by that name.")
    for who in whos:
        try:
            name = house.name("cases", secrets.token_urlsafe(16))
            answer = await ask(house, who, asked, name, once_for(who, asked))
            return f"/-/cases/{code_of(str(answer.body['id']))}"
        except (Unprocessable, Refused) as error:
            refused = error
    raise refused


def once_for(who: Who, asked: Asked) -> Once:
    """ui.md §9: pressed twice, or sent again after Back, the same question is one question."""
    words = "\n".join((asked.kind, asked.about, asked.text))
    key = sha256(words.encode()).hexdigest()
    return Once(who.webid or "", "/-/cases", key, key)


def _said(error: PodError) -> str:
    if isinstance(error, TooMany):
        return ENOUGH
    pointers = [str(each.get("pointer")) for each in getattr(error, "errors", None) or ()]
    return NOT_THERE if "/about" in pointers or isinstance(error, Missing) else BAD_TEXT


async def _mine(house: House, visit: Visit) -> tuple[Who, Seen]:
    for who in visit.whos():
        try:
            return who, await look(house, who, house.name("cases", visit.code))
        except Missing:
            continue
    raise Missing("There is nothing of yours by that name.")


async def case_page(house: House, visit: Visit) -> Page:
    """One question, what was said, and what she can do now."""
    _, seen = await _mine(house, visit)
    return await _shown(house, visit, seen)


async def _shown(house: House, visit: Visit, seen: Seen, errors: Sequence[Mistake] = ()) -> Page:
    case = seen.case
    names = await lookups.names_of(house, visit.language, [case.agency], [])
    data = {
        "here": "log",
        "row": _row(case, names),
        "said": [(by == "subject", time, text) for by, time, text in case.said],
        "text": visit.form.one("text"),
        "most": MOST_TEXT,
        "errors": errors,
    }
    return Page("case.html", data, 422 if errors else 200)


async def change(house: House, visit: Visit) -> Shown:
    """She asks for a better answer, or is content and closes it."""
    who, seen = await _mine(house, visit)
    text = visit.form.one("text").strip()
    better = visit.form.one("do") == "escalate"
    wrong = trouble_with(text) if better else ""
    if not wrong:
        try:
            move = Move.ESCALATE if better else Move.CLOSE
            await make(house, seen.case.id, Try(who, move, text or None))
            return Away(f"/-/cases/{visit.code}")
        except Clash:
            return Away(f"/-/cases/{visit.code}")
        except Unprocessable:
            wrong = BAD_TEXT
    return await _shown(house, visit, seen, [Mistake("text", visit.words.say(wrong))])
