# SPDX-License-Identifier: EUPL-1.2
"""Consultations that registers elsewhere push into the citizen's log (domain.md §5)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from acl.journal import EXTERNAL, Note, Use, new_id, record_all
from acl.permit import Ground
from consent.asking.holdings import pods_of
from consent.caller import caller_of
from consent.house import House
from consent.once import Answer, Once, earlier, keep
from consent.reading import Members
from consent.registry.purpose import PUBLISHED, find_purpose
from identity.who import Named, Who
from pod import clock
from pod.database import Tx
from pod.errors import Refused, TooMany, Unprocessable
from pod.instant import DAY, HOUR, Instant, text_of
from pod.iri import Iri

MOST_AT_ONCE = 100
MOST_AN_HOUR = 10_000
MOST_FOR_ONE = 200
LONGEST_CODE = 64
LONGEST_LABEL = 200
OLDEST = 366 * DAY
ACTIONS = ("read", "append", "subscribe")
OUTCOMES = ("allowed", "denied")
# The chain of those who have no pod, gone again in the same commit.
NOWHERE = Iri("urn:kluis:nowhere")


@dataclass(frozen=True, slots=True)
class Consultation:
    """One look that was taken elsewhere, as its register tells it."""

    time: Instant
    resource: str
    source: str
    purpose: str
    action: str
    outcome: str
    properties: tuple[str, ...] | None
    employee: str | None
    case: str | None
    request_id: str | None
    reference: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Push:
    """What one call brings: about whom, and what was looked at."""

    subject: str
    consultations: tuple[Consultation, ...]


@dataclass(frozen=True, slots=True)
class _Teller:
    """The register that tells it: an agency, by its own token."""

    who: Who
    agency: str
    base: Iri


def read_push(body: Mapping[str, object]) -> Push:
    """The body of `POST log/external`."""
    members = Members(body)
    subject = members.need_iri("subject")
    entries = members.objects("entries", MOST_AT_ONCE)
    if not entries:
        members.wrong("entries", "missing or empty")
    push = Push(subject, tuple(_read(item) for item in entries))
    members.done()
    return push


def _read(item: Members) -> Consultation:
    time = item.instant("time")
    if time is None:
        item.wrong("time", "missing")
    read = Consultation(
        time,
        item.need_iri("resource"),
        _short(item, "source", LONGEST_LABEL) or item.need_text("source"),
        item.need_iri("purpose"),
        item.choice("action", ACTIONS) or "read",
        item.choice("outcome", OUTCOMES) or "allowed",
        item.iris("properties"),
        _short(item, "employee", LONGEST_CODE),
        _short(item, "case", LONGEST_LABEL),
        _short(item, "requestId", LONGEST_LABEL),
        _short(item, "reference", LONGEST_LABEL),
        _short(item, "reason", LONGEST_LABEL),
    )
    item.done()
    return read


def _short(item: Members, name: str, longest: int) -> str | None:
    text = item.text(name)
    if text is not None and len(text) > longest:
        item.wrong(name, f"more than {longest} characters")
    return text


async def push(house: House, who: Who, asked: Push, once: Once) -> Answer:
    """Put them into the chain of the person's pod; 202 whether or not there is one (KC-10)."""
    names = [new_id(house.base) for _ in asked.consultations]
    return await house.db.write(None, _push, who, asked, names, once, house)


async def _push(
    tx: Tx, who: Who, asked: Push, names: Sequence[Iri], once: Once, house: House
) -> Answer:
    caller = await caller_of(tx, who, house.base)
    if caller.agency is None:
        raise Refused(
            "Only an agency of the registry, with a client of its own, may add to a log.",
            problem="not-an-agency",
        )
    moment = await clock.instant(tx, house.now())
    before = await earlier(tx, once, moment)
    if before is not None:
        return before
    teller = _Teller(who, caller.agency, house.base)
    notes = [
        await _note(tx, teller, number, one, name, moment)
        for number, (one, name) in enumerate(zip(asked.consultations, names, strict=True))
    ]
    await _count(tx, caller.agency, asked, moment)
    await clock.mark(tx, moment)
    pods = await pods_of(tx, asked.subject)
    # T-47: as much is written for somebody who is not here, or the time taken would tell it.
    pod = pods[0] if pods else NOWHERE
    await record_all(tx, pod, [replace(note, use=replace(note.use, pod=pod)) for note in notes])
    if not pods:
        await tx.run("DELETE FROM journal WHERE pod = :pod", pod=NOWHERE)
    body: dict[str, object] = {"items": [{"id": name} for name in names]}
    return await keep(tx, once, Answer(202, body), moment)


async def _count(tx: Tx, agency: str, asked: Push, moment: Instant) -> None:
    """Limits per agency and per person, counted for people who have no pod too."""
    hour, number = moment // HOUR, len(asked.consultations)
    await tx.run("DELETE FROM journal_push WHERE hour < :hour", hour=hour)
    await tx.run(
        "INSERT INTO journal_push (agency, subject, hour, number)"
        " VALUES (:agency, :subject, :hour, :number) ON CONFLICT (agency, hour, subject)"
        " DO UPDATE SET number = journal_push.number + excluded.number",
        agency=agency,
        subject=asked.subject,
        hour=hour,
        number=number,
    )
    row = await tx.one(
        "SELECT SUM(number) AS every,"
        " SUM(CASE WHEN subject = :subject THEN number ELSE 0 END) AS one"
        " FROM journal_push WHERE agency = :agency AND hour = :hour",
        agency=agency,
        subject=asked.subject,
        hour=hour,
    )
    if row is not None and (row["every"] > MOST_AN_HOUR or row["one"] > MOST_FOR_ONE):
        wait = (HOUR - moment % HOUR) // 1000 + 1
        raise TooMany(
            f"An agency may add {MOST_AN_HOUR} entries an hour, {MOST_FOR_ONE} for one person.",
            headers={"Retry-After": str(wait)},
        )


async def _note(
    tx: Tx, teller: _Teller, number: int, one: Consultation, name: Iri, moment: Instant
) -> Note:
    """The entry: its time is when we were told, when it was looked at stands beside it."""
    who, agency = teller.who, teller.agency
    purpose = await find_purpose(tx, one.purpose, teller.base)
    # domain.md §5: in lanes 1 and 2 there is no entry without a purpose of the agency's own.
    if purpose is None or purpose.agency != agency or purpose.state != PUBLISHED:
        raise _wrong(number, "purpose", "not a published purpose of the agency itself")
    if not moment - OLDEST <= one.time <= moment:
        raise _wrong(number, "time", "in the future, or more than a year ago")
    named = Named(employee=one.employee)
    told = Who(who.webid, who.client, named=named, request_id=one.request_id or who.request_id)
    ground = Ground(agency, purpose.lane, None, purpose.id, purpose.legal_basis, one.case)
    use = Use(
        pod=Iri(""),
        resource=Iri(one.resource),
        action=one.action,
        outcome=one.outcome,
        status=200 if one.outcome == "allowed" else 403,
        who=told,
        ground=ground,
        properties=one.properties,
        reason=one.reason,
    )
    outside = {"source": one.source, "time": text_of(one.time), "reference": one.reference}
    # No answer of ours was given, so it has no status.
    return Note(use, name, moment, {EXTERNAL: outside, "status": None})


def _wrong(number: int, name: str, detail: str) -> Unprocessable:
    return Unprocessable(
        f"{name}: {detail}.",
        problem="bad-term",
        errors=[{"pointer": f"/entries/{number}/{name}", "detail": detail}],
    )
