# SPDX-License-Identifier: EUPL-1.2
"""`kluis registry import|export` and `kluis operator add`, beside a running server or without."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias, TypeVar

from commands.kept import settings_of, with_database
from commands.seed import read_seed
from commands.settings import WrongUsage, add_flags
from consent import forms
from consent.registry import file as registry_file
from consent.registry.file import Registry
from consent.registry.seed import export_registry, seed_registry
from pod.database import Database, Tx
from pod.errors import Missing, PodError
from pod.instant import wall
from pod.iri import Iri

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
T = TypeVar("T")

FORMS: Mapping[str, str] = {"json": forms.JSON, "jsonld": forms.JSON_LD, "turtle": forms.TURTLE}
ENDINGS: Mapping[str, str] = {"": "json", ".json": "json", ".jsonld": "jsonld", ".ttl": "turtle"}


def add_commands(commands: Subparsers) -> None:
    """Add them to the command line."""
    registry = commands.add_parser("registry", help="agencies and purposes, from and to a file")
    what = registry.add_subparsers(required=True, metavar="import|export")
    importing = what.add_parser("import", help="add what is not there yet")
    importing.add_argument("file", type=Path, help="agencies and purposes (.json, .jsonld, .ttl)")
    exporting = what.add_parser("export", help="write everything")
    exporting.add_argument("file", type=Path, nargs="?", help="where to; standard output if absent")
    exporting.add_argument("--format", choices=FORMS, help="what the file's ending says, or json")
    operator = commands.add_parser("operator", help="who may publish and suspend")
    adding = operator.add_subparsers(required=True, metavar="add").add_parser("add")
    adding.add_argument("email", help="the address that the account signs in with")
    for parser, command in ((importing, _import), (exporting, _export), (adding, _add_operator)):
        add_flags(parser)
        parser.set_defaults(command=command)


def _import(given: argparse.Namespace) -> int:
    form = _form_of(given.file)
    settings = settings_of(given)
    found = _read(given.file, form, settings.base)

    async def work(db: Database) -> str:
        made = await seed_registry(db, settings.base, found["agencies"], found["purposes"], wall())
        return f"Added {made.agencies} agencies and {made.purposes} purposes."

    print(with_database(settings, work))
    return 0


def _form_of(file: Path) -> str:
    try:
        return ENDINGS[file.suffix.lower()]
    except KeyError as error:
        raise WrongUsage(
            f"The ending of {file} says no form that a registry has: .json, .jsonld or .ttl."
        ) from error


def _read(file: Path, form: str, base: Iri) -> Registry:
    if form == "json":
        seed = read_seed(file)
        if seed.accounts:
            raise WrongUsage(f"{file} holds accounts; those come in with kluis serve --seed.")
        return {"agencies": seed.agencies, "purposes": seed.purposes}
    try:
        found = registry_file.read(file.read_bytes(), FORMS[form], base)
    except OSError as error:
        raise WrongUsage(f"The file {file} cannot be read: {error.strerror}.") from error
    except PodError as error:
        raise WrongUsage(f"The file {file} does not fit: {error.detail}") from error
    if not any(found.values()):
        raise WrongUsage(f"The file {file} names no agencies and no purposes.")
    return found


def _export(given: argparse.Namespace) -> int:
    file: Path | None = given.file
    form = given.format or ("json" if file is None else _form_of(file))
    settings = settings_of(given)

    async def work(db: Database) -> Registry:
        return await export_registry(db, settings.base)

    body = registry_file.written(with_database(settings, work), FORMS[form], settings.base)
    if file is None:
        sys.stdout.buffer.write(body)
        return 0
    try:
        file.write_bytes(body)
    except OSError as error:
        raise WrongUsage(f"The file {file} cannot be written: {error.strerror}.") from error
    return 0


def _add_operator(given: argparse.Namespace) -> int:
    settings = settings_of(given)

    async def work(db: Database) -> None:
        await db.write(None, _mark_operator, given.email.lower())

    with_database(settings, work)
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
