# SPDX-License-Identifier: EUPL-1.2
"""The hourly round in the background."""

import asyncio
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from commands.settling import settling
from consent.house import House
from consent.proof.signer import signer_of
from identity.accounts.leaving import nobody_waits
from pod.database import Tx
from pod.files import Files
from pod.instant import wall
from pod.iri import Iri
from pod.schema import migrate
from pod.sqlite import open_sqlite


async def test_a_round_that_fails_is_logged_and_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    db = await open_sqlite(tmp_path / "empty.db")  # without any table
    signer = signer_of(OKPKey.generate_key("Ed25519"))
    house = House(Iri("http://localhost:3000/"), db, Files(tmp_path), wall, signer)

    async with settling(house, nobody_waits):
        for _ in range(500):
            if caplog.records:
                break
            await asyncio.sleep(0.01)
    await db.close()

    assert "could not be settled" in caplog.text
    assert "no such table" in caplog.text


async def test_what_one_kind_of_work_stumbles_over_keeps_no_other_waiting(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    db = await open_sqlite(tmp_path / "kluis.db")
    await migrate(db)

    async def prepare(tx: Tx) -> None:
        await tx.run("DROP TABLE consent_grant")
        await tx.run(
            "INSERT INTO reminder (about, kind, subject, due)"
            " VALUES ('request', 'RequestArrived', 'https://nobody.example/#me', 1)"
        )

    async def left(tx: Tx) -> int:
        return len(await tx.all("SELECT about FROM reminder"))

    await db.write(None, prepare)
    signer = signer_of(OKPKey.generate_key("Ed25519"))
    house = House(Iri("http://localhost:3000/"), db, Files(tmp_path), wall, signer)

    async with settling(house, nobody_waits):
        for _ in range(500):
            if not await db.read(left):
                break
            await asyncio.sleep(0.01)
    reminders = await db.read(left)
    await db.close()

    assert "no such table: consent_grant" in caplog.text
    assert reminders == 0
