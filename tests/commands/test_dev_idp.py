# SPDX-License-Identifier: EUPL-1.2
"""The practice provider as a second process, and what it does like the real one."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientConnectionError, ClientSession
from aiohttp.test_utils import unused_port

from commands import dev_idp
from commands.dev_idp import MEANS

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


async def at_once(http: ClientSession, issuer: str, **changed: str) -> bool:
    """Whether it gives a code without asking who she is."""
    asked = {**ASKED, **changed}
    async with http.get(f"{issuer}/auth", params=asked, allow_redirects=False) as response:
        return response.status == 303 and "code=" in response.headers["Location"]


async def test_it_remembers_a_sign_in_until_a_new_one_is_asked(issuer: str) -> None:
    async with ClientSession() as http:
        before = await at_once(http, issuer)
        form = {**ASKED, "person": "an", "means": "csampassword"}
        async with http.post(f"{issuer}/auth", data=form, allow_redirects=False):
            pass

        assert not before
        assert await at_once(http, issuer)
        assert await at_once(http, issuer, prompt="none")
        assert await at_once(http, issuer, max_age="300", acr_values=MEANS["csampassword"])
        assert not await at_once(http, issuer, max_age="0")
        assert not await at_once(http, issuer, prompt="login")
        assert not await at_once(http, issuer, acr_values=MEANS["eid"])
        async with http.get(f"{issuer}/leave"):
            pass
        assert not await at_once(http, issuer)


@pytest.mark.parametrize("age", ["", "x", "-1", "1" * 30])
async def test_an_age_that_is_no_number_is_refused(issuer: str, age: str) -> None:
    _, where, _ = await ask(issuer, max_age=age)

    assert "error=invalid_request" in where


def test_the_number_is_given_only_where_that_was_agreed() -> None:
    """FED-5."""
    parser = argparse.ArgumentParser()
    dev_idp.add_commands(parser.add_subparsers())

    assert parser.parse_args(["dev-idp"]).rrn is False
    assert dev_idp.agreed(rrn=False) == {"openid", "profile", "vo"}
    assert dev_idp.agreed(rrn=True) == {"openid", "profile", "vo", "rrn"}
