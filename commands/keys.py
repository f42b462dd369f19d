# SPDX-License-Identifier: EUPL-1.2
"""`kluis keys list|rotate`, beside a running server: its workers see it within a second (OP-5)."""

import argparse
import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from commands.settings import WrongUsage, add_flags, read_settings
from identity.rotation import Listed, list_keys, rotate
from pod.database import Tx
from pod.instant import Instant, text_of, wall
from pod.schema import migrate
from pod.sqlite import open_sqlite

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_commands(commands: Subparsers) -> None:
    """Add them to the command line."""
    keys = commands.add_parser("keys", help="the keys that sign tokens")
    what = keys.add_subparsers(required=True, metavar="list|rotate")
    listing = what.add_parser("list", help="which there are")
    rotating = what.add_parser("rotate", help="let the next one sign; publish one after it")
    rotating.add_argument(
        "--compromised",
        action="store_true",
        help="others may know a key: change it at once, and end every sign-in",
    )
    for parser, command in ((listing, _list), (rotating, _rotate)):
        add_flags(parser)
        parser.set_defaults(command=command)


def _list(given: argparse.Namespace) -> int:
    _print(list_keys(_folder(given) / "keys"))
    return 0


def _rotate(given: argparse.Namespace) -> int:
    folder, now = _folder(given), wall()
    found = rotate(folder / "keys", now, compromised=given.compromised)
    if given.compromised:
        asyncio.run(_end_all(folder / "kluis.db", now))
        print("Every session and every app's access was ended.")
    _print(found)
    return 0


def _print(found: Sequence[Listed]) -> None:
    for key in found:
        since = "" if key.since is None else f"  since {text_of(key.since)}"
        print(f"{key.state:8}{key.kid}{since}")


def _folder(given: argparse.Namespace) -> Path:
    settings = read_settings(vars(given), os.environ)
    if not (settings.data / "kluis.db").is_file():
        raise WrongUsage(f"{settings.data} holds no pods yet; name the folder with --data.")
    return settings.data


async def _end_all(database: Path, now: Instant) -> None:
    db = await open_sqlite(database)
    try:
        await migrate(db)
        await db.write(None, _end_sign_ins, now)
    finally:
        await db.close()


async def _end_sign_ins(tx: Tx, now: Instant) -> None:
    """OP-5: whoever had the key may have signed in as anyone; credentials keep their secrets."""
    await tx.run("DELETE FROM session")
    await tx.run(
        "UPDATE client_access SET ended = COALESCE(ended, :now) WHERE kind = 'app'", now=now
    )
