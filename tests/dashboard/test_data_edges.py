# SPDX-License-Identifier: EUPL-1.2
"""What the pages of kept things get wrong easily: full pods, odd rules, long logs, two presses."""

import csv
import re

import orjson
import pytest

from acl.sharing import Audience, rewritten, sharing_of
from dashboard.shapes import cards_of
from pod import rdf
from pod.contents import fetch
from pod.database import Tx
from pod.iri import Iri
from pod.resource import Found, Resource
from tests.dashboard.conftest import LOON, Browser, Town
from tests.dashboard.test_flow import AUGUST, say_yes, with_slips

PREFIX = "@prefix acl: <http://www.w3.org/ns/auth/acl#> ."


async def _fill(tx: Tx, pod: str) -> None:
    await tx.run("UPDATE pod SET quota = used + 10 WHERE iri = :pod", pod=pod)


def acl(iri: str, body: str) -> Resource:
    text = f"{PREFIX}\n{body}".encode()
    return Resource(Iri("https://e.example/an/"), Iri(iri), "text/turtle", text, None, 0, "", 1, 1)


async def test_a_document_in_a_full_pod_can_have_another_name(town: Town, an: Browser) -> None:
    await town.put("an/groot.txt", b"x" * 50_000, "text/plain")
    await town.house.db.write(None, _fill, f"{town.base}an/")
    page = "/-/data/an/groot.txt"

    answer = await an.send(f"{page}?rename", page, do="rename", name="anders.txt")

    assert answer.location == "/-/data/an/anders.txt", answer.text
    assert await town.house.db.read(fetch, Iri(f"{town.base}an/groot.txt")) is None


async def test_owning_a_pod_is_not_finding_what_its_rules_keep_from_her(
    town: Town, an: Browser
) -> None:
    other = f"{town.base}youssef/profile/card#me"
    await town.put("an/van-youssef.txt", b"een woord dat opvalt", "text/plain")
    seen = await an.get("/-/search?q=opvalt")
    rules = f"""{PREFIX} <#o> a acl:Authorization; acl:agent <{other}>; acl:mode acl:Read,
      acl:Control; acl:accessTo <{town.base}an/van-youssef.txt>."""
    await town.put("an/van-youssef.txt.acl", rules.encode())

    hidden = await an.get("/-/search?q=opvalt")
    named = await an.get("/-/search?q=van-youssef")

    assert "/-/data/an/van-youssef.txt" in seen.text
    assert "/-/data/an/van-youssef.txt" not in hidden.text + named.text


async def test_a_folder_with_a_space_opens_in_who_can_reach_what(town: Town, an: Browser) -> None:
    await town.put("an/mijn%20map/", b"", "text/turtle")
    await town.put("an/mijn%20map/a%26b.txt", b"x", "text/plain")

    first = await an.get("/-/access")
    links = re.findall(r'href="(/-/access[^"]+)"', first.text)
    inside = await an.get(next(link for link in links if "map" in link))

    assert "a&amp;b.txt" in inside.text
    assert 'href="/-/access?at=an/"' in inside.text


async def test_a_rule_for_what_lies_in_a_folder_alone_is_told_with_it(
    town: Town, an: Browser
) -> None:
    rules = f"""{PREFIX} @prefix foaf: <http://xmlns.com/foaf/0.1/> . @base <{town.base}an/map/> .
      <.acl#o> a acl:Authorization; acl:agent <../profile/card#me>; acl:accessTo <./>;
        acl:default <./>; acl:mode acl:Read, acl:Write, acl:Control.
      <.acl#e> a acl:Authorization; acl:agentClass foaf:Agent; acl:default <./>;
        acl:mode acl:Read."""
    await town.put("an/map/", b"", "text/turtle")
    await town.put("an/map/.acl", rules.encode())

    page = await an.get("/-/data/an/map/?sharing")

    assert '<bdi class="breaks">iedereen</bdi>: mag lezen (alleen wat in de map ligt)' in page.text


def test_control_of_what_lies_below_alone_does_not_lock_the_owner_out() -> None:
    folder = Iri("https://e.example/an/map/")
    rules = f"""<#b> a acl:Authorization; acl:agent <https://f.example/#me>; acl:mode acl:Control;
      acl:default <{folder}>."""
    found = Found(folder, Iri("https://e.example/an/"), None, acl(f"{folder}.acl", rules), None)

    made = rewritten(found, Audience(), ["https://e.example/an/profile/card#me"]).decode()

    after = sharing_of(Found(folder, found.pod, None, acl(f"{folder}.acl", made), None))
    assert [rule.agents for rule in after.others if rule.here] == [
        frozenset({"https://e.example/an/profile/card#me"})
    ]


def test_rules_that_two_documents_call_the_same_are_not_joined_when_they_move_down() -> None:
    above, thing = "https://e.example/an/", Iri("https://e.example/an/x.txt")
    rules = f"""<{above}.acl#r> a acl:Authorization; acl:agent <https://a.example/#me>;
        acl:default <{above}>; acl:mode acl:Read, acl:Control.
      <https://other.example/doc#r> a acl:Authorization; acl:agentGroup <https://g.example/#us>;
        acl:default <{above}>; acl:mode acl:Read."""
    found = Found(thing, Iri(above), None, acl(f"{above}.acl", rules), None)

    made = rewritten(found, Audience(), []).decode()

    after = sharing_of(Found(thing, Iri(above), None, acl(f"{thing}.acl", made), None)).others
    assert sorted((sorted(r.agents), sorted(r.groups), r.modes.value) for r in after) == sorted(
        (sorted(r.agents), sorted(r.groups), r.modes.value) for r in sharing_of(found).others
    )
    assert len(after) == 2


@pytest.mark.parametrize("webid", ["https://e.example/%zz", "https://e.example/#a#b"])
async def test_a_wrong_webid_is_put_right_in_its_field(town: Town, an: Browser, webid: str) -> None:
    page = "/-/data/an/?sharing"
    version = (await an.get(page)).field("version")

    wrong = await an.send(page, page, do="share", webid=webid, may="change", version=version)

    assert wrong.status == 422
    assert 'aria-describedby="webid-wrong"' in wrong.text
    assert 'name="editor"' not in wrong.text
    assert '<option value="change" selected>' in wrong.text


async def test_whom_an_app_named_in_another_way_does_not_stop_her(town: Town, an: Browser) -> None:
    await town.put("an/x.txt", b"x", "text/plain")
    rules = f"""{PREFIX} @base <{town.base}an/> . <x.txt.acl#o> a acl:Authorization;
      acl:agent <profile/card#me>; acl:accessTo <x.txt>; acl:mode acl:Read, acl:Control.
      <x.txt.acl#d> a acl:Authorization; acl:agent <did:web:e.example>; acl:accessTo <x.txt>;
      acl:mode acl:Read."""
    await town.put("an/x.txt.acl", rules.encode())
    page = "/-/data/an/x.txt?sharing"
    shown = await an.get(page)

    answer = await an.send(
        page, page, do="share", who="signed-in", reader=shown.field("reader"),
        version=shown.field("version"),
    )  # fmt: skip

    assert answer.status == 303, answer.text


async def test_what_is_wrong_with_a_name_stands_beside_its_field(town: Town, an: Browser) -> None:
    await town.put("an/a.txt", b"x", "text/plain")

    folder = await an.send("/-/data/an/", "/-/data/an/", do="folder", name="x.acl")
    rename = await an.send("/-/data/an/a.txt?rename", "/-/data/an/a.txt", do="rename", name="b/c")

    for page in (folder, rename):
        assert 'aria-invalid="true" aria-describedby="name-wrong"' in page.text
        assert '<p class="wrong" id="name-wrong">Deze naam kan niet.' in page.text


async def test_a_question_that_is_sent_twice_is_one_question(town: Town, an: Browser) -> None:
    code = await say_yes(an, await with_slips(town))
    asking = f"/-/cases/new?about=grants/{code}"
    fields = {"about": f"grants/{code}", "kind": "access", "text": "Waarom?"}

    first = await an.send(asking, "/-/cases", **fields)
    again = await an.send(asking, "/-/cases", **fields)
    other = await an.send(asking, "/-/cases", **fields | {"text": "Waarom nog?"})

    assert first.status == 303, first.text
    assert again.location == first.location
    assert other.location != first.location


async def _copy(tx: Tx, number: int) -> None:
    row = await tx.one("SELECT * FROM journal ORDER BY seq DESC LIMIT 1")
    assert row is not None
    for n in range(1, number + 1):
        id_ = f"{row['id']}x{n}"
        entry = orjson.dumps(orjson.loads(row["entry"]) | {"id": id_}).decode()
        await tx.run(
            "INSERT INTO journal (pod, seq, id, time, agency, grant_id, outcome, hash, entry)"
            " SELECT pod, seq + :n, :id, time, agency, grant_id, outcome, hash, :entry"
            " FROM journal WHERE id = :from",
            n=n,
            id=id_,
            entry=entry,
            **{"from": row["id"]},
        )


async def test_a_long_log_is_one_whole_file_though_it_is_sent_in_parts(
    town: Town, an: Browser
) -> None:
    await say_yes(an, await with_slips(town))
    await town.reads(AUGUST)
    await an.get("/-/log")
    await town.house.db.write(None, _copy, 1_200)

    table = await an.get("/-/log/entries?form=csv")
    linked = await an.get("/-/log/entries?form=json")

    rows = list(csv.DictReader(table.text.splitlines()))
    items = orjson.loads(linked.text)["items"]
    assert len({row["id"] for row in rows}) == len(rows) == 1_201
    assert [row["id"] for row in rows] == [item["id"] for item in items]
    assert linked.headers["Server"] == "Kluis"


async def test_many_moves_in_one_step_are_one_line_in_the_picture(town: Town, an: Browser) -> None:
    code = await say_yes(an, await with_slips(town))
    page = f"/-/grants/{code}"
    for _ in range(3):
        await an.send(page, f"{page}/pause")
        await an.send(page, f"{page}/resume")

    text = (await an.get("/-/log")).text

    assert text.count("<title>" + "Voorbeeldagentschap Opvang") == 3


@pytest.mark.parametrize("amount", ["1E+30", "1E+999999", "9" * 3_000, "NaN", "Infinity", "veel"])
async def test_an_amount_that_is_none_is_shown_as_it_is(
    town: Town, an: Browser, amount: str
) -> None:
    said = f'<> a <{LOON}Arbeidsloon> ; <{LOON}brutoloon> "{amount}" .'
    await town.put("an/loon.ttl", said.encode())

    page = await an.get("/-/data/an/loon.ttl")

    assert page.status == 200
    assert f'<dt>Brutoloon</dt><dd dir="auto" class="breaks">{amount[:2_000]}</dd>' in page.text


def test_a_card_has_an_end_however_much_a_document_says() -> None:
    lines = "".join(f'<#me> <http://schema.org/name> "{n:03}{"x" * 5_000}" .' for n in range(100))
    body = f"<#me> a <http://schema.org/Person> . {lines}".encode()

    (card,) = cards_of(rdf.parse(body, rdf.TURTLE, "https://e.example/ik").triples)

    assert len(card.lines) == 40
    assert max(len(value) for _, value in card.lines) == 2_000


async def test_following_the_folder_above_does_not_lock_out_who_is_no_owner(
    town: Town, someone: Browser
) -> None:
    base = f"{PREFIX} @base <{town.base}an/map/> ."
    above = f"""{base} <.acl#a> a acl:Authorization; acl:agent <../profile/card#me>;
      acl:accessTo <./>; acl:default <./>; acl:mode acl:Read, acl:Control."""
    own = f"""{base} <x.txt.acl#y> a acl:Authorization; acl:accessTo <x.txt>;
      acl:agent <{town.base}youssef/profile/card#me>; acl:mode acl:Read, acl:Control."""
    await town.put("an/map/", b"", "text/turtle")
    await town.put("an/map/.acl", above.encode())
    await town.put("an/map/x.txt", b"x", "text/plain")
    await town.put("an/map/x.txt.acl", own.encode())
    await someone.sign_in("youssef@example.org")
    page = "/-/data/an/map/x.txt?sharing"

    answer = await someone.send(page, page, do="inherit")

    assert answer.status == 422
    assert "Dan beslist u hier niet meer." in answer.text
    assert await town.house.db.read(fetch, Iri(f"{town.base}an/map/x.txt.acl")) is not None


async def _decided(tx: Tx, number: int) -> None:
    rows = await tx.all("SELECT name FROM pragma_table_info('request')")
    same = ", ".join({row["name"] for row in rows} - {"id", "seq", "state"})
    for n in range(1, number + 1):
        await tx.run(
            f"INSERT INTO request (id, seq, state, {same})"  # noqa: S608 - names of columns
            f" SELECT id || :n, seq + :n, 'refused', {same} FROM request ORDER BY seq LIMIT 1",
            n=n,
        )


async def test_a_question_waits_in_sight_though_many_newer_ones_are_answered(
    town: Town, an: Browser
) -> None:
    code = await with_slips(town)
    await town.house.db.write(None, _decided, 120)

    page = await an.get("/-/")

    assert "1 vraag wacht op u." in page.text
    assert f'href="/-/requests/{code}"' in page.text
