# SPDX-License-Identifier: EUPL-1.2
"""The record has every field of ISO/IEC TS 27560, in words that DPV 2.3 has (domain.md §3, §4)."""

import re
from dataclasses import replace
from typing import Any

import orjson
import pytest
import rdflib

from consent.context import RECORD
from consent.grants.grants import record
from consent.grants.narrowing import narrow, read_less
from pod import rdf
from pod.instant import DAY, text_of

from .conftest import AGENCY, AN, AN_WHO, BASE, ILLNESS, SLIPS, START, Village
from .steps import approved, asked, granted

DPV = rdflib.Namespace("https://w3id.org/dpv#")
K = rdflib.Namespace("https://w3id.org/kluis#")
ODRL = rdflib.Namespace("http://www.w3.org/ns/odrl/2/")
DCT = rdflib.DCTERMS

# Each looked up in the files of DPV 2.3 (w3c/dpv, 2026-02-28); add one only after looking it up.
_KNOWN = """
dpv#ConsentRecord dpv#ConsentReceipt dpv#hasIdentifier dpv#hasRecordOfActivity
dpv#hasDataSubject dpv#hasDataController dpv#DataController dpv#GovernmentalOrganisation
dpv#Organisation dpv#hasName dpv#hasAddress dpv#hasContact dpv#hasJurisdiction
dpv#hasApplicableLaw dpv#hasAuthority dpv#hasProcess dpv#Process dpv#hasPurpose dpv#Purpose
dpv#hasLegalBasis dpv#hasPersonalData dpv#PersonalData dpv#SpecialCategoryPersonalData
dpv#hasDataSource dpv#hasNecessity dpv#Required dpv#Optional dpv#hasProcessing dpv#Retrieve
dpv#Store dpv#hasFrequency dpv#SingularFrequency dpv#SporadicFrequency dpv#hasRecipient
dpv#hasStorageCondition dpv#StorageLocation dpv#StorageDuration dpv#hasLocation
dpv#hasDuration dpv#TemporalDuration dpv#IndeterminateDuration dpv#UntilTimeDuration
dpv#hasNotice dpv#ConsentNotice dpv#hasConsentControl dpv#WithdrawConsent dpv#isExercisedAt
dpv#hasRight dpv#hasConsentStatus dpv#ConsentRequested dpv#ConsentGiven
dpv#ExplicitlyExpressedConsent dpv#ConsentStatusValidForProcessing
dpv#ConsentStatusInvalidForProcessing dpv#ConsentExpired dpv#ConsentWithdrawn
dpv#ConsentRevoked dpv#ConsentInvalidated dpv#RenewedConsentGiven dpv#isIndicatedBy
dpv#isIndicatedAtTime dpv/loc#BE dpv/legal/eu#law-GDPR dpv/legal/be#DPA-BE
dpv/legal/eu/gdpr#A6-1-a dpv/legal/eu/gdpr#A9-2-a dpv/legal/eu/gdpr#A7-3
dpv/legal/eu/gdpr#A77 dpv/schema/dpv-27560#record-eu-gdpr
dpv/sector/publicservices#SocialWelfareEligibilityAssessment"""
KNOWN = frozenset(_KNOWN.split())


def graph_of(document: Any) -> rdflib.Graph:
    body = orjson.dumps({"@context": dict(RECORD), **document})
    return rdf.graph(rdf.parse(body, rdf.JSON_LD, BASE))


async def recorded(village: Village, grant: str) -> tuple[Any, rdflib.Graph]:
    node = await record(village.house, AN_WHO, grant)
    return node, graph_of(node)


def only(graph: rdflib.Graph, subject: Any, *path: Any) -> Any:
    for step in path:
        found = list(graph.objects(subject, step))
        assert len(found) == 1, (step, found)
        subject = found[0]
    return subject


async def test_every_field_that_must_be_there_is_there(village: Village) -> None:
    grant = (await granted(village))["id"]
    shown = await village.house.db.read(_row, grant)

    _, graph = await recorded(village, grant)

    me = rdflib.URIRef(grant)
    assert str(only(graph, me, DCT.conformsTo)).endswith("dpv-27560#record-eu-gdpr")
    assert grant.endswith(str(only(graph, me, DPV.hasIdentifier)))
    assert only(graph, me, DPV.hasDataSubject) == rdflib.URIRef(AN)
    notice = only(graph, me, DPV.hasNotice)
    assert str(only(graph, notice, DCT.language)) == "nl"
    assert re.fullmatch(r"sha-256:[0-9a-f]{64}", str(only(graph, notice, K.contentHash)))
    process = only(graph, me, DPV.hasProcess)
    purpose = only(graph, process, DPV.hasPurpose)
    assert len(list(graph.objects(purpose, rdflib.SKOS.prefLabel))) == 2
    assert only(graph, purpose, rdflib.SKOS.broader)
    assert str(only(graph, process, DPV.hasLegalBasis)).endswith("gdpr#A6-1-a")
    data = list(graph.objects(process, DPV.hasPersonalData))
    assert {str(only(graph, one, DPV.hasDataSource)) for one in data} == set(SLIPS[:2])
    assert {str(only(graph, one, DPV.hasNecessity)) for one in data} == {
        str(DPV.Required),
        str(DPV.Optional),
    }
    assert all(len(list(graph.objects(one, K.property))) == 3 for one in data)
    controller = only(graph, me, DPV.hasDataController)
    assert controller == rdflib.URIRef(AGENCY)
    for field in (DPV.hasAddress, DPV.hasContact, K.role, K.kind, K.ovo):
        assert only(graph, controller, field)
    assert len(list(graph.objects(controller, DPV.hasName))) == 2
    assert DPV.DataController in set(graph.objects(controller, rdflib.RDF.type))
    assert DPV.GovernmentalOrganisation in set(graph.objects(controller, rdflib.RDF.type))
    assert set(graph.objects(process, DPV.hasRecipient)) == {rdflib.URIRef(AGENCY)}
    # An empty list of further recipients is stated, not left out.
    assert only(graph, process, K.furtherRecipients) == rdflib.RDF.nil
    stored = list(graph.objects(process, DPV.hasStorageCondition))
    kinds = {only(graph, one, rdflib.RDF.type) for one in stored}
    assert kinds == {DPV.StorageLocation, DPV.StorageDuration}
    assert only(graph, me, DPV.hasJurisdiction)
    assert only(graph, me, DPV.hasAuthority)
    assert only(graph, me, DPV.hasConsentControl, DPV.isExercisedAt)
    assert len(list(graph.objects(me, DPV.hasRight))) == 2
    given = next(graph.subjects(rdflib.RDF.type, DPV.ConsentGiven))
    assert only(graph, given, DPV.isIndicatedBy) == rdflib.URIRef(AN)
    assert str(only(graph, given, DPV.isIndicatedAtTime)) == text_of(START)
    assert str(only(graph, given, DPV.hasDuration, rdflib.RDF.value)) == text_of(shown)
    assert DPV.ExplicitlyExpressedConsent in set(graph.objects(given, rdflib.RDF.type))


async def _row(tx: Any, grant: str) -> int:
    row = await tx.one("SELECT valid_until FROM consent_grant WHERE id = :id", id=grant)
    return int(row["valid_until"])


async def test_what_was_not_limited_is_stated_too(village: Village) -> None:
    grant = (await granted(village, recipients=None, count=None))["id"]

    node, graph = await recorded(village, grant)

    process = only(graph, rdflib.URIRef(grant), DPV.hasProcess)
    assert only(graph, process, K.furtherRecipients) == rdflib.RDF.nil
    kinds = [condition["type"] for condition in node["hasProcess"]["hasStorageCondition"]]
    assert set(kinds) == {"StorageLocation", "StorageDuration"}


async def test_a_special_category_is_named_and_has_its_own_ground(village: Village) -> None:
    body = f"<> a <{ILLNESS}> ; <https://voorbeeld.example/ns#naam> 'griep' .".encode()
    target = f"{BASE}an/ziekte.ttl"
    await village.put(target, body)
    name = await asked(
        village,
        purpose=f"{BASE}.consent/purposes/gezondheid/1",
        data=[{"target": target, "required": True}],
    )
    fresh = replace(AN_WHO, signed_in=START)
    grant = (await approved(village, name, fresh, confirm=[ILLNESS]))["id"]

    _, graph = await recorded(village, grant)

    process = only(graph, rdflib.URIRef(grant), DPV.hasProcess)
    grounds = {str(ground).rsplit("#")[-1] for ground in graph.objects(process, DPV.hasLegalBasis)}
    assert grounds == {"A6-1-a", "A9-2-a"}
    datum = only(graph, process, DPV.hasPersonalData)
    assert DPV.SpecialCategoryPersonalData in set(graph.objects(datum, rdflib.RDF.type))


async def test_the_agreement_says_what_enforcement_does(village: Village) -> None:
    grant = await granted(village)

    _, graph = await recorded(village, grant["id"])

    policy = only(graph, rdflib.URIRef(grant["id"]), K.policy)
    assert only(graph, policy, rdflib.RDF.type) == ODRL.Agreement
    permission = only(graph, policy, ODRL.permission)
    assert only(graph, permission, ODRL.assigner) == rdflib.URIRef(AN)
    assert only(graph, permission, ODRL.assignee) == rdflib.URIRef(AGENCY)
    assert only(graph, permission, ODRL.action) == ODRL.read
    assert {str(t) for t in graph.objects(permission, ODRL.target)} == set(SLIPS[:2])
    constraints = {
        (
            str(only(graph, one, ODRL.leftOperand)).rsplit("/")[-1],
            str(only(graph, one, ODRL.operator)).rsplit("/")[-1],
            str(only(graph, one, ODRL.rightOperand)),
        )
        for one in graph.objects(permission, ODRL.constraint)
    }
    assert constraints == {
        ("purpose", "isA", grant["purpose"]),
        ("dateTime", "gteq", grant["validFrom"]),
        ("dateTime", "lt", grant["validUntil"]),
        ("count", "lteq", "5"),
    }
    duty = only(graph, permission, ODRL.duty)
    assert only(graph, duty, ODRL.action) == ODRL.delete
    assert str(only(graph, duty, ODRL.constraint, ODRL.rightOperand)) == "P1Y"


@pytest.mark.parametrize("changes", [{}, {"count": 1}, {"retention": None, "countries": None}])
async def test_every_word_of_dpv_is_one_that_dpv_has(
    village: Village, changes: dict[str, Any]
) -> None:
    grant = (await granted(village, **changes))["id"]

    _, graph = await recorded(village, grant)

    used = {
        str(node).removeprefix("https://w3id.org/")
        for triple in graph
        for node in triple
        if str(node).startswith("https://w3id.org/dpv")
    }
    assert used - KNOWN == set()
    assert len(used) > 40


async def test_the_end_stands_with_the_event_that_set_it(village: Village) -> None:
    grant = (await granted(village))["id"]
    village.later(DAY)
    end = text_of(START + 5 * DAY)
    await narrow(village.house, AN_WHO, grant, read_less({"validUntil": end}, BASE))

    node, _ = await recorded(village, grant)

    asked_, given, narrowed = node["hasConsentStatus"]
    assert "hasDuration" not in asked_
    assert "hasDuration" not in given
    assert narrowed["hasDuration"]["rdf:value"]["@value"] == end
    assert node["k:version"] == 2
