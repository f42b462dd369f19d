# SPDX-License-Identifier: EUPL-1.2
"""`kluis acl-history POD`: who changed which ACL, and when (WAC-36)."""

import argparse
import asyncio
import os
from pathlib import Path
from typing import TypeAlias

from acl.history import Change, changes_of
from commands.settings import WrongUsage, add_flags, read_settings
from pod.errors import Missing
from pod.instant import text_of
from pod.iri import Iri
from pod.schema import migrate
from pod.sqlite import open_sqlite

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_commands(commands: Subparsers) -> None:
    """Add it to the command line."""
    parser = commands.add_parser("acl-history", help="who changed which ACL of a pod, and when")
    parser.add_argument("pod", metavar="POD", help="its address, or its name on this server")
    add_flags(parser)
    parser.set_defaults(command=_show)


def _show(given: argparse.Namespace) -> int:
    settings = read_settings(vars(given), os.environ)
    if not (settings.data / "kluis.db").is_file():
        raise WrongUsage(f"{settings.data} holds no pods yet; name the folder with --data.")
    there = given.pod if "://" in given.pod else settings.base + given.pod.strip("/") + "/"
    changes = asyncio.run(_changes(settings.data / "kluis.db", Iri(there)))
    if changes is None:
        raise Missing(f"There is no pod {there}.")
    for change in changes:
        print(_line(change))
    return 0


async def _changes(database: Path, pod: Iri) -> list[Change] | None:
    db = await open_sqlite(database)
    try:
        await migrate(db)
        return await db.read(changes_of, pod)
    finally:
        await db.close()


def _line(change: Change) -> str:
    own = change.kind in ("first", "restore")
    who = "the server" if own else change.webid or "somebody without a name"
    through = f" through {change.client}" if change.client else ""
    return _plain(f"{text_of(change.time):24} {change.kind:7} {change.iri} by {who}{through}")


def _plain(text: str) -> str:
    """A name from elsewhere moves no cursor of the operator's terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
