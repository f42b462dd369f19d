# SPDX-License-Identifier: EUPL-1.2
"""The description of the API says what is served, all of it, and nothing that is not."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiohttp import web

from consent.asking.choice import read_choice
from consent.asking.request import read_request
from consent.described.calls import APPROVAL, AUTHORITY, NEW_AGENCY, NEW_PURPOSE, NEW_REQUEST
from consent.described.openapi import TOPICS, document
from consent.grants.endings import read_authority
from consent.grants.narrowing import read_less
from consent.registry.rules import read_draft, read_new_agency
from consent.routes import routes
from identity.door import Door

from .api import Api, an_api, identify
from .conftest import BASE, START, Village

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    async with an_api(village) as given:
        yield given


def served(village: Village) -> set[tuple[str, str]]:
    app = web.Application()
    app.add_routes(routes(village.house, Door(BASE, identify)))
    return {
        (route.method.lower(), route.resource.canonical)
        for route in app.router.routes()
        if route.resource is not None
        and route.resource.canonical.startswith("/.consent/")
        and "{rest}" not in route.resource.canonical
        and route.method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    }


def described() -> set[tuple[str, str]]:
    paths: Any = document(BASE)["paths"]
    return {(method, path) for path, calls in paths.items() for method in calls}


async def test_nothing_is_served_that_is_not_described(village: Village) -> None:
    assert served(village) - described() == set()


async def test_nothing_is_described_that_is_not_served(village: Village) -> None:
    assert described() - served(village) == set()


async def test_it_is_served_beside_the_api_and_names_this_server(api: Api) -> None:
    body = await api.get("/.consent/openapi.json")

    assert body["openapi"].startswith("3.1")
    assert body["servers"] == [{"url": BASE.rstrip("/")}]
    assert body["externalDocs"]["url"] == f"{BASE}-/api"
    assert body == document(BASE)


def parts(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield path, value
        for name, item in value.items():
            yield from parts(item, f"{path}/{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from parts(item, f"{path}/{number}")


def test_every_reference_leads_somewhere_and_every_shape_is_used() -> None:
    whole: Any = document(BASE)
    names = {part["$ref"] for _, part in parts(whole) if isinstance(part.get("$ref"), str)}

    for name in names:
        found = whole
        for step in name.removeprefix("#/").split("/"):
            found = found[step]
        assert found
    components = whole["components"]
    for kind in ("schemas", "responses"):
        used = {name.rsplit("/", 1)[-1] for name in names if f"/{kind}/" in name}
        assert set(components[kind]) == used, kind


def test_objects_with_members_have_no_others() -> None:
    # KC-1: unknown members are refused, never dropped.
    whole: Any = document(BASE)
    for path, part in parts(whole["components"]["schemas"]):
        if part.get("type") == "object" and "properties" in part:
            assert part["additionalProperties"] is False, path


def test_every_call_says_who_may_and_how_it_fails() -> None:
    whole: Any = document(BASE)
    seen = set()
    for path, calls in whole["paths"].items():
        for method, call in calls.items():
            assert method in METHODS
            assert call["operationId"] not in seen
            seen.add(call["operationId"])
            assert any(code.startswith("2") for code in call["responses"]), path
            if call["security"]:
                assert "401" in call["responses"], path
            if "requestBody" in call:
                assert {"413", "415", "422"} <= set(call["responses"]), path
            named = set(re.findall(r"{(\w+)}", path))
            given = {p["name"] for p in call.get("parameters", ()) if p["in"] == "path"}
            assert named == given, path


def test_every_move_takes_a_key_of_repetition() -> None:  # KC-6
    for operations in TOPICS.values():
        for operation in operations:
            if operation.method == "post" and operation.path != "/.consent/simulate":
                assert operation.once, operation.path


def test_the_examples_are_bodies_that_are_taken() -> None:
    read_request(NEW_REQUEST, BASE)
    read_draft(dict(NEW_PURPOSE), BASE, START)
    read_new_agency(dict(NEW_AGENCY), BASE, loopback=True)
    read_choice(APPROVAL, BASE)
    read_authority(dict(AUTHORITY))
    read_less({"count": 1}, BASE)
