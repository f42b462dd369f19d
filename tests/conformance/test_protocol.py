# SPDX-License-Identifier: EUPL-1.2
"""What the protocol says of resources, their kinds and names, and how they are read."""

import re
from datetime import UTC, datetime

import orjson
import pytest

from identity.who import ANYONE, Who
from pod import rdf
from pod.database import Tx
from pod.instant import SECOND, http_date
from pod.iri import canonical_path
from pod.vocab import LDP
from tests.conftest import MovableClock
from tests.people import AN, BOB, ROOT, Asking, rule

TURTLE = "text/turtle"
STAT = "http://www.w3.org/ns/posix/stat#"
KINDS = ["", "k/", "k/d.ttl", "k/d.json", "k/b.bin", ".acl", "k/d.ttl.acl", "k/d.ttl.meta"]
KINDS += ["k/.meta", "k/b.bin.meta", ".well-known/solid"]
GRAPHS = orjson.dumps(
    [
        {"@id": "#a", "http://e/p": [{"@value": "in the default graph"}]},
        {"@id": "#g", "@graph": [{"@id": "#a", "http://e/p": [{"@value": "in a named one"}]}]},
    ]
)


@pytest.fixture
async def full(an: Asking) -> Asking:
    """A pod with one resource of each kind."""
    bodies: list[tuple[str, str | bytes, str]] = [
        ("k/d.ttl", "<#a> <http://e/p> 01 .", TURTLE),
        ("k/d.json", '{"@id": "#a", "http://e/p": 1}', rdf.JSON_LD),
        ("k/b.bin", b"\x00\x01", "application/octet-stream"),
    ]
    for path, body, media_type in bodies:
        assert (await an("PUT", path, AN, body, media_type)).status == 201
    await an.acl("k/d.ttl")
    return an


def _types(link: str) -> set[str]:
    return set(re.findall(r'<([^>]*)>; rel="type"', link))


@pytest.mark.parametrize("path", KINDS)
async def test_every_kind_is_read_and_tells_its_date(
    full: Asking, now: MovableClock, path: str
) -> None:
    put_at = now.at  # SP-10, SP-47
    now.advance(3_600_000)

    get, head, options = [await full(m, path, AN) for m in ("GET", "HEAD", "OPTIONS")]

    assert (get.status, head.status, options.status) == (200, 200, 204)
    assert get.headers["Last-Modified"] == http_date(put_at // SECOND)
    assert head.headers["Last-Modified"] == get.headers["Last-Modified"]
    assert options.body == b""


@pytest.mark.parametrize("path", [*KINDS, "k/none", "k/none/", "k/d.ttl/", "k"])
async def test_accept_headers_go_with_exactly_the_methods_that_are_allowed(
    full: Asking, path: str
) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):  # SP-48, SP-49, SP-12
        outcome = await full(method, path, AN)
        if outcome.status == 301:
            continue
        allow = set(outcome.headers["Allow"].split(", "))
        for verb, name in (("PATCH", "Patch"), ("POST", "Post"), ("PUT", "Put")):
            assert (f"Accept-{name}" in outcome.headers) == (verb in allow), (method, verb)
        assert "text/n3" in outcome.headers.get("Accept-Patch", "text/n3")
        assert {outcome.headers.get(f"Accept-{name}", "*/*") for name in ("Post", "Put")} == {"*/*"}


@pytest.mark.parametrize("path", KINDS)
async def test_what_allow_leaves_out_is_405_and_what_it_names_is_not(
    full: Asking, path: str
) -> None:
    allow = (await full("GET", path, AN)).headers["Allow"].split(", ")  # SP-11, SP-12

    for method in ("POST", "PATCH", "DELETE"):
        body, media_type = (None, None) if method == "DELETE" else ("", "application/sparql-update")
        outcome = await full(method, path, AN, body, media_type)
        assert (outcome.status == 405) == (method not in allow), (method, outcome)
        if outcome.status == 405:
            assert method not in outcome.headers["Allow"].split(", ")
            assert "GET" in outcome.headers["Allow"]


async def test_a_write_that_succeeds_says_what_is_allowed_and_the_new_state(an: Asking) -> None:
    patch = "INSERT DATA { <#b> <http://e/p> 2 }"  # SP-12, SP-59i, A1
    link = f'<{LDP}BasicContainer>; rel="type"'

    outcomes = [
        await an("PUT", "d.ttl", AN, "<#a> <http://e/p> 1 .", TURTLE),
        await an("PUT", "d.ttl", AN, "<#a> <http://e/p> 2 .", TURTLE),
        await an("PATCH", "d.ttl", AN, patch, "application/sparql-update"),
        await an("PATCH", "new.ttl", AN, patch, "application/sparql-update"),
        await an("POST", "", AN, "x", "text/plain"),
        await an("POST", "", AN, link=link),
        await an("PUT", "k/", AN),
    ]

    assert [outcome.status for outcome in outcomes] == [201, 204, 204, 201, 201, 201, 201]
    for outcome in outcomes:
        assert "GET" in outcome.headers["Allow"]
        assert re.fullmatch(r'"\d+\.\w+"', outcome.headers["ETag"])
        assert "Last-Modified" in outcome.headers
        assert ("Location" in outcome.headers) == (outcome.status == 201)
        assert outcome.body == b""


async def test_the_slash_alone_makes_a_container(an: Asking) -> None:  # SP-13, SP-30
    await an("PUT", "box/", AN, " ", TURTLE)
    await an("PUT", "flat", AN, f"<> a <{LDP}BasicContainer> .", TURTLE)

    box, flat = await an("GET", "box/", AN), await an("GET", "flat", AN)

    assert _types(box.headers["Link"]) == {LDP + n for n in ("Resource", "Container")} | {
        LDP + "BasicContainer"
    }
    assert _types(flat.headers["Link"]) == {LDP + "Resource"}
    assert (await an("POST", "flat", AN, "x", "text/plain")).status == 405
    assert (await an("POST", "box/", AN, "x", "text/plain")).status == 201


@pytest.mark.parametrize(("asked", "there"), [("k", "k/"), ("d/", "d")])
async def test_a_twin_is_shown_to_readers_of_both_names_alone(
    an: Asking, asked: str, there: str
) -> None:  # SP-15, SP-16, A5
    await an("PUT", "k/x", AN, "x", "text/plain")
    await an("PUT", "d", AN, "x", "text/plain")
    await an.acl("", rule(f"acl:agent <{BOB.webid}>", f"acl:default <{ROOT}>", "Read"))

    shown = await an("GET", asked, BOB)
    await an.acl(there)
    hidden = [await an("GET", asked, who) for who in (BOB, ANYONE)]

    assert (shown.status, shown.headers["Location"]) == (301, ROOT + there)
    assert [outcome.status for outcome in hidden] == [404, 401]
    assert not any(ROOT + there in o.headers.get("Location", "") for o in hidden)


@pytest.mark.parametrize("raw", ["/an/a/../b", "/an/%2e%2E/b", "/an/..%2Fb", "/an/%", "/an/%ff"])
def test_an_address_with_two_meanings_is_refused(raw: str) -> None:  # SP-18
    with pytest.raises(Exception, match="address"):
        canonical_path(raw)


@pytest.mark.parametrize(
    ("raw", "same"),
    [("/an//k///d", "/an/k/d"), ("/an/%64", "/an/d"), ("/an/a%2fb", "/an/a%2Fb")],
)
def test_an_address_has_one_spelling(raw: str, same: str) -> None:  # SP-18
    assert canonical_path(raw) == same


async def test_the_storage_type_is_on_the_root_alone(full: Asking) -> None:  # SP-21
    marked = [
        path
        for path in [*KINDS, "k/none"]
        if "pim/space#Storage" in (await full("GET", path, AN)).headers["Link"]
    ]

    assert marked == [""]


@pytest.mark.parametrize("who", [AN, BOB, ANYONE], ids=["owner", "other", "nobody"])
async def test_everybody_is_led_to_the_storage_description(full: Asking, who: Who) -> None:
    link = f'<{ROOT}.well-known/solid>; rel="http://www.w3.org/ns/solid/terms#storageDescription"'

    for path in [*KINDS, "k/none"]:  # SP-22
        for method in ("GET", "HEAD", "OPTIONS"):
            outcome = await full(method, path, who)
            assert outcome.headers["Link"].count(link) == 1, (method, path, outcome.status)


@pytest.mark.parametrize("media_type", rdf.OFFERED)
async def test_a_listing_uses_the_stat_terms_with_their_hash(
    full: Asking, media_type: str, now: MovableClock
) -> None:  # SP-33, SP-31, SP-32
    listing = await full("GET", "k/", AN, accept=media_type)
    facts = {
        (t.predicate.value, getattr(t.object, "value", ""))
        for t in rdf.parse(listing.body, media_type, ROOT + "k/").triples
        if str(t.subject) == f"<{ROOT}k/b.bin>"
    }
    doc = await full("GET", "k/b.bin", AN)
    at = datetime.strptime(doc.headers["Last-Modified"], "%a, %d %b %Y %H:%M:%S GMT")

    assert (STAT + "size", "2") in facts
    assert (STAT + "mtime", str(now.at // SECOND)) in facts
    written = next(value for name, value in facts if name == "http://purl.org/dc/terms/modified")
    assert datetime.fromisoformat(written) == at.replace(tzinfo=UTC)
    assert any(v.endswith("application/octet-stream#Resource") for _, v in facts)


async def test_a_listing_shows_what_its_reader_may_not_read(full: Asking) -> None:  # SP-35
    await full.acl("k/", rule(f"acl:agent <{BOB.webid}>", f"acl:accessTo <{ROOT}k/>", "Read"))

    listing = await full("GET", "k/", BOB, accept=rdf.N_TRIPLES)

    assert (await full("GET", "k/b.bin", BOB)).status == 403
    assert f"<{LDP}contains> <{ROOT}k/b.bin> .".encode() in listing.body


@pytest.mark.parametrize("path", ["", "k/", "k/d.ttl", "k/d.json", *KINDS[5:]])
async def test_all_rdf_comes_in_both_forms_with_one_meaning(full: Asking, path: str) -> None:
    turtle, jsonld = [  # SP-50, SP-51
        await full("GET", path, AN, accept=media_type) for media_type in (TURTLE, rdf.JSON_LD)
    ]

    a = rdf.parse(turtle.body, TURTLE, ROOT + path).triples
    b = rdf.parse(jsonld.body, rdf.JSON_LD, ROOT + path).triples
    assert a
    assert set(a) == set(b)
    assert turtle.headers["Content-Type"].startswith(TURTLE)
    assert jsonld.headers["Content-Type"].startswith(rdf.JSON_LD)
    plain = await full("GET", path, AN)
    assert plain.headers["Content-Type"] == (rdf.JSON_LD if path.endswith(".json") else TURTLE)


async def test_named_graphs_stay_in_the_bytes_and_out_of_turtle(an: Asking) -> None:  # SP-52
    await an("PUT", "g", AN, GRAPHS, rdf.JSON_LD)

    assert (await an("GET", "g", AN)).body == GRAPHS
    turtle = await an("GET", "g", AN, accept=TURTLE)
    assert turtle.status == 200
    assert b"in the default graph" in turtle.body
    assert b"in a named one" not in turtle.body


async def test_what_is_not_acceptable_is_406_for_every_kind_of_rdf(full: Asking) -> None:
    for path in ("k/", "k/d.ttl", "k/d.json", ".acl"):  # A7, A13, SP-53
        refused = await full("GET", path, AN, accept="text/html, image/*;q=0.5")
        assert (refused.status, refused.problem) == (406, "not-acceptable")


@pytest.mark.parametrize(
    "media_type",
    [
        'Text/PLAIN;charset="ISO-8859-1"; x=Y',
        "text/html",
        "image/svg+xml",
        "application/vnd.mine+zip",
        "TEXT/Turtle ;charset=UTF-8",
    ],
)
async def test_a_content_type_comes_back_as_it_was_sent(an: Asking, media_type: str) -> None:
    body = "<#a> <http://e/p> 1 ."  # SP-55
    await an("PUT", "b", AN, body, media_type)

    read = await an("GET", "b", AN)

    assert read.headers["Content-Type"] == media_type
    assert read.body == body.encode()
    assert read.headers["X-Content-Type-Options"] == "nosniff"
    assert read.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


async def test_a_listing_is_never_replaced_by_an_index_page(an: Asking) -> None:  # A14
    await an("PUT", "k/index.html", AN, "<h1>Hi</h1>", "text/html")

    page = await an("GET", "k/", AN, accept="text/html")
    listing = await an("GET", "k/", AN, accept="text/html, */*;q=0.1")

    assert page.status == 406
    assert b"<h1>" not in listing.body
    assert b"index.html" in listing.body


async def test_representations_have_no_address_of_their_own(full: Asking) -> None:  # SP-76
    for accept in rdf.OFFERED:
        for path in ("k/d.ttl", "k/"):
            read = await full("GET", path, AN, accept=accept)
            assert "Content-Location" not in read.headers
            assert (read.status, read.headers["Vary"].split(", ")[0]) == (200, "Accept")
    assert (await full("GET", "k/d.ttl.json", AN)).status == 404


async def test_access_control_is_wac_and_says_so(full: Asking) -> None:  # SP-82
    for path in ("", "k/", "k/b.bin"):
        read = await full("GET", path, AN)
        assert read.headers["Link"].count('rel="acl"') == 1
        assert read.headers["WAC-Allow"].startswith('user="read write append control"')
        assert "acp#" not in read.headers["Link"]
    acl = await full("GET", ".acl", AN)
    assert 'rel="acl"' not in acl.headers["Link"]


async def test_caches_learn_when_nothing_changed(full: Asking) -> None:  # SP-2
    read = await full("GET", "k/d.ttl", AN)

    again = await full("GET", "k/d.ttl", AN, if_none_match=read.headers["ETag"])
    since = await full("GET", "k/d.ttl", AN, if_modified_since=read.headers["Last-Modified"])

    assert (again.status, since.status) == (304, 304)
    assert again.body == b""
    for name in ("ETag", "Vary", "Cache-Control", "WAC-Allow"):
        assert again.headers[name] == read.headers[name]


async def test_owners_are_named_to_readers_when_they_chose_so(an: Asking) -> None:  # SP-27
    owner = f'<{AN.webid}>; rel="http://www.w3.org/ns/solid/terms#owner"'
    await an("PUT", "k/", AN)
    await an.acl("", rule("acl:agentClass foaf:Agent", f"acl:accessTo <{ROOT}>", "Read"))

    async def told() -> list[bool]:
        asked = [("GET", "", AN), ("HEAD", "", BOB), ("GET", "", ANYONE), ("GET", "k/", AN)]
        outcomes = [await an(method, path, who) for method, path, who in asked]
        assert [outcome.status for outcome in outcomes] == [200] * 4
        return [owner in outcome.headers["Link"] for outcome in outcomes]

    assert await told() == [False] * 4
    await an.house.db.write(ROOT, _show_owners)
    assert await told() == [True, True, False, False]


async def _show_owners(tx: Tx) -> None:
    await tx.run("UPDATE owner SET visible = 1")


async def test_people_may_say_what_they_like_in_a_description(full: Asking) -> None:  # A4, SP-43
    title = '<> <http://purl.org/dc/terms/title> "Loon" .'

    said = await full("PUT", "k/b.bin.meta", AN, title, TURTLE)
    lied = await full("PUT", "k/b.bin.meta", AN, f"<{ROOT}k/b.bin> <{STAT}size> 99 .", TURTLE)
    other = await full("PUT", "k/b.bin.meta", BOB, title, TURTLE)
    nothing = await full("PUT", "k/none.meta", AN, title, TURTLE)

    assert said.status in (201, 204)
    assert [o.status for o in (lied, other, nothing)] == [409, 403, 409]
    read = (await full("GET", "k/b.bin.meta", AN)).body
    assert b"Loon" in read
    assert b"99" not in read
