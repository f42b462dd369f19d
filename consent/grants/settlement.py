# SPDX-License-Identifier: EUPL-1.2
"""Writing down what the clock has done, so that histories and news are complete."""

from consent.asking.reminders import Reminder, due_reminders, tell
from consent.asking.replies import lapse_due
from consent.grants.grant import Grant, due
from consent.grants.ledger import find_grant
from consent.grants.moving import settle
from consent.grants.sweeps import late_grants
from consent.house import House
from consent.law.acts import settle_statutory
from consent.proof.receipt import Press
from pod import clock
from pod.database import Tx


async def settle_due(house: House, most: int = 500) -> int:
    """Write down what the clock has done to any grant; how many there were."""
    late = await house.db.read(_late, house, most)
    for grant in late:
        await house.db.write(grant.pod, settle_one, grant.id, house)
    return len(late)


async def _late(tx: Tx, house: House, most: int) -> list[Grant]:
    return await late_grants(tx, await clock.instant(tx, house.now()), most)


async def settle_one(tx: Tx, id_: str, house: House) -> None:
    """Write down what the clock has done to this grant."""
    found = await find_grant(tx, id_)
    moment = await clock.instant(tx, house.now())
    if found is not None and due(found, moment):
        await settle(tx, Press(house.base, house.signer), found, moment)
        await clock.mark(tx, moment)


async def tell_due(house: House, most: int = 500) -> int:
    """Make the reminders whose time has come changes of her pod; how many there were."""
    due_now = await house.db.read(_due_reminders, house, most)
    for reminder in due_now:
        await house.db.write(reminder.about, _tell, reminder, house)
    return len(due_now)


async def _due_reminders(tx: Tx, house: House, most: int) -> list[Reminder]:
    return await due_reminders(tx, await clock.instant(tx, house.now()), most)


async def _tell(tx: Tx, reminder: Reminder, house: House) -> None:
    await tell(tx, reminder, await clock.instant(tx, house.now()))


# What the clock does, kind by kind; each gives how many there were.
KINDS = (settle_due, settle_statutory, lapse_due, tell_due)


async def settle_all(house: House, most: int = 500) -> int:
    """Write down all that the clock has done; the most of one kind there was.

    What one kind stumbles over is told once the others are done: it keeps none of them waiting.
    """
    settled, failed = 0, list[Exception]()
    for kind in KINDS:
        try:
            settled = max(settled, await kind(house, most))
        except Exception as error:  # whatever it was: raised below, with those of the others
            failed.append(error)
    if failed:
        raise ExceptionGroup("Not all that the clock has done could be written down.", failed)
    return settled
