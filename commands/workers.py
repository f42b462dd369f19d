# SPDX-License-Identifier: EUPL-1.2
"""Workers: one parent owns the listening sockets and keeps so many processes at work on them."""

import asyncio
import errno
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnProcess
from multiprocessing.process import BaseProcess
from typing import TypeAlias

from commands.settings import Settings, WrongUsage

Sockets: TypeAlias = Sequence[socket.socket]
Serve: TypeAlias = Callable[[Settings, Sockets, int], None]

BACKLOG = 128
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
LONG_ENOUGH = 10.0
LAST_WAIT = 65.0  # a worker waits 30 s for its requests, and as long for its connections
LOG = logging.getLogger("kluis.workers")


@contextmanager
def listening(settings: Settings) -> Iterator[Sockets]:
    """The sockets of the server's address; who connects before it is ready waits his turn."""
    try:
        sockets = _open(settings.host, settings.port)
    except OSError as error:
        raise WrongUsage(
            f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}):"
            " give another --port."
        ) from error
    try:
        yield sockets
    finally:
        _close(sockets)


def _open(host: str, port: int) -> list[socket.socket]:
    """One for each address of the host: localhost has two where there is IPv6."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    try:
        for family, _kind, _protocol, _name, address in dict.fromkeys(found):
            try:
                sockets.append(_bound(family, address))
            except OSError as error:
                # /etc/hosts names ::1 also on machines without IPv6.
                if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise
                missing = error
        if missing is not None and not sockets:
            raise missing
    except OSError:
        _close(sockets)
        raise
    return sockets


def _bound(family: int, address: tuple[object, ...]) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.setblocking(False)
        bound.bind(address)
        bound.listen(BACKLOG)
    except OSError:
        bound.close()
        raise
    return bound


def _close(sockets: Sockets) -> None:
    for each in sockets:
        each.close()


@dataclass(frozen=True, slots=True)
class Crew:
    """What the workers do, and whether they are to stop."""

    serve: Serve
    settings: Settings
    sockets: Sockets
    stop: asyncio.Event = field(default_factory=asyncio.Event)


async def keep(crew: Crew, greeting: str) -> None:
    """Keep `settings.workers` at work until SIGTERM or SIGINT; all have ended afterwards."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, crew.stop.set)
    # It leaves SIGINT open when it starts, so it starts before `_start` shuts that.
    resource_tracker.ensure_running()
    async with asyncio.TaskGroup() as places:
        for number in range(crew.settings.workers):
            places.create_task(_fill(crew, number))
        print(greeting, flush=True)


async def _fill(crew: Crew, number: int) -> None:
    """One place in the crew: who falls out of it is replaced, ever slower if that goes on."""
    pause = FIRST_PAUSE
    while not crew.stop.is_set():
        begun = time.monotonic()
        worker = _start(crew, number)
        await _first(_ended(worker), crew.stop.wait())
        if crew.stop.is_set():
            # Only the workers' own copies hold the port open now.
            _close(crew.sockets)
            await _let_finish(worker)
            return
        worker.join()
        LOG.error("Worker %d ended (%s); another one takes its place.", number, worker.exitcode)
        pause = FIRST_PAUSE if time.monotonic() - begun > LONG_ENOUGH else pause
        await _first(asyncio.sleep(pause), crew.stop.wait())
        pause = min(pause * 2, LONGEST_PAUSE)


def _start(crew: Crew, number: int) -> SpawnProcess:
    """A new process (never a fork: threads and database connections do not survive one)."""
    worker = multiprocessing.get_context("spawn").Process(
        target=_work, args=(crew.serve, crew.settings, crew.sockets, number), daemon=True
    )
    # Ctrl-C reaches a whole group of processes; only the parent acts on it. A mask is inherited.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        worker.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return worker


def _work(serve: Serve, settings: Settings, sockets: Sockets, number: int) -> None:
    """In the worker: serve until SIGTERM."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    serve(settings, sockets, number)


def _end_with(parent: BaseProcess) -> None:
    """The lock on the data folder went with the parent: nothing may be written after it."""
    parent.join()
    os._exit(1)


async def _ended(worker: BaseProcess) -> None:
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(worker.sentinel, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(worker.sentinel)


async def _let_finish(worker: BaseProcess) -> None:
    worker.terminate()
    try:
        async with asyncio.timeout(LAST_WAIT):
            await _ended(worker)
    except TimeoutError:
        LOG.error("A worker did not stop within %d seconds and is killed.", LAST_WAIT)
        worker.kill()
    worker.join()


async def _first(*waited: Coroutine[object, object, object]) -> None:
    """Wait for whichever comes first, and end the others."""
    tasks = [asyncio.create_task(each) for each in waited]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
