# SPDX-License-Identifier: EUPL-1.2
"""Requests as rows: asked by agencies, put to subjects (KC-9 to KC-12)."""

from collections.abc import Sequence

import orjson

from consent.asking.reminders import ARRIVED, BEFORE_LAPSING, LAPSES_SOON, Reminder, remind
from consent.asking.request import Asked, Request, State
from consent.asking.screening import (
    Broken,
    completed,
    limit_troubles,
    purpose_troubles,
    screened_out,
)
from consent.grants.ledger import find_grant
from consent.house import Rates
from consent.lists import Page, before, next_number
from consent.registry.agency import Agency, find_agency, party_of
from consent.registry.purpose import Purpose, find_purpose
from consent.terms import terms_json, terms_of
from identity.who import Who
from pod.database import Row, Tx
from pod.errors import Clash, Refused
from pod.instant import HOUR, Instant
from pod.iri import Iri

_COLUMNS = "id, seq, agency, purpose, subject, state, created, deadline, decided, grant_id, body"
_SELECT = f"SELECT {_COLUMNS} FROM request"  # noqa: S608 - a constant list of columns


def _request(row: Row) -> Request:
    body = orjson.loads(row["body"])
    return Request(
        Iri(row["id"]),
        row["seq"],
        row["agency"],
        body["client"],
        body["agent"],
        row["subject"],
        row["purpose"],
        terms_of(body["terms"]),
        body["ifRefused"],
        body["callback"],
        State(row["state"]),
        row["created"],
        row["deadline"],
        row["decided"],
        row["grant_id"],
        body["reason"],
        body["renews"],
        body.get("remindAt"),
        body.get("acr"),
    )


async def ask(
    tx: Tx, who: Who, asked: Asked, id_: Iri, base: Iri, rates: Rates, moment: Instant
) -> Request:
    """Screen and keep a question (KC-9 to KC-11).

    KC-10: nothing here looks at the subject or her pod, so neither answer nor time tells of them.
    """
    party = await party_of(tx, who)
    if party is None or not party.acts:
        raise Refused(
            "Only a registered agency, with its own WebID and client, can ask.",
            problem="not-an-agency",
        )
    agency = await find_agency(tx, party.agency, base)
    if agency is None:
        raise LookupError("an agency's party has no agency")
    purpose = await find_purpose(tx, asked.purpose, base)
    asked = await _screened(tx, asked, agency, purpose, rates, moment)
    request = Request(
        id_,
        await next_number(tx, "request"),
        agency.id,
        who.client or "",
        who.webid or "",
        asked.subject,
        asked.purpose,
        asked.terms,
        asked.if_refused or {},
        asked.callback,
        State.PENDING,
        moment,
        asked.deadline or moment + rates.deadline,
        renews=asked.renews,
    )
    await _insert(tx, request)
    await _remember(tx, request)
    return request


async def _screened(
    tx: Tx, asked: Asked, agency: Agency, purpose: Purpose | None, rates: Rates, moment: Instant
) -> Asked:
    """KC-11: the question with what it left out; Unprocessable when it asks too much."""
    broken = purpose_troubles(asked, purpose, agency)
    if purpose is None or broken:
        raise screened_out(broken)
    asked = completed(asked, purpose)
    broken = limit_troubles(asked, purpose, agency, moment)
    broken += await _wrong_renewal(tx, agency.id, asked)
    broken += await _over_rate(tx, agency.id, asked.subject, rates, moment)
    if broken:
        raise screened_out(broken)
    return asked


async def _remember(tx: Tx, request: Request) -> None:
    """domain.md 2.8: she hears that it came, and that it lapses soon.

    KC-10: rows for later, the same for everybody; whether she is there is looked up only then.
    """
    await remind(tx, Reminder(request.id, ARRIVED, request.subject, request.created))
    soon = request.deadline - BEFORE_LAPSING
    if soon > request.created:
        await remind(tx, Reminder(request.id, LAPSES_SOON, request.subject, soon))


async def _wrong_renewal(tx: Tx, agency: str, asked: Asked) -> list[Broken]:
    """KC-9: what is renewed is a grant of the same agency, purpose and person."""
    if asked.renews is None:
        return []
    grant = await find_grant(tx, asked.renews)
    if grant is not None and (grant.agency, grant.purpose, grant.subject) == (
        agency,
        asked.purpose,
        asked.subject,
    ):
        return []
    return [Broken("/renews", "not a permission of yours for this purpose", asked.renews)]


async def _over_rate(
    tx: Tx, agency: str, subject: str, rates: Rates, moment: Instant
) -> list[Broken]:
    row = await tx.one(
        "SELECT (SELECT COUNT(*) FROM request WHERE agency = :agency AND created > :since) AS sent,"
        " (SELECT COUNT(*) FROM request WHERE agency = :agency AND subject = :subject"
        " AND state IN ('pending', 'deferred', 'await-cosign') AND deadline > :moment) AS waiting",
        agency=agency,
        subject=subject,
        since=moment - HOUR,
        moment=moment,
    )
    sent, waiting = (0, 0) if row is None else (int(row["sent"]), int(row["waiting"]))
    broken = []
    if sent >= rates.per_hour:
        broken.append(Broken("", "too many requests in one hour", sent + 1, rates.per_hour))
    if waiting >= rates.open_per_subject:
        most = rates.open_per_subject
        broken.append(Broken("/subject", "too many open requests to one person", waiting + 1, most))
    return broken


async def _insert(tx: Tx, request: Request) -> None:
    await tx.run(
        "INSERT INTO request (id, seq, agency, purpose, subject, state, created, deadline, body)"
        " VALUES (:id, :seq, :agency, :purpose, :subject, :state, :created, :deadline, :body)",
        id=request.id,
        seq=request.seq,
        agency=request.agency,
        purpose=request.purpose,
        subject=request.subject,
        state=request.state,
        created=request.created,
        deadline=request.deadline,
        body=_body(request),
    )


def _body(request: Request) -> str:
    kept = {
        "client": request.client,
        "agent": request.agent,
        "terms": terms_json(request.terms),
        "ifRefused": request.if_refused,
        "callback": request.callback,
        "reason": request.reason,
        "renews": request.renews,
        "remindAt": request.remind_at,
        "acr": request.acr,
    }
    return orjson.dumps(kept).decode()


async def save(tx: Tx, request: Request, pod: Iri | None) -> None:
    """Keep a move; of those that decide, the first and only one."""
    kept = await tx.run(
        "UPDATE request SET state = :state, decided = :decided, grant_id = :grant, pod = :pod,"
        " body = :body WHERE id = :id AND decided IS NULL",
        id=request.id,
        state=request.state,
        decided=request.decided,
        grant=request.grant,
        pod=pod,
        body=_body(request),
    )
    if not kept:
        raise Clash("The request was decided just now.", problem="wrong-state")


async def find_request(tx: Tx, id_: str) -> Request | None:
    """The request by its full name."""
    row = await tx.one(f"{_SELECT} WHERE id = :id", id=id_)
    return None if row is None else _request(row)


async def callback_of(tx: Tx, id_: str) -> str | None:
    """Where the agency hears of this request and what came of it; None: it only pulls."""
    row = await tx.one("SELECT body FROM request WHERE id = :id", id=id_)
    callback = None if row is None else orjson.loads(row["body"])["callback"]
    return None if callback is None else str(callback)


async def requests_of(
    tx: Tx, agency: str | None, subject: str | None, page: Page
) -> Sequence[Request]:
    """Asked by that agency, or put to that subject; newest first (KC-12)."""
    rows = await tx.all(
        f"{_SELECT} WHERE (agency = :agency OR subject = :subject) AND seq < :before"
        " ORDER BY seq DESC LIMIT :limit",
        agency=agency or "",
        subject=subject or "",
        before=await before(tx, "request", page.after),
        limit=page.limit,
    )
    return [_request(row) for row in rows]


async def late_requests(tx: Tx, moment: Instant, most: int) -> list[Request]:
    """Open ones whose row does not say yet that they have lapsed."""
    rows = await tx.all(
        f"{_SELECT} WHERE state IN ('pending', 'deferred', 'await-cosign')"
        " AND deadline <= :moment ORDER BY deadline LIMIT :most",
        moment=moment,
        most=most,
    )
    return [_request(row) for row in rows]
