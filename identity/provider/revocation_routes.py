# SPDX-License-Identifier: EUPL-1.2
"""Where a client ends a token or asks about one of its own (RFC 7009, RFC 7662; OP-33)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import hdrs, web

from identity.clients.proof import ClientDoor, Proven, authenticate
from identity.clients.shared_routes import read_body, refused
from identity.cors import Cors
from identity.door import Door, Room, json_answer
from identity.outward.fetched import Fetch
from identity.provider.revocation import end, look, new_access, still_stands
from identity.provider.token_request import TokenRefusal, read_client, read_form, required
from identity.tokens.keys import Keys
from identity.tokens.replay import Replay
from identity.tokens.token import Tokens, tokens_of
from identity.who import Who
from pod.database import Database
from pod.errors import Unavailable
from pod.instant import Now
from pod.iri import Iri

Answering = Callable[[Proven | None, str], Awaitable[web.Response]]


@dataclass(frozen=True, slots=True)
class Desk:
    """What both work with."""

    clients: ClientDoor
    tokens: Tokens

    async def revoke(self, client: Proven | None, token: str) -> web.Response:
        """RFC 7009 §2.2: 200 also for a token that is none; another client's is let be."""
        if client is None:
            raise TokenRefusal("invalid_client", "Say who you are: the client id.", 401)
        db, now = self.clients.db, self.clients.now
        seen = await look(db, self.tokens, token, now)
        if seen is not None and seen.client == client.id:
            await db.write(None, end, seen.access, new_access(), now())
        return json_answer({}, headers={"Pragma": "no-cache"})

    async def introspect(self, client: Proven | None, token: str) -> web.Response:
        """RFC 7662 §2.2: about a client's own tokens; nothing about others, not even that."""
        if client is None or client.public:
            raise TokenRefusal("invalid_client", "Sign in with your secret or key.", 401)
        db, now = self.clients.db, self.clients.now
        seen = await look(db, self.tokens, token, now)
        if seen is None or seen.client != client.id or not await db.read(still_stands, seen.access):
            return json_answer({"active": False})
        return json_answer({"active": True, "client_id": client.id, **seen.said})

    def room(self, answering: Answering) -> Room:
        """One of the two, behind the proof of who asks; errors in OAuth's own form."""

        async def room(request: web.Request, who: Who) -> web.Response:
            if request.method == hdrs.METH_OPTIONS:
                return web.Response(status=204, headers={"Allow": "POST, OPTIONS"})
            basic = hdrs.AUTHORIZATION in request.headers
            try:
                return await self._answer(request, answering)
            except TokenRefusal as refusal:
                return refused(refusal, basic)
            except Unavailable as error:
                return refused(TokenRefusal("temporarily_unavailable", error.detail, 503), False)

        return room

    async def _answer(self, request: web.Request, answering: Answering) -> web.Response:
        if request.method != hdrs.METH_POST:
            raise TokenRefusal("invalid_request", "This address takes POST.", 405)
        form = read_form(request.content_type, await read_body(request))
        claimed = read_client(request.headers.getall(hdrs.AUTHORIZATION, ()), form)
        client = await authenticate(self.clients, claimed)
        return await answering(client, required(form, "token"))


def routes(
    db: Database, door: Door, fetch: Fetch, keys: Keys, replay: Replay, base: Iri, now: Now
) -> list[web.RouteDef]:
    """Both addresses; before the catch-all of /.oidc/."""
    desk = Desk(ClientDoor(db, fetch, replay, base, now), tokens_of(base, keys))
    table = (("revocation", desk.revoke), ("introspection", desk.introspect))
    return [
        web.route("*", f"/.oidc/token/{name}", door.open(desk.room(answering), Cors.PROTOCOL))
        for name, answering in table
    ]
