# SPDX-License-Identifier: EUPL-1.2
"""A purpose or an agency as a small page for people who follow its address (KC-7), pure."""

from collections.abc import Iterable, Mapping
from html import escape

from consent.asking.words import in_language, length_in_words
from consent.registry.agency import Agency
from consent.registry.page_words import PAGE_WORDS, Words
from consent.registry.purpose import (
    CONSENT,
    EXPLICIT,
    OBLIGATION,
    PUBLIC_TASK,
    DataClass,
    Purpose,
)

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
_STYLE = "body{max-width:42rem;margin:2rem auto;padding:0 1rem;font:1rem/1.5 sans-serif}"
_GROUNDS: Mapping[str, str] = {
    CONSENT: "by-consent",
    EXPLICIT: "by-explicit",
    OBLIGATION: "by-duty",
    PUBLIC_TASK: "by-task",
}
Lines = Iterable[tuple[str, str | None]]


def purpose_page(purpose: Purpose, agency: Agency | None, language: str = "nl") -> bytes:
    """What for, who, what, how long, and what happens when somebody says no."""
    limits, words = purpose.limits, PAGE_WORDS[language]
    refused = in_language(purpose.if_refused or {}, language)
    named = purpose.agency if agency is None else in_language(agency.name, language)
    lines: Lines = (
        (words["agency"], named),
        (words["why"], in_language(purpose.description, language)),
        (words["how"], words[purpose.lane]),
        (words["ground"], _ground(purpose.legal_basis, words)),
        *((words["law"], text) for _, text in purpose.references),
        *(
            (words["data"].format(name=_short(each.cls)), _properties(each, words))
            for each in purpose.classes
        ),
        (words["longest"], _length(limits.duration, language)),
        (words["most"], None if limits.count is None else str(limits.count)),
        (words["kept"], _length(limits.retention, language)),
        (words["others"], ", ".join(limits.recipients) or words["nobody"]),
        (words["countries"], ", ".join(limits.countries)),
        (words["refused"], refused if purpose.lane == "consent" else None),
        (words["state"], words[purpose.state]),
        (words["version"], purpose.version),
    )
    return _page(in_language(purpose.label, language), lines, purpose.id, language)


def agency_page(agency: Agency, language: str = "nl") -> bytes:
    """Who this is and where to ask."""
    words = PAGE_WORDS[language]
    lines: Lines = (
        (words["kind"], words["public" if agency.kind == "public" else "private"]),
        *((word.upper(), code) for word, code in agency.codes),
        (words["contact"], agency.contact),
        (words["dpo"], agency.dpo),
        (words["state"], words[agency.state]),
    )
    return _page(in_language(agency.name, language), lines, agency.id, language)


def _ground(basis: str, words: Words) -> str:
    word = _GROUNDS.get(basis)
    return basis.rsplit("#", 1)[-1] if word is None else words[word]


def _length(text: str | None, language: str) -> str | None:
    return None if text is None else length_in_words(text, language)


def _short(iri: str) -> str:
    return iri.rstrip("/#").rsplit("#", 1)[-1].rsplit("/", 1)[-1]


def _properties(each: DataClass, words: Words) -> str:
    special = f" ({words['special']})" if each.special else ""
    need = words["needed" if each.required else "optional"]
    if each.properties is None:
        return f"{words['whole']}; {need}{special}"
    return f"{', '.join(_short(name) for name in each.properties)}; {need}{special}"


def _page(title: str, lines: Lines, name: str, language: str) -> bytes:
    rows = "".join(
        f'<dt>{escape(word)}</dt><dd dir="auto">{escape(text)}</dd>' for word, text in lines if text
    )
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} &ndash; Kluis</title><style>{_STYLE}</style></head>"
        f'<body><main><h1 dir="auto">{escape(title)}</h1><dl>{rows}</dl>'
        f"<p><small>{escape(name)}</small></p></main></body></html>"
    ).encode()
