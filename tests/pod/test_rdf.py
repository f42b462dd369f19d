# SPDX-License-Identifier: EUPL-1.2
"""RDF in and out: strict, lossless, deterministic, and not to be knocked over."""

import orjson
import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pod import rdf
from pod.errors import PodError, Unprocessable, Unreadable

BASE = "http://localhost:3000/an/d"


@pytest.mark.parametrize("literal", ["01", "+1", "1E0", "1.50", '"2026-01-01T00:00:00.000Z"'])
def test_literals_stay_as_they_were_written(literal: str) -> None:
    body = f"<#a> <http://v/p> {literal} .".encode()
    statements = rdf.parse(body, rdf.TURTLE, BASE)

    for media_type in rdf.OFFERED:
        again = rdf.parse(rdf.write(statements.triples, media_type), media_type, BASE)
        assert set(again.triples) == set(statements.triples)
    (value,) = rdf.graph(statements).objects()
    assert str(value) == literal.strip('"')


def test_broken_turtle_names_line_and_column() -> None:
    with pytest.raises(Unreadable) as refusal:
        rdf.parse(b'<#a> <#b>\n  "x" <#c> .', rdf.TURTLE, BASE)

    assert refusal.value.errors[0]["line"] == 2
    assert refusal.value.errors[0]["column"] == 7
    assert "line 2, column 7" in refusal.value.detail


def test_the_same_bytes_always_give_the_same_other_form() -> None:
    body = b"<#a> <http://v/p> [ <http://v/q> 1, [] ], (1 2) ."

    forms = {rdf.write(rdf.parse(body, rdf.TURTLE, BASE).triples, rdf.JSON_LD) for _ in range(5)}

    assert len(forms) == 1


# T-05: each of these can end a process or a worker where nobody looks first.
@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b'{"a":' * 4000 + b"1" + b"}" * 4000, rdf.JSON_LD),
        (b'{"http://v/p":' * 4000 + b"1" + b"}" * 4000, rdf.JSON_LD),
        (b"[" * 4000 + b"]" * 4000, rdf.JSON_LD),
        (b'{"\\u0040context":' + b'{"a":' * 500 + b"{}" + b"}" * 501, rdf.JSON_LD),
        (b"<a> <b> " + b"<<( <a> <b> " * 60_000, rdf.TURTLE),
        (b"<a> <b> " + b"[<p> " * 100_000, rdf.TURTLE),
        (b"<a> <b> " + b"(" * 100_000, rdf.TURTLE),
        (b"<a> <b> <<( <a> <b> <c> )>> .", rdf.TURTLE),
        (b"\xff\xfe", rdf.TURTLE),
        (b'"a"', rdf.JSON_LD),
    ],
)
def test_hostile_documents_are_refused_and_the_process_lives(body: bytes, media_type: str) -> None:
    with pytest.raises(PodError):
        rdf.parse(body, media_type, BASE)


def test_turtle_nested_100_000_deep_is_read_without_recursion() -> None:
    body = b"<#a> <http://v/p> " + b"(" * 100_000 + b")" * 100_000 + b" ."

    assert len(rdf.parse(body, rdf.TURTLE, BASE).triples) == 199_999


@pytest.mark.parametrize(
    "document",
    [
        {"@context": "https://elsewhere.example/context", "@id": "x"},
        {"@context": [{"a": "http://v/a"}, "http://127.0.0.1:1/"], "@id": "x"},
        {"@context": {"a": {"@id": "http://v/a", "@context": "http://v/ctx"}}, "a": {"b": 1}},
        {"@context": {"@import": "http://v/ctx"}},
        {"@graph": [{"http://v/p": {"@context": "http://v/ctx", "@id": "y"}}]},
    ],
)
def test_contexts_that_are_not_bundled_are_named_and_refused(document: object) -> None:  # T-06
    with pytest.raises(Unprocessable) as refusal:
        rdf.parse(orjson.dumps(document), rdf.JSON_LD, BASE)

    assert refusal.value.problem == "unknown-context"


def test_a_bundled_context_gives_meaning() -> None:
    contexts = {"https://kluis.example/context": {"name": "http://v/name"}}
    body = orjson.dumps({"@context": "https://kluis.example/context", "@id": "", "name": "An"})

    (triple,) = rdf.parse(body, rdf.JSON_LD, BASE, contexts).triples

    assert triple == ox.Triple(ox.NamedNode(BASE), ox.NamedNode("http://v/name"), ox.Literal("An"))


@given(st.binary(max_size=300), st.sampled_from(rdf.OFFERED))
def test_whatever_is_sent_only_pod_errors_come_out(body: bytes, media_type: str) -> None:
    try:
        rdf.parse(body, media_type, BASE)
    except PodError:
        return
