# SPDX-License-Identifier: EUPL-1.2
"""A pod that lost its ACLs: an alarm at start, and what it had comes back."""

import logging

import pytest

from acl.history import changes_of
from acl.restore import restore_lost
from pod.database import Tx
from tests.people import AN, BOB, ROOT, Asking, rule

NOW = 1_800_000_000_000
READS = f"acl:agent <{BOB.webid}>"


async def _lose(tx: Tx) -> None:
    await tx.run("DELETE FROM resource WHERE iri LIKE '%.acl'")


async def _lose_owners(tx: Tx) -> None:
    await tx.run("DELETE FROM owner")


async def _start(an: Asking) -> None:
    await restore_lost(an.house.db, lambda: NOW)


async def test_a_root_acl_that_was_never_changed_comes_from_the_template(
    an: Asking, caplog: pytest.LogCaptureFixture
) -> None:  # WAC-25
    assert (await an("PUT", "d", AN, "x", "text/plain")).status == 201
    await an.house.db.write(ROOT, _lose)
    assert (await an("GET", "d", AN)).status == 403

    await _start(an)

    assert (await an("GET", "d", AN)).status == 200
    assert (await an("GET", "d", BOB)).status == 403
    assert (await an("GET", "d")).status == 401
    levels = [(r.levelno, ROOT in r.getMessage()) for r in caplog.records]
    assert levels == [(logging.ERROR, True), (logging.WARNING, True)]
    assert "template" in caplog.records[1].getMessage()


async def test_changed_acls_come_back_as_they_last_were(
    an: Asking, caplog: pytest.LogCaptureFixture
) -> None:  # WAC-25: the root's default is open, the folder below it was closed
    for path in ("d", "closed/d", "old/d"):
        assert (await an("PUT", path, AN, "x", "text/plain")).status == 201
    await an.acl("", rule(READS, f"acl:default <{ROOT}>", "Read"))
    await an.acl("closed/")
    await an.acl("old/d")
    assert (await an("DELETE", "old/d.acl", AN)).status == 204
    await an.house.db.write(ROOT, _lose)
    assert (await an("GET", "d", BOB)).status == 403

    await _start(an)

    assert (await an("GET", "d", BOB)).status == 200
    assert (await an("GET", "closed/d", BOB)).status == 403
    assert (await an("GET", "old/d.acl", AN)).status == 404
    assert "record of changes" in caplog.text
    changes = await an.house.db.read(changes_of, ROOT)
    assert changes is not None
    restored = [(change.iri, change.webid) for change in changes if change.kind == "restore"]
    assert restored == [(ROOT + ".acl", None), (ROOT + "closed/.acl", None)]


async def test_a_whole_pod_raises_no_alarm_and_a_restored_one_raises_no_second(
    an: Asking, caplog: pytest.LogCaptureFixture
) -> None:  # WAC-25
    await _start(an)
    assert not caplog.records
    await an.house.db.write(ROOT, _lose)
    await _start(an)
    caplog.clear()

    await _start(an)

    assert not caplog.records


async def test_a_pod_that_nobody_owns_stays_shut_and_says_so(
    an: Asking, caplog: pytest.LogCaptureFixture
) -> None:  # WAC-25
    await an.house.db.write(ROOT, _lose)
    await an.house.db.write(ROOT, _lose_owners)

    await _start(an)

    assert (await an("GET", "", AN)).status == 403
    assert [r.levelno for r in caplog.records] == [logging.ERROR, logging.ERROR]
