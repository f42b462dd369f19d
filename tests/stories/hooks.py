# SPDX-License-Identifier: EUPL-1.2
"""A town whose agency is told things, and the server of the agency that hears them."""

import asyncio
import base64
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, time
from typing import Any

import orjson
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from commands.answer import want_status
from commands.client import log_in, open_account, open_web
from commands.demo.cast import (
    SCOPE,
    Agency,
    Citizen,
    agency_credentials,
    agency_id,
    new_cast,
    purpose_id,
)
from commands.demo.papers import SLIPS
from commands.demo.seed import seed
from commands.launch import Place, free_port, start, stop

from .town import Town


@dataclass(frozen=True, slots=True)
class Heard:
    """One POST that came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> dict[str, Any]:
        body: dict[str, Any] = orjson.loads(self.body)
        return body

    @property
    def kind(self) -> str:
        return str(self.json["type"])


Reply = Callable[[Heard], Awaitable[web.StreamResponse]]


async def fine(heard: Heard) -> web.StreamResponse:
    return web.Response(status=204)


@dataclass(slots=True)
class Ear:
    """The agency's server. `reply` says what it answers; a test changes it as it goes."""

    server: TestServer
    reply: Reply = fine
    heard: list[Heard] = field(default_factory=list)

    @property
    def callback(self) -> str:
        return str(self.server.make_url("/kluis"))

    def kinds(self) -> list[str]:
        return [each.kind for each in self.heard]

    async def until(self, holds: Callable[[list[Heard]], bool], seconds: float = 8.0) -> bool:
        """Whether it came true within the time."""
        end = monotonic() + seconds
        while monotonic() < end:
            if holds(self.heard):
                return True
            await asyncio.sleep(0.02)
        return holds(self.heard)


@asynccontextmanager
async def an_ear(host: str = "127.0.0.1", port: int | None = None) -> AsyncIterator[Ear]:
    """A real receiver on a port of its own."""
    app = web.Application()
    ear = Ear(TestServer(app, host=host, port=port))

    async def hear(request: web.Request) -> web.StreamResponse:
        heard = Heard(request.path, dict(request.headers), await request.read(), monotonic())
        ear.heard.append(heard)
        return await ear.reply(heard)

    app.router.add_post("/{path:.*}", hear)
    app.router.add_get("/{path:.*}", hear)
    await ear.server.start_server()
    try:
        yield ear
    finally:
        await ear.server.close()


def verified(heard: Heard, keys: Any) -> bool:
    """Standard Webhooks: whether one of the published keys signed id, time and body."""
    stamp = heard.headers["webhook-timestamp"]
    content = b".".join((heard.id.encode(), stamp.encode(), heard.body))
    assert abs(int(stamp) - time()) < 300
    for word in heard.headers["webhook-signature"].split(" "):
        version, signature = word.split(",", 1)
        assert version == "v1a"
        for key in keys["keys"]:
            public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "=="))
            try:
                public.verify(base64.b64decode(signature), content)
            except InvalidSignature:
                continue
            return True
    return False


@asynccontextmanager
async def a_hooked_town(folder: Path, *callbacks: str, **environ: str) -> AsyncIterator[Town]:
    """Like `a_town`, with these callbacks registered."""
    place, cast = Place(folder, free_port(), settings=environ), new_cast()
    planted: Any = seed(place.base, cast)
    planted["agencies"][0]["callbacks"] = list(callbacks)
    place.sow(planted)
    process: Process = await start(place)
    try:
        async with open_web(place.base) as web_:
            an = await open_account(web_, cast.an.email, cast.an.password, cast.an.pod_name)
            login = await log_in(web_, an.credentials, SCOPE)
            for slip in SLIPS:
                made = await web_.put(an.pod + slip.path, login, slip.media_type, slip.body)
                want_status(made, 201)
            service = await log_in(web_, agency_credentials(web_.base, cast), "webid")
            agency = Agency(service, agency_id(web_.base), purpose_id(web_.base))
            citizen = Citizen(cast.an, an.pod, an.web_id, login)
            yield Town(web_, place, process, an, login, citizen, agency)
    finally:
        await stop(process)
