# SPDX-License-Identifier: EUPL-1.2
"""All that consent has of a person, to take along: her log, grants, events and receipts (KLU-9)."""

from collections.abc import AsyncIterator, Mapping

import orjson

from consent.grants.grant import grant_json
from consent.grants.ledger import events_of, grants_in
from consent.house import House
from consent.log.heads import export, require_owner
from identity.who import Who
from pod import clock
from pod.database import Tx
from pod.iri import Iri

PIECE = 100


Papers = AsyncIterator[tuple[str, AsyncIterator[bytes]]]


async def papers(house: House, whos: Mapping[Iri, Who]) -> Papers:
    """By the owner of each pod: its log with the signed head, what she agreed to; our keys."""
    for pod, who in whos.items():
        folder = f"kluis/{pod.rstrip('/').rsplit('/', 1)[-1]}"
        yield f"{folder}/log.ndjson", await export(house, who, pod)
        yield f"{folder}/grants.ndjson", _grants(house, who, pod)
    yield "kluis/keys.json", _one(orjson.dumps(house.signer.jwks()))


async def _one(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def _grants(house: House, who: Who, pod: Iri) -> AsyncIterator[bytes]:
    """One permission per line, with every event and her signed receipts."""
    after = 0
    while True:
        lines, after = await house.db.read(_lines, who, pod, after, house)
        if not lines:
            return
        yield b"".join(lines)


async def _lines(tx: Tx, who: Who, pod: Iri, after: int, house: House) -> tuple[list[bytes], int]:
    await require_owner(tx, who, pod, house)
    moment = await clock.instant(tx, house.now())
    lines: list[bytes] = []
    for grant in await grants_in(tx, pod, after, PIECE):
        receipts = await tx.all(
            "SELECT id, jws FROM receipt WHERE grant_id = :grant AND party = 'subject'"
            " ORDER BY event",
            grant=grant.id,
        )
        told = {
            "grant": grant_json(grant, moment, [row["id"] for row in receipts]),
            "events": [event.json() for event in await events_of(tx, grant.id)],
            "receipts": [row["jws"] for row in receipts],
        }
        lines.append(orjson.dumps(told) + b"\n")
        after = grant.seq
    return lines, after
