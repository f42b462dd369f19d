# SPDX-License-Identifier: EUPL-1.2
"""The record of ACL changes: it begins with what a new pod came with; an operator can read it."""

import asyncio
from pathlib import Path

import pytest

from acl.history import changes_of
from acl.restore import restore_lost
from identity.accounts.pods import create_pod, plan_pod
from identity.who import Who
from pod.contents import fetch
from pod.database import Row, Tx
from pod.files import Files
from pod.instant import text_of
from pod.iri import Iri
from pod.sqlite import Sqlite
from server import main
from tests.conftest import MovableClock
from tests.people import BASE, BOB, Asking, a_house

POD = Iri(BASE + "bo/")
BO = Who(webid=POD + "profile/card#me", client="bo-app", issuer=BASE)
RULE = (
    "@prefix acl: <http://www.w3.org/ns/auth/acl#> . <#o> a acl:Authorization ; acl:agent <{0}> ;"
    " acl:accessTo <{1}> ; acl:default <{1}> ; acl:mode acl:Read, acl:Write, acl:Control ."
)


async def _make(tx: Tx, now: int) -> None:
    await tx.run(
        "INSERT INTO account (id, kind, operator, created) VALUES ('bo', 'person', 0, :now)",
        now=now,
    )
    await create_pod(tx, BASE, "bo", "bo-pod", plan_pod(BASE, "bo"), now)


async def _rows(tx: Tx) -> list[Row]:
    return list(await tx.all("SELECT * FROM acl_change WHERE pod = :pod ORDER BY seq", pod=POD))


async def _lose(tx: Tx) -> None:
    await tx.run("DELETE FROM resource WHERE iri LIKE '%.acl'")


@pytest.fixture
async def bo(db: Sqlite, tmp_path: Path, now: MovableClock) -> Asking:
    """A pod as the account API makes it."""
    await db.write(POD, _make, now())
    return Asking(a_house(db, Files(tmp_path / "blobs"), now))


async def test_every_acl_of_a_new_pod_is_on_record_as_its_first_state(
    bo: Asking, now: MovableClock
) -> None:  # WAC-36
    rows = await bo.house.db.read(_rows)

    names = [row["iri"].removeprefix(POD) for row in rows]
    assert names == [".acl", "inbox/.acl", "settings/public-types.acl", "profile/card.acl"]
    for row in rows:
        kept = await bo.house.db.read(fetch, Iri(row["iri"]))
        assert kept is not None
        assert (row["kind"], row["webid"], row["client"]) == ("first", None, None)
        assert (row["body"].encode(), row["media_type"]) == (kept.body, kept.media_type)
        assert (row["seq"], row["version"], row["time"]) == (kept.version, kept.version, now())


async def test_first_states_come_back_and_what_was_changed_since_comes_as_it_was_last(
    bo: Asking, now: MovableClock
) -> None:  # WAC-25, WAC-36
    shut = RULE.format(BO.webid, POD + "profile/card")
    assert (await bo("PUT", POD + "profile/card.acl", BO, shut, "text/turtle")).status == 204
    await bo.house.db.write(POD, _lose)
    assert (await bo("GET", POD + "profile/card", BOB)).status == 403

    await restore_lost(bo.house.db, now)

    assert (await bo("GET", POD, BO)).status == 200
    assert (await bo("GET", POD, BOB)).status == 403
    assert (await bo("GET", POD + "settings/public-types", BOB)).status == 200
    assert (await bo("GET", POD + "profile/card", BOB)).status == 403
    hello = ("POST", POD + "inbox/", BOB, "<> <http://e/says> 1 .", "text/turtle")
    assert (await bo(*hello)).status == 201
    assert (await bo("GET", POD + "inbox/", BOB)).status == 403
    changes = await bo.house.db.read(changes_of, POD)
    assert changes is not None
    assert [change.kind for change in changes] == ["first"] * 4 + ["update"] + ["restore"] * 4


async def test_a_first_state_that_was_deleted_stays_away(
    bo: Asking, now: MovableClock
) -> None:  # WAC-25: it was taken away by somebody who may
    assert (await bo("DELETE", POD + "profile/card.acl", BO)).status == 204
    await bo.house.db.write(POD, _lose)

    await restore_lost(bo.house.db, now)

    assert (await bo("GET", POD + "profile/card", BOB)).status == 403
    assert (await bo("GET", POD + "profile/card.acl", BO)).status == 404


async def test_an_operator_reads_who_changed_what(
    bo: Asking, now: MovableClock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:  # WAC-36
    now.advance(60_000)
    rude = Who(webid=str(BO.webid), client="https://app.example/\x1b[2J", issuer=BASE)
    text = RULE.format(BO.webid, POD)
    assert (await bo("PUT", POD + ".acl", rude, text, "text/turtle")).status == 204
    assert (await bo("DELETE", POD + "inbox/.acl", BO)).status == 204
    said = await _said(tmp_path, capsys, "bo")
    by_address = await _said(tmp_path, capsys, POD)

    lines = said.splitlines()
    at = text_of(now())
    assert [line.split(maxsplit=3)[1] for line in lines] == ["first"] * 4 + ["update", "delete"]
    assert lines[0].endswith(f"first   {POD}.acl by the server")
    assert lines[4] == (f"{at:24} update  {POD}.acl by {BO.webid} through https://app.example/?[2J")
    assert lines[5] == f"{at:24} delete  {POD}inbox/.acl by {BO.webid} through bo-app"
    assert by_address == said
    # The text of rules tells more than who changed them: it is not printed.
    assert "Authorization" not in said


async def test_a_pod_that_is_not_there_is_said(
    bo: Asking, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await _run(tmp_path, "nobody") == 1
    assert await _run(tmp_path / "empty", "bo") == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert f"There is no pod {BASE}nobody/." in said.err
    assert "--data" in said.err


async def _run(folder: Path, pod: str) -> int:
    """The command runs a loop of its own, so it gets a thread."""
    words = ["acl-history", pod, "--data", str(folder), "--base-url", BASE, "--dev"]
    return await asyncio.to_thread(main, words)


async def _said(folder: Path, capsys: pytest.CaptureFixture[str], pod: str) -> str:
    assert await _run(folder, pod) == 0
    return capsys.readouterr().out
