# SPDX-License-Identifier: EUPL-1.2
"""`kluis serve` as an operator meets it: start, say, stop, and refuse in one sentence."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from commands.answer import want_status
from commands.client import open_web
from commands.demo.cast import new_cast
from commands.demo.seed import seed
from commands.launch import SERVER, Place, free_port, start, stop

from .town import a_town


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command, ended by itself within ten seconds."""
    return subprocess.run(
        [sys.executable, str(SERVER), *words],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
        env={**os.environ, **environ},
    )


async def test_it_starts_in_under_two_seconds_says_what_it_holds_and_stops_cleanly(
    tmp_path: Path,
) -> None:
    place = Place(tmp_path, free_port())
    place.sow(seed(place.base, new_cast()))
    await stop(await start(place))

    begun = time.monotonic()
    process = await start(place)
    took = time.monotonic() - begun
    code = await stop(process)

    assert code == 0
    said = place.last_words(1)[0]
    assert f"listens on {place.base}" in said
    assert "1 agency, 1 purpose" in said
    assert took < 10  # a figure is measured in bench/, this only notices a hang


async def test_requests_under_way_finish_when_it_is_told_to_stop(tmp_path: Path) -> None:
    async with a_town(tmp_path) as town:
        url = town.an.pod + "slow.txt"
        reader, writer = await asyncio.open_connection("127.0.0.1", town.place.port)
        lines = [
            "PUT /an/slow.txt HTTP/1.1",
            f"Host: localhost:{town.place.port}",
            "Content-Type: text/plain",
            "Content-Length: 10",
            "Connection: close",
            *(f"{name}: {value}" for name, value in town.login.headers("PUT", url).items()),
        ]
        writer.write("\r\n".join([*lines, "", "begun"]).encode())
        await writer.drain()
        await asyncio.sleep(0.3)

        town.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.3)
        writer.write(b"ended")

        assert (await reader.read()).startswith(b"HTTP/1.1 201 ")
        assert await town.process.wait() == 0


async def test_a_folder_in_use_is_refused_with_one_sentence(tmp_path: Path) -> None:  # T-53
    place = Place(tmp_path, free_port())
    place.sow({"accounts": []})
    process = await start(place)
    try:
        data = str(tmp_path / "data")
        second = await asyncio.to_thread(
            run, "serve", "--dev", "--port", str(free_port()), "--data", data
        )
    finally:
        await stop(process)

    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert "Another server is using the data folder" in second.stderr


async def test_a_folder_of_a_newer_kluis_is_refused_and_left_alone(tmp_path: Path) -> None:
    place = Place(tmp_path, free_port())
    place.sow({"accounts": []})
    await stop(await start(place))
    with sqlite3.connect(tmp_path / "data" / "kluis.db") as rows:
        rows.execute("INSERT INTO schema_step (step) VALUES (999)")
    rows.close()
    before = (tmp_path / "data" / "kluis.db").read_bytes()

    refused = run("serve", "--dev", "--port", str(free_port()), "--data", str(tmp_path / "data"))

    assert refused.returncode == 1
    assert "newer Kluis" in refused.stderr
    assert (tmp_path / "data" / "kluis.db").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--port", "0"], "--port"),
        (["--port", "many"], "--port"),
        (["--base-url", "localhost"], "--base-url"),
        (["--base-url", "http://kluis.example/"], "https"),
        (["--seed", "/nowhere/seed.json"], "seed"),
        (["--config", "/nowhere/kluis.toml"], "settings file"),
        (["--colour"], "--colour"),
    ],
)
def test_wrong_usage_ends_with_2_and_names_the_setting(
    words: list[str], told: str, tmp_path: Path
) -> None:
    ended = run("serve", "--data", str(tmp_path / "data"), *words)

    assert ended.returncode == 2
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "cannot be read"),
        ('{"account": []}', "'account'"),
        ('[{"email": "an@x.be"}]', "password"),
        ('[{"email": "an@x.be", "password": "long enough", "pods": [{"name": "Ün"}]}]', "pod name"),
        ('{"purposes": [{"id": "x"}]}', "does not fit"),
    ],
)
def test_a_seed_that_does_not_fit_is_named_and_nothing_runs(
    content: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / "seed.json").write_text(content)
    words = ["--port", str(free_port()), "--data", str(tmp_path / "data")]

    ended = run("serve", "--dev", *words, "--seed", str(tmp_path / "seed.json"))

    assert ended.returncode == 2
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


async def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    (tmp_path / "town").mkdir()
    async with a_town(tmp_path / "town") as town:
        port = str(town.place.port)
        data = str(tmp_path / "other")
        ended = await asyncio.to_thread(
            run, "serve", "--dev", "--host", "127.0.0.1", "--port", port, "--data", data
        )

    assert ended.returncode == 2
    assert f"Port {port}" in ended.stderr


async def test_settings_come_from_the_environment_and_a_file_too(tmp_path: Path) -> None:
    port = free_port()
    (tmp_path / "kluis.toml").write_text(
        f'port = {port}\ndev = true\nbase-url = "http://localhost:{port}/"\n'
    )
    place = Place(tmp_path, port)
    words = ["serve", "--config", str(tmp_path / "kluis.toml"), "--host", "127.0.0.1"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(SERVER),
        *words,
        env={**os.environ, "KLUIS_DATA": str(tmp_path / "data")},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        said = (await process.stdout.readline()).decode()
        async with open_web(place.base) as web:
            want_status(await web.get(".account/"), 200)
    finally:
        await stop(process)

    assert f"listens on http://localhost:{port}/" in said
    assert (tmp_path / "data" / "kluis.db").is_file()


async def test_operator_and_registry_commands_work_beside_a_running_server(
    tmp_path: Path,
) -> None:  # KC-2, KC-8
    async with a_town(tmp_path) as town:
        where = ["--data", str(tmp_path / "data"), "--base-url", town.web.base]
        exported = await asyncio.to_thread(run, "registry", "export", *where)
        (tmp_path / "again.json").write_text(exported.stdout)
        again = str(tmp_path / "again.json")
        imported = await asyncio.to_thread(run, "registry", "import", again, *where)
        marked = await asyncio.to_thread(run, "operator", "add", town.citizen.person.email, *where)
        nobody = await asyncio.to_thread(run, "operator", "add", "nobody@x.be", *where)

    assert exported.returncode == 0, exported.stderr
    assert "Added 0 agencies and 0 purposes" in imported.stdout
    assert marked.returncode == 0
    assert (nobody.returncode, "nobody@x.be" in nobody.stderr) == (1, True)


async def test_an_exported_log_and_a_receipt_verify_without_the_server(tmp_path: Path) -> None:
    async with a_town(tmp_path) as town:  # KC-18, KC-23
        request = await town.ask()
        assert isinstance(request, dict)
        grant = await town.say_yes(str(request["id"]))
        want_status(await town.web.get(town.slip, town.agency.login, accept="*/*"), 200)
        log = await town.web.get(f".consent/log/export?pod={town.an.pod}", town.login)
        shown = want_status(await town.web.get(grant, town.login), 200).json
        assert isinstance(shown, dict)
        receipts = shown["receipts"]
        assert isinstance(receipts, list)
        receipt = await town.web.get(str(receipts[0]), town.login, accept="application/jose")
        keys = await town.web.get(".consent/keys")
    (tmp_path / "log").write_bytes(log.body)
    (tmp_path / "receipt").write_bytes(receipt.body)
    (tmp_path / "keys").write_bytes(keys.body)
    bad = log.body.replace(b'"outcome":"allowed"', b'"outcome":"dropped"', 1)
    (tmp_path / "bad").write_bytes(bad)
    known = ["--keys", str(tmp_path / "keys")]

    assert run("verify-log", str(tmp_path / "log"), *known).returncode == 0
    assert run("verify-receipt", str(tmp_path / "receipt"), *known).returncode == 0
    broken = run("verify-log", str(tmp_path / "bad"), *known)
    assert broken.returncode == 1
    assert broken.stderr.count("\n") == 1
    assert bad != log.body
