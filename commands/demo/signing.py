# SPDX-License-Identifier: EUPL-1.2
"""A citizen signs in with a provider above Kluis: a second process that speaks OpenID Connect."""

import asyncio
import os
import re
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from urllib.parse import urlencode, urljoin

from aiohttp import ClientConnectionError

from commands.answer import Answer, Unexpected, items_at, text_at, want, want_same, want_status
from commands.client import Web
from commands.demo.cast import Stage
from commands.launch import SERVER, START_SECONDS

NAME, CLIENT, SECRET, MEANS = "burger", "kluis-demo", "practice", "eid"
_FIELD = re.compile(r'<input[^>]* name="([^"]*)"[^>]* value="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the provider listens, and what Kluis is told of it."""

    port: int
    base: str

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}/op"

    @property
    def command(self) -> list[str]:
        back = f"{self.base}.account/login/oidc/{NAME}/callback/"
        words = ["--port", str(self.port), "--client", CLIENT, "--secret", SECRET]
        return [sys.executable, str(SERVER), "dev-idp", *words, "--redirect", back]

    @property
    def settings(self) -> str:
        """As the operator writes it in the settings file."""
        return f"""[[provider]]
name = "{NAME}"
title = {{ nl = "Burgerlogin (oefening)", en = "Citizen login (practice)" }}
issuer = "{self.issuer}"
client_id = "{CLIENT}"
secret = "{SECRET}"
scopes = ["openid", "vo"]
registers = true

[provider.acr]
"urn:be:vlaanderen:authmech:eid" = "high"
"urn:be:vlaanderen:authmech:csampassword" = "low"
"""


@dataclass(frozen=True, slots=True)
class Browser:
    """Keeps cookies and sends forms, as the simplest browser does."""

    web: Web
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, where: str) -> Answer:
        return await self._ask("GET", where, {"Sec-Fetch-Site": "same-origin"}, b"")

    async def send(self, page: Answer, action: str, **said: str) -> Answer:
        """The form of a page, with what is typed or pressed in it."""
        form = _form(page.body.decode(), action)
        found = {name: unescape(value) for name, value in _FIELD.findall(form)}
        where = urljoin(page.url, action)
        headers = {
            "Origin": "/".join(where.split("/")[:3]),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        return await self._ask("POST", where, headers, urlencode(found | said).encode())

    async def _ask(
        self, method: str, where: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        sent = {"Accept": "text/html, application/json;q=0.9", **headers}
        url = urljoin(self.web.base, where)
        if self.cookies and url.startswith(self.web.base):
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = await self.web.ask(method, url, headers=sent, body=body)
        if url.startswith(self.web.base):
            self._keep(answer)
        return answer

    def _keep(self, answer: Answer) -> None:
        for name, value in answer.raw_headers:
            if name.lower() == b"set-cookie":
                key, _, kept = value.decode().partition(";")[0].partition("=")
                self.cookies[key] = kept


def _form(page: str, action: str) -> str:
    """The one that goes there; a page has others, such as that of its language."""
    forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
    return next((form for form in forms if action and f'action="{action}' in form), page)


async def start_upstream(upstream: Upstream, log: Path) -> Process:
    """The provider as a process of its own; it writes into the log of the server."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return await asyncio.create_subprocess_exec(
            *upstream.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    finally:
        os.close(output)


async def _until_up(web: Web, upstream: Upstream) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            where = f"{upstream.issuer}/.well-known/openid-configuration"
            found = want_status(await web.get(where), 200)
        except ClientConnectionError:
            await asyncio.sleep(0.05)
        else:
            return want_same("its issuer", text_at(found.json, "issuer"), upstream.issuer)
    raise Unexpected(f"Expected the provider at {upstream.issuer}, but it does not answer.")


async def citizen_signs_in(stage: Stage, upstream: Upstream) -> None:
    """There, back, and into a pod of her own."""
    story, browser = stage.story, Browser(stage.web)
    with story.step("A practice provider is up too, in a second process"):
        await _until_up(stage.web, upstream)
        story.note(upstream.issuer)
    with story.step("Kluis sends a browser there: code flow, PKCE, the scopes agreed"):
        start = f".account/login/oidc/{NAME}/start/?next=/-/log&level=substantial"
        there = want_status(await browser.get(start), 303).header("Location")
        asked = ("code_challenge_method=S256", "scope=openid+vo", "acr_values=")
        want(all(word in there for word in asked), f"{asked} in the address", there)
    with story.step("There the citizen shows her eID, and goes back with a code"):
        form = want_status(await browser.get(there), 200)
        chosen = await browser.send(form, "", person="an", means=MEANS)
        back = want_status(chosen, 303).header("Location")
        want(back.startswith(stage.web.base), "the way back to Kluis", back)
    with story.step("Kluis checks the ID token; her session begins, without a pod yet"):
        want_same(
            "the way on", want_status(await browser.get(back), 303).header("Location"), "/-/log"
        )
        led = want_status(await browser.get("/-/log"), 303).header("Location")
        want_same("the way to a first pod", led, "/-/pod?next=/-/log")
    with story.step("She takes the random name that is proposed: a pod, a WebID"):
        made = await browser.send(want_status(await browser.get(led), 200), "/-/pod")
        want_same("the way on", want_status(made, 303).header("Location"), "/-/log")
        want_status(await browser.get("/-/log"), 200)
    with story.step("Her session keeps how sure that was: high"):
        await _want_level(browser, "high")


async def _want_level(browser: Browser, level: str) -> None:
    index = want_status(await browser.get(".account/"), 200).json
    where = text_at(index, "controls", "kluis", "sessions")
    sessions = items_at(want_status(await browser.get(where), 200).json, "sessions")
    want_same("her sessions", len(sessions), 1)
    want_same("the level", text_at(sessions[0], "acr"), level)
