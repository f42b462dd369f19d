# SPDX-License-Identifier: EUPL-1.2
"""The government's sign-in as a second process (`kluis dev-idp`), beside a pod server."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientConnectionError, ClientSession

from commands.launch import SERVER, free_port, stop
from tests.stories.town import Town, a_town

SETTINGS = """
[[provider]]
name = "dev-idp"
title.nl = "Oefenaanmelding"
issuer = "{issuer}"
client_id = "kluis"
secret = "practice"
scopes = ["openid", "profile", "vo"]
registers = true

[provider.acr]
"urn:be:vlaanderen:authmech:eid" = "high"
"urn:be:vlaanderen:authmech:itsme" = "substantial"
"urn:be:vlaanderen:authmech:csampassword" = "low"
"""


@dataclass(frozen=True, slots=True)
class Country:
    """A town, and a government elsewhere that knows its people."""

    town: Town
    issuer: str


@asynccontextmanager
async def a_country(folder: Path) -> AsyncIterator[Country]:
    port = free_port()
    issuer = f"http://localhost:{port}/op"
    file = folder / "kluis.toml"
    file.write_text(SETTINGS.format(issuer=issuer))
    async with a_town(folder, config=str(file)) as town:
        back = f"{town.web.base}.account/login/oidc/dev-idp/callback/"
        command = [sys.executable, str(SERVER), "dev-idp", "--port", str(port), "--redirect", back]
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet)
        try:
            await _until_up(f"{issuer}/jwks")
            yield Country(town, issuer)
        finally:
            await stop(process)


async def _until_up(address: str) -> None:
    deadline = time.monotonic() + 20
    async with ClientSession() as http:
        while time.monotonic() < deadline:
            try:
                async with http.get(address):
                    return
            except ClientConnectionError:
                await asyncio.sleep(0.05)
    raise TimeoutError(address)
