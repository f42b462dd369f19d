# SPDX-License-Identifier: EUPL-1.2
"""Scripts that the community wrote for the account API of another server, unmodified (ACC-n)."""

import asyncio
import json
import os
from pathlib import Path

from commands.launch import Place, free_port, start, stop
from tests.stories.test_public_clients import CLIENTS, LAST_STEP, STORY_SECONDS, require_clients


async def test_scripts_for_the_account_api_of_css_7_run_unchanged(tmp_path: Path) -> None:
    require_clients()
    place = Place(tmp_path, free_port())
    place.sow([])
    server = await start(place)
    try:
        steps = await _told({"KLUIS_BASE": place.base})
    finally:
        await stop(server)

    assert [each for each in steps if not each["ok"]] == []
    assert (len(steps), steps[-1]["step"]) == (5, LAST_STEP)


async def _told(environ: dict[str, str]) -> list[dict[str, object]]:
    process = await asyncio.create_subprocess_exec(
        "node",
        "accounts.mjs",
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
