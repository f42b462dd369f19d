# SPDX-License-Identifier: EUPL-1.2
"""A real Chromium for tests, and an authenticator in it that makes passkeys."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, CDPSession, Page, async_playwright


def chromium() -> str:
    """Where it is; a machine without one leaves the test out, except where nothing may be."""
    path = shutil.which("chromium")
    if path is not None:
        return path
    if os.environ.get("KLUIS_COMPLETE") == "1" or os.environ.get("CI") == "true":
        pytest.fail("no chromium here, and nothing may be left out")
    pytest.skip("no chromium here")


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """Started for this test alone, without anything kept from another."""
    flags = ["--disable-dev-shm-usage"]
    # Chromium's sandbox refuses to run as root; containers of CI know no other user.
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=flags)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass(frozen=True, slots=True)
class Authenticator:
    """The virtual one of Chromium: it makes real keys, and its person says what tests tell it."""

    devtools: CDPSession
    id: str

    async def verifies(self, well: bool) -> None:
        """Whether its person shows who she is (a finger, a code)."""
        given = {"authenticatorId": self.id, "isUserVerified": well}
        await self.devtools.send("WebAuthn.setUserVerified", given)

    async def credentials(self) -> list[dict[str, object]]:
        """The keys in it."""
        given = {"authenticatorId": self.id}
        answer = await self.devtools.send("WebAuthn.getCredentials", given)
        return list(answer["credentials"])

    async def lose(self) -> None:
        """Forget every key."""
        given = {"authenticatorId": self.id}
        await self.devtools.send("WebAuthn.clearCredentials", given)


async def an_authenticator(page: Page) -> Authenticator:
    """Plugged in to this page, with room for passkeys."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return Authenticator(devtools, str(made["authenticatorId"]))
