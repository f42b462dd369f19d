# SPDX-License-Identifier: EUPL-1.2
"""Every worker brings agencies their news (KC-24): it looks often, claims a few, and sends them."""

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from consent.house import House
from consent.telling import deliveries
from consent.telling.delivery import Delivery, send
from identity.outward.fetch import Fetcher
from identity.outward.outward import NotFetched, read_address

LOOK_EVERY = 0.3
AT_ONCE = 16
AT_ONE_HOST = 4
# Shorter than the lease of a claim, so that nobody else sends what is still under way.
SECONDS = 10.0
LAST_SECONDS = 5.0
LOG = logging.getLogger("kluis.delivering")


@dataclass(slots=True)
class Courier:
    """What one worker has on its way. Nothing of it outlives the worker: rows say what is due."""

    house: House
    fetcher: Fetcher
    word: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    hosts: Counter[str] = field(default_factory=Counter)
    under_way: set[asyncio.Task[None]] = field(default_factory=set)
    freed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def busy(self) -> str:
        """Hosts that are asked enough already, as `deliveries.ready` reads them."""
        full = [host for host, number in self.hosts.items() if number >= AT_ONE_HOST]
        return "|".join(["", *full, ""])

    async def round(self) -> None:
        """Take what is due and set it on its way."""
        room = AT_ONCE - len(self.under_way)
        if room <= 0:
            return
        db, now = self.house.db, self.house.now()
        if not await db.read(deliveries.ready, self.busy, 1, now):
            return
        # No more than any one host may still take: the rest is left for others.
        open_ = [number for number in self.hosts.values() if number < AT_ONE_HOST]
        most = min(room, AT_ONE_HOST - max(open_, default=0))
        taken = await db.write(
            None, deliveries.claim, self.word, self.busy, most, now, self.house.base
        )
        for each in taken:
            self.hosts[each.host] += 1
            task = asyncio.create_task(self._bring(each))
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)
        if taken:
            self.freed.set()

    async def _bring(self, delivery: Delivery) -> None:
        try:
            self._be_patient_by_ourselves(delivery.callback)
            house = self.house
            outcome = await send(self.fetcher.post, house.signer, delivery, house.now())
            await house.db.write(None, deliveries.settle, delivery, outcome, house.now(), self.word)
        except Exception:  # the claim ends by itself, and then it is tried again
            LOG.exception("The delivery %s could not be settled.", delivery.event.id)
        finally:
            self.hosts[delivery.host] -= 1
            if not self.hosts[delivery.host]:
                del self.hosts[delivery.host]
            self.freed.set()

    def _be_patient_by_ourselves(self, callback: str) -> None:
        """When a host is asked again is settled by KC-24, not by the patience of the way out."""
        try:
            origin = read_address(callback, dev=self.fetcher.dev).origin
        except NotFetched:
            return
        self.fetcher.patience.forget(origin)

    async def rest(self) -> None:
        """Let what is under way end, within a few seconds; give back what did not."""
        if self.under_way:
            await asyncio.wait(self.under_way, timeout=LAST_SECONDS)
        left = list(self.under_way)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self.house.db.write(None, deliveries.release, self.word)


@asynccontextmanager
async def delivering(house: House, *, dev: bool) -> AsyncIterator[None]:
    """Bring agencies their news for as long as this is entered; in every worker."""
    # A way out of its own: many slow receivers never keep a sign-in waiting.
    fetcher = Fetcher(dev, house.now, seconds=SECONDS)
    courier = Courier(house, fetcher)
    task = asyncio.create_task(_rounds(courier))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        try:
            await courier.rest()
        finally:
            await fetcher.close()


async def _rounds(courier: Courier) -> None:
    while True:
        courier.freed.clear()
        try:
            await courier.round()
        except Exception:  # whatever it was, the next look comes; logged with its traceback
            LOG.exception("What is due to agencies could not be looked up.")
            await asyncio.sleep(LOOK_EVERY)
        try:
            async with asyncio.timeout(LOOK_EVERY):
                await courier.freed.wait()
        except TimeoutError:
            continue
