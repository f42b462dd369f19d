# SPDX-License-Identifier: EUPL-1.2
"""Large rules and groups are parsed once while they are asked about, and few of them are kept."""

import pytest

from acl import groups, rules
from acl.groups import members_of
from acl.rules import LARGEST_KEPT, read_rules
from pod.iri import Iri
from pod.resource import Resource

POD = Iri("http://localhost:3000/an/")
ACL = Iri(f"{POD}.acl")
RULE = (
    "@prefix acl: <http://www.w3.org/ns/auth/acl#> . <#a> a acl:Authorization ;"
    f" acl:agent <https://x.example/#me> ; acl:accessTo <{POD}> ; acl:mode acl:Read ."
)


def large(text: str, number: int) -> bytes:
    return f"{text} # {number} {'x' * LARGEST_KEPT}".encode()


def test_a_large_acl_is_parsed_once_for_many_questions() -> None:
    first = read_rules(ACL, "text/turtle", large(RULE, 0))

    assert len(first) == 1
    assert read_rules(ACL, "text/turtle", large(RULE, 0)) is first


def test_few_large_ones_are_kept() -> None:
    first = read_rules(ACL, "text/turtle", large(RULE, 0))
    for number in range(1, rules.FEW + 1):
        read_rules(ACL, "text/turtle", large(RULE, number))

    assert read_rules(ACL, "text/turtle", large(RULE, 0)) is not first


@pytest.mark.parametrize("others", [0, groups.FEW])
def test_a_large_group_is_kept_while_few_others_are_asked_about(others: int) -> None:
    group = f"{POD}team#us"
    text = f"<{group}> <http://www.w3.org/2006/vcard/ns#hasMember> <https://x.example/#me> ."

    def document(number: int) -> Resource:
        body = large(text, number)
        return Resource(POD, Iri(f"{POD}team"), "text/turtle", body, None, len(body), "", 0, 0)

    first = members_of(document(0), group)
    for number in range(1, others + 1):
        members_of(document(number), group)

    assert first == {"https://x.example/#me"}
    assert (members_of(document(0), group) is first) is (others == 0)
