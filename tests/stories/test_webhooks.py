# SPDX-License-Identifier: EUPL-1.2
"""KC-24 between real processes: what the agency's own server hears, when, and how often."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from time import monotonic

import pytest
from aiohttp import web

from commands.answer import Json, text_at, want_status

from .hooks import Ear, Heard, a_hooked_town, an_ear, verified
from .lines import workers_of
from .town import Town


async def a_grant(town: Town, ear: Ear) -> str:
    asked = await town.ask(callback=ear.callback)
    return await town.say_yes(text_at(asked, "id"))


async def withdraw(town: Town, grant: str) -> None:
    want_status(await town.web.post(f"{grant}/withdraw", {}, town.login), 200)


async def later(town: Town, duration: str) -> None:
    want_status(await town.web.post(".dev/clock", {"advance": duration}), 200)


def has(number: int, heard: list[Heard]) -> bool:
    return len(heard) == number


async def deliveries(town: Town) -> list[dict[str, object]]:
    answer = await town.web.get(".consent/deliveries", town.agency.login)
    body: dict[str, list[dict[str, object]]] = want_status(answer, 200).json  # type: ignore[assignment]  # our own API
    return body["items"]


@asynccontextmanager
async def a_listening_town(folder: Path, **environ: str) -> AsyncIterator[tuple[Town, Ear]]:
    async with an_ear() as ear, a_hooked_town(folder, ear.callback, **environ) as town:
        yield town, ear


async def test_what_happens_is_told_within_a_second_signed_and_in_order(tmp_path: Path) -> None:
    async with a_listening_town(tmp_path) as (town, ear):
        grant = await a_grant(town, ear)
        begun = monotonic()
        await withdraw(town, grant)
        done = monotonic()
        told = await ear.until(lambda heard: len(heard) >= 3)
        keys: Json = want_status(await town.web.get(".consent/keys"), 200).json

        assert told, ear.kinds()
        assert ear.kinds() == ["request.approved", "grant.active", "grant.withdrawn"]
        assert ear.heard[2].at - done < 1, ear.heard[2].at - begun
        assert all(verified(heard, keys) for heard in ear.heard)
        assert len({heard.id for heard in ear.heard}) == 3
        last = ear.heard[2].json
        assert set(last) == {"type", "timestamp", "data"}
        assert last["data"]["grant"] == grant
        assert last["data"]["state"] == "withdrawn"
        assert set(last["data"]) <= {"request", "grant", "state", "version"}
        assert town.citizen.web_id.encode() not in b"".join(h.body for h in ear.heard)
        changed = Heard("", ear.heard[0].headers, ear.heard[0].body + b" ", 0)
        assert not verified(changed, keys)


async def test_a_receiver_that_fails_is_tried_again_in_order_with_the_same_id_and_body(
    tmp_path: Path,
) -> None:
    async with a_listening_town(tmp_path) as (town, ear):

        async def down(heard: Heard) -> web.StreamResponse:
            return web.Response(status=500)

        ear.reply = down
        grant = await a_grant(town, ear)
        await withdraw(town, grant)
        assert await ear.until(lambda heard: len(heard) == 1)
        await later(town, "PT9S")
        await asyncio.sleep(0.6)
        assert len(ear.heard) == 1, "tried before its time"
        for number, pause in enumerate(("PT2S", "PT1M", "PT10M", "PT1H", "PT6H", "PT6H"), 2):
            await later(town, pause)
            assert await ear.until(partial(has, number)), number
        assert set(ear.kinds()) == {"request.approved"}, "another one overtook the first"

        async def up(heard: Heard) -> web.StreamResponse:
            return web.Response(status=200)

        ear.reply = up
        await later(town, "PT6H")
        assert await ear.until(lambda heard: len(heard) == 10)

        assert ear.kinds()[7:] == ["request.approved", "grant.active", "grant.withdrawn"]
        assert len({heard.id for heard in ear.heard[:8]}) == 1
        assert len({heard.body for heard in ear.heard[:8]}) == 1


async def test_after_72_hours_it_is_over_and_the_agency_can_send_it_again(tmp_path: Path) -> None:
    async with a_listening_town(tmp_path) as (town, ear):

        async def down(heard: Heard) -> web.StreamResponse:
            return web.Response(status=503)

        ear.reply = down
        asked = await town.ask(callback=ear.callback)
        refused = await town.web.post(f"{text_at(asked, 'id')}/refuse", {}, town.login)
        want_status(refused, 200)
        assert await ear.until(lambda heard: len(heard) == 1)
        await later(town, "P4D")
        assert await ear.until(lambda heard: len(heard) == 2)
        await asyncio.sleep(0.5)
        await later(town, "P1D")
        await asyncio.sleep(0.6)
        assert len(ear.heard) == 2
        [failed] = await deliveries(town)
        assert failed["state"] == "failed"
        assert failed["status"] == 503

        async def up(heard: Heard) -> web.StreamResponse:
            return web.Response(status=200)

        ear.reply = up
        again = f".consent/deliveries/{failed['id']}/resend"
        want_status(await town.web.post(again, {}, town.agency.login), 200)
        assert await ear.until(lambda heard: len(heard) == 3)
        await asyncio.sleep(0.4)

        assert ear.heard[2].id == ear.heard[0].id
        assert ear.heard[2].body == ear.heard[0].body
        [arrived] = await deliveries(town)
        assert arrived["state"] == "delivered"


async def test_410_ends_what_is_told_about_that_request_there_and_of_no_other(
    tmp_path: Path,
) -> None:
    async with a_listening_town(tmp_path) as (town, ear):

        async def gone(heard: Heard) -> web.StreamResponse:
            return web.Response(status=410)

        ear.reply = gone
        grant = await a_grant(town, ear)
        assert await ear.until(lambda heard: len(heard) == 1)
        await withdraw(town, grant)
        await later(town, "P1D")
        await asyncio.sleep(0.8)
        assert len(ear.heard) == 1
        assert {each["state"] for each in await deliveries(town)} == {"gone"}

        async def up(heard: Heard) -> web.StreamResponse:
            return web.Response(status=200)

        ear.reply = up
        await a_grant(town, ear)

        assert await ear.until(lambda heard: len(heard) == 3)


async def test_a_redirect_to_a_private_address_is_not_followed(tmp_path: Path) -> None:
    # T-29: neither to another port of this machine nor to the address of a cloud's metadata.
    async with an_ear() as hidden, a_listening_town(tmp_path) as (town, ear):
        where = [hidden.callback, "http://169.254.169.254/latest/meta-data/"]

        async def away(heard: Heard) -> web.StreamResponse:
            return web.Response(status=307, headers={"Location": where[0]})

        ear.reply = away
        await a_grant(town, ear)
        assert await ear.until(lambda heard: len(heard) == 1)
        where.pop(0)
        await later(town, "PT11S")
        assert await ear.until(lambda heard: len(heard) == 2)
        await asyncio.sleep(0.4)

        assert hidden.heard == []
        waiting = [each for each in await deliveries(town) if each["tries"]]
        assert [each["status"] for each in waiting] == [307]


async def test_a_slow_receiver_keeps_neither_people_nor_other_receivers_waiting(
    tmp_path: Path,
) -> None:
    async with an_ear() as slow, an_ear() as quick:

        async def sleepy(heard: Heard) -> web.StreamResponse:
            await asyncio.sleep(30)
            return web.Response(status=200)

        slow.reply = sleepy
        async with a_hooked_town(tmp_path, slow.callback, quick.callback) as town:
            for _ in range(6):
                await town.ask(callback=slow.callback)
            grants = [await a_grant(town, slow) for _ in range(6)]
            assert await slow.until(lambda heard: len(heard) >= 4)
            begun = monotonic()
            await withdraw(town, grants[0])
            took = monotonic() - begun
            await a_grant(town, quick)

            assert await quick.until(lambda heard: len(heard) == 2, 3)
            assert took < 1


async def test_a_callback_outside_is_only_https_and_never_a_private_machine(
    tmp_path: Path,
) -> None:
    # T-29: the registry may name it; the way out refuses it, and the feed still has the event.
    callback = "http://10.0.0.1/kluis"
    async with a_hooked_town(tmp_path, callback) as town:
        asked = await town.ask(callback=callback)
        await town.web.post(f"{text_at(asked, 'id')}/refuse", {}, town.login)
        for _ in range(40):
            [each] = await deliveries(town)
            if each["tries"]:
                break
            await asyncio.sleep(0.05)

        assert each["state"] == "waiting"
        assert each["status"] is None
        assert each["reason"]
        feed = want_status(await town.web.get(".consent/events", town.agency.login), 200).json
        assert feed["items"][0]["type"] == "request.refused"  # type: ignore[index,call-overload]  # our own API


WORKERS = 4


# Only where nothing has to be complete: in CI the tests run, and fail without /proc.
counts_workers = pytest.mark.skipif(
    os.environ.get("KLUIS_COMPLETE") != "1" and not Path("/proc/net/tcp").exists(),
    reason="workers are found in /proc",
)


async def whole(town: Town) -> bool:
    for _ in range(300):
        if len(workers_of(town.process.pid)) == WORKERS:
            return True
        await asyncio.sleep(0.05)
    return False


@counts_workers
async def test_across_four_workers_each_is_delivered_once_and_in_order(tmp_path: Path) -> None:
    async with a_listening_town(tmp_path, workers=str(WORKERS)) as (town, ear):
        assert await whole(town)

        grants = [await a_grant(town, ear) for _ in range(20)]
        await asyncio.gather(*(withdraw(town, grant) for grant in grants))
        assert await ear.until(lambda heard: len({h.id for h in heard}) == 60, 30)
        await asyncio.sleep(1)

        assert set(Counter(heard.id for heard in ear.heard).values()) == {1}
        threads: dict[str, list[str]] = {}
        for heard in ear.heard:
            threads.setdefault(heard.json["data"]["request"], []).append(heard.kind)
        assert len(threads) == 20
        assert set(map(tuple, threads.values())) == {
            ("request.approved", "grant.active", "grant.withdrawn")
        }


@counts_workers
async def test_a_worker_that_is_killed_gives_its_claims_back(tmp_path: Path) -> None:
    async with a_listening_town(tmp_path, workers=str(WORKERS)) as (town, ear):
        assert await whole(town)

        async def sleepy(heard: Heard) -> web.StreamResponse:
            await asyncio.sleep(9)
            return web.Response(status=200)

        ear.reply = sleepy
        grants = [await a_grant(town, ear) for _ in range(4)]
        assert await ear.until(lambda heard: len(heard) == 4)

        async def up(heard: Heard) -> web.StreamResponse:
            return web.Response(status=200)

        ear.reply = up
        for pid in workers_of(town.process.pid):
            os.kill(pid, signal.SIGKILL)
        assert await whole(town)

        assert await ear.until(lambda heard: len({h.id for h in heard}) == 2 * len(grants), 40)
        kinds = Counter(heard.kind for heard in ear.heard)
        assert kinds == {"request.approved": 8, "grant.active": 4}


@counts_workers
async def test_a_moved_clock_moves_the_tries_of_every_worker(tmp_path: Path) -> None:  # KC-25
    async with a_listening_town(tmp_path, workers=str(WORKERS)) as (town, ear):
        assert await whole(town)

        async def down(heard: Heard) -> web.StreamResponse:
            return web.Response(status=500)

        ear.reply = down
        for _ in range(8):
            await a_grant(town, ear)
        assert await ear.until(partial(has, 8))
        await asyncio.sleep(0.5)
        assert len(ear.heard) == 8, "tried again though the clock stood still"

        async def up(heard: Heard) -> web.StreamResponse:
            return web.Response(status=200)

        ear.reply = up
        await later(town, "PT10S")

        assert await ear.until(partial(has, 24))
        await asyncio.sleep(0.5)
        assert len(ear.heard) == 24
