# SPDX-License-Identifier: EUPL-1.2
"""KC-9 to KC-11: screening, one broken limit at a time, and rates."""

from typing import Any

import pytest

from consent.asking.requests import find_request
from consent.texts import trouble_in
from pod.database import Tx
from pod.errors import PodError, Unprocessable
from pod.instant import DAY, HOUR, text_of
from pod.national_number import has_national_number

from .conftest import BANK_WHO, BASE, LOON, SLIPS, START, Village
from .steps import asked

WIDE = [{"target": SLIPS[0], "properties": [f"{LOON}bankrekeningnummer"]}]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        pytest.param({"duration": "P7M"}, "/duration", id="longer"),
        pytest.param({"duration": None, "validUntil": text_of(START + 300 * DAY)}, "/validUntil",
                     id="until too late"),
        pytest.param({"duration": None, "validUntil": text_of(START - DAY)}, "/validUntil",
                     id="over already"),
        pytest.param({"count": 11}, "/count", id="more often"),
        pytest.param({"retention": "P2Y"}, "/retention", id="kept longer"),
        pytest.param({"recipients": ["https://x.example/"]}, "/recipients", id="recipients"),
        pytest.param({"countries": ["US"]}, "/countries", id="countries"),
        pytest.param({"modes": ["read", "append"]}, "/modes", id="modes"),
        pytest.param({"data": WIDE}, "/data/0", id="properties"),
        pytest.param({"data": [{"target": SLIPS[0]}]}, "/data/0", id="whole resource"),
        pytest.param({"data": [{"class": "https://x.example/T"}]}, "/data/0", id="class"),
        pytest.param({"purpose": f"{BASE}.consent/purposes/no/1"}, "/purpose", id="unknown"),
        pytest.param({"purpose": f"{BASE}.consent/purposes/ontwerp/1"}, "/purpose", id="draft"),
        pytest.param({"purpose": f"{BASE}.consent/purposes/bank/1"}, "/purpose", id="not theirs"),
        pytest.param({"purpose": f"{BASE}.consent/purposes/wettelijk/1"}, "/purpose", id="lane"),
        pytest.param({"renews": f"{BASE}.consent/grants/x"}, "/renews", id="renews nothing"),
        pytest.param({"callback": "https://evil.example/"}, "/callback", id="callback"),
        pytest.param({"ifRefused": {"en": "Then you pay."}}, "/ifRefused/nl", id="no Dutch"),
        pytest.param({"decisionDeadline": text_of(START)}, "/decisionDeadline", id="deadline"),
        pytest.param(
            {"data": [{"target": f"{BASE}{pod}/x", "properties": [f"{LOON}brutoloon"]}
                      for pod in ("an", "youssef")]}, "/data", id="two pods"),
    ],
)  # fmt: skip
async def test_beyond_the_limits_is_screened_out(
    village: Village, changes: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(Unprocessable) as refused:
        await asked(village, **changes)

    assert refused.value.problem == "request-screened-out"
    assert pointer in [error["pointer"] for error in refused.value.errors]


async def test_every_broken_limit_is_named(village: Village) -> None:
    with pytest.raises(Unprocessable) as refused:
        await asked(village, count=99, retention="P9Y", countries=["US"])

    assert [(e["pointer"], e["asked"], e["allowed"]) for e in refused.value.errors] == [
        ("/countries", ["US"], ["BE"]),
        ("/count", 99, 10),
        ("/retention", "P9Y", "P1Y"),
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"duration": "P1M", "validUntil": text_of(START + DAY)}, "bad-term"),
        ({"count": 0}, "bad-term"),
        ({"count": True}, "bad-term"),
        ({"renews": "x"}, "bad-term"),
        ({"subject": "An"}, "bad-term"),
        ({"data": []}, "bad-term"),
        ({"ifRefused": {"xx": "?"}}, "bad-term"),
    ],
)
async def test_what_cannot_be_read_is_told(
    village: Village, changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(PodError) as refused:
        await asked(village, **changes)

    assert refused.value.problem == problem


async def test_what_is_left_out_is_the_purposes_own(village: Village) -> None:
    name = await asked(village, duration=None, count=None, retention=None)

    kept = await village.db.read(find_request, name)

    assert kept is not None
    assert (kept.terms.duration, kept.terms.count, kept.terms.retention) == ("P6M", 10, "P1Y")
    assert kept.if_refused["nl"] == "U betaalt dan het gewone tarief."
    assert kept.deadline == START + 30 * DAY


async def test_another_agencys_purpose_is_not_its_own(village: Village) -> None:
    with pytest.raises(Unprocessable) as refused:
        await asked(village, BANK_WHO)

    assert refused.value.errors[0]["pointer"] == "/purpose"


async def test_twenty_open_requests_to_one_person_are_the_most(village: Village) -> None:
    # KC-11: answered to the agency alone, whoever the person is.
    for _ in range(20):
        await asked(village)

    with pytest.raises(Unprocessable) as refused:
        await asked(village)

    assert refused.value.errors[0]["pointer"] == "/subject"
    assert await asked(village, subject=f"{BASE}nobody/card#me")


async def test_so_many_requests_an_hour_are_the_most(village: Village) -> None:
    for number in range(50):
        await asked(village, subject=f"{BASE}person{number}/card#me")
    with pytest.raises(Unprocessable):
        await asked(village)

    village.later(HOUR)

    assert await asked(village)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("Gewoon een zin, met 12 cijfers: 123456789012.", None),
        ("85.07.30-033.28", "national number"),
        ("85073003328", "national number"),
        ("nr:85 07 30 033 28.", "national number"),
        ("\u0668\u0665\u0660\u0667\u0663\u0660\u0660\u0663\u0663\u0662\u0668", "national number"),
        ("85073003329", None),
        ("+32 470 12 34 56", None),
        ("a\u202eb", "direction"),
        ("a\u2066b", "direction"),
        ("a\x00b", "control"),
        ("a\u200bb", "control"),
        ("x" * 2001, "characters"),
    ],
)
def test_texts_are_guarded(text: str, trouble: str | None) -> None:
    found = trouble_in(text)

    assert (found is None) if trouble is None else (found is not None and trouble in found)


def test_a_test_number_is_found_by_its_check_digits() -> None:
    # domain.md §1: month 61 to 72, last two digits 97 minus the rest mod 97.
    stem = "906512123"
    good = f"{stem}{97 - int(stem) % 97:02d}"

    assert has_national_number(good)
    assert not has_national_number(f"{stem}{(97 - int(stem) % 97) % 97 + 1:02d}")


async def test_a_suspended_agency_cannot_ask(village: Village) -> None:
    async def suspend(tx: Tx) -> None:
        await tx.run("UPDATE agency SET state = 'suspended'")

    await village.db.write(None, suspend)

    with pytest.raises(PodError) as refused:
        await asked(village)

    assert refused.value.problem == "not-an-agency"
