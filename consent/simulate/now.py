# SPDX-License-Identifier: EUPL-1.2
"""Who can read a thing now and because of what (KC-27): every answer is served's own decision.

Rules and grants only say whom to ask about; whether they may is asked of the very sources that
serving asks. So nobody is shown here who could not read, and what a rule gives is what it gives.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from acl.decide import Decision, PermitSource, decide
from acl.groups import group_document, members_of
from acl.modes import EACH, Mode
from acl.permit import Permit
from acl.rules import CONDITIONS, Rule, rules_of
from consent.registry.agency import find_agency
from consent.simulate.titles import Title, titles
from identity.who import Named, Who
from pod.database import Tx
from pod.errors import PodError
from pod.instant import Instant, text_of
from pod.iri import Iri, acl_of, subject_of
from pod.resource import Found

MOST_ASKED = 300
MOST_MEMBERS = 100
MOST_TRIED = 5
# Somebody who is signed in and whom no rule can name.
SOMEBODY = "urn:kluis:somebody-signed-in"


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a rule or grant is about; None where it says nothing."""

    kind: str
    webid: str | None = None
    agency: str | None = None
    client: str | None = None
    issuer: str | None = None
    group: str | None = None
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Because of what: an ACL (its own or one above), or a grant or statutory access."""

    kind: str
    id: str
    inherited: bool = False
    purpose: str | None = None
    properties: tuple[str, ...] | None = None
    until: Instant | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """One who can, what, and because of what."""

    reader: Reader
    modes: tuple[str, ...]
    because: Reason


@dataclass(frozen=True, slots=True)
class NotNow:
    """A permission that is about the thing and gives nothing at this moment."""

    grant: str
    agency: str
    problem: str


@dataclass(frozen=True, slots=True)
class Reach:
    """Everybody who can reach one thing. `whole` is False when there were too many to ask about."""

    reached: tuple[Reached, ...]
    not_now: tuple[NotNow, ...]
    whole: bool

    def readers(self) -> tuple[Reached, ...]:
        """Those who can read."""
        return tuple(each for each in self.reached if "read" in each.modes)

    def by_rules(self) -> tuple[Reached, ...]:
        """Those whom access control documents let in."""
        return tuple(each for each in self.reached if each.because.kind == "acl")


@dataclass(frozen=True, slots=True)
class Asking:
    """What is asked with: the sources that serving has, and the moment of both clocks."""

    base: Iri
    sources: Sequence[PermitSource]
    now: Instant


async def reach(tx: Tx, asking: Asking, found: Found) -> Reach:
    """Everybody who can do something with what was found, by any source."""
    candidates = list(islice(_named(found), MOST_ASKED + 1))
    whole = len(candidates) <= MOST_ASKED
    reached: list[Reached] = []
    for reader, inherited in candidates[:MOST_ASKED]:
        for one in await _each(tx, reader):
            decision = await decide(tx, _who(one), found, asking.now, asking.sources)
            reached += _by_rules(one, decision, found, inherited)
    given, not_now = await granted(tx, asking, found)
    return Reach(tuple(dict.fromkeys((*reached, *given))), tuple(not_now), whole)


def modes_in(modes: Mode) -> tuple[str, ...]:
    """The words of WAC, read first."""
    return tuple(word for word, mode in EACH if mode in modes)


def _by_rules(
    reader: Reader, decision: Decision, found: Found, inherited: bool
) -> Iterator[Reached]:
    modes = decision.modes
    if modes and found.acl is not None:
        because = Reason("acl", found.acl.iri, inherited)
        yield Reached(reader, modes_in(modes), because)


def _named(found: Found) -> Iterator[tuple[Reader, bool]]:
    """Whom the nearest ACL names, and whether it lies above."""
    if found.acl is None:
        return
    inherited = found.acl.iri != acl_of(subject_of(found.iri))
    try:
        rules = rules_of(found.acl)
    except PodError:
        return
    for rule in rules:
        if rule.below if inherited else rule.here:
            for reader in _of_rule(rule):
                yield reader, inherited


def _of_rule(rule: Rule) -> Iterator[Reader]:
    origins: list[str | None] = [*sorted(rule.origins)] or [None]
    for client in _values(rule, CONDITIONS[0]):
        for issuer in _values(rule, CONDITIONS[1]):
            for origin in origins:
                more = {"client": client, "issuer": issuer, "origin": origin}
                if rule.everyone:
                    yield Reader("everyone", **more)
                if rule.authenticated:
                    yield Reader("signed-in", **more)
                for agent in sorted(rule.agents):
                    yield Reader("agent", agent, **more)
                for group in sorted(rule.groups):
                    yield Reader("group", group=group, **more)


def _values(rule: Rule, kind: str) -> list[str | None]:
    found = [condition for condition in rule.conditions if condition.kind == kind]
    return list(dict.fromkeys(v for each in found for v in sorted(each.values))) or [None]


async def _each(tx: Tx, reader: Reader) -> list[Reader]:
    """A group as those in it, as far as its document is here; else the group by itself."""
    if reader.group is None:
        return [reader]
    document = await group_document(tx, reader.group)
    members = [] if document is None else sorted(members_of(document, reader.group))
    kept = members[:MOST_MEMBERS]
    return [
        Reader("group", webid, None, reader.client, reader.issuer, reader.group, reader.origin)
        for webid in kept
    ]


def _who(reader: Reader) -> Who:
    webid = reader.webid if reader.kind != "signed-in" else SOMEBODY
    return Who(webid=webid, client=reader.client, issuer=reader.issuer, origin=reader.origin)


async def granted(tx: Tx, asking: Asking, found: Found) -> tuple[list[Reached], list[NotNow]]:
    """Agencies by grant and by law, each asked as it would ask: by naming what it stands on."""
    reached: list[Reached] = []
    not_now: list[NotNow] = []
    for title in await titles(tx, found):
        decision, who = await _by_title(tx, asking, found, title)
        permit = None if decision is None else decision.because(Mode.READ)
        if permit is not None:
            reached.append(_by_agency(title, who, permit))
            continue
        denial = None if decision is None else decision.denial
        problem = "client-mismatch" if denial is None else denial.problem
        not_now.append(NotNow(title.id, title.agency, problem))
    return reached, not_now


def _by_agency(title: Title, who: Who, permit: Permit) -> Reached:
    properties = permit.view.properties if permit.view is not None else None
    because = Reason(
        title.kind,
        title.id,
        purpose=title.purpose,
        properties=None if properties is None else tuple(sorted(properties)),
        until=title.until,
    )
    reader = Reader("agency", who.webid, title.agency, title.client)
    return Reached(reader, modes_in(permit.modes), because)


async def _by_title(
    tx: Tx, asking: Asking, found: Found, title: Title
) -> tuple[Decision | None, Who]:
    agency = await find_agency(tx, title.agency, asking.base)
    decision, who = None, Who()
    if agency is None:
        return decision, who
    clients = [title.client] if title.client is not None else list(agency.clients[:MOST_TRIED])
    for webid in agency.webids[:MOST_TRIED]:
        for client in clients:
            who = Who(webid=webid, client=client, named=Named(grant=title.id))
            decision = await decide(tx, who, found, asking.now, asking.sources)
            if decision.because(Mode.READ) is not None:
                return decision, who
    return decision, who


def reached_json(each: Reached) -> dict[str, object]:
    """One line of the answer; absent values are null, members are always there."""
    reader, because = each.reader, each.because
    return {
        "reader": {
            "kind": reader.kind,
            "webid": reader.webid,
            "agency": reader.agency,
            "client": reader.client,
            "issuer": reader.issuer,
            "group": reader.group,
            "origin": reader.origin,
        },
        "modes": list(each.modes),
        "because": {
            "kind": because.kind,
            "id": because.id,
            "inherited": because.inherited,
            "purpose": because.purpose,
            "properties": None if because.properties is None else list(because.properties),
            "until": None if because.until is None else text_of(because.until),
        },
    }
