# SPDX-License-Identifier: EUPL-1.2
"""A notice as a page shows it: what can be chosen, with the bytes that would be read, pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from consent.asking.choice import Choice, Picked
from consent.asking.notice import Notice, label_of
from dashboard.forms import Form
from dashboard.pages import THEIRS, Section, label_path
from dashboard.words import mark
from pod.iri import Iri, storage_of

MOST_BYTES_SHOWN = 20_000
NOT_TEXT = mark("Dit is geen tekst. Ze zouden het als bestand lezen.")
TOO_LARGE = mark("Dit is te groot om hier te tonen.")
NOT_IN_PARTS = mark("Dit kan niet voor een deel getoond worden. Laat het weg, of zeg nee.")
NOTHING_CHOSEN = mark("Kies minstens één gegeven, of zeg nee.")
NOT_CONFIRMED = mark("Vink elke soort aan die u wilt delen, of ga terug en laat ze weg.")
BRIEF = ("what", "why", "until", "refused")
AGREED = ("why", "until", "often", "kept", "others", "refused")
CONSEQUENCES = ("why", "refused")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that she can share or leave out."""

    number: str
    target: Iri
    label: str
    kind: str
    required: bool
    members: bool
    special: bool
    cls: str
    properties: tuple[str, ...]
    shown: str | None = None
    unshown: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A special category that needs a yes of its own."""

    name: str
    label: str


def items_of(notice: Notice) -> tuple[Item, ...]:
    """Everything on offer, in the order of the request; what is not there yet too."""
    items: list[Item] = []
    for entry in _objects(notice.get("data")):
        found = entry.get("found")
        if found is None:
            items.append(_item(entry, len(items), required=entry.get("required") is True))
            continue
        choices = _objects(found)
        # KC-14: of a class one is enough, so she chooses which, unless there is only one.
        needed = entry.get("required") is True and len(choices) == 1
        items += [_item(one, len(items) + n, required=needed) for n, one in enumerate(choices)]
    return tuple(items)


def _item(entry: Mapping[str, object], number: int, *, required: bool) -> Item:
    target = Iri(str(entry.get("target", "")))
    properties = _objects(entry.get("properties"))
    return Item(
        str(number),
        target,
        label_path(target.removeprefix(storage_of(target))) or label_of(target),
        str(entry.get("kind", "")),
        required,
        entry.get("members") is True,
        entry.get("special") is True,
        str(entry.get("class") or ""),
        tuple(str(one.get("label", "")) for one in properties),
    )


def _objects(value: object) -> list[Mapping[str, object]]:
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]


def with_bytes(items: Sequence[Item], preview: Sequence[Mapping[str, object]]) -> tuple[Item, ...]:
    """The items with what the agency would read of each (KC-13)."""
    return tuple(_with_bytes(item, preview) for item in items)


def _with_bytes(item: Item, preview: Sequence[Mapping[str, object]]) -> Item:
    mine = [one for one in preview if _belongs(item, str(one.get("target", "")))]
    if not mine:
        return item
    if len(mine) == 1 and not item.members:
        text, trouble = _shown(mine[0])
        return replace(item, shown=text, unshown=trouble)
    texts = [f"# {label_of(str(one.get('target')))}\n{_shown(one)[0] or '…'}" for one in mine]
    return replace(item, shown="\n\n".join(texts)[:MOST_BYTES_SHOWN])


def _belongs(item: Item, target: str) -> bool:
    return target == item.target or (item.members and target.startswith(item.target))


def _shown(one: Mapping[str, object]) -> tuple[str | None, str]:
    body = one.get("body")
    if one.get("problem") is not None:
        return None, NOT_IN_PARTS
    if body is None:
        return None, TOO_LARGE
    if one.get("encoding") is not None:
        return None, NOT_TEXT
    text = str(body)
    return (text if len(text) <= MOST_BYTES_SHOWN else text[:MOST_BYTES_SHOWN] + "\n…"), ""


def sections_of(notice: Notice, names: Collection[str] | None = None) -> tuple[Section, ...]:
    """The sections of the notice in its own order (ui.md rule 2), all or some."""
    return tuple(_sections(notice, names))


def _sections(notice: Notice, names: Collection[str] | None) -> Iterator[Section]:
    for section in _objects(notice.get("sections")):
        lines = section.get("lines")
        if names is None or section.get("section") in names:
            shown = lines if isinstance(lines, list) else []
            text = tuple(str(line) for line in shown)
            yield Section(str(section.get("heading", "")), text, section.get("section") in THEIRS)


def brief_of(notice: Notice) -> tuple[Section, ...]:
    """What a small phone shows before any scrolling (domain.md §6, An)."""
    labels = ", ".join(item.label.rsplit("/", 1)[-1] or item.label for item in items_of(notice))
    brief = []
    for name in BRIEF:
        for section in sections_of(notice, (name,)):
            lines = (labels,) if name == "what" and labels else section.lines
            short = lines[:1] if name == "why" else lines
            brief.append(Section(section.heading, short, section.theirs))
    return tuple(brief)


def agency_of(notice: Notice) -> str:
    """The name of who asks."""
    agency = notice.get("agency")
    return str(agency.get("name", "")) if isinstance(agency, dict) else ""


def chosen_of(items: Sequence[Item], form: Form) -> tuple[Item, ...]:
    """What she shares: what is needed, and what she ticked."""
    ticked = frozenset(form.all("give"))
    return tuple(item for item in items if item.required or item.number in ticked)


def kinds_of(items: Sequence[Item]) -> tuple[Kind, ...]:
    """The special categories among what she shares."""
    names = dict.fromkeys(item.cls for item in items if item.special)
    return tuple(Kind(name, label_of(name)) for name in names)


def choice_of(notice: Notice, items: Sequence[Item], form: Form) -> Choice:
    """The same choice that a program would send (KC-14)."""
    return Choice(
        form.one("notice"),
        str(notice.get("language", "")),
        tuple(Picked(item.target, None) for item in items),
        confirm=form.all("confirm"),
    )
