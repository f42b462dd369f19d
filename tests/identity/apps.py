# SPDX-License-Identifier: EUPL-1.2
"""An app that signs people in, step for step, against a server over HTTP."""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc.jwk import ECKey

from identity.accounts.sessions import hash_of
from identity.clients.registration import NewClient, add_client, read_registration
from identity.provider.interactions import Interaction, allow, find_interaction
from pod.database import Tx
from tests.identity.conftest import Json, Person, Said, Town, fetch_from

CONTEXT = "https://www.w3.org/ns/solid/oidc-context.jsonld"
ID = "https://app.example/id"
BACK = "https://app.example/back?kind=1"
GONE = "https://app.example/gone"
DOCUMENT: Json = {
    "@context": [CONTEXT],
    "client_id": ID,
    "client_name": "An app",
    "redirect_uris": [BACK],
    "post_logout_redirect_uris": [GONE],
    "scope": "openid webid offline_access",
}


def challenge_of(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass(slots=True)
class Browser:
    """A browser of one person, signed in here, and the app that she uses in it."""

    town: Town
    person: Person
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(40))
    session: str = ""
    app: str = ""
    client: str = ID
    back: str = BACK

    def wish(self, **more: str | None) -> dict[str, str]:
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client,
            "redirect_uri": self.back,
            "scope": "openid offline_access webid",
            "state": "st&te",
            "nonce": "n-1",
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
            "prompt": "consent",
            **more,
        }
        return {name: value for name, value in asked.items() if value is not None}

    async def go(self, path: str, query: str = "", data: str | None = None, **headers: str) -> Said:
        cookies = {"kluis": self.session, "kluis-app": self.app}
        worn = "; ".join(f"{name}={value}" for name, value in cookies.items() if value)
        given = {"Cookie": worn, **headers} if worn else headers
        where = f"{path}?{query}" if query else path
        if data is None:
            said = await self.town.ask("GET", where, headers=given)
        else:
            given["Content-Type"] = "application/x-www-form-urlencoded"
            said = await self.town.ask("POST", where, data=data, headers=given)
        for line in said.headers.getall("Set-Cookie", ()):  # type: ignore[attr-defined]  # a multidict
            name, _, value = line.split(";")[0].partition("=")
            if name == "kluis-app":
                self.app = value
            elif name == "kluis":
                self.session = value
        self.town.http.cookie_jar.clear()
        return said

    async def authorize(self, **more: str | None) -> Said:
        return await self.go(".oidc/auth", urlencode(self.wish(**more)))

    async def question(self, **more: str | None) -> Interaction:
        said = await self.authorize(**more)
        assert said.status == 303, said
        code = said.headers["Location"].removeprefix(f"{self.town.base}-/app/")
        found = await self.find(code)
        assert found is not None, said
        return found

    async def find(self, code: str, browser: str | None = None) -> Interaction | None:
        town = self.town
        fetch = fetch_from(town.elsewhere)
        worn = self.app if browser is None else browser
        return await find_interaction(town.db, fetch, code, worn, town.now)

    async def say_yes(
        self, *, remember: bool = False, offline: bool = True, **more: str | None
    ) -> dict[str, str]:
        found = await self.question(**more)
        account = await self.account()
        webid = self.person.pod["webId"]
        self.town.now.advance(1)
        address = await allow(
            self.town.db,
            found,
            hash_of(self.session),
            account,
            webid,
            remember=remember,
            offline=offline,
            now=self.town.now,
        )
        return answered(address)

    async def account(self) -> str:
        return await self.town.db.read(_account, hash_of(self.session))

    async def redeem(self, code: str, key: ECKey | None = None, **more: str | None) -> Said:
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "client_id": self.client,
            "code": code,
            "redirect_uri": self.back,
            "code_verifier": self.verifier,
            **more,
        }
        kept = {name: value for name, value in form.items() if value is not None}
        return await self.town.token(kept, key or self.key)

    async def refresh(self, token: str, key: ECKey | None = None, **more: str | None) -> Said:
        form = {
            "grant_type": "refresh_token",
            "client_id": self.client,
            "refresh_token": token,
            **more,
        }
        kept = {name: value for name, value in form.items() if value is not None}
        return await self.town.token(kept, key or self.key)

    async def tokens(self, *, remember: bool = False) -> Json:
        said = await self.redeem((await self.say_yes(remember=remember))["code"])
        assert said.status == 200, said
        return dict(said.json)

    async def may_read(self, token: str, key: ECKey | None = None) -> bool:
        return (await self.town.whoami(token, key or self.key)).status == 200


async def _account(tx: Tx, session: str) -> str:
    row = await tx.one("SELECT account FROM session WHERE hash = :h", h=session)
    assert row is not None
    return str(row["account"])


def answered(address: str) -> dict[str, str]:
    """What an address in the app says."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


async def a_browser(town: Town, person: Person, name: str = "an") -> Browser:
    """Signed in with her password; the app's document is there."""
    town.elsewhere[ID] = DOCUMENT
    login = {"email": f"{name}@voorbeeld.example", "password": f"{name}-geheim"}
    said = await town.tell(".account/login/password/", login)
    town.http.cookie_jar.clear()
    assert said.status == 200, said
    return Browser(town, person, session=said.json["authorization"])


async def register(town: Town, id_: str, secret: str, *, public: bool = False) -> None:
    """A client as the registration keeps it."""
    method = "none" if public else "client_secret_basic"
    said = read_registration(
        {"redirect_uris": [BACK], "token_endpoint_auth_method": method}, dev=False
    )
    await town.db.write(None, add_client, NewClient(id_, secret), said, town.now())
