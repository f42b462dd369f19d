# SPDX-License-Identifier: EUPL-1.2
"""Permits written in ACL documents: Web Access Control as a permit source."""

from acl.afar import modes_from_afar
from acl.alarm import Alarm
from acl.decide import PermitSource
from acl.groups import document_of, group_document, members_of
from acl.modes import ALL, Mode
from acl.permit import NOTHING, Permit, Verdict
from acl.remote import RemoteGroups
from acl.rules import CONDITIONS, Condition, Rule, rules_of
from identity.who import ANYONE, Who
from pod.contents import find
from pod.database import Tx
from pod.errors import PodError
from pod.instant import Instant
from pod.iri import Iri, acl_of, governed_by, storage_of, subject_of
from pod.resource import Found, Resource


def permit_source(remote: RemoteGroups | None, alarm: Alarm) -> PermitSource:
    """The source of one server: which groups elsewhere it may ask, and whom it tells of a loss."""

    async def source(tx: Tx, who: Who, found: Found, now: Instant) -> Verdict:
        if found.acl is None and await _is_pod(tx, found.pod):
            alarm.lost(found.pod, now)
        return await permits(tx, who, found, now, remote)

    return source


async def _is_pod(tx: Tx, iri: Iri) -> bool:
    return await tx.one("SELECT 1 AS there FROM pod WHERE iri = :pod", pod=iri) is not None


async def permits(
    tx: Tx, who: Who, found: Found, now: Instant, remote: RemoteGroups | None = None
) -> Verdict:
    """What the nearest ACL gives to this caller, and what it gives to everyone."""
    # Decision 14: a request that names a grant is decided by that grant alone.
    if who.named.grant is not None:
        return NOTHING
    rules = _effective(found)
    # wac.md §8: a rule for everyone from one origin is not for everyone from another.
    nobody = ANYONE if who.origin is None else Who(origin=who.origin)
    public = await _modes(tx, rules, nobody, found, None)
    mine = public if who.webid is None else await _modes(tx, rules, who, found, remote)
    if governed_by(found.iri) is not None:
        return await _for_acl(tx, who, found, mine, public)
    because = found.acl.iri if found.acl is not None else ""
    return Verdict((Permit(mine, because),) if mine else (), public)


async def _for_acl(tx: Tx, who: Who, found: Found, mine: Mode, public: Mode) -> Verdict:
    # WAC #acl-resource-access: Control on the subject, and nothing else, opens its ACL (WAC-8).
    controls = Mode.CONTROL in mine or await is_owner(tx, who, found.pod)
    because = found.acl.iri if found.acl is not None else ""
    open_to_all = ALL if Mode.CONTROL in public else Mode.NONE
    return Verdict((Permit(ALL, because),) if controls else (), open_to_all)


async def is_owner(tx: Tx, who: Who, pod: Iri) -> bool:
    """WAC-9: owners of a pod always control its ACLs; that gives them no other mode."""
    if who.webid is None:
        return False
    sql = "SELECT 1 AS owns FROM owner WHERE pod = :pod AND webid = :webid"
    return await tx.one(sql, pod=pod, webid=who.webid) is not None


def _effective(found: Found) -> tuple[Rule, ...]:
    """WAC-23: the resource's own ACL speaks by accessTo, an inherited one by default."""
    if found.acl is None:
        return ()
    direct = found.acl.iri == acl_of(subject_of(found.iri))
    return tuple(rule for rule in _rules(found.acl) if (rule.here if direct else rule.below))


def _rules(acl: Resource) -> tuple[Rule, ...]:
    # wac.md §3: a stored ACL that does not parse denies; never skip to a farther one.
    try:
        return rules_of(acl)
    except PodError:
        return ()


async def _modes(
    tx: Tx, rules: tuple[Rule, ...], who: Who, found: Found, remote: RemoteGroups | None
) -> Mode:
    """WAC-27: rules only add; access is the union over those that match."""
    modes = Mode.NONE
    late: list[Rule] = []
    for rule in rules:
        if not _may_match(rule, who):
            continue
        if _names(rule, who):
            modes |= rule.modes
        elif rule.groups and who.webid is not None:
            late.append(rule)
    for rule in late:
        # Groups last, and only where they could still add something.
        if rule.modes & ~modes and await _in_a_group(tx, rule, who, found, remote):
            modes |= rule.modes
    if remote is not None and who.webid is not None:
        modes = modes_from_afar(tx, remote, late, who.webid, modes)
    return modes


def _names(rule: Rule, who: Who) -> bool:
    if rule.everyone:
        return True
    return who.webid is not None and (rule.authenticated or who.webid in rule.agents)


def _may_match(rule: Rule, who: Who) -> bool:
    # wac.md §8: acl:origin restricts the rule that carries it, when the request has an Origin.
    if rule.origins and who.origin is not None and who.origin not in rule.origins:
        return False
    return all(_holds(condition, who) for condition in rule.conditions)


def _holds(condition: Condition, who: Who) -> bool:
    # A condition of a kind that is not known here never holds: writing one is refused.
    if condition.kind not in CONDITIONS:
        return False
    value = who.client if condition.kind == CONDITIONS[0] else who.issuer
    return value is not None and (condition.anything or value in condition.values)


async def _in_a_group(
    tx: Tx, rule: Rule, who: Who, found: Found, remote: RemoteGroups | None
) -> bool:
    for group in sorted(rule.groups):
        if remote is not None and remote.serves(group):
            continue
        document = await group_document(tx, group)
        if document is None or not await _may_consult(tx, document_of(group), found.pod):
            continue
        if who.webid in members_of(document, group):
            return True
    return False


async def _may_consult(tx: Tx, document: Iri, pod: Iri) -> bool:
    """wac.md §7: in the same pod with the owner's rights, in another only what is public."""
    if storage_of(document) == pod:
        return True
    found = await find(tx, document)
    rules = tuple(rule for rule in _effective(found) if rule.everyone and not rule.conditions)
    return any(Mode.READ in rule.modes for rule in rules)
