# SPDX-License-Identifier: EUPL-1.2
"""`kluis token NAME`: a line for curl that asks for one address as that person, in development."""

import argparse
import asyncio
import os
import shlex
from typing import TypeAlias
from urllib.parse import urldefrag, urljoin

from aiohttp import ClientError

from commands.client import Credentials, log_in, open_web
from commands.settings import Settings, WrongUsage, add_flags, read_settings
from identity.accounts.credentials import (
    NewCredential,
    add_credential,
    new_credential,
    remove_credential,
)
from pod.database import Tx
from pod.errors import Missing, Unavailable
from pod.instant import Instant, wall
from pod.schema import migrate
from pod.sqlite import open_sqlite

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
LABEL = "kluis token"


def add_commands(commands: Subparsers) -> None:
    """Add it to the command line."""
    parser = commands.add_parser("token", help="a line for curl, signed in (with --dev)")
    parser.add_argument("name", help="whose: the name of a pod, or a WebID")
    parser.add_argument("--url", default="", help="what to ask for; the pod itself if absent")
    parser.add_argument("--method", default="GET", help="the method (GET)")
    add_flags(parser)
    parser.set_defaults(command=_run)


def _run(given: argparse.Namespace) -> int:
    settings = read_settings(vars(given), os.environ)
    if not settings.dev:
        raise WrongUsage("This makes a token without asking anybody: give --dev.")
    if not (settings.data / "kluis.db").is_file():
        raise WrongUsage(f"{settings.data} holds no pods yet; name the folder with --data.")
    print(asyncio.run(line(settings, given.name, given.method, given.url)))
    return 0


async def line(settings: Settings, name: str, method: str, url: str) -> str:
    """The command; its proof is for this one method and address, and works once, within a minute.

    RFC 9449 §4.3: so there is no token alone that curl could use.
    """
    webid = name if ":" in name else f"{settings.base}{name}/profile/card#me"
    target = urldefrag(urljoin(settings.base, url or webid.partition("profile/card")[0])).url
    new = new_credential(LABEL)
    db = await open_sqlite(settings.data / "kluis.db")
    try:
        await migrate(db)
        await db.write(None, _replace, new, webid, wall())
    finally:
        await db.close()
    try:
        async with open_web(settings.base) as web:
            login = await log_in(web, Credentials(new.id, new.secret, webid), "openid webid")
    except (ClientError, TimeoutError) as error:
        raise Unavailable(f"{settings.base} does not answer; start kluis serve first.") from error
    given = [f"{key}: {value}" for key, value in login.headers(method.upper(), target).items()]
    words = ["curl", "-i", "-X", method.upper()]
    words += [word for header in given for word in ("-H", header)]
    return shlex.join([*words, target])


async def _replace(tx: Tx, new: NewCredential, webid: str, now: Instant) -> None:
    """A credential for this, in place of the one of the last time."""
    row = await tx.one("SELECT account FROM webid WHERE uri = :webid", webid=webid)
    if row is None:
        raise Missing(f"No account here signs in as {webid}.")
    account = row["account"]
    old = await tx.all(
        "SELECT resource FROM credential WHERE account = :a AND label = :label",
        a=account,
        label=LABEL,
    )
    for each in old:
        await remove_credential(tx, account, each["resource"], now)
    await add_credential(tx, new, account, webid, LABEL, now)
