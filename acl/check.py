# SPDX-License-Identifier: EUPL-1.2
"""What an ACL must be before it is kept: what cannot be written need not be guessed at later."""

from acl.afar import MOST_IN_ONE_ACL
from acl.groups import group_document
from acl.modes import Mode
from acl.remote import RemoteGroups, far_documents
from acl.rules import CONDITIONS, LARGEST, MOST_RULES, Rule, read_rules
from pod.database import Tx
from pod.errors import Clash, TooLarge, Unprocessable
from pod.iri import Iri, acl_of, governed_by, storage_of

CONSTRAINT = {"Link": '</-/constraints/acl>; rel="http://www.w3.org/ns/ldp#constrainedBy"'}


def check_acl(
    iri: Iri, media_type: str, body: bytes, *, open_control: bool = False
) -> tuple[Rule, ...]:
    """The rules of an ACL that may be kept; Clash or Unprocessable for one that may not.

    `open_control` is the operator's switch of wac.md §9: acl:Control may be for everyone.
    """
    if len(body) > LARGEST:
        raise TooLarge(f"An ACL may have {LARGEST} bytes at most.")
    rules = read_rules(iri, media_type, body)
    if len(rules) > MOST_RULES:
        raise Unprocessable(f"An ACL may have {MOST_RULES} rules at most.", problem="too-complex")
    _refuse_unknown_conditions(rules)
    if not open_control:
        _refuse_open_control(rules)
    if iri == acl_of(storage_of(iri)):
        _require_control(rules)
    return rules


def _refuse_unknown_conditions(rules: tuple[Rule, ...]) -> None:
    # WAC #conditions: a reader skips kinds it does not know, which opens the rule: refuse to keep.
    for condition in (condition for rule in rules for condition in rule.conditions):
        if condition.kind not in CONDITIONS:
            raise Unprocessable(
                f"This server does not know the condition <{condition.kind[:200]}>,"
                " and a rule with it would be wider than it says.",
                problem="unsupported-condition",
            )


def _refuse_open_control(rules: tuple[Rule, ...]) -> None:
    for rule in rules:
        if Mode.CONTROL in rule.modes and (rule.everyone or rule.authenticated):
            raise Clash(
                "acl:Control for everyone, or for everyone who is signed in, lets strangers"
                " rewrite this ACL; name the agents who may control it.",
                problem="open-control",
                headers=CONSTRAINT,
            )


def _require_control(rules: tuple[Rule, ...]) -> None:
    # WAC #root-acl: the root's ACL must leave somebody in control (WAC-6, T-35).
    if not any(Mode.CONTROL in rule.modes and rule.here and rule.agents for rule in rules):
        raise Clash(
            "This ACL would leave nobody in control of the pod: keep a rule with acl:agent,"
            " acl:accessTo the root and acl:mode acl:Control.",
            problem="no-control",
            headers=CONSTRAINT,
        )


async def check_groups(
    tx: Tx, iri: Iri, rules: tuple[Rule, ...], remote: RemoteGroups | None = None
) -> None:
    """wac.md §7: a group that could never match is refused at once.

    A group document of the same pod may still come into being, and one on a host that the
    operator named is asked for when it matters.
    """
    pod = storage_of(governed_by(iri) or iri)
    if remote is not None and len(far_documents(remote, rules)) > MOST_IN_ONE_ACL:
        raise Unprocessable(
            f"An ACL may name groups of {MOST_IN_ONE_ACL} documents on other servers at most.",
            problem="too-complex",
        )
    for group in sorted({group for rule in rules for group in rule.groups}):
        if group.startswith(pod) or (remote is not None and remote.serves(group)):
            continue
        if await group_document(tx, group) is None:
            raise Unprocessable(
                f"The group <{group[:200]}> is not on this server, so nobody would be a member.",
                problem="unknown-group",
            )
