# SPDX-License-Identifier: EUPL-1.2
"""A small HTTP client with DPoP-bound tokens, as an app or an agency would have one."""

import secrets
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote, urldefrag, urlencode, urljoin

import orjson
from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector
from joserfc import jwt
from joserfc.jwk import ECKey
from yarl import URL

from commands.answer import Answer, Json, text_at, want, want_status

JSON_TYPE = "application/json"
DISCOVERY = ".well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Login:
    """An access token and the key that it is bound to."""

    token: str
    key: ECKey

    def headers(self, method: str, url: str) -> dict[str, str]:
        return {
            "Authorization": f"DPoP {self.token}",
            "DPoP": proof(self.key, method, url, self.token),
        }


def proof(key: ECKey, method: str, url: str, token: str | None = None) -> str:
    """RFC 9449 §4.2: says that the holder of the key makes this very request."""
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
    claims: dict[str, str | int] = {
        "jti": secrets.token_urlsafe(16),
        "htm": method,
        "htu": url.partition("?")[0],
        "iat": int(time.time()),
    }
    if token is not None:
        digest = sha256(token.encode()).digest()
        claims["ath"] = urlsafe_b64encode(digest).rstrip(b"=").decode()
    return jwt.encode(header, claims, key, algorithms=["ES256"])


def _unheard(answer: Answer) -> None:
    """Nobody listens along."""


@dataclass(frozen=True, slots=True)
class Web:
    """One server, seen from outside; `heard` is told of each answer."""

    session: ClientSession
    base: str
    heard: Callable[[Answer], None] = _unheard

    async def ask(
        self,
        method: str,
        where: str,
        *,
        login: Login | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """One request and its whole answer; `where` is an address, absolute or from the base."""
        url = urldefrag(urljoin(self.base, where)).url
        sent = dict(headers or {})
        if login is not None:
            sent |= login.headers(method, url)
        begun = time.perf_counter()
        async with self.session.request(
            method,
            URL(url, encoded=True),
            headers=sent,
            data=body or None,
            allow_redirects=False,
            skip_auto_headers=("Content-Type",),
        ) as response:
            content = await response.read()
        spent = (time.perf_counter() - begun) * 1000
        answer = Answer(method, url, response.status, response.raw_headers, content, spent)
        self.heard(answer)
        return answer

    async def get(
        self, where: str, login: Login | None = None, accept: str = JSON_TYPE, **more: str
    ) -> Answer:
        """A GET; other headers by name, an underscore for each dash."""
        headers = {"Accept": accept} | {name.replace("_", "-"): more[name] for name in more}
        return await self.ask("GET", where, login=login, headers=headers)

    async def post(
        self, where: str, value: Json, login: Login | None = None, **more: str
    ) -> Answer:
        headers = {"Content-Type": JSON_TYPE, "Accept": JSON_TYPE}
        headers |= {name.replace("_", "-"): more[name] for name in more}
        return await self.ask("POST", where, login=login, headers=headers, body=orjson.dumps(value))

    async def put(self, where: str, login: Login, media_type: str, body: bytes) -> Answer:
        headers = {"Content-Type": media_type}
        return await self.ask("PUT", where, login=login, headers=headers, body=body)


@asynccontextmanager
async def open_web(base: str, heard: Callable[[Answer], None] = _unheard) -> AsyncIterator[Web]:
    """A client without cookies, redirects or compression: it shows what the wire carries."""
    async with ClientSession(
        connector=TCPConnector(limit=64),
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,
        headers={"Accept-Encoding": "identity", "User-Agent": "kluis-client"},
        timeout=ClientTimeout(total=30),
    ) as session:
        yield Web(session, base, heard)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a script signs in with: made once, for one WebID."""

    id: str
    secret: str
    web_id: str


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What the account interface gave: a pod, a WebID, credentials."""

    pod: str
    web_id: str
    credentials: Credentials


async def open_account(web: Web, email: str, password: str, pod: str) -> Newcomer:
    """Account, password, pod and credentials, step for step as scripts for CSS 7 make them."""
    index = want_status(await web.get(".account/"), 200)
    created = want_status(
        await web.post(text_at(index.json, "controls", "account", "create"), {}), 200
    )
    session = f"CSS-Account-Token {text_at(created.json, 'authorization')}"
    inside = want_status(await web.get(".account/", Authorization=session), 200).json

    async def tell(control: tuple[str, str], value: Json) -> Json:
        where = text_at(inside, "controls", *control)
        return want_status(await web.post(where, value, Authorization=session), 200).json

    await tell(("password", "create"), {"email": email, "password": password})
    made = await tell(("account", "pod"), {"name": pod})
    web_id = text_at(made, "webId")
    key = await tell(("account", "clientCredentials"), {"name": pod, "webId": web_id})
    credentials = Credentials(text_at(key, "id"), text_at(key, "secret"), web_id)
    return Newcomer(text_at(made, "pod"), web_id, credentials)


async def log_in(web: Web, credentials: Credentials, scope: str) -> Login:
    """A token by `client_credentials`, bound to a key made for it (RFC 6749 §4.4, RFC 9449)."""
    found = want_status(await web.get(DISCOVERY), 200)
    endpoint = text_at(found.json, "token_endpoint")
    key = ECKey.generate_key("P-256")
    words = f"{quote(credentials.id, safe='')}:{quote(credentials.secret, safe='')}"
    headers = {
        "Authorization": f"Basic {b64encode(words.encode()).decode()}",
        "DPoP": proof(key, "POST", endpoint),
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": JSON_TYPE,
    }
    form = urlencode({"grant_type": "client_credentials", "scope": scope}).encode()
    answer = want_status(await web.ask("POST", endpoint, headers=headers, body=form), 200)
    kind = text_at(answer.json, "token_type")
    want(kind == "DPoP", "a token of the type DPoP", f"its type is {kind}")
    return Login(text_at(answer.json, "access_token"), key)
