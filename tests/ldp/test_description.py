# SPDX-License-Identifier: EUPL-1.2
"""Descriptions: what people say about a resource, beside what the server knows."""

import asyncio

import pytest

from identity.who import ANYONE
from pod import rdf
from pod.vocab import DCT, LDP, POSIX
from tests.people import AN, BOB, ROOT, Asking, rule

SPARQL = "application/sparql-update"
TURTLE = "text/turtle"
TITLE = f"<> <{DCT}title> 'x'"


def about(path: str, text: str = "Vakantie") -> str:
    return f"<{ROOT}{path}> <{DCT}title> '{text}' ."


async def test_a_description_tells_the_servers_facts_and_what_people_said(an: Asking) -> None:
    await an("PUT", "foto.png", AN, b"\x89PNG", "image/png")  # SP-37, SP-42, SP-43

    put = await an("PUT", "foto.png.meta", AN, about("foto.png"), TURTLE)

    assert put.status == 204
    for media_type in rdf.OFFERED:
        read = await an("GET", "foto.png.meta", AN, accept=media_type)
        said = {
            (t.predicate.value, str(t.object))
            for t in rdf.parse(read.body, media_type, ROOT + "foto.png.meta").triples
        }
        assert (DCT + "title", '"Vakantie"') in said
        assert any(predicate == POSIX + "size" for predicate, _ in said)


async def test_the_links_lead_there_and_back(an: Asking) -> None:
    await an("PUT", "d.ttl", AN, "", TURTLE)  # SP-38, SP-39, SP-41

    subject = (await an("GET", "d.ttl", AN)).headers["Link"]
    description = (await an("GET", "d.ttl.meta", AN)).headers["Link"]

    assert subject.count(f'<{ROOT}d.ttl.meta>; rel="describedby"') == 1
    assert f'<{ROOT}d.ttl>; rel="describes"' in description
    assert 'rel="acl"' not in description
    assert "describedby" not in description


async def test_the_rights_are_those_of_the_subject(an: Asking) -> None:  # SP-40
    await an("PUT", "d.ttl", AN, "", TURTLE)
    insert = f"INSERT DATA {{ {about('d.ttl')} }}"
    delete = f"DELETE DATA {{ {about('d.ttl')} }}"
    for modes, expected in [
        ("Read", (200, 403, 403, 403)),
        ("Append", (403, 204, 403, 403)),
        ("Read Write", (200, 204, 204, 204)),
        ("Control", (403, 403, 403, 403)),
    ]:
        target = f"acl:accessTo <{ROOT}d.ttl>"
        await an.acl("d.ttl", rule(f"acl:agent <{BOB.webid}>", target, modes))
        statuses = (
            (await an("GET", "d.ttl.meta", BOB)).status,
            (await an("PATCH", "d.ttl.meta", BOB, insert, SPARQL)).status,
            (await an("PATCH", "d.ttl.meta", BOB, delete, SPARQL)).status,
            (await an("PUT", "d.ttl.meta", BOB, "", TURTLE)).status,
        )
        assert statuses == expected, modes
    assert (await an("GET", "d.ttl.meta", ANYONE)).status == 401


@pytest.mark.parametrize(
    "statement",
    [f"<{POSIX}size> 7", f"<{DCT}modified> '2020-01-01'", f"a <{LDP}BasicContainer>"],
)
async def test_what_the_server_knows_is_changed_by_nobody(an: Asking, statement: str) -> None:
    await an("PUT", "d.ttl", AN, "", TURTLE)  # SP-44
    triple = f"<{ROOT}d.ttl> {statement} ."

    put = await an("PUT", "d.ttl.meta", AN, triple, TURTLE)
    patch = await an("PATCH", "d.ttl.meta", AN, f"INSERT DATA {{ {triple} }}", SPARQL)
    wipe = await an("PATCH", "d.ttl.meta", AN, "DELETE WHERE { ?s ?p ?o }", SPARQL)

    assert [put.status, patch.status, wipe.status] == [409, 409, 409]


async def test_what_was_read_may_be_put_back_as_it_is(an: Asking) -> None:
    await an("PUT", "d.ttl", AN, "", TURTLE)
    await an("PUT", "d.ttl.meta", AN, about("d.ttl"), TURTLE)
    read = await an("GET", "d.ttl.meta", AN)

    again = await an("PUT", "d.ttl.meta", AN, read.body, TURTLE, if_match=read.headers["ETag"])

    assert again.status == 204
    assert b"Vakantie" in (await an("GET", "d.ttl.meta", AN)).body


async def test_a_container_is_described_by_what_it_says_of_itself(an: Asking) -> None:
    await an("PUT", "k/", AN)

    await an("PUT", "k/.meta", AN, about("k/"), TURTLE)

    assert b"Vakantie" in (await an("GET", "k/", AN)).body
    assert b"Vakantie" in (await an("GET", "k/.meta", AN)).body
    lie = f"INSERT DATA {{ <{ROOT}k/> <{LDP}contains> <{ROOT}k/x> }}"
    assert (await an("PATCH", "k/.meta", AN, lie, SPARQL)).status == 409


async def test_a_new_body_leaves_the_description_and_deleting_takes_it_along(an: Asking) -> None:
    await an("PUT", "d.ttl", AN, "", TURTLE)  # decision 44, SP-71
    await an("PUT", "d.ttl.meta", AN, about("d.ttl"), TURTLE)
    await an("PUT", "d.ttl", AN, "<#a> <#b> 1 .", TURTLE)
    assert b"Vakantie" in (await an("GET", "d.ttl.meta", AN)).body

    await an("DELETE", "d.ttl", AN)
    assert (await an("GET", "d.ttl.meta", AN)).status == 404
    await an("PUT", "d.ttl", AN, "", TURTLE)
    assert b"Vakantie" not in (await an("GET", "d.ttl.meta", AN)).body


async def test_the_kinds_of_auxiliaries_have_their_methods(an: Asking) -> None:  # SP-43, SP-46
    await an("PUT", "d.ttl", AN, "", TURTLE)

    assert (await an("DELETE", "d.ttl.meta", AN)).status == 405
    assert (await an("POST", "d.ttl.meta", AN, "x", TURTLE)).status == 405
    assert (await an("PUT", "absent.meta", AN, "", TURTLE)).status == 409
    assert (await an("GET", "absent.meta", AN)).status == 404
    assert (await an("GET", "d.ttl.meta.meta", AN)).status == 404
    assert (await an("PUT", "d.ttl.meta", AN, "x", "text/plain")).status == 415
    assert (await an("PUT", "d.ttl.meta", AN, "<a> <b", TURTLE)).status == 400


async def test_auxiliaries_are_not_listed(an: Asking) -> None:  # SP-29
    await an("PUT", "k/d.ttl", AN, "", TURTLE)
    await an("PUT", "k/d.ttl.meta", AN, about("k/d.ttl"), TURTLE)

    assert b".meta" not in (await an("GET", "k/", AN)).body


async def test_an_inbox_named_in_a_description_becomes_a_link(an: Asking) -> None:  # SP-45
    for path in ("foto.png", "k/"):
        await an("PUT", path, AN, b"x" if path == "foto.png" else None, "image/png")
        said = f"<{ROOT}{path}> <{LDP}inbox> <{ROOT}inbox/> ."
        assert (await an("PUT", path + ".meta", AN, said, TURTLE)).status == 204

        link = (await an("GET", path, AN)).headers["Link"]
        assert f'<{ROOT}inbox/>; rel="{LDP}inbox"' in link


async def test_patches_at_once_are_all_kept(an: Asking) -> None:
    await an("PUT", "d.ttl", AN, "", TURTLE)
    await asyncio.gather(
        *(
            an("PATCH", "d.ttl.meta", AN, f"INSERT DATA {{ {about('d.ttl', str(n))} }}", SPARQL)
            for n in range(20)
        )
    )

    body = (await an("GET", "d.ttl.meta", AN)).body
    assert all(f'"{n}"'.encode() in body for n in range(20))
