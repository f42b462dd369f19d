# SPDX-License-Identifier: EUPL-1.2
"""The clock of consent: half of every promise about time."""

import pytest

from pod import clock
from pod.errors import Clash
from pod.instant import DAY, read_instant, text_of
from pod.sqlite import Sqlite
from tests.conftest import MovableClock


async def test_a_wall_clock_that_steps_back_does_not_take_decisions_back(
    db: Sqlite, now: MovableClock
) -> None:
    await db.write(None, clock.mark, now())
    before = now()

    now.advance(-DAY)

    assert await db.read(clock.instant, now()) == before


async def test_the_development_clock_moves_forward_and_goes_on(
    db: Sqlite, now: MovableClock
) -> None:  # KC-25
    target = now() + 30 * DAY

    assert await db.write(None, clock.move, now(), target) == target

    now.advance(1000)
    assert await db.read(clock.instant, now()) == target + 1000


async def test_the_development_clock_never_goes_back(db: Sqlite, now: MovableClock) -> None:
    with pytest.raises(Clash) as refusal:
        await db.write(None, clock.move, now(), now() - 1)

    assert refusal.value.problem == "clock-back"


@pytest.mark.parametrize(
    "text", ["2026-12-24T00:00:00Z", "2026-12-24T00:00:00.125Z", "1999-01-01T23:59:59Z"]
)
def test_an_instant_reads_back_as_it_was_written(text: str) -> None:
    assert text_of(read_instant(text)) == text
