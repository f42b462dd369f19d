# SPDX-License-Identifier: EUPL-1.2
"""Taking everything along, and leaving, from the pages (KLU-9)."""

import io
from zipfile import ZipFile

import orjson

from consent.proof.verify import verify_log, verify_receipt
from pod.instant import DAY, MINUTE
from tests.dashboard.conftest import Browser, Town
from tests.dashboard.test_flow import AUGUST, say_yes, with_slips


async def download(an: Browser) -> tuple[int, bytes]:
    token = (await an.get("/-/settings/leave")).token("/-/settings/export")
    kept = "; ".join(f"{n}={v}" for n, v in an.cookies.items())
    headers = {"Origin": an.base[:-1], "Cookie": kept}
    async with an.web.post(
        f"{an.base}-/settings/export",
        data={"form-token": token},
        headers=headers,
        allow_redirects=False,
    ) as answer:
        return answer.status, await answer.read()


async def test_what_is_taken_along_proves_itself(town: Town, an: Browser) -> None:
    grant = await say_yes(an, await with_slips(town))
    await town.reads(AUGUST)
    await an.send(f"/-/grants/{grant}", f"/-/grants/{grant}/withdraw")

    status, body = await download(an)

    assert status == 200
    archive = ZipFile(io.BytesIO(body))
    keys = orjson.loads(archive.read("kluis/keys.json"))
    assert b"brutoloon" in archive.read("an/inkomen/2026-08.ttl")
    assert verify_log(archive.read("kluis/an/log.ndjson").decode(), keys).signed
    (told,) = [orjson.loads(x) for x in archive.read("kluis/an/grants.ndjson").splitlines()]
    assert told["grant"]["state"] == "withdrawn"
    assert [event["event"] for event in told["events"]] == ["create", "withdraw"]
    assert [verify_receipt(jws, keys)["type"] for jws in told["receipts"]] == ["ConsentReceipt"] * 2
    assert not [name for name in archive.namelist() if name.startswith("youssef")]


async def test_taking_along_and_leaving_need_a_fresh_sign_in(town: Town, an: Browser) -> None:
    town.now.advance(6 * MINUTE)

    status, _ = await download(an)
    left = await an.send("/-/settings/leave", "/-/settings/leave", sure="yes")

    assert status == 303
    assert "/-/sign-in" in left.location
    assert "Toch blijven" not in (await an.get("/-/settings/leave")).text


async def test_an_export_without_its_own_form_is_refused(town: Town, an: Browser) -> None:
    kept = "; ".join(f"{n}={v}" for n, v in an.cookies.items())
    for headers, data in (
        ({"Origin": an.base[:-1]}, {"form-token": "x"}),
        ({"Origin": "https://evil.example"}, {}),
        ({}, {}),
    ):
        async with an.web.post(
            f"{an.base}-/settings/export", data=data, headers={**headers, "Cookie": kept}
        ) as answer:
            assert answer.status == 403


async def test_leaving_stops_every_permission_at_once_and_can_be_thought_over(
    town: Town, an: Browser
) -> None:
    await say_yes(an, await with_slips(town))

    unsaid = await an.send("/-/settings/leave", "/-/settings/leave")
    before = await town.reads(AUGUST)
    await an.send("/-/settings/leave", "/-/settings/leave", sure="yes")
    after = await town.reads(AUGUST)
    page = await an.get("/-/settings/leave")
    await an.send("/-/settings/leave", "/-/settings/leave/stay")

    assert unsaid.status == 422
    assert (before.status, after.status) == (200, 403)
    assert "Toch blijven" in page.text
    town.now.advance(31 * DAY)
    assert (await an.sign_in()).status == 303
