# SPDX-License-Identifier: EUPL-1.2
"""Grants as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import orjson

from consent.grants.events import add_event as add_event
from consent.grants.events import events_of as events_of
from consent.grants.grant import Grant, State
from consent.grants.states import Cause
from consent.lists import Page, before
from consent.terms import Terms, terms_json, terms_of
from pod.database import Row, Tx
from pod.errors import Clash
from pod.instant import Instant
from pod.iri import Iri

SELECT = (
    "SELECT id, seq, pod, subject, agency, purpose, request, state, version, valid_from,"
    " valid_until, count, uses, last_read, ended, cause, body FROM consent_grant"
)
IN_FORCE = "('scheduled', 'active', 'paused')"
USABLE = "('scheduled', 'active')"
MOST_ENDED = 200
# What is kept parsed is small: a permission for a thousand things is not.
LARGEST_KEPT = 16 * 1024


@dataclass(frozen=True, slots=True)
class Filter:
    """Which grants a list is about (KC-15); None is no condition."""

    state: str | None = None
    agency: str | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class _Body:
    """What a row keeps of a grant that is not a column."""

    client: str
    terms: Terms
    lane: str
    legal_basis: str
    language: str
    notice_hash: str


def _body_of(text: str) -> _Body:
    return _kept_body(text) if len(text) <= LARGEST_KEPT else _read_body(text)


@lru_cache(maxsize=2048)
def _kept_body(text: str) -> _Body:
    """By the text alone: every read under a grant needs it twice."""
    return _read_body(text)


def _read_body(text: str) -> _Body:
    body = orjson.loads(text)
    return _Body(
        body["client"],
        terms_of(body["terms"]),
        body["lane"],
        body["legalBasis"],
        body["language"],
        body["noticeHash"],
    )


def grant_of(row: Row) -> Grant:
    """The grant as its row has it."""
    body = _body_of(row["body"])
    return Grant(
        Iri(row["id"]),
        row["seq"],
        Iri(row["pod"]),
        row["subject"],
        row["agency"],
        body.client,
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
        body.terms,
        body.lane,
        body.legal_basis,
        body.language,
        body.notice_hash,
        None if row["cause"] is None else Cause(row["cause"]),
    )


def _body(grant: Grant) -> str:
    body = {
        "client": grant.client,
        "terms": terms_json(grant.terms),
        "lane": grant.lane,
        "legalBasis": grant.legal_basis,
        "language": grant.language,
        "noticeHash": grant.notice_hash,
    }
    return orjson.dumps(body).decode()


async def add_grant(tx: Tx, grant: Grant) -> None:
    """Keep a new grant."""
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
        body=_body(grant),
    )


async def save_move(tx: Tx, before: Grant, after: Grant) -> None:
    """Keep what a move has changed; Clash when another one came in between."""
    kept = await tx.run(
        "UPDATE consent_grant SET state = :state, ended = :ended, cause = :cause,"
        " version = :version, valid_until = :until, count = :count, body = :body"
        " WHERE id = :id AND state = :was AND version = :version_before",
        id=after.id,
        state=after.state,
        ended=after.ended,
        cause=after.cause,
        version=after.version,
        until=after.valid_until,
        count=after.count,
        body=_body(after),
        was=before.state,
        version_before=before.version,
    )
    if not kept:
        raise Clash("The permission changed just now; look again.", problem="wrong-state")


async def count_use(tx: Tx, grant: Grant, moment: Instant) -> int | None:
    """One more use, if there is one left; how many there were then. None: there was none left."""
    row = await tx.one(
        f"UPDATE consent_grant SET uses = uses + 1, last_read = :moment WHERE id = :id"  # noqa: S608 - a constant list of states
        f" AND version = :version AND state IN {USABLE} AND (count IS NULL OR uses < count)"
        " AND valid_from <= :moment AND valid_until > :moment RETURNING uses",
        id=grant.id,
        version=grant.version,
        moment=moment,
    )
    return None if row is None else int(row["uses"])


async def find_grant(tx: Tx, id_: str) -> Grant | None:
    """The grant by its full name."""
    row = await tx.one(f"{SELECT} WHERE id = :id", id=id_)
    return None if row is None else grant_of(row)


async def open_between(tx: Tx, pod: str, agency: str) -> list[Grant]:
    """Every grant of that agency in that pod that is not over by its row."""
    rows = await tx.all(
        f"{SELECT} WHERE pod = :pod AND agency = :agency AND state IN {IN_FORCE} ORDER BY seq DESC",
        pod=pod,
        agency=agency,
    )
    return [grant_of(row) for row in rows]


async def grants_in(tx: Tx, pod: str, after: int, most: int) -> list[Grant]:
    """Every grant that a pod ever gave, in their order; some of them, after that number."""
    rows = await tx.all(
        f"{SELECT} WHERE pod = :pod AND seq > :after ORDER BY seq LIMIT :most",
        pod=pod,
        after=after,
        most=most,
    )
    return [grant_of(row) for row in rows]


async def ended_between(tx: Tx, pod: str, agency: str) -> list[Grant]:
    """Those that are over, newest first: only asked when nothing permits, to say why."""
    rows = await tx.all(
        f"{SELECT} WHERE pod = :pod AND agency = :agency AND state NOT IN {IN_FORCE}"
        " ORDER BY seq DESC LIMIT :most",
        pod=pod,
        agency=agency,
        most=MOST_ENDED,
    )
    return [grant_of(row) for row in rows]


async def grants_of(
    tx: Tx, agency: str | None, owner: str | None, filters: Filter, moment: Instant, page: Page
) -> Sequence[Grant]:
    """An agency's own and those in a person's pods, newest first (KC-5, KC-15)."""
    rows = await tx.all(
        f"{SELECT} WHERE (agency = :mine OR pod IN (SELECT pod FROM owner WHERE webid = :owner))"  # noqa: S608 - a constant list of states
        " AND (:agency = '' OR agency = :agency) AND (:purpose = '' OR purpose = :purpose)"
        f" AND (:state = '' OR :state = CASE WHEN state IN {IN_FORCE} AND valid_until <= :moment"
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
    return [grant_of(row) for row in rows]
