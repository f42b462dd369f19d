# SPDX-License-Identifier: EUPL-1.2
"""Deliveries as rows (KC-24): who may send what when, and what follows each outcome."""

import base64
from collections.abc import Mapping
from functools import partial
from itertools import pairwise

import orjson
import pytest
from cryptography.exceptions import InvalidSignature

from consent.telling import deliveries
from consent.telling.announce import News, announce
from consent.telling.deliveries import LEASE
from consent.telling.delivery import (
    LATER,
    PATIENCE,
    STEPS,
    Delivery,
    Event,
    Outcome,
    Stage,
    body_of,
    headers_of,
    next_due,
    send,
)
from identity.outward.outward import NotFetched
from pod.database import Tx
from pod.instant import DAY, HOUR, MINUTE, SECOND, Instant

from .conftest import AGENCY, BASE, START, Village, new_signer

CALLBACK = "https://opvang.example/kluis"


async def told(
    village: Village, request: str = "r1", kind: str = "grant.paused", callback: str = CALLBACK
) -> str:
    news = News(AGENCY, kind, "paused", request, "g1", 1, callback)
    return await village.db.write(None, announce, news, village.time[0])


async def claimed(village: Village, word: str = "me", busy: str = "||", most: int = 9) -> list[str]:
    return [each.event.id for each in await taken(village, word, busy, most)]


async def taken(
    village: Village, word: str = "me", busy: str = "||", most: int = 9
) -> list[Delivery]:
    return await village.db.write(None, deliveries.claim, word, busy, most, village.time[0], BASE)


async def settled(
    village: Village, delivery: Delivery, status: int | None, word: str = "me"
) -> None:
    outcome = Outcome(status)
    await village.db.write(None, deliveries.settle, delivery, outcome, village.time[0], word)


async def stage(village: Village, event: str) -> str:
    async def work(tx: Tx) -> str:
        row = await tx.one("SELECT state FROM delivery WHERE event = :event", event=event)
        assert row is not None
        return str(row["state"])

    return await village.db.read(work)


def test_the_tries_come_when_the_contract_says() -> None:
    at, first, seen = START, START, [START]
    for tries in range(1, 100):
        due = next_due(tries, first, at)
        if due is None:
            break
        at = due
        seen.append(at)

    gaps = [after - before for before, after in pairwise(seen)]
    assert gaps[:6] == [10 * SECOND, MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 6 * HOUR]
    assert set(gaps[4:]) == {LATER}
    assert PATIENCE - LATER < seen[-1] - first <= PATIENCE
    assert len(STEPS) == 4


async def test_what_one_worker_claimed_no_other_gets_until_its_lease_is_over(
    village: Village,
) -> None:
    id_ = await told(village)

    assert await claimed(village, "one") == [id_]
    assert await claimed(village, "two") == []
    village.later(LEASE)
    assert await claimed(village, "two") == [id_]


async def test_the_lease_is_on_the_wall_clock_which_a_moved_clock_leaves_alone(
    village: Village,
) -> None:  # KC-25
    await told(village)
    await claimed(village, "one")

    async def move(tx: Tx) -> None:
        await tx.run("UPDATE clock SET shift = shift + :day WHERE one = 1", day=DAY)

    await village.db.write(None, move)

    assert await claimed(village, "two") == []


async def test_a_claim_that_is_given_back_is_free_at_once(village: Village) -> None:
    id_ = await told(village)
    await claimed(village, "one")

    await village.db.write(None, deliveries.release, "one")

    assert await claimed(village, "two") == [id_]


async def test_one_thread_goes_in_order_and_others_do_not_wait_for_it(village: Village) -> None:
    first = await told(village, "r1")
    second = await told(village, "r1", "grant.resumed")
    other = await told(village, "r2")

    got = await taken(village)
    assert [each.event.id for each in got] == [first, other]
    await settled(village, got[0], 500)
    assert await claimed(village) == []
    village.later(10 * SECOND)
    [again] = await taken(village)
    assert again.event.id == first
    await settled(village, again, 204)

    assert await claimed(village) == [second]


async def test_a_thread_goes_on_after_one_that_was_given_up(village: Village) -> None:
    first, second = await told(village), await told(village, kind="grant.resumed")
    [head] = await taken(village)
    await settled(village, head, 500)
    village.later(PATIENCE + DAY)
    [head] = await taken(village)
    assert head.event.id == first

    await settled(village, head, 500)

    assert await stage(village, first) == "failed"
    assert await claimed(village) == [second]


async def test_410_ends_the_thread_and_what_comes_in_it_later(village: Village) -> None:
    first, second = await told(village), await told(village)
    [head] = await taken(village)

    await settled(village, head, 410)

    third, other = await told(village), await told(village, "r2")
    assert [await stage(village, each) for each in (first, second, third)] == ["gone"] * 3
    assert await claimed(village) == [other]


async def test_sending_again_asks_anew_whoever_said_410(village: Village) -> None:
    first = await told(village)
    [head] = await taken(village)
    await settled(village, head, 410)

    await village.db.write(None, deliveries.resend_row, first, village.time[0])

    later = await told(village)
    [head, *rest] = await taken(village)
    assert head.event.id == first
    assert [each.event.id for each in rest] == [later]


async def test_a_lost_claim_counts_only_when_it_arrived(village: Village) -> None:
    id_ = await told(village)
    [mine] = await taken(village, "one")
    village.later(LEASE)
    await claimed(village, "two")

    await settled(village, mine, 500, "one")
    assert await claimed(village, "three") == []
    await settled(village, mine, 200, "one")

    assert await stage(village, id_) == "delivered"
    await settled(village, mine, 500, "two")
    assert await stage(village, id_) == "delivered"


async def test_hosts_that_are_busy_are_left_for_later(village: Village) -> None:
    await told(village)

    assert await claimed(village, busy="|opvang.example|") == []
    assert len(await claimed(village, busy="|other.example|")) == 1


async def test_a_callback_that_is_not_registered_any_more_gets_nothing(village: Village) -> None:
    id_ = await told(village, callback="https://left.example/kluis")

    assert await claimed(village) == []
    assert await stage(village, id_) == "gone"


async def test_without_a_callback_there_is_nothing_to_deliver(village: Village) -> None:
    news = News(AGENCY, "grant.paused", "paused", "r1", "g1", 1, None)

    await village.db.write(None, announce, news, START)

    assert await claimed(village) == []


EVENT = Event("evt_1", 1, "grant.withdrawn", "withdrawn", "https://k/r", "https://k/g", 2, START)


def test_the_body_is_what_the_contract_says_and_nothing_more() -> None:
    assert orjson.loads(body_of(EVENT)) == {
        "type": "grant.withdrawn",
        "timestamp": "2026-09-21T14:13:20Z",
        "data": {
            "request": "https://k/r",
            "grant": "https://k/g",
            "state": "withdrawn",
            "version": 2,
        },
    }


@pytest.mark.parametrize("spoilt", ["id", "stamp", "body"])
def test_the_signature_covers_name_time_and_body(spoilt: str) -> None:
    signer, body = new_signer(), body_of(EVENT)
    headers = headers_of(signer, EVENT, body, START)
    parts = {"id": headers["webhook-id"], "stamp": headers["webhook-timestamp"]}
    signature = base64.b64decode(headers["webhook-signature"].removeprefix("v1a,"))
    public = signer.key.private_key
    assert public is not None
    check = partial(public.public_key().verify, signature)  # type: ignore[union-attr]  # an Ed25519 key
    content = f"{parts['id']}.{parts['stamp']}.{body.decode()}"
    check(content.encode())

    replaced = {**parts, "body": body.decode()}
    replaced[spoilt] += "1"

    with pytest.raises(InvalidSignature):
        check(f"{replaced['id']}.{replaced['stamp']}.{replaced['body']}".encode())


@pytest.mark.parametrize(
    ("status", "arrived"), [(200, True), (204, True), (301, False), (400, False), (500, False)]
)
async def test_only_2xx_is_a_yes(status: int, arrived: bool) -> None:
    async def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        return status

    outcome = await send(post, new_signer(), _delivery(), START)

    assert outcome.arrived is arrived
    assert outcome.status == status


async def test_a_refusal_of_the_way_out_is_an_outcome(village: Village) -> None:
    async def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        raise NotFetched(url, "its host has no public address")

    outcome = await send(post, new_signer(), _delivery(), START)

    assert outcome == Outcome(None, "its host has no public address")


def _delivery(due: Instant = START) -> Delivery:
    stage_ = Stage.WAITING
    return Delivery(EVENT, AGENCY, CALLBACK, "opvang.example", stage_, 0, None, due)
