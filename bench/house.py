# SPDX-License-Identifier: EUPL-1.2
"""What the server holds while it is measured: put there over HTTP, as anybody would."""

import asyncio
from dataclasses import dataclass

from commands.answer import Json, text_at, want_status
from commands.client import Credentials, Login, Web, log_in, open_account

WAGE = "https://data.vlaanderen.be/ns/loongegevens#"
ASKED = [WAGE + "brutoloon", WAGE + "verloningsperiode"]
AGENCY_NAME: Json = {"nl": "Meetagentschap"}
PLENTY = 10_000_000
AT_ONCE = 16


def document(size: int = 1024) -> bytes:
    """A wage slip of about so many bytes."""
    text = f"@prefix loon: <{WAGE}> .\n<#loon> a loon:Arbeidsloon ;\n"
    text += '  loon:brutoloon 3120.50 ; loon:verloningsperiode "2026-08"'
    lines = 0
    while len(text) < size - 60:
        text += f' ;\n  loon:component{lines} "bedrag {lines:04d}"'
        lines += 1
    return (text + " .\n").encode()


def agency_credentials(base: str) -> Credentials:
    return Credentials("meet-dienst", "geheim-van-de-meting", f"{base}meter/profile/card#me")


def seed(base: str) -> Json:
    agency = agency_credentials(base)
    ours = f"{base}.consent/agencies/meetagentschap"
    return {
        "accounts": [
            {
                "email": "meter@kluis.example",
                "password": "meten is weten, zegt men",
                "pods": [{"name": "meter"}],
                "clientCredentials": [
                    {"id": agency.id, "secret": agency.secret, "webId": agency.web_id}
                ],
            }
        ],
        "agencies": [
            {
                "id": ours,
                "name": AGENCY_NAME,
                "ovo": "OVO999997",
                "contact": "mailto:info@meter.example",
                "dpo": "mailto:dpo@meter.example",
                "kind": "public",
                "webids": [agency.web_id],
                "clients": [agency.id],
                "callbacks": [],
                "state": "active",
            }
        ],
        "purposes": [
            {
                "id": f"{base}.consent/purposes/meten/1",
                "version": 1,
                "agency": ours,
                "label": {"nl": "Meten"},
                "description": {"nl": "Meten hoe snel een lezing gaat."},
                "lane": "consent",
                "legalBasis": "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a",
                "broader": "https://w3id.org/dpv#ServiceProvision",
                "dataClasses": [
                    {"class": WAGE + "Arbeidsloon", "properties": list(ASKED), "required": False}
                ],
                "limits": {"maxDuration": "P1Y", "maxCount": PLENTY, "maxRetention": "P1Y"},
                "consequenceOfRefusing": {"nl": "Dan wordt er niet gemeten."},
                "state": "published",
            }
        ],
    }


@dataclass(frozen=True, slots=True)
class House:
    """A pod with documents, its owner, and an agency with a grant."""

    pod: str
    owner: Login
    agency: Login
    public: str
    private: str
    granted: str
    patched: tuple[str, ...]


def open_to_read(web_id: str) -> bytes:
    return f"""@prefix acl: <http://www.w3.org/ns/auth/acl#> .
<#owner> a acl:Authorization ; acl:agent <{web_id}> ; acl:accessTo <./> ; acl:default <./> ;
  acl:mode acl:Read, acl:Write, acl:Control .
<#all> a acl:Authorization ; acl:agentClass <http://xmlns.com/foaf/0.1/Agent> ;
  acl:accessTo <./> ; acl:default <./> ; acl:mode acl:Read .
""".encode()


async def furnish(web: Web) -> House:
    an = await open_account(web, "an@kluis.example", "een lang genoeg wachtwoord", "an")
    owner = await log_in(web, an.credentials, "openid webid consent")
    pod = an.pod
    house = House(
        pod=pod,
        owner=owner,
        agency=await log_in(web, agency_credentials(web.base), "openid webid"),
        public=f"{pod}open/loon.ttl",
        private=f"{pod}dicht/loon.ttl",
        granted=f"{pod}werk/2026-08.ttl",
        patched=tuple(f"{pod}patch/{number}.ttl" for number in range(100)),
    )
    documents = [house.public, house.private, house.granted, *house.patched]
    for size in (100, 1000):
        documents += [f"{pod}open/{size}/{number}.ttl" for number in range(size)]
    await put_all(web, owner, documents)
    acl = await web.put(f"{pod}open/.acl", owner, "text/turtle", open_to_read(an.web_id))
    want_status(acl, 201, 204)
    await grant(web, house, an.web_id)
    return house


async def put_all(web: Web, owner: Login, documents: list[str]) -> None:
    waiting = iter(documents)

    async def carry() -> None:
        for where in waiting:
            want_status(await web.put(where, owner, "text/turtle", document()), 201)

    async with asyncio.TaskGroup() as carriers:
        for _ in range(AT_ONCE):
            carriers.create_task(carry())


async def grant(web: Web, house: House, subject: str) -> None:
    """The agency asks for two properties of one document, the owner says yes."""
    asked: Json = {
        "subject": subject,
        "purpose": f"{web.base}.consent/purposes/meten/1",
        "data": [{"target": house.granted, "required": False, "properties": list(ASKED)}],
        "modes": ["read"],
        "duration": "P3M",
        "count": PLENTY,
        "retention": "P1Y",
    }
    request = want_status(await web.post(".consent/requests", asked, house.agency), 202)
    where = text_at(request.json, "id")
    notice = want_status(await web.get(f"{where}/notice?lang=nl", house.owner), 200)
    yes: Json = {"noticeHash": text_at(notice.json, "hash"), "lang": "nl"}
    want_status(await web.post(f"{where}/approve", yes, house.owner), 201)
