# SPDX-License-Identifier: EUPL-1.2
"""`kluis registry import|export` and `kluis operator add`, beside a running server or without."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import orjson

from commands.seed import read_seed
from commands.settings import Settings, WrongUsage, add_flags, read_settings
from consent.seed import export_registry, seed_registry
from pod.database import Database, Tx
from pod.errors import Missing
from pod.instant import wall
from pod.schema import migrate
from pod.sqlite import open_sqlite

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
T = TypeVar("T")


def add_commands(commands: Subparsers) -> None:
    """Add them to the command line."""
    registry = commands.add_parser("registry", help="agencies and purposes, from and to a file")
    what = registry.add_subparsers(required=True, metavar="import|export")
    importing = what.add_parser("import", help="add what is not there yet")
    importing.add_argument("file", type=Path, help="JSON with agencies and purposes")
    exporting = what.add_parser("export", help="write everything as JSON")
    operator = commands.add_parser("operator", help="who may publish and suspend")
    adding = operator.add_subparsers(required=True, metavar="add").add_parser("add")
    adding.add_argument("email", help="the address that the account signs in with")
    for parser, command in ((importing, _import), (exporting, _export), (adding, _add_operator)):
        add_flags(parser)
        parser.set_defaults(command=command)


def _import(given: argparse.Namespace) -> int:
    seed = read_seed(given.file)
    if seed.accounts:
        raise WrongUsage(f"{given.file} holds accounts; those come in with kluis serve --seed.")
    settings = _settings(given)

    async def work(db: Database) -> str:
        made = await seed_registry(db, settings.base, seed.agencies, seed.purposes, wall())
        return f"Added {made.agencies} agencies and {made.purposes} purposes."

    print(_with_database(settings, work))
    return 0


def _export(given: argparse.Namespace) -> int:
    settings = _settings(given)

    async def work(db: Database) -> dict[str, Any]:
        return dict(await export_registry(db, settings.base))

    sys.stdout.buffer.write(
        orjson.dumps(_with_database(settings, work), option=orjson.OPT_INDENT_2) + b"\n"
    )
    return 0


def _add_operator(given: argparse.Namespace) -> int:
    settings = _settings(given)

    async def work(db: Database) -> None:
        await db.write(None, _mark_operator, given.email.lower())

    _with_database(settings, work)
    print(f"{given.email} is an operator now.")
    return 0


async def _mark_operator(tx: Tx, email: str) -> None:
    changed = await tx.run(
        "UPDATE account SET operator = 1 WHERE id IN"
        " (SELECT account FROM login WHERE kind = 'password' AND subject = :email)",
        email=email,
    )
    if not changed:
        raise Missing(f"No account signs in with {email}.")


def _settings(given: argparse.Namespace) -> Settings:
    settings = read_settings(vars(given), os.environ)
    if not (settings.data / "kluis.db").is_file():
        raise WrongUsage(f"{settings.data} holds no pods yet; name the folder with --data.")
    return settings


def _with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        db = await open_sqlite(settings.data / "kluis.db")
        try:
            await migrate(db)
            return await work(db)
        finally:
            await db.close()

    return asyncio.run(run())
