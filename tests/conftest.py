# SPDX-License-Identifier: EUPL-1.2
"""Fixtures that every room's tests share: a real database, and a clock that tests can move."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings

from pod.files import Files
from pod.instant import Instant
from pod.schema import migrate
from pod.sqlite import Sqlite, open_sqlite
from tests.people import AN, ROOT, Asking, a_house, make_pod

# In CI the examples are the same each time: a change is judged by what it changed.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI") == "true":
    settings.load_profile("ci")


class MovableClock:
    """A wall clock that stands still until a test moves it."""

    def __init__(self, at: Instant) -> None:
        self.at = at

    def __call__(self) -> Instant:
        return self.at

    def advance(self, milliseconds: int) -> None:
        self.at += milliseconds


@pytest.fixture
def now() -> MovableClock:
    return MovableClock(1_795_000_000_000)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Sqlite]:
    database = await open_sqlite(tmp_path / "kluis.db")
    await migrate(database)
    yield database
    await database.close()


@pytest.fixture
async def an(db: Sqlite, tmp_path: Path, now: MovableClock) -> Asking:
    """An's pod, empty but for its root ACL, and a way to ask it for things."""
    await db.write(ROOT, make_pod, ROOT, str(AN.webid), now())
    return Asking(a_house(db, Files(tmp_path / "blobs"), now))
