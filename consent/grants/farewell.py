# SPDX-License-Identifier: EUPL-1.2
"""Whoever leaves takes her word back first: every grant in her pods ends (KLU-9)."""

from collections.abc import Awaitable, Callable

from consent.grants.grant import OPEN, Move
from consent.grants.moving import Step, make, settle
from consent.grants.sweeps import open_in
from consent.house import House
from consent.proof.receipt import Press
from pod import clock
from pod.database import Tx
from pod.iri import Iri


def farewell_in(house: House) -> Callable[[Tx, str], Awaitable[None]]:
    """What identity does not know of: called in the commit in which somebody asks to leave."""

    async def farewell(tx: Tx, account: str) -> None:
        for row in await tx.all("SELECT iri FROM pod WHERE account = :a", a=account):
            await _end_all(tx, house, Iri(row["iri"]))

    return farewell


async def _end_all(tx: Tx, house: House, pod: Iri) -> None:
    press = Press(house.base, house.signer)
    moment = await clock.instant(tx, house.now())
    for found in await open_in(tx, pod):
        grant = await settle(tx, press, found, moment)
        if grant.state in OPEN:
            await make(tx, press, grant, Step(Move.WITHDRAW, grant.subject), moment)
    await clock.mark(tx, moment)
