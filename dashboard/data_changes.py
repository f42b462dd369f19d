# SPDX-License-Identifier: EUPL-1.2
"""Pages that change what is kept: a new folder, another name, gone, one value (ui.md §2).

Each goes through the resource operations, so it may do what a program of hers may, and no more.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pyoxigraph as ox
import rdflib

from acl.decide import PermitSource
from acl.modes import Mode
from consent.house import House
from dashboard.data import (
    DATA,
    Look,
    Seen,
    address_of,
    is_editable,
    name_of,
    see,
    statements_of,
)
from dashboard.keeping import Change, Keeping, of_bytes
from dashboard.places import actor, inside, target_of, trouble_with
from dashboard.visit import Away, Mistake, Page, Shown, Visit
from dashboard.words import mark
from identity.who import Who
from pod import rdf
from pod.errors import Clash, Missing, PodError, Refused, Stale, TooLarge, Unprocessable, Unreadable
from pod.iri import Iri, is_container, parent, storage_of
from pod.resource import Resource

LONGEST_VALUE = 10_000
TAKEN = mark("Er is al iets met deze naam. Kies een andere naam.")
NOT_EMPTY = mark("Deze map is niet leeg. Verwijder eerst wat erin zit.")
MAY_NOT = mark("Dat mag u hier niet veranderen.")
CHANGED = mark("Iemand veranderde dit intussen. Kijk opnieuw en beslis dan.")
FULL = mark("Uw kluis is vol. Verwijder eerst iets.")
TOO_LARGE = mark("Dit is te groot om te bewaren.")
PROTECTED = mark("Dit hoort bij uw account en kan hier niet weg.")
NOT_VALID = mark("Deze waarde past niet. Kijk na of het een getal of een datum moet zijn.")
TOO_LONG = mark("Deze tekst is te lang.")
UNREADABLE = mark("Dit bestand is niet wat zijn naam belooft. Er is niets bewaard.")
BROKEN_OFF = mark("Het uploaden brak af. Er is niets bewaard. Probeer het opnieuw.")
OTHERWISE = mark("Dat lukte niet. Er is niets veranderd.")
TROUBLES = {
    "name-taken": TAKEN,
    "slash-twin": TAKEN,
    "container-exists": TAKEN,
    "container-not-empty": NOT_EMPTY,
    "protected-profile": PROTECTED,
    "reserved-name": TAKEN,
    "quota-exceeded": FULL,
    "malformed-rdf": UNREADABLE,
    "half-file": BROKEN_OFF,
}
MIRRORED = (Clash, Stale, Refused, TooLarge, Unprocessable, Unreadable)


@dataclass(frozen=True, slots=True)
class Desk:
    """What these pages work with besides the house."""

    sources: Sequence[PermitSource]
    keeping: Keeping


def said_of(error: PodError) -> str:
    """A refusal of an operation, in a sentence for the person."""
    if error.problem in TROUBLES:
        return TROUBLES[error.problem]
    kinds = (
        (Stale, CHANGED),
        (Refused, MAY_NOT),
        (TooLarge, TOO_LARGE),
        (Unreadable, UNREADABLE),
    )
    return next((text for kind, text in kinds if isinstance(error, kind)), OTHERWISE)


async def _seen(desk: Desk, house: House, visit: Visit) -> tuple[Iri, Resource]:
    """What the page is about; Missing when it is not there or not hers to see."""
    target = target_of(house, visit.path, DATA)
    look = Look(visit.whos(), target)
    seen: Seen = await house.db.read(see, look, desk.sources, house.now())
    if seen.resource is None:
        raise Missing("There is nothing of yours by that name.")
    return target, seen.resource


def _facts(house: House, target: Iri, errors: Sequence[Mistake] = ()) -> dict[str, object]:
    return {
        "here": "data",
        "name": name_of(target),
        "address": address_of(house, target),
        "folder": is_container(target),
        "errors": errors,
    }


def _trouble(visit: Visit, field: str, text: str) -> Mistake:
    return Mistake(field, visit.words.say(text))


async def ask_page(desk: Desk, kind: str, house: House, visit: Visit) -> Shown:
    """`?delete`, `?rename` or `?edit=N`: what will happen, before the one press."""
    target, resource = await _seen(desk, house, visit)
    return await _asked(kind, house, visit, target, resource)


async def _asked(
    kind: str,
    house: House,
    visit: Visit,
    target: Iri,
    resource: Resource,
    errors: Sequence[Mistake] = (),
    typed: str | None = None,
) -> Page:
    data = _facts(house, target, errors) | {"version": resource.version, "kind": kind}
    status = 422 if errors else 200
    if kind == "edit":
        number = visit.query.one("edit") or visit.form.one("edit")
        triple = await _value(house, resource, number)
        value = triple.object.value if isinstance(triple.object, ox.Literal) else ""
        data |= {
            "number": number,
            "property": _local(triple.predicate.value),
            "value": value if typed is None else typed,
            "old": str(triple),
        }
    elif kind == "rename":
        data["value"] = name_of(target) if typed is None else typed
    return Page("data_change.html", data, status)


def _local(name: str) -> str:
    return re.split(r"[#/]", name.rstrip("#/"))[-1] or name


async def _value(house: House, resource: Resource, number: str) -> ox.Triple:
    """The statement with this number in the document; only values of named things are changed."""
    triples = await statements_of(house, resource) or ()
    known = number.isascii() and number.isdecimal() and len(number) < 6
    triple = triples[int(number)] if known and int(number) < len(triples) else None
    if triple is None or not is_editable(triple):
        raise Missing("There is no such value.")
    return triple


async def change(desk: Desk, house: House, visit: Visit) -> Shown:
    """A form of these pages was sent; `do` says which."""
    target, resource = await _seen(desk, house, visit)
    does = {"folder": _make_folder, "rename": _rename, "delete": _delete, "edit": _edit}
    room = does.get(visit.form.one("do"))
    if room is None:
        raise Missing("There is no such form.")
    return await room(desk, house, visit, target, resource)


async def _make_folder(
    desk: Desk, house: House, visit: Visit, target: Iri, resource: Resource
) -> Shown:
    name = visit.form.one("name")
    wrong = trouble_with(name)
    if not wrong:
        new = inside(house, target, name, container=True)
        who = await actor(house, visit, desk.sources, target, Mode.APPEND)
        try:
            await desk.keeping.change(Change("PUT", new, who))
            return Away(address_of(house, new))
        except MIRRORED as error:
            wrong = said_of(error)
    return _again(house, visit, target, "name", wrong, name)


def _again(house: House, visit: Visit, target: Iri, field: str, wrong: str, typed: str) -> Page:
    data = _facts(house, target, [_trouble(visit, field, wrong)])
    return Page("data_change.html", {**data, "kind": "folder", "value": typed}, 422)


async def _rename(desk: Desk, house: House, visit: Visit, target: Iri, resource: Resource) -> Shown:
    name = visit.form.one("name")
    wrong = trouble_with(name)
    if not wrong:
        new = inside(house, parent(target) or storage_of(target), name)
        who = await actor(house, visit, desk.sources, target, Mode.WRITE)
        try:
            await desk.keeping.rename(who, target, new)
            return Away(address_of(house, new))
        except MIRRORED as error:
            wrong = said_of(error)
    errors = [_trouble(visit, "name", wrong)]
    return await _asked("rename", house, visit, target, resource, errors, name)


async def _delete(desk: Desk, house: House, visit: Visit, target: Iri, resource: Resource) -> Shown:
    above = parent(target)
    who = await actor(house, visit, desk.sources, target, Mode.WRITE)
    try:
        await desk.keeping.change(Change("DELETE", target, who, version=_version(visit)))
    except MIRRORED as error:
        errors = [_trouble(visit, "", said_of(error))]
        return await _asked("delete", house, visit, target, resource, errors)
    return Away(address_of(house, above) if above is not None else "/-/data/")


def _version(visit: Visit) -> int | None:
    text = visit.form.one("version")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


async def _edit(desk: Desk, house: House, visit: Visit, target: Iri, resource: Resource) -> Shown:
    triple = await _value(house, resource, visit.form.one("edit"))
    typed = visit.form.one("value").strip().replace("\r\n", "\n")
    wrong = ""
    if str(triple) != visit.form.one("old"):
        wrong = CHANGED
    elif len(typed) > LONGEST_VALUE:
        wrong = TOO_LONG
    elif not _fits(triple.object, typed):
        wrong = NOT_VALID
    if not wrong:
        try:
            await _patch(desk, house, visit, target, triple, typed)
            return Away(address_of(house, target))
        except MIRRORED as error:
            wrong = said_of(error)
    errors = [_trouble(visit, "value", wrong)]
    return await _asked("edit", house, visit, target, resource, errors, typed)


def _fits(term: object, text: str) -> bool:
    """Whether the text is a value of the same datatype: a number stays a number."""
    if not isinstance(term, ox.Literal) or term.language is not None:
        return True
    made = rdflib.Literal(text, datatype=rdflib.URIRef(term.datatype.value))
    return not made.ill_typed


async def _patch(
    desk: Desk, house: House, visit: Visit, target: Iri, triple: ox.Triple, typed: str
) -> None:
    old = triple.object
    if not isinstance(old, ox.Literal):
        raise Missing("There is no such value.")
    if old.language is not None:
        new = ox.Literal(typed, language=old.language)
    else:
        new = ox.Literal(typed, datatype=old.datatype)
    # A patch and not a new document: comments, layout and every other value stay as written.
    before = rdf.write([triple], rdf.N_TRIPLES).decode()
    after = rdf.write([ox.Triple(triple.subject, triple.predicate, new)], rdf.N_TRIPLES).decode()
    patch = f"DELETE DATA {{ {before} }} ;\nINSERT DATA {{ {after} }}".encode()
    who: Who = await actor(house, visit, desk.sources, target, Mode.WRITE)
    asked = Change(
        "PATCH", target, who, "application/sparql-update", of_bytes(patch), len(patch),
        version=_version(visit),
    )  # fmt: skip
    await desk.keeping.change(asked)
