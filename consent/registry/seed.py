# SPDX-License-Identifier: EUPL-1.2
"""The registry from and to a file (KC-8): adds what is not there yet, changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consent.registry.agency import Agency, add_agency, agencies, agency_json, read_agency
from consent.registry.purpose import (
    Purpose,
    Shelf,
    add_purpose,
    purpose_json,
    purposes,
    read_purpose,
)
from consent.registry.rules import require_lane
from pod.database import Database, Tx
from pod.errors import Unprocessable
from pod.instant import Instant
from pod.iri import Iri

_ALL = 100_000


@dataclass(frozen=True, slots=True)
class Seeded:
    """How many of each were new."""

    agencies: int
    purposes: int


async def seed_registry(
    db: Database,
    base: Iri,
    agencies_: Sequence[Mapping[str, object]],
    purposes_: Sequence[Mapping[str, object]],
    now: Instant,
) -> Seeded:
    """Add these agencies and purposes, all or nothing."""
    new_agencies = [read_agency(dict(source), base) for source in agencies_]
    new_purposes = [read_purpose(dict(source), base) for source in purposes_]
    for purpose in new_purposes:
        require_lane(purpose)
    return await db.write(None, _seed, new_agencies, new_purposes, now)


async def _seed(
    tx: Tx, new_agencies: list[Agency], new_purposes: list[Purpose], now: Instant
) -> Seeded:
    agencies_added = sum([await add_agency(tx, agency, now) for agency in new_agencies])
    for purpose in new_purposes:
        row = await tx.one("SELECT 1 AS known FROM agency WHERE id = :id", id=purpose.agency)
        if row is None:
            raise Unprocessable(
                f"The purpose <{purpose.id}> names an agency that is not in the registry.",
                problem="unknown-agency",
            )
    purposes_added = sum([await add_purpose(tx, purpose, now) for purpose in new_purposes])
    return Seeded(agencies_added, purposes_added)


async def export_registry(db: Database, base: Iri) -> dict[str, list[dict[str, object]]]:
    """The whole registry in the form that seed_registry and `serve --seed` take."""
    return await db.read(_export, base)


async def _export(tx: Tx, base: Iri) -> dict[str, list[dict[str, object]]]:
    return {
        "agencies": [agency_json(agency) for agency in await agencies(tx, base, _ALL, None)],
        "purposes": [
            purpose_json(purpose) for purpose in await purposes(tx, base, _ALL, None, Shelf(None))
        ],
    }
