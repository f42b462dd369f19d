# SPDX-License-Identifier: EUPL-1.2
"""A pod without its root ACL is noticed by the decision that meets it: denied, and said."""

import logging
from dataclasses import replace

import pytest

from acl.alarm import Alarm
from acl.wac import permit_source
from pod.database import Tx
from pod.instant import MINUTE
from tests.conftest import MovableClock
from tests.people import AN, BASE, BOB, ROOT, Asking, rule


async def _lose_root(tx: Tx) -> None:
    await tx.run("DELETE FROM resource WHERE iri = :acl", acl=ROOT + ".acl")


@pytest.fixture
async def lost(an: Asking) -> Asking:
    """A pod that lost its root's ACL; one document in it has its own."""
    assert (await an("PUT", "d", AN, "x", "text/plain")).status == 201
    assert (await an("PUT", "own", AN, "x", "text/plain")).status == 201
    everyone = "acl:agentClass <http://xmlns.com/foaf/0.1/Agent>"
    await an.acl("", rule(everyone, f"acl:accessTo <{ROOT}>; acl:default <{ROOT}>", "Read"))
    await an.acl("own", rule(f"acl:agent <{BOB.webid}>", f"acl:accessTo <{ROOT}own>", "Read"))
    await an.house.db.write(ROOT, _lose_root)
    return Asking(replace(an.house, sources=(permit_source(None, Alarm()),)))


async def test_all_that_fell_back_on_it_is_denied_and_one_line_says_so(
    lost: Asking, caplog: pytest.LogCaptureFixture
) -> None:  # WAC-25
    for path in ("", "d", "nothing", "new/x"):
        for who, status in ((AN, 403), (BOB, 403), (replace(BOB, webid=None), 401)):
            assert (await lost("GET", path, who)).status == status
            assert (await lost("PUT", path + "x", who, "x", "text/plain")).status == status

    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert ROOT in caplog.text


async def test_what_has_an_acl_of_its_own_goes_on_and_raises_no_alarm(
    lost: Asking, caplog: pytest.LogCaptureFixture
) -> None:  # WAC-22
    assert (await lost("GET", "own", BOB)).status == 200
    assert (await lost("GET", "own", AN)).status == 200

    assert not caplog.records


async def test_the_owner_can_write_the_rules_anew(
    lost: Asking, caplog: pytest.LogCaptureFixture
) -> None:  # WAC-9, WAC-25
    assert (await lost("GET", ".acl", BOB)).status == 403
    await lost.acl("")
    caplog.clear()

    assert (await lost("GET", "d", AN)).status == 200
    assert (await lost("GET", "d", BOB)).status == 403
    assert not caplog.records


async def test_it_is_said_once_a_minute_at_most(
    lost: Asking, now: MovableClock, caplog: pytest.LogCaptureFixture
) -> None:  # WAC-25
    for _ in range(3):
        await lost("GET", "d", AN)
        await lost("GET", "", AN)
    assert len(caplog.records) == 1
    now.advance(MINUTE - 1)
    await lost("GET", "d", AN)
    assert len(caplog.records) == 1

    now.advance(1)
    await lost("GET", "d", AN)

    assert len(caplog.records) == 2


async def test_a_name_where_no_pod_is_raises_no_alarm(
    lost: Asking, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await lost("GET", BASE + "nobody/d", AN)).status == 403

    assert not caplog.records
