# SPDX-License-Identifier: EUPL-1.2
"""Web Access Control as the digest's own vectors tell it (wac.md §10)."""

import pytest

from acl.check import check_acl
from acl.groups import members_of
from acl.modes import Mode
from acl.rules import LARGEST_KEPT, read_rules
from identity.who import ANYONE, Who
from pod.errors import Clash
from pod.iri import Iri
from pod.resource import Resource
from tests.people import AN, BOB, ROOT, Asking, rule

B = f"acl:agent <{BOB.webid}>"
PUBLIC = "acl:agentClass foaf:Agent"
SIGNED_IN = "acl:agentClass acl:AuthenticatedAgent"


def here(path: str) -> str:
    return f"acl:accessTo <{ROOT}{path}>"


def below(path: str) -> str:
    return f"acl:default <{ROOT}{path}>"


def both(path: str) -> str:
    return f"{here(path)}; {below(path)}"


ADD = "_:p a <http://www.w3.org/ns/solid/terms#InsertDeletePatch>;"
INSERT = ADD + " <http://www.w3.org/ns/solid/terms#inserts> { <#x> <#p> 1 } ."
DELETE = ADD + " <http://www.w3.org/ns/solid/terms#deletes> { <#a> <#p> 1 } ."
WHERE = (
    ADD + " <http://www.w3.org/ns/solid/terms#where> { <#a> <#p> ?v };"
    " <http://www.w3.org/ns/solid/terms#inserts> { <#x> <#p> ?v } ."
)


async def _document(an: Asking) -> None:
    made = await an("PUT", "d.ttl", AN, "<#a> <#p> 1 .", "text/turtle")
    assert made.status == 201


async def _patch(an: Asking, who: Who, patch: str) -> int:
    return (await an("PATCH", "d.ttl", who, patch, "text/n3")).status


async def test_v1_read_opens_reading_and_nothing_else(an: Asking) -> None:  # WAC-8, WAC-14
    await _document(an)
    await an.acl("d.ttl", rule(B, here("d.ttl"), "Read"))

    assert (await an("GET", "d.ttl", BOB)).status == 200
    assert (await an("GET", "d.ttl.acl", BOB)).status == 403
    assert (await an("GET", "d.ttl")).status == 401


async def test_v2_append_adds_and_never_reads_or_overwrites(an: Asking) -> None:  # T-32
    await _document(an)
    await an.acl("d.ttl", rule(B, here("d.ttl"), "Append"))

    assert await _patch(an, BOB, INSERT) == 204
    assert (await an("GET", "d.ttl", BOB)).status == 403
    assert (await an("PUT", "d.ttl", BOB, "<#a> <#p> 2 .", "text/turtle")).status == 403
    assert await _patch(an, BOB, WHERE) == 403


async def test_v3_write_overwrites_and_does_not_read_or_delete(an: Asking) -> None:  # WAC-32
    await _document(an)
    await an.acl("d.ttl", rule(B, here("d.ttl"), "Write"))

    assert (await an("PUT", "d.ttl", BOB, "<#a> <#p> 1 .", "text/turtle")).status == 204
    assert await _patch(an, BOB, DELETE) == 403
    assert (await an("DELETE", "d.ttl", BOB)).status == 403
    assert (await an("GET", "d.ttl", BOB)).status == 403


async def test_v4_deleting_needs_write_on_the_container_too(an: Asking) -> None:  # WAC-32
    await _document(an)
    await an.acl("d.ttl", rule(B, here("d.ttl"), "Read Write"))

    assert await _patch(an, BOB, DELETE) == 204
    assert (await an("DELETE", "d.ttl", BOB)).status == 403


async def test_v5_control_opens_the_acl_alone(an: Asking) -> None:  # WAC-8, T-31
    await _document(an)
    await an.acl("d.ttl", rule(B, here("d.ttl"), "Control"))

    assert (await an("GET", "d.ttl", BOB)).status == 403
    acl = await an("GET", "d.ttl.acl", BOB)
    assert acl.status == 200
    assert acl.headers["WAC-Allow"] == 'user="read write append control",public=""'
    assert (await an("PUT", "d.ttl.acl", BOB, acl.body, "text/turtle")).status == 204


async def test_v6_access_to_a_container_with_append_lets_post_in(an: Asking) -> None:  # WAC-10
    await an("PUT", "k/", AN)
    await an.acl("k/", rule(B, here("k/"), "Append"))

    assert (await an("POST", "k/", BOB, "x", "text/plain")).status == 201
    assert (await an("PUT", "k/n", BOB, "x", "text/plain")).status == 403


async def test_v7_default_says_nothing_about_the_container_itself(an: Asking) -> None:  # WAC-11
    await an("PUT", "k/", AN)
    await an.acl("k/", rule(B, below("k/"), "Append"))

    assert (await an("POST", "k/", BOB, "x", "text/plain")).status == 403
    assert (await an("PUT", "k/n", BOB, "x", "text/plain")).status == 403


async def test_v8_append_on_both_creates_also_in_new_containers(an: Asking) -> None:  # WAC-34
    await an("PUT", "k/e", AN, "x", "text/plain")
    await an.acl("k/", rule(B, both("k/"), "Append"))

    assert (await an("PUT", "k/n", BOB, "x", "text/plain")).status == 201
    assert (await an("PUT", "k/s/t/n", BOB, "x", "text/plain")).status == 201
    assert (await an("PUT", "k/e", BOB, "x", "text/plain")).status == 403
    assert (await an("DELETE", "k/e", BOB)).status == 403


async def test_v9_write_on_both_deletes_but_learns_nothing(an: Asking) -> None:
    await an("PUT", "k/e", AN, "x", "text/plain")
    await an("PUT", "k/c/", AN)
    await an.acl("k/", rule(B, both("k/"), "Write"))

    assert (await an("DELETE", "k/e", BOB)).status == 204
    assert (await an("DELETE", "k/c/", BOB)).status == 403
    assert (await an("DELETE", "k/absent", BOB)).status == 403


async def test_v10_with_read_too_absence_is_shown(an: Asking) -> None:
    await an("PUT", "k/c/", AN)
    await an.acl("k/", rule(B, both("k/"), "Read Write"))

    assert (await an("DELETE", "k/c/", BOB)).status == 204
    assert (await an("DELETE", "k/absent", BOB)).status == 404
    assert (await an("GET", "k/absent", BOB)).status == 404


async def test_v11_write_below_append_here_does_not_delete(an: Asking) -> None:  # WAC-32
    await an("PUT", "k/e", AN, "x", "text/plain")
    await an.acl("k/", rule(B, here("k/"), "Append"), rule(B, below("k/"), "Write"))

    assert (await an("DELETE", "k/e", BOB)).status == 403


async def test_v12_the_closest_acl_speaks_alone(an: Asking) -> None:
    # WAC #effective-acl-resource (WAC-22, T-30): no merging with farther ones.
    await an("PUT", "k/e", AN, "x", "text/plain")
    await an.acl("k/", rule(B, below("k/"), "Read"))
    await an.acl("k/e")

    assert (await an("GET", "k/e", BOB)).status == 403


async def test_v13_a_rule_without_its_type_counts_for_nothing(an: Asking) -> None:  # WAC-12
    await _document(an)
    await an.acl("d.ttl", f"[] {B}; {here('d.ttl')}; acl:mode acl:Read .")

    assert (await an("GET", "d.ttl", BOB)).status == 403


async def test_v14_authenticated_agents_are_those_with_a_webid(an: Asking) -> None:  # WAC-16
    await _document(an)
    await an.acl("d.ttl", rule(SIGNED_IN, here("d.ttl"), "Read Append"))

    seen = await an("GET", "d.ttl", BOB)

    assert (await an("GET", "d.ttl")).status == 401
    assert seen.headers["WAC-Allow"] == 'user="read append",public=""'


async def test_v15_user_always_includes_public(an: Asking) -> None:  # WAC-33
    await _document(an)
    await an.acl("d.ttl", rule(PUBLIC, here("d.ttl"), "Read"))

    values = [(await an("GET", "d.ttl", who)).headers["WAC-Allow"] for who in (ANYONE, BOB, AN)]

    assert values == [
        'user="read",public="read"',
        'user="read",public="read"',
        'user="read write append control",public="read"',
    ]


async def test_v16_leaving_a_group_is_seen_by_the_very_next_request(an: Asking) -> None:  # WAC-18
    group = f"<{ROOT}team#us>"
    member = f"{group} <http://www.w3.org/2006/vcard/ns#hasMember> <{BOB.webid}> ."
    await _document(an)
    await an("PUT", "team", AN, member, "text/turtle")
    await an.acl("d.ttl", rule(f"acl:agentGroup {group}", here("d.ttl"), "Read"))

    assert (await an("GET", "d.ttl", BOB)).status == 200

    await an("PUT", "team", AN, "", "text/turtle")
    assert (await an("GET", "d.ttl", BOB)).status == 403


async def test_v17_a_missing_group_document_leaves_other_rules_alone(an: Asking) -> None:
    await _document(an)
    group = f"acl:agentGroup <{ROOT}nothing#here>"
    await an.acl("d.ttl", rule(group, here("d.ttl"), "Read"), rule(B, here("d.ttl"), "Read"))

    assert (await an("GET", "d.ttl", BOB)).status == 200


async def test_v18_a_client_condition_lets_in_that_client_alone(an: Asking) -> None:  # WAC-35
    await _document(an)
    condition = f"; acl:condition [ a acl:ClientCondition; acl:client <{BOB.client}> ]"
    await an.acl("d.ttl", rule(B, here("d.ttl"), "Read", condition))
    other = Who(webid=BOB.webid, client="https://other.example/id", issuer=BOB.issuer)

    assert (await an("GET", "d.ttl", BOB)).status == 200
    assert (await an("GET", "d.ttl", other)).status == 403


async def test_v19_an_origin_restricts_the_rule_that_carries_it(an: Asking) -> None:  # WAC-19
    await _document(an)
    more = "; acl:origin <https://app.gov.example>"
    await an.acl("d.ttl", rule(B, here("d.ttl"), "Read", more))

    def bob(origin: str | None) -> Who:
        return Who(webid=BOB.webid, client=BOB.client, origin=origin)

    assert (await an("GET", "d.ttl", bob("https://app.gov.example"))).status == 200
    assert (await an("GET", "d.ttl", bob("https://evil.example"))).status == 403
    assert (await an("GET", "d.ttl", bob(None))).status == 200


async def test_v20_an_acl_with_an_unknown_condition_is_not_kept(an: Asking) -> None:
    await _document(an)
    text = "@prefix acl: <http://www.w3.org/ns/auth/acl#> ." + rule(
        B, here("d.ttl"), "Read", "; acl:condition [ a <http://v/Moon> ]"
    )

    kept = await an("PUT", "d.ttl.acl", AN, text, "text/turtle")

    assert (kept.status, kept.problem) == (422, "unsupported-condition")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_v21_the_root_never_loses_its_control(an: Asking, method: str) -> None:
    # WAC-5, WAC-6, T-35; SP-70 for DELETE.
    body, media_type = "", "text/turtle"
    if method == "PATCH":
        body, media_type = "DELETE WHERE { ?s ?p ?o }", "application/sparql-update"

    refused = await an(method, ".acl", AN, body, media_type)

    assert refused.status == (405 if method == "DELETE" else 409)
    assert (await an("GET", ".acl", AN)).status == 200


async def test_v22_an_empty_acl_means_nobody_but_the_owner_may_mend_it(an: Asking) -> None:
    await _document(an)  # WAC-4, WAC-9, WAC-24
    assert (await an("PUT", "d.ttl.acl", AN, "", "text/turtle")).status == 201

    assert (await an("GET", "d.ttl", AN)).status == 403
    assert (await an("GET", "d.ttl.acl", AN)).status == 200


async def test_v23_a_private_name_answers_the_same_whether_it_exists(an: Asking) -> None:
    await _document(an)  # A10, T-33
    for method, body, media_type in [
        ("GET", None, None),
        ("PUT", "x", "text/plain"),
        ("PATCH", ADD + " .", "text/n3"),
        ("DELETE", None, None),
        ("POST", "x", "text/plain"),
    ]:
        for who in (ANYONE, BOB):
            there = await an(method, "d.ttl", who, body, media_type)
            absent = await an(method, "e.ttl", who, body, media_type)
            assert there == absent
            assert there.status == (401 if who is ANYONE else 403)


async def test_control_for_everyone_is_not_kept(an: Asking) -> None:
    text = (
        "@prefix acl: <http://www.w3.org/ns/auth/acl#> ."
        "@prefix foaf: <http://xmlns.com/foaf/0.1/> ."
    )
    await _document(an)
    for subject in (PUBLIC, SIGNED_IN):
        refused = await an(
            "PUT", "d.ttl.acl", AN, text + rule(subject, here("d.ttl"), "Control"), "text/turtle"
        )
        assert (refused.status, refused.problem) == (409, "open-control")


@pytest.mark.parametrize("subject", [PUBLIC, SIGNED_IN])
def test_the_operator_may_let_control_be_for_everyone(subject: str) -> None:
    """wac.md §9: the switch; the root still keeps somebody in control (WAC-6)."""
    text = (
        "@prefix acl: <http://www.w3.org/ns/auth/acl#> ."
        "@prefix foaf: <http://xmlns.com/foaf/0.1/> ." + rule(subject, here("d.ttl"), "Control")
    ).encode()
    acl = Iri(f"{ROOT}d.ttl.acl")

    with pytest.raises(Clash, match="rewrite this ACL"):
        check_acl(acl, "text/turtle", text)
    (kept,) = check_acl(acl, "text/turtle", text, open_control=True)

    assert Mode.CONTROL in kept.modes
    with pytest.raises(Clash, match="nobody in control"):
        check_acl(Iri(f"{ROOT}.acl"), "text/turtle", b"", open_control=True)


def test_a_literal_that_spells_a_webid_makes_nobody_a_member() -> None:
    """WAC-13, WAC-18."""
    has_member = "http://www.w3.org/2006/vcard/ns#hasMember"
    body = f'<#g> <{has_member}> "{BOB.webid}", <{ROOT}x#me> .'.encode()
    iri = Iri(f"{ROOT}groups.ttl")
    document = Resource(iri, iri, "text/turtle", body, None, len(body), "", 1, 1)

    assert members_of(document, f"{iri}#g") == {f"{ROOT}x#me"}


@pytest.mark.parametrize("size", [100, LARGEST_KEPT + 100])
def test_large_rules_are_read_as_small_ones_are(size: int) -> None:
    text = "@prefix acl: <http://www.w3.org/ns/auth/acl#> . " + rule(B, here("d.ttl"), "Read")
    body = (text + f"\n# {'x' * size}").encode()

    (kept,) = read_rules(Iri(f"{ROOT}d.ttl.acl"), "text/turtle", body)

    assert kept.modes == Mode.READ


async def test_an_acl_is_rdf_and_parses_before_it_is_kept(an: Asking) -> None:
    await _document(an)

    assert (await an("PUT", "d.ttl.acl", AN, "x", "text/plain")).status == 415
    assert (await an("PUT", "d.ttl.acl", AN, "<a> <b", "text/turtle")).status == 400
    assert (await an("GET", "d.ttl.acl", AN)).status == 404


async def test_an_acl_before_its_resource_protects_it_and_can_be_deleted(an: Asking) -> None:
    await an.acl("later.ttl", rule(B, here("later.ttl"), "Read"))  # WAC-26, SP-75, A11

    assert (await an("GET", "later.ttl", BOB)).status == 404
    assert (await an("DELETE", "later.ttl.acl", AN)).status == 204
    assert (await an("GET", "later.ttl", BOB)).status == 403
