# SPDX-License-Identifier: EUPL-1.2
"""What an agency can still read when a grant has ended, and because of what (domain.md 2.3, 4).

`because` is always the name of something that can be ended or changed: another grant, an access
by law, or the rules (ACL) that let the agency's people, apps, groups or everybody in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from acl import wac
from acl.modes import Mode
from consent.grants.grant import OPEN, Grant
from consent.grants.ledger import open_between
from consent.law.permits import in_force
from consent.law.reach import concerns_pod, covering
from consent.law.rows import between
from consent.law.statutory import State as Lawful
from consent.law.statutory import Statutory
from consent.registry.agency import Agency, find_agency
from consent.terms import READ, Datum
from identity.who import ANYONE, Who
from pod.contents import find
from pod.database import Tx
from pod.instant import Instant
from pod.iri import Iri, acl_of, subject_of
from pod.resource import Found

MOST_LOOKED_AT = 200
MOST_CALLERS = 100

Reachable = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Ways:
    """All that may still let the agency in, and what was worked out of it so far."""

    grants: Sequence[Grant]
    lawful: Sequence[Statutory]
    callers: Sequence[Who]
    moment: Instant
    known: dict[Iri, bool] = field(default_factory=dict)


async def last_use(tx: Tx, grant_id: str) -> int | None:
    """The number of the last log entry under the grant."""
    row = await tx.one(
        "SELECT MAX(seq) AS seq FROM journal WHERE grant_id = :grant AND outcome = 'allowed'",
        grant=grant_id,
    )
    return None if row is None or row["seq"] is None else int(row["seq"])


async def still_reachable(tx: Tx, grant: Grant, base: Iri, moment: Instant) -> list[Reachable]:
    """What of the grant's data the agency can go on reading, and because of what."""
    agency = await find_agency(tx, grant.agency, base)
    ways = _Ways(
        await _others(tx, grant, moment),
        await _by_law(tx, grant, moment),
        _callers(agency),
        moment,
    )
    found: list[Reachable] = []
    for target in await _names(tx, grant, ways):
        reasons = await _reasons(tx, target, ways)
        found += [{"target": target, "because": reason} for reason in dict.fromkeys(reasons)]
    return found


async def _others(tx: Tx, grant: Grant, moment: Instant) -> list[Grant]:
    """What is asleep or has not begun counts too: she should know of it before it wakes."""
    return [
        other
        for other in await open_between(tx, grant.pod, grant.agency)
        if other.id != grant.id
        and other.state_at(moment) in OPEN
        and READ in other.terms.modes
        and (other.count is None or other.uses < other.count)
    ]


async def _by_law(tx: Tx, grant: Grant, moment: Instant) -> list[Statutory]:
    return [
        access
        for access in await between(tx, grant.pod, grant.agency)
        if await concerns_pod(tx, access, grant.pod)
        and await in_force(tx, access, grant.pod, moment) is Lawful.ACTIVE
    ]


def _callers(agency: Agency | None) -> list[Who]:
    """Everybody, and every pair of a WebID and a client of the agency."""
    if agency is None:
        return [ANYONE]
    pairs = [
        Who(webid=webid, client=client)
        for webid in agency.webids
        for client in agency.clients or (None,)
    ]
    return [ANYONE, *pairs][:MOST_CALLERS]


async def _names(tx: Tx, grant: Grant, ways: _Ways) -> list[Iri]:
    """The targets; below a whole container also what has ways of its own."""
    names: dict[Iri, None] = {}
    for datum in grant.terms.data:
        if datum.target is None:
            continue
        names[datum.target] = None
        if datum.members:
            names |= dict.fromkeys(await _with_own_rules(tx, datum.target))
            names |= dict.fromkeys(_given_below(datum, ways))
    return list(names)[:MOST_LOOKED_AT]


async def _with_own_rules(tx: Tx, container: Iri) -> list[Iri]:
    rows = await tx.all(
        "SELECT iri FROM resource WHERE substr(iri, 1, :length) = :container"
        " AND iri LIKE '%.acl' AND body IS NOT NULL ORDER BY iri LIMIT :most",
        length=len(container),
        container=container,
        most=MOST_LOOKED_AT,
    )
    subjects = [subject_of(Iri(row["iri"])) for row in rows]
    return [iri for iri in subjects if iri != container]


def _given_below(datum: Datum, ways: _Ways) -> list[Iri]:
    data = [d for given in _terms(ways) for d in given]
    return [d.target for d in data if d.target is not None and datum.covers(d.target)]


def _terms(ways: _Ways) -> list[Sequence[Datum]]:
    return [*(g.terms.data for g in ways.grants), *(access.data for access in ways.lawful)]


async def _reasons(tx: Tx, target: Iri, ways: _Ways) -> list[str]:
    there = await find(tx, target)
    reasons: list[str] = [g.id for g in ways.grants if any(d.covers(target) for d in g.terms.data)]
    reasons += [a.id for a in ways.lawful if covering(a, target, there.resource)]
    rules = None if there.acl is None else there.acl.iri
    if rules is not None and await _lets_in(tx, there, rules, ways):
        reasons.append(rules)
    return reasons


async def _lets_in(tx: Tx, there: Found, rules: Iri, ways: _Ways) -> bool:
    own = rules == acl_of(subject_of(there.iri))
    if not own and rules in ways.known:
        # What is inherited says the same of everything below.
        return ways.known[rules]
    lets = await _permits_any(tx, there, ways)
    if not own:
        ways.known[rules] = lets
    return lets


async def _permits_any(tx: Tx, there: Found, ways: _Ways) -> bool:
    for caller in ways.callers:
        verdict = await wac.permits(tx, caller, there, ways.moment)
        given = any(Mode.READ in permit.modes for permit in verdict.permits)
        if given or Mode.READ in verdict.public:
            return True
    return False
