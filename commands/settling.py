# SPDX-License-Identifier: EUPL-1.2
"""The hourly round: what the clock has done to grants is written down, also when nobody asks."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from consent.endings import settle_due
from consent.house import House

MOST = 500
HOUR = 3600.0
SOON = 5.0
LOG = logging.getLogger("kluis.settling")


@asynccontextmanager
async def settling(house: House) -> AsyncIterator[None]:
    """Settle at once and then each hour, for as long as this is entered. One process is enough."""
    task = asyncio.create_task(_rounds(house))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _rounds(house: House) -> None:
    while True:
        wait = SOON if await _round(house) == MOST else HOUR
        await asyncio.sleep(wait)


async def _round(house: House) -> int:
    """One round; a failure is logged and tried again: enforcement never waits for this."""
    try:
        return await settle_due(house, MOST)
    except Exception:  # whatever it was, the next round comes; logged with its traceback
        LOG.exception("Grants that are past their time could not be settled; again in an hour.")
        return 0
