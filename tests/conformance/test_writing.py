# SPDX-License-Identifier: EUPL-1.2
"""What the protocol says of writing and deleting."""

import orjson
import pytest

from pod import rdf
from pod.contents import INLINE
from pod.vocab import DCT, LDP, PIM, POSIX, RDF
from tests.people import AN, BOB, ROOT, Asking, rule

TURTLE, SPARQL, N3 = "text/turtle", "application/sparql-update", "text/n3"
BASIC = f'<{LDP}BasicContainer>; rel="type"'
DOC = "<#a> <http://e/p> 1 ."
INSERT = "INSERT DATA { <#b> <http://e/p> 2 }"


async def _listed(an: Asking, path: str) -> set[str]:
    body = (await an("GET", path, AN, accept=rdf.N_TRIPLES)).body.decode()
    lines = [line.split(" ") for line in body.splitlines()]
    return {line[2][1:-1] for line in lines if line[1] == f"<{LDP}contains>"}


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH"])
async def test_content_without_a_type_is_400_and_stores_nothing(an: Asking, method: str) -> None:
    path = "" if method == "POST" else "d"  # SP-8

    refused = await an(method, path, AN, DOC)

    assert (refused.status, refused.problem) == (400, "no-content-type")
    assert await _listed(an, "") == set()


async def test_only_containers_may_be_empty_and_without_a_type(an: Asking) -> None:  # SP-9
    assert (await an("PUT", "d", AN)).status == 400
    assert (await an("POST", "", AN)).status == 400
    assert await _listed(an, "") == set()

    assert (await an("PUT", "k/", AN)).status == 201
    assert (await an("POST", "", AN, link=BASIC)).status == 201
    assert (await an("PUT", "d", AN, "", "text/plain")).status == 201


@pytest.mark.parametrize(
    ("method", "body", "media_type"), [("PUT", DOC, TURTLE), ("PATCH", INSERT, SPARQL)]
)
async def test_containers_on_the_way_are_made_and_listed(
    an: Asking, method: str, body: str, media_type: str
) -> None:  # SP-56, SP-57, SP-29
    made = await an(method, "a/b/c/d", AN, body, media_type)

    assert (made.status, made.headers["Location"]) == (201, ROOT + "a/b/c/d")
    for above, below in [("", "a/"), ("a/", "a/b/"), ("a/b/", "a/b/c/"), ("a/b/c/", "a/b/c/d")]:
        assert await _listed(an, above) == {ROOT + below}
        assert BASIC in (await an("GET", above, AN)).headers["Link"]


async def test_a_refused_write_makes_no_containers_on_the_way(an: Asking) -> None:  # SP-57
    for method, body, media_type in [
        ("PUT", "<#a> <", TURTLE),
        ("PATCH", "DELETE DATA { <#a>", SPARQL),
        ("PATCH", "_:p a <http://www.w3.org/ns/solid/terms#Patch> .", N3),
    ]:
        assert (await an(method, "a/b/d", AN, body, media_type)).status in (400, 422)

    assert await _listed(an, "") == set()


async def test_post_is_for_containers_that_are_there(an: Asking) -> None:  # SP-56, SP-58, SP-59
    await an("PUT", "k/d", AN, "x", "text/plain")

    made = await an("POST", "k/", AN, "x", "text/plain")
    nowhere = [await an("POST", p, AN, "x", "text/plain") for p in ("none", "none/", "k", "k/d/")]
    document = await an("POST", "k/d", AN, "x", "text/plain")

    assert made.status == 201
    assert made.headers["Location"].startswith(ROOT + "k/")
    assert "/" not in made.headers["Location"][len(ROOT + "k/") :]
    assert [outcome.status for outcome in nowhere] == [404] * 4
    assert document.status == 405
    assert "POST" not in document.headers["Allow"]
    assert await _listed(an, "k/") == {ROOT + "k/d", made.headers["Location"]}


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("a b", "a%20b"),
        ("a?b#c", "a%3Fb%23c"),
        ("100%25", "100%25"),
        ("caf%C3%A9", "caf%C3%A9"),
        ("cafe%CC%81", "caf%C3%A9"),
    ],
)
async def test_a_slug_becomes_one_safe_name(an: Asking, slug: str, name: str) -> None:  # SP-59a
    made = await an("POST", "", AN, "x", "text/plain", slug=slug)

    assert made.headers["Location"] == ROOT + name
    assert (await an("GET", name, AN)).body == b"x"


@pytest.mark.parametrize(
    ("slug", "status"),
    [
        *((bad, 400) for bad in ("a/b", "a%2Fb", "x/", "..", "%2e", "%FF")),
        *((kept, 403) for kept in ("x.acl", "x.meta", ".acl")),
    ],
)
async def test_a_bad_slug_is_refused(an: Asking, slug: str, status: int) -> None:  # SP-59a
    refused = await an("POST", "", AN, "x", "text/plain", slug=slug)

    assert refused.status == status
    assert refused.body
    assert await _listed(an, "") == set()


async def test_a_slug_that_is_taken_also_by_a_twin_gets_another_name(an: Asking) -> None:
    await an("PUT", "k/x", AN, "x", "text/plain")  # SP-59a, SP-14

    made = await an("POST", "", AN, "y", "text/plain", slug="k")
    box = await an("POST", "k/", AN, link=BASIC, slug="x")

    assert (made.status, box.status) == (201, 201)
    assert made.headers["Location"] not in (ROOT + "k", ROOT + "k/")
    assert box.headers["Location"] not in (ROOT + "k/x", ROOT + "k/x/")
    assert box.headers["Location"].endswith("/")
    assert (await an("GET", "k/x", AN)).body == b"x"


async def test_a_model_that_cannot_be_honoured_fails(an: Asking) -> None:  # SP-59b, SP-59c
    not_rdf = f'<{LDP}NonRDFSource>; rel="type"'
    unknown = '<http://e/Unknown>; rel="type"'

    assert (await an("PUT", "k/", AN, link=not_rdf)).status == 409
    assert (await an("PUT", "d", AN, DOC, TURTLE, link=BASIC)).status == 400
    assert await _listed(an, "") == set()
    assert (await an("PUT", "d", AN, DOC, TURTLE, link=unknown)).status == 201
    assert (await an("PUT", "b", AN, "x", "text/plain", link=not_rdf)).status == 201


MEMBER_FACTS = [
    f"<d> <{POSIX}size> 7",
    f"<d> <{POSIX}mtime> 7",
    f'<d> <{DCT}modified> "2020-01-01T00:00:00Z"',
    f"<d> <{RDF}type> <{LDP}BasicContainer>",
    f"<> <{DCT}modified> 1",
    f"<> <{RDF}type> <{PIM}Storage>",
]


@pytest.mark.parametrize("fact", [*MEMBER_FACTS, f"<> <{LDP}contains> <other>"])
async def test_facts_that_the_server_keeps_are_not_for_clients(an: Asking, fact: str) -> None:
    await an("PUT", "k/d", AN, "x", "text/plain")  # SP-59d, SP-59e
    before = await an("GET", "k/", AN)

    patched = await an("PATCH", "k/", AN, f"INSERT DATA {{ {fact} }}", SPARQL)
    put = await an("PUT", "new/", AN, fact + " .", TURTLE)

    assert (patched.status, put.status) == (409, 409)
    assert "constrainedBy" in patched.headers["Link"]
    assert (await an("GET", "k/", AN)).body == before.body
    assert (await an("GET", "new/", AN)).status == 404


async def test_a_container_that_is_there_is_not_replaced(an: Asking) -> None:  # A2, SP-59d
    await an("PUT", "k/d", AN, "x", "text/plain")

    for headers in ({}, {"if_none_match": "*"}, {"link": BASIC}):
        again = await an("PUT", "k/", AN, " ", TURTLE, **headers)
        assert again.status == 409
    assert await _listed(an, "k/") == {ROOT + "k/d"}
    assert "PUT" not in (await an("GET", "k/", AN)).headers["Allow"]


async def test_relative_iris_are_meant_against_what_is_written(an: Asking) -> None:  # SP-59f
    await an("PUT", "k/d", AN, "<> <http://e/p> <x>, </y>, <../z> .", TURTLE)
    made = await an("POST", "k/", AN, "<> <http://e/p> <#me> .", TURTLE)
    where = made.headers["Location"]

    read = (await an("GET", "k/d", AN, accept=rdf.N_TRIPLES)).body.decode()
    posted = (await an("GET", where, AN, accept=rdf.N_TRIPLES)).body.decode()

    assert {line.split(" ")[2] for line in read.splitlines()} == {
        f"<{ROOT}k/x>",
        "<http://localhost:3000/y>",
        f"<{ROOT}z>",
    }
    assert posted == f"<{where}> <http://e/p> <{where}#me> .\n"


async def test_tags_are_strong_and_guard_every_write(an: Asking) -> None:  # SP-59i
    first = (await an("PUT", "d", AN, DOC, TURTLE)).headers["ETag"]
    as_json = (await an("GET", "d", AN, accept=rdf.JSON_LD)).headers["ETag"]
    assert first.startswith('"')
    assert as_json != first

    changed = await an("PUT", "d", AN, DOC, TURTLE, if_match=as_json)
    stale = [
        await an("PUT", "d", AN, DOC, TURTLE, if_match=first),
        await an("PATCH", "d", AN, INSERT, SPARQL, if_match=first),
        await an("DELETE", "d", AN, if_match=first),
        await an("GET", "d", AN, if_match=first),
        await an("PUT", "new", AN, DOC, TURTLE, if_match=first),
        await an("POST", "", AN, DOC, TURTLE, if_none_match="*"),
    ]

    assert changed.status == 204
    assert [outcome.status for outcome in stale] == [412] * 6
    assert (await an("GET", "d", AN)).headers["ETag"] == changed.headers["ETag"]
    assert await _listed(an, "") == {ROOT + "d"}


async def test_put_replaces_content_and_type_both_ways(an: Asking) -> None:  # SP-59j, SP-56
    await an("PUT", "d", AN, DOC, TURTLE)
    await an("PUT", "d", AN, "plain", "text/plain")
    plain = await an("GET", "d", AN)
    assert (plain.body, plain.headers["Content-Type"]) == (b"plain", "text/plain")
    assert "PATCH" not in plain.headers["Allow"]

    await an("PUT", "d", AN, '{"@id":"#z","http://e/p":3}', rdf.JSON_LD)

    again = await an("GET", "d", AN, accept=rdf.N_TRIPLES)
    assert (
        again.body
        == (
            f'<{ROOT}d#z> <http://e/p> "3"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'
        ).encode()
    )
    assert "PATCH" in again.headers["Allow"]


@pytest.mark.parametrize(
    ("body", "media_type"),
    [("<#a> <http://e/p> .", TURTLE), ('{"@id": ', rdf.JSON_LD), ("<a> <b> <c>", rdf.N_TRIPLES)],
)
async def test_invalid_rdf_never_gets_in_and_leaves_what_was(
    an: Asking, body: str, media_type: str
) -> None:  # A6, SP-54
    await an("PUT", "d", AN, DOC, TURTLE)

    put = await an("PUT", "d", AN, body, media_type)
    post = await an("POST", "", AN, body, media_type)

    assert (put.status, put.problem) == (400, "malformed-rdf")
    assert (post.status, post.problem) == (400, "malformed-rdf")
    assert (await an("GET", "d", AN)).body == DOC.encode()
    assert await _listed(an, "") == {ROOT + "d"}


async def test_delete_answers_204_and_the_name_is_free(an: Asking) -> None:  # SP-73, SP-74, A1
    await an("PUT", "k/d", AN, "x", "text/plain")

    gone = await an("DELETE", "k/d", AN)

    assert (gone.status, gone.body) == (204, b"")
    assert [(await an(m, "k/d", AN)).status for m in ("GET", "HEAD", "DELETE")] == [404] * 3
    assert await _listed(an, "k/") == set()
    assert (await an("DELETE", "k/", AN)).status == 204
    assert (await an("GET", "k/", AN)).status == 404


async def test_only_an_empty_container_goes_and_an_acl_is_no_content(an: Asking) -> None:
    await an("PUT", "k/d", AN, "x", "text/plain")  # SP-71, SP-72
    await an.acl("k/")

    full = await an("DELETE", "k/", AN)
    assert (full.status, full.problem) == (409, "container-not-empty")
    assert b"not empty" in full.body
    assert (await an("GET", "k/d", AN)).body == b"x"

    await an("DELETE", "k/d", AN)
    assert (await an("DELETE", "k/", AN)).status == 204
    assert (await an("GET", "k/.acl", AN)).status == 404


@pytest.mark.parametrize(("path", "link"), [("", "containment"), ("d.acl", "acl")])
async def test_a_constraint_that_fails_names_its_page(an: Asking, path: str, link: str) -> None:
    text = (  # SP-77
        "@prefix acl: <http://www.w3.org/ns/auth/acl#> . @prefix foaf: <http://xmlns.com/foaf/0.1/>"
        f" . {rule('acl:agentClass foaf:Agent', f'acl:accessTo <{ROOT}d>', 'Control')}"
    )

    refused = await an("PUT", path, AN, text, TURTLE)

    assert refused.status == 409
    assert f"/constraints/{link}>; rel=" in refused.headers["Link"]
    assert 'rel="http://www.w3.org/ns/ldp#constrainedBy"' in refused.headers["Link"]


async def test_what_is_deleted_is_gone_from_every_table_and_file(an: Asking) -> None:  # A15
    secret = b"SECRET-85073003328 " * (INLINE // 8)
    await an("PUT", "big", AN, secret, "image/png")
    await an("PUT", "small", AN, b"SECRET-85073003328", "text/plain")

    await an("DELETE", "big", AN)
    await an("DELETE", "small", AN)

    assert an.house.files.names() == set()
    for table in await an.house.db.read(_tables):
        rows = await an.house.db.read(_rows, table)
        assert not any("SECRET" in str(value) for row in rows for value in row), table


async def _tables(tx: object) -> list[str]:
    rows = await tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")  # type: ignore[attr-defined]  # a Tx
    return [str(row["name"]) for row in rows]


async def _rows(tx: object, table: str) -> list[tuple[object, ...]]:
    rows = await tx.all(f"SELECT * FROM {table}")  # type: ignore[attr-defined]  # noqa: S608  # a Tx; the table's own name
    return [tuple(row[key] for key in row.keys()) for row in rows]  # noqa: SIM118  # rows of SQLite


async def test_too_large_is_413(an: Asking) -> None:  # A8
    refused = await an("PUT", "big", AN, b"x" * 10_000_001, "image/png")

    assert (refused.status, refused.problem) == (413, "too-large")
    assert (await an("GET", "big", AN)).status == 404


async def test_json_ld_contexts_are_never_fetched_for_a_profile(an: Asking) -> None:  # SP-93
    body = orjson.dumps({"@context": "https://unknown.example/c", "@id": "#me", "name": "An"})

    refused = await an("PUT", "profile/card", AN, body, rdf.JSON_LD)

    assert (refused.status, refused.problem) == (422, "unknown-context")
    assert b"unknown.example" in refused.body
    assert (await an("GET", "profile/card", AN)).status == 404


async def test_an_inbox_lists_its_messages_and_has_all_as_json_ld(an: Asking) -> None:  # SP-79
    await an("PUT", "inbox/", AN)
    inbox = f"acl:accessTo <{ROOT}inbox/>"
    await an.acl("inbox/", rule("acl:agentClass acl:AuthenticatedAgent", inbox, "Append"))
    note = b'{"@id": "", "http://e/says": "hello"}'
    media_type = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'

    sent = await an("POST", "inbox/", BOB, note, media_type)
    where = sent.headers["Location"]
    listing = await an("GET", "inbox/", AN, accept=rdf.JSON_LD)
    item = await an("GET", where, AN, accept=rdf.JSON_LD)

    assert sent.status == 201  # SP-78
    listed = rdf.parse(listing.body, rdf.JSON_LD, ROOT + "inbox/").triples
    assert [str(t.object) for t in listed if t.predicate.value == LDP + "contains"] == [
        f"<{where}>"
    ]
    assert [str(t.object) for t in rdf.parse(item.body, rdf.JSON_LD, where).triples] == ['"hello"']
    assert "Accept-Post" in listing.headers
    refused = [(await an("GET", p, BOB)).status for p in ("inbox/", where)]
    assert refused == [403, 403]  # SP-81
