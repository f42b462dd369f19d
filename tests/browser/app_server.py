# SPDX-License-Identifier: EUPL-1.2
"""An app on an origin of its own, built from the unmodified browser library."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from commands.launch import free_port

APP = Path(__file__).parent / "app"
LIBRARY = (
    Path(__file__).parents[1]
    / "clients/node_modules/@inrupt/solid-client-authn-browser/dist/solid-client-authn.bundle.js"
)
Room = Callable[[web.Request], Awaitable[web.StreamResponse]]
CONTEXT = "https://www.w3.org/ns/solid/oidc-context.jsonld"


@dataclass(frozen=True, slots=True)
class App:
    """Where the app is, and the address of its Client ID Document."""

    origin: str

    @property
    def start(self) -> str:
        return f"{self.origin}/"

    @property
    def id(self) -> str:
        return f"{self.origin}/id.jsonld"


@asynccontextmanager
async def an_app() -> AsyncIterator[App]:
    """Another host than the pod server's, so that the browser sees a foreign site."""
    port = free_port()
    app = App(f"http://127.0.0.1:{port}")
    rooms = web.Application()
    rooms.router.add_get("/", _file(APP / "index.html"))
    rooms.router.add_get("/app.js", _file(APP / "app.js"))
    rooms.router.add_get("/authn.js", _file(LIBRARY))
    rooms.router.add_get("/id.jsonld", _document(app))
    runner = web.AppRunner(rooms, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield app
    finally:
        await runner.cleanup()


def _file(path: Path) -> Room:
    async def room(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(path)

    return room


def _document(app: App) -> Room:
    document = {
        "@context": CONTEXT,
        "client_id": app.id,
        "client_name": "Een app met papieren",
        "redirect_uris": [app.start],
        "post_logout_redirect_uris": [app.start],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "openid offline_access webid",
        "token_endpoint_auth_method": "none",
    }

    async def room(request: web.Request) -> web.StreamResponse:
        return web.json_response(document, content_type="application/ld+json")

    return room
