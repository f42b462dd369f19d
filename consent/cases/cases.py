# SPDX-License-Identifier: EUPL-1.2
"""Questions of citizens about what agencies do with their data, and the one table of moves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import orjson

from consent.durations import plus
from consent.lists import Page, before, next_number
from consent.telling.announce import News, announce
from pod.database import Row, Tx
from pod.errors import Clash, Unprocessable
from pod.instant import Instant, text_of
from pod.iri import Iri

# GDPR 12(3): one month, and two more with a reason.
FIRST, MORE = "P1M", "P2M"
MOST_OPEN = 50


class Kind(StrEnum):
    """What the citizen asks for (domain.md 2.5)."""

    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    COMPLAINT = "complaint"


class State(StrEnum):
    """The four states."""

    OPEN = "open"
    ANSWERED = "answered"
    ESCALATED = "escalated"
    CLOSED = "closed"


class Move(StrEnum):
    """What the agency (answer, extend) and the citizen (escalate, close) do with it."""

    ANSWER = "answer"
    EXTEND = "extend"
    ESCALATE = "escalate"
    CLOSE = "close"


TABLE: Mapping[tuple[State, Move], State] = {
    (State.OPEN, Move.ANSWER): State.ANSWERED,
    (State.OPEN, Move.EXTEND): State.OPEN,
    (State.OPEN, Move.ESCALATE): State.ESCALATED,
    (State.ANSWERED, Move.ESCALATE): State.ESCALATED,
    (State.ESCALATED, Move.ANSWER): State.ANSWERED,
    (State.OPEN, Move.CLOSE): State.CLOSED,
    (State.ANSWERED, Move.CLOSE): State.CLOSED,
    (State.ESCALATED, Move.CLOSE): State.CLOSED,
}


@dataclass(frozen=True, slots=True)
class Case:
    """One question, about one grant, statutory access or log entry."""

    id: Iri
    seq: int
    kind: Kind
    subject: str
    agency: str
    about: str
    state: State
    version: int
    opened_at: Instant
    deadline: Instant
    said: tuple[tuple[str, Instant, str], ...]
    extended: bool = False

    @classmethod
    def opened(
        cls, id_: Iri, kind: Kind, subject: str, agency: str, about: str, text: str, at: Instant
    ) -> "Case":
        """A new one."""
        said = (("subject", at, text),)
        deadline = plus(at, FIRST)
        return cls(id_, 0, kind, subject, agency, about, State.OPEN, 1, at, deadline, said)

    def json(self, moment: Instant) -> dict[str, object]:
        """As the API shows it to both sides."""
        waiting = self.state in (State.OPEN, State.ESCALATED)
        return {
            "id": self.id,
            "version": self.version,
            "kind": self.kind,
            "state": self.state,
            "subject": self.subject,
            "agency": self.agency,
            "about": self.about,
            "text": self.said[0][2],
            "opened": text_of(self.opened_at),
            "deadline": text_of(self.deadline),
            "extended": self.extended,
            "overdue": waiting and moment >= self.deadline,
            "said": [
                {"by": by, "time": text_of(time), "text": text} for by, time, text in self.said
            ],
        }


def moved(case: Case, move: Move, by: str, text: str | None, moment: Instant) -> Case:
    """The case after the move; Clash when its state does not have it (KC-7)."""
    after = TABLE.get((case.state, move))
    if after is None or (move is Move.EXTEND and case.extended):
        raise Clash(
            f"The case is {case.state}: there is nothing to {move} now.",
            problem="wrong-state",
            more={"state": case.state},
        )
    said = case.said if text is None else (*case.said, (by, moment, text))
    longer = move is Move.EXTEND
    return replace(
        case,
        state=after,
        version=case.version + 1,
        said=said,
        extended=case.extended or longer,
        deadline=plus(case.deadline, MORE) if longer else case.deadline,
    )


_SELECT = (
    "SELECT id, seq, subject, agency, about, state, version, opened, deadline, body"
    " FROM rights_case"
)


def _case(row: Row) -> Case:
    body = orjson.loads(row["body"])
    return Case(
        Iri(row["id"]),
        row["seq"],
        Kind(body["kind"]),
        row["subject"],
        row["agency"],
        row["about"],
        State(row["state"]),
        row["version"],
        row["opened"],
        row["deadline"],
        tuple((by, time, text) for by, time, text in body["said"]),
        body["extended"],
    )


def _body(case: Case) -> str:
    kept = {"kind": case.kind, "said": case.said, "extended": case.extended}
    return orjson.dumps(kept).decode()


async def open_case(tx: Tx, case: Case) -> Case:
    """Keep a new case; its agency hears of it (KC-24)."""
    row = await tx.one(
        "SELECT count(*) AS n FROM rights_case"
        " WHERE subject = :subject AND agency = :agency AND state <> 'closed'",
        subject=case.subject,
        agency=case.agency,
    )
    if row is not None and int(row["n"]) >= MOST_OPEN:
        raise Unprocessable(
            f"You have {MOST_OPEN} open cases with this agency; close one first.",
            problem="too-many",
        )
    case = replace(case, seq=await next_number(tx, "rights_case"))
    await tx.run(
        "INSERT INTO rights_case (id, seq, subject, agency, about, state, version, opened,"
        " deadline, body) VALUES (:id, :seq, :subject, :agency, :about, :state, :version,"
        " :opened, :deadline, :body)",
        id=case.id,
        seq=case.seq,
        subject=case.subject,
        agency=case.agency,
        about=case.about,
        state=case.state,
        version=case.version,
        opened=case.opened_at,
        deadline=case.deadline,
        body=_body(case),
    )
    await tell(tx, case, "case.opened", case.opened_at)
    return case


async def tell(tx: Tx, case: Case, kind: str, moment: Instant) -> None:
    """KC-24: the agency hears that there is a case, and nothing of who or why."""
    row = await tx.one("SELECT body FROM agency WHERE id = :id", id=case.agency)
    callbacks = [] if row is None else orjson.loads(row["body"])["callbacks"]
    callback = callbacks[0] if callbacks else None
    news = News(case.agency, kind, case.state, version=case.version, callback=callback)
    await announce(tx, news, moment)


async def save_case(tx: Tx, before_: Case, after: Case) -> None:
    """Keep what a move has changed; Clash when another one came in between."""
    kept = await tx.run(
        "UPDATE rights_case SET state = :state, version = :version, deadline = :deadline,"
        " body = :body WHERE id = :id AND version = :was",
        id=after.id,
        state=after.state,
        version=after.version,
        deadline=after.deadline,
        body=_body(after),
        was=before_.version,
    )
    if not kept:
        raise Clash("The case changed just now; look again.", problem="wrong-state")


async def find_case(tx: Tx, id_: str) -> Case | None:
    """The case by its full name."""
    row = await tx.one(f"{_SELECT} WHERE id = :id", id=id_)
    return None if row is None else _case(row)


async def cases_of(tx: Tx, agency: str | None, subject: str | None, page: Page) -> Sequence[Case]:
    """An agency's, or a person's own; newest first (KC-5)."""
    rows = await tx.all(
        f"{_SELECT} WHERE (agency = :agency OR subject = :subject) AND seq < :before"
        " ORDER BY seq DESC LIMIT :limit",
        agency=agency or "",
        subject=subject or "",
        before=await before(tx, "rights_case", page.after),
        limit=page.limit,
    )
    return [_case(row) for row in rows]
