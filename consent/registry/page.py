# SPDX-License-Identifier: EUPL-1.2
"""A purpose or an agency as a small page for people who follow its address (KC-7), pure."""

from collections.abc import Iterable, Mapping
from html import escape

from consent.registry.agency import Agency
from consent.registry.purpose import DataClass, Purpose

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
_STYLE = "body{max-width:42rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 sans-serif}"
LANE: Mapping[str, str] = {
    "consent": "U kiest zelf: zonder uw ja leest de instantie niets.",
    "statutory": "De wet regelt dit: u ziet wie las, en u kunt uitleg vragen of bezwaar maken.",
}
STATE: Mapping[str, str] = {
    "draft": "Ontwerp: nog niet in gebruik.",
    "published": "In gebruik.",
    "active": "In gebruik.",
    "suspended": "Geschorst: de instantie mag dit nu niet gebruiken.",
    "retired": "Gestopt: hiervoor komen geen nieuwe vragen meer.",
}
Lines = Iterable[tuple[str, str | None]]


def purpose_page(purpose: Purpose, agency: Agency | None) -> bytes:
    """What for, who, what, how long, and what happens when somebody says no."""
    limits = purpose.limits
    count = None if limits.count is None else str(limits.count)
    refused = (purpose.if_refused or {}).get("nl")
    lines: Lines = (
        ("Instantie", purpose.agency if agency is None else _dutch(agency.name)),
        ("Waarom", purpose.description.get("nl")),
        ("Hoe het werkt", LANE[purpose.lane]),
        ("Rechtsgrond", purpose.legal_basis.rsplit("#", 1)[-1]),
        *(("Wet of protocol", text) for _, text in purpose.references),
        *((f"Gegevens: {_short(each.cls)}", _properties(each)) for each in purpose.classes),
        ("Hoogstens zo lang (ISO 8601)", limits.duration),
        ("Hoogstens zo vaak", count),
        ("Bewaard, hoogstens (ISO 8601)", limits.retention),
        ("Ook voor", ", ".join(limits.recipients) or "niemand anders"),
        ("Landen", ", ".join(limits.countries)),
        ("Als u nee zegt", refused if purpose.lane == "consent" else None),
        ("Stand", STATE[purpose.state]),
        ("Versie", purpose.version),
    )
    return _page(_dutch(purpose.label), lines, purpose.id)


def agency_page(agency: Agency) -> bytes:
    """Who this is and where to ask."""
    kind = "overheid" if agency.kind == "public" else "bedrijf of vereniging"
    lines: Lines = (
        ("Soort", kind),
        *((word.upper(), code) for word, code in agency.codes),
        ("Contact", agency.contact),
        ("Functionaris voor gegevensbescherming", agency.dpo),
        ("Stand", STATE[agency.state]),
    )
    return _page(_dutch(agency.name), lines, agency.id)


def _dutch(texts: Mapping[str, str]) -> str:
    return texts.get("nl") or next(iter(texts.values()), "")


def _short(iri: str) -> str:
    return iri.rstrip("/#").rsplit("#", 1)[-1].rsplit("/", 1)[-1]


def _properties(each: DataClass) -> str:
    special = " (gevoelig)" if each.special else ""
    need = "nodig" if each.required else "niet verplicht"
    if each.properties is None:
        return f"het hele bestand; {need}{special}"
    return f"{', '.join(_short(name) for name in each.properties)}; {need}{special}"


def _page(title: str, lines: Lines, name: str) -> bytes:
    rows = "".join(
        f"<dt>{escape(word)}</dt><dd>{escape(text)}</dd>" for word, text in lines if text
    )
    return (
        '<!doctype html><html lang="nl"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} &ndash; Kluis</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1><dl>{rows}</dl>"
        f"<p><small>{escape(name)}</small></p></main></body></html>"
    ).encode()
