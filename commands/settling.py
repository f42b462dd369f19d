# SPDX-License-Identifier: EUPL-1.2
"""The round of every few seconds: what the clock has done is written down, unasked."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

from consent.grants.settlement import settle_all
from consent.house import House
from consent.log.heads import keep_heads
from identity.accounts.leaving import Farewell, see_off

MOST = 500
PAUSE = 5.0
SOON = 0.1
LOG = logging.getLogger("kluis.settling")


@asynccontextmanager
async def settling(house: House, farewell: Farewell) -> AsyncIterator[None]:
    """Settle now and every few seconds, as long as this is entered. One process is enough."""
    task = asyncio.create_task(_rounds(house, farewell))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _rounds(house: House, farewell: Farewell) -> None:
    while True:
        wait = SOON if await _round(house, farewell) == MOST else PAUSE
        await asyncio.sleep(wait)


async def _round(house: House, farewell: Farewell) -> int:
    """One round; a failure is logged and tried again: enforcement never waits for this."""
    work: list[Callable[[], Awaitable[int]]] = [
        partial(see_off, house.db, farewell, house.now()),
        partial(keep_heads, house),
        partial(settle_all, house, MOST),
    ]
    most = 0
    for each in work:
        try:
            most = max(most, await each())
        except Exception:  # whatever it was, the next round comes; logged with its traceback
            LOG.exception("What is past its time could not be settled; it is tried again.")
    return most
