# SPDX-License-Identifier: EUPL-1.2
"""The play from curtain to curtain: a fresh server, the chapters in order, the end."""

import asyncio
import io
import shutil
import signal
import sys
import tempfile
import textwrap
import time
from asyncio.subprocess import Process
from pathlib import Path

from aiohttp import ClientError

from commands.answer import Unexpected, want_same, want_status
from commands.client import open_web
from commands.demo.arriving import (
    agency_arrives,
    citizen_arrives,
    pods_are_filled,
    the_house_is_open,
)
from commands.demo.asking import agency_asks, an_decides, asked_of
from commands.demo.cast import AGENCY_NAME, Cast, Stage, new_cast
from commands.demo.proving import an_reads_her_log, the_chain_holds, the_receipt_holds
from commands.demo.reading import agency_is_refused, agency_reads, an_withdraws
from commands.demo.seed import seed
from commands.demo.signing import Upstream, citizen_signs_in, start_upstream
from commands.demo.telling import BOLD, DIM, GREEN, RED, WIDTH, Story, wants_colour
from commands.launch import Place, free_port, start, stop, with_settings


def run(keep: bool = False) -> int:
    """Tell the whole story; 0 when each step did as it should, else 1."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")  # ✓ and ─ also where the locale is C
    story = Story(sys.stdout, wants_colour(sys.stdout))
    place = Place(Path(tempfile.mkdtemp(prefix="kluis-demo-")), free_port())
    try:
        return asyncio.run(perform(place, story, keep))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 1
    finally:
        shutil.rmtree(place.folder, ignore_errors=True)


async def perform(place: Place, story: Story, keep: bool) -> int:
    task = asyncio.current_task()
    if task is not None:  # a plain `kill` must not leave the server behind
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    cast, upstream = new_cast(), Upstream(free_port(), place.base)
    place.sow(seed(place.base, cast))
    place = with_settings(place, upstream.settings)
    story.say(f"Kluis demo: a pod, a request, a yes, a read, a no. {place.base}", BOLD)
    running: list[Process] = []
    begun = time.perf_counter()
    try:
        story.chapter("The server starts with a fresh folder, an agency and its purpose")
        with story.step("It is up, in a process of its own; from here on all goes over HTTP"):
            running.append(process := await start(place))
        async with open_web(place.base, story.hear) as web:
            stage = Stage(web, story, cast)
            await _tell(stage, keep)
            story.chapter("A citizen signs in with a government provider")
            running.append(await start_upstream(upstream, place.log))
            await citizen_signs_in(stage, upstream)
        if not keep:
            await _close(story, process)
        _end_well(story, time.perf_counter() - begun)
        if keep:
            _show_around(place, cast, story)
            return await _stay(story, process)
    except (Unexpected, ClientError, TimeoutError) as error:
        _end_badly(place, story, error)
        return 1
    else:
        return 0
    finally:
        for each in running:
            await stop(each)


async def _tell(stage: Stage, keep: bool) -> None:
    story, cast = stage.story, stage.cast
    await the_house_is_open(stage)
    story.chapter("An and Youssef come in, as scripts for other Solid servers make users")
    an = await citizen_arrives(stage, cast.an)
    youssef = await citizen_arrives(stage, cast.youssef)
    story.chapter("They put their papers away")
    await pods_are_filled(stage, an, youssef)
    story.chapter(f"{AGENCY_NAME} asks")
    agency = await agency_arrives(stage)
    request = await agency_asks(stage, an, agency)
    story.chapter("An decides")
    yes = await an_decides(stage, an, request)
    story.chapter("The agency reads, under the grant")
    reader = await agency_reads(stage, an, agency, yes)
    story.chapter("What An did not share stays closed")
    await agency_is_refused(stage, an, youssef, reader)
    story.chapter("An changes her mind")
    receipt = await an_withdraws(stage, an, reader, yes)
    story.chapter("Who read what, and why")
    await an_reads_her_log(stage, an, youssef, reader, yes)
    story.chapter("Nothing was left out or changed afterwards")
    await the_chain_holds(stage, an)
    story.chapter("Proof to keep")
    await the_receipt_holds(stage, an, yes, receipt)
    if keep:
        story.chapter("Something to decide on her pages")
        with story.step("The agency asks once more; this request stays open"):
            question = asked_of(an, agency)
            want_status(await stage.web.post(".consent/requests", question, agency.login), 202)


async def _close(story: Story, process: Process) -> None:
    story.chapter("The house closes")
    with story.step("Asked to stop, the server finishes and ends with exit code 0"):
        want_same("its exit code", await stop(process), 0)


def _end_well(story: Story, seconds: float) -> None:
    story.say()
    told = f"{story.steps} steps, {story.answers} answers over HTTP, {seconds:.1f} s."
    story.say(f"All as it should be: {told}", GREEN)


def _end_badly(place: Place, story: Story, error: Exception) -> None:
    if not isinstance(error, Unexpected):
        error = Unexpected(f"Expected an answer, but none came ({type(error).__name__}: {error}).")
    story.say()
    for line in textwrap.wrap(f"The story stops here. {error}", WIDTH, break_long_words=False):
        story.say(line, RED)
    for line in place.last_words():
        story.say(f"    {line}", DIM)


def _show_around(place: Place, cast: Cast, story: Story) -> None:
    """Addresses, logins, and what to try from another terminal."""
    base = place.base
    story.say()
    story.say("The server stays up until Ctrl-C.", BOLD)
    story.say(f"    Pages        {base}-/")
    for person in (cast.an, cast.youssef, cast.agency, cast.operator):
        story.say(f"    {person.name:<26} {person.email:<26} {person.password}")
    story.say(f"    Data         {place.folder / 'data'}")
    story.say()
    story.say("Try:")
    profile = f"{base}{cast.an.pod_name}/profile/card"
    login = f'{{"email": "{cast.an.email}", "password": "{cast.an.password}"}}'
    story.say(f"    curl -i {profile}")
    story.say(f"    curl -i {base}{cast.an.pod_name}/inkomen/2026-08.ttl    # 401: not yours")
    story.say(f"    curl -s {base}.consent/purposes")
    story.say(f"    curl -s {base}.account/login/password/ -H 'Content-Type: application/json' \\")
    story.say(f"         -d '{login}'")


async def _stay(story: Story, process: Process) -> int:
    """Leave the server up until Ctrl-C or SIGTERM, which are a good end."""
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        story.say("The server stops.")
        return 0
    story.say(f"The server ended by itself ({code}).", RED)
    return 1
