# SPDX-License-Identifier: EUPL-1.2
"""Kluis: joins the rooms into one server, and is its command line."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from importlib.metadata import version

from aiohttp import web

import acl.wac
import consent.house
import consent.permits
import consent.routes
import dashboard.problems
import dashboard.routes
import identity.account_routes
import identity.routes
import ldp.ask
import ldp.routes
from commands import demo, registry, seed, verify
from commands.settings import Settings, WrongUsage, add_flags, read_settings
from consent.signer import signer_of
from identity.door import Door
from identity.keys import Keys, open_keys
from identity.replay import open_replay
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


def build_app(
    settings: Settings, db: Sqlite, folder: DataFolder, keys: Keys, traffic: Traffic
) -> web.Application:
    """All rooms, each behind its doors; the catch-all for data comes last."""
    base, files = settings.base, Files(folder.blobs)
    replay = open_replay(folder.proofs, wall())
    identify = identity.routes.identify_with(keys, replay, base, wall)
    explained = frozenset(dashboard.problems.PROBLEMS)
    door = Door(base, identify, traffic=traffic, explained=explained)
    signer = signer_of(keys.consent)
    # Kluis has two sources of permission; a third is one more function here.
    sources = (acl.wac.permits, consent.permits.permit_source(base, signer))
    data = ldp.ask.House(
        base=base,
        db=db,
        files=files,
        now=wall,
        sources=sources,
        contexts={},
        largest_body=settings.max_body,
    )
    rates = consent.house.DEVELOPMENT_RATES if settings.dev else consent.house.PLAIN_RATES
    word = consent.house.House(base, db, files, wall, signer, rates)
    app = web.Application(client_max_size=settings.max_body)
    app.add_routes(identity.routes.routes(db, door, keys, replay, base, wall))
    app.add_routes(identity.account_routes.routes(db, door, base, wall, settings.dev))
    app.add_routes(consent.routes.routes(word, door, dev=settings.dev))
    app.add_routes(dashboard.routes.routes(word, door))
    app.add_routes(ldp.routes.routes(data, door))

    async def close_replay(_app: web.Application) -> None:
        replay.close()

    app.on_cleanup.append(close_replay)
    return app


async def serve(settings: Settings, folder: DataFolder) -> None:
    """Serve until SIGTERM or SIGINT; requests under way finish first."""
    db = await open_sqlite(folder.database)
    try:
        await migrate(db)
        await sweep(db, Files(folder.blobs))
        if settings.seed is not None:
            await seed.plant(db, settings.base, settings.seed, wall)
        await _listen(settings, db, folder)
    finally:
        await db.close()


async def _listen(settings: Settings, db: Sqlite, folder: DataFolder) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    traffic = Traffic()
    runner = web.AppRunner(
        build_app(settings, db, folder, open_keys(folder.keys), traffic),
        access_log=None,
        max_line_size=LINE_LIMIT,
        max_field_size=LINE_LIMIT,
        shutdown_timeout=STOP_SECONDS,
    )
    await runner.setup()
    try:
        port = await _open_port(runner, settings)
        print(await _greeting(settings, db), flush=True)
        await stop.wait()
        # aiohttp drops what still arrives once it cleans up: finish what is under way before.
        await port.stop()
        await traffic.drained(STOP_SECONDS)
    finally:
        await runner.cleanup()


async def _open_port(runner: web.AppRunner, settings: Settings) -> web.TCPSite:
    port = web.TCPSite(runner, settings.host, settings.port)
    try:
        await port.start()
    except OSError as error:
        raise WrongUsage(
            f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}):"
            " give another --port."
        ) from error
    return port


async def _greeting(settings: Settings, db: Sqlite) -> str:
    held = await db.read(holdings)
    mode = ", development mode" if settings.dev else ""
    return f"Kluis {VERSION} listens on {settings.base}{mode}; {settings.data} holds {held}."


def run_serve(given: argparse.Namespace) -> int:
    """`kluis serve`."""
    settings = read_settings(vars(given), os.environ)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    # aiohttp logs a traceback for each malformed request that it refuses.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    folder = open_folder(settings.data)
    with locked(folder):
        _run(serve(settings, folder))
    return 0


def _run(main_: Coroutine[None, None, None]) -> None:
    try:
        import uvloop
    except ImportError:
        asyncio.run(main_)
    else:
        uvloop.run(main_)


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
    verify.add_commands(commands)
    registry.add_commands(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
