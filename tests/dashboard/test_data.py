# SPDX-License-Identifier: EUPL-1.2
"""A13: the pages of what is kept in a pod: who sees them, and that they run nothing of it."""

import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, DummyCookieJar

from acl import wac
from consent.grants.permits import permit_source
from dashboard.data import MOST_ROWS, PAGE, Look, see
from dashboard.data_routes import STORED_POLICY
from ldp import headers
from ldp.keeping import keep
from pod.database import Tx
from pod.instant import Instant
from pod.iri import Iri
from tests.dashboard.conftest import Browser, Town, slip
from tests.dashboard.test_flow import AUGUST, say_yes, with_slips

EVIL = "<script>alert(1)</script>"
OPEN = """@prefix acl: <http://www.w3.org/ns/auth/acl#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
<#o> a acl:Authorization; acl:agentClass foaf:Agent; acl:accessTo <{0}>; acl:mode acl:Read ."""


async def opened(town: Town, path: str) -> None:
    """Everyone may read it, and its owner no longer by a rule of its own."""
    await town.put(f"{path}.acl", OPEN.format(town.base + path).encode())


async def filled(tx: Tx, folder: Iri, many: int, now: Instant) -> None:
    await keep(tx, folder, "text/turtle", b"", now, created=True)
    for number in range(many):
        await keep(tx, Iri(f"{folder}n{number:04d}"), "text/plain", b"x", now, created=True)


@pytest.fixture
async def passer_by(town: Town) -> AsyncIterator[Browser]:
    """A second browser, in which nobody is signed in."""
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        yield Browser(town.base, session)


async def test_the_owner_walks_from_a_folder_to_statements(town: Town, an: Browser) -> None:
    said = f'<{town.base}an/lonen/> <http://e/says> "a folder of wages" .'
    await town.put("an/lonen/", said.encode(), "application/n-triples")
    await town.put("an/lonen/een twee", b"x", "text/plain")
    await town.put("an/lonen/aug.ttl", slip("2026-08"))

    root = await an.get("/-/data/an/")
    folder = await an.get("/-/data/an/lonen/")
    page = await an.get("/-/data/an/lonen/aug.ttl")

    assert (root.status, folder.status, page.status) == (200, 200, 200)
    assert 'href="/-/data/an/lonen/"' in root.text
    assert 'href="/-/data/an/lonen/aug.ttl"' in folder.text
    assert 'href="/-/data/an/"' in folder.text
    assert "a folder of wages" not in root.text
    assert "<td>" in page.text
    assert "Brouwerij De Kroon" in page.text
    assert 'href="/-/data/an/lonen/aug.ttl?raw"' in page.text


async def test_text_from_a_pod_is_text_wherever_a_page_shows_it(town: Town, an: Browser) -> None:
    literal = f'<#a> <http://e/p> "{EVIL}"@nl, <javascript:alert(1)> .'.encode()
    await town.put("an/t.ttl", literal)
    await town.put("an/%3Cscript%3E", b"x", f'text/plain; x="{EVIL}"')

    pages = [await an.get(f"/-/data/an/{name}") for name in ("", "t.ttl", "%3Cscript%3E")]

    assert [page.status for page in pages] == [200, 200, 200]
    for page in pages:
        assert "<script>" not in page.text
        # As text, and as the whole name behind a short one; never where a browser would go.
        assert "javascript:" not in re.sub(r'>[^<]*<| title="[^"]*"', "><", page.text)
    assert "&lt;script&gt;alert(1)" in pages[1].text
    assert 'href="/-/data/an/%3Cscript%3E"' in pages[0].text


async def test_what_is_absent_and_what_is_not_yours_are_one_page(
    town: Town, an: Browser, passer_by: Browser
) -> None:
    await town.put("youssef/geheim.txt", b"x", "text/plain")

    for browser in (an, passer_by):
        paths = ("youssef/geheim.txt", "youssef/gehaam.txt", "nobody/", "youssef/", "youssef/.acl")
        pages = [await browser.get(f"/-/data/{path}") for path in paths]
        raws = [await browser.get(f"/-/data/{path}?raw") for path in paths]

        hidden = [re.sub(r'value="[^"]*"|next=[^"]*', "", page.text) for page in pages]
        assert {page.status for page in pages} == {404}
        assert len(set(hidden)) == 1
        assert [(raw.status, raw.text) for raw in raws] == [(303, "")] * len(paths)
    assert (
        "next=/-/data/youssef/geheim.txt"
        in (await passer_by.get("/-/data/youssef/geheim.txt")).text
    )


async def test_the_public_sees_what_is_public_and_only_that(town: Town, passer_by: Browser) -> None:
    await town.put("an/open.txt", b"for all", "text/plain")
    before = (await passer_by.get("/-/data/an/open.txt")).status
    await opened(town, "an/open.txt")

    page, raw = [await passer_by.get(f"/-/data/an/open.txt{q}") for q in ("", "?raw")]

    assert (before, page.status, raw.status) == (404, 200, 200)
    assert raw.text == "for all"
    assert (await passer_by.get("/-/data/an/open.txt.acl")).status == 404


async def test_a_download_is_an_attachment_that_runs_nothing(town: Town, an: Browser) -> None:
    # Decision 20: stored content has one policy, here as at its own address.
    await town.put('an/x"; y%0D.html'.replace("%0D", ""), EVIL.encode(), "text/html")
    await town.put("an/page.html", EVIL.encode(), "text/html")

    raw = await an.get("/-/data/an/page.html?raw")

    assert STORED_POLICY == headers.STORED_POLICY
    assert (raw.status, raw.text) == (200, EVIL)
    assert raw.headers["Content-Security-Policy"] == STORED_POLICY
    assert raw.headers["Content-Disposition"] == "attachment; filename*=UTF-8''page.html"
    assert raw.headers["X-Content-Type-Options"] == "nosniff"
    assert raw.headers["Cache-Control"] == "no-store"
    assert raw.headers["Content-Type"] == "text/html"
    assert "Access-Control-Allow-Origin" not in raw.headers


async def test_a_large_body_comes_from_its_file_and_is_not_parsed_for_a_page(
    town: Town, an: Browser
) -> None:
    body = b"<#a> <http://e/p> 1 .\n" * 60_000

    async def pieces() -> AsyncIterator[bytes]:
        yield body

    blob = await town.house.files.save(pieces(), len(body))

    async def put(tx: Tx) -> None:
        iri = Iri(f"{town.base}an/large.ttl")
        await keep(tx, iri, "text/turtle", blob, town.now(), created=True)

    await town.house.db.write(Iri(f"{town.base}an/"), put)

    page, raw = [await an.get(f"/-/data/an/large.ttl{q}") for q in ("", "?raw")]

    assert page.status == 200
    assert "<table" not in page.text
    assert raw.text.encode() == body
    await town.house.files.drop([blob.name])
    assert (await an.get("/-/data/an/large.ttl?raw")).status == 303


async def test_rdf_that_cannot_be_read_is_shown_as_a_file(town: Town, an: Browser) -> None:
    await town.put("an/broken.ttl", b"this is no turtle")

    page = await an.get("/-/data/an/broken.ttl")

    assert page.status == 200
    assert "<table" not in page.text
    assert "?raw" in page.text


async def test_long_folders_and_documents_come_in_parts(town: Town, an: Browser) -> None:
    folder = Iri(f"{town.base}an/veel/")
    await town.house.db.write(Iri(f"{town.base}an/"), filled, folder, PAGE + 1, town.now())
    lines = "".join(f"<#a> <http://e/p> {n} .\n" for n in range(MOST_ROWS + 1))
    await town.put("an/veel.ttl", lines.encode())

    first = await an.get("/-/data/an/veel/")
    onward = re.search(r'href="([^"]*\?after=[^"]*)"', first.text)
    assert onward is not None
    second = await an.get(onward[1])
    table = await an.get("/-/data/an/veel.ttl")

    assert len(re.findall(r"/n\d{4}\"", first.text)) == PAGE
    assert re.findall(r'href="[^"?]*/(n\d{4})"', second.text) == [f"n{PAGE:04d}"]
    assert table.text.count("<tr><td>") == MOST_ROWS


async def test_a_description_is_on_the_page_of_its_subject_and_a_slash_is_forgiven(
    town: Town, an: Browser, passer_by: Browser
) -> None:
    await town.put("an/map/", b"")

    described = await an.get("/-/data/an/map/.meta")
    short, hidden = [await each.get("/-/data/an/map") for each in (an, passer_by)]

    assert (described.status, described.location) == (303, "/-/data/an/map/")
    assert (short.status, short.location) == (303, "/-/data/an/map/")
    assert hidden.status == 404  # SP-16: a redirect would tell that it exists


async def test_a_read_that_only_a_grant_permits_has_no_page(town: Town, an: Browser) -> None:
    """Decision 16: a read under a grant is counted and logged, so no page makes one."""
    await say_yes(an, await with_slips(town))
    sources = (wac.permits, permit_source(town.base, town.house.signer))
    look = Look((town.agency,), Iri(f"{town.base}{AUGUST}"))

    assert (await town.reads(AUGUST)).status == 200
    seen = await town.house.db.read(see, look, sources, town.now())

    assert seen.resource is None
