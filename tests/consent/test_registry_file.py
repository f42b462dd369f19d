# SPDX-License-Identifier: EUPL-1.2
"""KC-1, KC-8: the registry from and to JSON, JSON-LD and Turtle."""

from pathlib import Path

import orjson
import pytest

from consent import forms
from consent.context import PREFIXES
from consent.registry.file import Registry, read, written
from consent.registry.purpose import read_purpose
from consent.registry.seed import export_registry, seed_registry
from pod.errors import PodError
from pod.iri import Iri
from pod.schema import migrate
from pod.sqlite import open_sqlite

from .conftest import AGENCIES, BASE, LOON, PURPOSES, START, Village

FORMS = (forms.JSON, forms.JSON_LD, forms.TURTLE)
LINKED = FORMS[1:]
HEAD = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())
AGENCY_IN_TURTLE = """
[] k:agencies </.consent/agencies/new> .
</.consent/agencies/new> dpv:hasName "Nieuw"@nl ; k:kind "public" ; k:kbo "0123456749" ;
  k:webid </new/profile/card#me> , </new/profile/card#you> ; k:client ( "b" "a" ) .
"""
STRICT: list[dict[str, object]] = [
    {
        **PURPOSES[0],
        "id": "/.consent/purposes/streng/2-beta",
        "dataClasses": [
            {"class": f"{LOON}B", "required": True, "properties": []},
            {"class": f"{LOON}A", "special": True, "properties": [f"{LOON}y", f"{LOON}x"]},
            {"class": f"{LOON}A"},
        ],
        "limits": {"maxCount": 3, "minInterval": "PT1H", "countries": [], "modes": ["read"]},
        "lane": "statutory",
        "legalBasis": "gdpr:A6-1-c",
        "law": 'Decreet van 1 "april" 2026\n§2',
        "broader": f"{BASE}.consent/purposes/opvangtarief/1",
    }
]


async def copied(document: Registry, folder: Path) -> Registry:
    """What an empty data folder holds once this was imported."""
    db = await open_sqlite(folder / "copy.db")
    try:
        await migrate(db)
        await seed_registry(db, BASE, document["agencies"], document["purposes"], START)
        return await export_registry(db, BASE)
    finally:
        await db.close()


def by_id(document: Registry) -> dict[str, list[dict[str, object]]]:
    return {
        part: sorted(items, key=lambda item: str(item["id"])) for part, items in document.items()
    }


@pytest.mark.parametrize("form", FORMS)
async def test_an_export_that_is_imported_into_an_empty_folder_gives_the_same_registry(
    village: Village, tmp_path: Path, form: str
) -> None:  # KC-8
    await seed_registry(village.db, BASE, [], STRICT, START)
    exported = await export_registry(village.db, BASE)

    body = written(exported, form, BASE)
    document = orjson.loads(body) if form == forms.JSON else read(body, form, BASE)

    assert by_id(await copied(document, tmp_path)) == by_id(exported)
    assert len(exported["agencies"]) == len(AGENCIES)
    assert len(exported["purposes"]) == len(PURPOSES) + 1


@pytest.mark.parametrize("form", LINKED)
def test_nothing_permitted_does_not_become_everything_permitted(form: str) -> None:
    document: Registry = {"agencies": [], "purposes": STRICT}

    found = read(written(document, form, BASE), form, BASE)

    [purpose] = [read_purpose(source, BASE) for source in found["purposes"]]
    assert [data.properties for data in purpose.classes] == [(), (f"{LOON}x", f"{LOON}y"), None]
    assert purpose.limits.countries == ()


@pytest.mark.parametrize("form", LINKED)
def test_an_empty_registry_is_an_empty_registry(form: str) -> None:
    empty: Registry = {"agencies": [], "purposes": []}

    assert read(written(empty, form, BASE), form, BASE) == empty


def test_turtle_by_hand_has_relative_names_and_plain_statements() -> None:
    found = read((HEAD + AGENCY_IN_TURTLE).encode(), forms.TURTLE, BASE)

    assert found["purposes"] == []
    assert found["agencies"] == [
        {
            "id": f"{BASE}.consent/agencies/new",
            "name": {"nl": "Nieuw"},
            "kind": "public",
            "kbo": "0123456749",
            "webids": [f"{BASE}new/profile/card#me", f"{BASE}new/profile/card#you"],
            "clients": ["b", "a"],
        }
    ]


def test_json_ld_may_name_the_context_that_this_server_publishes() -> None:
    document = {"@context": f"{BASE}.well-known/kluis/context", "agencies": AGENCIES}

    found = read(orjson.dumps(document), forms.JSON_LD, BASE)

    assert {agency["ovo"] for agency in found["agencies"] if "ovo" in agency} == {"OVO000001"}


@pytest.mark.parametrize(
    ("more", "problem", "named"),
    [
        ("</.consent/agencies/new> k:colour 1 .", "unknown-term", "colour"),
        ("</.consent/agencies/new> <https://x.example/y> 1 .", "unknown-term", "x.example/y"),
        ("</.consent/agencies/new> a k:Agency .", "unknown-term", "@type"),
        ("</elsewhere> k:kind 'public' .", "unknown-term", "elsewhere"),
        ("[] k:agencies </.consent/agencies/new> ; k:colour 1 .", "unknown-term", "colour"),
        ("</.consent/agencies/new> k:kind 'private' .", "bad-term", "kind"),
        ("</.consent/agencies/new> dpv:hasName 'Neu' .", "bad-term", "name"),
        ("_:a rdf:rest rdf:nil . _:b rdf:rest _:a .", "malformed-rdf", "registry"),
        ("</.consent/agencies/new> k:client (", "malformed-rdf", "line"),
    ],
)
async def test_statements_that_have_no_place_are_refused_by_name(
    village: Village, more: str, problem: str, named: str
) -> None:  # KC-1
    with pytest.raises(PodError) as refused:
        await village_takes(village, HEAD + AGENCY_IN_TURTLE + more)

    assert refused.value.problem == problem
    assert named in f"{refused.value.detail} {refused.value.errors}"
    assert len((await export_registry(village.db, BASE))["agencies"]) == len(AGENCIES)


async def village_takes(village: Village, turtle: str) -> None:
    found = read(turtle.encode(), forms.TURTLE, BASE)
    await seed_registry(village.db, BASE, found["agencies"], found["purposes"], START)


def test_a_context_from_elsewhere_is_refused_and_not_fetched() -> None:
    document = {"@context": "https://w3id.org/security/v2", "agencies": []}

    with pytest.raises(PodError) as refused:
        read(orjson.dumps(document), forms.JSON_LD, BASE)

    assert refused.value.problem == "unknown-context"


@pytest.mark.parametrize("form", LINKED)
def test_a_name_that_would_change_is_not_exported(form: str) -> None:
    document: Registry = {"agencies": [{**AGENCIES[0], "callbacks": ["kluis"]}], "purposes": []}

    with pytest.raises(PodError, match="JSON"):
        written(document, form, Iri(BASE))
