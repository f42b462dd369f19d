# SPDX-License-Identifier: EUPL-1.2
"""Preconditions of writes and reads by RFC 9110 §13 and decision 34."""

from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ldp.conditions import NONE, check_read, check_write, not_modified, read_conditions
from pod.errors import Stale

ETAG = '"5.ttl"'
MOMENT = 1_735_732_800_123
AT = "Wed, 01 Jan 2025 12:00:00 GMT"
BEFORE = "Wed, 01 Jan 2025 11:59:59 GMT"
AFTER = "Wed, 01 Jan 2025 12:00:01 GMT"


@pytest.mark.parametrize(
    ("headers", "version", "holds"),
    [
        pytest.param({}, 5, True, id="none"),
        pytest.param({}, None, True, id="none, absent"),
        pytest.param({"If-Match": '"5.ttl"'}, 5, True, id="the same"),
        pytest.param({"If-Match": '"5.jsonld"'}, 5, True, id="decision 34: another variant"),
        pytest.param({"If-Match": '"5.ttl.k3x"'}, 5, True, id="decision 34: under a grant"),
        pytest.param({"If-Match": '"4.ttl"'}, 5, False, id="older"),
        pytest.param({"If-Match": '"0.t"'}, 5, False, id="n3-patch example 34"),
        pytest.param({"If-Match": '"55.ttl"'}, 5, False, id="longer"),
        pytest.param({"If-Match": '"4.ttl", "5.ttl"'}, 5, True, id="one of several"),
        pytest.param({"If-Match": 'W/"5.ttl"'}, 5, False, id="weak never matches"),
        pytest.param({"If-Match": 'W/"5.ttl", "5.n"'}, 5, True, id="weak and strong"),
        pytest.param({"If-Match": "*"}, 5, True, id="star"),
        pytest.param({"If-Match": "*"}, None, False, id="star, absent"),
        pytest.param({"If-Match": '"5.ttl"'}, None, False, id="any tag, absent"),
        pytest.param({"If-Match": "5.ttl"}, 5, False, id="no tag at all"),
        pytest.param({"If-Match": ""}, 5, False, id="empty"),
        pytest.param({"If-Match": '"*"'}, 5, False, id="a star in quotes is a tag"),
        pytest.param({"If-None-Match": "*"}, None, True, id="create, absent"),
        pytest.param({"If-None-Match": "*"}, 5, False, id="create, there"),
        pytest.param({"If-None-Match": '"5.ttl"'}, 5, False, id="excluded state"),
        pytest.param({"If-None-Match": 'W/"5.n"'}, 5, False, id="excluded state, weak"),
        pytest.param({"If-None-Match": '"4.ttl"'}, 5, True, id="other state"),
        pytest.param({"If-None-Match": '"4.ttl"'}, None, True, id="other state, absent"),
        pytest.param({"If-Match": '"5.ttl"', "If-None-Match": "*"}, 5, False, id="both"),
        pytest.param({"If-Unmodified-Since": AT}, 5, True, id="second precision"),
        pytest.param({"If-Unmodified-Since": AFTER}, 5, True, id="unmodified"),
        pytest.param({"If-Unmodified-Since": BEFORE}, 5, False, id="modified"),
        pytest.param({"If-Unmodified-Since": BEFORE}, None, True, id="no date there"),
        pytest.param({"If-Unmodified-Since": "soon"}, 5, True, id="no date sent"),
        pytest.param(
            {"If-Match": '"5.ttl"', "If-Unmodified-Since": BEFORE}, 5, True, id="If-Match first"
        ),
        pytest.param({"If-Modified-Since": AFTER}, 5, True, id="not for writes"),
    ],
)
def test_a_write_happens_only_as_demanded(
    headers: dict[str, str], version: int | None, holds: bool
) -> None:
    modified = None if version is None else MOMENT

    with nullcontext() if holds else pytest.raises(Stale):
        check_write(read_conditions(headers), version, modified)


@pytest.mark.parametrize(
    ("headers", "same"),
    [
        pytest.param({}, False, id="none"),
        pytest.param({"If-None-Match": '"5.ttl"'}, True, id="the same"),
        pytest.param({"If-None-Match": 'W/"5.ttl"'}, True, id="weak comparison"),
        pytest.param({"If-None-Match": '"5.jsonld"'}, False, id="another variant"),
        pytest.param({"If-None-Match": '"5.ttl.k3x"'}, False, id="another view"),
        pytest.param({"If-None-Match": '"4.ttl" , "5.ttl"'}, True, id="one of several"),
        pytest.param({"If-None-Match": "*"}, True, id="star"),
        pytest.param({"If-None-Match": "5.ttl"}, False, id="no tag at all"),
        pytest.param({"If-Modified-Since": AT}, True, id="second precision"),
        pytest.param({"If-Modified-Since": AFTER}, True, id="later"),
        pytest.param({"If-Modified-Since": BEFORE}, False, id="modified"),
        pytest.param({"If-Modified-Since": "soon"}, False, id="no date"),
        pytest.param(
            {"If-None-Match": '"4.ttl"', "If-Modified-Since": AFTER}, False, id="tag before date"
        ),
    ],
)
def test_a_caller_that_has_it_already_gets_no_body(headers: dict[str, str], same: bool) -> None:
    assert not_modified(read_conditions(headers), ETAG, MOMENT, is_container=False) is same


def test_the_date_of_a_container_settles_nothing_and_its_tag_does() -> None:
    # SP-34
    by_date = read_conditions({"If-Modified-Since": AFTER})
    by_tag = read_conditions({"If-None-Match": ETAG})

    assert not not_modified(by_date, ETAG, MOMENT, is_container=True)
    assert not_modified(by_tag, ETAG, MOMENT, is_container=True)


@pytest.mark.parametrize(
    ("headers", "holds"),
    [
        pytest.param({}, True, id="none"),
        pytest.param({"If-Match": '"5.ttl"'}, True, id="the same"),
        pytest.param({"If-Match": 'W/"5.ttl"'}, False, id="weak never matches"),
        pytest.param({"If-Match": '"5.jsonld"'}, False, id="another representation"),
        pytest.param({"If-Match": "*"}, True, id="star"),
        pytest.param({"If-Unmodified-Since": BEFORE}, False, id="modified"),
        pytest.param({"If-Unmodified-Since": AT}, True, id="second precision"),
        pytest.param({"If-Match": '"5.ttl"', "If-Unmodified-Since": BEFORE}, True, id="tag first"),
        pytest.param({"If-None-Match": ETAG}, True, id="not its matter"),
    ],
)
def test_a_read_goes_on_only_from_what_the_caller_names(
    headers: dict[str, str], holds: bool
) -> None:
    with nullcontext() if holds else pytest.raises(Stale):
        check_read(read_conditions(headers), ETAG, MOMENT)


def test_a_request_without_conditions_costs_no_object() -> None:
    assert read_conditions({"Accept": "*/*"}) is NONE


@given(st.dictionaries(st.sampled_from(["If-Match", "If-None-Match"]), st.text(), min_size=1))
def test_any_header_is_read_and_only_tags_of_ours_match(headers: dict[str, str]) -> None:
    conditions = read_conditions(headers)

    ours = any("*" in value or "5" in value for value in headers.values())
    assert ours or not not_modified(conditions, ETAG, MOMENT, is_container=False)
    if "If-Match" in headers and not ours:
        with pytest.raises(Stale):
            check_write(conditions, 5, MOMENT)
