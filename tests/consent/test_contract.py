# SPDX-License-Identifier: EUPL-1.2
"""KC-4 to KC-7 at every address that the description names: none is forgotten.

The calls come from consent/openapi.py, which another test compares with what is served.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from consent.described.calls import AGENCY, BOTH, OPERATOR, PUBLIC, SUBJECT
from consent.described.openapi import TOPICS
from consent.described.words import Operation

from .conftest import AGENCY as OPVANG
from .conftest import AGENCY_WHO, AN, BASE, PURPOSE, SLIPS, Village, a_request
from .office import open_office
from .steps import asked, granted
from .test_http import Api
from .test_statutory import declared

CALLS = {each.id: each for operations in TOPICS.values() for each in operations}
LISTS = [each.id for each in CALLS.values() if each.pages]
POSTS = [each.id for each in CALLS.values() if each.once]
MOVES = [each.id for each in CALLS.values() if each.match]
OF_ONE = [each.id for each in CALLS.values() if "{code}" in each.path]
CALLBACK = "https://opvang.example/kluis"
ROLE = {PUBLIC: "an", SUBJECT: "an", AGENCY: "agency", OPERATOR: "operator", BOTH: "an"}
POD = f"{BASE}an/"
NEW_PURPOSE = {
    "id": f"{BASE}.consent/purposes/nieuw/1",
    "agency": OPVANG,
    "label": {"nl": "Een nieuw doel"},
    "description": {"nl": "Een nieuw doel."},
    "lane": "consent",
    "legalBasis": "gdpr:A6-1-a",
    "dataClasses": [{"class": "https://voorbeeld.example/ns#Ding", "required": True}],
    "limits": {"modes": ["read"]},
    "consequenceOfRefusing": {"nl": "Niets."},
}
AUTHORITY = {"reason": "Er is een reden.", "reference": "Besluit 1"}
TIME = "2026-09-21T00:00:00Z"


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    async with open_office(village) as office:
        yield office


async def a_grant(api: Api) -> str:
    return str((await granted(api.village, callback=CALLBACK))["id"])


async def a_paused(api: Api) -> str:
    grant = await a_grant(api)
    await must(api, f"{grant}/pause", "an")
    return grant


async def a_request_of(api: Api) -> str:
    return await asked(api.village)


async def a_deferred(api: Api) -> str:
    name = await asked(api.village)
    await must(api, f"{name}/defer", "an")
    return name


async def an_access(api: Api) -> str:
    return str((await declared(api))["id"])


async def a_suspended(api: Api) -> str:
    access = await an_access(api)
    await must(api, f"{access}/suspend", "operator")
    return access


async def a_case(api: Api) -> str:
    body = {"kind": "access", "about": await a_grant(api), "text": "Waarom?"}
    return str((await must(api, "/.consent/cases", "an", body, 201))["id"])


async def an_answered(api: Api) -> str:
    case = await a_case(api)
    await must(api, f"{case}/answer", "agency", {"text": "Daarom."})
    return case


async def a_receipt(api: Api) -> str:
    return str((await api.get(await a_grant(api), "an"))["receipts"][0])


async def a_delivery(api: Api) -> str:
    await a_grant(api)
    items = (await api.get("/.consent/deliveries", "agency"))["items"]
    return f"{BASE}.consent/deliveries/{items[0]['id']}"


async def a_draft(api: Api) -> str:
    return str((await must(api, "/.consent/purposes", "agency", NEW_PURPOSE, 201))["id"])


async def an_entry(api: Api) -> str:
    grant = await a_grant(api)
    assert await api.village.read(AGENCY_WHO, SLIPS[0], grant=grant) == "allowed"
    return grant


async def must(api: Api, path: str, who: str, body: Any = None, status: int = 200) -> Any:
    answer, told = await api.call("POST", path, who, json=body or {})
    assert answer.status == status, told
    return told


MAKE: dict[str, Callable[[Api], Awaitable[str]]] = {
    "requests": a_request_of,
    "grants": a_grant,
    "receipts": a_receipt,
    "statutory": an_access,
    "cases": a_case,
    "deliveries": a_delivery,
    "purposes": a_draft,
    "log": an_entry,
    "reopenRequest": a_deferred,
    "resumeGrant": a_paused,
    "resumeStatutory": a_suspended,
    "escalateCase": an_answered,
}


async def path_of(api: Api, call: Operation) -> str:
    """The address of the call, about something that is there and takes this move."""
    if call.path.endswith("/agencies/{slug}/resume"):
        await must(api, f"{BASE}.consent/agencies/opvang/suspend", "operator")
    if "/agencies/{slug}" in call.path:
        return call.path.replace("{slug}", "opvang")
    if "/purposes/{slug}" in call.path and call.id in ("suspendPurpose", "retirePurpose"):
        return call.path.replace("{slug}", "opvangtarief").replace("{version}", "1")
    kind = call.path.split("/")[2]
    if "{" not in call.path:
        return call.path
    made = await MAKE.get(call.id, MAKE[kind])(api)
    return made.removeprefix(BASE[:-1]) + call.path.split("}")[-1]


async def body_of(api: Api, call: Operation, path: str) -> dict[str, Any]:
    """A body that the call takes."""
    if call.id == "approveRequest":
        notice = await api.get(f"{path.removesuffix('/approve')}/notice", "an")
        return {"noticeHash": notice["hash"], "lang": "nl"}
    bodies: dict[str, Any] = {
        "ask": a_request(),
        "draftPurpose": NEW_PURPOSE,
        "addAgency": {"id": f"{BASE}.consent/agencies/nieuw", "name": {"nl": "Nieuw"}},
        "narrowGrant": {"count": 1},
        "revokeGrant": AUTHORITY,
        "invalidateGrant": AUTHORITY,
        "answerCase": {"text": "Daarom."},
        "pushEntries": {
            "subject": AN,
            "entries": [
                {"time": TIME, "resource": "https://x.example/1", "source": "X", "purpose": PURPOSE}
            ],
        },
    }
    if call.id == "openCase":
        return {"kind": "access", "about": await a_grant(api), "text": "Waarom?"}
    if call.id == "declareStatutory":
        return await declaration(api)
    found: dict[str, Any] = bodies.get(call.id, {})
    return found


async def declaration(api: Api) -> dict[str, Any]:
    """What a declaration was that was taken, without what the answer adds to it."""
    made = await declared(api)
    kept = ("subject", "class", "agency", "purpose", "modes", "validUntil", "law", "protocol")
    data = [{k: v for k, v in datum.items() if k != "special"} for datum in made["data"]]
    return {**{name: made[name] for name in kept if name in made}, "data": data}


def who_calls(call: Operation) -> str:
    return ROLE[call.who]


def listed(call: Operation) -> str:
    return f"{call.path}?pod={POD}" if call.path == "/.consent/log" else call.path


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "limit=1.5", "limit="])
async def test_a_list_refuses_what_is_no_limit(api: Api, name: str, query: str) -> None:  # KC-5
    call = CALLS[name]
    path = listed(call)

    refused = await api.problem(
        "GET", f"{path}{'&' if '?' in path else '?'}{query}", who_calls(call)
    )

    assert refused == (400, "bad-parameter")


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_takes_a_large_limit_as_500_and_knows_its_own_cursors(
    api: Api, name: str
) -> None:  # KC-5
    call = CALLS[name]
    path = listed(call)
    more = "&" if "?" in path else "?"

    body = await api.get(f"{path}{more}limit=501", who_calls(call))
    refused = await api.problem("GET", f"{path}{more}after=nobody-gave-this", who_calls(call))

    assert isinstance(body["items"], list)
    assert refused == (400, "bad-cursor")


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_goes_on_where_its_link_says_and_loses_nothing(
    api: Api, name: str
) -> None:  # KC-5
    call, who = CALLS[name], who_calls(CALLS[name])
    kind = call.path.split("/")[2]
    make = a_grant if kind in ("events", "grants", "purposes", "agencies") else MAKE[kind]
    path = listed(call)
    more = "&" if "?" in path else "?"
    for _ in range(3):
        await make(api)
    whole = (await api.get(f"{path}{more}limit=500", who))["items"]
    assert len(whole) > 1
    seen: list[Any] = []
    where: str | None = f"{path}{more}limit=1"

    while where is not None:
        answer, body = await api.call("GET", where, who)
        assert len(body["items"]) <= 1
        seen += body["items"]
        link = answer.headers.get("Link")
        where = None if link is None else link.split(">")[0][1:]
        assert len(seen) <= len(whole)

    assert seen == whole


@pytest.mark.parametrize("name", POSTS)
async def test_a_key_gives_the_first_answer_again_and_two_at_once_make_one(
    api: Api, name: str
) -> None:  # KC-6
    call = CALLS[name]
    path = await path_of(api, call)
    body, who = await body_of(api, call, path), who_calls(call)
    headers = {"Idempotency-Key": "sleutel-1"}

    pairs = await asyncio.gather(
        *(api.call("POST", path, who, json=body, headers=headers) for _ in range(2))
    )
    again, told = await api.call("POST", path, who, json=body, headers=headers)

    statuses = {answer.status for answer, _ in pairs}
    assert statuses == {next(iter(call.answers))}, pairs[0][1]
    assert pairs[0][1] == pairs[1][1] == told
    assert again.status in statuses
    for header in ("Location", "ETag"):
        assert len({answer.headers.get(header) for answer, _ in [*pairs, (again, told)]}) == 1


OTHER: dict[str, dict[str, Any]] = {
    "ask": {"count": 4},
    "refuseRequest": {"reason": "Toch niet."},
    "deferRequest": {"remindAt": "2026-09-25T00:00:00Z"},
    "approveRequest": {"count": 1},
    "narrowGrant": {"count": 2},
    "revokeGrant": {"reason": "Een andere."},
    "invalidateGrant": {"reason": "Een andere."},
    "draftPurpose": {"label": {"nl": "Anders"}},
    "addAgency": {"name": {"nl": "Anders"}},
    "openCase": {"text": "Iets anders?"},
    "answerCase": {"text": "Iets anders."},
    "declareStatutory": {"law": "Een andere wet"},
}


@pytest.mark.parametrize("name", sorted(OTHER))
async def test_the_same_key_with_another_body_is_refused(api: Api, name: str) -> None:  # KC-6
    call = CALLS[name]
    path = await path_of(api, call)
    body, who = await body_of(api, call, path), who_calls(call)
    headers = {"Idempotency-Key": "sleutel-1"}
    first, told = await api.call("POST", path, who, json=body, headers=headers)
    assert first.status < 300, told

    refused = await api.problem("POST", path, who, json={**body, **OTHER[name]}, headers=headers)

    assert refused == (422, "idempotency-mismatch")


@pytest.mark.parametrize("key", ["", "x" * 256])
@pytest.mark.parametrize("name", POSTS)
async def test_a_key_that_is_none_is_refused(api: Api, name: str, key: str) -> None:
    call = CALLS[name]
    path = await path_of(api, call)
    body = await body_of(api, call, path)

    refused = await api.problem(
        "POST", path, who_calls(call), json=body, headers={"Idempotency-Key": key}
    )

    assert refused == (400, "bad-header")


@pytest.mark.parametrize("name", POSTS)
async def test_a_member_that_is_not_known_is_named(api: Api, name: str) -> None:  # KC-1
    call = CALLS[name]
    path = await path_of(api, call)
    body = {**await body_of(api, call, path), "verrassing": 1}

    answer, told = await api.call("POST", path, who_calls(call), json=body)

    assert answer.status == 422, told
    assert "/verrassing" in [error["pointer"] for error in told["errors"]]
    if told["type"].endswith("#unknown-term"):
        assert "verrassing" in told["detail"]


@pytest.mark.parametrize("name", MOVES)
async def test_a_move_upon_what_has_changed_is_stale(api: Api, name: str) -> None:  # KC-7
    call = CALLS[name]
    path = await path_of(api, call)
    body, who = await body_of(api, call, path), who_calls(call)

    refused = await api.problem("POST", path, who, json=body, headers={"If-Match": '"9.no.x.j"'})
    one = path.rsplit("/", 1)[0]
    shown, _ = await api.call("GET", one, "an" if who == "operator" else who)
    made, told = await api.call("POST", path, who, json=body, headers={"If-Match": "*"})

    assert refused == (412, "stale")
    if shown.status == 200:
        assert shown.headers["ETag"].startswith('"')
    assert made.status < 300, told


@pytest.mark.parametrize("name", [each for each in MOVES if CALLS[each].who != OPERATOR])
async def test_a_move_with_the_tag_that_was_shown_is_made(api: Api, name: str) -> None:  # KC-7
    call = CALLS[name]
    path = await path_of(api, call)
    body, who = await body_of(api, call, path), who_calls(call)
    shown, _ = await api.call("GET", path.rsplit("/", 1)[0], who)

    made, told = await api.call(
        "POST", path, who, json=body, headers={"If-Match": shown.headers["ETag"]}
    )

    assert made.status < 300, told


@pytest.mark.parametrize("who", ["youssef", "bank"])
@pytest.mark.parametrize("name", OF_ONE)
async def test_not_mine_and_not_there_are_the_same_byte_for_byte(
    api: Api, name: str, who: str
) -> None:  # KC-4
    call = CALLS[name]
    path = await path_of(api, call)
    code = path.split("/")[3]
    body = await body_of(api, call, path) if call.body is not None else None
    sent: dict[str, Any] = {"headers": {"X-Request-Id": "same"}}
    if body is not None:
        sent["json"] = body

    mine, theirs = await api.call(call.method.upper(), path, who, **sent)
    none, nothing = await api.call(call.method.upper(), path.replace(code, "A" * 22), who, **sent)

    assert theirs == nothing
    assert mine.status == none.status
    assert mine.status in (403, 404)
    kept = {k: v for k, v in mine.headers.items() if k not in ("Date",)}
    assert kept == {k: v for k, v in none.headers.items() if k not in ("Date",)}


@pytest.mark.parametrize("name", [each.id for each in CALLS.values() if each.who != PUBLIC])
async def test_nobody_is_asked_to_sign_in_whatever_is_sent(api: Api, name: str) -> None:
    call = CALLS[name]
    path = call.path.replace("{code}", "x").replace("{slug}", "x").replace("{version}", "1")

    answer, told = await api.call(call.method.upper(), path, data=b"\xff{" if call.body else None)

    assert answer.status == 401, told
    assert answer.headers["WWW-Authenticate"].startswith("DPoP")
