# SPDX-License-Identifier: EUPL-1.2
"""Connections of their own to a server with workers, and which worker holds each."""

import os
import signal
from asyncio import StreamReader, StreamWriter, open_connection
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Line:
    """One connection that stays open, and the worker that answers on it."""

    port: int
    reader: StreamReader
    writer: StreamWriter
    worker: int

    async def ask(
        self, path: str, headers: Mapping[str, str], method: str = "GET", body: str = ""
    ) -> int:
        """One request; its status."""
        return await _ask(self.reader, self.writer, self.port, method, path, headers, body)


async def _ask(
    reader: StreamReader,
    writer: StreamWriter,
    port: int,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: str = "",
) -> int:
    lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", body]).encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            await reader.readexactly(int(value))
    return int(head.split(" ", 2)[1])


@asynccontextmanager
async def a_line(server: int, port: int, others: Collection[int] = ()) -> AsyncIterator[Line]:
    """A connection to a worker that is none of `others`: those are held while it is accepted."""
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
    try:
        reader, writer = await open_connection("127.0.0.1", port)
        await _ask(reader, writer, port, "GET", "/.well-known/openid-configuration", {})
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)
    try:
        mine: int = writer.get_extra_info("sockname")[1]
        yield Line(port, reader, writer, _holder(workers_of(server), port, mine))
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def workers_of(server: int) -> set[int]:
    """The processes that the server started to answer for it."""
    return {pid for pid in children_of(server) if b"spawn_main" in _command(pid)}


def children_of(server: int) -> set[int]:
    return {pid for pid in _processes() if _parent(pid) == server}


def is_alive(pid: int) -> bool:
    return (PROC / str(pid)).exists()


def _processes() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal()]


def _parent(pid: int) -> int | None:
    try:
        status = (PROC / str(pid) / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(status.partition("PPid:")[2].split()[0])


def _command(pid: int) -> bytes:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _holder(workers: Collection[int], port: int, client_port: int) -> int:
    """Who has the server's end of the connection open."""
    rows = [row.split() for row in (PROC / "net" / "tcp").read_text().splitlines()[1:]]
    [inode] = [
        row[9]
        for row in rows
        if (_port(row[1]), _port(row[2])) == (port, client_port) and row[9] != "0"
    ]
    [holder] = [pid for pid in workers if f"socket:[{inode}]" in _open_files(pid)]
    return holder


def _port(address: str) -> int:
    return int(address.partition(":")[2], 16)


def _open_files(pid: int) -> set[str]:
    files: set[str] = set()
    for entry in (PROC / str(pid) / "fd").iterdir():
        with suppress(FileNotFoundError):
            files.add(str(entry.readlink()))
    return files
