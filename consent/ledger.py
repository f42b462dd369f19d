# SPDX-License-Identifier: EUPL-1.2
"""Grants as rows, and their events, which are only ever added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from consent.grant import Event, Grant, Move, State, next_event
from consent.lists import Page, before
from consent.terms import terms_json, terms_of
from pod.database import Row, Tx
from pod.instant import Instant
from pod.iri import Iri

_SELECT = (
    "SELECT id, seq, pod, subject, agency, purpose, request, state, version, valid_from,"
    " valid_until, count, uses, last_read, ended, body FROM consent_grant"
)
_IN_FORCE = "('scheduled', 'active', 'paused')"
_USABLE = "('scheduled', 'active')"
MOST_ENDED = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """Which grants a list is about (KC-15); None is no condition."""

    state: str | None = None
    agency: str | None = None
    purpose: str | None = None


def _grant(row: Row) -> Grant:
    body = orjson.loads(row["body"])
    return Grant(
        Iri(row["id"]),
        row["seq"],
        Iri(row["pod"]),
        row["subject"],
        row["agency"],
        body["client"],
        row["purpose"],
        row["request"],
        State(row["state"]),
        row["version"],
        row["valid_from"],
        row["valid_until"],
        row["count"],
        row["uses"],
        row["last_read"],
        row["ended"],
        terms_of(body["terms"]),
        body["lane"],
        body["legalBasis"],
        body["language"],
        body["noticeHash"],
    )


async def add_grant(tx: Tx, grant: Grant) -> None:
    """Keep a new grant."""
    body = {
        "client": grant.client,
        "terms": terms_json(grant.terms),
        "lane": grant.lane,
        "legalBasis": grant.legal_basis,
        "language": grant.language,
        "noticeHash": grant.notice_hash,
    }
    await tx.run(
        "INSERT INTO consent_grant (id, seq, pod, subject, agency, purpose, request, state,"
        " version, valid_from, valid_until, count, uses, last_read, ended, body) VALUES (:id,"
        " :seq, :pod, :subject, :agency, :purpose, :request, :state, :version, :valid_from,"
        " :valid_until, :count, 0, NULL, NULL, :body)",
        id=grant.id,
        seq=grant.seq,
        pod=grant.pod,
        subject=grant.subject,
        agency=grant.agency,
        purpose=grant.purpose,
        request=grant.request,
        state=grant.state,
        version=grant.version,
        valid_from=grant.valid_from,
        valid_until=grant.valid_until,
        count=grant.count,
        body=orjson.dumps(body).decode(),
    )


async def save_state(tx: Tx, grant: Grant) -> None:
    """Keep what a move has changed."""
    await tx.run(
        "UPDATE consent_grant SET state = :state, ended = :ended WHERE id = :id",
        id=grant.id,
        state=grant.state,
        ended=grant.ended,
    )


async def count_use(tx: Tx, grant: Grant, moment: Instant) -> int | None:
    """One more use, if there is one left; how many there were then. None: there was none left."""
    row = await tx.one(
        f"UPDATE consent_grant SET uses = uses + 1, last_read = :moment WHERE id = :id"  # noqa: S608 - a constant list of states
        f" AND version = :version AND state IN {_USABLE} AND (count IS NULL OR uses < count)"
        " AND valid_from <= :moment AND valid_until > :moment RETURNING uses",
        id=grant.id,
        version=grant.version,
        moment=moment,
    )
    return None if row is None else int(row["uses"])


async def find_grant(tx: Tx, id_: str) -> Grant | None:
    """The grant by its full name."""
    row = await tx.one(f"{_SELECT} WHERE id = :id", id=id_)
    return None if row is None else _grant(row)


async def open_between(tx: Tx, pod: str, agency: str) -> list[Grant]:
    """Every grant of that agency in that pod that is not over by its row."""
    rows = await tx.all(
        f"{_SELECT} WHERE pod = :pod AND agency = :agency AND state IN {_IN_FORCE}"
        " ORDER BY seq DESC",
        pod=pod,
        agency=agency,
    )
    return [_grant(row) for row in rows]


async def open_in(tx: Tx, pod: str) -> list[Grant]:
    """Every grant in a pod that has not ended."""
    rows = await tx.all(
        f"{_SELECT} WHERE pod = :pod AND state IN {_IN_FORCE} ORDER BY seq", pod=pod
    )
    return [_grant(row) for row in rows]


async def ended_between(tx: Tx, pod: str, agency: str) -> list[Grant]:
    """Those that are over, newest first: only asked when nothing permits, to say why."""
    rows = await tx.all(
        f"{_SELECT} WHERE pod = :pod AND agency = :agency AND state NOT IN {_IN_FORCE}"
        " ORDER BY seq DESC LIMIT :most",
        pod=pod,
        agency=agency,
        most=MOST_ENDED,
    )
    return [_grant(row) for row in rows]


async def late_grants(tx: Tx, moment: Instant, most: int) -> list[Grant]:
    """Grants whose row does not say yet what the clock has done."""
    rows = await tx.all(
        f"{_SELECT} WHERE (state IN {_IN_FORCE} AND valid_until <= :moment)"
        " OR (state = 'scheduled' AND valid_from <= :moment) ORDER BY valid_until LIMIT :most",
        moment=moment,
        most=most,
    )
    return [_grant(row) for row in rows]


async def grants_of(
    tx: Tx, agency: str | None, owner: str | None, filters: Filter, moment: Instant, page: Page
) -> Sequence[Grant]:
    """An agency's own and those in a person's pods, newest first (KC-5, KC-15)."""
    rows = await tx.all(
        f"{_SELECT} WHERE (agency = :mine OR pod IN (SELECT pod FROM owner WHERE webid = :owner))"  # noqa: S608 - a constant list of states
        " AND (:agency = '' OR agency = :agency) AND (:purpose = '' OR purpose = :purpose)"
        f" AND (:state = '' OR :state = CASE WHEN state IN {_IN_FORCE} AND valid_until <= :moment"
        " THEN 'expired' WHEN state = 'scheduled' AND valid_from <= :moment THEN 'active'"
        " ELSE state END) AND seq < :before ORDER BY seq DESC LIMIT :limit",
        mine=agency or "",
        owner=owner or "",
        agency=filters.agency or "",
        purpose=filters.purpose or "",
        state=filters.state or "",
        moment=moment,
        before=await before(tx, "consent_grant", page.after),
        limit=page.limit,
    )
    return [_grant(row) for row in rows]


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
    )


async def events_of(tx: Tx, grant_id: str) -> list[Event]:
    """Everything that happened to the grant, oldest first."""
    rows = await tx.all(
        "SELECT grant_id, seq, time, kind, state, version, body, prev FROM grant_event"
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
    events = await events_of(tx, grant.id)
    event = next_event(grant, events[-1] if events else None, move, moment, by, details or {})
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
