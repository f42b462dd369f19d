# SPDX-License-Identifier: EUPL-1.2
"""`kluis verify-log` and `kluis verify-receipt` on files, with nothing else (KC-18, KC-23)."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from consent.grants.grants import record
from consent.log.heads import export, keep_heads, kept_heads
from server import main

from .conftest import AGENCY_WHO, AN_WHO, BASE, SLIPS, Village
from .steps import granted

POD = f"{BASE}an/"


async def files(village: Village, folder: Path) -> dict[str, str]:
    """What An takes with her: log, heads, keys, receipt and record."""
    grant = (await granted(village))["id"]
    assert await village.read(AGENCY_WHO, SLIPS[0]) == "allowed"
    await keep_heads(village.house)
    assert await village.read(AGENCY_WHO, SLIPS[1]) == "allowed"
    pieces = [piece async for piece in await export(village.house, AN_WHO, POD)]
    token = await village.db.read(_token)
    heads = {"items": await kept_heads(village.house, AN_WHO, POD)}
    written: dict[str, bytes] = {
        "log": b"".join(pieces),
        "heads": orjson.dumps(heads),
        "keys": orjson.dumps(village.house.signer.jwks()),
        "receipt": token.encode(),
        "record": orjson.dumps(await record(village.house, AN_WHO, grant)),
    }
    for name, body in written.items():
        put(str(folder / name), body)
    return {name: str(folder / name) for name in written}


def put(name: str, body: bytes) -> None:
    Path(name).write_bytes(body)


def change(name: str, old: bytes, new: bytes) -> None:
    before = Path(name).read_bytes()
    assert old in before
    put(name, before.replace(old, new))


async def _token(tx: Any) -> str:
    row = await tx.one("SELECT jws FROM receipt WHERE party = 'subject'")
    return str(row["jws"])


async def test_a_whole_log_is_said_to_be_whole(
    village: Village, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = await files(village, tmp_path)

    assert main(["verify-log", file["log"]]) == 0
    assert main(["verify-log", file["log"], "--keys", file["keys"]]) == 0
    given = ["verify-log", file["log"], "--keys", file["keys"], "--heads", file["heads"]]
    assert main(given) == 0

    assert "2 entries is whole" in capsys.readouterr().out


async def test_the_entry_that_breaks_is_named(
    village: Village, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = await files(village, tmp_path)
    change(file["log"], SLIPS[1].encode(), SLIPS[2].encode())

    assert main(["verify-log", file["log"], "--keys", file["keys"]]) == 1

    assert "entry 2 was changed" in capsys.readouterr().err


async def test_a_receipt_is_checked_against_keys_and_record(
    village: Village, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = await files(village, tmp_path)
    given = ["verify-receipt", file["receipt"]]

    assert main(given) == 1
    assert "--keys" in capsys.readouterr().err
    assert main([*given, "--keys", file["keys"]]) == 0
    assert main([*given, "--keys", file["keys"], "--record", file["record"]]) == 0
    assert "byte for byte" in capsys.readouterr().out
    change(file["record"], b'"k:version":1', b'"k:version":2')
    assert main([*given, "--keys", file["keys"], "--record", file["record"]]) == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"keys": 1}'])
async def test_a_key_file_that_is_none_is_wrong_usage(
    village: Village, tmp_path: Path, body: bytes
) -> None:
    file = await files(village, tmp_path)
    put(file["keys"], body)

    assert main(["verify-log", file["log"], "--keys", file["keys"]]) == 2
    assert main(["verify-receipt", file["receipt"], "--keys", file["keys"]]) == 2


async def test_heads_need_the_keys_and_must_be_heads(village: Village, tmp_path: Path) -> None:
    file = await files(village, tmp_path)

    assert main(["verify-log", file["log"], "--heads", file["heads"]]) == 1
    put(file["heads"], b'{"items": [1]}')
    given = ["verify-log", file["log"], "--keys", file["keys"], "--heads", file["heads"]]
    assert main(given) == 2
