# SPDX-License-Identifier: EUPL-1.2
"""Statutory accesses as rows, with their events, objections and who was told."""

from collections.abc import Sequence

import orjson

from consent.law.statutory import Move, State, Statutory
from consent.lists import Page, before
from consent.reading import Members
from consent.terms import Datum, datum_json, kept_datum
from pod.database import Row, Tx
from pod.errors import Clash
from pod.instant import Instant, text_of
from pod.iri import Iri

_SELECT = (
    "SELECT s.id, s.seq, s.agency, s.purpose, s.subject, s.state, s.version, s.valid_from,"
    " s.valid_until, s.ended, s.body FROM statutory s"
)
MOST_BETWEEN = 200


def _statutory(row: Row) -> Statutory:
    body = orjson.loads(row["body"])
    return Statutory(
        Iri(row["id"]),
        row["seq"],
        row["subject"],
        body["class"],
        row["agency"],
        row["purpose"],
        body["legalBasis"],
        _data(body),
        tuple(body["modes"]),
        row["valid_from"],
        row["valid_until"],
        tuple((word, text) for word, text in body["references"]),
        State(row["state"]),
        row["version"],
        body["created"],
        row["ended"],
    )


def _data(body: dict[str, object]) -> tuple[Datum, ...]:
    return tuple(kept_datum(item) for item in Members(body).objects("data", 100_000) or ())


async def add_statutory(tx: Tx, access: Statutory, by: str, moment: Instant) -> None:
    """Keep a new one, with its first event."""
    body = {
        "class": access.cls,
        "legalBasis": access.legal_basis,
        "data": [datum_json(datum) for datum in access.data],
        "modes": access.modes,
        "references": access.references,
        "created": access.created,
    }
    await tx.run(
        "INSERT INTO statutory (id, seq, agency, purpose, subject, state, version, valid_from,"
        " valid_until, ended, body) VALUES (:id, :seq, :agency, :purpose, :subject, :state,"
        " :version, :start, :until, NULL, :body)",
        id=access.id,
        seq=access.seq,
        agency=access.agency,
        purpose=access.purpose,
        subject=access.subject,
        state=access.state,
        version=access.version,
        start=access.valid_from,
        until=access.valid_until,
        body=orjson.dumps(body).decode(),
    )
    await add_event(tx, access, Move.DECLARE, by, moment)


async def save_move(tx: Tx, before_: Statutory, after: Statutory) -> None:
    """Keep what a move has changed; Clash when another one came in between."""
    kept = await tx.run(
        "UPDATE statutory SET state = :state, version = :version, ended = :ended"
        " WHERE id = :id AND version = :was",
        id=after.id,
        state=after.state,
        version=after.version,
        ended=after.ended,
        was=before_.version,
    )
    if not kept:
        raise Clash("This access changed just now; look again.", problem="wrong-state")


async def add_event(
    tx: Tx,
    access: Statutory,
    move: Move,
    by: str,
    moment: Instant,
    details: dict[str, object] | None = None,
) -> None:
    """What happened, kept for good, in the commit in which it happened."""
    row = await tx.one(
        "SELECT count(*) AS n FROM statutory_event WHERE statutory = :id", id=access.id
    )
    await tx.run(
        "INSERT INTO statutory_event (statutory, seq, time, kind, state, body)"
        " VALUES (:id, :seq, :time, :kind, :state, :body)",
        id=access.id,
        seq=1 if row is None else int(row["n"]) + 1,
        time=moment,
        kind=move,
        state=access.state,
        body=orjson.dumps({"by": by, **(details or {})}).decode(),
    )


async def events_of(tx: Tx, id_: str) -> list[dict[str, object]]:
    """Everything that happened to it, oldest first."""
    rows = await tx.all(
        "SELECT seq, time, kind, state, body FROM statutory_event WHERE statutory = :id"
        " ORDER BY seq",
        id=id_,
    )
    return [
        {
            "seq": row["seq"],
            "time": text_of(row["time"]),
            "event": row["kind"],
            "state": row["state"],
            **orjson.loads(row["body"]),
        }
        for row in rows
    ]


async def find_statutory(tx: Tx, id_: str) -> Statutory | None:
    """The access by its full name."""
    row = await tx.one(f"{_SELECT} WHERE s.id = :id", id=id_)
    return None if row is None else _statutory(row)


async def between(tx: Tx, pod: Iri, agency: str) -> Sequence[Statutory]:
    """What the agency may have in this pod by law, newest first; ended ones too."""
    rows = await tx.all(
        f"{_SELECT} WHERE s.agency = :agency AND (s.subject IS NULL"  # noqa: S608 - a constant list of columns
        " OR s.subject IN (SELECT webid FROM owner WHERE pod = :pod))"
        " ORDER BY s.seq DESC LIMIT :most",
        agency=agency,
        pod=pod,
        most=MOST_BETWEEN,
    )
    return [_statutory(row) for row in rows]


async def statutory_of(
    tx: Tx, agency: str | None, subject: str | None, every: bool, page: Page
) -> Sequence[Statutory]:
    """An agency's own, those of a person (without classes), or every one; newest first."""
    rows = await tx.all(
        f"{_SELECT} WHERE (s.agency = :agency OR s.subject = :subject OR :every = 1)"
        " AND s.seq < :before ORDER BY s.seq DESC LIMIT :limit",
        agency=agency or "",
        subject=subject or "",
        every=int(every),
        before=await before(tx, "statutory", page.after),
        limit=page.limit,
    )
    return [_statutory(row) for row in rows]


async def of_classes(tx: Tx) -> Sequence[Statutory]:
    """Those that are for a class of persons, newest first."""
    rows = await tx.all(
        f"{_SELECT} WHERE s.subject IS NULL ORDER BY s.seq DESC LIMIT :most", most=MOST_BETWEEN
    )
    return [_statutory(row) for row in rows]


async def late(tx: Tx, moment: Instant, most: int) -> Sequence[Statutory]:
    """Those that the clock has moved, which is not written down yet."""
    rows = await tx.all(
        f"{_SELECT} WHERE (s.state <> 'ended' AND s.valid_until <= :moment)"
        " OR (s.state = 'declared' AND s.valid_from <= :moment) ORDER BY s.seq LIMIT :most",
        moment=moment,
        most=most,
    )
    return [_statutory(row) for row in rows]


async def object_to(tx: Tx, id_: str, subject: str, case: str, moment: Instant) -> None:
    """From now on it stands still for her pods."""
    await tx.run(
        "INSERT INTO statutory_objection (statutory, subject, rights_case, since)"
        " VALUES (:id, :subject, :case, :moment) ON CONFLICT DO NOTHING",
        id=id_,
        subject=subject,
        case=case,
        moment=moment,
    )


async def lift(tx: Tx, *, id_: str = "", case: str = "") -> None:
    """The objections to an access, or that of one case, stop nothing any more."""
    await tx.run(
        "DELETE FROM statutory_objection WHERE statutory = :id OR rights_case = :case",
        id=id_,
        case=case,
    )


async def objected(tx: Tx, id_: str, *, subject: str = "", pod: str = "") -> bool:
    """Whether it stands still for this person, or in this pod."""
    row = await tx.one(
        "SELECT 1 AS stands FROM statutory_objection WHERE statutory = :id AND (subject = :subject"
        " OR subject IN (SELECT webid FROM owner WHERE pod = :pod))",
        id=id_,
        subject=subject,
        pod=pod,
    )
    return row is not None


async def mark_told(tx: Tx, id_: str, pod: Iri) -> bool:
    """Note that this pod's row of changes has it; whether that was new."""
    return bool(
        await tx.run(
            "INSERT INTO statutory_told (statutory, pod, told) VALUES (:id, :pod, 1)"
            " ON CONFLICT (statutory, pod) DO UPDATE SET told = 1 WHERE statutory_told.told = 0",
            id=id_,
            pod=pod,
        )
    )


async def mark_unconcerned(tx: Tx, id_: str, pod: Iri) -> None:
    """Note that it is not about this pod now, so that the next round looks at others."""
    await tx.run(
        "INSERT INTO statutory_told (statutory, pod, told) VALUES (:id, :pod, 0)"
        " ON CONFLICT DO NOTHING",
        id=id_,
        pod=pod,
    )


async def mark_stopped(tx: Tx, id_: str, pod: Iri) -> None:
    """Note that this pod's row of changes has that it stopped."""
    await tx.run(
        "UPDATE statutory_told SET told = 2 WHERE statutory = :id AND pod = :pod AND told = 1",
        id=id_,
        pod=pod,
    )


async def mark_resumed(tx: Tx, id_: str) -> None:
    """It goes on, so that another stop is news again."""
    await tx.run("UPDATE statutory_told SET told = 1 WHERE statutory = :id AND told = 2", id=id_)


async def stopped_untold(tx: Tx) -> Sequence[Statutory]:
    """Those that were stopped before their time, which not every pod was told of yet."""
    rows = await tx.all(
        f"{_SELECT} WHERE (s.state = 'suspended' OR (s.state = 'ended'"  # noqa: S608 - a constant list of columns
        " AND s.ended < s.valid_until)) AND EXISTS (SELECT 1 FROM statutory_told t"
        " JOIN pod p ON p.iri = t.pod WHERE t.statutory = s.id AND t.told = 1)"
        " ORDER BY s.seq LIMIT :most",
        most=MOST_BETWEEN,
    )
    return [_statutory(row) for row in rows]


async def told_pods(tx: Tx, id_: str, most: int) -> list[Iri]:
    """Pods whose row of changes has that it began, and not that it stopped.

    Those whose owner left are gone.
    """
    rows = await tx.all(
        "SELECT t.pod FROM statutory_told t JOIN pod p ON p.iri = t.pod"
        " WHERE t.statutory = :id AND t.told = 1 ORDER BY t.pod LIMIT :most",
        id=id_,
        most=most,
    )
    return [Iri(row["pod"]) for row in rows]
