# SPDX-License-Identifier: EUPL-1.2
"""What only the wire shows: HTTP itself, CORS, tokens, the first things in a new pod."""

import asyncio
import re
from collections.abc import AsyncIterator

import orjson
import pytest
import pytest_asyncio

from commands.answer import Answer, Json
from commands.client import log_in, open_account
from identity.cors import EXPOSED
from pod import rdf
from pod.vocab import ACL, FOAF, LDP, PIM, SOLID
from tests.stories.town import Town, a_town

APP = "https://app.example"
TURTLE = "text/turtle"
NAMED = """
Accept-Patch Accept-Post Accept-Put Accept-Ranges Allow Content-Length Content-Range DPoP-Nonce ETag
Kluis-Grant Kluis-Log Last-Modified Link Location MS-Author-Via Preference-Applied Retry-After
Updates-Via Vary WAC-Allow WWW-Authenticate
"""
METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with a_town(tmp_path_factory.mktemp("conformance")) as town:
        yield town


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _raw(town: Town, *requests: str) -> bytes:
    """Requests on one connection, as they are; everything that came back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", town.place.port)
    for text in requests:
        lines = text.replace("{host}", f"localhost:{town.place.port}").split("\n")
        writer.write("\r\n".join([*lines, "", ""]).encode())
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


async def test_the_origin_names_its_issuer_to_programs_elsewhere(town: Town) -> None:  # SP-25
    for accept in ("text/turtle", "application/ld+json", "application/json"):
        headers = {"Accept": accept, "Origin": APP}
        answer = await town.web.ask("GET", ".well-known/solid", headers=headers)

        assert (answer.status, answer.header("Content-Type").split(";")[0]) == (200, accept)
        assert answer.header("Access-Control-Allow-Origin") == APP
        assert answer.header("Access-Control-Allow-Credentials") == "true"
        kind = rdf.JSON_LD if accept == "application/json" else accept
        (said,) = rdf.parse(answer.body, kind, town.web.base).triples
        assert said.predicate.value == SOLID + "oidcIssuer"
        assert str(said.object) == f"<{town.web.base}>"
    assert (await town.web.ask("PUT", ".well-known/solid", body=b"x")).status == 405


async def test_one_connection_carries_requests_in_their_order(town: Town) -> None:  # SP-1
    answer = await _raw(
        town,
        "HEAD /an/none HTTP/1.1\nHost: {host}",
        "GET /an/.well-known/solid HTTP/1.1\nHost: {host}\nAccept: text/turtle",
        "GET /an/ HTTP/1.1\nHost: {host}\nConnection: close",
    )

    assert re.findall(rb"HTTP/1\.1 (\d\d\d) ", answer) == [b"401", b"200", b"401"]
    assert answer.lower().count(b"\r\ndate: ") == 3
    head = answer[: answer.index(b"HTTP/1.1 200")]
    assert head.endswith(b"\r\n\r\n")  # HEAD has headers alone


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ("GET /an/ HTTP/1.1\nConnection: close", b"4"),
        ("GET /an/ HTTP/1.1\nHost: {host}\nHost: {host}\nConnection: close", b"4"),
        ("GET /an/\x01 HTTP/1.1\nHost: {host}\nConnection: close", b"4"),
        ("CONNECT {host} HTTP/1.1\nHost: {host}\nConnection: close", b"4"),
        ("TRACE /an/ HTTP/1.1\nHost: {host}\nConnection: close", b"405"),
    ],
    ids=["no host", "two hosts", "control", "connect", "trace"],
)
async def test_malformed_and_unknown_requests_are_refused(
    town: Town, request_: str, status: bytes
) -> None:  # SP-1, SP-11
    answer = await _raw(town, request_)

    assert answer.split(b" ", 2)[1].startswith(status), answer[:300]


async def _outcomes(town: Town, **headers: str) -> list[Answer]:
    """Each kind of success and of refusal, once."""
    pod, slip, login = town.an.pod, town.slip, town.login
    turtle = {"Content-Type": TURTLE, **headers}
    ask = town.web.ask
    return [
        await ask("GET", slip, login=login, headers=headers),
        await ask("GET", pod, login=login, headers=headers),
        await ask("PUT", pod + "new", login=login, headers=turtle, body=b"<#a> <#b> 1 ."),
        await ask("PUT", pod + "new", login=login, headers=turtle, body=b"<#a> <#b> 2 ."),
        await ask("POST", pod, login=login, headers=turtle, body=b"<#a> <#b> 1 ."),
        await ask("DELETE", pod + "new", login=login, headers=headers),
        await ask("PUT", pod + "bad", login=login, headers=turtle, body=b"<#a> <#b>"),
        await ask("GET", slip, headers=headers),
        await ask("GET", slip, login=town.agency.login, headers=headers),
        await ask("GET", pod + "none", login=login, headers=headers),
        await ask("POST", slip, login=login, headers=turtle, body=b"<#a> <#b> 1 ."),
        await ask("GET", slip, login=login, headers={**headers, "Accept": "text/html"}),
        await ask("PUT", pod, login=login, headers=turtle, body=b" "),
        await ask("PUT", slip, login=login, headers={**turtle, "If-None-Match": "*"}, body=b" "),
        await ask("PATCH", slip, login=login, headers=turtle, body=b"<#a> <#b> 1 ."),
        await ask("GET", pod + "%00", login=login, headers=headers),
    ]


STATUSES = [200, 200, 201, 204, 201, 204, 400, 401, 403, 404, 405, 406, 409, 412, 415, 400]


async def test_whatever_has_content_says_what_it_is(town: Town) -> None:  # SP-7, SP-6
    answers = await _outcomes(town)

    assert [answer.status for answer in answers] == STATUSES
    for answer in answers:
        assert bool(answer.body) == bool(answer.header("Content-Type")), answer.in_words()
        assert bool(answer.header("WWW-Authenticate")) == (answer.status == 401)
        if answer.status >= 400:
            assert answer.media_type == "application/problem+json"


async def test_every_outcome_carries_cors_and_cors_changes_none(town: Town) -> None:
    plain = [answer.status for answer in await _outcomes(town)]  # SP-60, SP-61, SP-67, SP-62

    for origin in (APP, "null", "http://localhost:1", "nonsense"):
        answers = await _outcomes(town, Origin=origin)
        assert [answer.status for answer in answers] == plain
        for answer in answers:
            assert answer.header("Access-Control-Allow-Origin") == origin
            assert "Origin" in answer.header("Vary")
            assert "*" not in answer.header("Access-Control-Expose-Headers")
            assert "Accept" in answer.header("Access-Control-Allow-Headers")
            sent = {name.decode().lower() for name, _ in answer.raw_headers}
            exposed = {name.strip().lower() for name in EXPOSED.split(",")}
            needed = {"wac-allow", "link", "etag", "location", "allow", "accept-patch"}
            assert sent & needed <= exposed


async def test_all_headers_of_ours_are_exposed_and_the_preflight_lasts(town: Town) -> None:
    # SP-66, SP-62, SP-64
    got = await town.web.get(town.slip, town.login, accept="*/*", Origin=APP)
    asked = {"Origin": APP, "Access-Control-Request-Method": "DELETE"}
    flight = await town.web.ask("OPTIONS", town.slip, headers=asked)

    for answer in (got, flight):
        exposed = {n.strip() for n in answer.header("Access-Control-Expose-Headers").split(",")}
        assert set(NAMED.split()) <= exposed
    assert 600 <= int(flight.header("Access-Control-Max-Age")) <= 7200
    assert "Accept" in flight.header("Access-Control-Allow-Headers").split(", ")
    for method in METHODS:
        assert method in flight.header("Access-Control-Allow-Methods")


async def test_pods_lie_beside_one_another_and_never_inside(town: Town) -> None:  # SP-20
    web = town.web
    newcomer = await open_account(web, "eva@example.org", "a long enough password 7", "eva")
    assert newcomer.pod == web.base + "eva/"

    created = await web.post(".account/account/", {})
    session = f"CSS-Account-Token {orjson.loads(created.body)['authorization']}"
    controls = (await web.get(".account/", Authorization=session)).json
    assert isinstance(controls, dict)
    known = orjson.loads(orjson.dumps(controls))["controls"]
    # Without a way to sign in, this account could make no pod under any name.
    word: Json = {"email": "eve@example.org", "password": "a long enough password 8"}
    added = await web.post(known["password"]["create"], word, Authorization=session)
    assert added.status == 200
    where = known["account"]["pod"]
    for name in ("eva/in", "eva%2Fin", "../x", "", ".", "an", "eva", "-", ".x", "EVA"):
        answer = await web.post(where, {"name": name}, Authorization=session)
        assert 400 <= answer.status < 500, name
        assert b"pod name" in answer.body or b"pod by this name" in answer.body, answer.body
    good = await web.post(where, {"name": "eve"}, Authorization=session)
    assert good.status in (200, 201), good.body

    login = await log_in(web, newcomer.credentials, "webid")
    made = await web.put(newcomer.pod + "in/", login, TURTLE, b" ")
    assert made.status == 201
    inner = await web.ask("HEAD", newcomer.pod + "in/", login=login)
    assert f"<{PIM}Storage>" not in inner.header("Link")


async def test_a_new_pod_has_an_owner_who_controls_it(town: Town) -> None:  # SP-26, WAC-5, WAC-6
    acl = await town.web.get(town.an.pod + ".acl", town.login, accept=rdf.N_TRIPLES)
    said = {str(t.object) for t in rdf.parse(acl.body, rdf.N_TRIPLES, acl.url).triples}
    assert {f"<{town.an.web_id}>", f"<{ACL}Control>"} <= said

    nobody = f"<#x> a <{ACL}Authorization> ; <{ACL}mode> <{ACL}Control> ;"
    for rest in (
        f"<{ACL}agentClass> <{FOAF}Agent> ; <{ACL}accessTo> <./> .",
        f"<{ACL}agent> <{town.an.web_id}> ; <{ACL}default> <./> .",
        f"<{ACL}agentGroup> <team#us> ; <{ACL}accessTo> <./> .",
        "",
    ):
        text = (nobody + rest if rest else "").encode()
        refused = await town.web.put(town.an.pod + ".acl", town.login, TURTLE, text)
        assert refused.status == 409
        assert "constrainedBy" in refused.header("Link")
    assert (await town.web.get(town.an.pod, town.login, accept=TURTLE)).status == 200


async def test_a_constraint_leads_to_a_page_that_explains_it(town: Town) -> None:  # SP-77
    card = town.an.web_id.partition("#")[0]
    refusals = [
        await town.web.put(town.an.pod, town.login, TURTLE, b" "),
        await town.web.put(town.an.pod + ".acl", town.login, TURTLE, b""),
        await town.web.ask("DELETE", card, login=town.login),
        await town.web.put(town.an.pod + ".oidc/x", town.login, TURTLE, b""),
        await town.web.put(town.slip + "/x", town.login, TURTLE, b""),
        await town.web.ask("DELETE", town.slip.rpartition("/")[0] + "/", login=town.login),
    ]

    for refused in refusals:
        (where,) = re.findall(r'<([^>]*)>; rel="[^"]*ldp#constrainedBy"', refused.header("Link"))
        page = await town.web.get(where, accept="text/html")
        assert (refused.status, page.status) == (409, 200)
        assert b"<h1" in page.body
        assert refused.body


async def test_a_profile_has_its_shape_in_both_forms(town: Town) -> None:  # SP-28, SP-90
    for media_type in (TURTLE, rdf.JSON_LD):
        card = await town.web.get(town.an.web_id, accept=media_type)
        said = [
            (t.predicate.value, str(t.object))
            for t in rdf.parse(card.body, media_type, card.url).triples
            if str(t.subject) == f"<{town.an.web_id}>"
        ]
        assert said.count((PIM + "storage", f"<{town.an.pod}>")) == 1
        assert said.count((SOLID + "oidcIssuer", f"<{town.web.base}>")) == 1
        assert sum(p == LDP + "inbox" for p, _ in said) <= 1
        types = {value for p, value in said if p.endswith("#type")}
        assert types & {f"<{FOAF}Agent>", f"<{FOAF}Person>"}


async def test_a_profile_that_cannot_be_processed_is_422(town: Town) -> None:  # SP-93, SP-92
    card = town.an.web_id.partition("#")[0]
    before = (await town.web.get(card, accept="*/*")).body
    body = orjson.dumps({"@context": "https://unknown.example/c", "@id": "#me", "name": "An"})

    refused = await town.web.put(card, town.login, rdf.JSON_LD, body)

    assert (refused.status, refused.problem) == (422, "unknown-context")
    assert (await town.web.get(card, accept="*/*")).body == before


async def test_client_and_issuer_of_a_real_token_reach_the_decision(town: Town) -> None:
    agency, doc = town.agency, town.an.pod + "for-one-app"  # SP-83, WAC-35
    assert (await town.web.put(doc, town.login, TURTLE, b"")).status == 201

    async def seen(client: str, issuer: str) -> int:
        text = (
            f"@prefix acl: <{ACL}> . <#b> a acl:Authorization; acl:agentClass"
            f" acl:AuthenticatedAgent; acl:accessTo <{doc}>; acl:mode acl:Read; acl:condition"
            f" [ a acl:ClientCondition; {client} ], [ a acl:IssuerCondition; {issuer} ] ."
        )
        kept = await town.web.put(doc + ".acl", town.login, TURTLE, text.encode())
        assert kept.status in (201, 204)
        return (await town.web.get(doc, agency.login, accept="*/*")).status

    any_client, ours = f"acl:clientClass <{FOAF}Agent>", f"acl:issuer <{town.web.base}>"
    assert await seen(any_client, ours) == 200
    assert await seen(any_client, "acl:issuer <https://other.example/>") == 403
    assert await seen("acl:client <https://other.example/app>", ours) == 403
    assert (await town.web.get(doc, accept="*/*")).status == 401


async def test_a_browser_gets_no_page_in_place_of_data_that_programs_ask_for(town: Town) -> None:
    page = await town.web.get(town.slip, town.login, accept="text/html")  # A13

    assert (page.status, page.problem) == (406, "not-acceptable")
    assert "html" not in page.header("Content-Type")
