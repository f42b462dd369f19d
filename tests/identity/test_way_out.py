# SPDX-License-Identifier: EUPL-1.2
"""The way out against bytes, names and addresses that mean harm; nothing stays behind (T-29)."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence

import pytest

from identity.outward.fetch import MOST_WAITING, Fetcher
from identity.outward.outward import NotFetched
from identity.outward.patience import FAILURES, PAUSE
from identity.outward.resolving import Resolving
from pod.errors import Unavailable
from tests.conftest import MovableClock
from tests.identity.raw_host import WORDS, RawHost, a_raw_host

TURTLE = "text/turtle"
LIMIT_SECONDS = 0.6


@pytest.fixture
async def host() -> AsyncIterator[RawHost]:
    async with a_raw_host() as made:
        yield made


@pytest.fixture
async def fetcher(now: MovableClock) -> AsyncIterator[Fetcher]:
    made = Fetcher(dev=True, now=now, seconds=LIMIT_SECONDS)
    yield made
    await made.close()


def ours(before: set["asyncio.Task[object]"]) -> list[str]:
    """The tasks of the way out that are still there."""
    left = asyncio.all_tasks() - before
    return [repr(task) for task in left if "_fly" in repr(task) or "aiohttp" in repr(task)]


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("name", WORDS)
async def test_each_hostile_answer_is_told_in_time_and_leaves_nothing(
    host: RawHost, fetcher: Fetcher, name: str
) -> None:
    """SR-4, SR-6: the address and the reason, within the limit; no task, no connection."""
    before, begun = asyncio.all_tasks(), time.monotonic()
    with pytest.raises(NotFetched, match=WORDS[name][1]) as error:
        await fetcher.get(host.at(name), accept=TURTLE)
    spent = time.monotonic() - begun

    assert host.at(name) in error.value.detail
    assert len(error.value.detail) < 300
    assert spent < LIMIT_SECONDS + 1.5
    assert await host.left_alone()
    assert ours(before) == []
    assert fetcher.flights == {}


async def test_many_hostile_answers_leave_no_descriptor(host: RawHost, now: MovableClock) -> None:
    fetcher = Fetcher(dev=True, now=now, seconds=0.3)
    await fetcher.get(host.at("good"), accept=TURTLE)
    before = descriptors()
    names = [name for name in WORDS if name not in ("flood-headers", "gzip-bomb")]
    asked = (fetcher.get(host.at(f"{name}?{n}"), accept=TURTLE) for name in names for n in range(3))
    told = await asyncio.gather(*asked, return_exceptions=True)

    assert all(isinstance(each, NotFetched) for each in told)
    assert await host.left_alone()
    assert descriptors() <= before
    await fetcher.close()


async def test_a_waiter_that_goes_away_takes_nothing_from_the_others(
    host: RawHost, fetcher: Fetcher
) -> None:
    first = asyncio.create_task(fetcher.get(host.at("slowly"), accept=TURTLE))
    second = asyncio.create_task(fetcher.get(host.at("slowly"), accept=TURTLE))
    await asyncio.sleep(0)
    first.cancel()
    came = await second

    assert came.body == b"<#a> a <#b> ."
    assert host.came == 1
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_when_all_waiters_go_away_the_flight_ends_by_itself(
    host: RawHost, fetcher: Fetcher
) -> None:
    before = asyncio.all_tasks()
    waiting = [asyncio.create_task(fetcher.get(host.at("silent"), accept=TURTLE)) for _ in range(5)]
    await asyncio.sleep(0.1)
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    await asyncio.sleep(LIMIT_SECONDS + 0.2)

    assert fetcher.flights == {}
    assert await host.left_alone()
    assert ours(before) == []


async def test_closing_ends_what_is_under_way(host: RawHost, now: MovableClock) -> None:
    before = asyncio.all_tasks()
    fetcher = Fetcher(dev=True, now=now)
    waiting = asyncio.create_task(fetcher.get(host.at("silent"), accept=TURTLE))
    await asyncio.sleep(0.1)
    await fetcher.close()

    with pytest.raises(Unavailable, match="stopping"):
        await waiting
    assert await host.left_alone()
    assert ours(before) == []


async def test_no_more_is_under_way_than_may_be(host: RawHost, fetcher: Fetcher) -> None:
    """SR-4: beyond that, one is told to come back; nobody waits without end."""
    asked = [
        asyncio.create_task(fetcher.get(host.at(f"silent?{n}"), accept=TURTLE))
        for n in range(MOST_WAITING + 1)
    ]
    told = await asyncio.gather(*asked, return_exceptions=True)

    assert sum(isinstance(each, Unavailable) for each in told) == 1
    assert sum(isinstance(each, NotFetched) for each in told) == MOST_WAITING
    assert await host.left_alone()


class Lookups:
    """A resolver that counts, and says what the test says."""

    def __init__(self, *addresses: str) -> None:
        self.addresses, self.asked = list(addresses), list[str]()

    def __call__(self, name: str, port: int) -> Sequence[str]:
        self.asked.append(name)
        return self.addresses


async def test_a_host_that_is_down_is_left_alone_for_a_while(
    host: RawHost, now: MovableClock
) -> None:
    """SR-4, the circuit breaker: for its whole origin, whatever is asked there, and no other."""
    lookups = Lookups("127.0.0.1")
    fetcher = Fetcher(dev=True, now=now, lookup=lookups, seconds=LIMIT_SECONDS)
    down = "http://down.localhost:1"
    for number in range(FAILURES):
        with pytest.raises(NotFetched, match="no connection could be made"):
            await fetcher.get(f"{down}/{number}", accept=TURTLE)
    asked = len(lookups.asked)

    for send in (
        fetcher.get(f"{down}/other", accept=TURTLE),
        fetcher.post(f"{down}/post", b"", {}),
        fetcher.swap(f"{down}/swap", b"", {}),
    ):
        with pytest.raises(NotFetched, match="several times just now"):
            await send
    assert len(lookups.asked) == asked
    assert (await fetcher.get(host.at("good"), accept=TURTLE)).status == 200

    now.advance(PAUSE)
    with pytest.raises(NotFetched, match="no connection could be made"):
        await fetcher.get(f"{down}/again", accept=TURTLE)
    await fetcher.close()


async def test_one_that_answers_is_forgiven(host: RawHost, fetcher: Fetcher) -> None:
    origin = f"http://127.0.0.1:{host.port}"
    for _ in range(FAILURES - 1):
        fetcher.patience.note_unreachable(origin)
    await fetcher.get(host.at("good"), accept=TURTLE)
    fetcher.patience.note_unreachable(origin)

    assert (await fetcher.get(host.at("better"), accept=TURTLE)).status == 200


async def test_slow_pages_do_not_close_the_host_for_others(host: RawHost, fetcher: Fetcher) -> None:
    """Many share a host: whoever has a slow page there must not shut the others out."""
    for number in range(FAILURES + 1):
        with pytest.raises(NotFetched):
            await fetcher.get(host.at(f"silent?{number}"), accept=TURTLE)

    assert (await fetcher.get(host.at("good"), accept=TURTLE)).status == 200


@pytest.mark.parametrize("name", ["http_proxy", "https_proxy", "all_proxy"])
async def test_a_proxy_of_the_environment_is_passed_by(
    host: RawHost, now: MovableClock, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """T-29: it would connect to where we would not."""
    async with a_raw_host() as proxy:
        for spelled in (name, name.upper()):
            monkeypatch.setenv(spelled, f"http://127.0.0.1:{proxy.port}")
        fetcher = Fetcher(dev=True, now=now)
        got = await fetcher.get(host.at("good"), accept=TURTLE)
        status = await fetcher.post(host.at("posted"), b"", {})
        await fetcher.close()

        assert (got.status, status) == (200, 200)
        assert (host.came, proxy.came) == (2, 0)


INNER = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "255.255.255.255", "224.0.0.1", "168.63.129.16", "::1", "::", "fe80::1", "fc00::1",  # noqa: S104 - a target, no listener
    "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::",
    "2001::1", "::127.0.0.1", "fe80::1%lo",
]  # fmt: skip


@pytest.mark.parametrize("address", INNER)
async def test_a_name_that_leads_inside_is_refused_when_it_is_looked_up(
    now: MovableClock, address: str
) -> None:
    """SR-2: also when a public address stands beside it."""
    for found in ([address], ["93.184.216.34", address], [address, "93.184.216.34"]):
        fetcher = Fetcher(dev=False, now=now, lookup=Lookups(*found))
        with pytest.raises(NotFetched, match="its host has no public address") as error:
            await fetcher.get("https://innocent.example/", accept=TURTLE)
        await fetcher.close()

        assert address not in error.value.detail


class Lying(Resolving):
    """A look-up that checked public addresses, and then gives another: the guard above is past."""

    async def addresses(self, host: str, port: int) -> list[str]:
        return list(self.lookup(host, port))


@pytest.mark.parametrize("address", [each for each in INNER if "%" not in each])
async def test_the_socket_refuses_by_itself_what_the_look_up_let_through(
    now: MovableClock, address: str
) -> None:
    """T-29: DNS that changes between look and connect; this guard stands alone."""
    fetcher = Fetcher(dev=False, now=now, seconds=2.0)
    fetcher.session_with(Lying(Lookups(address), False))
    begun = time.monotonic()
    with pytest.raises(NotFetched, match="its host has no public address") as error:
        await fetcher.get("https://innocent.example/", accept=TURTLE)
    await fetcher.close()

    assert address not in error.value.detail
    assert time.monotonic() - begun < 1.0


async def test_public_first_and_private_after_reaches_nobody(
    host: RawHost, now: MovableClock
) -> None:
    """Happy eyeballs: where the first address does not answer, the next is looked at as well."""
    fetcher = Fetcher(dev=False, now=now, seconds=1.0)
    fetcher.session_with(Lying(Lookups("127.0.0.1", "::1"), False))
    with pytest.raises(NotFetched, match="its host has no public address"):
        await fetcher.get("https://innocent.example/", accept=TURTLE)
    await fetcher.close()

    assert host.came == 0


async def test_a_name_server_that_never_answers_is_not_waited_for(now: MovableClock) -> None:
    def stuck(name: str, port: int) -> Sequence[str]:
        time.sleep(1.2)
        return []

    fetcher = Fetcher(dev=False, now=now, lookup=stuck, seconds=0.3)
    begun = time.monotonic()
    with pytest.raises(NotFetched, match=r"did not answer within 0\.3 seconds"):
        await fetcher.get("https://innocent.example/", accept=TURTLE)
    await fetcher.close()

    assert time.monotonic() - begun < 1.0


async def test_a_name_that_nobody_knows_is_told_as_a_private_one_is(now: MovableClock) -> None:
    """SR-6: which names an inner network knows is not told."""

    def unknown(name: str, port: int) -> Sequence[str]:
        raise OSError("Name or service not known on 10.0.0.53")

    fetcher = Fetcher(dev=False, now=now, lookup=unknown)
    with pytest.raises(NotFetched, match="its host has no public address") as error:
        await fetcher.get("https://innocent.example/", accept=TURTLE)
    await fetcher.close()

    assert "10.0.0.53" not in error.value.detail
