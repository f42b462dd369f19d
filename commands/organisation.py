# SPDX-License-Identifier: EUPL-1.2
"""`kluis organisation add|verify`: accounts of organisations, named by the operator (KLU-11)."""

import argparse
from typing import TypeAlias, TypeVar

from commands.kept import settings_of, with_database
from commands.settings import WrongUsage, add_flags
from consent.registry.agency import agency_at
from identity.accounts import organisations
from identity.accounts.accounts import find_login, new_id
from pod.database import Database, Tx
from pod.errors import Missing, Unreadable
from pod.instant import Instant, wall
from pod.iri import Iri

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
T = TypeVar("T")


def add_commands(commands: Subparsers) -> None:
    """Add them to the command line."""
    parser = commands.add_parser("organisation", help="accounts of organisations and their names")
    what = parser.add_subparsers(required=True, metavar="add|verify")
    adding = what.add_parser("add", help="make one, and name its first admin")
    adding.add_argument("--admin", required=True, help="the address that the admin signs in with")
    verifying = what.add_parser("verify", help="its name was looked up again")
    for each, command in ((adding, _add), (verifying, _verify)):
        each.add_argument("--agency", help="take name and number from this agency of the registry")
        each.add_argument("--name", help="the verified name, without --agency")
        each.add_argument("--kbo", help="the verified KBO number, without --agency")
        add_flags(each)
        each.set_defaults(command=command)


def _add(given: argparse.Namespace) -> int:
    settings = settings_of(given)

    async def work(db: Database) -> str:
        name, code = await _known_as(db, settings.base, given)
        admin, account, now = given.admin.lower(), new_id(), wall()
        await db.write(None, _add_with_admin, account, name, code, admin, now)
        return f"{name} ({code}) has an account now; {given.admin} is its admin."

    print(with_database(settings, work))
    return 0


async def _add_with_admin(
    tx: Tx, account: str, name: str, code: str, admin: str, now: Instant
) -> None:
    login = await find_login(tx, admin)
    if login is None:
        raise Missing(f"No account signs in with {admin}.")
    await organisations.add_organisation(tx, account, name, code, login.account, now)


def _verify(given: argparse.Namespace) -> int:
    settings = settings_of(given)

    async def work(db: Database) -> str:
        name, code = await _known_as(db, settings.base, given)
        await db.write(None, organisations.verify, code, name, wall())
        return f"{code} is {name}."

    print(with_database(settings, work))
    return 0


async def _known_as(db: Database, base: Iri, given: argparse.Namespace) -> tuple[str, str]:
    """Name and number: as the consent screens show them, or as the operator gives them."""
    if given.agency is None:
        if not given.name or not given.kbo:
            raise WrongUsage("Give --agency, or --name and --kbo.")
        return organisations.read_name(given.name), organisations.read_code(given.kbo)
    agency = await db.read(agency_at, given.agency, base)
    if agency is None:
        raise Missing(f"The registry has no agency {given.agency}.")
    code = dict(agency.codes).get("kbo")
    if code is None:
        raise Unreadable(f"The agency {given.agency} has no KBO number in the registry.")
    name = agency.name.get("nl") or next(iter(agency.name.values()))
    return organisations.read_name(name), organisations.read_code(code)
