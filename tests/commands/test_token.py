# SPDX-License-Identifier: EUPL-1.2
"""`kluis token` and `kluis organisation`, beside a real server."""

import argparse
import asyncio
import shlex
from pathlib import Path

import pytest

import commands.organisation
import commands.token
from commands.settings import Settings, WrongUsage
from identity.accounts.organisations import find_by_code, staff_of
from pod.errors import PodError
from pod.sqlite import open_sqlite
from tests.stories.town import Town, a_town


async def _run(line: str) -> str:
    words = shlex.split(line)
    process = await asyncio.create_subprocess_exec(*words, stdout=-1, stderr=-1)
    out, _ = await process.communicate()
    return out.decode()


def _settings(town: Town, dev: bool = True) -> Settings:
    return Settings(base_url=town.place.base, data=town.place.folder / "data", dev=dev)


def _given(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    subparsers = parser.add_subparsers(required=True)
    commands.token.add_commands(subparsers)
    commands.organisation.add_commands(subparsers)
    return parser.parse_args(words)


async def test_the_line_reads_what_is_private_and_works_once(tmp_path: Path) -> None:
    async with a_town(tmp_path) as town:
        settings = _settings(town)
        name = town.an.pod.removeprefix(town.place.base).rstrip("/")
        line = await commands.token.line(settings, name, "get", town.slip)
        first, second = await _run(line), await _run(line)
        by_webid = await _run(await commands.token.line(settings, town.an.web_id, "GET", ""))
        with pytest.raises(PodError, match="No account here"):
            await commands.token.line(settings, "niemand", "GET", "")

    assert first.startswith("HTTP/1.1 200")
    assert second.startswith("HTTP/1.1 401")
    assert by_webid.startswith("HTTP/1.1 200")


def test_no_token_outside_development(tmp_path: Path) -> None:
    given = _given("token", "an", "--data", str(tmp_path))

    with pytest.raises(WrongUsage, match="--dev"):
        given.command(given)


async def test_an_organisation_is_named_by_the_operator(tmp_path: Path) -> None:  # KLU-11
    async with a_town(tmp_path) as town:
        where = ["--data", str(town.place.folder / "data"), "--base-url", town.place.base, "--dev"]
        words = ["--name", "Gemeente Ambt", "--kbo", "0403.019.261", *where]
        given = _given("organisation", "add", "--admin", town.citizen.person.email, *words)
        assert await asyncio.to_thread(given.command, given) == 0
        with pytest.raises(PodError, match="already is an organisation"):
            await asyncio.to_thread(given.command, given)
        again = _given("organisation", "verify", *words[:1], "Ambt", *words[2:])
        assert await asyncio.to_thread(again.command, again) == 0
        db = await open_sqlite(town.place.folder / "data" / "kluis.db")
        found = await db.read(find_by_code, "0403019261")
        assert found is not None
        staff = await db.read(staff_of, found.account)
        await db.close()

    assert found.name == "Ambt"
    assert [(colleague.role, *colleague.webids) for colleague in staff] == [
        ("admin", town.an.web_id)
    ]


@pytest.mark.parametrize("words", [["--name", "Ambt"], ["--kbo", "0403019261"], []])
async def test_an_organisation_without_name_or_number_is_wrong_usage(
    tmp_path: Path, words: list[str]
) -> None:
    (tmp_path / "kluis.db").touch()
    given = _given("organisation", "verify", "--data", str(tmp_path), *words)

    with pytest.raises(WrongUsage, match="--agency"):
        await asyncio.to_thread(given.command, given)
