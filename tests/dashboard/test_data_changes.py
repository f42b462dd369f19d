# SPDX-License-Identifier: EUPL-1.2
"""Pages that change what is kept: each does what a program may, and nothing half."""

import re
from collections.abc import AsyncIterator
from html import unescape

import pytest
from aiohttp import ClientSession, DummyCookieJar, FormData

from dashboard.places import LONGEST_NAME, trouble_with
from dashboard.shapes import cards_of
from pod import rdf
from pod.contents import fetch, find
from pod.iri import Iri
from tests.dashboard.conftest import Browser, Shown, Town, slip

TEXT = b"""# a note
@prefix s: <http://schema.org/> .
<#me> s:name "An" ; s:height +01 ;
  s:bio "Hallo"@nl .
"""


@pytest.fixture
async def other(town: Town) -> AsyncIterator[Browser]:
    """A second browser, in which nobody is signed in."""
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        yield Browser(town.base, session)


async def body_of(town: Town, path: str) -> bytes | None:
    found = await town.house.db.read(fetch, Iri(town.base + path))
    return None if found is None else found.body


async def upload(
    browser: Browser, folder: str, name: str, body: bytes, media_type: str = "", token: str = ""
) -> Shown:
    page = await browser.get(folder)
    assert page.status == 200, (folder, page.status, page.location)
    form = FormData(quote_fields=False)
    forms = re.findall(r"<form.*?</form>", page.text, re.DOTALL)
    mine = next((f for f in forms if "data-upload" in f), "")
    made = re.search(r'name="form-token" value="([^"]*)"', mine)
    form.add_field("form-token", token or (made[1] if made else ""))
    form.add_field(
        "file", body, filename=name, content_type=media_type or "application/octet-stream"
    )
    kept = "; ".join(f"{n}={v}" for n, v in browser.cookies.items())
    headers = {"Origin": browser.base[:-1], "Cookie": kept, "Accept-Language": "nl"}
    url = browser.base[:-1] + folder
    async with browser.web.post(url, data=form, headers=headers, allow_redirects=False) as answer:
        return Shown(answer.status, answer.headers.copy(), await answer.text())


async def test_a_folder_is_made_and_a_file_put_in_it(town: Town, an: Browser) -> None:
    made = await an.send("/-/data/an/", "/-/data/an/", do="folder", name="Mijn foto's")
    sent = await upload(an, made.location, "zon & zee.txt", b"warm", "text/plain")
    page = await an.get(sent.location)

    assert sent.status == 303, sent.text
    assert (made.status, page.status) == (303, 200)
    assert "<bdi>zon &amp; zee.txt</bdi>" in page.text, (sent.location, page.text[-1500:])
    assert await body_of(town, "an/Mijn%20foto's/zon%20&%20zee.txt") == b"warm"


@pytest.mark.parametrize(
    "name", ["", "   ", "a/b", "..", "x.acl", "x.meta", "a\\b", "x" * (LONGEST_NAME + 1), "a\x00b"]
)
async def test_a_name_that_cannot_be_is_said_and_nothing_is_made(
    town: Town, an: Browser, name: str
) -> None:
    before = await an.get("/-/data/an/")

    answer = await an.send("/-/data/an/", "/-/data/an/", do="folder", name=name)

    assert answer.status == 422
    assert 'id="fouten"' in answer.text
    after = await an.get("/-/data/an/")
    assert re.findall(r'href="(/-/data/[^"]+)"', after.text) == re.findall(
        r'href="(/-/data/[^"]+)"', before.text
    )
    assert trouble_with(name)


async def test_a_file_never_goes_over_one_that_is_there(town: Town, an: Browser) -> None:
    await town.put("an/brief.txt", b"first", "text/plain")

    answer = await upload(an, "/-/data/an/", "brief.txt", b"second", "text/plain")

    assert answer.status == 422
    assert "Er is al iets met deze naam" in answer.text
    assert await body_of(town, "an/brief.txt") == b"first"


async def test_rdf_that_does_not_parse_is_not_kept(town: Town, an: Browser) -> None:
    answer = await upload(an, "/-/data/an/", "stuk.ttl", b"<a> <b> .")
    good = await upload(an, "/-/data/an/", "heel.ttl", b"<a> <b> <c> .")

    assert answer.status == 422
    assert await body_of(town, "an/stuk.ttl") is None
    kept = await town.house.db.read(fetch, Iri(town.base + "an/heel.ttl"))
    assert good.status == 303
    assert kept is not None
    assert kept.media_type == rdf.TURTLE


async def test_a_file_form_that_is_not_ours_is_refused_before_its_file(
    town: Town, an: Browser
) -> None:
    answer = await upload(an, "/-/data/an/", "x.txt", b"x", token="not-a-token")

    assert answer.status == 403
    assert await body_of(town, "an/x.txt") is None


async def test_what_is_deleted_is_asked_about_first_and_then_gone(town: Town, an: Browser) -> None:
    await town.put("an/oud.txt", b"x", "text/plain")
    asked = await an.get("/-/data/an/oud.txt?delete")

    version = asked.field("version")
    token = asked.token("/-/data/an/oud.txt")
    fields = {"form-token": token, "do": "delete", "version": version}
    answer = await an.post("/-/data/an/oud.txt", fields)

    assert asked.text.count('class="button"') == 2
    assert answer.location == "/-/data/an/"
    assert await body_of(town, "an/oud.txt") is None


async def test_what_changed_since_she_looked_is_not_deleted(town: Town, an: Browser) -> None:
    await town.put("an/oud.txt", b"x", "text/plain")
    asked = await an.get("/-/data/an/oud.txt?delete")
    await town.put("an/oud.txt", b"new", "text/plain")

    fields = {
        "form-token": asked.token("/-/data/an/oud.txt"),
        "do": "delete",
        "version": asked.field("version"),
    }
    answer = await an.post("/-/data/an/oud.txt", fields)

    assert answer.status == 422
    assert "veranderde dit intussen" in answer.text
    assert await body_of(town, "an/oud.txt") == b"new"


async def test_a_folder_that_is_not_empty_and_a_profile_stay(town: Town, an: Browser) -> None:
    await town.put("an/map/", b"", "text/turtle")
    await town.put("an/map/x.txt", b"x", "text/plain")

    full = await an.send("/-/data/an/map/?delete", "/-/data/an/map/", do="delete")
    card = await an.send("/-/data/an/profile/card?delete", "/-/data/an/profile/card", do="delete")

    assert "Deze map is niet leeg" in full.text
    assert "hoort bij uw account" in card.text
    assert await body_of(town, "an/map/x.txt") == b"x"


async def test_another_name_takes_the_rules_along(town: Town, an: Browser, other: Browser) -> None:
    await town.put("an/open/", b"", "text/turtle")
    await an.send(
        "/-/data/an/open/?sharing",
        "/-/data/an/open/?sharing",
        do="share",
        who="everyone",
        version="",
    )
    await town.put("an/open/geheim.ttl", b"<> <http://e/p> 1 .")
    await an.send(
        "/-/data/an/open/geheim.ttl?sharing",
        "/-/data/an/open/geheim.ttl?sharing",
        do="share",
        version="",
    )

    answer = await an.send(
        "/-/data/an/open/geheim.ttl?rename",
        "/-/data/an/open/geheim.ttl",
        do="rename",
        name="nieuw.ttl",
    )

    assert answer.location == "/-/data/an/open/nieuw.ttl"
    assert (await other.get("/-/data/an/open/")).status == 200
    assert (await other.get("/-/data/an/open/nieuw.ttl")).status == 404
    assert (await an.get("/-/data/an/open/nieuw.ttl")).status == 200
    assert await body_of(town, "an/open/geheim.ttl") is None
    assert await body_of(town, "an/open/geheim.ttl.acl") is None


async def test_a_name_that_is_taken_is_not_taken_again(town: Town, an: Browser) -> None:
    await town.put("an/a.txt", b"a", "text/plain")
    await town.put("an/b.txt", b"b", "text/plain")

    answer = await an.send("/-/data/an/a.txt?rename", "/-/data/an/a.txt", do="rename", name="b.txt")

    assert answer.status == 422
    assert (await body_of(town, "an/a.txt"), await body_of(town, "an/b.txt")) == (b"a", b"b")


async def edit(an: Browser, path: str, number: int, value: str) -> Shown:
    page = await an.get(f"{path}?edit={number}")
    assert page.status == 200, page.text
    fields = {
        "form-token": page.token(path),
        "do": "edit",
        "edit": str(number),
        "old": page.field("old"),
        "version": page.field("version"),
        "value": value,
    }
    return await an.post(path, fields)


async def test_one_value_is_changed_and_everything_else_stays_as_it_was_written(
    town: Town, an: Browser
) -> None:
    await town.put("an/ik.ttl", TEXT)

    answer = await edit(an, "/-/data/an/ik.ttl", 0, 'An "de Vries"')

    assert answer.status == 303, answer.text
    body = (await body_of(town, "an/ik.ttl") or b"").decode()
    assert 'An \\"de Vries\\"' in body
    assert "# a note" in body
    assert "+01" in body


async def test_a_number_stays_a_number(town: Town, an: Browser) -> None:
    await town.put("an/ik.ttl", TEXT)

    answer = await edit(an, "/-/data/an/ik.ttl", 1, "groot")

    assert answer.status == 422
    assert "Deze waarde past niet" in answer.text
    assert await body_of(town, "an/ik.ttl") == TEXT


async def test_two_tabs_do_not_undo_one_another(town: Town, an: Browser) -> None:
    await town.put("an/ik.ttl", TEXT)
    page = await an.get("/-/data/an/ik.ttl?edit=0")
    await edit(an, "/-/data/an/ik.ttl", 0, "Anna")

    fields = {
        "form-token": page.token("/-/data/an/ik.ttl"),
        "do": "edit",
        "edit": "0",
        "old": page.field("old"),
        "version": page.field("version"),
        "value": "Annie",
    }
    answer = await an.post("/-/data/an/ik.ttl", fields)

    assert answer.status == 422
    assert b'"Anna"' in (await body_of(town, "an/ik.ttl") or b"")


async def test_sharing_with_everyone_a_person_and_back(
    town: Town, an: Browser, other: Browser
) -> None:
    await town.put("an/foto.txt", b"zon", "text/plain")
    page = "/-/data/an/foto.txt?sharing"

    private = await other.get("/-/data/an/foto.txt")
    await an.send(page, page, do="share", who="everyone", version="")
    public = await other.get("/-/data/an/foto.txt")
    shown = await an.get(page)
    version = shown.field("version")
    friend = f"{town.base}youssef/profile/card#me"
    await an.send(page, page, do="share", webid=friend, may="change", version=version)
    again = await other.get("/-/data/an/foto.txt")
    await other.sign_in("youssef@example.org")
    seen = await other.get("/-/data/an/foto.txt")
    back = await an.send(page, page, do="inherit")
    gone = await other.get("/-/data/an/foto.txt")

    assert (private.status, public.status, again.status, seen.status, gone.status) == (
        404, 200, 404, 200, 404,
    )  # fmt: skip
    assert back.status == 303
    assert "checked" in shown.text
    assert "?rename" in seen.text


@pytest.mark.parametrize(
    "webid",
    [
        "youssef",
        "javascript:alert(1)",
        "https://",
        'https://e.example/"><script>',
        "https://[",
        "x" * 1200,
    ],
)
async def test_who_is_added_has_a_web_address(town: Town, an: Browser, webid: str) -> None:
    page = "/-/data/an/?sharing"
    version = (await an.get(page)).field("version")

    answer = await an.send(page, page, do="share", webid=webid, may="read", version=version)

    assert answer.status == 422
    assert "Dit is geen webadres" in answer.text
    assert "<script>" not in answer.text


async def test_a_choice_never_takes_control_from_the_owner(town: Town, an: Browser) -> None:
    page = "/-/data/an/?sharing"
    version = (await an.get(page)).field("version")

    answer = await an.send(page, page, do="share", version=version)

    assert answer.status == 303, answer.text
    acl = (await body_of(town, "an/.acl") or b"").decode()
    assert "acl:Control" in acl
    assert (await an.get("/-/data/an/")).status == 200


async def test_rules_that_cannot_be_chosen_stay_and_are_told(town: Town, an: Browser) -> None:
    rules = f"""@prefix acl: <http://www.w3.org/ns/auth/acl#> . @base <{town.base}an/> .
<x.txt.acl#o> a acl:Authorization; acl:agent <profile/card#me>; acl:accessTo <x.txt>;
  acl:mode acl:Read, acl:Write, acl:Control.
<x.txt.acl#g> a acl:Authorization; acl:agentGroup <vrienden#us>; acl:accessTo <x.txt>;
  acl:mode acl:Read."""
    await town.put("an/x.txt", b"x", "text/plain")
    await town.put("an/x.txt.acl", rules.encode())
    page = "/-/data/an/x.txt?sharing"

    shown = await an.get(page)
    await an.send(page, page, do="share", who="signed-in", version=shown.field("version"))

    assert "een groep" in shown.text
    acl = (await body_of(town, "an/x.txt.acl") or b"").decode()
    assert "vrienden#us" in acl
    assert "AuthenticatedAgent" in acl


async def test_rules_that_somebody_changed_meanwhile_are_not_overwritten(
    town: Town, an: Browser
) -> None:
    page = "/-/data/an/?sharing"
    version = (await an.get(page)).field("version")
    await an.send(page, page, do="share", who="everyone", version=version)

    answer = await an.send(page, page, do="share", version=version)

    assert answer.status == 422
    assert "veranderde dit intussen" in answer.text
    assert "foaf:Agent" in (await body_of(town, "an/.acl") or b"").decode()


async def test_a_stranger_changes_nothing_and_is_not_told_what_is_there(
    town: Town, an: Browser, other: Browser
) -> None:
    await town.put("an/geheim.txt", b"x", "text/plain")
    await other.sign_in("youssef@example.org")
    for question in ("delete", "rename", "sharing", "edit=0"):
        there = await other.get(f"/-/data/an/geheim.txt?{question}")
        absent = await other.get(f"/-/data/an/niets.txt?{question}")

        assert there.status == absent.status == 404
    token = (await other.get("/-/data/youssef/")).token("/-/data/youssef/")
    sent = await other.post("/-/data/an/", {"form-token": token, "do": "folder", "name": "van mij"})
    assert sent.status == 404
    assert (await town.house.db.read(find, Iri(f"{town.base}an/van%20mij/"))).resource is None


async def test_search_finds_names_and_words_of_her_own_pods_alone(town: Town, an: Browser) -> None:
    await town.put("an/loon.ttl", slip("2026-08"))
    await town.put("youssef/loon.ttl", slip("2026-08"))

    word = await an.get("/-/search?q=brouwerij")
    name = await an.get("/-/search?q=LOON")
    nothing = await an.get("/-/search?q=%3Cb%3Ezz")

    assert re.findall(r'<h2><a href="([^"]+)"', word.text) == ["/-/data/an/loon.ttl"]
    assert "/-/data/youssef" not in name.text
    assert "Niets gevonden voor &lt;b&gt;zz." in nothing.text


def test_known_things_have_a_card_with_their_own_words() -> None:
    said = rdf.parse(slip("2026-08"), rdf.TURTLE, "https://e.example/loon").triples

    (card,) = cards_of(said)

    assert card.title == "Loonfiche"
    assert ("Brutoloon", "€\u00a03.412,50") in card.lines
    assert "BE68" not in str(card.lines)


async def test_the_value_of_a_form_is_text(town: Town, an: Browser) -> None:
    await town.put("an/ik.ttl", b'<#me> <http://schema.org/name> "<script>alert(1)</script>" .')

    page = await an.get("/-/data/an/ik.ttl?edit=0")

    assert "<script>alert" not in page.text
    assert unescape(page.field("value")) == "<script>alert(1)</script>"
