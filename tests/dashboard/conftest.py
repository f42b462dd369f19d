# SPDX-License-Identifier: EUPL-1.2
"""The pages behind a real server: An and Youssef with passwords, an agency, its purposes."""

import re
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import orjson
import pytest
from aiohttp import ClientResponse, ClientSession, DummyCookieJar, web
from aiohttp.test_utils import TestServer, unused_port
from joserfc.jwk import OKPKey

import dashboard.routes
import ldp.routes
from acl import wac
from acl.soon import Soon
from commands.page_changes import keeping_of
from consent.asking.request import read_request
from consent.asking.requests import ask
from consent.grants.permits import permit_source
from consent.house import House
from consent.law.permits import beside
from consent.log.reading import agency_of
from consent.proof.signer import signer_of
from consent.registry.seed import seed_registry
from dashboard.fittings import Fittings
from dashboard.words import Words, load_words
from identity.accounts.recovery import Recovery
from identity.accounts.seed import seed_accounts
from identity.cors import Cors
from identity.door import Door, Identify
from identity.letters.mail import Mailbox, to_folder
from identity.provider.authorize_routes import Gate
from identity.sign_in.passwords import Passwords
from identity.tokens.keys import open_keys
from identity.upstream.providers import Provider
from identity.who import ANYONE, Who
from ldp.keeping import keep
from pod import clock
from pod.database import Tx
from pod.files import Files
from pod.instant import Instant
from pod.iri import Iri
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.dashboard.outside import Outside
from tests.dashboard.pseudo import in_plain_words, marked
from tests.people import Outcome, a_house

LOON = "https://data.vlaanderen.be/ns/loongegevens#"
ILLNESS = "https://voorbeeld.example/ns#Ziekte"
IBAN = "BE68539007547034"
AGENCY_NAME = "Voorbeeldagentschap Opvang"
CLIENT = "https://opvang.example/app"
AS_AGENCY = {"Authorization": "the agency"}
BURGER = Provider(
    "burger", {"nl": "Burgerlogin", "en": "Citizen login"}, "https://burger.example/op", "kluis"
)
PASSWORD = "een lang wachtwoord"
THREE = ("brutoloon", "verloningsperiode", "werkgever")


def slip(month: str) -> bytes:
    return f"""@prefix loon: <{LOON}> .
# rekening {IBAN}
<> a loon:Arbeidsloon ; loon:brutoloon 3412.50 ; loon:verloningsperiode "{month}" ;
  loon:werkgever "Brouwerij De Kroon" ; loon:bankrekeningnummer "{IBAN}" .
""".encode()


def purpose(slug: str, **more: object) -> dict[str, object]:
    return {
        "id": f"/.consent/purposes/{slug}/1",
        "agency": "/.consent/agencies/opvang",
        "label": {"nl": "Uw tarief voor kinderopvang herberekenen", "en": "Your childcare price"},
        "description": {
            "nl": "Met uw recente loon berekenen we wat u voor de opvang betaalt.",
            "en": "From your recent wages we compute what you pay for childcare.",
        },
        "dataClasses": [
            {"class": LOON + "Arbeidsloon", "properties": [LOON + name for name in THREE]},
            {"class": ILLNESS, "special": True},
        ],
        "limits": {"maxDuration": "P6M", "maxCount": 10, "maxRetention": "P1Y"},
        "consequenceOfRefusing": {
            "nl": "Uw tarief blijft dat van uw belastingaangifte.",
            "en": "Your price stays that of your tax return.",
        },
        **more,
    }


def agency(name: str = AGENCY_NAME) -> dict[str, object]:
    return {
        "id": "/.consent/agencies/opvang",
        "name": {"nl": name},
        "ovo": "OVO000001",
        "contact": "mailto:privacy@opvang.example",
        "webids": ["/opvang/profile/card#me"],
        "clients": [CLIENT],
    }


@dataclass(slots=True)
class Shown:
    """A page as a browser got it."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    def field(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.text)
        assert found is not None, f"no field {name} on this page"
        return unescape(found[1])

    def token(self, action: str) -> str:
        """The token of the form that goes to this address."""
        for form in re.findall(r"<form.*?</form>", self.text, re.DOTALL):
            goes = re.search(r'action="([^"#]*)', form.split(">")[0])
            if goes is not None and goes[1] == action.split("#")[0] and (
                found := re.search(r'name="form-token" value="([^"]*)"', form)
            ):
                return found[1]
        raise AssertionError(f"no form to {action} on this page")


@dataclass(slots=True)
class Browser:
    """Keeps cookies and says where its requests come from, as browsers do; runs no script."""

    base: str
    web: ClientSession
    cookies: dict[str, str] = field(default_factory=dict)
    language: str = "nl-BE,nl;q=0.9"

    async def get(self, path: str, **headers: str) -> Shown:
        given = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Site": "same-origin"}
        return await self._ask("GET", path, given | headers, None)

    async def post(
        self, path: str, fields: Mapping[str, object], headers: Mapping[str, str] | None = None
    ) -> Shown:
        given = {"Origin": self.base[:-1], "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(fields, doseq=True).encode()
        return await self._ask("POST", path, given if headers is None else {**headers}, body)

    async def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None
    ) -> Shown:
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {"Accept-Language": self.language, **headers, **({"Cookie": kept} if kept else {})}
        if body is not None:
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        url = self.base[:-1] + path.split("#")[0]
        async with self.web.request(
            method, url, headers=sent, data=body, allow_redirects=False
        ) as answer:
            self._keep(answer)
            return Shown(answer.status, answer.headers.copy(), in_plain_words(await answer.text()))

    def _keep(self, answer: ClientResponse) -> None:
        for cookie in answer.headers.getall("Set-Cookie", []):
            name, _, value = cookie.split(";")[0].partition("=")
            if "Max-Age=0" in cookie:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value

    async def follow(self, shown: Shown) -> Shown:
        assert shown.status == 303, shown.text
        return await self.get(shown.location)

    async def sign_in(self, email: str = "an@example.org", password: str = PASSWORD) -> Shown:
        form = await self.get("/-/")
        token = form.token("/-/sign-in#fouten")
        fields = {"form-token": token, "next": "/-/", "email": email, "password": password}
        return await self.post("/-/sign-in", fields)

    async def send(self, page: str, action: str, **fields: object) -> Shown:
        """Press the button of a form on that page."""
        form = await self.get(page)
        assert form.status == 200, form.text
        for anchor in ("", "#fouten"):
            if f'action="{action}{anchor}"' in form.text:
                fields["form-token"] = form.token(action + anchor)
        return await self.post(action, fields)


@dataclass(slots=True)
class Town:
    """Everything that happens around the pages."""

    house: House
    now: MovableClock
    outside: Outside
    mailbox: Mailbox
    passwords: Passwords

    @property
    def base(self) -> Iri:
        return self.house.base

    @property
    def agency(self) -> Who:
        return Who(webid=f"{self.base}opvang/profile/card#me", client=CLIENT, issuer=self.base)

    async def put(self, path: str, body: bytes, media_type: str = "text/turtle") -> None:
        await self.house.db.write(
            self.base + path.split("/")[0] + "/",
            _put,
            Iri(self.base + path),
            media_type,
            body,
            self.now(),
        )

    async def asked(self, *paths: str, subject: str = "an", **more: object) -> str:
        """A question about these; its code."""
        data = [
            {
                "target": f"{self.base}{path.lstrip('+')}",
                "required": path.startswith("+"),
                **({"properties": [LOON + p for p in THREE]} if path.endswith(".ttl") else {}),
            }
            for path in paths
        ]
        source: dict[str, object] = {
            "subject": f"{self.base}{subject}/profile/card#me",
            "purpose": f"{self.base}.consent/purposes/opvangtarief/1",
            "data": data,
            "duration": "P3M",
            "count": 5,
            "retention": "P1Y",
            "case": "A-17",
            **more,
        }
        code = secrets.token_urlsafe(16)
        await self.house.db.write(
            None,
            _ask,
            self.agency,
            source,
            self.house,
            code,
        )
        return code

    async def reads(self, path: str, method: str = "GET") -> Outcome:
        """The agency reads through the resource API, refused tries noted as it does."""
        async with (
            ClientSession() as web_,
            web_.request(method, f"{self.base}{path}", headers=AS_AGENCY) as answer,
        ):
            body = await answer.read()
            problem = orjson.loads(body)["type"].rsplit("#")[-1] if answer.status > 399 else None
            return Outcome(answer.status, answer.headers.copy(), body, problem)


async def _put(tx: Tx, iri: Iri, media_type: str, body: bytes, now: Instant) -> None:
    await keep(tx, iri, media_type, body, now, created=True)


async def _ask(tx: Tx, who: Who, source: Mapping[str, object], house: House, code: str) -> None:
    moment = await clock.instant(tx, house.now())
    asked = read_request(source, house.base)
    await ask(tx, who, asked, house.name("requests", code), house.base, house.rates, moment)


def by_header(base: Iri) -> Identify:
    """Tokens are tested where they are checked: here a word says who comes."""

    async def identify(request: web.Request) -> Who:
        if request.headers.get("Authorization") != AS_AGENCY["Authorization"]:
            return ANYONE
        return Who(webid=f"{base}opvang/profile/card#me", client=CLIENT, issuer=base)

    return identify


@pytest.fixture
async def town(db: Sqlite, tmp_path: Path, now: MovableClock) -> AsyncIterator[Town]:
    async for opened in open_town(db, tmp_path, now, marked(load_words())):
        yield opened


async def open_town(
    db: Sqlite, tmp_path: Path, now: MovableClock, words: Mapping[str, Words]
) -> AsyncIterator[Town]:
    """A town whose pages speak these languages."""
    port = unused_port()
    base = Iri(f"http://127.0.0.1:{port}/")
    files = Files(tmp_path / "blobs")
    soon = Soon(db, base, now, agency_of)
    house = House(base, db, files, now, signer_of(OKPKey.generate_key("Ed25519")), soon=soon)
    await seed_accounts(
        db,
        base,
        [
            {"email": f"{name}@example.org", "password": PASSWORD, "pods": [{"name": name}]}
            for name in ("an", "youssef")
        ],
        now,
    )
    await seed_registry(db, base, [agency()], [purpose("opvangtarief")], now())
    app, door = web.Application(), Door(base, by_header(base))
    outside, passwords = Outside(), Passwords()
    mailbox = Mailbox(to_folder(tmp_path / "mail"), "kluis@example.org", now, longest_pause=0.0)
    fittings = Fittings(
        passwords,
        fetch=outside,
        recovery=Recovery(db, base, now, passwords, mailbox),
        providers=(BURGER,),
        dev=True,
        mail=tmp_path / "mail",
        registers=True,
    )
    sources = (wac.permits, beside(permit_source(base, house.signer)))
    data = replace(a_house(db, files, now, base=base, sources=sources), soon=soon)
    fittings = replace(fittings, keeping=keeping_of(data))
    gate = Gate(db, open_keys(tmp_path / "keys"), outside, base, now, True)
    app.add_routes([web.get("/.oidc/auth", door.open(gate.authorize, Cors.NONE))])
    pages = dashboard.routes.routes(house, door, None, fittings, sources, words)
    app.add_routes(pages)
    app.add_routes(ldp.routes.routes(data, door))
    server = TestServer(app, host="127.0.0.1", port=port)
    await server.start_server()
    yield Town(house, now, outside, mailbox, passwords)
    await server.close()
    await mailbox.close()


@pytest.fixture
async def someone(town: Town) -> AsyncIterator[Browser]:
    """A browser in which nobody is signed in."""
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        yield Browser(town.base, session)


@pytest.fixture
async def an(someone: Browser) -> Browser:
    """A browser in which An is signed in."""
    answer = await someone.sign_in()
    assert answer.status == 303, answer.text
    return someone
