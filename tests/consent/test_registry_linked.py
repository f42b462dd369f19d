# SPDX-License-Identifier: EUPL-1.2
"""domain.md 3.1, KC-1, KC-7: purposes and agencies as linked data and as pages."""

from collections.abc import AsyncIterator

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st

from consent import forms
from consent.context import PREFIXES
from consent.registry.agency import agency_json, read_agency
from consent.registry.file import Registry, read, written
from consent.registry.page import purpose_page
from consent.registry.page_words import PAGE_WORDS
from consent.registry.purpose import purpose_json, read_purpose
from consent.registry.rules import require_lane
from pod.errors import PodError

from .conftest import AGENCIES, AGENCY, BASE, LOON, PURPOSE, PURPOSES, Village
from .office import open_office
from .test_http import Api

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
DPV = rdflib.Namespace("https://w3id.org/dpv#")
OSLO = rdflib.Namespace("https://data.vlaanderen.be/ns/toestemming#")
STATUTORY = f"{BASE}.consent/purposes/wettelijk/1"


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    async with open_office(village) as office:
        yield office


@pytest.mark.parametrize(
    ("accept", "parser"), [("text/turtle", "turtle"), ("application/ld+json", "json-ld")]
)
async def test_a_purpose_is_dpv_and_oslo(api: Api, accept: str, parser: str) -> None:
    answer, body = await api.call("GET", PURPOSE, headers={"Accept": accept})

    assert answer.content_type == accept
    graph = rdflib.Graph().parse(data=(await answer.read()) or body, format=parser)
    purpose = rdflib.URIRef(PURPOSE)
    types = set(graph.objects(purpose, rdflib.RDF.type))
    assert types == {DPV.Purpose, OSLO.Verwerkingsactiviteit}
    assert graph.value(purpose, DPV.hasDataController) == rdflib.URIRef(AGENCY)
    ground = rdflib.URIRef("https://w3id.org/dpv/legal/eu/gdpr#A6-1-a")
    assert graph.value(purpose, DPV.hasLegalBasis) == ground
    assert graph.value(purpose, OSLO.verwerkingsgrond) == ground
    question = rdflib.Literal("Uw tarief voor kinderopvang", "nl")
    assert question in set(graph.objects(purpose, OSLO.toestemmingsvraag))
    assert rdflib.URIRef(f"{LOON}Loonfiche") in set(graph.objects(purpose, DPV.hasPersonalData))


async def test_what_the_law_allows_asks_no_question(api: Api) -> None:  # invariant 9
    answer, _ = await api.call("GET", STATUTORY, headers={"Accept": "text/turtle"})

    graph = rdflib.Graph().parse(data=await answer.read(), format="turtle")
    assert not list(graph.objects(rdflib.URIRef(STATUTORY), OSLO.toestemmingsvraag))
    assert graph.value(rdflib.URIRef(STATUTORY), OSLO.verwerkingsgrond) is not None


async def test_an_agency_is_a_controller(api: Api) -> None:
    answer, _ = await api.call("GET", AGENCY, headers={"Accept": "text/turtle"})

    graph = rdflib.Graph().parse(data=await answer.read(), format="turtle")
    agency = rdflib.URIRef(AGENCY)
    types = set(graph.objects(agency, rdflib.RDF.type))
    assert types == {DPV.DataController, DPV.GovernmentalOrganisation}
    contact = rdflib.URIRef("mailto:privacy@opvang.example")
    assert graph.value(agency, DPV.hasContact) == contact


@pytest.mark.parametrize("path", [PURPOSE, STATUTORY, AGENCY])
async def test_a_browser_gets_a_page(api: Api, path: str) -> None:
    answer, body = await api.call("GET", path, headers={"Accept": BROWSER})

    assert (answer.status, answer.content_type) == (200, "text/html")
    assert "Accept" in answer.headers["Vary"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert b'<html lang="nl">' in body
    same, nothing = await api.call(
        "GET", path, headers={"Accept": BROWSER, "If-None-Match": answer.headers["ETag"]}
    )
    assert (same.status, nothing) == (304, b"")


@pytest.mark.parametrize(
    ("accepted", "language", "heading"),
    [("fr-BE, nl;q=0.5", "fr", "Organisme"), ("de-DE", "de", "Stelle"), ("en", "en", "Agency")],
)
async def test_the_page_is_in_the_language_of_the_browser(
    api: Api, accepted: str, language: str, heading: str
) -> None:
    headers = {"Accept": BROWSER, "Accept-Language": accepted}
    answer, body = await api.call("GET", PURPOSE, headers=headers)

    assert answer.headers["Content-Language"] == language
    assert "Accept-Language" in answer.headers["Vary"]
    assert f'<html lang="{language}">'.encode() in body
    assert f"<dt>{heading}</dt>".encode() in body
    assert b"Instantie" not in body
    other, dutch = await api.call(
        "GET", PURPOSE, headers={"Accept": BROWSER, "If-None-Match": answer.headers["ETag"]}
    )
    assert (other.status, b"<dt>Instantie</dt>" in dutch) == (200, True)


def test_the_words_of_the_pages_are_the_same_in_every_language() -> None:
    dutch = PAGE_WORDS["nl"]

    for language in ("nl", "en", "fr", "de"):
        assert PAGE_WORDS[language].keys() == dutch.keys()
        assert "{name}" in PAGE_WORDS[language]["data"]


async def test_programs_go_on_getting_json(api: Api) -> None:
    for accept in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        answer, body = await api.call("GET", PURPOSE, headers=accept)
        assert answer.content_type == "application/json"
        assert body["id"] == PURPOSE


def test_nothing_on_a_page_is_markup() -> None:
    hostile = "<script>alert(1)</script>"
    source = {**PURPOSES[0], "label": {"nl": hostile}, "description": {"nl": f'"><{hostile}'}}

    page = purpose_page(read_purpose(source, BASE), None).decode()

    assert "<script" not in page
    assert "&lt;script&gt;" in page


# The words of a registry: nothing that a text may not hold (consent/texts.py).
TEXTS = st.text(
    st.characters(exclude_categories=("C", "Zl", "Zp"), exclude_characters="0123456789"),
    min_size=1,
    max_size=20,
).filter(str.strip)
LANGUAGES = st.builds(
    lambda dutch, others: {"nl": dutch, **others},
    TEXTS,
    st.dictionaries(st.sampled_from(["en", "fr", "de"]), TEXTS, max_size=2),
)
SLUGS = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
IRIS = SLUGS.map(lambda slug: f"https://voorbeeld.example/ns#{slug}")
OPTIONAL_LENGTH = st.sampled_from([None, "P1D", "P6M", "PT1H"])


@st.composite
def purposes(draw: st.DrawFn) -> dict[str, object]:
    lane = draw(st.sampled_from(["consent", "statutory"]))
    classes = st.fixed_dictionaries(
        {"class": IRIS, "required": st.booleans()},
        optional={"properties": st.lists(IRIS, max_size=3), "special": st.just(True)},
    )
    return {
        "id": f"{BASE}.consent/purposes/{draw(SLUGS)}/{draw(st.integers(1, 99))}",
        "agency": f"{BASE}.consent/agencies/{draw(SLUGS)}",
        "label": draw(LANGUAGES),
        "description": draw(LANGUAGES),
        "lane": lane,
        "legalBasis": "gdpr:A6-1-a" if lane == "consent" else "gdpr:A6-1-c",
        "broader": draw(st.none() | IRIS),
        "dataClasses": draw(st.lists(classes, max_size=3)),
        "limits": {
            "maxDuration": draw(OPTIONAL_LENGTH),
            "maxCount": draw(st.none() | st.integers(1, 99)),
            "maxRetention": draw(OPTIONAL_LENGTH),
            "minInterval": draw(OPTIONAL_LENGTH),
            "modes": draw(st.lists(st.sampled_from(["read", "append"]), min_size=1, unique=True)),
            "recipients": draw(st.lists(TEXTS, max_size=2)),
            "countries": draw(st.lists(st.sampled_from(["BE", "NL"]), unique=True)),
        },
        "consequenceOfRefusing": draw(st.none() | LANGUAGES),
        "law": draw(TEXTS) if lane == "statutory" else None,
        "state": draw(st.sampled_from(["draft", "published", "suspended", "retired"])),
    }


@st.composite
def agencies(draw: st.DrawFn) -> dict[str, object]:
    return {
        "id": f"{BASE}.consent/agencies/{draw(SLUGS)}",
        "name": draw(LANGUAGES),
        "contact": draw(st.none() | TEXTS),
        "kind": draw(st.sampled_from(["public", "private"])),
        "webids": draw(st.lists(IRIS, max_size=3)),
        "clients": draw(st.lists(TEXTS, max_size=3)),
        "callbacks": draw(st.lists(IRIS, max_size=2)),
        "state": draw(st.sampled_from(["active", "suspended"])),
    }


def _by_id(items: list[dict[str, object]]) -> dict[str, dict[str, object]]:
    return {str(item["id"]): item for item in items}


@pytest.mark.parametrize("form", [forms.JSON_LD, forms.TURTLE])
@settings(max_examples=40, deadline=None)
@given(some=st.lists(agencies(), max_size=2), what=st.lists(purposes(), max_size=2))
def test_any_registry_comes_back_the_same(
    form: str, some: list[dict[str, object]], what: list[dict[str, object]]
) -> None:  # KC-8
    document: Registry = {
        "agencies": [agency_json(read_agency(each, BASE)) for each in _by_id(some).values()],
        "purposes": [purpose_json(read_purpose(each, BASE)) for each in _by_id(what).values()],
    }

    found = read(written(document, form, BASE), form, BASE)

    back = {
        "agencies": [agency_json(read_agency(each, BASE)) for each in found["agencies"]],
        "purposes": [purpose_json(read_purpose(each, BASE)) for each in found["purposes"]],
    }
    for part, items in document.items():
        assert _by_id(back[part]) == _by_id(items)


@pytest.mark.parametrize(
    "space",
    ["https://data.vlaanderen.be/ns/toestemming#", "http://data.vlaanderen.be/ns/toestemming#"],
)
@pytest.mark.parametrize("name", ["Verwerkingsactiviteit", "VerwerkingsActiviteit"])
def test_the_words_of_oslo_are_read(space: str, name: str) -> None:
    head = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    turtle = f"""{head} @prefix t: <{space}> .
    [] k:purposes </.consent/purposes/stad/1> .
    </.consent/purposes/stad/1> a t:{name}, dpv:Purpose ;
      dpv:hasDataController </.consent/agencies/opvang> ; dct:description "Daarom."@nl ;
      t:toestemmingsvraag "Mag het?"@nl ; t:verwerkingsgrond gdpr:A6-1-a .
    """

    [source] = read(turtle.encode(), forms.TURTLE, BASE)["purposes"]

    purpose = read_purpose(source, BASE)
    assert purpose.label == {"nl": "Mag het?"}
    assert purpose.legal_basis == "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a"


def test_two_grounds_are_one_too_many() -> None:
    body = written({"agencies": [], "purposes": [PURPOSES[0]]}, forms.TURTLE, BASE).decode()
    other = body.replace("verwerkingsgrond> gdpr:A6-1-a", "verwerkingsgrond> gdpr:A6-1-b").replace(
        "verwerkingsgrond gdpr:A6-1-a", "verwerkingsgrond gdpr:A6-1-b"
    )
    assert other != body

    [source] = read(other.encode(), forms.TURTLE, BASE)["purposes"]
    with pytest.raises(PodError, match="legalBasis"):
        read_purpose(source, BASE)


def test_an_export_says_what_things_are() -> None:
    sources = {"agencies": AGENCIES[:1], "purposes": PURPOSES[:1]}
    graph = rdflib.Graph()

    graph.parse(data=written(sources, forms.TURTLE, BASE), format="turtle")

    found = set(graph.subjects(rdflib.RDF.type, OSLO.Verwerkingsactiviteit))
    assert found == {rdflib.URIRef(PURPOSE)}
    assert set(graph.subjects(rdflib.RDF.type, DPV.DataController)) == {rdflib.URIRef(AGENCY)}


def test_a_purpose_by_law_in_the_consent_lane_is_refused_in_a_file_too() -> None:
    source = {**PURPOSES[0], "law": "Decreet"}

    with pytest.raises(PodError) as refused:
        require_lane(read_purpose(source, BASE))

    assert [error["pointer"] for error in refused.value.errors] == ["/law"]
