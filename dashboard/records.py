# SPDX-License-Identifier: EUPL-1.2
"""The terms of a signed record in the reader's words: from the record alone, pure."""

from collections.abc import Mapping

from consent.asking.notice import label_of
from consent.asking.words import WORDS, Words, in_language, length_in_words, time_in_words
from dashboard.pages import THEIRS, Section
from pod.instant import read_instant

Node = Mapping[str, object]


def node(value: object) -> Node:
    """The value when it is a node, else an empty one."""
    return value if isinstance(value, dict) else {}


def nodes(value: object) -> list[Node]:
    """The nodes of a list, or the one that stands alone."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def record_sections(record: Node, language: str) -> tuple[Section, ...]:
    """Who, what, why, until when, how often, how long kept, who else (ui.md rule 2)."""
    words, process = WORDS[language], node(record.get("hasProcess"))
    limits = _limits(node(record.get("k:policy")))
    lines: Mapping[str, list[str]] = {
        "who": _who(node(record.get("hasDataController")), language),
        "what": [_datum(datum, words) for datum in nodes(process.get("hasPersonalData"))],
        "why": [_texts(node(process.get("hasPurpose")).get("skos:prefLabel"), language)],
        "until": _until(limits, words, language),
        "often": _often(limits, words, language),
        "kept": [_kept(process, words, language)],
        "others": _others(process, words),
    }
    return tuple(Section(words[name], tuple(text), name in THEIRS) for name, text in lines.items())


def _texts(value: object, language: str) -> str:
    return in_language({name: str(text) for name, text in node(value).items()}, language)


def _who(controller: Node, language: str) -> list[str]:
    codes = [str(controller[name]) for name in ("k:kbo", "k:ovo") if name in controller]
    return [_texts(controller.get("hasName"), language), *codes]


def _datum(datum: Node, words: Words) -> str:
    target = str(datum.get("hasDataSource", ""))
    listed = datum.get("k:property")
    what = words["whole"]
    if isinstance(listed, list):
        what = ", ".join(label_of(str(name)) for name in listed)
    if datum.get("k:members") is True:
        what = words["members"] if listed is None else f"{words['members']}: {what}"
    return f"{label_of(target)}: {what}"


def _limits(policy: Node) -> Mapping[tuple[str, str], str]:
    found = {}
    for limit in nodes(node(policy.get("odrl:permission")).get("odrl:constraint")):
        value = limit.get("odrl:rightOperand")
        plain = value.get("@value", "") if isinstance(value, dict) else value
        found[str(limit.get("odrl:leftOperand")), str(limit.get("odrl:operator"))] = str(plain)
    return found


def _until(limits: Mapping[tuple[str, str], str], words: Words, language: str) -> list[str]:
    lines = []
    for word, operator in (("from", "odrl:gteq"), ("to", "odrl:lt")):
        at = limits.get(("odrl:dateTime", operator))
        if at is not None:
            lines.append(words[word].format(time=time_in_words(read_instant(at), language)))
    return lines


def _often(limits: Mapping[tuple[str, str], str], words: Words, language: str) -> list[str]:
    count = limits.get(("odrl:count", "odrl:lteq"))
    lines = [words["unlimited"] if count is None else words["times"].format(n=count)]
    pause = limits.get(("odrl:timeInterval", "odrl:gteq"))
    if pause is not None:
        lines.append(words["pause"].format(length=length_in_words(pause, language)))
    return lines


def _kept(process: Node, words: Words, language: str) -> str:
    for condition in nodes(process.get("hasStorageCondition")):
        value = node(node(condition.get("hasDuration")).get("rdf:value")).get("@value")
        if value is not None:
            return words["retention"].format(length=length_in_words(str(value), language))
    return words["no-retention"]


def _others(process: Node, words: Words) -> list[str]:
    listed = node(process.get("k:furtherRecipients")).get("@list")
    names = [str(name) for name in listed] if isinstance(listed, list) else []
    places = [
        label_of(str(condition["hasLocation"]).replace("loc:", ""))
        for condition in nodes(process.get("hasStorageCondition"))
        if "hasLocation" in condition
    ]
    countries = [words["countries"].format(names=", ".join(places))] if places else []
    return [*(names or [words["nobody"]]), *countries]
