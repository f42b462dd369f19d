# SPDX-License-Identifier: EUPL-1.2
"""`kluis dev-idp`: a small OpenID provider for development, shaped like ACM/IDM; nobody is real."""

import argparse
import hmac
import re
import secrets
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from typing import TypeAlias
from urllib.parse import unquote, urlencode

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
MEANS = {
    name: f"urn:be:vlaanderen:authmech:{name}"
    for name in ("eid", "itsme", "csamtotp", "csamsms", "csampassword")
}
PEOPLE: Mapping[str, Mapping[str, str]] = {
    "an": {"given_name": "An", "family_name": "Peeters", "vo_doelgroepcode": "BUR"},
    "bram": {"given_name": "Bram", "family_name": "Claes", "vo_doelgroepcode": "BUR"},
    "chris": {
        "given_name": "Chris",
        "family_name": "Maes",
        "vo_doelgroepcode": "GID",
        "vo_orgcode": "OVO000001",
        "vo_orgnaam": "Agentschap Voorbeeld",
    },
}
COOKIE = "dev-idp"
AGREED = frozenset(("openid", "profile", "vo"))
CODE_SECONDS = 60
TOKEN_SECONDS = 300
CLAIMS_OF = {
    "profile": ("given_name", "family_name"),
    "vo": ("vo_id", "vo_doelgroepcode", "vo_orgcode", "vo_orgnaam"),
    "rrn": ("rrn",),
}


@dataclass(frozen=True, slots=True)
class Client:
    """The one party that may ask, and the scopes that were agreed with it."""

    id: str
    secret: str
    redirect: str
    scopes: frozenset[str] = AGREED


@dataclass(frozen=True, slots=True)
class Given:
    """What a code stands for."""

    query: Mapping[str, str]
    person: str
    means: str
    made: float
    signed_in: float


@dataclass(frozen=True, slots=True)
class Seen:
    """A browser that signed in here, who she was, by which means, and when."""

    person: str
    means: str
    at: float


@dataclass(frozen=True, slots=True)
class DevIdp:
    """One provider: it forgets everything when it ends."""

    issuer: str
    client: Client
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"), repr=False)
    codes: dict[str, Given] = field(default_factory=dict, repr=False)
    seen: dict[str, Seen] = field(default_factory=dict, repr=False)
    now: Callable[[], float] = time.time

    async def metadata(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/auth",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def jwks(self, request: web.Request) -> web.Response:
        public = self.key.as_dict(private=False)
        mine = {name: public[name] for name in ("kty", "crv", "x", "y")}
        return web.json_response({"keys": [{**mine, "kid": self.key.thumbprint(), "use": "sig"}]})

    async def ask(self, request: web.Request) -> web.Response:
        """Who she is and by which means, in a plain form; not again while that holds."""
        query = dict(request.query)
        self._require_client(query)
        if wrong := self._wrong(query):
            return self._back(query, error=wrong)
        seen = self.seen.get(request.cookies.get(COOKIE, ""))
        if seen is not None and self._holds(seen, query):
            return self._give(query, seen)
        if query.get("prompt") == "none":
            return self._back(query, error="login_required")
        return web.Response(text=_form(query), content_type="text/html")

    def _holds(self, seen: Seen, query: Mapping[str, str]) -> bool:
        """OpenID Connect Core §3.1.2.1: prompt=login and max_age ask for a new sign-in."""
        wanted, age = query.get("acr_values", "").split(), query.get("max_age")
        if "login" in query.get("prompt", "").split():
            return False
        if wanted and MEANS[seen.means] not in wanted:
            return False
        return age is None or self.now() - seen.at < int(age)

    async def choose(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        person, means = form.pop("person", ""), form.pop("means", "")
        self._require_client(form)
        if wrong := self._wrong(form):
            return self._back(form, error=wrong)
        if person not in PEOPLE or means not in MEANS:
            return self._back(form, error="access_denied")
        value, seen = secrets.token_urlsafe(24), Seen(person, means, self.now())
        self.seen[value] = seen
        answer = self._give(form, seen)
        answer.set_cookie(COOKIE, value, path="/op", httponly=True, samesite="Lax")
        return answer

    def _give(self, query: Mapping[str, str], seen: Seen) -> web.Response:
        code = secrets.token_urlsafe(24)
        self.codes[code] = Given(query, seen.person, seen.means, self.now(), seen.at)
        return self._back(query, code=code)

    async def leave(self, request: web.Request) -> web.Response:
        """The next sign-in in this browser is of whoever she then chooses."""
        self.seen.pop(request.cookies.get(COOKIE, ""), None)
        return web.Response(text="You are signed out of the practice sign-in.\n")

    def _require_client(self, query: Mapping[str, str]) -> None:
        known = (self.client.id, self.client.redirect)
        if (query.get("client_id"), query.get("redirect_uri")) != known:
            raise web.HTTPBadRequest(text="This client or its redirect_uri is not known here.")

    def _wrong(self, query: Mapping[str, str]) -> str:
        if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
            return "invalid_request"
        if not re.fullmatch(r"[0-9]{1,9}", query.get("max_age", "0")):
            return "invalid_request"
        # Like the real one: a scope that was not agreed fails at once.
        scopes = set(query.get("scope", "").split())
        return "" if "openid" in scopes and scopes <= self.client.scopes else "invalid_scope"

    def _back(self, query: Mapping[str, str], **answer: str) -> web.Response:
        said = answer | {"state": query.get("state", ""), "iss": self.issuer}
        where = f"{self.client.redirect}?{urlencode(said)}"
        return web.Response(status=303, headers={"Location": where})

    async def token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if not self._is_client(request.headers.get("Authorization", "")):
            return web.json_response({"error": "invalid_client"}, status=401)
        given = self.codes.pop(form.get("code", ""), None)
        if given is None or not self._fits(given, form):
            return web.json_response({"error": "invalid_grant"}, status=400)
        body = {"access_token": secrets.token_urlsafe(24), "token_type": "Bearer"}
        return web.json_response(body | {"id_token": self._id_token(given)})

    def _is_client(self, header: str) -> bool:
        scheme, _, value = header.partition(" ")
        try:
            id_, _, secret = b64decode(value, validate=True).decode().partition(":")
        except ValueError:
            return False
        given, right = unquote(secret).encode(), self.client.secret.encode()
        known = scheme == "Basic" and unquote(id_) == self.client.id
        return known and hmac.compare_digest(given, right)

    def _fits(self, given: Given, form: Mapping[str, str]) -> bool:
        made = sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(made).rstrip(b"=").decode()
        return (
            form.get("grant_type") == "authorization_code"
            and form.get("redirect_uri") == self.client.redirect
            and challenge == given.query.get("code_challenge")
            and self.now() - given.made < CODE_SECONDS
        )

    def _id_token(self, given: Given) -> str:
        name, made = given.person, int(self.now())
        number = sha256(f"{self.client.id} {name}".encode()).hexdigest()[:32]
        known = {**PEOPLE[name], "vo_id": number, "rrn": "00000000097"}
        asked = given.query.get("scope", "").split()
        claims: dict[str, object] = {
            "iss": self.issuer,
            "sub": number,
            "aud": self.client.id,
            "iat": made,
            "exp": made + TOKEN_SECONDS,
            "auth_time": int(given.signed_in),
            "nonce": given.query.get("nonce", ""),
            **{n: known[n] for scope in asked for n in CLAIMS_OF.get(scope, ()) if n in known},
        }
        if given.query.get("acr_values"):
            claims["acr"] = MEANS[given.means]
        return jwt.encode({"alg": "ES256", "kid": self.key.thumbprint()}, claims, self.key)


def _form(query: Mapping[str, str]) -> str:
    kept = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">\n'
        for name, value in query.items()
        if name not in ("person", "means")
    )
    people = "".join(
        f'<option value="{name}">{person["given_name"]} {person["family_name"]}'
        f" ({person['vo_doelgroepcode']})</option>"
        for name, person in PEOPLE.items()
    )
    buttons = "".join(f'<button name="means" value="{name}">{name}</button>\n' for name in MEANS)
    return (
        '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Practice sign-in</title>\n'
        "<h1>Practice sign-in</h1>\n<p>For development. Nobody here is real.</p>\n"
        f'<form method="post">\n{kept}<label>Who <select name="person">{people}</select></label>\n'
        f'{buttons}<button name="means" value="">Cancel</button>\n</form></html>\n'
    )


def build_app(provider: DevIdp) -> web.Application:
    """The provider as an application."""
    app = web.Application()
    app.add_routes(
        [
            web.get("/op/.well-known/openid-configuration", provider.metadata),
            web.get("/op/jwks", provider.jwks),
            web.get("/op/auth", provider.ask),
            web.post("/op/auth", provider.choose),
            web.get("/op/leave", provider.leave),
            web.post("/op/token", provider.token),
        ]
    )
    return app


def add_commands(commands: Subparsers) -> None:
    """Add it to the command line."""
    parser = commands.add_parser("dev-idp", help="a practice OpenID provider, for development")
    parser.add_argument("--port", type=int, default=3100, help="port to listen on (3100)")
    parser.add_argument("--client", default="kluis", help="the client id (kluis)")
    parser.add_argument("--secret", default="practice", help="the client's secret (practice)")
    parser.add_argument(
        "--redirect",
        default="http://localhost:3000/.account/login/oidc/dev-idp/callback/",
        help="the client's callback address",
    )
    parser.add_argument("--rrn", action="store_true", help="as if the scope rrn was agreed too")
    parser.set_defaults(command=_run)


def agreed(*, rrn: bool) -> frozenset[str]:
    """FED-5: the national number only where the agreement has it."""
    return AGREED | {"rrn"} if rrn else AGREED


def _run(given: argparse.Namespace) -> int:
    client = Client(given.client, given.secret, given.redirect, agreed(rrn=given.rrn))
    provider = DevIdp(f"http://localhost:{given.port}/op", client)
    web.run_app(build_app(provider), host="127.0.0.1", port=given.port, access_log=None)
    return 0
