# SPDX-License-Identifier: EUPL-1.2
"""A choice in words over an ACL as large as one may be: each rule is looked at once."""

import time

import pytest

from acl.check import check_acl
from acl.rules import MOST_RULES
from acl.sharing import Audience, rewritten
from pod.iri import Iri, acl_of
from pod.resource import Found, Resource

POD = Iri("http://localhost:3000/an/")
OWNER = f"{POD}profile/card#me"
RULE = (
    "<#r{n}> a acl:Authorization ; acl:agent <https://x.example/{n}> ; acl:accessTo <{pod}> ;"
    " acl:default <{pod}> ; acl:mode acl:Read .\n"
)
CONTROL = (
    f"<#owner> a acl:Authorization ; acl:agent <{OWNER}> ; acl:accessTo <{POD}> ;"
    f" acl:default <{POD}> ; acl:mode acl:Read, acl:Write, acl:Control .\n"
)


def with_rules(number: int) -> Found:
    text = "@prefix acl: <http://www.w3.org/ns/auth/acl#> .\n" + CONTROL
    text += "".join(RULE.format(n=n, pod=POD) for n in range(number))
    body = text.encode()
    acl = Resource(POD, acl_of(POD), "text/turtle", body, None, len(body), "", 0, 0)
    return Found(POD, POD, None, acl)


@pytest.mark.parametrize("path", ["", "folder/x.ttl"])
def test_hundreds_of_rules_are_rewritten_in_a_moment(path: str) -> None:
    found = with_rules(MOST_RULES - 1)
    found = Found(Iri(POD + path), POD, None, found.acl)
    begun = time.process_time()

    body = rewritten(found, Audience(readers=("https://y.example/#me",)), [OWNER])

    # A look at every triple for every triple of every rule took minutes.
    assert time.process_time() - begun < 20
    rules = check_acl(acl_of(Iri(POD + path)), "text/turtle", body)
    assert {agent for rule in rules for agent in rule.agents} == {OWNER, "https://y.example/#me"}
