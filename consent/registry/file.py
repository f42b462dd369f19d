# SPDX-License-Identifier: EUPL-1.2
"""The registry as a file of JSON-LD or Turtle: the same members as the JSON (KC-1, KC-8)."""

from collections.abc import Iterable, Mapping
from typing import NoReturn, TypeAlias

import orjson
import pyoxigraph as ox
from pyld import jsonld
from pyld.jsonld import JsonLdError

from consent.context import API, PREFIXES
from consent.forms import linked
from consent.reading import Members
from consent.registry.agency import Agency, read_agency
from consent.registry.linked import OSLO, PURPOSE_TYPES, in_our_words
from consent.registry.purpose import Purpose, read_purpose
from pod import rdf
from pod.errors import Unprocessable
from pod.iri import Iri

Json: TypeAlias = dict[str, object]
Registry: TypeAlias = dict[str, list[Json]]

MOST = 100_000
_PARTS = ("agencies", "purposes")
# Which members hold whole objects, from the top of the file down.
_WITHIN = (_PARTS, ("dataClasses", "limits"), ())
_AS_IN_THE_API = (
    "id",
    "label",
    "description",
    "name",
    "consequenceOfRefusing",
    "agency",
    "legalBasis",
    "broader",
    "class",
    "required",
    "minInterval",
    "maxDuration",
    "maxRetention",
)
# As lists they keep their order, and an empty one (nothing) stays apart from none (anything).
_LISTS: Mapping[str, Mapping[str, str]] = {
    "properties": {"@id": "k:property", "@type": "@id"},
    "webids": {"@id": "k:webid", "@type": "@id"},
    "clients": {"@id": "k:client"},
    "callbacks": {"@id": "k:callback", "@type": "@id"},
    "modes": {"@id": "k:modes"},
    "recipients": {"@id": "k:recipients"},
    "countries": {"@id": "k:countries"},
    "dataClasses": {"@id": "k:dataClasses"},
}
_LIST_IRIS = frozenset(PREFIXES["k"] + term["@id"].removeprefix("k:") for term in _LISTS.values())
CONTEXT: Mapping[str, object] = {
    "@vocab": API["@vocab"],
    **PREFIXES,
    "oslo": OSLO,
    "verwerkingsgrond": {"@id": "oslo:verwerkingsgrond", "@type": "@id"},
    **{name: API[name] for name in _AS_IN_THE_API},
    **{name: {**term, "@container": "@list"} for name, term in _LISTS.items()},
    **{name: {"@id": f"k:{name}", "@container": "@set"} for name in _PARTS},
}


def _in_full(value: object) -> object:
    """A term's definition without prefixes."""
    if isinstance(value, Mapping):
        return {
            key: _in_full(inner) if key in ("@id", "@type") else inner
            for key, inner in value.items()
        }
    prefix, colon, rest = str(value).partition(":")
    return f"{PREFIXES[prefix]}{rest}" if colon and prefix in PREFIXES else value


# The same terms, and no prefix that a name could be cut short with when it is read back.
_READING: Mapping[str, object] = {
    name: _in_full(term) for name, term in CONTEXT.items() if name not in (*PREFIXES, "oslo")
}


def written(document: Registry, form: str, base: Iri) -> bytes:
    """The registry in JSON, JSON-LD with its context inside, or Turtle; nothing may get lost."""
    if form not in rdf.FORMATS:
        return orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n"
    body = orjson.dumps(linked(_dressed(document), CONTEXT), option=orjson.OPT_INDENT_2) + b"\n"
    if form != rdf.JSON_LD:
        statements = rdf.parse(body, rdf.JSON_LD, base)
        body = rdf.write(statements.triples, form, PREFIXES)
    if _meant(read(body, form, base), base) != _meant(document, base):
        raise Unprocessable(
            f"The registry holds a name that cannot stand in {form}; export it as JSON."
        )
    return body


def _dressed(document: Registry) -> dict[str, object]:
    """With what DPV and OSLO Toestemming call these (domain.md 3.1)."""
    return {
        "agencies": [{**each, "@type": "dpv:DataController"} for each in document["agencies"]],
        "purposes": [
            {**each, "@type": PURPOSE_TYPES, "verwerkingsgrond": each.get("legalBasis")}
            for each in document["purposes"]
        ],
    }


def _meant(document: Registry, base: Iri) -> tuple[list[Agency], list[Purpose]]:
    agencies = [read_agency(source, base) for source in document["agencies"]]
    purposes = [read_purpose(source, base) for source in document["purposes"]]
    return sorted(agencies, key=lambda it: it.id), sorted(purposes, key=lambda it: it.id)


def read(body: bytes, form: str, base: Iri) -> Registry:
    """The members of the JSON, out of statements; each statement has its place, or is refused."""
    # The context that this server publishes may be named; no other is known, none is fetched.
    served = {f"{base}.well-known/kluis/context": dict(API)}
    statements = rdf.parse(body, form, base, served)
    if statements.named_graphs:
        raise Unprocessable("A registry has no named graphs.", problem="unknown-term")
    nodes = _nodes(in_our_words(statements.triples))
    roots = [name for name, node in nodes.items() if any(part in node for part in _PARTS)]
    document: Registry = {part: [] for part in _PARTS}
    for root in [_whole(nodes.pop(name), nodes, 0) for name in roots]:
        root.pop("id", None)
        members = Members(root)
        for part in _PARTS:
            found = members.objects(part, MOST) or ()
            document[part] += [dict(item.source) for item in found]
        members.done()
    for name in nodes:
        _out_of_place(name)
    return document


def _out_of_place(name: str) -> NoReturn:
    # KC-1: never dropped.
    raise Unprocessable(
        f"What the file says about {name:.200} belongs to no agency or purpose of it.",
        problem="unknown-term",
    )


def _nodes(triples: Iterable[ox.Triple]) -> dict[str, Json]:
    """Each subject with its members, by name; subjects do not stand inside each other yet."""
    dataset = {"@default": [_statement(triple) for triple in dict.fromkeys(triples)]}
    try:
        expanded = jsonld.from_rdf(dataset, {"useNativeTypes": True})
        compact = jsonld.compact(
            [_with_lists(node) for node in expanded],
            {"@context": dict(_READING)},
            {"graph": True, "skipExpansion": True, "base": "", "documentLoader": _refuse},
        )
    except (JsonLdError, KeyError) as error:  # KeyError: an RDF list that lacks a part
        raise Unprocessable(
            "The statements of the file are no registry.", problem="malformed-rdf"
        ) from error
    return {str(node["id"]): node for node in compact["@graph"]}


def _refuse(url: str, options: object) -> NoReturn:
    raise JsonLdError(f"<{url}> is not fetched.", "jsonld.LoadDocumentError")


def _statement(triple: ox.Triple) -> dict[str, dict[str, str]]:
    return {
        "subject": _term(triple.subject),
        "predicate": _term(triple.predicate),
        "object": _term(triple.object),
    }


def _term(term: object) -> dict[str, str]:
    match term:
        case ox.NamedNode():
            return {"type": "IRI", "value": term.value}
        case ox.BlankNode():
            return {"type": "blank node", "value": f"_:{term.value}"}
        case ox.Literal():
            language = {} if term.language is None else {"language": term.language}
            kind = term.datatype.value
            return {"type": "literal", "value": term.value, "datatype": kind, **language}
        case _:
            raise TypeError(f"not a term that a document of ours has: {term!r}")


def _with_lists(node: Mapping[str, object]) -> Json:
    """Values that were written as plain statements count as a list too (the API writes them so)."""
    return {
        name: [{"@list": values}] if name in _LIST_IRIS and not _is_list(values) else values
        for name, values in node.items()
    }


def _is_list(values: object) -> bool:
    return isinstance(values, list) and any(
        isinstance(value, dict) and "@list" in value for value in values
    )


def _whole(node: Json, nodes: dict[str, Json], depth: int) -> Json:
    """The node with what belongs inside it taken out of `nodes`, each once."""
    inside = _WITHIN[depth]
    members = {
        name: _filled(value, nodes, depth + 1) if name in inside else value
        for name, value in node.items()
    }
    if str(members.get("id")).startswith("_:"):
        del members["id"]
    return members


def _filled(value: object, nodes: dict[str, Json], depth: int) -> object:
    if isinstance(value, list):
        return [_filled(item, nodes, depth) for item in value]
    if isinstance(value, dict) and value.keys() == {"id"}:
        # A node without statements is an empty object, as JSON has it.
        return _whole(nodes.pop(str(value["id"]), value), nodes, depth)
    return value
