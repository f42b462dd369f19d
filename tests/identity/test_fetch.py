# SPDX-License-Identifier: EUPL-1.2
"""The one way out, against a host that means harm (T-29, SR-2 to SR-6)."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from identity.outward.fetch import Fetcher
from identity.outward.outward import NotFetched
from tests.conftest import MovableClock

TURTLE = "text/turtle"


@dataclass(slots=True)
class Host:
    """A web server elsewhere that does as the test says, and counts who comes."""

    base: str = ""
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


async def _rooms(host: Host) -> web.Application:
    async def room(request: web.Request) -> web.StreamResponse:
        host.asked.append(request.path)
        host.headers.append({name.lower(): value for name, value in request.headers.items()})
        return await ROOMS[request.match_info["room"]](request)

    app = web.Application()
    app.router.add_route("*", "/{room:.*}", room)
    return app


async def _good(request: web.Request) -> web.StreamResponse:
    headers = {"Cache-Control": "max-age=120"}
    return web.Response(text="<#a> a <#b> .", content_type=TURTLE, headers=headers)


async def _huge(request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"a" * 300_000, content_type=TURTLE)


async def _endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": TURTLE})
    await response.prepare(request)
    while True:
        await response.write(b"a" * 65536)


async def _bomb(request: web.Request) -> web.StreamResponse:
    body = gzip.compress(b"a" * 50_000_000)
    headers = {"Content-Encoding": "gzip", "Content-Type": TURTLE}
    return web.Response(body=body, headers=headers)


async def _slow(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": TURTLE})
    await response.prepare(request)
    for _ in range(100):
        await response.write(b"a")
        await asyncio.sleep(0.05)
    return response


async def _html(request: web.Request) -> web.StreamResponse:
    return web.Response(text="<p>inner secret", content_type="text/html")


async def _error(request: web.Request) -> web.StreamResponse:
    return web.Response(status=500, text="inner secret", content_type=TURTLE)


async def _private(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("http://169.254.169.254/latest/meta-data")


async def _once(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/good")


async def _loop(request: web.Request) -> web.StreamResponse:
    raise web.HTTPFound("/loop")


ROOMS = {
    "good": _good, "huge": _huge, "endless": _endless, "bomb": _bomb, "slow": _slow,
    "html": _html, "error": _error, "private": _private, "once": _once, "loop": _loop,
}  # fmt: skip


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    made = Host()
    async with TestServer(await _rooms(made), host="127.0.0.1") as server:
        made.base = str(server.make_url("/"))
        yield made


@pytest.fixture
async def fetcher(now: MovableClock) -> AsyncIterator[Fetcher]:
    made = Fetcher(dev=True, now=now, seconds=1.0)
    yield made
    await made.close()


async def refused(fetcher: Fetcher, url: str, redirects: int = 0) -> NotFetched:
    with pytest.raises(NotFetched) as error:
        await fetcher.get(url, accept=TURTLE, redirects=redirects)
    return error.value


async def test_what_is_there_comes_with_its_type_and_how_long_it_counts(
    host: Host, fetcher: Fetcher
) -> None:
    came = await fetcher.get(f"{host.base}good", accept=TURTLE)

    assert (came.media_type, came.body, came.fresh_for) == (TURTLE, b"<#a> a <#b> .", 120_000)
    assert host.headers[0]["user-agent"] == "Kluis"
    assert not {"cookie", "authorization", "referer"} & host.headers[0].keys()


@pytest.mark.parametrize("room", ["huge", "endless", "bomb", "slow", "html", "error", "loop"])
async def test_a_hostile_answer_ends_in_one_sentence_in_time(
    host: Host, fetcher: Fetcher, room: str
) -> None:  # SR-4, SR-6
    begun = time.monotonic()

    error = await refused(fetcher, f"{host.base}{room}", redirects=3)

    assert f"{host.base}{room}" in error.detail
    assert "secret" not in error.detail
    assert time.monotonic() - begun < 10


async def test_redirects_are_off_unless_they_are_asked_for(host: Host, fetcher: Fetcher) -> None:
    error = await refused(fetcher, f"{host.base}once")

    assert "redirects" in error.detail
    assert (await fetcher.get(f"{host.base}once", accept=TURTLE, redirects=1)).body


async def test_a_redirect_to_a_private_address_is_not_followed(
    host: Host, fetcher: Fetcher
) -> None:  # T-29
    error = await refused(fetcher, f"{host.base}private", redirects=3)

    assert "169.254" not in error.detail


async def test_a_name_is_refused_for_the_address_it_leads_to(now: MovableClock) -> None:
    """SR-2: what counts is where a name leads, not how it looks."""
    asked: list[str] = []

    def lookup(name: str, port: int) -> Sequence[str]:
        asked.append(name)
        return ["10.0.0.1"]

    fetcher = Fetcher(dev=False, now=now, lookup=lookup)
    error = await refused(fetcher, "https://innocent.example/")
    await fetcher.close()

    assert asked == ["innocent.example"]
    assert "no public address" in error.detail
    assert "10.0.0.1" not in error.detail


async def test_a_name_that_changes_its_mind_is_looked_up_once(
    host: Host, now: MovableClock
) -> None:
    """T-29: the address that was looked at is the one that is connected to."""
    answers = iter((["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]))
    fetcher = Fetcher(dev=True, now=now, lookup=lambda name, port: next(answers))
    port = host.base.rsplit(":", 1)[1]

    came = await fetcher.get(f"http://rebinding.localhost:{port}good", accept=TURTLE)
    await fetcher.close()

    assert came.status == 200
    assert next(answers) == ["10.0.0.1"]


async def test_many_who_want_the_same_make_one_request(host: Host, fetcher: Fetcher) -> None:
    """RS-12: single flight, and kept for as long as it counts."""
    await asyncio.gather(*(fetcher.get(f"{host.base}good", accept=TURTLE) for _ in range(20)))
    await fetcher.get(f"{host.base}good", accept=TURTLE)

    assert host.asked == ["/good"]


async def test_what_no_longer_counts_is_asked_again(
    host: Host, fetcher: Fetcher, now: MovableClock
) -> None:
    await fetcher.get(f"{host.base}good", accept=TURTLE)
    now.advance(121_000)
    await fetcher.get(f"{host.base}good", accept=TURTLE)

    assert len(host.asked) == 2


async def test_a_failure_is_remembered_for_a_while(
    host: Host, fetcher: Fetcher, now: MovableClock
) -> None:
    await refused(fetcher, f"{host.base}error")
    await refused(fetcher, f"{host.base}error")
    assert len(host.asked) == 1

    now.advance(31_000)
    await refused(fetcher, f"{host.base}error")

    assert len(host.asked) == 2


async def test_a_host_that_is_not_there_is_told_in_a_sentence(fetcher: Fetcher) -> None:
    error = await refused(fetcher, "http://127.0.0.1:1/")

    assert "no connection could be made" in error.detail


async def test_what_is_sent_is_never_redirected(host: Host, fetcher: Fetcher) -> None:
    assert await fetcher.post(f"{host.base}once", b"x", {}) == 302
    with pytest.raises(NotFetched, match="status 302"):
        await fetcher.swap(f"{host.base}once", b"x", {})
    with pytest.raises(NotFetched, match="larger"):
        await fetcher.swap(f"{host.base}huge", b"x", {})

    assert host.asked == ["/once", "/once", "/huge"]


async def test_nothing_is_left_behind(host: Host, now: MovableClock) -> None:
    before = asyncio.all_tasks()
    fetcher = Fetcher(dev=True, now=now, seconds=0.3)
    await refused(fetcher, f"{host.base}slow")
    await fetcher.close()

    left = {task for task in asyncio.all_tasks() - before if "fetch" in repr(task.get_coro())}
    assert not left
    assert not fetcher.flights
