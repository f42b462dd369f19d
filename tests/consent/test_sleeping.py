# SPDX-License-Identifier: EUPL-1.2
"""domain.md 2.5: a suspended purpose puts its grants to sleep, and wakes those and no others."""

from typing import Any

import pytest

from consent.grants import moves, sleeping
from consent.grants.events import events_of
from consent.grants.ledger import find_grant
from consent.grants.settlement import settle_all
from consent.proof.receipt import Press
from consent.proof.validity import validity_at
from pod import clock
from pod.database import Tx
from pod.errors import Clash
from pod.instant import DAY, text_of

from .conftest import AGENCY_WHO, AN_WHO, BASE, OTHER_PURPOSE, PURPOSE, SLIPS, START, Village
from .steps import granted


async def suspend(village: Village, state: str = "suspended") -> list[str]:
    """The purpose's row and its grants in one commit, as the registry does it."""

    async def work(tx: Tx) -> list[str]:
        press = Press(BASE, village.house.signer)
        moment = await clock.instant(tx, village.time[0])
        follow = sleeping.resume_for_purpose
        if state == "suspended":
            follow = sleeping.pause_for_purpose
        moved = await follow(tx, press, PURPOSE, moment)
        await tx.run("UPDATE purpose SET state = :state WHERE id = :id", state=state, id=PURPOSE)
        return moved

    return await village.db.write(None, work)


async def state_of(village: Village, grant: dict[str, Any]) -> tuple[str, str | None]:
    found = await village.db.read(find_grant, grant["id"])
    assert found is not None
    return found.state_at(village.time[0]), found.cause


async def reads(village: Village, grant: dict[str, Any]) -> str:
    return await village.read(AGENCY_WHO, SLIPS[0], grant=grant["id"])


async def test_its_grants_sleep_and_wake_and_those_of_others_do_not(village: Village) -> None:
    mine, other = await granted(village), await granted(village, purpose=OTHER_PURPOSE)

    assert await suspend(village) == [mine["id"]]

    assert await state_of(village, mine) == ("paused", "purpose-suspended")
    assert await reads(village, mine) == "grant-paused"
    assert await reads(village, other) == "allowed"
    events = await village.db.read(events_of, mine["id"])
    assert (events[-1].by, events[-1].details["cause"]) == ("server", "purpose-suspended")

    assert await suspend(village, "published") == [mine["id"]]

    assert await state_of(village, mine) == ("active", None)
    assert await reads(village, mine) == "allowed"


async def test_what_she_put_to_sleep_sleeps_on_and_cannot_be_woken_meanwhile(
    village: Village,
) -> None:
    hers, awake = await granted(village), await granted(village)
    await moves.pause(village.house, AN_WHO, hers["id"])
    await suspend(village)

    for grant in (hers, awake):
        with pytest.raises(Clash) as refused:
            await moves.resume(village.house, AN_WHO, grant["id"])
        assert refused.value.problem == "purpose-suspended"
        assert refused.value.more["state"] == "paused"

    assert await suspend(village, "published") == [awake["id"]]
    assert await state_of(village, hers) == ("paused", "citizen")
    await moves.resume(village.house, AN_WHO, hers["id"])
    assert await reads(village, hers) == "allowed"


async def test_waking_all_leaves_what_the_purpose_holds(village: Village) -> None:
    held, free = await granted(village), await granted(village, purpose=OTHER_PURPOSE)
    await sleeping.pause_all(village.house, AN_WHO)
    await suspend(village)

    answer = await sleeping.resume_all(village.house, AN_WHO)

    assert answer.body == {"resumed": [free["id"]], "stillPaused": [held["id"]]}
    await suspend(village, "published")
    answer = await sleeping.resume_all(village.house, AN_WHO)
    assert answer.body == {"resumed": [held["id"]]}


@pytest.mark.parametrize("settled", [False, True])
async def test_what_begins_meanwhile_begins_asleep(village: Village, settled: bool) -> None:
    later = {"duration": None, "validFrom": text_of(START + DAY)}
    grant = await granted(village, validUntil=text_of(START + 9 * DAY), **later)
    assert await suspend(village) == []
    village.later(2 * DAY)
    if settled:
        await settle_all(village.house)

    assert await reads(village, grant) == "grant-paused"

    assert await suspend(village, "published") == [grant["id"]]
    assert await reads(village, grant) == "allowed"
    events = await village.db.read(events_of, grant["id"])
    assert [event.kind for event in events] == ["create", "start", "pause", "resume"]
    assert [event.time for event in events[1:]] == [START + DAY, START + DAY, START + 2 * DAY]


async def test_what_began_unnoticed_was_awake_until_the_suspension(village: Village) -> None:
    """KC-17: no read that was allowed lies in a time of which the history says that it slept."""
    later = {"duration": None, "validFrom": text_of(START + DAY)}
    grant = await granted(village, validUntil=text_of(START + 9 * DAY), **later)
    village.later(2 * DAY)
    assert await reads(village, grant) == "allowed"
    village.later(DAY)

    assert await suspend(village) == [grant["id"]]

    found = await village.db.read(find_grant, grant["id"])
    events = await village.db.read(events_of, grant["id"])
    assert found is not None
    assert [event.kind for event in events] == ["create", "start", "pause"]
    assert [event.time for event in events[1:]] == [START + DAY, START + 3 * DAY]
    assert validity_at(found, events, START + 2 * DAY).in_force
    assert not validity_at(found, events, START + 3 * DAY).in_force


async def test_what_ended_meanwhile_is_not_woken(village: Village) -> None:
    grant = await granted(village)
    await suspend(village)
    village.later(120 * DAY)

    assert await suspend(village, "published") == []
    assert await reads(village, grant) == "grant-expired"
