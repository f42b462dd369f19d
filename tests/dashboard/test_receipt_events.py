# SPDX-License-Identifier: EUPL-1.2
"""A receipt says what happened in words: every kind of event has one, in the order it happened."""

import re

from consent.proof.record import _STATUS as KINDS
from dashboard.receipts import _STATUS as WORDS
from tests.dashboard.conftest import Browser, Town
from tests.dashboard.test_flow import say_yes, with_slips


def test_every_kind_of_event_has_a_word() -> None:
    assert [kinds for kinds in KINDS.values() if not {*kinds} & {*WORDS}] == []


async def test_a_receipt_after_a_pause_and_a_narrowing_tells_of_both(
    town: Town, an: Browser
) -> None:
    grant = f"/-/grants/{await say_yes(an, await with_slips(town))}"
    await an.send(grant, f"{grant}/pause")
    await an.send(grant, f"{grant}/resume")
    await an.send(f"{grant}/narrow", f"{grant}/narrow", count="2")

    addresses = {*re.findall(r'href="(/-/receipts/[^"]+)"', (await an.get(grant)).text)}
    receipts = [await an.get(address) for address in addresses]

    assert len(receipts) > 1
    assert not [receipt for receipt in receipts if "ConsentStatus" in receipt.text]
    last = max((receipt.text for receipt in receipts), key=len)
    told = ("u gaf toestemming", "werd gepauzeerd", "werd hervat", "u beperkte de toestemming")
    assert all(word in last for word in told)
    assert sorted(last.index(word) for word in told) == [last.index(word) for word in told]
