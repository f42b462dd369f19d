# SPDX-License-Identifier: EUPL-1.2
"""Commands beside a server, running or not: they open what is there."""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

from commands.settings import Settings, WrongUsage, read_settings
from pod.database import Database
from pod.schema import migrate
from pod.sqlite import open_sqlite

T = TypeVar("T")


def settings_of(given: argparse.Namespace) -> Settings:
    """The settings; WrongUsage where the folder holds nothing, rather than making an empty one."""
    settings = read_settings(vars(given), os.environ)
    if not (settings.data / "kluis.db").is_file():
        raise WrongUsage(f"{settings.data} holds no pods yet; name the folder with --data.")
    return settings


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """What *work* gives; the database is closed again whatever happens."""

    async def run() -> T:
        db = await open_sqlite(settings.data / "kluis.db")
        try:
            await migrate(db)
            return await work(db)
        finally:
            await db.close()

    return asyncio.run(run())
