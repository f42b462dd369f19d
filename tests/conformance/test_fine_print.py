# SPDX-License-Identifier: EUPL-1.2
"""What the clauses say beside their main sentence: each line that enforces one has its test."""

import pytest

from pod import rdf
from pod.database import Tx
from pod.iri import LONGEST_SEGMENT, canonical_path
from pod.vocab import ACL, DCT, FOAF, LDP, RDF, VCARD
from tests.people import AN, BOB, ROOT, Asking, rule

TURTLE = "text/turtle"
SPARQL = "application/sparql-update"
B = f"acl:agent <{BOB.webid}>"


async def _taken(an: Asking, method: str, path: str) -> dict[str, str]:
    headers = (await an(method, path, AN)).headers
    return {name: headers[name] for name in headers if name.startswith(("Accept-P", "Allow"))}


@pytest.mark.parametrize("path", ["d.meta", ".meta", ".well-known/solid"])
@pytest.mark.parametrize("accept", ["text/html", "*/*;q=0", "image/*, text/turtle;q=0"])
async def test_nor_are_the_servers_own_documents_sent_in_a_form_nobody_accepts(
    an: Asking, path: str, accept: str
) -> None:  # A7, SP-53
    await an("PUT", "d", AN, "x", "text/plain")

    refused = await an("GET", path, AN, accept=accept)

    assert (refused.status, refused.problem) == (406, "not-acceptable")


async def test_an_acl_of_the_new_name_does_not_open_the_containers_on_the_way(an: Asking) -> None:
    await an("PUT", "k/", AN)  # WAC-34
    await an.acl("k/", rule(B, f"acl:accessTo <{ROOT}k/>", "Append"))
    for name in ("k/d", "k/s/d"):
        await an.acl(name, rule(B, f"acl:accessTo <{ROOT}{name}>", "Append"))

    assert (await an("PUT", "k/s/d", BOB, "x", "text/plain")).status == 403
    assert (await an("GET", "k/s/", AN)).status == 404
    assert (await an("PUT", "k/d", BOB, "x", "text/plain")).status == 201


async def test_an_acl_that_points_at_itself_opens_nothing(an: Asking) -> None:  # WAC-13
    await an("PUT", "k/d", AN, "x", "text/plain")
    text = f"@prefix acl: <{ACL}> . " + rule(B, "acl:accessTo <{}>; acl:default <{}>", "Read")

    for own in ("", ".acl"):
        await an("PUT", "k/d.acl", AN, text.replace("{}", own), TURTLE)
        assert (await an("GET", "k/d", BOB)).status == 403
    await an("PUT", "k/d.acl", AN, text.replace("{}", "d"), TURTLE)
    assert (await an("GET", "k/d", BOB)).status == 200


@pytest.mark.parametrize("raw", ["/an/a%2Fb", "/an/a%2fb", "/an//a%2F%62"])
def test_an_encoded_slash_separates_nothing(raw: str) -> None:  # SP-18
    assert canonical_path(raw) == "/an/a%2Fb"


def test_a_segment_has_a_longest_length_in_its_one_spelling() -> None:  # SP-18
    longest = "é" * (LONGEST_SEGMENT // 6)
    assert canonical_path(f"/an/{longest}/x").startswith("/an/%C3%A9")

    for longer in (longest + "é", "a" * (LONGEST_SEGMENT + 1)):
        with pytest.raises(Exception, match="too long"):
            canonical_path(f"/an/{longer}/x")


@pytest.mark.parametrize("media_type", rdf.OFFERED)
async def test_an_inbox_lists_its_messages_in_every_form(an: Asking, media_type: str) -> None:
    await an("PUT", "inbox/", AN)  # SP-79
    sent = await an("POST", "inbox/", AN, "<> <http://e/says> 'hello' .", TURTLE)

    listing = await an("GET", "inbox/", AN, accept=media_type)

    listed = rdf.parse(listing.body, media_type, ROOT + "inbox/").triples
    members = [str(t.object) for t in listed if t.predicate.value == LDP + "contains"]
    assert members == [f"<{sent.headers['Location']}>"]


async def test_the_inbox_of_another_is_no_link(an: Asking) -> None:  # SP-45
    await an("PUT", "foto.png", AN, b"x", "image/png")
    said = f"<http://e/bob> <{LDP}inbox> <http://e/in/> . <{ROOT}foto.png> <{LDP}inbox> 'none' ."
    assert (await an("PUT", "foto.png.meta", AN, said, TURTLE)).status == 204

    assert f'rel="{LDP}inbox"' not in (await an("GET", "foto.png", AN)).headers["Link"]


async def test_a_group_is_one_node_and_one_property_of_its_document(an: Asking) -> None:  # WAC-18
    await an("PUT", "d", AN, "x", "text/plain")
    await an.acl("d", rule(f"acl:agentGroup <{ROOT}team#us>", f"acl:accessTo <{ROOT}d>", "Read"))
    member = f"<{VCARD}hasMember>"

    for said, status in (
        (f"<#them> {member} <{BOB.webid}> .", 403),
        (f"<> {member} <{BOB.webid}> .", 403),
        (f"<#us> <{FOAF}member> <{BOB.webid}> .", 403),
        (f"<{BOB.webid}> {member} <#us> .", 403),
        (f"<#us> {member} <http://e/eve>, <{BOB.webid}> .", 200),
    ):
        await an("PUT", "team", AN, said, TURTLE)
        assert (await an("GET", "d", BOB)).status == status, said


async def test_preconditions_guard_descriptions_too(an: Asking) -> None:  # SP-59i
    await an("PUT", "d", AN, "x", "text/plain")
    said = f"<{ROOT}d> <{DCT}title> 'x' ."
    tag = (await an("GET", "d.meta", AN)).headers["ETag"]

    assert (await an("PUT", "d.meta", AN, said, TURTLE, if_match='"0.t"')).status == 412
    assert (await an("PUT", "d.meta", AN, said, TURTLE, if_none_match="*")).status == 412
    assert (await an("PUT", "d.meta", AN, said, TURTLE, if_match=tag)).status == 204
    assert (await an("PUT", "d.meta", AN, said, TURTLE, if_match=tag)).status == 412


async def test_who_may_only_append_learns_too_that_it_is_no_rdf(an: Asking) -> None:  # A9
    await an("PUT", "b", AN, "x", "text/plain")
    await an.acl("b", rule(B, f"acl:accessTo <{ROOT}b>", "Append"))

    refused = await an("PATCH", "b", BOB, "INSERT DATA { <#a> <#p> 1 }", SPARQL)

    assert refused.status == 405
    assert (await an("GET", "b", AN)).body == b"x"


@pytest.mark.parametrize("kind", ["BasicContainer", "Container"])
async def test_a_container_that_is_posted_holds_none_of_the_body(an: Asking, kind: str) -> None:
    link = f'<{LDP}{kind}>; rel="type"'  # SP-59b

    made = await an("POST", "", AN, f"<> <{DCT}title> 'CONTENT' .", TURTLE, link=link)

    assert made.status == 201
    where = made.headers["Location"]
    assert where.endswith("/")
    listing = await an("GET", where, AN, accept=rdf.N_TRIPLES)
    said = rdf.parse(listing.body, rdf.N_TRIPLES, where).triples
    assert {str(t.subject) for t in said} == {f"<{where}>"}
    assert {t.predicate.value for t in said} == {RDF + "type", DCT + "modified"}


@pytest.mark.parametrize("path", ["", "k/", "k/d", "no/", "none", "d.acl", "none.meta", "k/d.meta"])
async def test_options_tells_a_reader_what_a_read_tells(an: Asking, path: str) -> None:
    await an("PUT", "k/d", AN, "", TURTLE)  # SP-68, SP-48

    assert await _taken(an, "OPTIONS", path) == await _taken(an, "GET", path)
    assert "Allow" in await _taken(an, "GET", path)


async def test_writing_a_description_says_what_a_read_of_it_says(an: Asking) -> None:
    await an("PUT", "d", AN, "x", "text/plain")  # SP-12, SP-59i, SP-22
    patch = f"INSERT DATA {{ <{ROOT}d> <{DCT}title> 'x' }}"

    for method, body, kind in (("PATCH", patch, SPARQL), ("PATCH", patch, SPARQL)):
        written = await an(method, "d.meta", AN, body, kind)
        read = await an("GET", "d.meta", AN)
        assert written.status == 204
        for name in ("ETag", "Last-Modified", "Allow", "Accept-Patch", "Link"):
            assert written.headers[name] == read.headers[name], name


async def test_no_two_forms_of_anything_share_a_strong_tag(an: Asking) -> None:  # SP-59i
    await an("PUT", "d", AN, "<#a> <#p> 1 .", TURTLE)
    await an.acl("d")

    for path in ("", "d", "d.acl", "d.meta", ".meta", ".well-known/solid"):
        tags = {
            (await an("GET", path, AN, accept=kind)).headers["ETag"]: kind for kind in rdf.OFFERED
        }
        assert len(tags) == len(rdf.OFFERED), path


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_the_description_of_nothing_is_nothing(an: Asking, method: str) -> None:
    missing = await an(method, "none.meta", AN, "x" if method == "POST" else None, "text/plain")

    assert missing.status == 404  # SP-43
    assert "storageDescription" in missing.headers["Link"]  # SP-22
    assert (await an(method, "none.meta", BOB, "x", "text/plain")).status == 403


async def test_a_refused_place_says_which_rule_it_breaks(an: Asking) -> None:  # SP-77
    await an("PUT", "d", AN, "x", "text/plain")
    insert = "INSERT DATA { <> <#p> 1 }"

    for method, path, kind in (
        ("PATCH", "no/", SPARQL),
        ("PATCH", "none.meta", SPARQL),
        ("PATCH", "d/", SPARQL),
    ):
        refused = await an(method, path, AN, insert, kind)
        assert refused.status == 409
        assert 'rel="http://www.w3.org/ns/ldp#constrainedBy"' in refused.headers["Link"], path


async def test_a_redirect_to_the_twin_leads_to_the_description_too(an: Asking) -> None:  # SP-22
    await an("PUT", "k/d", AN, "x", "text/plain")

    for path in ("k", "k/d/"):
        led = await an("GET", path, AN)
        assert led.status == 301
        assert led.headers["Link"].count("storageDescription") == 1


@pytest.mark.parametrize("path", ["d.acl", ".acl", "none.acl", "d.meta", "none.meta"])
async def test_auxiliaries_lead_to_no_auxiliaries(an: Asking, path: str) -> None:  # SP-38, SP-46
    await an("PUT", "d", AN, "x", "text/plain")
    await an.acl("d")

    for method in ("GET", "HEAD", "OPTIONS"):
        link = (await an(method, path, AN)).headers["Link"]
        assert 'rel="acl"' not in link
        assert 'rel="describedby"' not in link


@pytest.mark.parametrize("modes", ["Read", "Read Control", "Control"])
async def test_rights_come_before_what_the_kind_takes(an: Asking, modes: str) -> None:  # A9, A12
    await an("PUT", "b", AN, "x", "text/plain")
    await an.acl("b", rule(B, f"acl:accessTo <{ROOT}b>", modes))

    for body in ("INSERT DATA { <#a> <#p> 1 }", "DELETE DATA { <#a> <#p> 1 }"):
        assert (await an("PATCH", "b", BOB, body, SPARQL)).status == 403
    assert (await an("POST", "b", BOB, "x", "text/plain")).status == 403
    assert (await an("PATCH", "b", AN, "INSERT DATA { <#a> <#p> 1 }", SPARQL)).status == 405


async def test_clients_of_today_find_the_owner_too(an: Asking) -> None:  # SP-27
    await an.house.db.write(ROOT, _show_owners)

    link = (await an("GET", "", AN)).headers["Link"]

    for word in ("owner", "podOwner"):
        named = f'<{AN.webid}>; rel="http://www.w3.org/ns/solid/terms#{word}"'
        assert link.count(named) == 1, word
    assert "podOwner" not in (await an("GET", ".acl", AN)).headers["Link"]


async def _show_owners(tx: Tx) -> None:
    await tx.run("UPDATE owner SET visible = 1")
