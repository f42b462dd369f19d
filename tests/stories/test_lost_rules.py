# SPDX-License-Identifier: EUPL-1.2
"""A real server whose pod lost its rules: it says so, opens nothing, and the rules come back."""

import sqlite3
import subprocess
import sys
from pathlib import Path

from commands.answer import want_status
from commands.launch import SERVER, Place, start, stop

from .town import Town, a_town

CONTROL = "<{0}.acl#me> a acl:Authorization ; acl:agent <{1}> ; acl:accessTo <{0}> ; acl:mode"
PREFIX = "@prefix acl: <http://www.w3.org/ns/auth/acl#> . "


def _lose(place: Place) -> int:
    """What a bad restore or a hand in the database does; how many ACLs are gone."""
    with sqlite3.connect(place.folder / "data" / "kluis.db", timeout=10) as database:
        gone = database.execute("DELETE FROM resource WHERE iri LIKE '%.acl'").rowcount
    database.close()
    return gone


def _history(place: Place, pod: str) -> list[str]:
    command = [sys.executable, str(SERVER), "acl-history", pod]
    said = subprocess.run(
        [*command, "--base-url", place.base, "--data", str(place.folder / "data"), "--dev"],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    return said.stdout.splitlines()


def _alarms(place: Place) -> list[str]:
    return [line for line in place.last_words(1000) if line.startswith("ERROR kluis.acl")]


async def _status(town: Town, where: str) -> tuple[int, int]:
    """What An and a stranger get."""
    an = await town.web.get(where, town.login, "*/*")
    stranger = await town.web.get(where, accept="*/*")
    return an.status, stranger.status


async def test_a_loss_is_noticed_while_the_server_runs_and_opens_nothing(
    tmp_path: Path,
) -> None:  # WAC-25
    async with a_town(tmp_path) as town:
        pod = town.an.pod
        assert await _status(town, pod + "profile/card") == (200, 200)
        assert _alarms(town.place) == []
        assert _lose(town.place) > 1

        answers = [
            await _status(town, where)
            for where in (pod, town.slip, pod + "profile/card", pod + "nothing", pod + ".acl")
        ]

        # An owner always reaches the rules themselves (WAC-9): that is a way out.
        assert answers == [(403, 401)] * 4 + [(404, 401)]
        put = await town.web.put(town.slip, town.login, "text/plain", b"x")
        want_status(put, 403)
        alarms = _alarms(town.place)
        assert len(alarms) == 1
        assert pod in alarms[0]

        rules = f"{PREFIX}{CONTROL.format(pod, town.an.web_id)} acl:Control, acl:Read ."
        want_status(
            await town.web.put(pod + ".acl", town.login, "text/turtle", rules.encode()), 201
        )

        assert await _status(town, pod) == (200, 401)


async def test_a_start_after_the_loss_brings_the_rules_back(tmp_path: Path) -> None:  # WAC-25
    async with a_town(tmp_path) as town:
        place, pod, card = town.place, town.an.pod, town.an.pod + "profile/card"
        before = {name: await _status(town, name) for name in (pod, town.slip, card)}
        shut = town.an.pod + "profile/.acl"
        rules = f"{PREFIX}{CONTROL.format(pod + 'profile/', town.an.web_id)} acl:Control ."
        want_status(await town.web.put(shut, town.login, "text/turtle", rules.encode()), 201)
        assert await stop(town.process) == 0
        assert _lose(place) > 1

        again = await start(place)
        try:
            after = {name: await _status(town, name) for name in (pod, town.slip, card)}
        finally:
            await stop(again)

        assert after == before
        (alarm,) = (line for line in _alarms(place) if pod in line)
        assert "lost its root ACL" in alarm
        restored = [line for line in place.last_words(1000) if "Restored the ACL" in line]
        assert any(f"{pod}.acl" in line and "record of changes" in line for line in restored)
        history = [line.split()[1:3] for line in _history(place, "an")]
        assert history
        assert ["first", f"{pod}.acl"] in history
        assert ["restore", f"{pod}.acl"] in history
        assert ["restore", shut] in history
