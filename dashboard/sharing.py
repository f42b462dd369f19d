# SPDX-License-Identifier: EUPL-1.2
"""Who may see one thing, in words that can be chosen: everyone, signed in, a person (ui.md §2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from acl.decide import decide
from acl.modes import Mode
from acl.rules import Rule
from acl.sharing import Audience, Sharing, rewritten, sharing_of
from consent.house import House
from dashboard.data import DATA, address_of, name_of
from dashboard.data_changes import CHANGED, MAY_NOT, MIRRORED, Desk, said_of
from dashboard.keeping import Change, of_bytes
from dashboard.places import actor, target_of
from dashboard.visit import Away, Mistake, Page, Shown, Visit
from dashboard.words import mark
from identity.who import Who
from pod import rdf
from pod.contents import find
from pod.database import Tx
from pod.errors import Missing, Unreadable
from pod.iri import Iri, acl_of, is_auxiliary, is_container, storage_of
from pod.resource import Found

MOST_PEOPLE = 50
LONGEST = 1_000
NOT_A_WEBID = mark("Dit is geen webadres van een persoon. Het begint met https:// of http://.")
TOO_MANY = mark("Dat zijn te veel mensen. Maak een groep met een app.")
BROKEN = mark("De regels van dit ding zijn stuk. Daarom mag niemand het nu zien. Begin opnieuw.")
GROUP = mark("een groep: {name}")
ORIGIN = mark("alleen via de app op {name}")
CONTROL = mark("mag alles, en beslist wie mag")
CHANGES = mark("mag lezen en veranderen")
READS = mark("mag lezen")
ADDS = mark("mag iets toevoegen")
WITH_MORE = mark("met een extra voorwaarde")


@dataclass(frozen=True, slots=True)
class Line:
    """A rule that stays as it is: whom it is about, what they may, and under which condition."""

    whom: tuple[str, ...]
    what: str
    extra: str


async def sharing_page(desk: Desk, house: House, visit: Visit) -> Page:
    """`?sharing`: who may see this now, and the choice."""
    target, _, found = await _mine(desk, house, visit)
    return _shown(house, visit, target, found)


async def _mine(desk: Desk, house: House, visit: Visit) -> tuple[Iri, Who, Found]:
    """Only who may change the rules sees them; for others the page is not there."""
    target = target_of(house, visit.path, DATA)
    if is_auxiliary(target):
        raise Missing("There is no such page.")
    rules = acl_of(target)
    who = await actor(house, visit, desk.sources, rules, Mode.CONTROL)
    found, may = await house.db.read(_look, desk, who, target, house)
    if not may or found.resource is None:
        raise Missing("There is nothing of yours by that name.")
    return target, who, found


async def _look(tx: Tx, desk: Desk, who: Who, target: Iri, house: House) -> tuple[Found, bool]:
    decision = await decide(tx, who, await find(tx, acl_of(target)), house.now(), desk.sources)
    return await find(tx, target), Mode.CONTROL in decision.modes


def _shown(
    house: House,
    visit: Visit,
    target: Iri,
    found: Found,
    errors: Sequence[Mistake] = (),
    chosen: Audience | None = None,
) -> Page:
    try:
        shared = sharing_of(found)
    except Unreadable:
        shared = Sharing(Audience(), (), False, acl_of(target))
        errors = errors or [Mistake("", visit.words.say(BROKEN))]
    audience = chosen or shared.audience
    data = {
        "here": "data",
        "name": name_of(target),
        "address": address_of(house, target),
        "folder": is_container(target),
        "root": target == storage_of(target),
        "inherited": shared.inherited,
        "above": _above(house, shared),
        "audience": audience,
        "others": [_line(rule, visit) for rule in shared.others],
        "version": found.acl.version if found.acl is not None and not shared.inherited else "",
        "errors": errors,
        "typed": visit.form.one("webid") if errors else "",
    }
    return Page("sharing.html", data, 422 if errors and not visit.looks else 200)


def _above(house: House, shared: Sharing) -> dict[str, str] | None:
    if not shared.inherited or shared.source is None:
        return None
    folder = Iri(shared.source.removesuffix(".acl"))
    return {"address": f"{address_of(house, folder)}?sharing", "name": name_of(folder)}


def _line(rule: Rule, visit: Visit) -> Line:
    say = visit.words.say
    whom = [*sorted(rule.agents), *(say(GROUP, name=group) for group in sorted(rule.groups))]
    if rule.everyone:
        whom.append(say("iedereen"))
    if rule.authenticated:
        whom.append(say("wie aangemeld is"))
    modes = rule.modes
    what = READS
    if Mode.CONTROL in modes:
        what = CONTROL
    elif Mode.WRITE in modes:
        what = CHANGES
    elif Mode.READ not in modes:
        what = ADDS
    extra = say(WITH_MORE) if rule.conditions else ""
    if rule.origins:
        extra = say(ORIGIN, name=", ".join(sorted(rule.origins)))
    return Line(tuple(str(each) for each in whom), what, str(extra))


async def share(desk: Desk, house: House, visit: Visit) -> Shown:
    """The choice, kept as an ACL document like any other (its change is in the record too)."""
    target, who, found = await _mine(desk, house, visit)
    if visit.form.one("do") == "inherit":
        return await _inherit(desk, house, visit, target, who, found)
    chosen = _chosen(visit)
    wrong = _wrong(chosen, visit.form.one("webid").strip())
    version = _version(found)
    if not wrong and visit.form.one("version") != ("" if version is None else str(version)):
        wrong = CHANGED
    if not wrong:
        owners = await house.db.read(_owners, storage_of(target))
        body = rewritten(_readable(found), chosen, owners or [who.webid or ""])
        asked = Change(
            "PUT", acl_of(target), who, rdf.TURTLE, of_bytes(body), len(body),
            version=version, new=version is None,
        )  # fmt: skip
        try:
            await desk.keeping.change(asked)
            return Away(f"{address_of(house, target)}?sharing")
        except MIRRORED as error:
            wrong = said_of(error)
    mistake = Mistake("webid" if wrong == NOT_A_WEBID else "", visit.words.say(wrong))
    return _shown(house, visit, target, found, [mistake], chosen)


def _version(found: Found) -> int | None:
    """Of its own rules; None when it has none yet."""
    if found.acl is None or found.acl.iri != acl_of(found.iri):
        return None
    return found.acl.version


def _readable(found: Found) -> Found:
    """What is found, without rules that cannot be read: those are written anew."""
    try:
        sharing_of(found)
    except Unreadable:
        return Found(found.iri, found.pod, found.resource, None, found.description)
    return found


def _chosen(visit: Visit) -> Audience:
    form, new = visit.form, visit.form.one("webid").strip()
    gone = frozenset(form.all("remove"))
    readers = [w for w in form.all("reader") if w not in gone]
    editors = [w for w in form.all("editor") if w not in gone]
    if new:
        (editors if form.one("may") == "change" else readers).append(new)
    kept = tuple(dict.fromkeys(w for w in readers if w not in editors))
    return Audience(
        "everyone" in form.all("who"),
        "signed-in" in form.all("who"),
        kept,
        tuple(dict.fromkeys(editors)),
    )


def _wrong(chosen: Audience, new: str) -> str:
    people = (*chosen.readers, *chosen.editors)
    if len(people) > MOST_PEOPLE:
        return TOO_MANY
    return "" if all(map(_is_webid, people)) else NOT_A_WEBID


def _is_webid(text: str) -> bool:
    if len(text) > LONGEST or any(char in text for char in '<>"{}|\\^` \t\r\n'):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return text.isprintable() and parts.scheme in ("https", "http") and bool(parts.hostname)


async def _owners(tx: Tx, pod: Iri) -> list[str]:
    rows = await tx.all("SELECT webid FROM owner WHERE pod = :pod ORDER BY webid", pod=pod)
    return [row["webid"] for row in rows]


async def _inherit(
    desk: Desk, house: House, visit: Visit, target: Iri, who: Who, found: Found
) -> Shown:
    try:
        await desk.keeping.change(Change("DELETE", acl_of(target), who))
    except Missing:
        # Without rules of its own it follows its folder already.
        return Away(f"{address_of(house, target)}?sharing")
    except MIRRORED as error:
        mistake = Mistake("", visit.words.say(said_of(error) or MAY_NOT))
        return _shown(house, visit, target, found, [mistake])
    return Away(f"{address_of(house, target)}?sharing")
