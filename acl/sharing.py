# SPDX-License-Identifier: EUPL-1.2
"""An ACL in words that a person can choose from, and back, pure.

Four things can be chosen: everyone reads, whoever is signed in reads, these people read, these
people read and change. Rules that say more (control, groups, origins, conditions) stay as they
are and are told beside it.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

import pyoxigraph as ox

from acl.modes import Mode
from acl.rules import Rule, rules_of
from pod import rdf
from pod.iri import Iri, acl_of, governed_by, is_container, subject_of
from pod.resource import Found, Resource
from pod.vocab import ACL, FOAF, RDF

_TYPE = ox.NamedNode(RDF + "type")
_CHANGE = Mode.READ | Mode.WRITE | Mode.APPEND
_PREFIXES = {"acl": ACL, "foaf": FOAF}
_Said: TypeAlias = Mapping[str, Sequence[ox.Triple]]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may read, and who may change."""

    everyone: bool = False
    signed_in: bool = False
    readers: tuple[str, ...] = ()
    editors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sharing:
    """What the rules of one thing say: what can be chosen, and the rules that stay.

    `inherited` when they are those of a folder above (`source` is their ACL).
    """

    audience: Audience
    others: tuple[Rule, ...]
    inherited: bool
    source: Iri | None


def sharing_of(found: Found) -> Sharing:
    """The rules in force for what was found. Unreadable when its ACL does not parse."""
    if found.acl is None:
        return Sharing(Audience(), (), True, None)
    own = found.acl.iri == acl_of(subject_of(found.iri))
    # A folder's own rules speak of the folder, of what lies in it, or of both: all are told.
    rules = [rule for rule in rules_of(found.acl) if (own or rule.below)]
    plain = [rule for rule in rules if _is_plain(rule, container=is_container(found.iri), own=own)]
    others = tuple(rule for rule in rules if rule not in plain)
    return Sharing(_audience(plain), others, not own, found.acl.iri)


def _is_plain(rule: Rule, *, container: bool, own: bool) -> bool:
    more = rule.groups or rule.origins or rule.conditions or Mode.CONTROL in rule.modes
    whole = not (own and container) or (rule.here and rule.below)
    open_ = rule.everyone or rule.authenticated
    known = rule.modes == Mode.READ or (rule.modes == _CHANGE and not open_)
    return bool(not more and whole and known)


def _audience(rules: Iterable[Rule]) -> Audience:
    readers: dict[str, None] = {}
    editors: dict[str, None] = {}
    everyone = signed_in = False
    for rule in rules:
        everyone |= rule.everyone
        signed_in |= rule.authenticated
        (editors if Mode.WRITE in rule.modes else readers).update(
            dict.fromkeys(sorted(rule.agents))
        )
    kept = tuple(webid for webid in readers if webid not in editors)
    return Audience(everyone, signed_in, kept, tuple(editors))


def rewritten(found: Found, audience: Audience, owners: Sequence[str]) -> bytes:
    """The thing's own ACL after the choice, as Turtle.

    Without an ACL of its own it gets one: what it inherited that is no choice here, and control
    for its owners, so that nobody is locked out by a choice.
    """
    subject = subject_of(found.iri)
    acl = acl_of(subject)
    kept = list(_kept(found, subject))
    shared = sharing_of(found)
    control = any(
        Mode.CONTROL in rule.modes and (rule.here or shared.inherited) for rule in shared.others
    )
    if not control:
        kept += _rule(acl, subject, Mode.CONTROL | _CHANGE, agents=owners)
    kept += _chosen(acl, subject, audience)
    return rdf.write(kept, rdf.TURTLE, _PREFIXES)


def _kept(found: Found, subject: Iri) -> Iterable[ox.Triple]:
    """The triples of rules that stay; an inherited rule now speaks of this thing."""
    if found.acl is None:
        return
    own = found.acl.iri == acl_of(subject)
    triples = rdf.parse(found.acl.body or b"", found.acl.media_type, found.acl.iri).triples
    said = _by_subject(triples)
    rules = _authorizations(triples)
    nodes = {node for node in rules if _stays(found, said, node, own=own)}
    reached = _reached(said, nodes)
    if own:
        gone = _reached(said, [node for node in rules if node not in nodes]) - reached
        yield from (t for t in triples if str(t.subject) not in gone)
        return
    for triple in triples:
        if str(triple.subject) in reached:
            yield from _moved(triple, found.acl, subject)


def _by_subject(triples: Iterable[ox.Triple]) -> _Said:
    """Looked up once: an ACL may have hundreds of rules, and each is looked at by itself."""
    said: dict[str, list[ox.Triple]] = {}
    for triple in triples:
        said.setdefault(str(triple.subject), []).append(triple)
    return said


def _authorizations(triples: Iterable[ox.Triple]) -> list[str]:
    wanted = ox.NamedNode(ACL + "Authorization")
    return [str(t.subject) for t in triples if t.predicate == _TYPE and t.object == wanted]


def _stays(found: Found, said: _Said, node: str, *, own: bool) -> bool:
    mine = [t for each in sorted(_reached(said, [node])) for t in said.get(each, ())]
    acl = found.acl
    if acl is None:
        return False
    alone = Resource(
        acl.pod, acl.iri, rdf.N_TRIPLES, rdf.write(mine, rdf.N_TRIPLES), None, 0, "", 0, 0
    )
    rules = [rule for rule in rules_of(alone) if (rule.here if own else rule.below)]
    if not rules:
        # A rule about something else: it stays in an own ACL, and is not inherited.
        return own
    container = is_container(found.iri)
    return not all(_is_plain(rule, container=container, own=own) for rule in rules)


def _reached(said: _Said, nodes: Iterable[str]) -> set[str]:
    """The nodes, and what hangs on them without a name of its own, such as conditions."""
    reached, waiting = set[str](), list(nodes)
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            things = (triple.object for triple in said.get(node, ()))
            waiting += [str(thing) for thing in things if isinstance(thing, ox.BlankNode)]
    return reached


def _moved(triple: ox.Triple, acl: Resource, subject: Iri) -> Iterable[ox.Triple]:
    word = triple.predicate.value
    node = triple.subject
    if isinstance(node, ox.NamedNode):
        node = ox.NamedNode(f"{acl_of(subject)}#{_name_in(acl.iri, node.value)}")
    if word == ACL + "accessTo":
        return
    if word != ACL + "default":
        yield ox.Triple(node, triple.predicate, triple.object)
    elif isinstance(triple.object, ox.NamedNode) and triple.object.value == governed_by(acl.iri):
        yield ox.Triple(node, ox.NamedNode(ACL + "accessTo"), ox.NamedNode(subject))
        if is_container(subject):
            yield ox.Triple(node, triple.predicate, ox.NamedNode(subject))


def _name_in(acl: Iri, node: str) -> str:
    """What a rule is called in its document. Rules that two documents call the same stay two:
    joined, the people of one would get the modes of the other."""
    document, _, fragment = node.partition("#")
    if document == acl and fragment:
        return fragment
    return f"n{sha256(node.encode()).hexdigest()[:16]}"


def _chosen(acl: Iri, subject: Iri, audience: Audience) -> list[ox.Triple]:
    made: list[ox.Triple] = []
    if audience.everyone:
        made += _rule(acl, subject, Mode.READ, classes=(FOAF + "Agent",))
    if audience.signed_in:
        made += _rule(acl, subject, Mode.READ, classes=(ACL + "AuthenticatedAgent",))
    if audience.readers:
        made += _rule(acl, subject, Mode.READ, agents=audience.readers)
    if audience.editors:
        made += _rule(acl, subject, _CHANGE, agents=audience.editors)
    return made


def _rule(
    acl: Iri, subject: Iri, modes: Mode, *, agents: Sequence[str] = (), classes: Sequence[str] = ()
) -> list[ox.Triple]:
    node = ox.NamedNode(f"{acl}#r{secrets.token_hex(6)}")
    said: list[tuple[str, str]] = [
        ("accessTo", subject),
        *([("default", subject)] if is_container(subject) else []),
    ]
    names = (("Read", Mode.READ), ("Write", Mode.WRITE), ("Control", Mode.CONTROL))
    said += [("mode", ACL + name) for name, mode in names if mode in modes]
    said += [("agent", agent) for agent in agents]
    said += [("agentClass", cls) for cls in classes]
    return [
        ox.Triple(node, _TYPE, ox.NamedNode(ACL + "Authorization")),
        *(ox.Triple(node, ox.NamedNode(ACL + w), ox.NamedNode(v)) for w, v in said),
    ]
