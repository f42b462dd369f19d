# SPDX-License-Identifier: EUPL-1.2
"""Who can reach what, and because of what: the sources that serve say so (KC-27, ui.md §2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from acl.decide import PermitSource
from consent.house import House
from consent.simulate.now import Asking, Reach, Reached, reach
from dashboard import lookups
from dashboard.data import Look, address_of, name_of, see
from dashboard.pages import Names, code_of, label_path
from dashboard.visit import Page, Visit
from dashboard.words import mark
from pod.contents import find
from pod.database import Tx
from pod.instant import Instant
from pod.iri import Iri, is_container, storage_of
from pod.membership import page_of

MOST_THINGS = 40
MODES: Mapping[str, str] = {
    "read": mark("lezen"),
    "write": mark("veranderen"),
    "append": mark("toevoegen"),
    "control": mark("beslissen wie mag"),
}
EVERYONE, SIGNED_IN = mark("iedereen"), mark("wie aangemeld is")
IN_GROUP = mark("wie in de groep {name} zit")


@dataclass(frozen=True, slots=True)
class Line:
    """One who can reach it: who, what, and the page where that is stopped."""

    who: str
    modes: tuple[str, ...]
    why: str
    inherited: bool
    stop: str
    until: Instant | None
    yours: bool


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing with all who can reach it."""

    name: str
    address: str
    folder: bool
    lines: tuple[Line, ...]
    whole: bool


async def access_page(sources: Sequence[PermitSource], house: House, visit: Visit) -> Page:
    """A folder and what lies in it, thing by thing; the root of a pod where none is named."""
    pods = await lookups.pods(house, visit)
    asked = visit.query.one("at")
    folder = Iri(house.base + asked.lstrip("/")) if asked else (pods[0] if pods else None)
    if folder is None or storage_of(folder) not in pods or not is_container(folder):
        folder = pods[0] if pods else None
    names_in: list[Iri] = []
    if folder is not None:
        names_in = await house.db.read(_things, sources, visit, folder, house.now())
    more = len(names_in) > MOST_THINGS + 1
    asking = Asking(house.base, sources, house.now())
    # Each in a read of its own: long rules and large groups hold up nobody else.
    things = [
        (iri, await house.db.read(_reach, asking, iri)) for iri in names_in[: MOST_THINGS + 1]
    ]
    agencies = [r.reader.agency for _, each in things for r in each.reached if r.reader.agency]
    names = await lookups.names_of(house, visit.language, agencies, [])
    shown = [_thing(house, visit, iri, each, names) for iri, each in things]
    data = {
        "here": "data",
        "folder": "" if folder is None else label_path(folder.removeprefix(house.base)),
        "above": _above(house, folder),
        "things": shown,
        "more": more,
        "into": lambda thing: _page_of(thing.address.removeprefix("/-/data/")),
    }
    return Page("access.html", data)


def _above(house: House, folder: Iri | None) -> str:
    if folder is None or folder == storage_of(folder):
        return ""
    return _page_of(folder.rstrip("/").rpartition("/")[0].removeprefix(house.base) + "/")


def _page_of(name: str) -> str:
    # A name has escapes of its own, which must come back as they are.
    return f"/-/access?at={quote(name, safe='/')}"


async def _things(
    tx: Tx, sources: Sequence[PermitSource], visit: Visit, folder: Iri, now: Instant
) -> list[Iri]:
    """The folder and what lies in it; one more than is shown, to know of others."""
    seen = await see(tx, Look(visit.whos(), folder), sources, now)
    if seen.resource is None:
        return []
    return [folder, *(member.iri for member in await page_of(tx, folder, "", MOST_THINGS + 1))]


async def _reach(tx: Tx, asking: Asking, iri: Iri) -> Reach:
    return await reach(tx, asking, await find(tx, iri))


def _thing(house: House, visit: Visit, iri: Iri, found: Reach, names: Names) -> Thing:
    mine = frozenset(visit.reader.webids if visit.reader else ())
    lines = tuple(_line(house, visit, iri, each, names, mine) for each in found.reached)
    return Thing(name_of(iri), address_of(house, iri), is_container(iri), lines, found.whole)


def _line(
    house: House, visit: Visit, iri: Iri, each: Reached, names: Names, mine: frozenset[str]
) -> Line:
    reader, because = each.reader, each.because
    who = reader.webid or ""
    if reader.kind == "everyone":
        who = str(visit.words.say(EVERYONE))
    elif reader.kind == "signed-in":
        who = str(visit.words.say(SIGNED_IN))
    elif reader.agency is not None:
        who = names.agency(reader.agency)
    elif reader.group is not None and reader.webid is None:
        who = str(visit.words.say(IN_GROUP, name=reader.group))
    stops = {
        "grant": f"/-/grants/{code_of(because.id)}/withdraw",
        "statutory": f"/-/law/{code_of(because.id)}",
    }
    governed = Iri(because.id.removesuffix(".acl"))
    stop = stops.get(because.kind) or f"{address_of(house, governed)}?sharing"
    modes = tuple(MODES[mode] for mode in each.modes if mode in MODES)
    return Line(
        who, modes, because.kind, because.inherited, stop, because.until, reader.webid in mine
    )
