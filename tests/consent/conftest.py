# SPDX-License-Identifier: EUPL-1.2
"""A small house with An, Youssef, an agency and its purpose; real rows, real keys, a clock."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from acl.decide import Decision, PermitSource, decide
from acl.journal import Use, new_id, record_use
from acl.modes import Mode
from consent.grants.permits import permit_source
from consent.house import House, Rates
from consent.proof.signer import Signer
from consent.registry.seed import seed_registry
from identity.who import Named, Who
from pod import clock, contents
from pod.database import Database, Tx
from pod.files import Files
from pod.instant import Instant
from pod.iri import Iri, storage_of
from pod.resource import Resource
from pod.schema import migrate
from pod.sqlite import open_sqlite

BASE = Iri("http://localhost:3000/")
LOON = "https://data.vlaanderen.be/ns/loongegevens#"
AN = f"{BASE}an/profile/card#me"
YOUSSEF = f"{BASE}youssef/profile/card#me"
OPVANG = f"{BASE}opvang/profile/card#me"
CLIENT = "opvang-app"
AGENCY = f"{BASE}.consent/agencies/opvang"
PURPOSE = f"{BASE}.consent/purposes/opvangtarief/1"
OTHER_PURPOSE = f"{BASE}.consent/purposes/andere/1"
HEALTH_PURPOSE = f"{BASE}.consent/purposes/gezondheid/1"
ILLNESS = "https://voorbeeld.example/ns#Ziekte"
START: Instant = 1_790_000_000_000
SECRET = "BE71096123456769"

SLIP = f"""@prefix loon: <{LOON}> .
@prefix hidden: <https://secret.example/{SECRET}#> .
# not for others: {SECRET}
<> a loon:Loonfiche ; loon:brutoloon 3200 ; loon:verloningsperiode "2026-08" ;
  loon:bankrekeningnummer "{SECRET}" ;
  loon:werkgever [ loon:naam "ACME" ; loon:nummer "{SECRET}" ] .
<#extra> loon:brutoloon 50 .
<https://elsewhere.example/x> loon:brutoloon 666 .
"""

AGENCIES: list[dict[str, object]] = [
    {
        "id": "/.consent/agencies/opvang",
        "name": {"nl": "Voorbeeldagentschap Opvang", "en": "Example Childcare Agency"},
        "ovo": "OVO000001",
        "contact": "mailto:privacy@opvang.example",
        "dpo": "mailto:dpo@opvang.example",
        "kind": "public",
        "webids": ["/opvang/profile/card#me"],
        "clients": [CLIENT, "opvang-other"],
        "callbacks": ["https://opvang.example/kluis"],
    },
    {
        "id": "/.consent/agencies/bank",
        "name": {"nl": "Een bank"},
        "kind": "private",
        "webids": ["/bank/profile/card#me"],
        "clients": ["bank-app"],
        "callbacks": [],
    },
]


def _purpose(slug: str, **more: object) -> dict[str, object]:
    return {
        "id": f"/.consent/purposes/{slug}/1",
        "agency": "/.consent/agencies/opvang",
        "label": {"nl": "Uw tarief voor kinderopvang", "en": "Your childcare price"},
        "description": {"nl": "We herberekenen uw tarief.", "en": "We compute your price."},
        "lane": "consent",
        "legalBasis": "gdpr:A6-1-a",
        "broader": (
            "https://w3id.org/dpv/sector/publicservices#SocialWelfareEligibilityAssessment"
        ),
        "dataClasses": [
            {
                "class": f"{LOON}Loonfiche",
                "properties": [
                    f"{LOON}{name}"
                    for name in ("brutoloon", "verloningsperiode", "werkgever", "naam")
                ],
                "required": True,
            }
        ],
        "limits": {
            "maxDuration": "P6M",
            "maxCount": 10,
            "maxRetention": "P1Y",
            "modes": ["read"],
            "recipients": [],
            "countries": ["BE"],
        },
        "consequenceOfRefusing": {"nl": "U betaalt dan het gewone tarief."},
        **more,
    }


PURPOSES = [
    _purpose("opvangtarief"),
    _purpose("andere"),
    _purpose("gezondheid", dataClasses=[{"class": ILLNESS, "required": True, "special": True}]),
    _purpose("wettelijk", lane="statutory", legalBasis="gdpr:A6-1-e", law="Decreet van 1 april"),
    _purpose("ontwerp", state="draft"),
    _purpose("bank", agency="/.consent/agencies/bank"),
]

AN_WHO = Who(webid=AN, client="an-app", issuer=BASE, scopes=frozenset({"webid", "consent"}))
YOUSSEF_WHO = replace(AN_WHO, webid=YOUSSEF)
AGENCY_WHO = Who(webid=OPVANG, client=CLIENT, issuer=BASE, scopes=frozenset({"webid"}))
BANK_WHO = replace(AGENCY_WHO, webid=f"{BASE}bank/profile/card#me", client="bank-app")
SLIPS = [f"{BASE}an/inkomen/2026-0{month}.ttl" for month in (7, 8, 9)]
PERMITTED = [f"{LOON}brutoloon", f"{LOON}verloningsperiode", f"{LOON}werkgever"]


@dataclass
class Village:
    """The house with what tests do in it."""

    house: House
    source: PermitSource
    time: list[Instant] = field(default_factory=lambda: [START])

    @property
    def db(self) -> Database:
        return self.house.db

    def later(self, by: Instant) -> None:
        self.time[0] += by

    async def put(self, iri: str, body: bytes, media_type: str = "text/turtle") -> None:
        await self.db.write(storage_of(Iri(iri)), _put, Iri(iri), body, media_type)

    async def decide(self, who: Who, iri: str, **named: str) -> Decision:
        asking = replace(who, named=Named(**named))
        return await self.db.read(self._decide, asking, Iri(iri))

    async def _decide(self, tx: Tx, who: Who, iri: Iri) -> Decision:
        found = await contents.find(tx, iri)
        return await decide(tx, who, found, self.time[0], [self.source])

    async def read(self, who: Who, iri: str, **named: str) -> str:
        """One read as the ldp room settles it: "allowed", or the problem's name."""
        asking = replace(who, named=Named(**named))
        return await self.db.write(storage_of(Iri(iri)), self._read, asking, Iri(iri))

    async def _read(self, tx: Tx, who: Who, iri: Iri) -> str:
        found = await contents.find(tx, iri)
        decision = await decide(tx, who, found, self.time[0], [self.source])
        moment = await clock.instant(tx, self.time[0])
        permit = decision.because(Mode.READ)
        if permit is None or permit.spend is None:
            denial = decision.denial
            if denial is None:
                return "nothing"
            use = Use(found.pod, iri, "read", "denied", 403, who, denial.ground, None, None,
                      denial.problem)  # fmt: skip
            await record_use(tx, use, new_id(BASE), moment)
            return denial.problem
        if permit.wait is not None:
            return permit.wait.problem
        await permit.spend(tx, moment)
        use = Use(found.pod, iri, "read", "allowed", 200, who, permit.ground, "1")
        await record_use(tx, use, new_id(BASE), moment)
        return "allowed"


async def _put(tx: Tx, iri: Iri, body: bytes, media_type: str) -> None:
    pod = storage_of(iri)
    seq = await contents.next_seq(tx, pod)
    digest = sha256(body).hexdigest()
    await contents.put(
        tx, Resource(pod, iri, media_type, body, None, len(body), digest, seq, START)
    )


async def _people(tx: Tx) -> None:
    for name in ("an", "youssef", "opvang", "bank"):
        webid = f"{BASE}{name}/profile/card#me"
        await tx.run(
            "INSERT INTO account (id, kind, operator, created) VALUES (:id, 'person', 0, 1)",
            id=name,
        )
        await tx.run(
            "INSERT INTO webid (id, account, uri, kind, verified)"
            " VALUES (:id, :id, :webid, 'own', 1)",
            id=name,
            webid=webid,
        )
        if name in ("opvang", "bank"):
            continue
        pod = f"{BASE}{name}/"
        await tx.run(
            "INSERT INTO pod (iri, id, account, created, seq) VALUES (:pod, :id, :id, 1, 0)",
            pod=pod,
            id=name,
        )
        await tx.run(
            "INSERT INTO owner (pod, webid, visible) VALUES (:pod, :webid, 0)", pod=pod, webid=webid
        )


def new_signer(kid: str = "k1") -> Signer:
    return Signer(kid, OKPKey.generate_key("Ed25519"))


@pytest.fixture
async def village(tmp_path: Path) -> AsyncIterator[Village]:
    db = await open_sqlite(tmp_path / "kluis.db")
    await migrate(db)
    await db.write(None, _people)
    await seed_registry(db, BASE, AGENCIES, PURPOSES, START)
    time = [START]
    signer = new_signer()
    house = House(BASE, db, Files(tmp_path / "blobs"), lambda: time[0], signer, Rates(per_hour=50))
    village = Village(house, permit_source(BASE, signer), time)
    for container in ("an/", "an/inkomen/", "youssef/"):
        await village.put(f"{BASE}{container}", b"")
    for slip in SLIPS:
        await village.put(slip, SLIP.encode())
    await village.put(f"{BASE}an/foto.pdf", b"%PDF-1.4\xff", "application/pdf")
    yield village
    await db.close()


def a_request(**changes: object) -> dict[str, object]:
    """What the agency asks: two slips, three properties each, 5 reads, 3 months."""
    body: dict[str, object] = {
        "subject": AN,
        "purpose": PURPOSE,
        "data": [
            {"target": SLIPS[0], "required": True, "properties": PERMITTED},
            {"target": SLIPS[1], "required": False, "properties": PERMITTED},
        ],
        "modes": ["read"],
        "duration": "P3M",
        "count": 5,
        "retention": "P1Y",
        "recipients": [],
        "countries": ["BE"],
        "case": "A-17",
    }
    body.update(changes)
    return {name: value for name, value in body.items() if value is not None}
