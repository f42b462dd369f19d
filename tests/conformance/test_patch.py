# SPDX-License-Identifier: EUPL-1.2
"""Patches by the real operation: status, rights before reasons, and the document afterwards."""

import pytest

from identity.who import ANYONE
from pod import rdf
from tests.people import AN, BOB, ROOT, Asking, rule

TURTLE, SPARQL, N3 = "text/turtle", "application/sparql-update", "text/n3"
PREFIXES = (
    "@prefix solid: <http://www.w3.org/ns/solid/terms#>.\n@prefix ex: <https://vocab.example/#>.\n"
)
D = (
    '@prefix ex: <https://vocab.example/#>.\n<#ann> ex:family "Peeters"; ex:city "Gent".\n'
    '<#bob> ex:family "Claes"; ex:city "Gent".\n<#eva> ex:family "Claes".\n'
)
ID = "_:p a solid:InsertDeletePatch; "
SEEN = "solid:inserts { <#ann> ex:seen true }."
B = f"acl:agent <{BOB.webid}>"


async def _patch(an: Asking, body: str, path: str = "d", who: object = AN, **more: str) -> int:
    outcome = await an("PATCH", path, who, PREFIXES + body, N3, **more)  # type: ignore[arg-type]  # a Who
    return outcome.status


async def _lines(an: Asking, path: str = "d") -> set[str]:
    body = (await an("GET", path, AN, accept=rdf.N_TRIPLES)).body.decode()
    short = body.replace(ROOT + path, "").replace("https://vocab.example/#", "ex:")
    return set(short.splitlines())


@pytest.fixture
async def doc(an: Asking) -> Asking:
    assert (await an("PUT", "d", AN, D, TURTLE)).status == 201
    return an


async def test_n3_deletes_and_inserts_by_the_one_solution(doc: Asking) -> None:  # SP-59g, SP-56
    before = await _lines(doc)
    change = (
        ID + 'solid:where { ?p ex:family "Peeters" }; solid:deletes { ?p ex:city "Gent" };'
        'solid:inserts { ?p ex:city "Leuven" }.'
    )

    assert await _patch(doc, change) == 204

    after = await _lines(doc)
    assert before - after == {'<#ann> <ex:city> "Gent" .'}
    assert after - before == {'<#ann> <ex:city> "Leuven" .'}
    assert await _patch(doc, change) == 409  # what it deletes is there no longer
    assert await _lines(doc) == after


async def test_sparql_changes_the_document_and_nothing_else(doc: Asking) -> None:  # SP-59h
    before = await _lines(doc)
    update = (
        "PREFIX ex: <https://vocab.example/#> DELETE { ?p ex:city 'Gent' } INSERT"
        " { ?p ex:city 'Aalst' } WHERE { ?p ex:family 'Claes' } ; DELETE DATA { <#no> ex:n 1 };"
    )

    assert (await doc("PATCH", "d", AN, update, SPARQL)).status == 204

    after = await _lines(doc)
    assert before - after == {'<#bob> <ex:city> "Gent" .'}
    assert after - before == {'<#bob> <ex:city> "Aalst" .', '<#eva> <ex:city> "Aalst" .'}


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        ("LOAD <http://127.0.0.1/x>", SPARQL, 422),
        ("INSERT DATA { GRAPH <#g> { <#a> <#b> 1 } }", SPARQL, 422),
        ("WITH <#g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", SPARQL, 422),
        ("DELETE WHERE { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }", SPARQL, 422),
        ("DELETE { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(?o > 1) }", SPARQL, 422),
        ("CLEAR ALL", SPARQL, 422),
        ("INSERT DATA { ?v <#b> 1 }", SPARQL, 400),
        ("INSERT DATA { <#a> <#b> ", SPARQL, 400),
        ("<#a> <#b> 1 .", TURTLE, 415),
        ("[]", "application/json-patch+json", 415),
    ],
)
async def test_an_update_beyond_the_subset_says_so_and_changes_nothing(
    doc: Asking, body: str, media_type: str, status: int
) -> None:  # SP-59h, SP-49
    before = await doc("GET", "d", AN)

    refused = await doc("PATCH", "d", AN, body, media_type)

    assert refused.status == status
    assert refused.body
    if status == 415:
        assert "text/n3" in refused.headers["Accept-Patch"]
    assert await doc("GET", "d", AN) == before


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (ID + "solid:inserts { <#a> ex:n 1 ; }", 400),
        (ID + "solid:inserts { <#a> no:n 1 }.", 400),
        (ID + "solid:inserts { <#a> ex:n 1 }. }", 400),
        (ID + "solid:inserts { ?v ex:n 1 }.", 422),
        (ID + "solid:deletes { <#a> ex:n [] }.", 422),
        ("_:p a solid:Patch; " + SEEN, 422),
    ],
)
async def test_broken_syntax_is_400_and_a_broken_rule_422(
    doc: Asking, body: str, status: int
) -> None:
    before = await doc("GET", "d", AN)  # P1

    assert await _patch(doc, body) == status
    assert await doc("GET", "d", AN) == before


async def test_blank_nodes_in_where_stand_for_anything(doc: Asking) -> None:  # P2
    there = ID + 'solid:where { _:x ex:family "Peeters" }; ' + SEEN
    absent = ID + 'solid:where { _:x ex:family "Maes" }; ' + SEEN

    assert await _patch(doc, absent) == 409
    assert '<#ann> <ex:seen> "true"' not in "".join(await _lines(doc))
    assert await _patch(doc, there) == 204
    assert '<#ann> <ex:seen> "true"' in "".join(await _lines(doc))


async def test_solutions_differ_by_their_variables_alone(doc: Asking) -> None:  # P3
    two_nodes = ID + 'solid:where { _:x ex:family "Claes" }; ' + SEEN
    two_values = ID + 'solid:where { ?x ex:family "Claes" }; ' + SEEN
    one_value = ID + "solid:where { _:x ex:family ?f; ex:city ?c. <#eva> ex:family ?f }; " + SEEN

    assert await _patch(doc, two_values) == 409
    assert await _patch(doc, two_nodes) == 204
    assert await _patch(doc, one_value) == 204


@pytest.mark.parametrize(
    "inserts", ["?f ex:n 1", "<#a> ?f 1", "<#a> ex:ok 1. ?f ex:n 1"], ids=["P4", "P4 verb", "P4 +"]
)
async def test_a_literal_never_becomes_subject_or_predicate(doc: Asking, inserts: str) -> None:
    before = await doc("GET", "d", AN)  # P4

    body = ID + f"solid:where {{ <#ann> ex:family ?f }}; solid:inserts {{ {inserts} }}."

    assert await _patch(doc, body) == 409
    assert await doc("GET", "d", AN) == before


@pytest.mark.parametrize(
    "body",
    [
        ID + 'solid:inserts { <#ann> ex:city "Gent" }.',
        ID + 'solid:deletes { <#ann> ex:city "Gent" }; solid:inserts { <#ann> ex:city "Gent" }.',
        ID + 'solid:where { <#ann> ex:city "Gent" }.',
        "_:p a solid:InsertDeletePatch.",
    ],
)
async def test_a_patch_that_changes_nothing_makes_no_version(doc: Asking, body: str) -> None:
    before = await doc("GET", "d", AN)  # P5

    patched = await doc("PATCH", "d", AN, PREFIXES + body, N3)

    assert patched.status == 204
    assert patched.headers["ETag"] == before.headers["ETag"]
    assert await doc("GET", "d", AN) == before


async def test_an_empty_patch_makes_an_empty_document(an: Asking) -> None:  # P6
    assert await _patch(an, "_:p a solid:InsertDeletePatch.", "new") == 201
    assert (await an("PATCH", "other", AN, "", SPARQL)).status == 201

    read = await an("GET", "new", AN)
    assert (read.status, read.body.strip()) == (200, b"")
    assert read.headers["Content-Type"] == TURTLE


async def test_containers_take_what_people_say(an: Asking) -> None:  # P7, A3
    await an("PUT", "k/x", AN, "x", "text/plain")

    said = await _patch(an, ID + 'solid:inserts { <> ex:title "Tax"; ex:about <x> }.', "k/")
    lied = await _patch(
        an, ID + "solid:inserts { <> <http://www.w3.org/ns/ldp#contains> <y> }.", "k/"
    )
    taken = await _patch(
        an, ID + "solid:deletes { <> <http://www.w3.org/ns/ldp#contains> <x> }.", "k/"
    )

    assert (said, lied, taken) == (204, 409, 409)
    lines = await _lines(an, "k/")
    assert '<> <ex:title> "Tax" .' in lines
    assert sum("ldp#contains" in line for line in lines) == 1


async def test_a_patch_makes_no_container(an: Asking) -> None:  # P8
    for body, media_type in [(PREFIXES + ID + SEEN, N3), ("INSERT DATA { <> <#p> 1 }", SPARQL)]:
        assert (await an("PATCH", "a/b/", AN, body, media_type)).status == 409
    assert (await an("GET", "a/", AN)).status == 404


async def test_what_is_no_rdf_is_not_patched(an: Asking) -> None:  # A9
    await an("PUT", "b", AN, "x", "text/plain")

    refused = await an("PATCH", "b", AN, PREFIXES + ID + SEEN, N3)

    assert refused.status == 405
    assert "PATCH" not in refused.headers["Allow"]
    assert "Accept-Patch" not in refused.headers
    assert "Accept-Patch" not in (await an("GET", "b", AN)).headers
    assert (await an("GET", "b", AN)).body == b"x"


@pytest.mark.parametrize(
    ("modes", "body", "media_type", "status"),
    [
        (None, "this is no patch", N3, 403),
        (None, "this is no patch", SPARQL, 403),
        (None, "x", "image/png", 403),
        (None, "_:p a solid:InsertDeletePatch.", N3, 403),
        ("Append", "this is no patch", N3, 400),
        ("Append", ID + SEEN, N3, 204),
        ("Append", ID + "solid:where { ?x ex:none 1 }; " + SEEN, N3, 403),
        ("Append", ID + "solid:deletes { <#no> ex:none 1 }.", N3, 403),
        ("Append", "DELETE DATA { <#no> <#none> 1 }", SPARQL, 403),
        ("Read Append", ID + "solid:where { ?x ex:none 1 }; " + SEEN, N3, 409),
        ("Write", ID + "solid:deletes { <#no> ex:none 1 }.", N3, 403),
        ("Read Write", ID + "solid:deletes { <#no> ex:none 1 }.", N3, 409),
        ("Read", ID + SEEN, N3, 403),
        ("Read", "_:p a solid:InsertDeletePatch.", N3, 204),
    ],
)
async def test_rights_come_before_reasons(
    doc: Asking, modes: str | None, body: str, media_type: str, status: int
) -> None:  # A12, WAC-31, WAC-36
    await doc.acl("d", *([rule(B, f"acl:accessTo <{ROOT}d>", modes)] if modes else []))
    text = PREFIXES + body if media_type == N3 else body

    assert (await doc("PATCH", "d", BOB, text, media_type)).status == status
    assert (await doc("PATCH", "d", ANYONE, text, media_type)).status == 401


async def test_preconditions_hold_for_patches_too(doc: Asking) -> None:  # SP-59i
    tag = (await doc("GET", "d", AN)).headers["ETag"]

    assert await _patch(doc, ID + SEEN, if_none_match="*") == 412
    assert await _patch(doc, ID + SEEN, if_match='"0.t"') == 412
    assert await _patch(doc, ID + SEEN, path="new", if_match="*") == 412
    assert await _patch(doc, ID + SEEN, path="new", if_none_match="*") == 201
    assert await _patch(doc, ID + SEEN, if_match=tag) == 204


async def test_a_stored_json_ld_document_stays_json_ld(an: Asking) -> None:  # SP-59g
    await an("PUT", "d", AN, '{"@id": "#a", "http://e/p": 1}', rdf.JSON_LD)

    assert await _patch(an, ID + "solid:inserts { <#a> ex:n 07 }.") == 204

    read = await an("GET", "d", AN)
    assert read.headers["Content-Type"] == rdf.JSON_LD
    lines = await _lines(an)
    assert len(lines) == 2
    assert any('"07"' in line for line in lines)
