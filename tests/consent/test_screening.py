# SPDX-License-Identifier: EUPL-1.2
"""KC-11 over HTTP: what is screened out, with what was asked and what is allowed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.asking.request import read_request
from consent.asking.screening import completed, limit_troubles, purpose_troubles, text_troubles
from consent.house import House, Rates
from consent.registry.agency import read_agency
from consent.registry.purpose import Purpose, read_purpose
from pod.database import Tx
from pod.instant import HOUR, text_of
from pod.iri import Iri

from .conftest import (
    AGENCIES,
    AGENCY,
    BASE,
    LOON,
    PERMITTED,
    PURPOSE,
    PURPOSES,
    SLIPS,
    START,
    Village,
    a_request,
)
from .office import open_office
from .test_http import Api

PATH = "/.consent/requests"
NUMBER = "85.07.30-033.28"
MANY = [f"https://x.example/{number}" for number in range(10_000)]


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    async with open_office(village) as office:
        yield office


async def broken(api: Api, who: str = "agency", **changes: object) -> list[dict[str, Any]]:
    """The errors of a request that is screened out; it is nowhere to be seen."""
    answer, body = await api.call("POST", PATH, who, json=a_request(**changes))
    assert answer.status == 422, body
    assert body["type"].endswith("#request-screened-out")
    assert (await api.get(PATH, "an"))["items"] == []
    errors: list[dict[str, Any]] = body["errors"]
    return errors


@pytest.mark.parametrize(
    ("changes", "pointer", "asked", "allowed"),
    [
        ({"duration": "P7M"}, "/duration", "P7M", "P6M"),
        ({"count": 11}, "/count", 11, 10),
        ({"retention": "P2Y"}, "/retention", "P2Y", "P1Y"),
        ({"countries": ["BE", "US"]}, "/countries", ["BE", "US"], ["BE"]),
        ({"recipients": ["x"]}, "/recipients", ["x"], []),
        ({"modes": ["append"]}, "/modes", ["append"], ["read"]),
        ({"modes": ["control"]}, "/modes", ["control"], ["read"]),
        ({"callback": "https://evil.example/"}, "/callback", "https://evil.example/",
         ["https://opvang.example/kluis"]),
        ({"ifRefused": {"en": "x"}}, "/ifRefused/nl", ["en"], ["nl"]),
        ({"decisionDeadline": text_of(START)}, "/decisionDeadline", text_of(START),
         text_of(START + 366 * 24 * HOUR)),
        ({"purpose": f"{BASE}.consent/purposes/wettelijk/1"}, "/purpose", "statutory", "consent"),
        ({"purpose": f"{BASE}.consent/purposes/ontwerp/1"}, "/purpose", "draft", "published"),
        ({"purpose": f"{BASE}.consent/purposes/bank/1"}, "/purpose",
         f"{BASE}.consent/purposes/bank/1", None),
        ({"purpose": f"{BASE}nooit"}, "/purpose", f"{BASE}nooit", None),
    ],
)  # fmt: skip
async def test_a_broken_limit_says_what_was_asked_and_what_is_allowed(
    api: Api, changes: dict[str, Any], pointer: str, asked: object, allowed: object
) -> None:
    (error,) = await broken(api, **changes)

    assert (error["pointer"], error["asked"], error["allowed"]) == (pointer, asked, allowed)
    assert error["detail"]


@pytest.mark.parametrize("state", ["suspended", "retired"])
async def test_a_purpose_that_may_not_be_asked_now(api: Api, state: str) -> None:
    await api.village.db.write(None, _set, state)

    (error,) = await broken(api)

    assert (error["pointer"], error["asked"], error["allowed"]) == ("/purpose", state, "published")


async def _set(tx: Tx, state: str) -> None:
    await tx.run("UPDATE purpose SET state = :state WHERE id = :id", state=state, id=PURPOSE)


async def test_data_outside_the_classes_say_which_there_are(api: Api) -> None:
    data = [
        {"target": SLIPS[0], "properties": [f"{LOON}bankrekeningnummer"]},
        {"class": "https://x.example/T"},
        {"target": SLIPS[1]},
    ]

    errors = await broken(api, data=data)

    assert [error["pointer"] for error in errors] == ["/data/0", "/data/1", "/data/2"]
    assert errors[0]["allowed"][0]["class"] == f"{LOON}Loonfiche"
    assert f"{LOON}brutoloon" in errors[0]["allowed"][0]["properties"]


async def test_every_broken_limit_is_named_at_once(api: Api) -> None:
    errors = await broken(
        api, duration="P9M", count=99, retention="P9Y", countries=["US"], ifRefused={"fr": "x"}
    )

    assert [error["pointer"] for error in errors] == [
        "/countries",
        "/duration",
        "/count",
        "/retention",
        "/ifRefused/nl",
    ]


HOSTILE = ["a\x00b", "x\u202egnp.exe", "y\u2066z", "\ufeffx", f"over {NUMBER}", "x" * 2001]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    ("pointer", "member"),
    [
        ("/case", lambda text: {"case": text}),
        ("/subject", lambda text: {"subject": text}),
        ("/purpose", lambda text: {"purpose": text}),
        ("/callback", lambda text: {"callback": text}),
        ("/renews", lambda text: {"renews": text}),
        ("/duration", lambda text: {"duration": text}),
        ("/count", lambda text: {"count": text}),
        ("/minInterval", lambda text: {"minInterval": text}),
        ("/retention", lambda text: {"retention": text}),
        ("/validFrom", lambda text: {"validFrom": text}),
        ("/validUntil", lambda text: {"validUntil": text}),
        ("/decisionDeadline", lambda text: {"decisionDeadline": text}),
        ("/ifRefused/nl", lambda text: {"ifRefused": {"nl": text}}),
        ("/modes/0", lambda text: {"modes": [text]}),
        ("/recipients/0", lambda text: {"recipients": [text]}),
        ("/countries/1", lambda text: {"countries": ["BE", text]}),
        ("/data/0/target", lambda text: {"data": [{"target": text}]}),
        ("/data/0/class", lambda text: {"data": [{"class": text}]}),
        ("/data/0/properties/0", lambda text: {"data": [{"class": LOON, "properties": [text]}]}),
        ("/data/0", lambda text: {"data": [{"class": LOON, text: 1}]}),
        ("", lambda text: {text: 1}),
    ],
)
async def test_hostile_text_stands_in_no_member(
    api: Api, text: str, pointer: str, member: Any
) -> None:
    answer, body = await api.call("POST", PATH, "agency", json=a_request(**member(text)))

    assert answer.status == 422
    assert body["type"].endswith("#request-screened-out")
    assert pointer in [error["pointer"] for error in body["errors"]]
    assert text not in str(body)
    assert NUMBER not in str(body)
    assert (await api.get(PATH, "an"))["items"] == []


async def test_markup_is_text_and_no_more(api: Api) -> None:
    said = "<script>alert(1)</script>"

    answer, made = await api.call(
        "POST", PATH, "agency", json=a_request(ifRefused={"nl": said}, case=said)
    )

    assert answer.status == 202
    assert answer.content_type == "application/json"
    assert made["ifRefused"]["nl"] == said


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"data": [{"target": SLIPS[0], "properties": MANY}]}, "/data/0/properties"),
        ({"data": [{"class": each} for each in MANY[:101]]}, "/data"),
        ({"recipients": MANY}, "/recipients"),
        ({"data": {}}, "/data"),
        ({"data": [3]}, "/data"),
        ({"subject": 3}, "/subject"),
        ({"subject": None}, "/subject"),
        ({"purpose": None}, "/purpose"),
        ({"modes": "read"}, "/modes"),
        ({"duration": "P3M", "validUntil": text_of(START + HOUR)}, "/duration"),
        ({"duration": "-P1D"}, "/duration"),
        ({"count": 1.5}, "/count"),
        ({"count": 2**40}, "/count"),
        ({"ifRefused": {"nl": ""}}, "/ifRefused/nl"),
        ({"ifRefused": {"tlh": "x"}}, "/ifRefused/tlh"),
        ({"colour": "red"}, "/colour"),
    ],
)
async def test_what_cannot_be_read_is_named_and_not_kept(
    api: Api, changes: dict[str, Any], pointer: str
) -> None:
    body = {**a_request(), **changes}
    answer, said = await api.call("POST", PATH, "agency", json={k: v for k, v in body.items() if v})

    assert answer.status == 422
    assert pointer in [error["pointer"] for error in said["errors"]]
    assert (await api.get(PATH, "an"))["items"] == []


async def test_each_datum_that_does_not_fit_is_named(api: Api) -> None:
    data = [{"target": SLIPS[0], "properties": PERMITTED}, {"target": 3}, {"class": LOON, "x": 1}]

    answer, said = await api.call("POST", PATH, "agency", json=a_request(data=data))

    assert answer.status == 422
    assert [e["pointer"] for e in said["errors"]] == ["/data/1/target", "/data/2/x"]


async def test_an_agency_that_is_not_one_is_told_before_anything_is_read(api: Api) -> None:
    for who in ("an", "agency by an unknown app"):
        refused = await api.problem("POST", PATH, who, json={"x": NUMBER})
        assert refused == (403, "not-an-agency")
    assert await api.problem("POST", PATH, json={"x": 1}) == (401, "not-signed-in")


async def test_over_the_rate_of_an_hour_is_screened_out_until_it_has_passed(
    village: Village,
) -> None:
    narrow: House = replace(village.house, rates=Rates(per_hour=2, open_per_subject=2))
    village.house = narrow
    async with open_office(village) as api:
        for _ in range(2):
            answer, _ = await api.call("POST", PATH, "agency", json=a_request())
            assert answer.status == 202

        refused, body = await api.call("POST", PATH, "agency", json=a_request())

        assert refused.status == 422
        assert [(e["pointer"], e["asked"], e["allowed"]) for e in body["errors"]] == [
            ("", 3, 2),
            ("/subject", 3, 2),
        ]
        village.later(HOUR)
        other = a_request(subject=f"{BASE}niemand/profile/card#me")
        answer, _ = await api.call("POST", PATH, "agency", json=other)
        assert answer.status == 202


LENGTHS = st.sampled_from(["P1D", "P1M", "P6M", "P7M", "P2Y"])
OPTIONAL = {
    "count": st.integers(1, 30),
    "retention": LENGTHS,
    "minInterval": LENGTHS,
    "countries": st.lists(st.sampled_from(["BE", "US"]), unique=True),
    "recipients": st.lists(st.sampled_from(["a", "b"]), unique=True),
    "ifRefused": st.dictionaries(st.sampled_from(["nl", "en"]), st.just("x"), min_size=1),
    "duration": LENGTHS,
}


@settings(max_examples=200, deadline=None)
@given(changes=st.fixed_dictionaries({}, optional=OPTIONAL))
def test_what_passes_stays_inside_every_limit(changes: dict[str, Any]) -> None:
    """Property: a request either breaks a limit by name, or all its terms are within all limits."""
    purpose: Purpose = read_purpose(PURPOSES[0], BASE)
    agency = read_agency(AGENCIES[0], BASE)
    assert agency.id == AGENCY
    body = {**a_request(duration=None, count=None, retention=None), **changes}
    asked = completed(read_request(body, Iri(BASE)), purpose)
    assert text_troubles(body) == []
    assert purpose_troubles(asked, purpose, agency) == []

    found = {each.pointer for each in limit_troubles(asked, purpose, agency, START)}

    terms = asked.terms
    expected = {
        "/count": (terms.count or 0) > 10,
        "/retention": terms.retention in ("P2Y",),
        "/duration": terms.duration in ("P7M", "P2Y"),
        "/countries": "US" in terms.countries,
        "/recipients": bool(terms.recipients),
        "/ifRefused/nl": "nl" not in (asked.if_refused or {}),
    }
    assert found == {pointer for pointer, wrong in expected.items() if wrong}
