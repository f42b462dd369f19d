# SPDX-License-Identifier: EUPL-1.2
"""The practice provider as a second process, and what it does like the real one."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientConnectionError, ClientSession
from aiohttp.test_utils import unused_port

BACK = "http://localhost:3000/cb"
START = (
    "import argparse, commands.dev_idp as d; p = argparse.ArgumentParser();"
    " d.add_commands(p.add_subparsers()); g = p.parse_args(); g.command(g)"
)
ASKED: Mapping[str, str] = {
    "client_id": "kluis",
    "redirect_uri": BACK,
    "response_type": "code",
    "scope": "openid vo",
    "state": "s",
    "nonce": "n",
    "code_challenge": "c",
    "code_challenge_method": "S256",
}


@pytest.fixture
async def issuer() -> AsyncIterator[str]:
    port = unused_port()
    words = ["dev-idp", "--port", str(port), "--redirect", BACK]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", START, *words, stdout=asyncio.subprocess.DEVNULL
    )
    issuer = f"http://localhost:{port}/op"
    try:
        async with asyncio.timeout(20), ClientSession() as http:
            while True:
                try:
                    async with http.get(f"{issuer}/jwks"):
                        break
                except ClientConnectionError:
                    await asyncio.sleep(0.05)
        yield issuer
    finally:
        process.terminate()
        await process.wait()


async def ask(issuer: str, **changed: str) -> tuple[int, str, str]:
    async with (
        ClientSession() as http,
        http.get(f"{issuer}/auth", params={**ASKED, **changed}, allow_redirects=False) as response,
    ):
        return response.status, response.headers.get("Location", ""), await response.text()


async def test_it_speaks_openid_connect_from_a_process_of_its_own(issuer: str) -> None:
    async with (
        ClientSession() as http,
        http.get(f"{issuer}/.well-known/openid-configuration") as response,
    ):
        said = await response.json()

    assert said["issuer"] == issuer
    assert (await ask(issuer))[0] == 200


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"scope": "openid rrn"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
    ],
)
async def test_what_was_not_agreed_fails_at_once(
    issuer: str, changed: dict[str, str], error: str
) -> None:
    status, where, _ = await ask(issuer, **changed)

    assert (status, parse_qs(urlsplit(where).query)["error"]) == (303, [error])


async def test_an_unknown_address_is_not_sent_back_to(issuer: str) -> None:
    status, where, _ = await ask(issuer, redirect_uri="https://evil.example/")

    assert (status, where) == (400, "")


async def test_what_is_sent_is_shown_as_text(issuer: str) -> None:
    _, _, page = await ask(issuer, state='"><script>')

    assert "<script>" not in page
