# SPDX-License-Identifier: EUPL-1.2
"""Real browsers see the pages as people do: without the marks of the other tests of pages."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dashboard.words import load_words
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.dashboard.conftest import Town, open_town


@pytest.fixture
async def town(db: Sqlite, tmp_path: Path, now: MovableClock) -> AsyncIterator[Town]:
    async for opened in open_town(db, tmp_path, now, load_words()):
        yield opened
