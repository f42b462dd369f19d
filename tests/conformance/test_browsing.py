# SPDX-License-Identifier: EUPL-1.2
"""A13: what a browser gets that opens data as a page, beside what programs get there."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from commands.answer import Answer
from tests.stories.town import Town, a_town

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
OPEN = """@prefix acl: <http://www.w3.org/ns/auth/acl#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
<#me> a acl:Authorization; acl:agent <{an}>; acl:accessTo <{here}>;
  acl:mode acl:Read, acl:Control .
<#all> a acl:Authorization; acl:agentClass foaf:Agent; acl:accessTo <{here}>; acl:mode acl:Read ."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with a_town(tmp_path_factory.mktemp("browsing")) as town:
        yield town


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _kept(town: Town, name: str, media_type: str, body: bytes, *, open_: bool) -> str:
    here = town.an.pod + name
    assert (await town.web.put(here, town.login, media_type, body)).status == 201
    if open_:
        rules = OPEN.format(an=town.an.web_id, here=here).encode()
        kept = await town.web.put(here + ".acl", town.login, "text/turtle", rules)
        assert kept.status == 201
    return here


async def _opened(town: Town, where: str, accept: str = HTML, **more: str) -> Answer:
    return await town.web.get(where, None, accept, Sec_Fetch_Mode="navigate", **more)


async def test_private_absent_and_rdf_lead_a_browser_to_one_page(town: Town) -> None:  # A13
    open_rdf = await _kept(town, "open.ttl", "text/turtle", b"<#a> <#b> 1 .", open_=True)
    private = await _kept(town, "mine.txt", "text/plain", b"mine", open_=False)
    both = [open_rdf, private, town.an.pod + "none", town.an.pod, town.an.pod + "none/"]
    both += [private + ".acl", open_rdf + ".meta", town.web.base + "nobody/x%20y"]

    answers = [await _opened(town, where) for where in both]

    for where, answer in zip(both, answers, strict=True):
        path = where.removeprefix(town.web.base)
        assert (answer.status, answer.body) == (303, b"")
        assert answer.header("Location") == f"{town.web.base}-/data/{path}"
        assert answer.header("Cache-Control") == "no-store"
        assert "Sec-Fetch-Mode" in answer.header("Vary")
    names = [{n.lower() for n, _ in a.raw_headers} - {b"content-length"} for a in answers]
    assert all(each == names[0] for each in names)


async def test_a_browser_gets_the_bytes_of_what_is_open_and_no_rdf(town: Town) -> None:  # A13
    here = await _kept(town, "open.txt", "text/plain", b"for all", open_=True)

    for accept in (HTML, "text/html"):
        answer = await _opened(town, here, accept)
        assert (answer.status, answer.body) == (200, b"for all")
        assert "Sec-Fetch-Mode" in answer.header("Vary")


async def test_programs_get_what_they_got_before(town: Town) -> None:  # A13
    rdf = await _kept(town, "p.ttl", "text/turtle", b"<#a> <#b> 1 .", open_=True)
    private = await _kept(town, "p.txt", "text/plain", b"mine", open_=False)

    assert (await town.web.get(private, accept=HTML)).status == 401
    assert (await town.web.get(private, accept=HTML, Sec_Fetch_Mode="cors")).status == 401
    assert (await _opened(town, private, "*/*")).status == 401
    assert (await _opened(town, private, "text/turtle, text/html;q=0.9")).status == 401
    assert (await _opened(town, rdf, "text/turtle")).status == 200
    assert (await town.web.get(rdf, accept="text/html")).status == 406
    headers = {"Accept": HTML, "Sec-Fetch-Mode": "navigate"}
    assert (await town.web.ask("HEAD", private, headers=headers)).status == 401
    owner = await town.web.ask("GET", private, login=town.login, headers=headers)
    assert owner.status == 200
    bad = await _opened(town, private, HTML, Authorization="Bearer nothing")
    assert bad.status == 401
    plain = await town.web.get(private, town.login, accept="*/*")
    assert "Sec-Fetch-Mode" in plain.header("Vary")
    missing = await town.web.get(town.an.pod + "none", town.login, accept=HTML)
    assert missing.status == 404


async def test_the_page_that_a_browser_is_led_to_shows_it(town: Town) -> None:  # A13
    here = await _kept(
        town, "led.ttl", "text/turtle", b"<#a> <#b> 'a <b>bold</b> word' .", open_=True
    )

    led = await _opened(town, here)
    page = await town.web.get(led.header("Location"), accept=HTML)

    assert (page.status, page.header("Content-Type").split(";")[0]) == (200, "text/html")
    assert b"a &lt;b&gt;bold&lt;/b&gt; word" in page.body
