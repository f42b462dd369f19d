# SPDX-License-Identifier: EUPL-1.2
"""Every page in every state that the other tests of pages reach, in a language that shows what
escaped translation: the same stories, with each translated text between marks."""

from collections.abc import AsyncIterator, Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType

import pytest

from dashboard.words import load_words
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.dashboard.conftest import Town, open_town
from tests.dashboard.pseudo import marked

HERE = Path(__file__).parent
# What these test is no page, or each of them makes a town of its own.
OTHERS = frozenset({"test_pseudo", "test_words"})


def _stories() -> Iterator[tuple[str, FunctionType]]:
    for file in sorted(HERE.glob("test_*.py")):
        if file.stem in OTHERS:
            continue
        for name, story in vars(import_module(f"tests.dashboard.{file.stem}")).items():
            asks = getattr(story, "__code__", None)
            if (
                name.startswith("test_")
                and asks
                and {"town", "an", "someone"} & {*asks.co_varnames}
            ):
                yield f"{name}_{file.stem.removeprefix('test_')}", story


@pytest.fixture
async def town(db: Sqlite, tmp_path: Path, now: MovableClock) -> AsyncIterator[Town]:
    async for opened in open_town(db, tmp_path, now, marked(load_words())):
        yield opened


globals().update(_stories())
