# SPDX-License-Identifier: EUPL-1.2
"""What the citizen is told before she decides: the terms in order, with a hash (KC-13), pure."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from urllib.parse import unquote

import rfc8785

from consent.asking.holdings import Offered
from consent.asking.request import Request
from consent.asking.words import VERSION, WORDS, Words, in_language, length_in_words, time_in_words
from consent.grants.grant import Grant
from consent.registry.agency import Agency
from consent.registry.purpose import EXPLICIT, Purpose
from consent.terms import APPEND, READ, Terms, datum_json, terms_json

Notice = dict[str, object]


def notice_of(
    request: Request,
    agency: Agency,
    purpose: Purpose,
    offers: Sequence[Offered],
    language: str,
    renewed: Grant | None = None,
) -> Notice:
    """The notice in one language: the same words as the record and as what enforcement reads.

    The order is always who, what, why, until when, how often, how long kept, who else.
    """
    terms = terms_json(request.terms)
    notice: Notice = {
        "request": request.id,
        "language": language,
        "words": VERSION,
        "agency": _agency(agency, language),
        "data": _data(request, offers),
        "purpose": {
            "id": purpose.id,
            "label": in_language(purpose.label, language),
            "description": in_language(purpose.description, language),
        },
        **{name: value for name, value in terms.items() if name != "data"},
        "legalBasis": grounds(purpose, offers),
        "ifRefused": in_language(request.if_refused, language),
    }
    notice["sections"] = _sections(request, agency, purpose, offers, language)
    if renewed is not None:
        # KC-9: a renewal shows what would be different from what she gave before.
        notice["renews"] = renewed.id
        notice["difference"] = difference(renewed.terms, request.terms)
    notice["hash"] = hash_of(notice)
    return notice


def _agency(agency: Agency, language: str) -> dict[str, object]:
    return {
        "id": agency.id,
        "name": in_language(agency.name, language),
        "kind": agency.kind,
        **dict(agency.codes),
        "contact": agency.contact,
        "dpo": agency.dpo,
    }


def hash_of(notice: Mapping[str, object]) -> str:
    """Lower-case hex SHA-256 over the RFC 8785 form without `hash`."""
    plain = {name: value for name, value in notice.items() if name != "hash"}
    return sha256(rfc8785.dumps(plain)).hexdigest()  # type: ignore[arg-type]  # its JSON type is recursive


def grounds(purpose: Purpose, offers: Sequence[Offered]) -> list[str]:
    """Special categories stand on a ground of their own (GDPR 9(2)(a))."""
    special = any(offer.datum.special for offer in offers)
    return [purpose.legal_basis, *([EXPLICIT] if special else [])]


def label_of(iri: str) -> str:
    """What a thing is called where nobody gave it a name: the last part of its address."""
    return unquote(iri.rstrip("/#").replace("#", "/").rsplit("/", 1)[-1])


def difference(before: Terms, after: Terms) -> list[dict[str, object]]:
    """Which members of the terms change, and how; data by what comes in and what goes."""
    old, new = terms_json(before), terms_json(after)
    old_data, new_data = _given(before), _given(after)
    changes: list[dict[str, object]] = []
    if old_data != new_data:
        gone = [list(item) for item in sorted(old_data - new_data)]
        come = [list(item) for item in sorted(new_data - old_data)]
        changes.append({"member": "data", "before": gone, "after": come})
    changes += [
        {"member": name, "before": old[name], "after": new[name]}
        for name in old
        if name != "data" and old[name] != new[name]
    ]
    return changes


def _given(terms: Terms) -> set[tuple[str, str]]:
    return {
        (datum.target or datum.cls or "", name)
        for datum in terms.data
        for name in datum.properties or ("*",)
    }


def _data(request: Request, offers: Sequence[Offered]) -> list[dict[str, object]]:
    shown = []
    for item, datum in enumerate(request.terms.data):
        mine = [offer for offer in offers if offer.item == item]
        if datum.target is None:
            found = [_datum(offer) for offer in mine]
            entry = {**datum_json(datum), "label": label_of(datum.cls or ""), "found": found}
            shown.append(entry)
        else:
            # KC-10: what is not hers is left out of her notice.
            shown += [_datum(offer) for offer in mine]
    return shown


def _datum(offer: Offered) -> dict[str, object]:
    datum = offer.datum
    entry = {
        **datum_json(datum),
        "label": label_of(datum.target or ""),
        "kind": offer.kind,
        "values": offer.total,
    }
    if datum.properties is not None:
        values = offer.values or {}
        entry["properties"] = [
            {"property": name, "label": label_of(name), "values": values.get(name, 0)}
            for name in datum.properties
        ]
    return entry


def _sections(
    request: Request, agency: Agency, purpose: Purpose, offers: Sequence[Offered], language: str
) -> list[dict[str, object]]:
    words, terms = WORDS[language], request.terms
    name = in_language(agency.name, language)
    lines: Mapping[str, list[str]] = {
        "who": [f"{name} ({words[agency.kind]})", *[code for _, code in agency.codes]],
        "what": _what(request, offers, words),
        "why": [
            in_language(purpose.label, language),
            in_language(purpose.description, language),
        ],
        "until": _until(terms, words, language),
        "often": _often(terms, words, language),
        "kept": [_kept(terms, words, language)],
        "others": _others(terms, words),
        "ground": _ground(purpose, offers, words),
        "refused": [in_language(request.if_refused, language)],
        "rights": [words[word] for word in ("stop", "copies", "ask", "complain")],
    }
    return [
        {"section": section, "heading": words[section], "lines": text}
        for section, text in lines.items()
    ]


def _what(request: Request, offers: Sequence[Offered], words: Words) -> list[str]:
    lines = []
    for item, datum in enumerate(request.terms.data):
        mine = [offer for offer in offers if offer.item == item]
        if datum.target is None:
            kind = words["class"].format(name=label_of(datum.cls or ""), n=len(mine))
            lines.append(f"{kind} ({words['needed' if datum.required else 'optional']})")
        lines += [_line(offer, words) for offer in mine]
    return [*lines, *_additions(request.terms, words)]


def _additions(terms: Terms, words: Words) -> list[str]:
    """Invariant 5: that the agency may add to what is there is said in so many words."""
    if APPEND not in terms.modes:
        return []
    return [words["adds" if READ in terms.modes else "adds-only"]]


def _line(offer: Offered, words: Words) -> str:
    datum = offer.datum
    if datum.properties is not None:
        what = ", ".join(label_of(name) for name in datum.properties)
    else:
        what = words["whole"]
    if offer.kind == "container" or datum.members:
        scope = words["members" if datum.members else "listing"]
        what = scope if datum.properties is None else f"{scope}: {what}"
    count = words["absent"] if offer.kind == "absent" else words["values"].format(n=offer.total)
    notes = [count, words["needed" if datum.required else "optional"]]
    if datum.special:
        notes.append(words["special"])
    return f"{label_of(datum.target or '')}: {what} ({'; '.join(notes)})"


def _until(terms: Terms, words: Words, language: str) -> list[str]:
    lines = []
    if terms.valid_from is not None:
        lines.append(words["from"].format(time=time_in_words(terms.valid_from, language)))
    if terms.valid_until is not None:
        lines.append(words["to"].format(time=time_in_words(terms.valid_until, language)))
    if terms.duration is not None:
        lines.append(words["for"].format(length=length_in_words(terms.duration, language)))
    return lines


def _often(terms: Terms, words: Words, language: str) -> list[str]:
    times = words["unlimited"] if terms.count is None else words["times"].format(n=terms.count)
    if terms.min_interval is None:
        return [times]
    return [times, words["pause"].format(length=length_in_words(terms.min_interval, language))]


def _kept(terms: Terms, words: Words, language: str) -> str:
    if terms.retention is None:
        return words["no-retention"]
    return words["retention"].format(length=length_in_words(terms.retention, language))


def _others(terms: Terms, words: Words) -> list[str]:
    lines = list(terms.recipients) or [words["nobody"]]
    if terms.countries:
        lines.append(words["countries"].format(names=", ".join(terms.countries)))
    return lines


def _ground(purpose: Purpose, offers: Sequence[Offered], words: Words) -> list[str]:
    known = {"A6-1-a": words["consent"], "A9-2-a": words["explicit"]}
    grounds_ = grounds(purpose, offers)
    return [known.get(ground.rsplit("#", 1)[-1], ground) for ground in grounds_]
