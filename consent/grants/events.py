# SPDX-License-Identifier: EUPL-1.2
"""The events of grants as rows, which are only ever added."""

from collections.abc import Mapping

import orjson

from consent.grants.grant import Event, Grant, Move, State, next_event
from pod.database import Row, Tx
from pod.instant import Instant


def _event(row: Row) -> Event:
    by, details = orjson.loads(row["body"])
    return Event(
        row["grant_id"],
        row["seq"],
        row["time"],
        Move(row["kind"]),
        State(row["state"]),
        row["version"],
        by,
        details,
        row["prev"],
        row["hash"],
    )


async def events_of(tx: Tx, grant_id: str) -> list[Event]:
    """Everything that happened to the grant, oldest first."""
    rows = await tx.all(
        "SELECT grant_id, seq, time, kind, state, version, body, prev, hash FROM grant_event"
        " WHERE grant_id = :id ORDER BY seq",
        id=grant_id,
    )
    return [_event(row) for row in rows]


async def add_event(
    tx: Tx,
    grant: Grant,
    move: Move,
    moment: Instant,
    by: str,
    details: Mapping[str, object] | None = None,
) -> Event:
    """Add the event of a move to the grant's chain, in the commit of the move."""
    last = await tx.one(
        "SELECT grant_id, seq, time, kind, state, version, body, prev, hash FROM grant_event"
        " WHERE grant_id = :id ORDER BY seq DESC LIMIT 1",
        id=grant.id,
    )
    before = None if last is None else _event(last)
    event = next_event(grant, before, move, moment, by, details or {})
    await tx.run(
        "INSERT INTO grant_event (grant_id, seq, time, kind, state, version, body, prev, hash)"
        " VALUES (:grant, :seq, :time, :kind, :state, :version, :body, :prev, :hash)",
        grant=grant.id,
        seq=event.seq,
        time=moment,
        kind=move,
        state=event.state,
        version=event.version,
        body=orjson.dumps([by, dict(event.details)]).decode(),
        prev=event.prev,
        hash=event.hash,
    )
    return event
