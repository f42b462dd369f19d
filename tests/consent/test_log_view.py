# SPDX-License-Identifier: EUPL-1.2
"""The log as it is read: filters, pages, forms, heads that were kept (KC-22, KC-23)."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import orjson
import pytest
import rdflib
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from acl.journal import Note, Use, record_all
from acl.soon import Soon
from consent.log.heads import PIECE, export, keep_heads
from consent.log.reading import agency_of
from consent.proof.verify import verify_log
from consent.routes import routes
from identity.door import Door
from identity.who import ANYONE
from ldp.reading import read
from pod import rdf
from pod.database import Tx
from pod.errors import Missing
from pod.instant import DAY, HOUR, MINUTE, text_of
from pod.iri import Iri

from .conftest import AGENCY, AGENCY_WHO, AN_WHO, BANK_WHO, BASE, SLIPS, START, Village
from .steps import granted
from .test_http import Api, _identify
from .test_log_soon import OPEN, STRANGER
from .test_reading_under_a_grant import ask, data_house

POD = f"{BASE}an/"
LOG = f"/.consent/log?pod={POD}"


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    soon = Soon(village.db, BASE, village.house.now, agency_of)
    app = web.Application()
    app.add_routes(routes(replace(village.house, soon=soon), Door(BASE, _identify), dev=True))
    async with TestClient(TestServer(app)) as client:
        yield Api(client, replace(village, house=replace(village.house, soon=soon)))
    await soon.close()


async def reads(api: Api, number: int = 1, **named: str) -> None:
    for _ in range(number):
        assert await api.village.read(AGENCY_WHO, SLIPS[0], **named) == "allowed"
        api.village.later(MINUTE)


async def items(api: Api, query: str = "", who: str = "an") -> list[Any]:
    found: list[Any] = (await api.get(f"{LOG}{query}", who))["items"]
    return found


async def test_from_is_inclusive_and_until_is_not(api: Api) -> None:
    await granted(api.village)
    await reads(api, 3)
    first, second, third = (quote(text_of(START + n * MINUTE)) for n in range(3))

    assert [e["seq"] for e in await items(api, f"&from={second}")] == [3, 2]
    assert [e["seq"] for e in await items(api, f"&until={third}")] == [2, 1]
    assert [e["seq"] for e in await items(api, f"&from={second}&until={third}")] == [2]
    assert await items(api, f"&from={first}&until={first}") == []


async def test_filters_by_agency_grant_and_outcome(api: Api) -> None:
    first = (await granted(api.village))["id"]
    await reads(api)
    assert await api.village.read(AGENCY_WHO, SLIPS[2]) == "target-not-granted"

    assert len(await items(api, f"&agency={AGENCY}")) == 2
    assert await items(api, "&agency=https://other.example/") == []
    assert [e["outcome"] for e in await items(api, f"&grant={first}")] == ["allowed"]
    assert [e["reason"] for e in await items(api, "&outcome=denied")] == ["target-not-granted"]
    assert await api.problem("GET", f"{LOG}&outcome=maybe", "an") == (400, "bad-parameter")
    assert await api.problem("GET", f"{LOG}&from=yesterday", "an") == (400, "bad-parameter")
    assert await api.problem("GET", "/.consent/log", "an") == (400, "bad-parameter")


async def test_pages_lead_on_and_keep_the_filters(api: Api) -> None:
    await granted(api.village)
    await reads(api, 4)
    assert await api.village.read(AGENCY_WHO, SLIPS[2]) == "target-not-granted"

    answer, body = await api.call("GET", f"{LOG}&outcome=allowed&limit=3", "an")
    link = answer.headers["Link"].split(">")[0].strip("<")
    rest = await api.get(link, "an")

    assert [e["seq"] for e in body["items"]] == [4, 3, 2]
    assert [e["seq"] for e in rest["items"]] == [1]
    assert "anonymous" not in rest
    assert await api.problem("GET", f"{LOG}&after=made-up", "an") == (400, "bad-cursor")


async def test_an_agency_sees_its_own_entries_without_their_numbers(api: Api) -> None:
    await granted(api.village)  # decision 40
    await reads(api, 2)

    body = await api.get(LOG, "agency")

    assert set(body) == {"items"}
    assert len(body["items"]) == 2
    assert not {"seq", "prev", "hash"} & set(body["items"][0])
    assert (await api.get(LOG, "bank"))["items"] == []
    _, table = await api.call("GET", LOG, "agency", headers={"Accept": "text/csv"})
    assert b"hash" not in table.splitlines()[0]


async def test_tries_without_any_permission_tell_an_agency_of_no_pod(api: Api) -> None:
    """T-47, invariant 13: its log of a pod where it has nothing is that of no pod at all."""
    await granted(api.village)
    await api.village.read(BANK_WHO, SLIPS[0])

    there = await api.call("GET", LOG, "bank")
    nowhere = await api.call("GET", f"/.consent/log?pod={BASE}nobody/", "bank")

    assert there[1] == nowhere[1] == {"items": []}
    assert [e["reason"] for e in await items(api)] == ["grant-missing"]  # she sees it
    assert await api.village.read(AGENCY_WHO, SLIPS[2]) == "target-not-granted"
    assert [e["reason"] for e in await items(api, who="agency")] == ["target-not-granted"]


async def test_a_place_in_another_log_is_no_place_in_this_one(api: Api) -> None:
    """Decision 40: which of two hidden numbers is the higher is not told."""
    await granted(api.village)
    await reads(api)
    mine = (await items(api))[0]["id"]
    elsewhere = f"/.consent/log?pod={BASE}youssef/&after={quote(mine)}"

    for who in ("youssef", "agency"):
        assert await api.problem("GET", elsewhere, who) == (400, "bad-cursor")
    assert await items(api, f"&after={quote(mine)}", "agency") == []


async def test_reads_by_nobody_known_are_numbers_beside_the_chain(api: Api) -> None:
    await api.village.put(f"{BASE}an/.acl", OPEN)
    house = replace(data_house(api.village, api.village.db), soon=api.village.house.soon)
    for _ in range(3):
        await read(house, ask(SLIPS[0], who=ANYONE))
    await read(house, ask(SLIPS[0], who=STRANGER))

    body = await api.get(LOG, "an")

    hour = START // HOUR * HOUR
    assert body["anonymous"] == [
        {"from": text_of(hour), "until": text_of(hour + HOUR), "allowed": 3, "denied": 0}
    ]
    assert [entry["agent"] for entry in body["items"]] == [STRANGER.webid]
    assert (await api.get(f"{LOG}&outcome=denied", "an"))["anonymous"] == []
    assert (await api.get(f"{LOG}&agency={AGENCY}", "an"))["anonymous"] == []
    later = quote(text_of(hour + HOUR))
    assert (await api.get(f"{LOG}&from={later}", "an"))["anonymous"] == []
    assert "anonymous" not in await api.get(LOG, "youssef")
    lines = await api.get(f"/.consent/log/export?pod={POD}", "an")
    assert verify_log(lines.decode(), await api.get("/.consent/keys")).entries == 1


@pytest.mark.parametrize("kind", ["application/ld+json", "text/turtle"])
async def test_entries_are_records_of_an_intermediary_in_rdf(api: Api, kind: str) -> None:
    grant = (await granted(api.village))["id"]  # domain.md 3.1, KC-1
    await reads(api)
    [entry] = await items(api)

    _, body = await api.call("GET", LOG, "an", headers={"Accept": kind})

    raw = orjson.dumps(body) if isinstance(body, dict) else body
    graph = rdf.graph(rdf.parse(raw, kind, BASE))
    name = rdflib.URIRef(entry["id"])
    prov = rdflib.Namespace("http://www.w3.org/ns/prov#")
    dga = rdflib.Namespace("https://w3id.org/dpv/legal/eu/dga#")
    dpv = rdflib.Namespace("https://w3id.org/dpv#")
    assert {dga.DataIntermediationRecord, prov.Activity} <= set(
        graph.objects(name, rdflib.RDF.type)
    )
    assert (name, prov.used, rdflib.URIRef(SLIPS[0])) in graph
    assert {str(who) for who in graph.objects(name, prov.wasAssociatedWith)} == {
        AGENCY_WHO.webid,
        AGENCY,
    }
    assert (name, dpv.hasPurpose, rdflib.URIRef(entry["purpose"])) in graph
    assert (name, dpv.hasLegalBasis, rdflib.URIRef(entry["legalBasis"])) in graph
    assert (rdflib.URIRef(BASE), rdflib.RDF.type, dga.DISPForDataSubject) in graph
    assert rdflib.URIRef(grant) in set(graph.objects(name))


async def test_a_head_is_kept_each_day_that_the_log_grew(api: Api) -> None:
    await granted(api.village)
    house = api.village.house
    assert await keep_heads(house) == 0
    await reads(api)
    assert await keep_heads(house) == 1
    await reads(api)
    assert await keep_heads(house) == 0
    api.village.later(DAY)
    assert await keep_heads(house) == 1
    api.village.later(DAY)
    assert await keep_heads(house) == 0

    heads = (await api.get(f"/.consent/log/heads?pod={POD}", "an"))["items"]
    keys = await api.get("/.consent/keys")
    export = (await api.get(f"/.consent/log/export?pod={POD}", "an")).decode()

    assert len(heads) == 2
    assert verify_log(export, keys, heads).whole
    assert await api.problem("GET", f"/.consent/log/heads?pod={POD}", "agency") == (
        404,
        "not-found",
    )


async def test_a_log_that_was_rewritten_whole_betrays_itself_by_an_earlier_head(api: Api) -> None:
    await granted(api.village)
    await reads(api, 2)
    await keep_heads(api.village.house)
    heads = (await api.get(f"/.consent/log/heads?pod={POD}", "an"))["items"]
    keys = await api.get("/.consent/keys")

    async def forget(tx: Any) -> None:
        await tx.run("DELETE FROM journal WHERE seq = 2")

    await api.village.db.write(None, forget)
    export = (await api.get(f"/.consent/log/export?pod={POD}", "an")).decode()

    assert verify_log(export, keys).whole
    checked = verify_log(export, keys, heads)
    assert not checked.whole
    assert "entry 2" in str(checked)


async def test_a_table_holds_every_member_and_no_formula(api: Api) -> None:
    await granted(api.village)
    await reads(api, case="A-17")
    _, table = await api.call("GET", LOG, "an", headers={"Accept": "text/csv"})

    head, line = table.decode().splitlines()

    entry = (await items(api))[0]
    assert set(entry) <= set(head.split(","))
    assert SLIPS[0] in line


async def test_an_export_goes_no_further_than_the_sign_in_that_asked(api: Api) -> None:
    """Decision 17: each further piece is decided anew."""
    use = Use(Iri(POD), Iri(SLIPS[0]), "read", "allowed", 200, STRANGER, None)
    notes = [Note(use, Iri(f"{BASE}.consent/log/{n}"), START) for n in range(PIECE + 1)]
    village = api.village
    await village.db.write(POD, record_all, Iri(POD), notes)
    lines = await export(village.house, AN_WHO, POD)

    first = await anext(lines)
    await village.db.write(None, _give_away)

    assert first.count(b"\n") == PIECE
    with pytest.raises(Missing):
        await anext(lines)


async def _give_away(tx: Tx) -> None:
    await tx.run("UPDATE owner SET webid = 'https://new.example/#me' WHERE pod = :pod", pod=POD)
