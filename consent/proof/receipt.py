# SPDX-License-Identifier: EUPL-1.2
"""Receipts: the record at one version, signed, a copy with its own name for each side (KC-18)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import rfc8785

from consent.asking.requests import find_request
from consent.context import RECORD
from consent.grants.events import events_of
from consent.grants.grant import Event, Grant
from consent.proof.record import Node, record_of
from consent.proof.signer import Signer
from consent.registry.agency import find_agency
from consent.registry.purpose import find_purpose
from pod.database import Row, Tx
from pod.instant import Instant, text_of
from pod.iri import Iri

SUBJECT = "subject"
AGENCY = "agency"
PARTIES = (SUBJECT, AGENCY)


@dataclass(frozen=True, slots=True)
class Press:
    """Whose signature goes under receipts, and where their names lie."""

    base: Iri
    signer: Signer


@dataclass(frozen=True, slots=True)
class Receipt:
    """One side's signed copy."""

    id: Iri
    grant: str
    party: str
    record: str
    jws: str


def new_codes() -> tuple[str, str]:
    """Names for both copies (KC-4); made outside a unit of work, which may run twice."""
    return secrets.token_urlsafe(16), secrets.token_urlsafe(16)


async def record_in_force(tx: Tx, grant: Grant, base: Iri) -> Node:
    """The record as the rows have it now."""
    request = await find_request(tx, grant.request)
    agency = await find_agency(tx, grant.agency, base)
    purpose = await find_purpose(tx, grant.purpose, base)
    if request is None or agency is None or purpose is None:
        raise LookupError("a grant's request, agency or purpose is gone")
    return record_of(grant, request, await events_of(tx, grant.id), agency, purpose, base)


async def issue(
    tx: Tx, press: Press, grant: Grant, event: Event, moment: Instant, codes: tuple[str, str]
) -> dict[str, str]:
    """Write and sign both copies in the commit of what they prove; their names by side.

    Signing here takes some fifty microseconds and depends on nothing but its input.
    """
    record = await record_in_force(tx, grant, press.base)
    names = {}
    for party, code in zip(PARTIES, codes, strict=True):
        name = f"{press.base}.consent/receipts/{code}"
        receipt = _receipt(name, party, record, moment)
        await tx.run(
            "INSERT INTO receipt (id, grant_id, party, version, event, created, record, jws)"
            " VALUES (:id, :grant, :party, :version, :event, :moment, :record, :jws)",
            id=name,
            grant=grant.id,
            party=party,
            version=grant.version,
            event=event.seq,
            moment=moment,
            record=rfc8785.dumps(record).decode(),  # type: ignore[arg-type]  # its JSON type is recursive
            jws=press.signer.sign(rfc8785.dumps(receipt)),  # type: ignore[arg-type]  # as above
        )
        names[party] = name
    return names


def _receipt(name: str, party: str, record: Node, moment: Instant) -> Node:
    return {
        "@context": dict(RECORD),
        "id": name,
        "type": "ConsentReceipt",
        "dct:identifier": name.rsplit("/", 1)[-1],
        "hasIdentifier": name.rsplit("/", 1)[-1],
        "dct:conformsTo": "p27560:record-eu-gdpr",
        "dct:issued": text_of(moment),
        "k:copyFor": party,
        "hasRecordOfActivity": record,
    }


def _kept(row: Row) -> Receipt:
    return Receipt(Iri(row["id"]), row["grant_id"], row["party"], row["record"], row["jws"])


async def find_receipt(tx: Tx, id_: str) -> Receipt | None:
    """The copy by its full name."""
    row = await tx.one(
        "SELECT id, grant_id, party, record, jws FROM receipt WHERE id = :id", id=id_
    )
    return None if row is None else _kept(row)


async def receipts_for(tx: Tx, grant_id: str, parties: Sequence[str]) -> list[str]:
    """The names of the copies that these sides were given, oldest first."""
    rows = await tx.all(
        "SELECT id, party FROM receipt WHERE grant_id = :grant ORDER BY event, party",
        grant=grant_id,
    )
    return [row["id"] for row in rows if row["party"] in parties]
