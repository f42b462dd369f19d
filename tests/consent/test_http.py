# SPDX-License-Identifier: EUPL-1.2
"""The consent API over HTTP, with callers named by a header in place of tokens."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import orjson
import pytest
import rdflib
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from consent.proof.verify import verify_log, verify_receipt
from consent.routes import routes
from identity.door import Door
from identity.who import ANYONE, Who
from pod import rdf

from .conftest import (
    AGENCY,
    AGENCY_WHO,
    AN_WHO,
    BANK_WHO,
    BASE,
    PURPOSE,
    SECRET,
    SLIPS,
    YOUSSEF_WHO,
    Village,
    a_request,
)
from .steps import approved, asked, granted

WHO: Mapping[str, Who] = {
    "an": AN_WHO,
    "an without scope": replace(AN_WHO, scopes=frozenset({"webid"})),
    "an by a foreign token": replace(AN_WHO, issuer="https://foreign.example/"),
    "youssef": YOUSSEF_WHO,
    "agency": AGENCY_WHO,
    "agency by an unknown app": replace(AGENCY_WHO, client="unknown"),
    "bank": BANK_WHO,
}
POD = f"{BASE}an/"


@dataclass
class Api:
    client: TestClient[web.Request, web.Application]
    village: Village

    async def call(
        self, method: str, path: str, who: str | None = None, **more: Any
    ) -> tuple[ClientResponse, Any]:
        headers = {"Host": "localhost:3000", **more.pop("headers", {})}
        if who is not None:
            headers["X-Who"] = who
        path = path.removeprefix(BASE[:-1])
        answer = await self.client.request(method, path, headers=headers, **more)
        body = await answer.read()
        json = answer.content_type.endswith("json") and "ndjson" not in answer.content_type
        return answer, orjson.loads(body) if json and body else body

    async def get(self, path: str, who: str | None = None, **more: Any) -> Any:
        answer, body = await self.call("GET", path, who, **more)
        assert answer.status == 200, body
        return body

    async def problem(self, method: str, path: str, who: str | None = None, **more: Any) -> Any:
        answer, body = await self.call(method, path, who, **more)
        assert answer.content_type == "application/problem+json"
        return answer.status, body["type"].rsplit("#", 1)[-1]


async def _identify(request: web.Request) -> Who:
    name = request.headers.get("X-Who")
    return ANYONE if name is None else WHO[name]


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    app = web.Application()
    app.add_routes(routes(village.house, Door(BASE, _identify), dev=True))
    async with TestClient(TestServer(app)) as client:
        yield Api(client, village)


async def test_the_whole_story(api: Api) -> None:
    answer, asked_ = await api.call("POST", "/.consent/requests", "agency", json=a_request())
    assert answer.status == 202
    assert answer.headers["Location"] == asked_["id"]
    assert asked_["state"] == "pending"
    [waiting] = (await api.get("/.consent/requests", "an"))["items"]
    assert waiting["id"] == asked_["id"]
    notice = await api.get(f"{asked_['id']}/notice?lang=en", "an")
    assert notice["sections"][0]["lines"][0] == "Example Childcare Agency (public body)"
    preview = await api.get(f"{asked_['id']}/preview", "an")
    assert [item["target"] for item in preview["items"]] == SLIPS[:2]
    assert SECRET not in orjson.dumps(preview).decode()
    assert "ACME" not in orjson.dumps(preview).decode()  # loon:naam was not asked for

    yes = {"noticeHash": notice["hash"], "lang": "en", "data": [{"target": SLIPS[0]}], "count": 2}
    answer, grant = await api.call("POST", f"{asked_['id']}/approve", "an", json=yes)

    assert answer.status == 201
    assert answer.headers["Location"] == grant["id"]
    assert [datum["target"] for datum in grant["data"]] == [SLIPS[0]]
    assert grant["count"] == 2
    seen = await api.get(asked_["id"], "agency")
    assert seen["state"] == "approved"
    assert seen["grant"] == grant["id"]
    assert await api.village.read(AGENCY_WHO, SLIPS[0]) == "allowed"
    assert await api.village.read(AGENCY_WHO, SLIPS[1]) == "target-not-granted"
    [shown] = (await api.get("/.consent/grants?state=active", "agency"))["items"]
    assert shown["uses"] == 1
    answer, stopped = await api.call("POST", f"{grant['id']}/withdraw", "an")
    assert answer.status == 200
    assert stopped["state"] == "withdrawn"
    assert stopped["stoppedAfterSeq"] == 1
    assert await api.village.read(AGENCY_WHO, SLIPS[0]) == "grant-withdrawn"
    assert [
        event["event"] for event in (await api.get(f"{grant['id']}/history", "an"))["items"]
    ] == [
        "create",
        "withdraw",
    ]


async def test_receipts_are_for_each_side_and_verify_with_the_published_keys(api: Api) -> None:
    grant = await granted(api.village)
    [mine] = (await api.get(grant["id"], "an"))["receipts"]
    [theirs] = (await api.get(grant["id"], "agency"))["receipts"]
    keys = await api.get("/.consent/keys")

    token = await api.get(mine, "an")

    receipt = verify_receipt(token, keys)
    other = verify_receipt(await api.get(theirs, "agency"), keys)
    assert receipt["id"] == mine != theirs
    assert receipt["hasRecordOfActivity"] == other["hasRecordOfActivity"]
    assert await api.problem("GET", theirs, "an") == (404, "not-found")
    assert await api.problem("GET", mine, "agency") == (404, "not-found")
    assert await api.problem("GET", mine, "youssef") == (404, "not-found")
    as_json = await api.get(mine, "an", headers={"Accept": "application/json"})
    assert as_json == {"payload": receipt, "jws": token.decode()}
    page, _ = await api.call("GET", mine, "an", headers={"Accept": "text/html"})
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("kind", ["application/ld+json", "text/turtle"])
async def test_a_grant_is_a_consent_record_in_rdf(api: Api, kind: str) -> None:
    # KC-1, domain.md §3.
    grant = await granted(api.village)

    _, body = await api.call("GET", grant["id"], "an", headers={"Accept": kind})

    raw = orjson.dumps(body) if isinstance(body, dict) else body
    graph = rdf.graph(rdf.parse(raw, kind, BASE))
    dpv = rdflib.Namespace("https://w3id.org/dpv#")
    name = rdflib.URIRef(grant["id"])
    assert (name, rdflib.RDF.type, dpv.ConsentRecord) in graph
    assert (name, dpv.hasDataSubject, rdflib.URIRef(AN_WHO.webid or "")) in graph
    assert {str(source) for source in graph.objects(None, dpv.hasDataSource)} == set(SLIPS[:2])
    odrl = rdflib.Namespace("http://www.w3.org/ns/odrl/2/")
    assert {str(target) for target in graph.objects(None, odrl.target)} == set(SLIPS[:2])


@pytest.mark.parametrize("path", ["purposes", "purposes/opvangtarief/1", "agencies/opvang"])
async def test_the_registry_is_public_in_three_forms(api: Api, path: str) -> None:
    document = await api.get(f"/.consent/{path}")
    for kind in ("application/ld+json", "text/turtle"):
        _, body = await api.call("GET", f"/.consent/{path}", headers={"Accept": kind})
        raw = orjson.dumps(body) if isinstance(body, dict) else body

        graph = rdf.graph(rdf.parse(raw, kind, BASE))

        name = document.get("id", PURPOSE)
        assert rdflib.URIRef(name) in set(graph.all_nodes())


async def test_the_registry_shows_published_purposes_only(api: Api) -> None:
    items = (await api.get("/.consent/purposes"))["items"]

    assert "ontwerp" not in {item["id"].split("/")[-2] for item in items}
    assert await api.problem("GET", "/.consent/purposes/ontwerp/1") == (404, "not-found")
    assert (await api.get("/.consent/agencies/opvang"))["id"] == AGENCY


@pytest.mark.parametrize(
    ("method", "path", "who", "status", "name"),
    [
        ("GET", "requests", None, 401, "not-signed-in"),
        ("POST", "requests", None, 401, "not-signed-in"),
        ("POST", "requests", "an", 403, "not-an-agency"),
        ("POST", "requests", "agency by an unknown app", 403, "not-an-agency"),
        ("GET", "requests", "an without scope", 403, "consent-scope-missing"),
        ("GET", "requests", "an by a foreign token", 403, "consent-scope-missing"),
        ("GET", "grants", "an without scope", 403, "consent-scope-missing"),
        ("GET", f"log?pod={POD}", "an without scope", 403, "consent-scope-missing"),
        ("GET", "log", "an", 400, "bad-parameter"),
        ("GET", "grants?limit=0", "an", 400, "bad-parameter"),
        ("GET", "grants?after=x", "an", 400, "bad-cursor"),
        ("GET", f"log/head?pod={POD}", "agency", 404, "not-found"),
        ("GET", "grants/nothing", "an", 404, "not-found"),
        ("GET", "nowhere", "an", 404, "not-found"),
        ("POST", "pause-all", "an without scope", 403, "consent-scope-missing"),
        ("GET", "grants", "an", 200, ""),
    ],
)
async def test_who_may_call_what(
    api: Api, method: str, path: str, who: str | None, status: int, name: str
) -> None:
    # KC-2, KC-4, KC-5.
    more = {"json": a_request()} if method == "POST" and path == "requests" else {}
    if status == 200:
        assert await api.get(f"/.consent/{path}", who) == {"items": []}
        return

    assert await api.problem(method, f"/.consent/{path}", who, **more) == (status, name)


async def test_what_is_somebody_elses_is_not_there(api: Api) -> None:
    # KC-4.
    name = await asked(api.village)
    grant = (await approved(api.village, name))["id"]

    for path in (name, f"{name}/notice", grant, f"{grant}/history"):
        for who in ("youssef", "bank", "agency by an unknown app"):
            answer, body = await api.call("GET", path, who)
            missing, same = await api.call("GET", f"{BASE}.consent/requests/nothing", who)
            assert answer.status == missing.status
            assert body["type"] == same["type"]
            assert body["detail"] == same["detail"]


async def test_the_wrong_side_is_told_so(api: Api) -> None:
    # KC-4: not-yours-to-decide.
    name = await asked(api.village)
    yes = {"noticeHash": "0" * 64, "lang": "nl"}
    wrong = (403, "not-yours-to-decide")

    assert await api.problem("POST", f"{name}/approve", "agency", json=yes) == wrong
    assert await api.problem("POST", f"{name}/refuse", "agency") == wrong
    grant = await approved(api.village, name)
    assert await api.problem("POST", f"{grant['id']}/withdraw", "agency") == wrong


async def test_the_same_key_gives_the_same_answer(api: Api) -> None:
    # KC-6.
    headers = {"Idempotency-Key": "once"}
    calls = [
        api.call("POST", "/.consent/requests", "agency", json=a_request(), headers=headers)
        for _ in range(5)
    ]

    answers = await asyncio.gather(*calls)

    assert {answer.status for answer, _ in answers} == {202}
    assert len({body["id"] for _, body in answers}) == 1
    assert len((await api.get("/.consent/requests", "agency"))["items"]) == 1
    other = a_request(count=1)
    refused = await api.problem("POST", "/.consent/requests", "agency", json=other, headers=headers)
    assert refused == (422, "idempotency-mismatch")


async def test_an_approval_repeated_with_its_key_is_one_grant(api: Api) -> None:
    name = await asked(api.village)
    notice = await api.get(f"{name}/notice", "an")
    yes = {"noticeHash": notice["hash"], "lang": "nl"}
    more: Any = {"json": yes, "headers": {"Idempotency-Key": "yes"}}

    first, grant = await api.call("POST", f"{name}/approve", "an", **more)
    second, again = await api.call("POST", f"{name}/approve", "an", **more)

    assert first.status == second.status == 201
    assert grant == again
    assert second.headers["Location"] == grant["id"]
    assert await api.problem("POST", f"{name}/approve", "an", json=yes) == (409, "wrong-state")


async def test_a_move_honours_if_match(api: Api) -> None:
    # KC-7: the tag does not change by reads of the agency.
    grant = await granted(api.village)
    answer, _ = await api.call("GET", grant["id"], "an")
    tag = answer.headers["ETag"]
    assert await api.village.read(AGENCY_WHO, SLIPS[0]) == "allowed"
    stale = {"If-Match": '"1.paused.s.j"'}

    path = f"{grant['id']}/withdraw"

    assert await api.problem("POST", path, "an", headers=stale) == (412, "stale")
    answer, _ = await api.call("POST", path, "an", headers={"If-Match": tag})
    assert answer.status == 200
    assert answer.headers["ETag"] != tag


async def test_an_unchanged_object_is_not_sent_again(api: Api) -> None:
    grant = await granted(api.village)
    answer, _ = await api.call("GET", grant["id"], "an")

    again, body = await api.call(
        "GET", grant["id"], "an", headers={"If-None-Match": answer.headers["ETag"]}
    )

    assert again.status == 304
    assert body == b""


async def test_lists_go_on_where_they_stopped(api: Api) -> None:
    # KC-5.
    names = [await asked(api.village) for _ in range(5)]

    answer, first = await api.call("GET", "/.consent/requests?limit=2", "agency")
    link = answer.headers["Link"].split(";")[0].strip("<>")
    rest, second = await api.call("GET", f"{link}", "agency")

    assert [item["id"] for item in first["items"]] == names[:2:-1]
    assert [item["id"] for item in second["items"]] == names[2:0:-1]
    assert "Link" in rest.headers


async def test_the_log_is_whole_for_the_owner_and_ends_with_a_signed_head(api: Api) -> None:
    # KC-22, KC-23.
    await granted(api.village)
    for slip in SLIPS:
        await api.village.read(AGENCY_WHO, slip)
    query = f"?pod={quote(POD, safe='')}"

    mine = (await api.get(f"/.consent/log{query}", "an"))["items"]
    theirs = (await api.get(f"/.consent/log{query}", "agency"))["items"]
    denied = (await api.get(f"/.consent/log{query}&outcome=denied", "an"))["items"]

    assert [entry["seq"] for entry in mine] == [3, 2, 1]
    assert [entry["id"] for entry in theirs] == [entry["id"] for entry in mine]
    assert all(not {"seq", "prev", "hash"} & entry.keys() for entry in theirs)
    assert [entry["reason"] for entry in denied] == ["target-not-granted"]
    for who in ("bank", "youssef"):
        assert await api.get(f"/.consent/log{query}", who) == {"items": []}
    table, text = await api.call(
        "GET", f"/.consent/log{query}", "an", headers={"Accept": "text/csv"}
    )
    assert table.content_type == "text/csv"
    assert len(text.splitlines()) == 4
    keys = await api.get("/.consent/keys")
    lines = (await api.get(f"/.consent/log/export{query}", "an")).decode()
    checked = verify_log(lines, keys)
    assert checked.whole
    assert checked.signed
    assert checked.entries == 3
    head = await api.get(f"/.consent/log/head{query}", "an", headers={"Accept": "application/json"})
    assert head["payload"]["seq"] == 3


async def test_a_log_that_was_changed_is_found_out(api: Api) -> None:
    # T-45, invariant 7.
    await granted(api.village)
    for slip in SLIPS:
        await api.village.read(AGENCY_WHO, slip)
    keys = await api.get("/.consent/keys")
    lines = (await api.get(f"/.consent/log/export?pod={POD}", "an")).splitlines()
    changed = [lines[0], lines[1].replace(b'"allowed"', b'"denied"'), *lines[2:]]

    for broken, named in (
        (changed, "entry 2"),
        ([lines[0], *lines[2:]], "entry 2"),
        ([lines[1], lines[0], *lines[2:]], "entry 1"),
        (lines[:2] + lines[3:], "head"),
        (lines[:3], "head"),
        ([*lines[:3], lines[3].replace(b'"seq":3', b'"seq":4')], "head"),
    ):
        checked = verify_log(broken, keys)
        assert not checked.whole
        assert named in str(checked)


async def test_the_clock_only_goes_forward(api: Api) -> None:
    # KC-25.
    before = (await api.get("/.dev/clock"))["now"]
    grant = await granted(api.village, duration="P1D")

    _, moved = await api.call("POST", "/.dev/clock", json={"advance": "P2D"})

    assert moved["now"] > before
    assert (await api.get("/.dev/clock")) == moved
    assert await api.village.read(AGENCY_WHO, SLIPS[0]) == "grant-expired"
    back = {"now": "2020-01-01T00:00:00Z"}
    assert await api.problem("POST", "/.dev/clock", json=back) == (409, "clock-back")
    shown = await api.get(grant["id"], "an")
    assert shown["state"] == "expired"
    assert len(shown["receipts"]) == 2
    history = (await api.get(f"{grant['id']}/history", "an"))["items"]
    assert history[-1]["event"] == "expire"
    assert history[-1]["time"] == grant["validUntil"]


async def test_a_request_to_nobody_is_answered_like_any_other(api: Api) -> None:
    # KC-10, T-47.
    nobody = a_request(subject=f"{BASE}nobody/card#me")

    real, one = await api.call("POST", "/.consent/requests", "agency", json=a_request())
    none, other = await api.call("POST", "/.consent/requests", "agency", json=nobody)

    assert real.status == none.status == 202
    assert one.keys() == other.keys()
    assert {n: v for n, v in one.items() if n not in ("id", "subject")} == {
        n: v for n, v in other.items() if n not in ("id", "subject")
    }
    await api.call("POST", "/.dev/clock", json={"advance": "P31D"})
    for name in (one["id"], other["id"]):
        assert (await api.get(name, "agency"))["state"] == "lapsed"


async def test_a_refusal_gives_the_agency_no_reason(api: Api) -> None:
    name = await asked(api.village)

    answer, mine = await api.call("POST", f"{name}/refuse", "an", json={"reason": "Liever niet"})

    theirs = await api.get(name, "agency")
    assert answer.status == 200
    assert mine["reason"] == "Liever niet"
    assert theirs["state"] == "refused"
    assert "reason" not in theirs
    assert "decided" not in theirs
    assert await api.problem("POST", f"{name}/refuse", "an") == (409, "wrong-state")


async def test_a_preflight_is_answered(api: Api) -> None:
    headers = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    answer, _ = await api.call("OPTIONS", "/.consent/requests", headers=headers)

    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"


async def test_a_subject_sees_only_her_own(api: Api) -> None:
    await granted(api.village)

    for path in ("requests", "grants"):
        assert await api.get(f"/.consent/{path}", "youssef") == {"items": []}


async def test_unknown_members_are_named(api: Api) -> None:
    # KC-1.
    body = a_request(colour="red")
    answer, problem = await api.call("POST", "/.consent/requests", "agency", json=body)

    assert answer.status == 422
    assert problem["type"].endswith("#unknown-term")
    assert problem["errors"][0]["pointer"] == "/colour"


async def test_a_national_number_is_never_repeated(api: Api) -> None:
    # T-48: also not as the name of an unknown member.
    number = "85.07.30-033.28"
    for body in (a_request(case=number), a_request(**{number: 1})):
        answer, problem = await api.call("POST", "/.consent/requests", "agency", json=body)

        assert answer.status == 422
        assert problem["type"].endswith("#request-screened-out")
        assert "033" not in orjson.dumps(problem).decode()


async def test_the_context_makes_our_json_into_rdf(api: Api) -> None:
    # KC-1: readable with the context that the server itself serves.
    context = await api.get("/.well-known/kluis/context")
    purpose = await api.get("/.consent/purposes/opvangtarief/1")

    body = orjson.dumps({**context, **purpose})

    graph = rdf.graph(rdf.parse(body, rdf.JSON_LD, BASE))
    controller = rdflib.URIRef("https://w3id.org/dpv#hasDataController")
    assert str(graph.value(rdflib.URIRef(PURPOSE), controller)) == AGENCY


@pytest.mark.parametrize("depth", [11, 900, 5_000])
async def test_json_nested_deep_is_refused(api: Api, depth: int) -> None:
    # T-05.
    body = b'{"data":' * depth + b"1" + b"}" * depth
    headers = {"Content-Type": "application/json"}

    for path, who in (("/.consent/requests", "agency"), ("/.consent/requests/x/refuse", "an")):
        answer, problem = await api.call("POST", path, who, data=body, headers=headers)

        assert answer.status in (400, 422)
        assert problem["type"].rsplit("#")[-1] in ("bad-term", "malformed-json")


@pytest.mark.parametrize(
    ("path", "who"),
    [("requests", "agency"), ("requests/x/approve", "an"), ("grants/x/withdraw", "an")],
)
async def test_a_body_that_is_no_json_object_is_refused(api: Api, path: str, who: str) -> None:
    for body, kind, status in (
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "text/plain", 415),
    ):
        answer, _ = await api.call(
            "POST", f"/.consent/{path}", who, data=body, headers={"Content-Type": kind}
        )
        assert answer.status == status
