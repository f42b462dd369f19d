# SPDX-License-Identifier: EUPL-1.2
"""Unmodified public clients from npm: they sign in, write, read, and read under a grant."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, parse

from commands.answer import Json, items_at, text_at, want_refused, want_status
from commands.client import Credentials, Login, Newcomer, Web, log_in, open_account, open_web
from commands.launch import Place, free_port, start, stop

CLIENTS = Path(__file__).parents[1] / "clients"
STORY_SECONDS = 60
WAGE = "https://data.vlaanderen.be/ns/loongegevens#"
GROSS, PERIOD = WAGE + "brutoloon", WAGE + "verloningsperiode"
SOLID, PIM = "http://www.w3.org/ns/solid/terms#", "http://www.w3.org/ns/pim/space#"
IBAN = "BE71096123456769"
SLIP = f"""@prefix loon: <{WAGE}> .
<#loon> a loon:Arbeidsloon ; loon:brutoloon 3120.50 ; loon:verloningsperiode "2026-08" ;
  loon:rekening "{IBAN}" .
"""
SHARED = "openid webid consent"


@dataclass(frozen=True, slots=True)
class House:
    """A running server, a citizen with a wage slip, and an agency that may ask."""

    web: Web
    an: Newcomer
    consent: Login
    slip: str
    agency: Credentials
    agency_login: Login
    purpose: str


def require_clients() -> None:
    if shutil.which("node") is None:
        missing = "node is not installed"
    elif not (CLIENTS / "node_modules").is_dir():
        missing = "tests/clients has no node_modules; run: make test"
    else:
        return
    if os.environ.get("KLUIS_COMPLETE") == "1":
        pytest.fail(missing)
    pytest.skip(missing)


def seed(base: str, agency: Credentials) -> Json:
    everywhere: Json = {"nl": "Tarief voor opvang", "en": "Price of childcare"}
    ours = f"{base}.consent/agencies/opvang"
    return {
        "accounts": [
            {
                "email": "dienst@opvang.example",
                "password": "een lang wachtwoord",
                "pods": [{"name": "opvang"}],
                "clientCredentials": [
                    {"id": agency.id, "secret": agency.secret, "webId": agency.web_id}
                ],
            }
        ],
        "agencies": [
            {
                "id": ours,
                "name": {"nl": "Opvang"},
                "ovo": "OVO999998",
                "contact": "mailto:info@opvang.example",
                "dpo": "mailto:dpo@opvang.example",
                "kind": "public",
                "webids": [agency.web_id],
                "clients": [agency.id],
                "callbacks": [],
                "state": "active",
            }
        ],
        "purposes": [
            {
                "id": f"{base}.consent/purposes/tarief/1",
                "version": 1,
                "agency": ours,
                "label": everywhere,
                "description": everywhere,
                "lane": "consent",
                "legalBasis": "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a",
                "broader": "https://w3id.org/dpv#ServiceProvision",
                "dataClasses": [
                    {
                        "class": WAGE + "Arbeidsloon",
                        "properties": [GROSS, PERIOD],
                        "required": False,
                    }
                ],
                "limits": {"maxDuration": "P6M", "maxCount": 20, "maxRetention": "P1Y"},
                "consequenceOfRefusing": everywhere,
                "state": "published",
            }
        ],
    }


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    require_clients()
    place = Place(tmp_path, free_port())
    agency = Credentials("opvang-dienst", "geheim-" * 6, f"{place.base}opvang/profile/card#me")
    place.sow(seed(place.base, agency))
    server = await start(place)
    try:
        async with open_web(place.base) as web:
            yield await furnish(web, agency)
    finally:
        await stop(server)


async def furnish(web: Web, agency: Credentials) -> House:
    an = await open_account(web, "an@voorbeeld.example", "nog een lang wachtwoord", "an")
    consent = await log_in(web, an.credentials, SHARED)
    slip = f"{an.pod}werk/2026-08.ttl"
    want_status(await web.put(slip, consent, "text/turtle", SLIP.encode()), 201)
    agency_login = await log_in(web, agency, "openid webid")
    purpose = f"{web.base}.consent/purposes/tarief/1"
    return House(web, an, consent, slip, agency, agency_login, purpose)


async def run_story(stage: str, house: House) -> list[dict[str, object]]:
    """Run one stage of story.mjs in a process of its own; gives what it told, step by step."""
    environ = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper()}
    environ |= {
        "KLUIS_STAGE": stage,
        "KLUIS_BASE": house.web.base,
        "KLUIS_OWNER_ID": house.an.credentials.id,
        "KLUIS_OWNER_SECRET": house.an.credentials.secret,
        "KLUIS_OWNER_POD": house.an.pod,
        "KLUIS_OWNER_WEBID": house.an.web_id,
        "KLUIS_AGENCY_ID": house.agency.id,
        "KLUIS_AGENCY_SECRET": house.agency.secret,
        "KLUIS_GRANTED": house.slip,
    }
    process = await asyncio.create_subprocess_exec(
        "node",
        "story.mjs",
        cwd=CLIENTS,
        env=environ,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(STORY_SECONDS):
            told, complained = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        pytest.fail(f"the stage {stage} took longer than {STORY_SECONDS} s")
    steps = [json.loads(line) for line in told.splitlines() if line.startswith(b"{")]
    assert steps, complained.decode(errors="replace")
    return steps


def failures(steps: list[dict[str, object]]) -> list[str]:
    return [f"{step['step']}: {step['detail']}" for step in steps if not step["ok"]]


async def ask_and_approve(house: House) -> str:
    """The agency asks for the slip, An says yes to what the notice says. Gives the grant."""
    asked: Json = {
        "subject": house.an.web_id,
        "purpose": house.purpose,
        "data": [{"target": house.slip, "required": False, "properties": [GROSS, PERIOD]}],
        "modes": ["read"],
        "duration": "P3M",
        "count": 10,
        "retention": "P1Y",
    }
    web = house.web
    request = want_status(await web.post(".consent/requests", asked, house.agency_login), 202)
    where = text_at(request.json, "id")
    notice = want_status(await web.get(f"{where}/notice?lang=nl", house.consent), 200)
    yes: Json = {"noticeHash": text_at(notice.json, "hash"), "lang": "nl"}
    approved = await web.post(f"{where}/approve", yes, house.consent)
    return want_status(approved, 201).header("Location")


async def test_a_public_client_keeps_data_in_a_pod(house: House) -> None:
    steps = await run_story("owner", house)

    assert failures(steps) == []
    assert len(steps) == 15


async def test_a_public_client_reads_between_approval_and_withdrawal(house: House) -> None:
    assert failures(await run_story("agency-refused", house)) == []
    grant = await ask_and_approve(house)
    assert failures(await run_story("agency-reads", house)) == []
    seen = await house.web.get(house.slip, house.agency_login, "text/turtle")
    assert IBAN.encode() not in want_status(seen, 200).every_byte
    want_status(await house.web.post(f"{grant}/withdraw", {}, house.consent), 200)
    assert failures(await run_story("agency-refused", house)) == []

    after = await house.web.get(house.slip, house.agency_login, "text/turtle")
    want_refused(after, "grant-withdrawn")
    log = await house.web.get(f".consent/log?pod={house.an.pod}", house.consent)
    outcomes = [text_at(entry, "outcome") for entry in items_at(log.json, "items")]
    assert outcomes.count("allowed") == 2
    assert outcomes.count("denied") >= 3


async def test_a_webid_profile_is_read_without_login(house: House) -> None:
    profile = await house.web.get(house.an.web_id, accept="text/turtle")

    body = want_status(profile, 200).body
    said = set(parse(body, RdfFormat.TURTLE, base_iri=profile.url))
    told = {(quad.subject, quad.predicate, quad.object) for quad in said}
    me = NamedNode(house.an.web_id)
    assert (me, NamedNode(SOLID + "oidcIssuer"), NamedNode(house.web.base)) in told
    assert (me, NamedNode(PIM + "storage"), NamedNode(house.an.pod)) in told
