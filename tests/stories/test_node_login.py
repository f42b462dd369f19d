# SPDX-License-Identifier: EUPL-1.2
"""The unmodified Inrupt library for Node: registration, the code flow, refresh, and the end."""

import asyncio
import json
import os
from pathlib import Path

from commands.answer import Json, text_at, want_status
from tests.stories.test_public_clients import CLIENTS, LAST_STEP, STORY_SECONDS, require_clients
from tests.stories.town import a_town


async def test_a_node_app_signs_a_person_in_and_is_out_when_she_signs_out(tmp_path: Path) -> None:
    require_clients()
    async with a_town(tmp_path) as town:
        cast = town.citizen
        login: Json = {"email": cast.person.email, "password": cast.person.password}
        said = want_status(await town.web.post(".account/login/password/", login), 200).json
        environ = {
            "KLUIS_ISSUER": town.place.base,
            "KLUIS_SESSION": text_at(said, "authorization"),
            "KLUIS_WEBID": town.an.web_id,
            "KLUIS_PRIVATE": town.slip,
        }
        steps = await _told(environ)

    assert [each for each in steps if not each["ok"]] == []
    assert (len(steps), steps[-1]["step"]) == (6, LAST_STEP)


async def _told(environ: dict[str, str]) -> list[dict[str, object]]:
    process = await asyncio.create_subprocess_exec(
        "node",
        "login.mjs",
        cwd=CLIENTS,
        env={**os.environ, **environ},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), STORY_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
    return [json.loads(line) for line in out.splitlines() if line.startswith(b"{")]
