# SPDX-License-Identifier: EUPL-1.2
"""Kluis: joins the rooms into one server, and is its command line."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

from aiohttp import web

import acl.wac
import consent.grants.permits
import consent.house
import consent.law.permits
import consent.routes
import dashboard.problems
import dashboard.routes
import identity.account_api.account_routes
import identity.account_api.interaction_routes
import identity.clients.registration_routes
import identity.provider.revocation_routes
import identity.provider.routes
import identity.sign_in.passkey_routes
import identity.upstream.routes
import ldp.ask
import ldp.routes
from acl.alarm import Alarm
from acl.informed import informed
from acl.public import public_document
from acl.remote import RemoteGroups
from acl.restore import restore_lost
from acl.soon import Soon
from commands import acl_history, demo, dev_idp, keys, organisation, registry, seed, token, verify
from commands.delivering import delivering
from commands.in_front import behind
from commands.page_changes import keeping_of
from commands.settings import Settings, WrongUsage, add_flags, read_settings
from commands.settling import settling
from commands.workers import Crew, Sockets, keep, listening
from consent.grants.farewell import farewell_in
from consent.log.reading import agency_of
from consent.proof.signer import signer_of
from dashboard.fittings import Fittings
from identity.accounts.announcements import announcing
from identity.accounts.recovery import Recovery
from identity.door import Door
from identity.identify import Abroad
from identity.letters.mail import Mailbox, Smtp, open_mailbox
from identity.outward.fetch import open_fetch
from identity.outward.own_documents import Homeward
from identity.sign_in.passwords import SHORTEST, Passwords
from identity.sign_in.tries import open_tries
from identity.tokens.foreign_issuers import ForeignIssuers
from identity.tokens.keys import Keys, open_keys
from identity.tokens.replay import open_replay
from identity.traffic import Traffic
from pod.datafolder import DataFolder, locked, open_folder
from pod.errors import PodError
from pod.files import Files
from pod.instant import wall
from pod.schema import holdings, migrate
from pod.sqlite import Sqlite, open_sqlite
from pod.sweep import sweep

LINE_LIMIT = 32 * 1024
STOP_SECONDS = 30
VERSION = version("kluis")
T = TypeVar("T")


def build_app(
    settings: Settings,
    db: Sqlite,
    folder: DataFolder,
    keys: Keys,
    traffic: Traffic,
    settles: bool = True,
) -> web.Application:
    """All rooms, each behind its doors; the catch-all for data comes last."""
    base, files = settings.base, Files(folder.blobs)
    replay = open_replay(folder.proofs, wall(), shared=settings.workers > 1)
    passwords = Passwords(tries=open_tries(_tries(folder)))
    fetcher = open_fetch(dev=settings.dev, now=wall)
    # Kluis has two sources of permission; a third is one more function here.
    hosts = frozenset(settings.remote_groups)
    groups = RemoteGroups(hosts, base, fetcher.get, wall, settings.dev) if hosts else None
    deciding = informed(db, groups)
    ours = acl.wac.permit_source(groups, Alarm())
    own = partial(public_document, deciding, ours, wall)
    get = Homeward(base, fetcher.get, own, settings.dev).get
    issuers = ForeignIssuers(get, settings.dev)
    abroad = Abroad(issuers, passwords.tries)
    identify = identity.provider.routes.identify_with(keys, replay, base, wall, abroad)
    explained = frozenset(dashboard.problems.PROBLEMS)
    door = Door(base, identify, traffic=traffic, explained=explained)
    signer = signer_of(keys.consent)
    lawful = consent.law.permits.beside(consent.grants.permits.permit_source(base, signer))
    sources = (ours, lawful)
    soon = Soon(deciding, base, wall, agency_of)
    data = ldp.ask.House(
        base=base,
        db=deciding,
        files=files,
        now=wall,
        sources=sources,
        contexts={},
        largest_body=settings.max_body,
        quota=settings.quota,
        strict_listing=settings.strict_listing,
        open_control=settings.open_control or settings.dev,
        remote_groups=groups,
        soon=soon,
    )
    rates = consent.house.DEVELOPMENT_RATES if settings.dev else consent.house.PLAIN_RATES
    word = consent.house.House(base, deciding, files, wall, signer, rates, soon=soon)
    app = web.Application(
        client_max_size=settings.max_body, middlewares=behind(settings.trusted_proxy)
    )
    tries = passwords.tries
    app.add_routes(
        identity.clients.registration_routes.routes(db, door, tries, wall, dev=settings.dev)
    )
    app.add_routes(
        identity.provider.revocation_routes.routes(db, door, get, keys, replay, base, wall)
    )
    app.add_routes(
        identity.provider.routes.routes(
            db, door, keys, replay, base, wall, get, settings.dev, tries
        )
    )
    app.add_routes(
        identity.upstream.routes.routes(db, door, base, wall, get, fetcher.swap, settings.provider)
    )
    app.add_routes(
        identity.account_api.interaction_routes.routes(
            db, door, base, wall, get, settings.dev, passwords
        )
    )
    mailbox, farewell = _mailbox(settings, folder), farewell_in(word)
    recovery = None if mailbox is None else Recovery(db, base, wall, passwords, mailbox)
    app.add_routes(
        identity.sign_in.passkey_routes.routes(
            db, door, base, wall, settings.dev, passwords, recovery, settings.registers
        )
    )
    app.add_routes(
        identity.account_api.account_routes.routes(
            db,
            door,
            base,
            wall,
            settings.dev,
            passwords,
            mailbox=mailbox,
            fetch=get,
            files=files,
            providers=settings.provider,
            farewell=farewell,
            registers=settings.registers,
        )
    )
    app.add_routes(consent.routes.routes(word, door, dev=settings.dev, sources=sources))
    fittings = Fittings(
        passwords,
        get,
        recovery,
        providers=settings.provider,
        shortest=1 if settings.dev else SHORTEST,
        dev=settings.dev,
        mail=_letters(settings, folder),
        keeping=keeping_of(data),
        registers=settings.registers,
    )
    app.add_routes(dashboard.routes.routes(word, door, fittings=fittings, sources=sources))
    app.add_routes(ldp.routes.routes(data, door))

    async def close_files(_app: web.Application) -> None:
        await soon.close()
        await fetcher.close()
        if mailbox is not None:
            await mailbox.close()
        replay.close()
        passwords.tries.close()

    app.on_cleanup.append(close_files)
    app.cleanup_ctx.append(lambda _app: delivering(word, dev=settings.dev))
    if settles:
        app.cleanup_ctx.append(lambda _app: settling(word, farewell))
    if settles and mailbox is not None:
        app.cleanup_ctx.append(lambda _app: announcing(db, base, mailbox, wall))
    return app


async def serve(settings: Settings, folder: DataFolder, sockets: Sockets) -> None:
    """One process does it all, until SIGTERM or SIGINT; requests under way finish first."""
    db = await open_sqlite(folder.database)
    try:
        greeting = await _furnish(settings, db, folder)
        await _answer(settings, db, folder, sockets, greeting)
    finally:
        await db.close()


async def prepare(settings: Settings, folder: DataFolder) -> str:
    """What is done once before workers start; gives the greeting."""
    open_keys(folder.keys, keys.seal_of(settings))
    open_replay(folder.proofs, wall()).close()
    open_tries(_tries(folder)).close()
    db = await open_sqlite(folder.database)
    try:
        return await _furnish(settings, db, folder)
    finally:
        await db.close()


def work(settings: Settings, sockets: Sockets, number: int) -> None:
    """One worker of several, in a process of its own."""
    _log_little()
    _run(_work(settings, sockets, number))


async def _work(settings: Settings, sockets: Sockets, number: int) -> None:
    folder = open_folder(settings.data)
    db = await open_sqlite(folder.database)
    try:
        await _answer(settings, db, folder, sockets, settles=number == 0)
    finally:
        await db.close()


def _letters(settings: Settings, folder: DataFolder) -> Path | None:
    """In development letters land in a folder, for a page to show."""
    return folder.path / "mail" if settings.dev and not settings.smtp_host else None


def _mailbox(settings: Settings, folder: DataFolder) -> Mailbox | None:
    smtp = None
    if settings.smtp_host:
        smtp = Smtp(
            settings.smtp_host, settings.smtp_port, settings.smtp_user, settings.smtp_password
        )
    return open_mailbox(smtp, settings.mail_from, _letters(settings, folder), wall)


def _tries(folder: DataFolder) -> Path:
    return folder.path / "tries.db"


async def _furnish(settings: Settings, db: Sqlite, folder: DataFolder) -> str:
    await migrate(db)
    await sweep(db, Files(folder.blobs))
    await restore_lost(db, wall)
    if settings.seed is not None:
        await seed.plant(db, settings.base, settings.seed, wall)
    return await _greeting(settings, db)


async def _answer(
    settings: Settings,
    db: Sqlite,
    folder: DataFolder,
    sockets: Sockets,
    greeting: str | None = None,
    settles: bool = True,
) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    traffic, signing = Traffic(), open_keys(folder.keys, keys.seal_of(settings))
    runner = web.AppRunner(
        build_app(settings, db, folder, signing, traffic, settles),
        access_log=None,
        max_line_size=LINE_LIMIT,
        max_field_size=LINE_LIMIT,
        shutdown_timeout=STOP_SECONDS,
    )
    await runner.setup()
    try:
        ports = [web.SockSite(runner, each) for each in sockets]
        for port in ports:
            await port.start()
        if greeting is not None:
            print(greeting, flush=True)
        await stop.wait()
        # aiohttp drops what still arrives once it cleans up: finish what is under way before.
        for port in ports:
            await port.stop()
        await traffic.drained(STOP_SECONDS)
    finally:
        await runner.cleanup()


async def _greeting(settings: Settings, db: Sqlite) -> str:
    held = await db.read(holdings)
    mode = ", development mode" if settings.dev else ""
    return f"Kluis {VERSION} listens on {settings.base}{mode}; {settings.data} holds {held}."


def run_serve(given: argparse.Namespace) -> int:
    """`kluis serve`."""
    settings = read_settings(vars(given), os.environ)
    _log_little()
    folder = open_folder(settings.data)
    with locked(folder), listening(settings) as sockets:
        if settings.workers == 1:
            _run(serve(settings, folder, sockets))
        else:
            greeting = _run(prepare(settings, folder))
            asyncio.run(keep(Crew(work, settings, sockets), greeting))
    return 0


def _log_little() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    # aiohttp logs a traceback for each malformed request that it refuses.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)


def _run(main_: Coroutine[None, None, T]) -> T:
    try:
        import uvloop
    except ImportError:
        return asyncio.run(main_)
    result: T = uvloop.run(main_)
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """The `kluis` command: 0 done, 1 it did not work, 2 wrong usage."""
    given = arguments().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = given.command
    try:
        return command(given)
    except WrongUsage as error:
        print(f"kluis: {error}", file=sys.stderr)
        return 2
    except PodError as error:
        print(f"kluis: {error.detail}", file=sys.stderr)
        return 1


def arguments() -> argparse.ArgumentParser:
    """What the command line knows."""
    parser = argparse.ArgumentParser(prog="kluis", description="A Solid pod server with consent.")
    parser.add_argument("--version", action="version", version=f"kluis {VERSION}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serving = commands.add_parser("serve", help="run the server")
    add_flags(serving)
    serving.set_defaults(command=run_serve)
    showing = commands.add_parser("demo", help="tell the whole story against a real server")
    showing.add_argument("--keep", action="store_true", help="leave the server running")
    showing.set_defaults(command=lambda given: demo.run(given.keep))
    for each in (verify, registry, token, organisation, keys, dev_idp, acl_history):
        each.add_commands(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
