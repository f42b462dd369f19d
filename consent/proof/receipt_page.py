# SPDX-License-Identifier: EUPL-1.2
"""A receipt as one plain page in the language of its notice, with nothing to load (KC-18), pure."""

from collections.abc import Iterator, Mapping
from html import escape

from consent.asking.words import WORDS, in_language, length_in_words, time_in_words
from consent.proof.receipt_words import event_word, more_words, state_word
from pod.instant import read_instant

Json = Mapping[str, object]
Words = Mapping[str, str]


def as_page(receipt: Json, jws: str) -> bytes:
    """The page: who, what, why, until when, how long kept, and the signature itself."""
    record = _node(receipt, "hasRecordOfActivity")
    language = _language(record)
    more = more_words(language)
    rows = "".join(
        f"<dt>{escape(name)}</dt>" + "".join(f"<dd>{escape(line)}</dd>" for line in lines)
        for name, lines in _rows(record, receipt, language)
        if lines
    )
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">'
        f"<title>{escape(more['title'])}</title></head><body><main><h1>{escape(more['title'])}</h1>"
        f"<dl>{rows}</dl><h2>{escape(more['signed'])}</h2><p>{escape(more['check'])}</p>"
        f"<p><code>{escape(jws)}</code></p></main></body></html>"
    ).encode()


def _rows(record: Json, receipt: Json, language: str) -> Iterator[tuple[str, list[str]]]:
    words, more = WORDS[language], more_words(language)
    controller, process = _node(record, "hasDataController"), _node(record, "hasProcess")
    yield words["who"], [in_language(_texts(controller, "hasName"), language)]
    yield more["subject"], [str(record.get("hasDataSubject"))]
    purpose = _node(process, "hasPurpose")
    yield words["why"], [in_language(_texts(purpose, "skos:prefLabel"), language)]
    yield words["what"], [_datum(one, words) for one in _nodes(process, "hasPersonalData")]
    yield words["until"], _until(record, language)
    yield words["often"], [_often(record, words)]
    yield words["kept"], [_kept(process, language)]
    others = _node(process, "k:furtherRecipients").get("@list")
    named = [str(one) for one in others] if isinstance(others, list) else []
    yield words["others"], named or [words["nobody"]]
    yield words["rights"], [words["stop"], words["copies"], words["ask"], words["complain"]]
    yield more["state"], [state_word(str(record.get("k:state")), language)]
    yield more["happened"], [_event(one, language) for one in _nodes(record, "hasConsentStatus")]
    yield more["issued"], [_time(receipt.get("dct:issued"), language), str(receipt.get("id"))]


def _datum(datum: Json, words: Words) -> str:
    properties = datum.get("k:property")
    listed = (
        ", ".join(_last(str(one)) for one in properties) if isinstance(properties, list) else ""
    )
    special = "SpecialCategoryPersonalData" in str(datum.get("type"))
    parts = [str(datum.get("hasDataSource")), listed or words["whole"]]
    return ": ".join(parts) + (f" ({words['special']})" if special else "")


def _until(record: Json, language: str) -> list[str]:
    for event in reversed(_nodes(record, "hasConsentStatus")):
        end = _node(_node(event, "hasDuration"), "rdf:value").get("@value")
        if end is not None:
            return [WORDS[language]["to"].format(time=_time(end, language))]
    return []


def _often(record: Json, words: Words) -> str:
    permission = _node(_node(record, "k:policy"), "odrl:permission")
    for one in _nodes(permission, "odrl:constraint"):
        if one.get("odrl:leftOperand") == "odrl:count":
            return words["times"].format(n=one.get("odrl:rightOperand"))
    return words["unlimited"]


def _kept(process: Json, language: str) -> str:
    for one in _nodes(process, "hasStorageCondition"):
        value = _node(_node(one, "hasDuration"), "rdf:value").get("@value")
        if value is not None:
            length = length_in_words(str(value), language)
            return WORDS[language]["retention"].format(length=length)
    return WORDS[language]["no-retention"]


def _event(event: Json, language: str) -> str:
    kinds = event.get("type")
    names = kinds if isinstance(kinds, list) else [kinds]
    what = event_word([_last(str(name)) for name in names], language)
    return f"{_time(event.get('isIndicatedAtTime'), language)}: {what}"


def _time(text: object, language: str) -> str:
    return time_in_words(read_instant(str(text)), language)


def _last(name: str) -> str:
    return name.replace("#", "/").rsplit("/", 1)[-1].removeprefix("k:")


def _language(record: Json) -> str:
    language = str(_node(record, "hasNotice").get("dct:language"))
    return language if language in WORDS else "nl"


def _node(node: Json, name: str) -> Json:
    value = node.get(name)
    return value if isinstance(value, dict) else {}


def _nodes(node: Json, name: str) -> list[Json]:
    value = node.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _texts(node: Json, name: str) -> dict[str, str]:
    value = node.get(name)
    return {k: str(v) for k, v in value.items()} if isinstance(value, dict) else {"nl": ""}
