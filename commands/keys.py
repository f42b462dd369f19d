# SPDX-License-Identifier: EUPL-1.2
"""`kluis keys list|rotate`, beside a running server: its workers see it within a second (OP-5)."""

import argparse
import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from commands.settings import Settings, WrongUsage, add_flags, read_settings
from identity.tokens.rotation import Listed, list_keys, rotate
from identity.tokens.sealing import Seal, read_seal
from pod.database import Tx
from pod.instant import DAY, HOUR, Instant, text_of, wall
from pod.schema import migrate
from pod.sqlite import open_sqlite

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_commands(commands: Subparsers) -> None:
    """Add them to the command line."""
    keys = commands.add_parser("keys", help="the keys that sign tokens")
    what = keys.add_subparsers(required=True, metavar="list|rotate")
    listing = what.add_parser("list", help="which there are, and how old each is")
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
    settings = _settings(given)
    _print(list_keys(settings.data / "keys", seal_of(settings)), wall())
    return 0


def _rotate(given: argparse.Namespace) -> int:
    settings, now = _settings(given), wall()
    seal = seal_of(settings)
    found = rotate(settings.data / "keys", now, compromised=given.compromised, seal=seal)
    if given.compromised:
        asyncio.run(_end_all(settings.data / "kluis.db", now))
        print("Every session and every app's access was ended.")
    _print(found, now)
    return 0


def _print(found: Sequence[Listed], now: Instant) -> None:
    for key in found:
        print(f"{key.state:8}{key.kid}  since {text_of(key.since)}  {age_of(now - key.since)}")


def age_of(passed: int) -> str:
    """How old a key is, in the largest unit that fits; a clock set back makes none younger."""
    for unit, length in (("day", DAY), ("hour", HOUR)):
        many = max(passed, 0) // length
        if many:
            return f"{many} {unit}{'s' if many > 1 else ''} old"
    return "new"


def seal_of(settings: Settings) -> Seal | None:
    """OP-5: the operator's key, where she gave one."""
    return None if settings.key_file is None else read_seal(settings.key_file)


def _settings(given: argparse.Namespace) -> Settings:
    settings = read_settings(vars(given), os.environ)
    if not (settings.data / "kluis.db").is_file():
        raise WrongUsage(f"{settings.data} holds no pods yet; name the folder with --data.")
    return settings


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
