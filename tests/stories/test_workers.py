# SPDX-License-Identifier: EUPL-1.2
"""`kluis serve --workers 3`: nothing that a request needs lives in one worker alone."""

import asyncio
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pytest

from commands.answer import text_at, want_status
from commands.launch import Place, free_port, start, stop
from identity.sign_in.passwords import TRIES_PER_PAIR

from .lines import Line, a_line, children_of, is_alive, workers_of
from .test_serve import run
from .town import Town, a_town

WORKERS = 3
TRIES = 300  # 15 seconds

# Only where nothing has to be complete: in CI the tests run, and fail without /proc.
pytestmark = pytest.mark.skipif(
    os.environ.get("KLUIS_COMPLETE") != "1" and not Path("/proc/net/tcp").exists(),
    reason="who holds a connection is read from /proc",
)


async def until(holds: Callable[[], bool]) -> bool:
    """Whether it came true within the time."""
    for _ in range(TRIES):
        if holds():
            return True
        await asyncio.sleep(0.05)
    return False


def is_whole(town: Town) -> bool:
    return len(workers_of(town.process.pid)) == WORKERS


@asynccontextmanager
async def a_busy_town(folder: Path) -> AsyncIterator[Town]:
    async with a_town(folder, workers=str(WORKERS)) as town:
        assert await until(lambda: is_whole(town))
        yield town


@asynccontextmanager
async def lines_to_all(town: Town) -> AsyncIterator[list[Line]]:
    """One connection to each worker."""
    async with AsyncExitStack() as stack:
        lines: list[Line] = []
        for _ in range(WORKERS):
            others = [line.worker for line in lines]
            reached = a_line(town.process.pid, town.place.port, others)
            lines.append(await stack.enter_async_context(reached))
        assert len({line.worker for line in lines}) == WORKERS
        yield lines


async def read(line: Line, town: Town) -> int:
    """The agency's GET of An's slip, with a fresh proof."""
    headers = town.agency.login.headers("GET", town.slip)
    return await line.ask(urlsplit(town.slip).path, headers)


async def a_grant(town: Town) -> str:
    request = await town.ask()
    return await town.say_yes(text_at(request, "id"))


async def test_a_proof_that_one_worker_saw_is_refused_by_the_others(
    tmp_path: Path,
) -> None:  # RS-8, T-21
    async with a_busy_town(tmp_path) as town, lines_to_all(town) as lines:
        headers = town.login.headers("GET", town.slip)
        path = urlsplit(town.slip).path
        statuses = [await line.ask(path, headers) for line in lines]

    assert statuses == [200, 401, 401]


async def test_wrong_passwords_on_different_workers_count_together(tmp_path: Path) -> None:  # T-27
    wrong = orjson.dumps({"email": "an@kluis.example", "password": "not the right one"}).decode()
    headers = {"Content-Type": "application/json", "Content-Length": str(len(wrong))}
    async with a_busy_town(tmp_path) as town, lines_to_all(town) as lines:
        tries = [lines[number % WORKERS] for number in range(TRIES_PER_PAIR + 1)]
        path = "/.account/login/password/"
        statuses = [await line.ask(path, headers, "POST", wrong) for line in tries]

    assert set(statuses[:-1]) == {403}
    assert statuses[-1] == 429


async def test_a_withdrawal_on_one_worker_is_seen_by_all(tmp_path: Path) -> None:  # T-41
    async with a_busy_town(tmp_path) as town, lines_to_all(town) as lines:
        grant = await a_grant(town)
        before = [await read(line, town) for line in lines]

        where = f"{grant}/withdraw"
        headers = {**town.login.headers("POST", where), "Content-Length": "0"}
        withdrawn = await lines[0].ask(urlsplit(where).path, headers, "POST")
        after = [await read(line, town) for line in lines]

    assert before == [200] * WORKERS
    assert withdrawn == 200
    assert after == [403] * WORKERS


async def test_writes_on_all_workers_at_once_all_succeed_and_one_name_is_made_once(
    tmp_path: Path,
) -> None:
    async with a_busy_town(tmp_path) as town, lines_to_all(town) as lines:

        async def write(line: Line, name: str) -> int:
            url = f"{town.an.pod}many/{name}.txt"
            headers = {
                **town.login.headers("PUT", url),
                "Content-Type": "text/plain",
                "Content-Length": "0",
                "If-None-Match": "*",
            }
            return await line.ask(urlsplit(url).path, headers, "PUT")

        async def write_many(number: int) -> list[int]:
            return [await write(lines[number], f"{number}-{each}") for each in range(20)]

        many = await asyncio.gather(*(write_many(number) for number in range(WORKERS)))
        one = await asyncio.gather(*(write(line, "one") for line in lines))

    assert many == [[201] * 20] * WORKERS
    assert sorted(one) == [201, 412, 412]


async def test_a_killed_worker_is_replaced_and_the_others_fail_no_request(tmp_path: Path) -> None:
    async with a_busy_town(tmp_path) as town, lines_to_all(town) as lines:
        killed, *others = lines
        first = workers_of(town.process.pid)
        done = asyncio.Event()

        async def keep_asking(line: Line) -> list[int]:
            statuses: list[int] = []
            while not done.is_set():
                headers = town.login.headers("GET", town.slip)
                statuses.append(await line.ask(urlsplit(town.slip).path, headers))
            return statuses

        asking = [asyncio.create_task(keep_asking(line)) for line in others]
        await asyncio.sleep(0.2)
        os.kill(killed.worker, signal.SIGKILL)
        replaced = await until(lambda: is_whole(town) and not is_alive(killed.worker))
        known = [line.worker for line in others]
        async with a_line(town.process.pid, town.place.port, known) as line:
            newcomer = line.worker
        done.set()
        answered = await asyncio.gather(*asking)

        assert replaced
        assert newcomer in workers_of(town.process.pid) - first

    for statuses in answered:
        assert set(statuses) == {200}
        assert len(statuses) > 5


async def test_told_to_stop_workers_finish_what_is_under_way_and_leave_nobody_behind(
    tmp_path: Path,
) -> None:
    async with a_busy_town(tmp_path) as town:
        reader, writer = await asyncio.open_connection("127.0.0.1", town.place.port)
        url = town.an.pod + "slow.txt"
        lines = [
            "PUT /an/slow.txt HTTP/1.1",
            f"Host: localhost:{town.place.port}",
            "Content-Type: text/plain",
            "Content-Length: 10",
            "Connection: close",
            *(f"{name}: {value}" for name, value in town.login.headers("PUT", url).items()),
        ]
        writer.write("\r\n".join([*lines, "", "begun"]).encode())
        await asyncio.sleep(0.3)
        started = children_of(town.process.pid)

        town.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        writer.write(b"ended")
        answer = await reader.read()
        code = await town.process.wait()
        again = await start(town.place)
        code_again = await stop(again)

    assert answer.startswith(b"HTTP/1.1 201 ")
    assert (code, code_again) == (0, 0)
    assert len(started) >= WORKERS
    assert await until(lambda: not any(is_alive(pid) for pid in started))
    said = town.place.log.read_text().splitlines()
    assert [f"listens on {town.place.base}" in line for line in said] == [True, True]


async def test_ctrl_c_stops_all_of_them_quietly_even_while_they_start(tmp_path: Path) -> None:
    place = Place(tmp_path, free_port())
    place.sow({"accounts": []})
    process = await asyncio.create_subprocess_exec(
        *place.command,
        "--workers",
        str(WORKERS),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    assert process.stdout is not None
    greeting = await process.stdout.readline()
    await asyncio.sleep(0.2)

    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to each process
    rest, _ = await process.communicate()

    assert b"listens on" in greeting
    assert (process.returncode, rest) == (0, b"")


async def test_workers_do_not_outlive_their_parent(tmp_path: Path) -> None:  # T-53
    async with a_busy_town(tmp_path) as town:
        workers = workers_of(town.process.pid)
        town.process.kill()
        await town.process.wait()
        ended = await until(lambda: not any(is_alive(pid) for pid in workers))
        for pid in filter(is_alive, workers):
            os.kill(pid, signal.SIGKILL)

    assert len(workers) == WORKERS
    assert ended


@pytest.mark.parametrize("workers", ["1", "3"])
async def test_grants_that_expired_while_nobody_asked_are_written_down_at_the_start(
    tmp_path: Path, workers: str
) -> None:  # KC-16
    async with a_town(tmp_path, workers=workers) as town:
        grant = await a_grant(town)
        want_status(await town.web.post(".dev/clock", {"advance": "P1Y"}), 200)
        await stop(town.process)
        process = await start(town.place)
        try:
            settled = await until(lambda: bool(expiries(tmp_path, grant)))
        finally:
            await stop(process)

    assert settled
    assert expiries(tmp_path, grant) == 1


def expiries(folder: Path, grant: str) -> int:
    rows = sqlite3.connect(folder / "data" / "kluis.db", timeout=5)
    try:
        asked = "SELECT COUNT(*) FROM grant_event WHERE kind = 'expire' AND grant_id = ?"
        return int(rows.execute(asked, (grant,)).fetchone()[0])
    finally:
        rows.close()


@pytest.mark.parametrize("workers", ["0", "-1", "65", "many"])
def test_a_number_of_workers_that_cannot_be_meant_is_wrong_usage(
    tmp_path: Path, workers: str
) -> None:
    refused = run("serve", "--data", str(tmp_path), KLUIS_WORKERS=workers)

    assert refused.returncode == 2
    assert "--workers" in refused.stderr
