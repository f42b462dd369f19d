# SPDX-License-Identifier: EUPL-1.2
"""A registered purpose: what for, on what ground, and how far a request may go (KC-7)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import orjson

from consent.faults import Faults
from consent.reading import Members
from consent.registry.agency import resolved
from pod.database import Row, Tx
from pod.errors import Clash, Unreadable
from pod.instant import Instant
from pod.iri import Iri

PUBLISHED = "published"
STATES = ("draft", PUBLISHED, "suspended", "retired")
LANES = ("consent", "statutory")
CONSENT = "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a"
EXPLICIT = "https://w3id.org/dpv/legal/eu/gdpr#A9-2-a"
OBLIGATION = "https://w3id.org/dpv/legal/eu/gdpr#A6-1-c"
PUBLIC_TASK = "https://w3id.org/dpv/legal/eu/gdpr#A6-1-e"
REFERENCES = ("protocol", "law")
_GDPR = "https://w3id.org/dpv/legal/eu/gdpr#"
_LAST = re.compile(r"([^/#]+)/([^/#]+)$")


@dataclass(frozen=True, slots=True)
class DataClass:
    """A kind of data that the purpose may use; `properties` None is all of it."""

    cls: str
    properties: tuple[str, ...] | None
    required: bool
    special: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a request may go; None is no limit, an empty list is none at all."""

    duration: str | None
    count: int | None
    retention: str | None
    interval: str | None
    modes: tuple[str, ...]
    recipients: tuple[str, ...]
    countries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Purpose:
    """One version of a purpose; once published its text never changes."""

    id: str
    slug: str
    version: str
    agency: str
    label: dict[str, str]
    description: dict[str, str]
    lane: str
    legal_basis: str
    broader: str | None
    classes: tuple[DataClass, ...]
    limits: Limits
    if_refused: dict[str, str] | None
    references: tuple[tuple[str, str], ...]
    state: str


def read_purpose(source: dict[str, object], base: Iri) -> Purpose:
    """A purpose as JSON has it; relative names are resolved against the base.

    422 with each fault: the parts are read on when one of them does not fit.
    """
    members, faults = Members(source), Faults()
    read, maybe = faults.read, faults.maybe
    id_ = read(lambda: _name(members, base), (f"{base}x/0", "x", "0"))
    members.raw("version")  # the id has said it already
    lane = maybe(lambda: members.choice("lane", LANES)) or LANES[0]
    purpose = Purpose(
        *id_,
        read(lambda: resolved(members, "agency", base), ""),
        read(lambda: _need_languages(members, "label"), {}),
        read(lambda: _need_languages(members, "description"), {}),
        lane,
        _ground(maybe(lambda: members.text("legalBasis")), lane),
        maybe(lambda: members.iri("broader")),
        _read_classes(members, faults),
        _read_limits(members, faults),
        maybe(lambda: members.languages("consequenceOfRefusing")),
        _read_references(members, faults),
        maybe(lambda: members.choice("state", STATES)) or PUBLISHED,
    )
    maybe(members.done)
    faults.end("The purpose")
    return purpose


def _name(members: Members, base: Iri) -> tuple[str, str, str]:
    id_ = resolved(members, "id", base)
    last = _LAST.search(id_)
    if last is None:
        members.wrong("id", "a purpose's id ends with slug/version")
    return id_, last[1], last[2]


def _read_references(members: Members, faults: Faults) -> tuple[tuple[str, str], ...]:
    found = [(word, _text(members, faults, word)) for word in REFERENCES]
    return tuple((word, text) for word, text in found if text)


def _text(members: Members, faults: Faults, name: str) -> str | None:
    return faults.maybe(lambda: members.text(name))


def _need_languages(members: Members, name: str) -> dict[str, str]:
    texts = members.languages(name)
    if texts is None or "nl" not in texts:
        members.wrong(name, "the Dutch text (nl) is missing")
    return texts


def _ground(text: str | None, lane: str) -> str:
    if text is None:
        return CONSENT if lane == "consent" else PUBLIC_TASK
    return text.replace("gdpr:", _GDPR, 1)


def _read_classes(members: Members, faults: Faults) -> tuple[DataClass, ...]:
    items = faults.maybe(lambda: members.objects("dataClasses")) or []
    return tuple(_read_class(item, faults) for item in items)


def _read_class(item: Members, faults: Faults) -> DataClass:
    read, maybe = faults.read, faults.maybe
    properties = maybe(lambda: item.iris("properties"))
    data_class = DataClass(
        read(lambda: item.need_iri("class"), ""),
        None if properties is None else tuple(sorted(properties)),
        read(lambda: item.flag("required"), False),
        read(lambda: item.flag("special"), False),
    )
    maybe(item.done)
    return data_class


def _read_limits(members: Members, faults: Faults) -> Limits:
    read, maybe = faults.read, faults.maybe
    limits = Members(read(lambda: _object(members, "limits"), {}), "/limits")
    countries = maybe(lambda: limits.words("countries"))
    limit = Limits(
        maybe(lambda: limits.length("maxDuration")),
        maybe(lambda: limits.number("maxCount")),
        maybe(lambda: limits.length("maxRetention")),
        maybe(lambda: limits.length("minInterval")),
        maybe(lambda: limits.words("modes")) or ("read",),
        maybe(lambda: limits.words("recipients")) or (),
        ("BE",) if countries is None else countries,
    )
    maybe(limits.done)
    return limit


def _object(members: Members, name: str) -> dict[str, object]:
    raw = members.raw(name)
    if raw is not None and not isinstance(raw, dict):
        members.wrong(name, "not an object")
    return raw or {}


def purpose_json(purpose: Purpose) -> dict[str, object]:
    """The GET shape."""
    return {
        "id": purpose.id,
        "version": int(purpose.version) if purpose.version.isdecimal() else purpose.version,
        "agency": purpose.agency,
        "label": purpose.label,
        "description": purpose.description,
        "lane": purpose.lane,
        "legalBasis": purpose.legal_basis,
        "broader": purpose.broader,
        "dataClasses": [_class_json(data_class) for data_class in purpose.classes],
        "limits": _limits_json(purpose.limits),
        "consequenceOfRefusing": purpose.if_refused,
        **dict(purpose.references),
        "state": purpose.state,
    }


def _class_json(data_class: DataClass) -> dict[str, object]:
    properties = data_class.properties
    return {
        "class": data_class.cls,
        **({} if properties is None else {"properties": list(properties)}),
        "required": data_class.required,
        **({"special": True} if data_class.special else {}),
    }


def _limits_json(limits: Limits) -> dict[str, object]:
    return {
        "maxDuration": limits.duration,
        "maxCount": limits.count,
        "maxRetention": limits.retention,
        "minInterval": limits.interval,
        "modes": list(limits.modes),
        "recipients": list(limits.recipients),
        "countries": list(limits.countries),
    }


def _purpose(row: Row, base: Iri) -> Purpose:
    return read_purpose({**orjson.loads(row["body"]), "state": row["state"]}, base)


async def add_purpose(tx: Tx, purpose: Purpose, moment: Instant) -> bool:
    """Keep a version that is not there yet; whether it was new."""
    added = await tx.run(
        "INSERT INTO purpose (id, slug, version, agency, state, created, body)"
        " VALUES (:id, :slug, :version, :agency, :state, :moment, :body) ON CONFLICT DO NOTHING",
        id=purpose.id,
        slug=purpose.slug,
        version=purpose.version,
        agency=purpose.agency,
        state=purpose.state,
        moment=moment,
        body=orjson.dumps(purpose_json(purpose)).decode(),
    )
    return added > 0


async def find_purpose(tx: Tx, id_: str, base: Iri) -> Purpose | None:
    """The purpose version by its full name."""
    row = await tx.one("SELECT state, body FROM purpose WHERE id = :id", id=id_)
    return None if row is None else _purpose(row, base)


async def purpose_at(
    tx: Tx, slug: str, version: str, base: Iri, every: bool = False
) -> Purpose | None:
    """The version at an address of the registry; drafts only when every one is asked for."""
    row = await tx.one(
        "SELECT state, body FROM purpose"
        " WHERE slug = :slug AND version = :version AND (state <> 'draft' OR :every = 1)",
        slug=slug,
        version=version,
        every=int(every),
    )
    return None if row is None else _purpose(row, base)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Which purposes a list is about; None is no condition."""

    state: str | None = PUBLISHED
    agency: str | None = None


async def purposes(
    tx: Tx, base: Iri, limit: int, after: str | None, shelf: Shelf | None = None
) -> Sequence[Purpose]:
    """Published purposes (or those of that shelf), newest first."""
    shelf = shelf or Shelf()
    if after is not None and not await _is_there(tx, after, shelf):
        raise Unreadable("There is no such place in the list.", problem="bad-cursor")
    rows = await tx.all(
        "SELECT state, body FROM purpose"
        " WHERE (:state = '' OR state = :state) AND (:agency = '' OR agency = :agency)"
        " AND (:after = '' OR (created, id) < (SELECT created, id FROM purpose WHERE id = :after))"
        " ORDER BY created DESC, id DESC LIMIT :limit",
        state=shelf.state or "",
        agency=shelf.agency or "",
        after=after or "",
        limit=limit,
    )
    return [_purpose(row, base) for row in rows]


async def _is_there(tx: Tx, id_: str, shelf: Shelf) -> bool:
    """Nobody learns from a cursor what others draft."""
    row = await tx.one(
        "SELECT 1 AS there FROM purpose WHERE id = :id AND (state <> 'draft'"
        " OR (:state IN ('', 'draft') AND (:agency = '' OR agency = :agency)))",
        id=id_,
        state=shelf.state or "",
        agency=shelf.agency or "",
    )
    return row is not None


async def slug_owner(tx: Tx, slug: str) -> str | None:
    """Whose agency this name of a purpose is: of who used it first."""
    row = await tx.one(
        "SELECT agency FROM purpose WHERE slug = :slug ORDER BY created LIMIT 1", slug=slug
    )
    return None if row is None else str(row["agency"])


async def change_purpose(tx: Tx, purpose: Purpose, state: str) -> Purpose:
    """Another state, and nothing else: what a version says never changes (KC-7)."""
    kept = await tx.run(
        "UPDATE purpose SET state = :state WHERE id = :id AND state = :was",
        state=state,
        id=purpose.id,
        was=purpose.state,
    )
    if not kept:
        raise Clash("The purpose changed just now; look again.", problem="wrong-state")
    return replace(purpose, state=state)
