# SPDX-License-Identifier: EUPL-1.2
"""KC-20a: ranges of one version belong to the use that was counted; each is decided and logged."""

from base64 import b64encode
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Any

import pytest

from consent.registry.seed import seed_registry
from identity.who import Who
from ldp.admission import Denied
from ldp.ask import Answer
from ldp.ask import House as DataHouse
from ldp.reading import read
from pod.errors import NoSuchRange
from pod.instant import MINUTE

from .conftest import AGENCY_WHO, BASE, LOON, SLIP, SLIPS, START, Village, _purpose
from .steps import granted
from .test_reading_under_a_grant import Interrupting, _entries, _uses, ask, data_house, withdrawn

PHOTO = f"{BASE}an/foto.pdf"


@pytest.fixture
async def grant(village: Village) -> str:
    """Whole documents, not single properties, so that the bytes go out as they are kept."""
    whole = [{"class": f"{LOON}Loonfiche", "required": False}]
    purpose = _purpose("geheel", dataClasses=whole)
    await seed_registry(village.db, BASE, [], [purpose], START)
    data = [{"target": target, "required": False} for target in (SLIPS[0], PHOTO)]
    name = f"{BASE}.consent/purposes/geheel/1"
    made = await granted(village, purpose=name, data=data, count=3)
    return str(made["id"])


async def part(
    village: Village,
    range_: str | None,
    target: str = SLIPS[0],
    method: str = "GET",
    who: Who = AGENCY_WHO,
) -> Answer:
    house: DataHouse = data_house(village, village.db)
    return await read(house, replace(ask(target, method, who), range=range_))


async def told(village: Village) -> list[tuple[Any, Any]]:
    return [(e["status"], e["reason"]) for e in await village.db.read(_entries)]


async def test_ranges_of_one_version_are_one_use_and_each_is_in_the_log(
    village: Village, grant: str
) -> None:
    parts = [await part(village, f"bytes={n}-{n + 9}") for n in (0, 10, 20)]

    assert [answer.body for answer in parts] == [SLIP.encode()[n : n + 10] for n in (0, 10, 20)]
    assert await village.db.read(_uses, grant) == 1
    assert await told(village) == [(206, None), (206, "same-use"), (206, "same-use")]
    assert len({answer.headers["Kluis-Log"] for answer in parts}) == 3


async def test_ranges_after_a_whole_reading_belong_to_it(village: Village, grant: str) -> None:
    await part(village, None)
    await part(village, "bytes=0-9")
    await part(village, None)

    assert await village.db.read(_uses, grant) == 2


@pytest.mark.parametrize(
    ("minutes", "uses"),
    [((0, 9), 1), ((0, 11), 2), ((0, 6, 6), 2), ((0, 6, 6, 6), 2), ((0, 6, 6, 6, 6), 3)],
)
async def test_the_ten_minutes_begin_with_the_counted_use(
    village: Village, grant: str, minutes: tuple[int, ...], uses: int
) -> None:
    for later in minutes:
        village.later(later * MINUTE)
        await part(village, "bytes=0-9")

    assert await village.db.read(_uses, grant) == uses


async def test_other_versions_other_names_and_other_clients_are_uses_of_their_own(
    village: Village, grant: str
) -> None:
    await part(village, "bytes=0-9")
    await part(village, "bytes=0-3", PHOTO)
    assert await village.db.read(_uses, grant) == 2

    await village.put(SLIPS[0], SLIP.encode() + b"# changed")
    await part(village, "bytes=0-9")

    assert [reason for _, reason in await told(village)] == [None, None, None]


async def test_asking_for_headers_opens_nothing(village: Village, grant: str) -> None:
    await part(village, None, method="HEAD")
    await part(village, "bytes=0-9")

    assert await village.db.read(_uses, grant) == 1
    assert await told(village) == [(200, "headers-only"), (206, None)]


async def test_the_last_use_ends_the_grant_for_further_ranges_too(
    village: Village, grant: str
) -> None:
    for _ in range(3):
        await part(village, None)

    with pytest.raises(Denied) as refusal:
        await part(village, "bytes=0-9")

    assert refusal.value.problem == "grant-exhausted"


async def test_a_withdrawal_between_the_steps_stops_a_range(village: Village, grant: str) -> None:
    await part(village, "bytes=0-9")
    db = Interrupting(village.db, 1, partial(withdrawn, village, grant))

    with pytest.raises(Denied) as refusal:
        await read(data_house(village, db), replace(ask(SLIPS[0]), range="bytes=10-19"))

    assert refusal.value.problem == "grant-withdrawn"
    assert len(await told(village)) == 1


async def test_a_range_that_is_not_there_is_logged_and_not_counted(
    village: Village, grant: str
) -> None:
    with pytest.raises(NoSuchRange) as refusal:
        await part(village, "bytes=100000-")

    assert await village.db.read(_uses, grant) == 0
    (entry,) = await village.db.read(_entries)
    assert (entry["status"], entry["id"]) == (416, refusal.value.headers["Kluis-Log"])
    # domain.md §8.1: nothing was given, so it is not among the allowed.
    assert (entry["outcome"], entry["reason"]) == ("denied", "range-not-satisfiable")


async def test_a_projection_has_no_ranges_and_only_its_own_checksum(village: Village) -> None:
    await granted(village)
    asked = replace(
        ask(SLIPS[0]), range="bytes=0-9", digests_wanted=frozenset({"Repr-Digest", "Digest"})
    )

    answer = await read(data_house(village, village.db), asked)

    (entry,) = await village.db.read(_entries)
    assert (answer.status, answer.headers["Accept-Ranges"]) == (200, "none")
    digest = bytes.fromhex(entry["version"])
    assert isinstance(answer.body, bytes)
    assert b64encode(digest).decode() not in str(answer.headers)
    assert b64encode(sha256(answer.body).digest()).decode() in answer.headers["Repr-Digest"]


@pytest.fixture
async def paced(village: Village) -> str:
    """As `grant`, with an hour between two uses."""
    whole = [{"class": f"{LOON}Loonfiche", "required": False}]
    await seed_registry(village.db, BASE, [], [_purpose("traag", dataClasses=whole)], START)
    data = [{"target": target, "required": False} for target in (SLIPS[0], PHOTO)]
    name = f"{BASE}.consent/purposes/traag/1"
    made = await granted(village, purpose=name, data=data, count=3, minInterval="PT1H")
    return str(made["id"])


async def test_the_pause_between_uses_does_not_stop_the_ranges_of_one(
    village: Village, paced: str
) -> None:
    # KC-20a: they belong to the use that was counted.
    for begin in (0, 10, 20):
        assert (await part(village, f"bytes={begin}-{begin + 9}")).status == 206
        village.later(MINUTE)
    assert (await part(village, None, method="HEAD")).status == 200

    for range_, target in ((None, SLIPS[0]), ("bytes=0-9", PHOTO)):
        with pytest.raises(Denied) as refusal:
            await part(village, range_, target)
        assert refusal.value.problem == "too-soon"
        assert int(refusal.value.headers["Retry-After"]) <= 57 * 60
    assert await village.db.read(_uses, paced) == 1

    village.later(7 * MINUTE)
    with pytest.raises(Denied) as refusal:
        await part(village, "bytes=30-39")
    assert refusal.value.problem == "too-soon"
    village.later(50 * MINUTE)
    assert (await part(village, "bytes=30-39")).status == 206
    assert await village.db.read(_uses, paced) == 2
