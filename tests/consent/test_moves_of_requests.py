# SPDX-License-Identifier: EUPL-1.2
"""KC-12, KC-14: putting off, taking up again, cancelling, lapsing; and who is told when."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from consent.asking import replies
from consent.asking.requests import find_request
from consent.grants.settlement import settle_all, settle_due, tell_due
from pod.database import Tx
from pod.errors import PodError
from pod.instant import DAY, HOUR, text_of

from .conftest import AN_WHO, BASE, START, Village
from .steps import approved, asked, granted
from .village_api import Api, add_operator, app_of

NOBODY = f"{BASE}nobody/profile/card#me"


@pytest.fixture
async def api(village: Village) -> AsyncIterator[Api]:
    await village.db.write(None, add_operator)
    async with TestClient(TestServer(app_of(village))) as client:
        yield Api(client, village)


@pytest.fixture
async def name(village: Village) -> str:
    return await asked(village)


async def _news(tx: Tx) -> list[tuple[str, str, int]]:
    rows = await tx.all("SELECT type, request, time FROM agency_event ORDER BY seq")
    return [(row["type"], row["request"], row["time"]) for row in rows]


async def _told(tx: Tx) -> list[str]:
    rows = await tx.all("SELECT kind FROM outbox WHERE kind LIKE 'Request%' ORDER BY seq")
    return [row["kind"] for row in rows]


async def _waiting(tx: Tx) -> list[str]:
    rows = await tx.all("SELECT kind FROM reminder ORDER BY kind")
    return [row["kind"] for row in rows]


async def test_what_is_put_off_waits_and_can_be_taken_up_again(api: Api, name: str) -> None:
    remind = text_of(START + 5 * DAY)
    put_off = await api.post(f"{name}/defer", "an", {"remindAt": remind})

    assert (put_off["state"], put_off["remindAt"], put_off["decided"]) == (
        "deferred",
        remind,
        None,
    )
    reopened = await api.post(f"{name}/reopen", "an")
    assert (reopened["state"], reopened["remindAt"]) == ("pending", None)
    await api.post(f"{name}/defer", "an")
    grant = await approved(api.village, name)
    assert grant["state"] == "active"


async def test_the_agency_sees_one_word_for_every_open_state(api: Api, name: str) -> None:
    # KC-12: nothing tells it that she put it off, and when it will hear.
    before, first = await api.call("GET", name, "agency")
    await api.post(f"{name}/defer", "an")
    after, second = await api.call("GET", name, "agency")

    assert first == second
    assert before.headers["ETag"] == after.headers["ETag"]
    assert await api.village.db.read(_news) == []
    assert (await api.get(name, "an"))["state"] == "deferred"


@pytest.mark.parametrize(
    ("body", "name_"),
    [
        ({"remindAt": text_of(START)}, "bad-term"),
        ({"remindAt": text_of(START - DAY)}, "bad-term"),
        ({"remindAt": text_of(START + 30 * DAY)}, "bad-term"),
        ({"remindAt": text_of(START + 300 * DAY)}, "bad-term"),
        ({"remindAt": "soon"}, "bad-term"),
        ({"remindAt": 5}, "bad-term"),
        ({"remind": text_of(START + DAY)}, "unknown-term"),
    ],
)
async def test_a_reminder_lies_between_now_and_the_deadline(
    api: Api, name: str, body: dict[str, Any], name_: str
) -> None:
    assert await api.problem(f"{name}/defer", "an", body) == (422, name_)
    assert (await api.get(name, "an"))["state"] == "pending"


async def test_without_a_time_she_is_reminded_in_a_week_and_before_the_deadline(
    village: Village, api: Api
) -> None:
    long, short = (
        await asked(village),
        await asked(village, decisionDeadline=text_of(START + 3 * DAY)),
    )

    assert (await api.post(f"{long}/defer", "an"))["remindAt"] == text_of(START + 7 * DAY)
    assert (await api.post(f"{short}/defer", "an"))["remindAt"] == text_of(START + 2 * DAY)


async def test_reminders_become_changes_of_her_pod_when_their_time_comes(
    api: Api, name: str
) -> None:
    await tell_due(api.village.house)
    assert await api.village.db.read(_told) == ["RequestArrived"]
    await api.post(f"{name}/defer", "an", {"remindAt": text_of(START + 5 * DAY)})
    api.village.later(5 * DAY - 1)
    assert await tell_due(api.village.house) == 0

    api.village.later(1)
    assert await tell_due(api.village.house) == 1
    assert await tell_due(api.village.house) == 0
    assert (await api.village.db.read(_told))[-1] == "RequestReminder"
    api.village.later(22 * DAY)
    await tell_due(api.village.house)

    assert await api.village.db.read(_told) == [
        "RequestArrived",
        "RequestReminder",
        "RequestLapsesSoon",
    ]


@pytest.mark.parametrize("end", ["approve", "refuse", "cancel", "lapse"])
async def test_nobody_is_reminded_of_what_is_over(api: Api, name: str, end: str) -> None:
    await api.post(f"{name}/defer", "an")
    match end:
        case "approve":
            await approved(api.village, name)
        case "refuse":
            await api.post(f"{name}/refuse", "an")
        case "cancel":
            await api.post(f"{name}/cancel", "agency")
        case _:
            api.village.later(31 * DAY)
            await api.get(name, "an")

    left = await api.village.db.read(_waiting)
    assert left == (["ConsentStillActive"] if end == "approve" else [])


async def test_taking_it_up_again_takes_the_reminder_away(api: Api, name: str) -> None:
    await api.post(f"{name}/defer", "an")
    await api.post(f"{name}/reopen", "an")

    assert await api.village.db.read(_waiting) == ["RequestArrived", "RequestLapsesSoon"]


async def test_an_agency_cancels_its_own_question_and_she_is_told(api: Api, name: str) -> None:
    await api.post(f"{name}/defer", "an")

    cancelled = await api.post(f"{name}/cancel", "agency")

    assert cancelled["state"] == "cancelled"
    assert "reason" not in cancelled
    assert (await api.get(name, "an"))["state"] == "cancelled"
    assert await api.village.db.read(_told) == ["RequestCancelled"]
    assert await api.village.db.read(_news) == [("request.cancelled", name, START)]
    notice = {"noticeHash": "0" * 64, "lang": "nl"}
    answer, told = await api.call("POST", f"{name}/approve", "an", json=notice)
    assert (answer.status, told["state"]) == (409, "cancelled")


@pytest.mark.parametrize("move", ["refuse", "defer", "reopen", "cancel", "approve"])
async def test_each_answer_is_of_one_side(api: Api, name: str, move: str) -> None:
    # KC-4.
    body = {"noticeHash": "0" * 64, "lang": "nl"} if move == "approve" else {}
    wrong = "an" if move == "cancel" else "agency"

    assert await api.problem(f"{name}/{move}", wrong, body) == (403, "not-yours-to-decide")
    for stranger in ("youssef", "bank", "kaat"):
        assert await api.problem(f"{name}/{move}", stranger, body) == (404, "not-found")
        nowhere = f"{BASE}.consent/requests/nothing/{move}"
        assert await api.problem(nowhere, stranger, body) == (404, "not-found")
    assert await api.problem(f"{name}/{move}", None, body) == (401, "not-signed-in")
    if move != "cancel":
        told = await api.problem(f"{name}/{move}", "an without scope", body)
        assert told == (403, "consent-scope-missing")
    assert (await api.get(name, "an"))["state"] == "pending"


async def test_moves_that_the_table_does_not_have_tell_the_state(api: Api, name: str) -> None:
    assert await api.problem(f"{name}/reopen", "an") == (409, "wrong-state")
    await api.post(f"{name}/defer", "an")
    answer, told = await api.call("POST", f"{name}/defer", "an", json={})
    assert (answer.status, told["state"]) == (409, "deferred")
    await api.post(f"{name}/refuse", "an", {"reason": "Liever niet"})
    for move, who in (
        ("defer", "an"),
        ("reopen", "an"),
        ("refuse", "an"),
        ("cancel", "agency"),
    ):
        answer, told = await api.call("POST", f"{name}/{move}", who, json={})
        assert (answer.status, told["state"]) == (409, "refused"), move


async def test_a_refusal_tells_the_agency_that_and_no_more(api: Api, name: str) -> None:
    await api.post(f"{name}/refuse", "an", {"reason": "Liever niet"})

    shown = await api.get(name, "agency")
    assert shown["state"] == "refused"
    assert "Liever" not in str(shown)
    assert "decided" not in shown
    assert await api.village.db.read(_news) == [("request.refused", name, START)]


@pytest.mark.parametrize("noticed", [1, 9 * DAY])
@pytest.mark.parametrize("by", ["a look", "the sweep"])
async def test_a_lapse_is_stamped_with_the_deadline_whenever_it_is_noticed(
    api: Api, name: str, noticed: int, by: str
) -> None:
    await api.post(f"{name}/defer", "an")
    api.village.later(30 * DAY + noticed)
    deadline = START + 30 * DAY

    if by == "a look":
        assert (await api.get(name, "agency"))["state"] == "lapsed"
    else:
        await settle_all(api.village.house)

    kept = await api.village.db.read(find_request, name)
    assert kept is not None
    assert (kept.state, kept.decided) == ("lapsed", deadline)
    assert await api.village.db.read(_news) == [("request.lapsed", name, deadline)]
    assert "RequestLapsed" in await api.village.db.read(_told)
    await settle_all(api.village.house)
    assert len(await api.village.db.read(_news)) == 1
    answer, told = await api.call("POST", f"{name}/reopen", "an", json={})
    assert (answer.status, told["state"]) == (409, "lapsed")


async def test_at_the_deadline_it_is_too_late_and_just_before_it_is_not(
    village: Village, api: Api
) -> None:
    on_time, late = await asked(village), await asked(village)
    village.later(30 * DAY - 1)
    assert (await approved(village, on_time))["state"] == "active"
    notice = await api.get(f"{late}/notice", "an")
    village.later(1)

    yes = {"noticeHash": notice["hash"], "lang": "nl"}
    answer, told = await api.call("POST", f"{late}/approve", "an", json=yes)

    assert (answer.status, told["state"]) == (409, "lapsed")


async def test_a_question_to_nobody_lives_like_any_other(village: Village, api: Api) -> None:
    # KC-10: reminders, cancelling and lapsing tell nothing of whether she is there.
    ghost, ghost_too = await asked(village, subject=NOBODY), await asked(village, subject=NOBODY)
    real = await asked(village)
    shapes = [await api.get(one, "agency") for one in (ghost, real)]
    assert [shape["state"] for shape in shapes] == ["pending", "pending"]
    assert shapes[0].keys() == shapes[1].keys()

    assert (await api.post(f"{ghost}/cancel", "agency"))["state"] == "cancelled"
    village.later(31 * DAY)
    await settle_all(village.house)

    news = [(kind, about) for kind, about, _ in await village.db.read(_news)]
    assert sorted(news[1:]) == sorted([("request.lapsed", ghost_too), ("request.lapsed", real)])
    assert (await api.get(ghost_too, "agency"))["state"] == "lapsed"


async def test_putting_off_frees_no_place_for_another_question(village: Village) -> None:
    # KC-11: else the agency could find out what she does with its questions.
    names = [await asked(village) for _ in range(village.house.rates.open_per_subject)]
    await replies.defer(village.house, AN_WHO, names[0])
    with pytest.raises(PodError) as refused:
        await asked(village)

    assert refused.value.problem == "request-screened-out"


@pytest.mark.parametrize(("move", "who"), [("defer", "an"), ("refuse", "an"), ("cancel", "agency")])
async def test_keys_and_tags_hold_for_requests_too(
    api: Api, name: str, move: str, who: str
) -> None:
    # KC-6, KC-7.
    answer, _ = await api.call("GET", name, who)
    tag = answer.headers["ETag"]
    if who == "an":
        other, _ = await api.call("POST", f"{name}/defer", who, json={})
        await api.post(f"{name}/reopen", who, headers={"If-Match": other.headers["ETag"]})
    wrong = {"headers": {"If-Match": '"1.refused.s.j"'}}
    assert await api.problem(f"{name}/{move}", who, **wrong) == (412, "stale")
    key = {"headers": {"If-Match": tag, "Idempotency-Key": "k"}}

    first = await api.post(f"{name}/{move}", who, **key)

    assert await api.post(f"{name}/{move}", who, **key) == first


async def test_what_stays_active_is_asked_about_every_ninety_days(village: Village) -> None:
    # domain.md 2.8: keep, change or stop?
    grant = await granted(village, duration="P6M")
    await tell_due(village.house)

    async def asked_about(tx: Tx) -> int:
        rows = await tx.all(
            "SELECT 1 AS one FROM outbox WHERE kind = 'ConsentStillActive' AND object = :id",
            id=grant["id"],
        )
        return len(rows)

    village.later(90 * DAY - HOUR)
    await tell_due(village.house)
    assert await village.db.read(asked_about) == 0
    village.later(HOUR)
    await tell_due(village.house)
    await tell_due(village.house)
    assert await village.db.read(asked_about) == 1
    village.later(120 * DAY)
    assert await settle_due(village.house) == 1
    await tell_due(village.house)
    assert await village.db.read(asked_about) == 1
    assert await village.db.read(_waiting) == []


async def test_what_sleeps_is_not_asked_about(village: Village, api: Api) -> None:
    grant = await granted(village, duration="P6M")
    await api.post(f"{grant['id']}/pause", "an")
    village.later(91 * DAY)

    await tell_due(village.house)

    async def kinds(tx: Tx) -> set[str]:
        return {row["kind"] for row in await tx.all("SELECT kind FROM outbox")}

    assert "ConsentStillActive" not in await village.db.read(kinds)


@pytest.mark.parametrize("acr", [None, "urn:be:fedict:iam:fas:Level500"])
async def test_the_level_of_the_sign_in_is_kept_with_a_no_too(
    village: Village, name: str, acr: str | None
) -> None:
    # FED-4.
    await replies.refuse(village.house, replace(AN_WHO, acr=acr), name)

    kept = await village.db.read(find_request, name)
    assert kept is not None
    assert kept.acr == acr
