# SPDX-License-Identifier: EUPL-1.2
"""A registered purpose: what for, on what ground, and how far a request may go (KC-7)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

import orjson

from consent.reading import Members
from pod.database import Row, Tx
from pod.errors import Unprocessable
from pod.instant import Instant
from pod.iri import Iri

PUBLISHED = "published"
STATES = ("draft", PUBLISHED, "suspended", "retired")
LANES = ("consent", "statutory")
CONSENT = "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a"
EXPLICIT = "https://w3id.org/dpv/legal/eu/gdpr#A9-2-a"
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
    """A purpose as JSON has it; relative names are resolved against the base."""
    members = Members(source)
    id_ = urljoin(base, members.need_text("id"))
    last = _LAST.search(id_)
    if last is None:
        raise Unprocessable("A purpose's id ends with slug/version.", problem="bad-term")
    members.raw("version")  # the id has said it already
    references = [(word, text) for word in ("protocol", "law") if (text := members.text(word))]
    purpose = Purpose(
        id_,
        last[1],
        last[2],
        urljoin(base, members.need_text("agency")),
        _need_languages(members, "label"),
        _need_languages(members, "description"),
        members.choice("lane", LANES) or "consent",
        _ground(members.text("legalBasis")),
        members.iri("broader"),
        tuple(_read_class(item) for item in members.objects("dataClasses") or ()),
        _read_limits(members),
        members.languages("consequenceOfRefusing"),
        tuple(references),
        members.choice("state", STATES) or PUBLISHED,
    )
    members.done()
    return purpose


def _need_languages(members: Members, name: str) -> dict[str, str]:
    texts = members.languages(name)
    if texts is None or "nl" not in texts:
        members.wrong(name, "the Dutch text (nl) is missing")
    return texts


def _ground(text: str | None) -> str:
    return CONSENT if text is None else text.replace("gdpr:", _GDPR, 1)


def _read_class(item: Members) -> DataClass:
    properties = item.iris("properties")
    data_class = DataClass(
        item.need_iri("class"),
        None if properties is None else tuple(sorted(properties)),
        item.flag("required"),
        item.flag("special"),
    )
    item.done()
    return data_class


def _read_limits(members: Members) -> Limits:
    raw = members.raw("limits")
    if raw is not None and not isinstance(raw, dict):
        members.wrong("limits", "not an object")
    limits = Members(raw or {}, "/limits")
    recipients, countries = limits.words("recipients"), limits.words("countries")
    read = Limits(
        limits.length("maxDuration"),
        limits.number("maxCount"),
        limits.length("maxRetention"),
        limits.length("minInterval"),
        limits.words("modes") or ("read",),
        recipients or (),
        ("BE",) if countries is None else countries,
    )
    limits.done()
    return read


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


async def purpose_at(tx: Tx, slug: str, version: str, base: Iri) -> Purpose | None:
    """The version at an address of the registry; drafts are nobody's business yet."""
    row = await tx.one(
        "SELECT state, body FROM purpose"
        " WHERE slug = :slug AND version = :version AND state <> 'draft'",
        slug=slug,
        version=version,
    )
    return None if row is None else _purpose(row, base)


async def purposes(
    tx: Tx, base: Iri, limit: int, after: str | None, every: bool = False
) -> Sequence[Purpose]:
    """Published purposes (or every one, for export), newest first."""
    rows = await tx.all(
        "SELECT state, body FROM purpose WHERE (state = 'published' OR :every = 1)"
        " AND (:after = '' OR (created, id) < (SELECT created, id FROM purpose WHERE id = :after))"
        " ORDER BY created DESC, id DESC LIMIT :limit",
        after=after or "",
        limit=limit,
        every=int(every),
    )
    return [_purpose(row, base) for row in rows]
