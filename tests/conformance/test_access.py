# SPDX-License-Identifier: EUPL-1.2
"""Web Access Control, clause by clause, on the real operations."""

import re

import pytest

from acl.rules import CONDITIONS
from identity.who import ANYONE, Who
from pod import rdf
from pod.database import Tx
from pod.vocab import ACL
from tests.people import AN, BOB, ROOT, Asking, rule

TURTLE = "text/turtle"
B = f"acl:agent <{BOB.webid}>"
HERE = f"acl:accessTo <{ROOT}d>"
INSERT = "INSERT DATA { <#n> <#p> 1 }"


@pytest.fixture
async def doc(an: Asking) -> Asking:
    assert (await an("PUT", "d", AN, "<#a> <#p> 1 .", TURTLE)).status == 201
    return an


async def _get(an: Asking, path: str, who: Who = BOB) -> int:
    return (await an("GET", path, who)).status


async def test_the_link_leads_to_the_acl_that_counts(doc: Asking) -> None:  # WAC-1, WAC-2, SP-38
    for path in ("d", "", "later"):
        headers = (await doc("GET", path, AN)).headers
        (where,) = re.findall(r'<([^>]*)>; rel="acl"', headers["Link"])
        here = f"acl:accessTo <{ROOT}{path}>"
        await doc.acl(where[len(ROOT) :].removesuffix(".acl"), rule(B, here, "Read"))

        assert await _get(doc, path) == (404 if path == "later" else 200)


async def test_an_acl_is_read_in_both_forms_by_get_and_head(doc: Asking) -> None:  # WAC-3
    await doc.acl("d")
    for media_type in (TURTLE, rdf.JSON_LD):
        get = await doc("GET", "d.acl", AN, accept=media_type)
        head = await doc("HEAD", "d.acl", AN, accept=media_type)
        assert (get.status, head.status) == (200, 200)
        assert get.headers == head.headers
        said = rdf.parse(get.body, media_type, ROOT + "d.acl").triples
        assert any(t.predicate.value == ACL + "mode" for t in said)


async def test_an_acl_may_be_json_ld_and_be_patched(doc: Asking) -> None:  # SP-42, WAC-8
    owner = f'{{"@id": "#o", "@type": "{ACL}Authorization", "{ACL}accessTo": {{"@id": "{ROOT}d"}},'
    owner += f'"{ACL}agent": {{"@id": "{BOB.webid}"}}, "{ACL}mode": {{"@id": "{ACL}Read"}}}}'
    assert (await doc("PUT", "d.acl", AN, owner, rdf.JSON_LD)).status == 201
    assert await _get(doc, "d") == 200

    take = f"DELETE DATA {{ <#o> <{ACL}mode> <{ACL}Read> }}"
    assert (await doc("PATCH", "d.acl", BOB, take, "application/sparql-update")).status == 403
    assert (await doc("PATCH", "d.acl", AN, take, "application/sparql-update")).status == 204
    assert await _get(doc, "d") == 403


async def test_an_acl_tells_which_conditions_count(doc: Asking) -> None:  # WAC-7
    await doc.acl("d")
    for path in ("d.acl", ".acl"):
        for method in ("GET", "HEAD"):
            link = (await doc(method, path, AN)).headers["Link"]
            named = re.findall(r'<([^>]*)>; rel="([^"]*#condition)"', link)
            assert sorted(named) == [(kind, ACL + "condition") for kind in sorted(CONDITIONS)]
    assert "#condition" not in (await doc("GET", "d", AN)).headers["Link"]


ALMOST_BOB = [
    pytest.param(f"acl:agent '{BOB.webid}'", id="WAC-13 a literal"),
    pytest.param(f"acl:agent <{BOB.webid}/>", id="WAC-13 a slash more"),
    pytest.param("acl:agent <HTTPS://ambt.example/id#b>", id="WAC-13 the scheme's case"),
    pytest.param("acl:agent <https://ambt.example:443/id#b>", id="WAC-13 the port"),
]


@pytest.mark.parametrize(
    "subject",
    [
        *ALMOST_BOB,
        pytest.param("acl:agent <https://ambt.example/id>", id="WAC-17 the document"),
        pytest.param("acl:agent <mailto:b@ambt.example>", id="WAC-17 a mail address"),
        pytest.param("acl:agentClass <http://e/Clerks>", id="WAC-16 another class"),
        pytest.param(f"acl:agentClass <{BOB.webid}>", id="WAC-16 an agent as class"),
        pytest.param(f"acl:agentGroup <{ROOT}d#us>", id="WAC-18 no group document"),
        pytest.param(f"acl:delegates <{BOB.webid}>", id="WAC-21 delegates"),
        pytest.param(f"acl:owner <{BOB.webid}>", id="WAC-12 another property"),
        pytest.param("acl:origin <https://app.example>", id="WAC-19 an origin alone"),
    ],
)
async def test_a_subject_that_is_not_bob_lets_bob_not_in(an: Asking, subject: str) -> None:
    await an("PUT", "d", AN, "x", "text/plain")  # WAC-12, WAC-13, WAC-16, WAC-17, WAC-21
    await an.acl("d", rule(B, HERE, "Read"))
    assert await _get(an, "d") == 200

    await an.acl("d", rule(subject, HERE, "Read"))

    origin = Who(webid=BOB.webid, client=BOB.client, origin="https://app.example")
    assert await _get(an, "d", origin) == 403
    assert await _get(an, "d", ANYONE) == 401


@pytest.mark.parametrize("subject", ["[]", "_:b", "<#rule>", "<https://elsewhere.example/r>"])
async def test_a_rule_may_have_any_name_or_none(doc: Asking, subject: str) -> None:  # WAC-13
    await doc.acl("d", rule(B, HERE, "Read").replace("[]", subject, 1))

    assert await _get(doc, "d") == 200


async def test_relative_iris_of_an_acl_are_meant_against_the_acl(an: Asking) -> None:  # WAC-13
    await an("PUT", "k/d", AN, "x", "text/plain")
    await an.acl("k/", rule(B, "acl:accessTo <./>", "Read"), rule(B, "acl:default <.>", "Append"))

    assert await _get(an, "k/") == 200
    assert (await an("POST", "k/", BOB, "x", "text/plain")).status == 403


@pytest.mark.parametrize("mode", ["<http://e/Everything>", "acl:Search", "'Read'", "acl:read"])
async def test_a_mode_that_is_none_opens_nothing(doc: Asking, mode: str) -> None:  # WAC-15
    await doc.acl("d", f"[] a acl:Authorization; {B}; {HERE}; acl:mode {mode} .")
    assert await _get(doc, "d") == 403

    await doc.acl("d", f"[] a acl:Authorization; {B}; {HERE}; acl:mode {mode}, acl:Read .")
    assert await _get(doc, "d") == 200
    assert (await doc("PUT", "d", BOB, "", TURTLE)).status == 403


@pytest.mark.parametrize("part", ["a acl:Authorization", B, HERE, "acl:mode acl:Read"])
async def test_a_rule_that_lacks_a_part_counts_for_nothing(doc: Asking, part: str) -> None:
    whole = f"<#r> a acl:Authorization; {B}; {HERE}; acl:mode acl:Read ."  # WAC-12
    await doc.acl("d", whole)
    assert await _get(doc, "d") == 200

    await doc.acl("d", whole.replace(part, "acl:note 'gone'", 1))

    assert await _get(doc, "d") == 403


async def test_obsolete_words_are_not_looked_at(an: Asking) -> None:  # WAC-20, WAC-21
    await an("PUT", "k/d", AN, f"<> a <http://e/Kind> ; <{ACL}owner> <{BOB.webid}> .", TURTLE)
    mode = "acl:mode acl:Read"
    for words in (
        f"acl:defaultForNew <{ROOT}k/>",
        "acl:accessToClass <http://e/Kind>",
        "acl:accessToClass acl:Access",
    ):
        await an.acl("k/", f"[] a acl:Authorization; {B}; {words}; {mode} .")
        assert [await _get(an, "k/d"), await _get(an, "k/")] == [403, 403], words


async def test_what_a_profile_trusts_gives_nothing(an: Asking) -> None:  # WAC-21
    app = f"[ acl:origin <https://app.example>; acl:mode acl:Read ]; acl:delegates <{BOB.webid}>"
    card = f"@prefix acl: <{ACL}> . <#me> acl:trustedApp {app} ."
    assert (await an("PUT", "profile/card", AN, card, TURTLE)).status == 201
    await an("PUT", "d", AN, "x", "text/plain")

    assert await _get(an, "d", Who(webid=BOB.webid, origin="https://app.example")) == 403


async def test_own_acls_speak_by_access_to_and_inherited_by_default(an: Asking) -> None:
    await an("PUT", "k/s/d", AN, "x", "text/plain")  # WAC-10, WAC-11, WAC-23
    paths = ("k/", "k/s/", "k/s/d", "k/none")

    async def seen() -> list[int]:
        return [await _get(an, path) for path in paths]

    await an.acl("k/", rule(B, f"acl:accessTo <{ROOT}k/>", "Read"))
    assert await seen() == [200, 403, 403, 403]
    await an.acl("k/", rule(B, f"acl:default <{ROOT}k/>", "Read"))
    assert await seen() == [403, 200, 200, 404]
    await an.acl("k/", rule(B, f"acl:default <{ROOT}k/s/>; acl:accessTo <{ROOT}k/s/d>", "Read"))
    assert await seen() == [403, 403, 403, 403]
    await an.acl("k/s/d", rule(B, f"acl:default <{ROOT}k/s/d>", "Read"))
    assert await seen() == [403, 403, 403, 403]


async def test_the_nearest_acl_speaks_even_when_it_says_nothing(an: Asking) -> None:
    await an("PUT", "k/s/d", AN, "x", "text/plain")  # WAC-22, WAC-24, WAC-4
    await an.acl("", rule(B, f"acl:default <{ROOT}>", "Read"))
    assert await _get(an, "k/s/d") == 200

    await an("PUT", "k/.acl", AN, "", TURTLE)
    assert [await _get(an, p, w) for p in ("k/", "k/s/d") for w in (BOB, AN)] == [403] * 4

    assert (await an("DELETE", "k/.acl", AN)).status == 204
    assert await _get(an, "k/s/d") == 200
    assert (await an("GET", "k/.acl", AN)).status == 404


async def test_a_pod_without_any_acl_denies_everything(doc: Asking) -> None:  # WAC-25, WAC-9
    await doc.house.db.write(ROOT, _lose_acls)

    for method in ("GET", "PUT", "DELETE"):
        for who in (AN, BOB):
            assert (await doc(method, "d", who, "x", "text/plain")).status == 403
    assert await _get(doc, "d", ANYONE) == 401
    # The owner's way back: the ACL itself is hers.
    assert await _get(doc, "d.acl", AN) == 404
    await doc.acl("")
    assert await _get(doc, "d", AN) == 200


async def _lose_acls(tx: Tx) -> None:
    await tx.run("DELETE FROM resource WHERE iri LIKE '%.acl'")


async def test_an_acl_that_no_longer_parses_denies(doc: Asking) -> None:  # WAC-25, WAC-24
    await doc.acl("d", rule(B, HERE, "Read"))
    await doc.acl("", rule(B, f"acl:default <{ROOT}>", "Read"))
    await doc.house.db.write(ROOT, _break_acl)

    assert [await _get(doc, "d", who) for who in (BOB, AN)] == [403, 403]


async def _break_acl(tx: Tx) -> None:
    await tx.run("UPDATE resource SET body = :b WHERE iri = :iri", b=b"<#a> <", iri=ROOT + "d.acl")


async def test_rules_only_add(doc: Asking) -> None:  # WAC-27
    assert await _get(doc, "d") == 403
    await doc.acl("d", rule(B, HERE, "Append"), rule(B, HERE, "Read"), rule(B, HERE, "Append"))

    assert (await doc("GET", "d", BOB)).headers["WAC-Allow"] == 'user="read append",public=""'

    narrower = rule(B, HERE, "Read", "; acl:condition [ a acl:ClientCondition ]")
    await doc.acl("d", rule(B, HERE, "Read"), narrower, rule("acl:agentClass <x>", HERE, "Read"))
    assert await _get(doc, "d") == 200


async def test_one_operation_may_lean_on_several_rules(doc: Asking) -> None:  # WAC-28
    away = "DELETE DATA { <#a> <#p> 1 }"
    everyone = rule("acl:agentClass foaf:Agent", HERE, "Read")
    await doc.acl("d", rule(B, HERE, "Write"))
    assert (await doc("PATCH", "d", BOB, away, "application/sparql-update")).status == 403

    await doc.acl("d", rule(B, HERE, "Write"), everyone)

    assert (await doc("PATCH", "d", BOB, away, "application/sparql-update")).status == 204


@pytest.mark.parametrize("modes", ["Append", "Write", "Control", "Append Write Control"])
async def test_reading_needs_read(an: Asking, modes: str) -> None:  # WAC-29, WAC-14
    await an("PUT", "k/d", AN, "secret", "text/plain")
    both = f"acl:accessTo <{ROOT}k/>; acl:default <{ROOT}k/>"
    await an.acl("k/", rule(B, both, modes))

    for path in ("k/d", "k/", "k/none"):
        for method in ("GET", "HEAD"):
            assert (await an(method, path, BOB)).status == 403
    for accept in rdf.OFFERED:
        assert (await an("GET", "k/", BOB, accept=accept)).status == 403

    await an.acl("k/", rule(B, both, "Read"))
    assert await _get(an, "k/d") == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_creating_needs_append_on_the_name_and_on_its_container(
    an: Asking, method: str
) -> None:  # WAC-30, WAC-34
    await an("PUT", "k/", AN)
    body, media_type = ("x", TURTLE) if method == "PUT" else (INSERT, "application/sparql-update")
    body = "" if method == "PUT" else body
    here, below = f"acl:accessTo <{ROOT}k/>", f"acl:default <{ROOT}k/>"

    async def made(path: str, *rules: str) -> int:
        await an.acl("k/", *rules)
        return (await an(method, path, BOB, body, media_type)).status

    assert await made("k/a", rule(B, here, "Append Write Read")) == 403
    assert await made("k/a", rule(B, below, "Append Write Read")) == 403
    assert await made("k/a", rule(B, here, "Read"), rule(B, below, "Append")) == 403
    assert await made("k/a", rule(B, here, "Append"), rule(B, below, "Append")) == 201
    assert await made("k/s/b", rule(B, here, "Append"), rule(B, below, "Append")) == 201
    await an.acl("k/s/")
    assert await made("k/s/c", rule(B, here, "Append"), rule(B, below, "Append")) == 403
    assert await made("k/s/t/c", rule(B, here, "Append"), rule(B, below, "Append")) == 403


@pytest.mark.parametrize(
    ("modes", "put", "insert", "delete"),
    [
        ("Read", 403, 403, 403),
        ("Append", 403, 204, 403),
        ("Write", 204, 204, 403),
        ("Read Append", 403, 204, 403),
        ("Read Write", 204, 204, 204),
        ("Control", 403, 403, 403),
    ],
)
async def test_changing_needs_as_much_as_it_takes_away(
    doc: Asking, modes: str, put: int, insert: int, delete: int
) -> None:  # WAC-31, WAC-14
    await doc.acl("d", rule(B, HERE, modes))
    sparql = "application/sparql-update"

    assert (await doc("PATCH", "d", BOB, INSERT, sparql)).status == insert
    away = "DELETE DATA { <#a> <#p> 1 }"
    assert (await doc("PATCH", "d", BOB, away, sparql)).status == delete
    assert (await doc("PUT", "d", BOB, "<#a> <#p> 1 .", TURTLE)).status == put


@pytest.mark.parametrize("issuer", [BOB.issuer, "https://other.example/"])
@pytest.mark.parametrize("client", [BOB.client, "https://other.example/app"])
async def test_webid_client_and_issuer_all_count(
    doc: Asking, client: str | None, issuer: str | None
) -> None:  # SP-83, WAC-35
    both = (
        f"; acl:condition [ a acl:ClientCondition; acl:client <{BOB.client}> ],"
        f" [ a acl:IssuerCondition; acl:issuer <{BOB.issuer}> ]"
    )
    await doc.acl("d", rule(B, HERE, "Read", both))

    wanted = 200 if (client, issuer) == (BOB.client, BOB.issuer) else 403
    assert await _get(doc, "d", Who(webid=BOB.webid, client=client, issuer=issuer)) == wanted
    other = Who(webid="https://ambt.example/id#c", client=client, issuer=issuer)
    assert await _get(doc, "d", other) == 403
    assert await _get(doc, "d", Who(webid=BOB.webid)) == 403


async def test_no_answer_to_a_writer_shows_what_is_there(an: Asking) -> None:  # WAC-36
    await an("PUT", "k/secret", AN, "<#a> <#p> 'SECRET' .", TURTLE)
    both = f"acl:accessTo <{ROOT}k/>; acl:default <{ROOT}k/>"
    await an.acl("k/", rule(B, both, "Append Write"))

    sparql, n3 = "application/sparql-update", "text/n3"
    patch = "_:p a <http://www.w3.org/ns/solid/terms#InsertDeletePatch>;"
    guess = patch + " <http://www.w3.org/ns/solid/terms#where> { <#a> <#p> 'SECRET' } ."
    for held in ("'SECRET'", "'wrong'"):
        tried = await an("PATCH", "k/secret", BOB, f"DELETE DATA {{ <#a> <#p> {held} }}", sparql)
        assert tried.status == 403
    assert (await an("PATCH", "k/secret", BOB, guess, n3)).status == 403
    added = await an("PATCH", "k/secret", BOB, "INSERT DATA { <#a> <#p> 1 }", sparql)
    assert (added.status, added.body) == (204, b"")


async def test_a_condition_of_two_kinds_must_hold_in_both(doc: Asking) -> None:  # WAC-35
    kinds = "; acl:condition [ a acl:ClientCondition, {second}; acl:client <{app}>;"
    kinds += " acl:issuer <https://other.example/> ]"
    moon = rule(B, HERE, "Read", kinds.format(second="<http://e/Moon>", app=BOB.client))
    text = f"@prefix acl: <{ACL}> . {moon}"
    refused = await doc("PUT", "d.acl", AN, text, TURTLE)
    assert (refused.status, refused.problem) == (422, "unsupported-condition")

    both = rule(B, HERE, "Read", kinds.format(second="acl:IssuerCondition", app=BOB.client))
    await doc.acl("d", both)

    assert await _get(doc, "d") == 403
    other = Who(webid=BOB.webid, client=BOB.client, issuer="https://other.example/")
    assert await _get(doc, "d", other) == 200


async def test_a_rule_for_everyone_from_one_origin_is_not_for_another(doc: Asking) -> None:
    more = "; acl:origin <https://app.gov.example>"  # WAC-19
    await doc.acl("d", rule("acl:agentClass foaf:Agent", HERE, "Read", more))

    for webid in (None, BOB.webid):
        statuses = [
            await _get(doc, "d", Who(webid=webid, origin=origin))
            for origin in (None, "https://app.gov.example", "https://evil.example")
        ]
        assert statuses == [200, 200, 403 if webid else 401]


async def test_any_client_is_still_some_client(doc: Asking) -> None:  # WAC-35
    condition = "; acl:condition [ a acl:ClientCondition; acl:clientClass foaf:Agent ]"
    await doc.acl("d", rule("acl:agentClass foaf:Agent", HERE, "Read", condition))

    assert await _get(doc, "d", Who(webid=BOB.webid, client="https://any.example/id")) == 200
    assert await _get(doc, "d", Who(webid=BOB.webid)) == 403
    assert await _get(doc, "d", ANYONE) == 401
