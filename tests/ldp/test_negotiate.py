# SPDX-License-Identifier: EUPL-1.2
"""The form that suits the caller best is chosen (SP-51, SP-53)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldp.negotiate import choose

TURTLE, JSON_LD, NT = "text/turtle", "application/ld+json", "application/n-triples"
ALL = (TURTLE, JSON_LD, NT)


@pytest.mark.parametrize(
    ("accept", "offered", "chosen"),
    [
        pytest.param(None, ALL, TURTLE, id="SP-51 no header"),
        pytest.param("", ALL, TURTLE, id="SP-51 empty header"),
        pytest.param("*/*", (JSON_LD, TURTLE), JSON_LD, id="SP-51 anything"),
        pytest.param("*/*;q=0.1", ALL, TURTLE, id="anything, little"),
        pytest.param(JSON_LD, ALL, JSON_LD, id="one"),
        pytest.param("APPLICATION/LD+JSON", ALL, JSON_LD, id="case"),
        pytest.param(f"{JSON_LD}, {TURTLE}", ALL, TURTLE, id="of equals the first offered"),
        pytest.param(f"{TURTLE};q=0.5, {JSON_LD};q=0.9", ALL, JSON_LD, id="weights"),
        pytest.param(f"{TURTLE} ; Q=0.5 , {JSON_LD} ; q=0.9", ALL, JSON_LD, id="spaces"),
        pytest.param("text/*;q=0.2, application/*;q=0.4", ALL, JSON_LD, id="half wildcards"),
        pytest.param(f"text/*, {TURTLE};q=0.1, {NT};q=0.3", ALL, NT, id="the most exact decides"),
        pytest.param(f"{JSON_LD}, */*", ALL, JSON_LD, id="of equals the one named exactly"),
        pytest.param(f"{TURTLE};q=0, */*", ALL, JSON_LD, id="SP-53 q=0 excludes"),
        pytest.param(f"{TURTLE};q=0", ALL, None, id="SP-53 only q=0"),
        pytest.param("*/*;q=0", ALL, None, id="SP-53 nothing at all"),
        pytest.param(f"*/*;q=0, {NT};q=0.000", ALL, None, id="SP-53 q=0.000"),
        pytest.param("text/html", ALL, None, id="SP-53 none"),
        pytest.param(f"{TURTLE};charset=utf-8", ALL, TURTLE, id="SP-53 charset"),
        pytest.param(
            f'{JSON_LD};profile="http://www.w3.org/ns/json-ld#compacted";q=0.9, {TURTLE};q=0.1',
            ALL,
            JSON_LD,
            id="SP-53 profile",
        ),
        pytest.param(
            f'{JSON_LD};profile="a,b;q=0, {TURTLE}\\"", {NT};q=0.1', ALL, JSON_LD, id="quotes"
        ),
        pytest.param(f"{JSON_LD};q=1;ext=x", ALL, JSON_LD, id="parameter after the weight"),
        pytest.param(f"{JSON_LD};q=2, {NT};q=x, {TURTLE};q=.2", ALL, TURTLE, id="bad weights"),
        pytest.param(f"{JSON_LD};q=-1, {NT};q=0.1234", ALL, TURTLE, id="nothing readable"),
        pytest.param(f"nonsense, /, ;q=1, {JSON_LD}", ALL, JSON_LD, id="bad parts"),
        pytest.param("text/html, image/gif, *; q=.2, */*; q=.2", ALL, TURTLE, id="Java's client"),
        pytest.param("image/png", ("image/png; x=y",), "image/png; x=y", id="offered as it is"),
        pytest.param(TURTLE, (), None, id="nothing offered"),
        pytest.param(None, (), None, id="nothing offered, no header"),
        pytest.param(
            "image/*;q=0.9, */*;q=0.1, application/rdf+xml;q=0.9, text/html;q=0.9, "
            "text/plain;q=0.5, text/n3;q=1.0, text/turtle;q=1",
            (JSON_LD, TURTLE),
            TURTLE,
            id="rdflib.js",
        ),
    ],
)
def test_the_best_form_is_chosen(
    accept: str | None, offered: tuple[str, ...], chosen: str | None
) -> None:
    assert choose(accept, offered) == chosen


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from('text/turtle , ; q= 0 .5 * " \\ x')).map("".join)
)
def test_any_header_leads_to_something_offered_or_nothing(accept: str) -> None:
    assert choose(accept, ALL) in (*ALL, None)


@given(st.permutations([(TURTLE, 3), (JSON_LD, 7), (NT, 5), ("text/html", 9)]))
def test_the_order_of_the_header_does_not_matter(parts: list[tuple[str, int]]) -> None:
    accept = ", ".join(f"{media_type};q=0.{weight}" for media_type, weight in parts)

    assert choose(accept, ALL) == JSON_LD


@pytest.mark.timeout(2)
@pytest.mark.parametrize("unit", ['"\\', '="a', ',"', ";q=1", "*", "\\"])
def test_a_hostile_header_is_read_in_one_go(unit: str) -> None:
    accept = unit * 200_000

    assert choose(accept, ALL) == choose(accept, ALL)
