# SPDX-License-Identifier: EUPL-1.2
"""The account API with its passkeys, and somebody who has one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer, unused_port
from argon2 import PasswordHasher

import identity.account_api.account_routes
import identity.sign_in.passkey_routes
from identity.door import Door
from identity.provider.routes import identify_with
from identity.sign_in.passwords import Passwords
from identity.tokens.keys import open_keys
from identity.tokens.replay import open_replay
from pod.iri import Iri
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.identity.conftest import Person, Town
from tests.identity.passkeys.ring import (
    Ring,
    register,
)


@pytest.fixture
async def town(tmp_path: Path, db: Sqlite, now: MovableClock) -> AsyncIterator[Town]:
    """The account API with its passkeys."""
    port = unused_port()
    base = Iri(f"http://127.0.0.1:{port}/")
    keys, replay = open_keys(tmp_path / "keys"), open_replay(tmp_path / "proofs.db", now())
    door = Door(base, identify_with(keys, replay, base, now))
    quick = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    app = web.Application()
    app.add_routes(identity.sign_in.passkey_routes.routes(db, door, base, now, True, quick))
    app.add_routes(identity.account_api.account_routes.routes(db, door, base, now, True, quick))
    async with TestServer(app, port=port), ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        yield Town(base, http, db, keys, now)
    replay.close()


@pytest.fixture
async def ring(town: Town, an: Person) -> Ring:
    return await register(town, an)
