# SPDX-License-Identifier: EUPL-1.2
"""The verbs on one pod: bytes kept, versions, containment, names, headers."""

import asyncio

import orjson
import pyoxigraph as ox
import pytest

from identity.who import ANYONE
from ldp.ask import Ask
from ldp.conditions import read_conditions
from ldp.storage import describe_storage
from pod import rdf
from pod.contents import INLINE
from pod.iri import Iri
from pod.sqlite import Sqlite
from pod.vocab import DCT, LDP, POSIX
from tests.people import AN, BOB, ROOT, Asking, rule

DOC = "# note\n@prefix ex: <http://e/> .\n<#a>   ex:p 01 , 'x' .\n"


def _triples(body: bytes, media_type: str, base: str) -> set[ox.Triple]:
    return set(rdf.parse(body, media_type, base).triples)


def _text(term: object) -> str:
    assert isinstance(term, ox.NamedNode | ox.Literal)
    return term.value


async def test_the_bytes_that_were_put_come_back_for_the_same_type(an: Asking) -> None:
    created = await an("PUT", "d.ttl", AN, DOC, "text/turtle; charset=utf-8")
    read = await an("GET", "d.ttl", AN)

    assert created.status == 201
    assert created.headers["Location"] == ROOT + "d.ttl"
    assert read.body == DOC.encode()
    assert read.headers["Content-Type"] == "text/turtle; charset=utf-8"
    assert read.headers["ETag"] == created.headers["ETag"]


@pytest.mark.parametrize("media_type", rdf.OFFERED)
async def test_every_rdf_form_tells_the_same(an: Asking, media_type: str) -> None:  # SP-50
    await an("PUT", "d.ttl", AN, DOC, "text/turtle")

    read = await an("GET", "d.ttl", AN, accept=media_type)

    assert read.headers["Content-Type"].startswith(media_type)
    base = ROOT + "d.ttl"
    assert _triples(read.body, media_type, base) == _triples(DOC.encode(), "text/turtle", base)


async def test_what_cannot_be_made_is_406_with_the_choices(an: Asking) -> None:  # SP-53
    await an("PUT", "d.ttl", AN, DOC, "text/turtle")

    assert (await an("GET", "d.ttl", AN, accept="text/html")).status == 406
    assert (await an("GET", "d.ttl", AN, accept="text/turtle;q=0, */*")).status == 200


async def test_head_says_what_get_says(an: Asking) -> None:
    await an("PUT", "d.ttl", AN, DOC, "text/turtle")
    await an("PUT", "big", AN, b"x" * (INLINE + 1), "image/png")

    for path in ("d.ttl", "big", ""):
        get, head = await an("GET", path, AN), await an("HEAD", path, AN)
        assert get.headers == head.headers


async def test_a_change_gives_a_new_strong_tag_and_old_tags_stop_writing(an: Asking) -> None:
    first = (await an("PUT", "d.ttl", AN, DOC, "text/turtle")).headers["ETag"]
    second = (await an("PUT", "d.ttl", AN, DOC, "text/turtle")).headers["ETag"]

    assert first != second
    assert not second.startswith("W/")
    assert (await an("PUT", "d.ttl", AN, DOC, "text/turtle", if_match=first)).status == 412
    assert (await an("PUT", "d.ttl", AN, DOC, "text/turtle", if_match=second)).status == 204
    assert (await an("PUT", "d.ttl", AN, DOC, "text/turtle", if_none_match="*")).status == 412
    assert (await an("PUT", "new", AN, DOC, "text/turtle", if_match="*")).status == 412


async def test_a_name_that_was_used_before_does_not_start_its_versions_again(an: Asking) -> None:
    first = (await an("PUT", "x", AN, "a", "text/plain")).headers["ETag"]  # decision 34
    await an("DELETE", "x", AN)

    again = (await an("PUT", "x", AN, "a", "text/plain")).headers["ETag"]

    assert again != first


async def test_unchanged_is_304_also_by_a_weak_tag(an: Asking) -> None:
    tag = (await an("PUT", "d.ttl", AN, DOC, "text/turtle")).headers["ETag"]

    assert (await an("GET", "d.ttl", AN, if_none_match=tag)).status == 304
    assert (await an("GET", "d.ttl", AN, if_none_match="W/" + tag)).status == 304
    assert (await an("GET", "d.ttl", AN, if_none_match='"0.t"')).status == 200
    assert (await an("GET", "d.ttl", AN, if_none_match=tag, accept=rdf.JSON_LD)).status == 200


async def test_a_container_lists_its_direct_members_and_their_facts(an: Asking) -> None:
    await an("PUT", "k/a.ttl", AN, DOC, "text/turtle")  # SP-29, SP-31, SP-32
    await an("PUT", "k/sub/deep", AN, "x", "text/plain")
    await an.acl("k/a.ttl")

    for media_type in rdf.OFFERED:
        listing = await an("GET", "k/", AN, accept=media_type)
        triples = _triples(listing.body, media_type, ROOT + "k/")
        contained = {_text(t.object) for t in triples if t.predicate.value == LDP + "contains"}
        assert contained == {ROOT + "k/a.ttl", ROOT + "k/sub/"}
        sizes = {
            _text(t.object)
            for t in triples
            if t.predicate.value == POSIX + "size" and str(t.subject) == f"<{ROOT}k/a.ttl>"
        }
        assert sizes == {str(len(DOC))}
        assert any(t.predicate.value == DCT + "modified" for t in triples)


async def test_a_members_change_moves_the_containers_tag_but_not_its_date(
    an: Asking, now: "object"
) -> None:  # decision 43, SP-34
    await an("PUT", "k/a", AN, "1", "text/plain")
    before = (await an("GET", "k/", AN)).headers
    now.advance(5000)  # type: ignore[attr-defined]  # the clock of conftest

    await an("PUT", "k/a", AN, "22", "text/plain")
    after = (await an("GET", "k/", AN)).headers

    assert after["ETag"] != before["ETag"]
    assert after["Last-Modified"] == before["Last-Modified"]


async def test_post_picks_the_name_and_honours_a_slug(an: Asking) -> None:  # SP-58, SP-59a
    first = await an("POST", "", AN, "x", "text/plain", slug="loon fiche.txt")
    second = await an("POST", "", AN, "x", "text/plain", slug="loon fiche.txt")
    plain = await an("POST", "", AN, "x", "text/plain")

    assert first.headers["Location"] == ROOT + "loon%20fiche.txt"
    assert second.status == plain.status == 201
    places = {o.headers["Location"] for o in (first, second, plain)}
    assert len(places) == 3
    assert all(place.startswith(ROOT) and "/" not in place[len(ROOT) :] for place in places)


async def test_post_never_gives_a_deleted_name_again(an: Asking) -> None:  # SP-17
    await an("POST", "", AN, "x", "text/plain", slug="once")
    await an("DELETE", "once", AN)

    again = await an("POST", "", AN, "x", "text/plain", slug="once")

    assert again.status == 201
    assert again.headers["Location"] != ROOT + "once"


async def test_post_with_a_container_link_makes_a_container(an: Asking) -> None:  # SP-59b
    link = '<http://www.w3.org/ns/ldp#BasicContainer>; rel="type"'

    made = await an("POST", "", AN, link=link, slug="box")

    assert made.headers["Location"] == ROOT + "box/"
    assert (await an("GET", "box/", AN)).status == 200


async def test_relative_iris_mean_the_new_resource(an: Asking) -> None:  # SP-59f
    made = await an("POST", "", AN, "<> <#p> <#x> .", "text/turtle", slug="self.ttl")
    where = made.headers["Location"]

    read = await an("GET", where, AN, accept=rdf.N_TRIPLES)

    assert read.body == f"<{where}> <{where}#p> <{where}#x> .\n".encode()


async def test_deleting_takes_the_acl_along(an: Asking) -> None:  # SP-71
    await an("PUT", "d", AN, "x", "text/plain")
    await an.acl("d")
    await an("DELETE", "d", AN)

    await an("PUT", "d", AN, "x", "text/plain")

    assert (await an("GET", "d.acl", AN)).status == 404


@pytest.mark.parametrize(
    ("body", "media_type", "status", "problem"),
    [
        ("<#a> <#b> ", "text/turtle", 400, "malformed-rdf"),
        ("{", "application/ld+json", 400, "malformed-rdf"),
        ('{"@context":"http://x/y"}', "application/ld+json", 422, "unknown-context"),
        ("x", None, 400, "no-content-type"),
        ("x", "nonsense", 400, "bad-content-type"),
    ],
)
async def test_bad_bodies_are_refused_and_nothing_is_stored(
    body: str, media_type: str | None, status: int, problem: str, an: Asking
) -> None:  # SP-8, SP-54
    refused = await an("PUT", "bad", AN, body, media_type)

    assert (refused.status, refused.problem) == (status, problem)
    assert (await an("GET", "bad", AN)).status == 404


async def test_a_body_over_the_limit_is_413_and_leaves_no_file(an: Asking) -> None:
    refused = await an("PUT", "big", AN, b"x" * 10_000_001, "image/png")

    assert refused.status == 413
    assert an.house.files.names() == set()


async def test_large_bodies_lie_in_files_that_go_with_them(an: Asking) -> None:
    body = b"\x00\xff" * INLINE
    await an("PUT", "big", AN, body, "image/png")

    assert (await an("GET", "big", AN)).body == body
    assert len(an.house.files.names()) == 1

    await an("PUT", "big", AN, "small", "text/plain")
    assert an.house.files.names() == set()


async def test_large_rdf_is_patched_and_keeps_the_rest(an: Asking) -> None:
    lines = "".join(f"<#s{n}> <#p> {n:05d} .\n" for n in range(16000))
    await an("PUT", "big.ttl", AN, lines, "text/turtle")

    update = "DELETE DATA { <#s7> <#p> 00007 }; INSERT DATA { <#s7> <#p> 'seven' };"
    patched = await an("PATCH", "big.ttl", AN, update, "application/sparql-update")

    assert patched.status == 204
    read = await an("GET", "big.ttl", AN)
    triples = _triples(read.body, "text/turtle", ROOT + "big.ttl")
    before = _triples(lines.encode(), "text/turtle", ROOT + "big.ttl")
    assert len(triples & before) == 15999
    assert len(triples) == 16000
    assert len(an.house.files.names()) == 1


async def test_ten_parallel_creations_have_one_winner(an: Asking) -> None:
    outcomes = await asyncio.gather(
        *(an("PUT", "one", AN, str(n), "text/plain", if_none_match="*") for n in range(10))
    )

    assert sorted(o.status for o in outcomes) == [201] + [412] * 9


async def test_no_parallel_patch_is_lost(an: Asking) -> None:
    await an("PUT", "d.ttl", AN, "", "text/turtle")

    outcomes = await asyncio.gather(
        *(
            an(
                "PATCH",
                "d.ttl",
                AN,
                f"INSERT DATA {{ <#a> <#p> {n} }}",
                "application/sparql-update",
            )
            for n in range(50)
        )
    )

    assert {o.status for o in outcomes} == {204}
    read = await an("GET", "d.ttl", AN)
    assert len(_triples(read.body, "text/turtle", ROOT + "d.ttl")) == 50


async def test_containers_keep_what_people_say_and_refuse_what_the_server_says(
    an: Asking,
) -> None:  # SP-59d, e, A3
    await an("PUT", "k/", AN)
    say = "INSERT DATA { <> <http://purl.org/dc/terms/title> 'Loon' }"
    lie = f"INSERT DATA {{ <> <{LDP}contains> <x> }}"

    assert (await an("PATCH", "k/", AN, say, "application/sparql-update")).status == 204
    assert (await an("PATCH", "k/", AN, lie, "application/sparql-update")).status == 409
    for media_type in rdf.OFFERED:
        body = (await an("GET", "k/", AN, accept=media_type)).body
        titles = [
            _text(t.object)
            for t in _triples(body, media_type, ROOT + "k/")
            if t.predicate.value == DCT + "title"
        ]
        assert titles == ["Loon"]


async def test_headers_name_what_a_client_needs(an: Asking) -> None:
    await an("PUT", "k/d.ttl", AN, DOC, "text/turtle")
    doc = (await an("GET", "k/d.ttl", AN)).headers
    root = (await an("GET", "", AN)).headers
    missing = (await an("GET", "k/none", AN)).headers

    assert f'<{ROOT}k/d.ttl.acl>; rel="acl"' in doc["Link"]  # SP-38, WAC-1
    assert f"<{ROOT}.well-known/solid>" in doc["Link"]  # SP-22
    assert "pim/space#Storage" not in doc["Link"]  # SP-21
    assert "pim/space#Storage" in root["Link"]
    assert "BasicContainer" in root["Link"]  # SP-30
    assert doc["Accept-Patch"].startswith("text/n3")  # SP-49
    assert "DELETE" in doc["Allow"]
    assert "DELETE" not in root["Allow"]  # SP-70
    assert "sandbox" in doc["Content-Security-Policy"]  # decision 20, T-10
    assert "Accept-Patch" in missing  # needed by rdflib.js


async def test_the_public_may_cache_and_others_must_ask_again(an: Asking) -> None:
    await an("PUT", "d", AN, "x", "text/plain")
    await an("PUT", "p", AN, "x", "text/plain")
    await an.acl("p", rule("acl:agentClass foaf:Agent", f"acl:accessTo <{ROOT}p>", "Read"))

    assert "private" in (await an("GET", "d", AN)).headers["Cache-Control"]
    assert "public" in (await an("GET", "p", BOB)).headers["Cache-Control"]


async def test_the_storage_description_says_what_it_is_to_everyone(an: Asking) -> None:
    ask = Ask("GET", Iri(ROOT + ".well-known/solid"), ANYONE, read_conditions({}))

    answer = await describe_storage(an.house, ask)  # SP-23, SP-24

    assert isinstance(answer.body, bytes)
    assert b"http://www.w3.org/ns/pim/space#Storage" in answer.body
    assert orjson.dumps(answer.headers)


async def test_a_patch_never_loses_named_graphs(an: Asking) -> None:
    body = '{"@id": "#g", "@graph": [{"@id": "#a", "http://v/p": 1}]}'
    await an("PUT", "d", AN, body, "application/ld+json")

    refused = await an("PATCH", "d", AN, "INSERT DATA { <#x> <#p> 1 }", "application/sparql-update")

    assert (refused.status, refused.problem) == (409, "named-graphs")
    assert (await an("GET", "d", AN)).body == body.encode()


async def test_heavy_patches_are_worked_out_aside_and_none_is_lost(an: Asking) -> None:
    await an("PUT", "d.ttl", AN, "", "text/turtle")

    def many(n: int) -> str:
        return "INSERT DATA { " + " ".join(f"<#a> <#p> {n * 1000 + i} ." for i in range(300)) + " }"

    outcomes = await asyncio.gather(
        *(an("PATCH", "d.ttl", AN, many(n), "application/sparql-update") for n in range(4))
    )

    assert {o.status for o in outcomes} == {204}
    read = await an("GET", "d.ttl", AN)
    assert len(_triples(read.body, "text/turtle", ROOT + "d.ttl")) == 1200


@pytest.mark.parametrize("language", ["n3", "sparql"])
@pytest.mark.parametrize("size", [0, INLINE])
async def test_a_patch_that_is_worked_out_aside_tells_nothing_to_who_may_only_add(
    an: Asking, language: str, size: int
) -> None:
    """T-32: the same refusal whether or not what the patch looks for is there."""
    body = f'<#a> <#p> "secret" . # {"x" * size}'
    await an("PUT", "d.ttl", AN, body, "text/turtle")
    await an.acl("d.ttl", rule(f"acl:agent <{BOB.webid}>", "acl:accessTo <d.ttl>", "Append"))

    def look_for(value: str) -> str:
        looks = " ".join(f'<#a> <#p> "{value}" .' for _ in range(5))
        if language == "sparql":
            return f"INSERT {{ <#b> <#p> 1 }} WHERE {{ {looks} }}"
        return (
            "@prefix solid: <http://www.w3.org/ns/solid/terms#> . _:x a solid:InsertDeletePatch ;"
            f" solid:where {{ {looks} }} ; solid:inserts {{ <#b> <#p> 1 }} ."
        )

    media_type = "text/n3" if language == "n3" else "application/sparql-update"
    told = [await an("PATCH", "d.ttl", BOB, look_for(v), media_type) for v in ("secret", "no")]

    assert [answer.status for answer in told] == [403, 403]
    assert told[0].body == told[1].body
    assert (await an("GET", "d.ttl", AN)).body == body.encode()


async def test_a_plain_read_is_one_hop_to_the_database(an: Asking) -> None:
    await an("PUT", "a/b/c/d.ttl", AN, DOC, "text/turtle")
    db = an.house.db
    assert isinstance(db, Sqlite)
    for path in ("a/b/c/d.ttl", "a/b/c/"):
        before = db.hops

        assert (await an("GET", path, AN)).status == 200
        assert db.hops - before == 1


async def test_reads_that_wait_together_travel_together(an: Asking) -> None:
    await an("PUT", "d.ttl", AN, DOC, "text/turtle")
    db = an.house.db
    assert isinstance(db, Sqlite)
    before = db.hops

    await asyncio.gather(*(an("GET", "d.ttl", AN) for _ in range(32)))

    assert db.hops - before < 8


async def test_large_acls_and_groups_count_as_small_ones_do(an: Asking) -> None:
    many = "".join(f"<#r{n}> <#p> {n} .\n" for n in range(9000))  # WAC-18, WAC-22
    group = f"<{ROOT}team#us>"
    member = f"{group} <http://www.w3.org/2006/vcard/ns#hasMember> <{BOB.webid}> ."
    await an("PUT", "d.ttl", AN, DOC, "text/turtle")
    assert (await an("PUT", "team", AN, member + many, "text/turtle")).status == 201

    await an.acl(
        "d.ttl", rule(f"acl:agentGroup {group}", f"acl:accessTo <{ROOT}d.ttl>", "Read"), many
    )

    assert len(many) > INLINE
    assert (await an("GET", "d.ttl", BOB)).status == 200
    assert (await an("GET", "d.ttl", AN)).status == 200


async def test_json_with_a_context_by_link_is_not_taken_for_rdf(an: Asking) -> None:  # SP-59k
    link = '<https://v.example/c>; rel="http://www.w3.org/ns/json-ld#context"'

    assert (await an("PUT", "x.json", AN, "{}", "application/json", link=link)).status == 415
    assert (await an("PUT", "x.json", AN, "{}", "application/json")).status == 201
