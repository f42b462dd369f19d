# SPDX-License-Identifier: EUPL-1.2
"""Terms: written and read alike, and narrowing that never adds anything (invariant 6)."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.asking.request import Asked, read_request
from consent.durations import plus, read_length
from consent.reading import Members
from consent.terms import Datum, Terms, narrower, read_data, terms_json, terms_of
from pod.errors import PodError, Unprocessable
from pod.instant import HOUR, read_instant, text_of
from pod.iri import Iri

BASE = Iri("http://localhost:3000/")
NAMES = ["an/", "an/a/", "an/a/x", "an/a/y", "an/b", "an/a/x.acl", "an/ab"]
IRIS = [Iri(BASE + name) for name in NAMES]
NOW = 1_790_000_000_000

_data = st.builds(
    lambda target, properties, members: Datum(
        target, None, properties, members and target.endswith("/")
    ),
    st.sampled_from([iri for iri in IRIS if not iri.endswith(".acl")]),
    st.none()
    | st.lists(st.sampled_from(["p:a", "p:b", "p:c"]), min_size=1, unique=True).map(
        lambda names: tuple(sorted(names))
    ),
    st.booleans(),
)
_terms = st.builds(
    Terms,
    st.lists(_data, min_size=1, max_size=4).map(tuple),
    st.sampled_from([("read",), ("append",), ("append", "read")]),
    st.none() | st.integers(NOW - HOUR, NOW + HOUR),
    st.integers(NOW + HOUR, NOW + 9 * HOUR),
    st.none(),
    st.none() | st.integers(1, 5),
    st.sampled_from([None, "PT1H", "PT2H"]),
    st.sampled_from([None, "P1Y", "P2Y"]),
    st.sampled_from([(), ("r",), ("r", "s")]),
    st.sampled_from([(), ("BE",)]),
    st.sampled_from([None, "A"]),
)


def readable(terms: Terms, iri: Iri, name: str) -> bool:
    """Whether a value under that property of that name could be read by these terms."""
    return "read" in terms.modes and any(
        datum.covers(iri) and (datum.properties is None or name in datum.properties)
        for datum in terms.data
    )


@given(_terms, _terms)
def test_narrower_terms_never_make_anything_more_readable(one: Terms, other: Terms) -> None:
    if not narrower(one, other, NOW):
        return
    for iri in IRIS:
        for name in ("p:a", "p:b", "p:z"):
            assert not readable(one, iri, name) or readable(other, iri, name)
    assert one.window(NOW)[1] <= other.window(NOW)[1]
    assert other.count is None or (one.count or 99) <= other.count


@given(_terms)
def test_terms_are_narrower_than_themselves_and_come_back_from_their_row(terms: Terms) -> None:
    assert narrower(terms, terms, NOW)
    assert terms_of(orjson.loads(orjson.dumps(terms_json(terms)))) == terms


@given(_terms)
def test_acls_and_descriptions_are_never_covered(terms: Terms) -> None:
    for iri in IRIS:
        for ending in (".acl", ".meta"):
            assert not any(datum.covers(Iri(iri + ending)) for datum in terms.data)


def test_a_neighbour_with_a_longer_name_is_not_covered() -> None:
    datum = Datum(Iri(f"{BASE}an/a/"), None, None, members=True)

    assert datum.covers(Iri(f"{BASE}an/a/x/y"))
    assert not datum.covers(Iri(f"{BASE}an/ab"))
    assert not Datum(Iri(f"{BASE}an/a/"), None, None).covers(Iri(f"{BASE}an/a/x"))


@pytest.mark.parametrize(
    ("item", "pointer"),
    [
        ({}, "/data/0/target"),
        ({"target": f"{BASE}an/x", "class": "https://x.example/T"}, "/data/0/target"),
        ({"target": f"{BASE}an/x", "colour": 1}, "/data/0/colour"),
        ({"target": f"{BASE}an/x", "members": True}, "/data/0/members"),
        ({"target": f"{BASE}an/x", "properties": []}, "/data/0/properties"),
        ({"target": f"{BASE}an/x", "properties": "p"}, "/data/0/properties"),
        ({"target": f"{BASE}an/../x"}, "/data/0/target"),
        ({"target": f"{BASE}an/x?y"}, "/data/0/target"),
        ({"target": f"{BASE}an/x#y"}, "/data/0/target"),
        ({"target": "an/x"}, "/data/0/target"),
        ({"target": 7}, "/data/0/target"),
        ({"class": "geen iri"}, "/data/0/class"),
    ],
)
def test_data_that_is_not_put_well_is_named(item: dict[str, object], pointer: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        read_data(Members({"data": [item]}), BASE)

    assert refused.value.errors[0]["pointer"] == pointer


def test_a_target_is_kept_in_its_one_spelling() -> None:
    [datum] = read_data(Members({"data": [{"target": f"{BASE}an//%7Ex"}]}), BASE)

    assert datum.target == f"{BASE}an/~x"


@pytest.mark.parametrize(
    ("start", "length", "end"),
    [
        ("2026-11-24T10:00:00Z", "P3M", "2027-02-24T10:00:00Z"),
        ("2027-01-31T12:00:00Z", "P1M", "2027-02-28T12:00:00Z"),
        ("2028-02-29T12:00:00Z", "P1Y", "2029-02-28T12:00:00Z"),
        ("2026-03-28T09:00:00Z", "P1D", "2026-03-29T08:00:00Z"),
        ("2026-03-28T09:00:00Z", "PT24H", "2026-03-29T09:00:00Z"),
        ("2026-10-24T08:00:00Z", "P1D", "2026-10-25T09:00:00Z"),
        ("2026-11-24T10:00:00Z", "P1Y2M3W4DT5H6M7S", "2028-02-18T15:06:07Z"),
        # The hour that autumn has twice: hours and minutes pass exactly, in both halves.
        ("2026-10-25T00:30:00Z", "PT10M", "2026-10-25T00:40:00Z"),
        ("2026-10-25T01:30:00Z", "PT10M", "2026-10-25T01:40:00Z"),
        ("2026-10-25T01:30:00Z", "PT1H", "2026-10-25T02:30:00Z"),
        ("2026-03-29T00:30:00Z", "PT1H", "2026-03-29T01:30:00Z"),
    ],
)
def test_lengths_are_counted_on_the_calendar_in_brussels(start: str, length: str, end: str) -> None:
    assert text_of(plus(read_instant(start), length)) == end


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1", "3M", "p3m", "P-1D", "-P1D", "P1.5M", "P1D\n", "P0D", "P1H", "P1DT"],
)
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(Unprocessable):
        read_length(text)


def test_a_length_past_the_calendar_is_refused() -> None:
    with pytest.raises(Unprocessable):
        plus(NOW, "P9999Y")
    with pytest.raises(Unprocessable):
        plus(read_instant("9999-12-31T23:30:00Z"), "P1D")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=5,
)
_MEMBERS = [
    "subject", "purpose", "data", "modes", "validFrom", "validUntil", "duration", "count",
    "minInterval", "retention", "recipients", "countries", "case", "ifRefused", "callback",
    "decisionDeadline", "renews",
]  # fmt: skip


@given(st.dictionaries(st.sampled_from(_MEMBERS), _json))
def test_whatever_is_sent_is_read_or_refused_in_words(changes: dict[str, object]) -> None:
    body: dict[str, object] = {
        "subject": f"{BASE}an/card#me",
        "purpose": f"{BASE}.consent/purposes/x/1",
        "data": [{"target": f"{BASE}an/x"}],
        **changes,
    }
    outcome: Asked | PodError
    try:
        outcome = read_request(body, BASE)
    except PodError as error:
        outcome = error

    if isinstance(outcome, PodError):
        assert outcome.problem in ("bad-term", "unknown-term")
        assert outcome.errors
    else:
        assert outcome.terms.data
