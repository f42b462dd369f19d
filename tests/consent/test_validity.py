# SPDX-License-Identifier: EUPL-1.2
"""Whether a grant was in force at a moment: signed, half open, through every move (KC-17)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from consent.grants.grant import Event, Move, State
from consent.proof.signer import opened
from consent.proof.validity import validity_at
from consent.routes import routes
from identity.door import Door
from pod.instant import DAY, Instant, read_instant, text_of

from .conftest import AGENCY_WHO, SLIPS, START, Village
from .steps import granted
from .test_http import Api, _identify


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    app = web.Application()
    app.add_routes(routes(village.house, Door(village.house.base, _identify), dev=True))
    async with TestClient(TestServer(app)) as client:
        yield Api(client, village)


Ask = Callable[[Instant], Awaitable[tuple[bool, int | None]]]


def asking(api: Api, grant: str) -> Ask:
    async def ask(at: Instant) -> tuple[bool, int | None]:
        where = f"{grant}/validity?at={quote(text_of(at))}"
        proof = await api.get(where, "an", headers={"Accept": "application/json"})
        return proof["payload"]["inForce"], proof["payload"]["version"]

    return ask


async def move(api: Api, grant: str, name: str, body: Any = None, who: str = "an") -> None:
    answer, said = await api.call("POST", f"{grant}/{name}", who, json=body or {})
    assert answer.status == 200, said


async def test_both_sides_get_a_signed_answer_that_verifies_offline(api: Api) -> None:
    grant = (await granted(api.village))["id"]
    keys = await api.get("/.consent/keys")

    for who in ("an", "agency"):
        answer, token = await api.call("GET", f"{grant}/validity", who)
        proof = await api.get(f"{grant}/validity", who, headers={"Accept": "application/json"})

        assert answer.content_type == "application/jose"
        assert answer.headers["Cache-Control"] == "no-store"
        payload = opened(token.decode(), keys)
        assert payload == proof["payload"] == opened(proof["jws"], keys)
        assert payload == {
            "grant": grant,
            "at": text_of(START),
            "inForce": True,
            "version": 1,
            "events": [1],
            "iat": START // 1000,
        }


async def test_it_holds_from_the_yes_up_to_but_not_at_the_end(api: Api) -> None:
    grant = await granted(api.village)
    ask = asking(api, grant["id"])
    shown = await api.get(grant["id"], "an")
    end = START + 92 * DAY
    api.village.later(200 * DAY)

    assert await ask(START - 1) == (False, None)
    assert await ask(START) == (True, 1)
    assert await ask(end - 3 * DAY) == (True, 1)
    last = await validity_end(api, shown)
    assert await ask(last - 1) == (True, 1)
    assert await ask(last) == (False, 1)
    assert await ask(last + DAY) == (False, 1)


async def validity_end(api: Api, shown: Any) -> Instant:
    return read_instant(shown["validUntil"])


async def test_a_beginning_that_lies_later_is_its_first_moment(api: Api) -> None:
    start, end = START + DAY, START + 9 * DAY
    grant = await granted(
        api.village, duration=None, validFrom=text_of(start), validUntil=text_of(end)
    )
    ask = asking(api, grant["id"])
    api.village.later(20 * DAY)

    assert await ask(START) == (False, 1)
    assert await ask(start - 1) == (False, 1)
    assert await ask(start) == (True, 1)
    assert await ask(end - 1) == (True, 1)
    assert await ask(end) == (False, 1)


async def test_pauses_and_narrowing_and_withdrawal_each_count_from_their_moment(api: Api) -> None:
    grant = (await granted(api.village))["id"]
    ask = asking(api, grant)
    for name, body in [
        ("pause", None),
        ("resume", None),
        ("narrow", {"data": [{"target": SLIPS[0]}]}),
        ("withdraw", None),
    ]:
        api.village.later(DAY)
        await move(api, grant, name, body)
    api.village.later(DAY)

    seen = [await ask(START + n * DAY + part) for n in range(5) for part in (-1, 0, 1)]

    paused, resumed, narrowed, withdrawn = seen[3:6], seen[6:9], seen[9:12], seen[12:15]
    assert paused == [(True, 1), (False, 1), (False, 1)]
    assert resumed == [(False, 1), (True, 1), (True, 1)]
    assert narrowed == [(True, 1), (True, 2), (True, 2)]
    assert withdrawn == [(True, 2), (False, 2), (False, 2)]


async def test_a_nearer_end_is_the_end(api: Api) -> None:
    grant = (await granted(api.village))["id"]
    api.village.later(DAY)
    await move(api, grant, "narrow", {"validUntil": text_of(START + 2 * DAY)})
    api.village.later(30 * DAY)
    ask = asking(api, grant)

    assert await ask(START + DAY - 1) == (True, 1)
    assert await ask(START + 2 * DAY - 1) == (True, 2)
    assert await ask(START + 2 * DAY) == (False, 2)


async def test_the_last_use_was_under_the_grant_that_it_ended(api: Api) -> None:
    grant = (await granted(api.village, count=1))["id"]
    api.village.later(DAY)
    assert await api.village.read(AGENCY_WHO, SLIPS[0]) == "allowed"
    api.village.later(DAY)
    [entry] = (await api.get(f"/.consent/log?pod={api.village.house.base}an/", "an"))["items"]
    ask = asking(api, grant)

    assert entry["time"] == text_of(START + DAY)
    assert await ask(START + DAY) == (True, 1)
    assert await ask(START + DAY + 1) == (False, 1)


@pytest.mark.parametrize(
    ("query", "who", "status", "name"),
    [
        (f"?at={quote(text_of(START + 1))}", "an", 422, "bad-term"),
        ("?at=2999-01-01T00:00:00Z", "agency", 422, "bad-term"),
        ("?at=gisteren", "an", 400, "bad-parameter"),
        ("?at=2026-02-30T00:00:00Z", "an", 400, "bad-parameter"),
        ("", "youssef", 404, "not-found"),
        ("", "bank", 404, "not-found"),
        ("", None, 401, "not-signed-in"),
        ("", "an without scope", 403, "consent-scope-missing"),
    ],
)
async def test_nobody_else_and_nothing_to_come(
    api: Api, query: str, who: str | None, status: int, name: str
) -> None:
    grant = (await granted(api.village))["id"]

    assert await api.problem("GET", f"{grant}/validity{query}", who) == (status, name)


async def test_a_chain_that_was_tampered_with_proves_nothing(api: Api) -> None:
    grant = (await granted(api.village))["id"]
    api.village.later(DAY)
    await move(api, grant, "pause")

    async def forge(tx: Any) -> None:
        await tx.run("UPDATE grant_event SET time = time + 1 WHERE seq = 1")

    await api.village.db.write(None, forge)

    assert await api.problem("GET", f"{grant}/validity", "an") == (409, "broken-chain")


@given(st.lists(st.sampled_from(["pause", "resume"]), max_size=6), st.integers(0, 80))
def test_it_is_in_force_just_when_the_last_event_before_says_so(
    moves: list[str], at: Instant
) -> None:
    states = {"pause": State.PAUSED, "resume": State.ACTIVE}
    kinds = {"pause": Move.PAUSE, "resume": Move.RESUME}
    events = [Event("g", 1, 5, Move.CREATE, State.ACTIVE, 1, "an", {}, "")]
    for number, name in enumerate(moves, 2):
        events.append(
            Event("g", number, 5 + 10 * (number - 1), kinds[name], states[name], 1, "an", {}, "")
        )

    found = validity_at(a_grant(5, 60), events, at)

    before = [event for event in events if event.time <= at]
    wanted = bool(before) and before[-1].state is State.ACTIVE and 5 <= at < 60
    assert found.in_force is wanted
    assert found.events == tuple(event.seq for event in before)


def a_grant(start: Instant, end: Instant) -> Any:
    return SimpleNamespace(valid_from=start, valid_until=end)
