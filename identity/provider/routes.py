# SPDX-License-Identifier: EUPL-1.2
"""Discovery, keys and the token endpoint; and how a request's headers become Who."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import hdrs, web

from identity.clients.proof import ClientDoor
from identity.clients.shared_routes import read_body, refused
from identity.cors import Cors
from identity.door import Door, Identify, Room, json_answer
from identity.identify import Abroad, Identifier
from identity.outward.fetched import Fetch
from identity.provider.authorize_routes import Gate
from identity.provider.logout_routes import Exit
from identity.provider.provider import answer, metadata
from identity.provider.token_grants import app_of, for_code, for_program, for_refresh, program_of
from identity.provider.token_request import (
    TokenRefusal,
    read_client,
    read_form,
    read_grant,
    required,
)
from identity.sign_in.tries import Tries
from identity.tokens.dpop import read_proof
from identity.tokens.keys import Keys
from identity.tokens.replay import Replay
from identity.tokens.token import AnotherIssuer, tokens_of
from identity.who import Who
from pod.database import Database
from pod.errors import NotSignedIn, Unavailable, WrongMethod
from pod.instant import Now
from pod.iri import Iri

# The browser library downloads the metadata three times a login (OP-2).
PUBLISHED = {"Cache-Control": "public, max-age=300"}


def identify_with(
    keys: Keys, replay: Replay, base: Iri, now: Now, abroad: Abroad | None = None
) -> Identify:
    """The part of the door that finds out who asks."""
    identifier = Identifier(base, tokens_of(base, keys), replay, abroad)

    async def identify(request: web.Request) -> Who:
        path, headers = request.rel_url.raw_path, request.headers
        try:
            return identifier.identify(request.method, path, headers, now())
        except AnotherIssuer:
            return await identifier.identify_foreign(
                request.method, path, headers, now(), request.remote or ""
            )

    return identify


def routes(
    db: Database,
    door: Door,
    keys: Keys,
    replay: Replay,
    base: Iri,
    now: Now,
    fetch: Fetch,
    dev: bool = False,
    tries: Tries | None = None,
) -> list[web.RouteDef]:
    """What lies under /.oidc/, and the discovery document."""
    issuer = Issuer(keys, ClientDoor(db, fetch, replay, base, now))
    gate = Gate(db, keys, fetch, base, now, dev, tries)
    leaving = Exit(db, keys, fetch, base, now)
    both = {"GET": gate.authorize, "POST": gate.authorize}
    table: list[tuple[str, Mapping[str, Room], Cors]] = [
        ("/.well-known/openid-configuration", {"GET": issuer.discovery}, Cors.PROTOCOL),
        ("/.oidc/jwks", {"GET": issuer.jwks}, Cors.PROTOCOL),
        ("/.oidc/token", {"POST": issuer.token}, Cors.PROTOCOL),
        # OP-38: navigations, so no CORS.
        ("/.oidc/auth", both, Cors.NONE),
        ("/.oidc/auth/{code:[A-Za-z0-9_-]{1,64}}", {"GET": gate.resume}, Cors.NONE),
        ("/.oidc/session/end", {"GET": leaving.leave, "POST": leaving.leave}, Cors.NONE),
        ("/.oidc/session/confirm", {"POST": leaving.confirm}, Cors.NONE),
    ]
    listed = [
        web.route("*", path, door.open(by_method(rooms), cors)) for path, rooms, cors in table
    ]
    return [*listed, web.route("*", "/.oidc/{rest:.*}", door.open(nothing))]


def by_method(rooms: Mapping[str, Room]) -> Room:
    """One address, a room for each method it takes; HEAD is answered as GET."""
    allowed = ", ".join((*rooms, "OPTIONS"))

    async def room(request: web.Request, who: Who) -> web.StreamResponse:
        if request.method == hdrs.METH_OPTIONS:
            return web.Response(status=204, headers={"Allow": allowed})
        method = hdrs.METH_GET if request.method == hdrs.METH_HEAD else request.method
        if method not in rooms:
            raise WrongMethod(f"This address takes {allowed}.", headers={"Allow": allowed})
        return await rooms[method](request, who)

    return room


async def nothing(request: web.Request, who: Who) -> web.Response:
    """Decision 29: what lies under /.oidc/ answers in OAuth's own form."""
    detail = "There is nothing at this address; the metadata has those that are served."
    return json_answer({"error": "not_found", "error_description": detail}, 404)


@dataclass(frozen=True, slots=True)
class Issuer:
    """The rooms of our own OpenID provider."""

    keys: Keys
    clients: ClientDoor

    async def discovery(self, request: web.Request, who: Who) -> web.Response:
        return json_answer(metadata(self.clients.base), headers=PUBLISHED)

    async def jwks(self, request: web.Request, who: Who) -> web.Response:
        return json_answer(self.keys.token_jwks(), headers=PUBLISHED)

    async def token(self, request: web.Request, who: Who) -> web.Response:
        """OP-36: errors in OAuth's own form."""
        try:
            given = await self._grant(request)
        except TokenRefusal as refusal:
            return refused(refusal, hdrs.AUTHORIZATION in request.headers)
        except Unavailable as error:
            return refused(TokenRefusal("temporarily_unavailable", error.detail, 503), False)
        return json_answer(given, headers={"Pragma": "no-cache"})

    async def _grant(self, request: web.Request) -> dict[str, object]:
        form = read_form(request.content_type, await read_body(request))
        kind = read_grant(form)
        claimed = read_client(request.headers.getall(hdrs.AUTHORIZATION, ()), form)
        if kind == "client_credentials":
            program = await program_of(self.clients, claimed)
            jkt = self._proved(request)
            granted = await for_program(self.clients, program, form.get("scope"))
        elif kind == "authorization_code":
            app = await app_of(self.clients, claimed)
            jkt = self._proved(request)
            granted = await for_code(self.clients, app, form, jkt)
        else:
            app = await app_of(self.clients, claimed, required(form, "refresh_token"))
            jkt = self._proved(request)
            granted = await for_refresh(self.clients, app, form, jkt)
        base, now = self.clients.base, self.clients.now()
        return answer(base, self.keys, granted.given, jkt, now, granted.refresh)

    def _proved(self, request: web.Request) -> str:
        """OP-28: a token with a WebID is only given out bound to a key."""
        proofs = request.headers.getall("DPoP", ())
        if not proofs:
            raise TokenRefusal("invalid_request", "Tokens are bound to a key: send a DPoP proof.")
        if len(proofs) > 1:
            raise TokenRefusal("invalid_dpop_proof", "Send one DPoP proof.")
        url, now = f"{self.clients.base}.oidc/token", self.clients.now()
        try:
            proof = read_proof(proofs[0], request.method, (url,), now)
            self.clients.replay.refuse_seen(proof, now)
        except NotSignedIn as error:
            raise TokenRefusal("invalid_dpop_proof", error.detail) from error
        return proof.thumbprint
