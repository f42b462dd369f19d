# SPDX-License-Identifier: EUPL-1.2
"""A grant in the words of others, and the agency's own register (domain.md 3.1; GDPR 30)."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
import rdflib
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from consent.grants.grant import State
from consent.grants.grants import record
from consent.proof.oslo import _DUTCH
from consent.proof.record_routes import DPV, PROFILES
from consent.routes import routes
from identity.door import Door
from pod import rdf
from pod.instant import DAY, text_of

from .conftest import AGENCY, AGENCY_WHO, AN, AN_WHO, BASE, PURPOSE, SLIPS, START, Village
from .steps import granted
from .test_http import Api, _identify

OSLO = rdflib.Namespace("https://data.vlaanderen.be/ns/toestemming#")
GC = rdflib.Namespace("https://w3id.org/GConsent#")
K = rdflib.Namespace("https://w3id.org/kluis#")
ODRL = rdflib.Namespace("http://www.w3.org/ns/odrl/2/")
SCHEMA = rdflib.Namespace("https://schema.org/")
KINDS = ["application/ld+json", "text/turtle"]


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    app = web.Application()
    app.add_routes(routes(village.house, Door(BASE, _identify), dev=True))
    async with TestClient(TestServer(app)) as client:
        yield Api(client, village)


async def graph_at(api: Api, path: str, who: str = "an", **headers: str) -> rdflib.Graph:
    kind = headers.setdefault("Accept", "text/turtle")
    answer, body = await api.call("GET", path, who, headers=headers)
    assert answer.status == 200, body
    raw = orjson.dumps(body) if isinstance(body, dict) else body
    return rdf.graph(rdf.parse(raw, kind, BASE))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_grant_is_an_oslo_toestemming(api: Api, kind: str) -> None:
    grant = await granted(api.village)

    graph = await graph_at(api, f"{grant['id']}/record?profile=oslo-toestemming", Accept=kind)

    (me,) = graph.subjects(rdflib.RDF.type, OSLO.Toestemming)
    activity = rdflib.URIRef(PURPOSE)
    assert graph.value(me, OSLO.gegevenVoor) == activity
    assert (activity, rdflib.RDF.type, OSLO.Verwerkingsactiviteit) in graph
    assert str(graph.value(me, OSLO.gegevenOp)) == text_of(START)
    assert graph.value(me, OSLO.status) == rdflib.Literal("gegeven", lang="nl")
    assert str(graph.value(me, SCHEMA.expires)) == grant["validUntil"]
    limits = {str(text) for text in graph.objects(me, OSLO.beperking)}
    assert {"enkel read", "hoogstens 5 keer", "bewaren hoogstens P1Y"} <= limits
    assert {str(t) for t in graph.objects(me, ODRL.target)} == set(SLIPS[:2])
    assert rdflib.Literal("Uw tarief voor kinderopvang", lang="nl") in set(
        graph.objects(activity, OSLO.toestemmingsvraag)
    )
    assert str(graph.value(activity, OSLO.verwerkingsgrond)).endswith("gdpr#A6-1-a")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_grant_is_a_gconsent_consent(api: Api, kind: str) -> None:
    grant = await granted(api.village)

    graph = await graph_at(api, f"{grant['id']}/record?profile=gconsent", Accept=kind)

    (me,) = graph.subjects(rdflib.RDF.type, GC.Consent)
    assert graph.value(me, GC.hasStatus) == GC.ConsentStatusExplicitlyGiven
    assert graph.value(me, GC.isProvidedToController) == rdflib.URIRef(AGENCY)
    assert graph.value(me, GC.forPurpose) == rdflib.URIRef(PURPOSE)
    assert graph.value(me, GC.isForDataSubject) == rdflib.URIRef(AN)
    assert {str(t) for t in graph.objects(me, GC.forPersonalData)} == set(SLIPS[:2])


async def test_each_dialect_says_that_it_was_withdrawn(api: Api) -> None:
    grant = (await granted(api.village))["id"]
    api.village.later(DAY)
    await api.call("POST", f"{grant}/withdraw", "an")

    oslo = await graph_at(api, f"{grant}/record?profile=oslo-toestemming")
    gconsent = await graph_at(api, f"{grant}/record?profile=gconsent", who="agency")

    assert rdflib.Literal("ingetrokken", lang="nl") in set(oslo.objects(None, OSLO.status))
    assert GC.ConsentStatusWithdrawn in set(gconsent.objects(None, GC.hasStatus))


async def test_what_gconsent_has_no_word_for_is_not_said_to_be_given(api: Api) -> None:
    grant = (await granted(api.village))["id"]
    await api.call("POST", f"{grant}/pause", "an")

    graph = await graph_at(api, f"{grant}/record?profile=gconsent")

    assert set(graph.objects(None, GC.hasStatus)) == {K.paused}


def test_every_state_has_a_dutch_word() -> None:
    assert set(_DUTCH) == set(State)


@pytest.mark.parametrize("name", PROFILES)
async def test_a_profile_is_asked_for_by_parameter_or_by_header(api: Api, name: str) -> None:
    grant = (await granted(api.village))["id"]
    for query, headers in [
        (f"?profile={name}", {}),
        (f"?profile={PROFILES[name].replace('#', '%23')}", {}),
        ("", {"Accept-Profile": f"<https://other.example/>, <{PROFILES[name]}>;q=0.5"}),
    ]:
        answer, _ = await api.call("GET", f"{grant}/record{query}", "an", headers=headers)

        assert answer.status == 200
        assert answer.headers["Content-Profile"] == f"<{PROFILES[name]}>"
        assert "Accept-Profile" in answer.headers["Vary"]


async def test_the_record_without_a_profile_is_dpv_and_that_of_the_receipt(api: Api) -> None:
    grant = (await granted(api.village))["id"]
    answer, body = await api.call("GET", f"{grant}/record", "an")

    assert answer.headers["Content-Profile"] == f"<{DPV}>"
    body.pop("@context")
    assert body == orjson.loads(orjson.dumps(await record(api.village.house, AN_WHO, grant)))


async def test_others_get_no_record_and_no_profile_is_guessed(api: Api) -> None:
    grant = (await granted(api.village))["id"]
    path = f"{grant}/record"

    assert await api.problem("GET", path, "bank") == (404, "not-found")
    assert await api.problem("GET", path, None) == (401, "not-signed-in")
    assert await api.problem("GET", f"{path}?profile=xml", "an") == (400, "bad-parameter")
    html = {"Accept": "text/html"}
    assert await api.problem("GET", path, "an", headers=html) == (406, "not-acceptable")


async def test_an_agency_has_its_register_with_numbers_and_no_names(api: Api) -> None:
    await granted(api.village)
    await granted(api.village)
    assert await api.village.read(AGENCY_WHO, SLIPS[0]) == "grant-ambiguous"
    [first, _] = (await api.get("/.consent/grants", "agency"))["items"]
    assert await api.village.read(AGENCY_WHO, SLIPS[0], grant=first["id"]) == "allowed"
    await api.call("POST", f"{first['id']}/withdraw", "an")

    register = await api.get("/.consent/register", "agency")

    by_id = {process["hasPurpose"]["id"]: process for process in register["hasProcess"]}
    line = by_id[PURPOSE]
    assert (line["k:grants"], line["k:grantsInForce"], line["k:reads"]) == (2, 1, 1)
    assert f"{BASE}.consent/purposes/ontwerp/1" not in by_id
    assert f"{BASE}.consent/purposes/bank/1" not in by_id
    assert AN not in orjson.dumps(register).decode()
    assert register["hasDataController"]["id"] == AGENCY


@pytest.mark.parametrize("kind", KINDS)
async def test_the_register_is_rdf_with_what_article_30_asks(api: Api, kind: str) -> None:
    graph = await graph_at(api, "/.consent/register", who="agency", Accept=kind)

    dpv = rdflib.Namespace("https://w3id.org/dpv#")
    process = rdflib.URIRef(f"{PURPOSE}#processing")
    assert list(graph.subjects(rdflib.RDF.type, dpv.RecordsOfActivities))
    for field in (
        dpv.hasPurpose,
        dpv.hasLegalBasis,
        dpv.hasPersonalData,
        dpv.hasRecipient,
        dpv.hasStorageCondition,
        dpv.hasTechnicalOrganisationalMeasure,
    ):
        assert list(graph.objects(process, field)), field
    for field in (dpv.hasName, dpv.hasContact, dpv.hasAddress):
        assert list(graph.objects(rdflib.URIRef(AGENCY), field)), field


async def test_the_register_is_a_table_too(api: Api) -> None:
    _, body = await api.call("GET", "/.consent/register", "agency", headers={"Accept": "text/csv"})

    rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(body.decode())))
    mine = next(row for row in rows if row["purpose"] == PURPOSE)
    assert (mine["lane"], mine["retention"], mine["grants"]) == ("consent", "P1Y", "0")


@pytest.mark.parametrize(
    ("who", "status", "name"),
    [("an", 403, "not-an-agency"), (None, 401, "not-signed-in")],
)
async def test_nobody_else_has_a_register(
    api: Api, who: str | None, status: int, name: str
) -> None:
    assert await api.problem("GET", "/.consent/register", who) == (status, name)
