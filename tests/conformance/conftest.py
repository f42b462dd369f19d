# SPDX-License-Identifier: EUPL-1.2
"""A server whose operator trusts the groups of one other host."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from acl.alarm import Alarm
from acl.informed import informed
from acl.remote import RemoteGroups
from acl.wac import permit_source
from identity.outward.fetch import Fetcher
from tests.conformance.club import Club
from tests.conftest import MovableClock
from tests.people import AN, Asking


@pytest.fixture
async def club() -> AsyncIterator[Club]:
    app, host = web.Application(), Club()
    app.router.add_get("/{name:.*}", host.answer)
    async with TestServer(app, host="127.0.0.1") as server:
        host.base = f"http://127.0.0.1:{server.port}/"
        yield host


@pytest.fixture
async def groups(an: Asking, now: MovableClock) -> AsyncIterator[RemoteGroups]:
    fetcher = Fetcher(True, now)
    yield RemoteGroups(frozenset({"127.0.0.1"}), an.house.base, fetcher.get, now, dev=True)
    await fetcher.close()


@pytest.fixture
async def asking(an: Asking, groups: RemoteGroups) -> Asking:
    """An's pod on a server whose operator trusts the club's host; `d` is there to be read."""
    assert (await an("PUT", "d", AN, "x", "text/plain")).status == 201
    house = replace(
        an.house,
        db=informed(an.house.db, groups),
        sources=(permit_source(groups, Alarm()),),
        remote_groups=groups,
    )
    return Asking(house)
