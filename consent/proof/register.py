# SPDX-License-Identifier: EUPL-1.2
"""An agency's own register of processing (GDPR article 30), from its purposes and their use."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consent.caller import caller_of
from consent.context import RECORD
from consent.house import House
from consent.log.forms import cell
from consent.registry.agency import Agency, find_agency
from consent.registry.purpose import Purpose, find_purpose
from identity.who import Who
from pod import clock
from pod.database import Tx
from pod.errors import Refused
from pod.instant import text_of

Node = dict[str, object]
MOST_PURPOSES = 1_000
CONTEXT: Mapping[str, object] = {
    **RECORD,
    "hasLegalMeasure": {"@type": "@id"},
    "k:source": {"@type": "@id"},
}
# Article 30(1)(g): what every read through this server has.
MEASURES = (
    "dpv:EncryptionInTransfer",
    "dpv:AccessControlMethod",
)
COLUMNS = (
    "purpose", "label", "state", "lane", "legalBasis", "reference", "categories", "special",
    "recipients", "countries", "retention", "grants", "grantsInForce", "reads", "statutory",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One purpose and how often it was used: numbers of grants and reads, of nobody by name."""

    purpose: Purpose
    grants: int
    in_force: int
    reads: int
    by_law: int


@dataclass(frozen=True, slots=True)
class Register:
    """All of it at one moment."""

    agency: Agency
    made: int
    lines: tuple[Line, ...]


async def register(house: House, who: Who) -> Register:
    """The register of the agency that asks; nobody else has one."""
    return await house.db.read(_register, who, house)


async def _register(tx: Tx, who: Who, house: House) -> Register:
    caller = await caller_of(tx, who, house.base)
    agency = None
    if caller.agency is not None:
        agency = await find_agency(tx, caller.agency, house.base)
    if agency is None:
        raise Refused("A register of processing is an agency's.", problem="not-an-agency")
    moment = await clock.instant(tx, house.now())
    rows = await tx.all(
        "SELECT id FROM purpose WHERE agency = :agency AND state <> 'draft'"
        " ORDER BY slug, version LIMIT :most",
        agency=agency.id,
        most=MOST_PURPOSES,
    )
    lines = []
    for row in rows:
        purpose = await find_purpose(tx, row["id"], house.base)
        if purpose is not None:
            lines.append(await _line(tx, purpose, moment))
    return Register(agency, moment, tuple(lines))


async def _line(tx: Tx, purpose: Purpose, moment: int) -> Line:
    given = await tx.one(
        "SELECT COUNT(*) AS number, COALESCE(SUM(uses), 0) AS uses, COALESCE(SUM(CASE WHEN"
        " state IN ('scheduled', 'active') AND valid_from <= :moment AND valid_until > :moment"
        " THEN 1 ELSE 0 END), 0) AS active FROM consent_grant WHERE purpose = :purpose",
        purpose=purpose.id,
        moment=moment,
    )
    law = await tx.one(
        "SELECT COUNT(*) AS number FROM statutory WHERE purpose = :purpose", purpose=purpose.id
    )
    if given is None or law is None:
        raise LookupError("a count has a row")
    return Line(purpose, given["number"], given["active"], given["uses"], law["number"])


def as_json(register: Register, base: str) -> Node:
    """The register as DPV's record of processing activities."""
    agency = register.agency
    return {
        "id": f"{base}.consent/register#{agency.slug}",
        "type": "RecordsOfActivities",
        "dct:issued": text_of(register.made),
        "hasDataController": {
            "id": agency.id,
            "type": "DataController",
            "hasName": agency.name,
            "hasAddress": agency.address or agency.id,
            "hasContact": agency.contact or agency.id,
            "k:dpo": agency.dpo,
        },
        "hasProcess": [_process(line) for line in register.lines],
    }


def _process(line: Line) -> Node:
    purpose, limits = line.purpose, line.purpose.limits
    return {
        "id": f"{purpose.id}#processing",
        "type": "Process",
        "hasPurpose": {
            "id": purpose.id,
            "type": "Purpose",
            "skos:prefLabel": purpose.label,
            "dct:description": list(purpose.description.values()),
            **({"skos:broader": purpose.broader} if purpose.broader else {}),
        },
        "k:state": purpose.state,
        "k:lane": purpose.lane,
        "hasLegalBasis": purpose.legal_basis,
        **{f"k:{word}": text for word, text in purpose.references},
        "hasPersonalData": [_category(one.cls, one.special) for one in purpose.classes],
        "k:dataSubjects": "owners of pods on this server",
        "hasRecipient": [purpose.agency],
        "k:furtherRecipients": {"@list": list(limits.recipients or ())},
        "hasStorageCondition": [
            *({"type": "StorageLocation", "hasLocation": f"loc:{c}"} for c in limits.countries),
            _retention(limits.retention),
        ],
        "hasTechnicalOrganisationalMeasure": [{"id": measure} for measure in MEASURES],
        "k:grants": line.grants,
        "k:grantsInForce": line.in_force,
        "k:reads": line.reads,
        "k:statutoryAccesses": line.by_law,
    }


def _category(cls: str, special: bool) -> Node:
    kinds = ["PersonalData", *(["SpecialCategoryPersonalData"] if special else [])]
    return {"id": cls, "type": kinds}


def _retention(length: str | None) -> Node:
    if length is None:
        return {"type": "StorageDuration", "hasDuration": {"type": "IndeterminateDuration"}}
    value = {"@value": length, "@type": "xsd:duration"}
    return {
        "type": "StorageDuration",
        "hasDuration": {"type": "TemporalDuration", "rdf:value": value},
    }


def as_csv(register: Register) -> bytes:
    """One line per purpose."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for line in register.lines:
        table.writerow([cell(value) for value in _cells(line)])
    return text.getvalue().encode()


def _cells(line: Line) -> Sequence[object]:
    purpose, limits = line.purpose, line.purpose.limits
    special = [one.cls for one in purpose.classes if one.special]
    return (
        purpose.id,
        purpose.label.get("nl", ""),
        purpose.state,
        purpose.lane,
        purpose.legal_basis,
        [text for _, text in purpose.references],
        [one.cls for one in purpose.classes],
        special,
        list(limits.recipients or ()),
        list(limits.countries or ()),
        limits.retention,
        line.grants,
        line.in_force,
        line.reads,
        line.by_law,
    )
