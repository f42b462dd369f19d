# SPDX-License-Identifier: EUPL-1.2
"""What an agency asks, as one immutable question, and the moves of its life (domain.md 2.1)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from consent.faults import Faults
from consent.reading import Members
from consent.terms import READ, Terms, read_data, terms_json
from pod.errors import Clash
from pod.instant import Instant, text_of
from pod.iri import Iri


class State(StrEnum):
    """The nine states; screened-out ones are never kept."""

    SUBMITTED = "submitted"
    PENDING = "pending"
    SCREENED_OUT = "screened-out"
    DEFERRED = "deferred"
    AWAIT_COSIGN = "await-cosign"
    APPROVED = "approved"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


OPEN = frozenset({State.PENDING, State.DEFERRED, State.AWAIT_COSIGN})


class Move(StrEnum):
    """What can happen to a question that passed screening."""

    APPROVE = "approve"
    REFUSE = "refuse"
    DEFER = "defer"
    REOPEN = "reopen"
    CANCEL = "cancel"
    LAPSE = "lapse"


TABLE: Mapping[tuple[State, Move], State] = {
    (State.PENDING, Move.APPROVE): State.APPROVED,
    (State.DEFERRED, Move.APPROVE): State.APPROVED,
    (State.PENDING, Move.DEFER): State.DEFERRED,
    (State.DEFERRED, Move.REOPEN): State.PENDING,
    **{(state, Move.REFUSE): State.REFUSED for state in OPEN},
    **{(state, Move.CANCEL): State.CANCELLED for state in OPEN},
    **{(state, Move.LAPSE): State.LAPSED for state in OPEN},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was sent; what was left out is the purpose's own."""

    subject: str
    purpose: str
    terms: Terms
    if_refused: dict[str, str] | None
    callback: str | None
    deadline: Instant | None
    renews: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A question that passed screening. `acr` is how sure the sign-in was of its last answer."""

    id: Iri
    seq: int
    agency: str
    client: str
    agent: str
    subject: str
    purpose: str
    terms: Terms
    if_refused: dict[str, str]
    callback: str | None
    state: State
    created: Instant
    deadline: Instant
    decided: Instant | None = None
    grant: str | None = None
    reason: str | None = None
    renews: str | None = None
    remind_at: Instant | None = None
    acr: str | None = None

    def state_at(self, moment: Instant) -> State:
        """Lapsing needs no job: it is a comparison (2.1, KC-11)."""
        lapsed = self.state in OPEN and moment >= self.deadline
        return State.LAPSED if lapsed else self.state


def read_request(source: Mapping[str, object], base: Iri) -> Asked:
    """The body of `POST requests` (KC-9); 422 with each fault."""
    members, faults = Members(source), Faults()
    maybe = faults.maybe
    asked = Asked(
        faults.read(lambda: members.need_iri("subject"), ""),
        faults.read(lambda: members.need_iri("purpose"), ""),
        _read_terms(members, base, faults),
        maybe(lambda: members.languages("ifRefused")),
        maybe(lambda: members.iri("callback")),
        maybe(lambda: members.instant("decisionDeadline")),
        maybe(lambda: members.iri("renews")),
    )
    maybe(members.done)
    faults.end("The request")
    return asked


def _read_terms(members: Members, base: Iri, faults: Faults) -> Terms:
    maybe = faults.maybe
    terms = Terms(
        faults.read(lambda: read_data(members, base), ()),
        maybe(lambda: members.words("modes")) or (READ,),
        maybe(lambda: members.instant("validFrom")),
        maybe(lambda: members.instant("validUntil")),
        maybe(lambda: members.length("duration")),
        maybe(lambda: members.number("count")),
        maybe(lambda: members.length("minInterval")),
        maybe(lambda: members.length("retention")),
        maybe(lambda: members.words("recipients")) or (),
        maybe(lambda: members.words("countries")) or (),
        maybe(lambda: members.text("case")),
    )
    if terms.duration is not None and (terms.valid_until or terms.valid_from):
        faults.add("/duration", "give a duration, or validFrom and validUntil, not both")
    return terms


def moved(
    request: Request, move: Move, moment: Instant, remind_at: Instant | None = None
) -> Request:
    """The request after the move; Clash when its state does not have it (KC-7)."""
    # The clock's own move goes from what was written down; people's from what is so now.
    state = request.state if move is Move.LAPSE else request.state_at(moment)
    after = TABLE.get((state, move))
    if after is None or (move is Move.LAPSE and moment < request.deadline):
        raise Clash(
            f"The request is {state}: there is nothing to {move} any more.",
            problem="wrong-state",
            more={"state": state},
        )
    decided = None if after in OPEN else moment
    return replace(request, state=after, decided=decided, remind_at=remind_at)


def request_json(request: Request, moment: Instant, *, agency: bool) -> dict[str, object]:
    """A question as its two sides see it (KC-12).

    The agency sees one word for every open state, and neither when nor why somebody refused.
    """
    state = request.state_at(moment)
    return {
        "id": request.id,
        "state": State.PENDING if agency and state in OPEN else state,
        "agency": request.agency,
        "subject": request.subject,
        "purpose": request.purpose,
        **terms_json(request.terms),
        "ifRefused": request.if_refused,
        "callback": request.callback,
        "renews": request.renews,
        "created": text_of(request.created),
        "decisionDeadline": text_of(request.deadline),
        "grant": request.grant,
        **({} if agency else _for_subject(request)),
    }


def _for_subject(request: Request) -> dict[str, object]:
    return {
        "decided": None if request.decided is None else text_of(request.decided),
        "remindAt": None if request.remind_at is None else text_of(request.remind_at),
        "reason": request.reason,
        "links": {"notice": f"{request.id}/notice", "preview": f"{request.id}/preview"},
    }
