# SPDX-License-Identifier: EUPL-1.2
"""The reference of the consent API as a page: all of it, from the same data, without script."""

import re

from consent.described.openapi import SCHEMAS, TOPICS
from dashboard.api_reference import kind_of, shapes_of
from tests.dashboard.conftest import Browser


async def test_every_call_and_every_shape_stands_on_it_for_everyone(someone: Browser) -> None:
    page = await someone.get("/-/api")

    assert page.status == 200
    for operations in TOPICS.values():
        for operation in operations:
            assert f"{operation.method.upper()} {operation.path}</code>" in page.text
            assert f'id="{operation.id}"' in page.text
    for name in SCHEMAS:
        assert f'id="shape-{name}"' in page.text
    assert "/.consent/openapi.json" in page.text


async def test_it_needs_no_script_and_loads_nothing_from_elsewhere(someone: Browser) -> None:
    page = await someone.get("/-/api")

    assert "<script" not in re.sub(r'<script src="/-/static/[^>]*></script>', "", page.text)
    loaded = re.findall(r'(?:src|href)="(https?://[^"]+)"', page.text)
    assert {address for address in loaded if not address.startswith(someone.base)} == set()
    assert "style=" not in page.text
    assert page.text.count("<h1") == 1


async def test_every_link_within_it_leads_somewhere(someone: Browser) -> None:
    page = await someone.get("/-/api")

    named = set(re.findall(r'id="([^"]+)"', page.text))
    assert set(re.findall(r'href="#([^"]+)"', page.text)) <= named | {"main"}
    assert len(re.findall(r'id="([^"]+)"', page.text)) == len(named)


def test_shapes_are_said_in_words() -> None:
    assert kind_of({"type": ["string", "null"], "format": "iri"}).words == "iri or null"
    assert kind_of({"enum": ["a", "b"]}).words == "one of a, b"
    assert kind_of({"type": "array", "items": {"$ref": "#/x/Datum"}}).shape == "Datum"
    assert [shape.name for shape in shapes_of("Simulated")] == [
        "Simulated",
        "Simulated 2",
        "Simulated 3",
    ]
