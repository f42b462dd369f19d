# SPDX-License-Identifier: EUPL-1.2
"""Who may see one thing, in words that can be chosen: everyone, signed in, a person (ui.md §2)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import pyoxigraph as ox

from acl.decide import decide
from acl.modes import Mode
from acl.rules import Rule
from acl.sharing import Audience, Sharing, rewritten, sharing_of
from consent.house import House
from dashboard.data import DATA, address_of, name_of
from dashboard.data_changes import CHANGED, MIRRORED, Desk, said_of
from dashboard.keeping import Change, of_bytes
from dashboard.places import actor, target_of
from dashboard.visit import Away, Mistake, Page, Shown, Visit
from dashboard.words import mark
from identity.who import Who
from pod import rdf
from pod.contents import find
from pod.database import Tx
from pod.errors import Missing, Unreadable
from pod.iri import Iri, acl_of, is_auxiliary, is_container, parent, storage_of
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
LOCKS_OUT = mark("Dan beslist u hier niet meer. Verander eerst de keuze van de map erboven.")
HERE_ONLY = mark("alleen de map zelf")
BELOW_ONLY = mark("alleen wat in de map ligt")


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
    own_folder = is_container(target) and not shared.inherited
    data = {
        "here": "data",
        "name": name_of(target),
        "address": address_of(house, target),
        "folder": is_container(target),
        "root": target == storage_of(target),
        "inherited": shared.inherited,
        "above": _above(house, shared),
        "audience": audience,
        "others": [_line(rule, visit, own_folder=own_folder) for rule in shared.others],
        "version": found.acl.version if found.acl is not None and not shared.inherited else "",
        "errors": errors,
        "typed": visit.form.one("webid") if errors else "",
        "may": visit.form.one("may"),
    }
    return Page("sharing.html", data, 422 if errors and not visit.looks else 200)


def _above(house: House, shared: Sharing) -> dict[str, str] | None:
    if not shared.inherited or shared.source is None:
        return None
    folder = Iri(shared.source.removesuffix(".acl"))
    return {"address": f"{address_of(house, folder)}?sharing", "name": name_of(folder)}


def _line(rule: Rule, visit: Visit, *, own_folder: bool) -> Line:
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
    extra = [say(WITH_MORE)] if rule.conditions else []
    if rule.origins:
        extra.append(say(ORIGIN, name=", ".join(sorted(rule.origins))))
    if own_folder and not (rule.here and rule.below):
        extra.append(say(HERE_ONLY if rule.here else BELOW_ONLY))
    return Line(tuple(str(each) for each in whom), what, ", ".join(map(str, extra)))


async def share(desk: Desk, house: House, visit: Visit) -> Shown:
    """The choice, kept as an ACL document like any other (its change is in the record too)."""
    target, who, found = await _mine(desk, house, visit)
    if visit.form.one("do") == "inherit":
        return await _inherit(desk, house, visit, target, who, found)
    chosen = _chosen(visit, visit.form.one("webid").strip())
    wrong = _wrong(chosen, _already(found))
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
    # Whom she would add stands in its field alone, so that it can be put right there.
    return _shown(house, visit, target, found, [mistake], _chosen(visit, ""))


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


def _already(found: Found) -> frozenset[str]:
    """Whom the rules name now, in whatever form an app wrote them: those may stay."""
    try:
        audience = sharing_of(found).audience
    except Unreadable:
        return frozenset()
    return frozenset((*audience.readers, *audience.editors))


def _chosen(visit: Visit, new: str) -> Audience:
    form = visit.form
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


def _wrong(chosen: Audience, already: frozenset[str]) -> str:
    people = frozenset((*chosen.readers, *chosen.editors))
    if len(people) > MOST_PEOPLE and not people <= already:
        return TOO_MANY
    return "" if all(map(_is_webid, people - already)) else NOT_A_WEBID


def _is_webid(text: str) -> bool:
    if len(text) > LONGEST or any(char in text for char in '<>"{}|\\^` \t\r\n'):
        return False
    try:
        parts = urlsplit(ox.NamedNode(text).value)
    except ValueError:
        return False
    return text.isprintable() and parts.scheme in ("https", "http") and bool(parts.hostname)


async def _owners(tx: Tx, pod: Iri) -> list[str]:
    rows = await tx.all("SELECT webid FROM owner WHERE pod = :pod ORDER BY webid", pod=pod)
    return [row["webid"] for row in rows]


async def _inherit(
    desk: Desk, house: House, visit: Visit, target: Iri, who: Who, found: Found
) -> Shown:
    if not await house.db.read(_decides_above, desk, who, target, house):
        mistake = Mistake("", visit.words.say(LOCKS_OUT))
        return _shown(house, visit, target, found, [mistake])
    try:
        await desk.keeping.change(Change("DELETE", acl_of(target), who))
    except Missing:
        # Without rules of its own it follows its folder already.
        return Away(f"{address_of(house, target)}?sharing")
    except MIRRORED as error:
        mistake = Mistake("", visit.words.say(said_of(error)))
        return _shown(house, visit, target, found, [mistake])
    return Away(f"{address_of(house, target)}?sharing")


async def _decides_above(tx: Tx, desk: Desk, who: Who, target: Iri, house: House) -> bool:
    """ui.md §2: who gives up rules of her own is not locked out by those of the folder above."""
    # What the folder says of a thing without rules is what it says of one that is not there.
    absent = Iri(f"{parent(target) or storage_of(target)}{secrets.token_hex(16)}")
    decision = await decide(tx, who, await find(tx, acl_of(absent)), house.now(), desk.sources)
    return Mode.CONTROL in decision.modes
