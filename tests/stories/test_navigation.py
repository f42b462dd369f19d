# SPDX-License-Identifier: EUPL-1.2
"""A person who opens the address of data in a browser (decision 11), and strict listings."""

from pathlib import Path

from commands.answer import want_status
from tests.stories.town import Town, a_town

HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
OPEN = """@prefix acl: <http://www.w3.org/ns/auth/acl#> .
<#o> a acl:Authorization ; acl:agent <{owner}> ; acl:accessTo <{target}> ;
  acl:default <{target}> ;
  acl:mode acl:Read, acl:Write, acl:Control .
<#e> a acl:Authorization ; acl:agentClass <http://xmlns.com/foaf/0.1/Agent> ;
  acl:accessTo <{target}> ; acl:mode acl:Read .
"""


async def opened(town: Town, url: str) -> tuple[int, str]:
    answer = await town.web.get(url, None, HTML, Sec_Fetch_Mode="navigate")
    assert "Sec-Fetch-Mode" in answer.header("Vary")
    if answer.status != 303:
        return answer.status, ""
    assert answer.header("Cache-Control") == "no-store"
    return answer.status, answer.header("Location")


async def give_to_all(town: Town, target: str) -> None:
    acl = OPEN.format(owner=town.an.web_id, target=target)
    put = await town.web.put(f"{target}.acl", town.login, "text/turtle", acl.encode())
    want_status(put, 201)


async def test_a_browser_is_led_to_a_page_that_tells_nothing(tmp_path: Path) -> None:
    """A13: private, absent and RDF look the same; what is public and no RDF is shown itself."""
    async with a_town(tmp_path) as town:
        pod, base = town.an.pod, town.web.base
        for path in ("foto.txt", "open.txt", "open.ttl"):
            kind = "text/turtle" if path.endswith("ttl") else "text/plain"
            want_status(await town.web.put(pod + path, town.login, kind, b"<> a <#b> ."), 201)
        await give_to_all(town, f"{pod}open.txt")
        await give_to_all(town, f"{pod}open.ttl")

        led = [await opened(town, pod + path) for path in ("foto.txt", "nergens", "open.ttl", "")]
        shown = await opened(town, f"{pod}open.txt")
        program = await town.web.get(f"{pod}foto.txt", None, HTML)
        signed = await town.web.get(
            f"{pod}open.ttl", town.login, "text/html", Sec_Fetch_Mode="navigate"
        )

    where = f"{base}-/data/{pod[len(base) :]}"
    paths = ("foto.txt", "nergens", "open.ttl", "")
    assert led == [(303, where + path) for path in paths]
    assert shown == (200, "")
    assert (program.status, signed.status) == (401, 406)


async def test_a_strict_listing_keeps_the_facts_of_what_may_not_be_read(tmp_path: Path) -> None:
    """SP-35: the name alone is listed; by default the facts are too."""
    for strict, told in (("1", False), ("0", True)):
        folder = tmp_path / strict
        folder.mkdir()
        async with a_town(folder, strict_listing=strict) as town:
            secret = f"{town.an.pod}map/geheim.txt"
            want_status(await town.web.put(secret, town.login, "text/plain", b"123456789"), 201)
            await give_to_all(town, f"{town.an.pod}map/")

            listing = await town.web.get(f"{town.an.pod}map/", None, "application/n-triples")
            mine = await town.web.get(f"{town.an.pod}map/", town.login, "application/n-triples")

        assert f"contains> <{secret}>".encode() in listing.body
        assert (b'"9"' in listing.body) is told
        assert b'"9"' in mine.body
