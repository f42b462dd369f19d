# SPDX-License-Identifier: EUPL-1.2
"""One bounded run of wrk against one server of ours, and what it cost that server."""

import asyncio
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import orjson

CONNECTIONS = 16
REPLAY = Path(__file__).with_name("replay.lua")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A process of ours on this machine."""

    pid: int
    base: str

    def cpu_seconds(self) -> float:
        """User and system time of all its threads so far."""
        stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii")
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_mib(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


@dataclass(frozen=True, slots=True)
class Run:
    """What one run counted."""

    requests: int
    seconds: float
    cpu_seconds: float
    refused: int
    broken: int
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds

    @property
    def cpu_ms(self) -> float:
        return self.cpu_seconds / max(self.requests, 1) * 1000


def raw(method: str, url: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """One request as it goes over the wire."""
    where = urlsplit(url)
    lines = [f"{method} {where.path} HTTP/1.1", f"Host: {where.netloc}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


async def load(
    server: Server, requests: Iterable[bytes], file: Path, seconds: float, again: bool
) -> Run:
    """Send the requests for so long, over a few connections that stay open."""
    await asyncio.to_thread(file.write_bytes, b"\0".join(requests))
    before = server.cpu_seconds()
    process = await asyncio.create_subprocess_exec(
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds:g}s",
        "--script",
        str(REPLAY),
        server.base,
        "--",
        str(file),
        *(["again"] if again else []),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    spent = server.cpu_seconds() - before
    if process.returncode != 0:
        raise SystemExit(f"wrk ended with {process.returncode}: {output.decode()[-500:]}")
    told = orjson.loads(output.splitlines()[-1])
    return Run(
        requests=told["requests"],
        seconds=told["microseconds"] / 1e6,
        cpu_seconds=spent,
        refused=told["refused"],
        broken=told["broken"],
        p50_ms=told["p50"] / 1000,
        p99_ms=told["p99"] / 1000,
    )
