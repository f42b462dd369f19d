# SPDX-License-Identifier: EUPL-1.2
"""What agencies pull (KC-24): the feed, their deliveries, and sending one again."""

from collections.abc import AsyncIterator

import pytest

from consent.lists import Page
from consent.telling.delivery import body_of, event_json
from consent.telling.shown import events

from .api import Api, an_api
from .conftest import AGENCY_WHO, AN, Village, a_request
from .steps import granted

CALLBACK = "https://opvang.example/kluis"


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    async with an_api(village) as given:
        yield given


async def a_story(api: Api) -> None:
    grant = await granted(api.village, callback=CALLBACK)
    await api.post(f"{grant['id']}/withdraw", "an")


async def test_the_feed_has_what_is_delivered_oldest_first(api: Api) -> None:
    await a_story(api)

    body = await api.get("/.consent/events", "agency")

    kinds = [item["type"] for item in body["items"]]
    assert kinds == ["request.approved", "grant.active", "grant.withdrawn"]
    told = await events(api.village.house, AGENCY_WHO, Page())
    assert [{"id": each.id, **event_json(each)} for each in told] == body["items"]
    assert AN.encode() not in b"".join(body_of(each) for each in told)


async def test_the_feed_goes_on_after_a_cursor(api: Api) -> None:  # KC-5
    await a_story(api)
    answer, body = await api.call("GET", "/.consent/events?limit=2", "agency")
    assert len(body["items"]) == 2
    assert 'rel="next"' in answer.headers["Link"]
    following = answer.headers["Link"].split(">")[0][1:]

    answer, rest = await api.call("GET", following, "agency")

    assert [item["type"] for item in rest["items"]] == ["grant.withdrawn"]
    assert "Link" not in answer.headers
    last = rest["items"][0]["id"]
    assert await api.get(f"/.consent/events?after={last}", "agency") == {"items": []}


async def test_a_cursor_of_another_agency_is_like_none(api: Api) -> None:
    await a_story(api)
    mine = (await api.get("/.consent/events", "agency"))["items"][0]["id"]

    for cursor in (mine, "evt_none"):
        for path in ("events", "deliveries"):
            refused = await api.problem("GET", f"/.consent/{path}?after={cursor}", "bank")
            assert refused == (400, "bad-cursor")
    assert await api.get("/.consent/events", "bank") == {"items": []}
    assert await api.get("/.consent/deliveries", "bank") == {"items": []}


@pytest.mark.parametrize("path", ["events", "deliveries", "deliveries/evt_x"])
async def test_only_agencies_are_told(api: Api, path: str) -> None:
    assert await api.problem("GET", f"/.consent/{path}", "an") == (403, "not-an-agency")
    assert (await api.problem("GET", f"/.consent/{path}"))[0] == 401


async def test_deliveries_are_shown_newest_first_with_their_state(api: Api) -> None:
    await a_story(api)

    body = await api.get("/.consent/deliveries", "agency")

    assert [item["type"] for item in body["items"]][-1] == "request.approved"
    first = body["items"][-1]
    assert first["state"] == "waiting"
    assert first["tries"] == 0
    assert first["callback"] == CALLBACK
    assert first["nextTry"] is not None
    assert body["items"][0]["nextTry"] is None  # it waits for those before it
    assert await api.get(f"/.consent/deliveries/{first['id']}", "agency") == first


async def test_another_agencys_delivery_and_none_are_the_same(api: Api) -> None:  # KC-4
    await a_story(api)
    mine = (await api.get("/.consent/deliveries", "agency"))["items"][0]["id"]
    fixed = {"headers": {"X-Request-Id": "same"}}

    _, theirs = await api.call("GET", f"/.consent/deliveries/{mine}", "bank", **fixed)
    _, none = await api.call("GET", "/.consent/deliveries/evt_none", "bank", **fixed)
    resent, _ = await api.call("POST", f"/.consent/deliveries/{mine}/resend", "bank", json={})

    assert theirs == none
    assert theirs["status"] == 404
    assert resent.status == 404


async def test_one_can_be_sent_again_and_the_key_makes_it_once(api: Api) -> None:  # KC-6
    await a_story(api)
    mine = (await api.get("/.consent/deliveries", "agency"))["items"][0]["id"]
    path, key = f"/.consent/deliveries/{mine}/resend", {"Idempotency-Key": "k"}

    answer, body = await api.call("POST", path, "agency", json={}, headers=key)
    _, again = await api.call("POST", path, "agency", json={}, headers=key)

    assert answer.status == 200
    assert body["state"] == "waiting"
    assert body["nextTry"] is not None
    assert again == body


async def test_members_that_are_not_known_are_refused(api: Api) -> None:  # KC-1
    await a_story(api)
    mine = (await api.get("/.consent/deliveries", "agency"))["items"][0]["id"]

    refused = await api.problem(
        "POST", f"/.consent/deliveries/{mine}/resend", "agency", json={"now": True}
    )

    assert refused == (422, "unknown-term")


async def test_a_request_without_a_callback_is_in_the_feed_alone(api: Api) -> None:
    asked = await api.post("/.consent/requests", "agency", a_request(), 202)
    await api.post(f"{asked['id']}/refuse", "an")

    [item] = (await api.get("/.consent/events", "agency"))["items"]

    assert item["type"] == "request.refused"
    assert item["data"] == {"request": asked["id"], "state": "refused", "version": 1}
    assert await api.get("/.consent/deliveries", "agency") == {"items": []}
