# SPDX-License-Identifier: EUPL-1.2
"""What stands on the pages: requests, grants and reads in the reader's words, pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from consent.asking.notice import label_of
from consent.asking.request import OPEN as REQUEST_OPEN
from consent.asking.request import Request
from consent.asking.words import WORDS, in_language, length_in_words, time_in_words
from consent.grants.grant import OPEN as GRANT_OPEN
from consent.grants.grant import Event, Grant
from consent.registry.agency import Agency
from consent.registry.purpose import Purpose
from consent.terms import Datum
from dashboard.problems import PROBLEMS
from dashboard.words import Words, date_of, mark
from pod.instant import Instant, read_instant
from pod.iri import storage_of


@dataclass(frozen=True, slots=True)
class State:
    """A state in words first, then as a shape (ui.md rule 6)."""

    word: str
    look: str


GRANT_STATES: Mapping[str, State] = {
    "scheduled": State(mark("begint nog"), "waiting"),
    "active": State(mark("loopt"), "good"),
    "paused": State(mark("gepauzeerd"), "waiting"),
    "withdrawn": State(mark("ingetrokken"), "over"),
    "expired": State(mark("afgelopen"), "over"),
    "exhausted": State(mark("opgebruikt"), "over"),
    "revoked": State(mark("beëindigd door de beheerder"), "bad"),
    "invalidated": State(mark("ongeldig verklaard"), "bad"),
    "relinquished": State(mark("door de instantie gestopt"), "over"),
    "superseded": State(mark("vervangen"), "over"),
}
_WAITS = State(mark("wacht op u"), "waiting")
REQUEST_STATES: Mapping[str, State] = {
    "pending": _WAITS,
    "deferred": _WAITS,
    "await-cosign": _WAITS,
    "approved": State(mark("u zei ja"), "good"),
    "refused": State(mark("u zei nee"), "over"),
    "cancelled": State(mark("geannuleerd"), "over"),
    "lapsed": State(mark("voorbij, zonder antwoord"), "over"),
}
EVENTS: Mapping[str, str] = {
    "create": mark("u gaf toestemming"),
    "start": mark("de toestemming begon"),
    "expire": mark("de toestemming liep af"),
    "exhaust": mark("alle keren waren gebruikt"),
    "withdraw": mark("u trok de toestemming in"),
    "pause": mark("de toestemming werd gepauzeerd"),
    "resume": mark("de toestemming werd hervat"),
    "narrow": mark("u beperkte de toestemming"),
    "revoke": mark("de beheerder beëindigde de toestemming"),
    "invalidate": mark("de toestemming werd ongeldig verklaard"),
    "relinquish": mark("de instantie gaf de toestemming terug"),
    "supersede": mark("een nieuwe toestemming kwam in de plaats"),
}
READ = State(mark("gelezen"), "good")
READ_BY_LAW = State(mark("gelezen"), "law")
ADDED = State(mark("toegevoegd"), "good")
DENIED = State(mark("geweigerd"), "bad")
GROUNDS: Mapping[str, str] = {
    "consent": mark("met uw toestemming"),
    "statutory": mark("lezen door de wet"),
    "shared": mark("door een toegangsregel in uw kluis"),
}
NO_GROUND = mark("zonder toestemming")
UNKNOWN_STATE = State(mark("onbekend"), "over")


@dataclass(frozen=True, slots=True)
class Names:
    """What agencies and purposes are called in the reader's language."""

    agencies: Mapping[str, str] = field(default_factory=dict)
    purposes: Mapping[str, str] = field(default_factory=dict)

    def agency(self, id_: str) -> str:
        return self.agencies.get(id_) or label_of(id_)

    def purpose(self, id_: str) -> str:
        return self.purposes.get(id_) or label_of(id_)


def code_of(iri: str) -> str:
    """The opaque last part of a name of ours (KC-4)."""
    return iri.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A question in a list."""

    code: str
    agency: str
    purpose: str
    name: str
    state: State
    open: bool
    created: Instant
    deadline: Instant
    decided: Instant | None
    grant: str


def request_row(request: Request, names: Names, moment: Instant) -> RequestRow:
    """A question as it stands at that moment."""
    state = request.state_at(moment)
    return RequestRow(
        code_of(request.id),
        names.agency(request.agency),
        names.purpose(request.purpose),
        state,
        REQUEST_STATES.get(state, UNKNOWN_STATE),
        state in REQUEST_OPEN,
        request.created,
        request.deadline,
        request.decided,
        code_of(request.grant or ""),
    )


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A permission in a list."""

    code: str
    agency: str
    purpose: str
    name: str
    state: State
    open: bool
    until: Instant
    ended: Instant | None
    last_read: Instant | None
    uses: int
    count: int | None


def grant_row(grant: Grant, names: Names, moment: Instant) -> GrantRow:
    """A permission as it stands at that moment."""
    state = grant.state_at(moment)
    over = grant.ended
    if over is None and state not in GRANT_OPEN:
        over = grant.valid_until
    return GrantRow(
        code_of(grant.id),
        names.agency(grant.agency),
        names.purpose(grant.purpose),
        state,
        GRANT_STATES.get(state, UNKNOWN_STATE),
        state in GRANT_OPEN,
        grant.valid_until,
        over,
        grant.last_read,
        grant.uses,
        grant.count,
    )


# ui.md rule 8: these are the agency's own words.
THEIRS = frozenset({"why", "refused"})


@dataclass(frozen=True, slots=True)
class Section:
    """One term with what is to say about it; `theirs` when an agency wrote it."""

    heading: str
    lines: tuple[str, ...]
    theirs: bool = False


def datum_line(datum: Datum, language: str) -> str:
    """What is given, in the words of the notice."""
    words = WORDS[language]
    target = datum.target or ""
    if datum.properties is not None:
        what = ", ".join(label_of(name) for name in datum.properties)
    else:
        what = words["whole"]
    if target.endswith("/"):
        scope = words["members" if datum.members else "listing"]
        what = scope if datum.properties is None else f"{scope}: {what}"
    return f"{label_of(target)}: {what}"


def grant_sections(
    grant: Grant, agency: Agency, purpose: Purpose, language: str
) -> tuple[Section, ...]:
    """The terms in the order that never changes (ui.md rule 2)."""
    words, terms = WORDS[language], grant.terms
    times = words["unlimited"] if grant.count is None else words["times"].format(n=grant.count)
    often = [times]
    if terms.min_interval is not None:
        length = length_in_words(terms.min_interval, language)
        often.append(words["pause"].format(length=length))
    kept = words["no-retention"]
    if terms.retention is not None:
        kept = words["retention"].format(length=length_in_words(terms.retention, language))
    others = [*(terms.recipients or (words["nobody"],))]
    if terms.countries:
        others.append(words["countries"].format(names=", ".join(terms.countries)))
    name = in_language(agency.name, language)
    lines: Mapping[str, Sequence[str]] = {
        "who": [f"{name} ({words[agency.kind]})", *[code for _, code in agency.codes]],
        "what": [datum_line(datum, language) for datum in terms.data],
        "why": [
            in_language(purpose.label, language),
            in_language(purpose.description, language),
        ],
        "until": [
            words["from"].format(time=time_in_words(grant.valid_from, language)),
            words["to"].format(time=time_in_words(grant.valid_until, language)),
        ],
        "often": often,
        "kept": [kept],
        "others": others,
    }
    return tuple(Section(words[word], tuple(text), word in THEIRS) for word, text in lines.items())


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that happened to a permission."""

    time: Instant
    word: str


def event_row(event: Event) -> EventRow:
    """An event in words."""
    return EventRow(event.time, EVENTS.get(event.kind, str(event.kind)))


@dataclass(frozen=True, slots=True)
class LogRow:
    """One read or try (domain.md §5): who, what, when, why, on what ground."""

    time: Instant
    who: str
    what: str
    properties: tuple[str, ...]
    outcome: State
    reason: str
    reason_help: str
    purpose: str
    ground: str
    grant: str
    law: str = ""
    code: str = ""
    known: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """The reads of one day in Brussels."""

    name: object
    rows: tuple[LogRow, ...]


def log_row(entry: Mapping[str, object], names: Names, nobody: str) -> LogRow:
    """An entry of the log in words."""
    agency, purpose = _text(entry, "agency"), _text(entry, "purpose")
    problem = PROBLEMS.get(_text(entry, "reason"))
    denied = entry.get("outcome") != "allowed"
    lane, grant = _text(entry, "lane"), _text(entry, "grant")
    ground = GROUNDS.get(lane, NO_GROUND)
    if denied:
        ground = NO_GROUND
    properties = entry.get("properties")
    listed = properties if isinstance(properties, list) else []
    return LogRow(
        read_instant(_text(entry, "time")),
        names.agency(agency) if agency else _text(entry, "agent") or nobody,
        _place(_text(entry, "resource")),
        tuple(label_of(str(name)) for name in listed),
        DENIED if denied else _outcome(entry, lane),
        problem.title if problem else _text(entry, "reason") if denied else "",
        f"/-/help/{problem.name}" if problem else "",
        names.purpose(purpose) if purpose else "",
        ground,
        code_of(grant) if grant and lane == "consent" else "",
        code_of(grant) if grant and lane == "statutory" else "",
        code_of(_text(entry, "id")),
        bool(agency),
    )


def _outcome(entry: Mapping[str, object], lane: str) -> State:
    if entry.get("action") == "append":
        return ADDED
    return READ_BY_LAW if lane == "statutory" else READ


def _text(entry: Mapping[str, object], name: str) -> str:
    value = entry.get(name)
    return "" if value is None else str(value)


def _place(resource: str) -> str:
    """Where in the pod it lies; the address of the pod itself says nothing new."""
    root = storage_of(resource) if resource.count("/") > 3 else ""  # type: ignore[arg-type]  # a name from the log is an Iri
    return label_path(resource.removeprefix(root)) or "/"


def label_path(path: str) -> str:
    """Each part of a path as its owner wrote it."""
    return "/".join(label_of(part) if part else "" for part in path.split("/"))


def by_day(rows: Sequence[LogRow], words: Words) -> tuple[Day, ...]:
    """Rows under the day that they belong to, in the order in which they came."""
    return tuple(
        Day(words.day(mine[0].time), tuple(mine))
        for _, group in groupby(rows, key=lambda row: date_of(row.time))
        if (mine := list(group))
    )
