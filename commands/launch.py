# SPDX-License-Identifier: EUPL-1.2
"""A real server in a process of its own: started, waited for, stopped."""

import asyncio
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson
from aiohttp import ClientConnectionError

from commands.answer import Json, Unexpected, want_status
from commands.client import DISCOVERY, open_web

SERVER = Path(__file__).parents[1] / "server.py"
START_SECONDS = 20
STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Place:
    """Where one server keeps its things, and where it listens."""

    folder: Path
    port: int
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return f"http://localhost:{self.port}/"

    @property
    def seed(self) -> Path:
        return self.folder / "seed.json"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def command(self) -> list[str]:
        here = ["--host", "127.0.0.1", "--port", str(self.port), "--base-url", self.base]
        kept = ["--data", str(self.folder / "data"), "--seed", str(self.seed)]
        return [sys.executable, str(SERVER), "serve", *here, *kept, "--dev"]

    def sow(self, seed: Json) -> None:
        self.seed.write_bytes(orjson.dumps(seed, option=orjson.OPT_INDENT_2))

    def last_words(self, lines: int = 12) -> list[str]:
        """The end of what the server wrote, for whoever has to find out what went wrong."""
        if not self.log.exists():
            return []
        return self.log.read_text(errors="replace").splitlines()[-lines:]


def with_settings(place: Place, text: str) -> Place:
    """The same place with a settings file, for what no flag can say."""
    file = place.folder / "kluis.toml"
    file.write_text(text)
    return replace(place, settings={**place.settings, "config": str(file)})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def start(place: Place) -> Process:
    """Start the server and wait until it answers; raises `Unexpected` when it does not."""
    # Settings of the person who runs this must not reach the server that is shown.
    environ = {name: os.environ[name] for name in os.environ if not name.startswith("KLUIS_")}
    environ |= {f"KLUIS_{name.upper()}": value for name, value in place.settings.items()}
    output = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        process = await asyncio.create_subprocess_exec(
            *place.command,
            cwd=place.folder,
            env=environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is ours; we tell the server ourselves
        )
    finally:
        os.close(output)
    try:
        await _until_up(process, place)
    except BaseException:
        await stop(process)
        raise
    return process


async def _until_up(process: Process, place: Place) -> None:
    deadline = time.monotonic() + START_SECONDS
    async with open_web(place.base) as web:
        while process.returncode is None and time.monotonic() < deadline:
            try:
                async with asyncio.timeout(2):
                    want_status(await web.get(DISCOVERY), 200)
            except (ClientConnectionError, TimeoutError):
                await asyncio.sleep(0.02)
            else:
                return
    if process.returncode is None:
        raise Unexpected(f"Expected an answer within {START_SECONDS} s, but none came.")
    said = "; ".join(place.last_words(1)) or "it said nothing"
    raise Unexpected(f"Expected a running server, but it ended ({process.returncode}): {said}")


async def stop(process: Process) -> int:
    """Ask the server to stop; kill it when it does not. Gives its exit code."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            return await process.wait()
    except TimeoutError:
        process.kill()
        return await process.wait()
