# SPDX-License-Identifier: EUPL-1.2
"""Random ACL trees: what the server permits is what a reading of the text alone permits."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acl.modes import EACH, Mode
from acl.wac import permits
from identity.who import Who
from ldp.keeping import keep
from pod import contents
from pod.database import Tx
from pod.instant import Instant
from pod.iri import Iri
from pod.schema import migrate
from pod.sqlite import open_sqlite
from pod.vocab import ACL, FOAF, VCARD
from tests.people import AN, BASE, BOB, ROOT, make_pod

NOW = Instant(1_795_000_000_000)
EVE_ROOT = Iri(BASE + "eve/")
EVE, ZOE = "https://eve.example/#me", "https://zoe.example/#me"
TEAM, EVES_TEAM, NO_TEAM = f"{ROOT}team#us", f"{EVE_ROOT}team#us", f"{ROOT}none#us"
PLACES = ("", "k/", "k/s/", "k/s/d", "k/m")
TARGETS = (*PLACES, "k/s/new", "k/s/t/u/new", "k/s/d.meta", "k/s/d.acl", "k/s/new.acl", ".acl")
APPS = ("https://app.example/id", "https://app2.example/id")
ISSUERS = ("https://idp.example/", "https://idp2.example/")
ORIGINS = ("https://app.example", "https://app2.example")
SUBJECTS = (
    *(("agent", webid) for webid in (str(BOB.webid), EVE, f"mailto:{EVE}", str(BOB.webid) + "/")),
    *(
        ("agentClass", kind)
        for kind in (FOAF + "Agent", ACL + "AuthenticatedAgent", FOAF + "Group")
    ),
    *(("agentGroup", group) for group in (TEAM, EVES_TEAM, NO_TEAM)),
    *(("origin", origin) for origin in ORIGINS),
    ("delegates", str(BOB.webid)),
)
CLIENT, ISSUER = ACL + "ClientCondition", ACL + "IssuerCondition"
CONDITIONS = (
    *((CLIENT, "client", app) for app in APPS),
    *((ISSUER, "issuer", issuer) for issuer in ISSUERS),
    (CLIENT, "clientClass", FOAF + "Agent"),
    (ISSUER, "issuerClass", FOAF + "Agent"),
    (CLIENT, "issuer", ISSUERS[0]),
    ("http://e/Moon", "client", APPS[0]),
)


class Rule(NamedTuple):
    """One authorization, as its author means it."""

    typed: bool
    targets: frozenset[tuple[str, str]]
    modes: frozenset[str]
    subjects: frozenset[tuple[str, str]]
    conditions: frozenset[tuple[str, str, str]]


class World(NamedTuple):
    """The ACLs there are, who is in the groups, and whether the other pod's group is public."""

    acls: dict[str, tuple[Rule, ...]]
    members: dict[str, frozenset[str]]
    open_team: bool


def read_the_text(world: World, target: str, who: Who) -> set[str]:
    """The reference: the rules of the text, one after the other, without a line of the server."""
    if target.endswith(".acl"):
        subject = target[: -len(".acl")]
        controls = "control" in read_the_text(world, subject, who) or who.webid == AN.webid
        return {"read", "write", "append", "control"} if controls else set()
    subject = target.removesuffix(".meta")
    place = subject
    while place not in world.acls:
        if place == "":
            return set()
        place = place.rstrip("/").rpartition("/")[0]
        place += "/" if place else ""
    relation = "accessTo" if place == subject else "default"
    granted: set[str] = set()
    for rule in world.acls[place]:
        if not rule.typed or (relation, ROOT + place) not in rule.targets:
            continue
        if not any(_is_meant(world, kind, value, who) for kind, value in rule.subjects):
            continue
        origins = {value for kind, value in rule.subjects if kind == "origin"}
        if origins and who.origin is not None and who.origin not in origins:
            continue
        if all(_holds(condition, who) for condition in rule.conditions):
            granted |= {mode.lower() for mode in rule.modes} & {
                "read",
                "write",
                "append",
                "control",
            }
    return granted | ({"append"} if "write" in granted else set())


def _is_meant(world: World, kind: str, value: str, who: Who) -> bool:
    if (kind, value) == ("agentClass", FOAF + "Agent"):
        return True
    if who.webid is None:
        return False
    if kind == "agentClass":
        return value == ACL + "AuthenticatedAgent"
    if kind == "agentGroup":
        hidden = value == EVES_TEAM and not world.open_team
        return not hidden and who.webid in world.members.get(value, ())
    return kind == "agent" and value == who.webid


def _holds(condition: tuple[str, str, str], who: Who) -> bool:
    kind, word, value = condition
    mine = {CLIENT: who.client, ISSUER: who.issuer}.get(kind)
    if mine is None or not word.startswith({CLIENT: "client", ISSUER: "issuer"}[kind]):
        return False
    return value == mine or word.endswith("Class")


RULES = st.builds(
    Rule,
    typed=st.sampled_from([True, True, True, False]),
    targets=st.frozensets(
        st.tuples(
            st.sampled_from(["accessTo", "default"]), st.sampled_from(PLACES).map(ROOT.__add__)
        ),
        max_size=4,
    ),
    modes=st.frozensets(
        st.sampled_from(["Read", "Write", "Append", "Control", "Search"]), max_size=3
    ),
    subjects=st.frozensets(st.sampled_from(SUBJECTS), max_size=3),
    conditions=st.just(frozenset[tuple[str, str, str]]())
    | st.frozensets(st.sampled_from(CONDITIONS), max_size=2),
)
PEOPLE = (str(BOB.webid), EVE, ZOE, str(AN.webid))
SIGNED_IN = st.builds(
    Who,
    webid=st.sampled_from(PEOPLE),
    client=st.sampled_from([None, *APPS]),
    issuer=st.sampled_from([None, *ISSUERS]),
    origin=st.sampled_from([None, *ORIGINS]),
)
ASKERS = SIGNED_IN | st.builds(Who, origin=st.sampled_from([None, *ORIGINS]))
GROUPS = st.frozensets(st.sampled_from([str(BOB.webid), EVE]))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """ACLs at some places, most of their rules about the place itself."""
    acls = {}
    for place in PLACES:
        if not draw(st.booleans()):
            continue
        drawn = draw(st.lists(RULES, max_size=4))
        here = frozenset({("accessTo", ROOT + place), ("default", ROOT + place)})
        acls[place] = tuple(r._replace(targets=here) if draw(st.booleans()) else r for r in drawn)
    members = {TEAM: draw(GROUPS), EVES_TEAM: draw(GROUPS)}
    return World(acls, members, draw(st.booleans()))


def _turtle(rules: tuple[Rule, ...]) -> bytes:
    return "".join(_rule(number, rule) for number, rule in enumerate(rules)).encode()


def _rule(number: int, rule: Rule) -> str:
    node = f"<#r{number}>" if number % 2 else f"_:r{number}"
    said = [("note", '"a rule"')]
    said += [(word, f"<{iri}>") for word, iri in [*rule.targets, *rule.subjects]]
    said += [("mode", f"<{ACL}{mode}>") for mode in rule.modes]
    said += [("condition", f"[ a <{k}>; <{ACL}{w}> <{v}> ]") for k, w, v in rule.conditions]
    kind = f"{node} a <{ACL}Authorization> .\n" if rule.typed else ""
    return kind + "".join(f"{node} <{ACL}{word}> {value} .\n" for word, value in said)


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that one example asks of the server."""

    world: World
    askers: tuple[Who, ...]


async def _answers(tx: Tx, asked: Asked) -> dict[tuple[str, Who], tuple[set[str], set[str]]]:
    """The server's own way: rows, the nearest ACL by its query, its evaluation."""
    await tx.run("DELETE FROM resource")
    for place, rules in asked.world.acls.items():
        await _put(tx, f"{ROOT}{place}.acl", _turtle(rules))
    for group, members in asked.world.members.items():
        said = "".join(f"<#us> <{VCARD}hasMember> <{member}> .\n" for member in members)
        await _put(tx, group.partition("#")[0], said.encode())
    public = f"<#p> a <{ACL}Authorization>; <{ACL}agentClass> <{FOAF}Agent>; <{ACL}mode>"
    public += f" <{ACL}Read>; <{ACL}default> <{EVE_ROOT}> ."
    await _put(tx, f"{EVE_ROOT}.acl", public.encode() if asked.world.open_team else b"")
    seen = {}
    for target in TARGETS:
        found = await contents.find(tx, Iri(ROOT + target))
        for who in asked.askers:
            verdict = await permits(tx, who, found, NOW)
            modes = verdict.public
            for permit in verdict.permits:
                modes |= permit.modes
            seen[target, who] = (_words(modes), _words(verdict.public))
    return seen


async def _put(tx: Tx, iri: str, body: bytes) -> None:
    await keep(tx, Iri(iri), "text/turtle", body, NOW, created=True)


def _words(modes: Mode) -> set[str]:
    return {word for word, mode in EACH if mode in modes}


def test_random_trees_permit_what_the_text_permits(tmp_path: Path) -> None:
    # WAC-10, WAC-11, WAC-12, WAC-13, WAC-14, WAC-15, WAC-16, WAC-17, WAC-18, WAC-19, WAC-22,
    # WAC-23, WAC-24, WAC-26, WAC-27, WAC-35
    with asyncio.Runner() as runner:
        db = runner.run(open_sqlite(tmp_path / "kluis.db"))
        runner.run(migrate(db))
        for root, owner in ((ROOT, str(AN.webid)), (EVE_ROOT, EVE)):
            runner.run(db.write(root, make_pod, root, owner, NOW))
        permitted: set[str] = set()

        @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
        @given(worlds(), st.tuples(ASKERS, ASKERS, ASKERS))
        def agree(world: World, askers: tuple[Who, ...]) -> None:
            seen = runner.run(db.write(ROOT, _answers, Asked(world, askers)))
            for (target, who), (mine, public) in seen.items():
                wanted = read_the_text(world, target, who)
                assert mine == wanted, (target, who)
                assert public == read_the_text(world, target, Who(origin=who.origin)), target
                permitted.update(wanted)

        try:
            agree()
        finally:
            # Its thread would keep a failed run from ending.
            runner.run(db.close())
    # A model that permits nothing would agree with a server that does.
    assert permitted == {"read", "write", "append", "control"}
