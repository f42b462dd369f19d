# SPDX-License-Identifier: EUPL-1.2
"""A body that does not say how long it is: read no further than its pod has room (A8)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from ldp.ask import Answer, Ask, Body
from ldp.conditions import read_conditions
from ldp.operations import perform
from ldp.room import UNASKED
from pod.contents import fetch, filled
from pod.database import Tx
from pod.errors import TooLarge
from pod.iri import Iri
from pod.sqlite import Sqlite
from tests.people import AN, ROOT, Asking

PIECE = 8 * 1024
PLAIN = "application/octet-stream"
BLANKS = "text/turtle"


@dataclass(slots=True)
class Sender:
    """Sends so many bytes, and counts those that were asked of it."""

    size: int
    announces: bool = False
    sent: int = 0

    def body(self) -> Body:
        return Body(self._pieces, self.size if self.announces else None)

    async def _pieces(self) -> AsyncIterator[bytes]:
        while self.sent < self.size:
            length = min(PIECE, self.size - self.sent)
            self.sent += length
            yield b" " * length


async def _send(
    an: Asking, sender: Sender, method: str = "PUT", path: str = "d", media_type: str = PLAIN
) -> Answer:
    ask = Ask(
        method=method,
        target=Iri(ROOT + path),
        who=AN,
        conditions=read_conditions({}),
        content_type=media_type,
        body=sender.body(),
    )
    return await perform(an.house, ask)


async def _with_room(an: Asking, more: int) -> Asking:
    used = (await an.house.db.read(filled, ROOT)).used
    return Asking(replace(an.house, quota=used + more))


def _files(an: Asking) -> set[str]:
    return an.house.files.names()


@pytest.mark.parametrize(("method", "path"), [("PUT", "d"), ("POST", "")])
@pytest.mark.parametrize("media_type", [PLAIN, BLANKS])
@pytest.mark.parametrize("room", [0, 10, 100_000])
async def test_reading_stops_where_the_room_ends(
    an: Asking, method: str, path: str, media_type: str, room: int
) -> None:  # A8
    small, sender = await _with_room(an, room), Sender(5_000_000)

    with pytest.raises(TooLarge) as refused:
        await _send(small, sender, method, path, media_type)

    assert refused.value.problem == "quota-exceeded"
    assert "constraints/quota" in refused.value.headers["Link"]
    assert sender.sent <= max(room, UNASKED) + PIECE
    assert _files(an) == set()
    assert (await an("GET", "d", AN)).status == 404


async def test_what_fits_to_the_byte_is_kept(an: Asking) -> None:  # A8
    small = await _with_room(an, 100_000)

    assert (await _send(small, Sender(100_000))).status == 201

    with pytest.raises(TooLarge):
        await _send(small, Sender(1), path="e")


async def test_a_body_too_large_anywhere_is_told_so(an: Asking) -> None:
    # A8: the lower bound of the two speaks, each with its own type.
    largest = 300_000
    house = Asking(replace(an.house, largest_body=largest))
    roomy, narrow = await _with_room(house, 2 * largest), await _with_room(house, largest // 2)
    for tried, problem, most in (
        (roomy, "too-large", largest),
        (narrow, "quota-exceeded", largest // 2),
    ):
        sender = Sender(10 * largest)
        with pytest.raises(TooLarge) as refused:
            await _send(tried, sender)
        assert refused.value.problem == problem
        # A file is written in pieces of 256 KiB.
        assert sender.sent <= most + 256 * 1024 + PIECE
    assert _files(an) == set()


async def test_a_pod_that_is_too_full_takes_what_makes_it_smaller(an: Asking) -> None:  # A8
    assert (await _send(an, Sender(200_000))).status == 201
    full = await _with_room(an, -50_000)

    sender = Sender(300_000)
    with pytest.raises(TooLarge) as refused:
        await _send(full, sender)
    assert refused.value.problem == "quota-exceeded"
    assert sender.sent <= 200_000 + PIECE
    assert (await _send(full, Sender(199_000))).status == 204

    kept = await an.house.db.read(fetch, Iri(ROOT + "d"))
    assert kept is not None
    assert kept.size == 199_000
    assert len(_files(an)) == 1


async def test_what_is_replaced_makes_room(an: Asking) -> None:  # A8
    assert (await _send(an, Sender(200_000))).status == 201
    small, sender = await _with_room(an, 100_000), Sender(5_000_000)

    assert (await _send(small, Sender(300_000))).status == 204
    with pytest.raises(TooLarge):
        await _send(small, sender)
    assert sender.sent <= 300_000 + PIECE


async def test_a_pod_with_a_limit_of_its_own_is_held_to_that(an: Asking) -> None:  # A8
    used = (await an.house.db.read(filled, ROOT)).used
    await an.house.db.write(ROOT, _limit, used + 50_000)
    sender = Sender(5_000_000)

    with pytest.raises(TooLarge) as refused:
        await _send(an, sender)

    assert refused.value.problem == "quota-exceeded"
    assert sender.sent <= 50_000 + PIECE


async def _limit(tx: Tx, quota: int) -> None:
    await tx.run("UPDATE pod SET quota = :quota WHERE iri = :pod", quota=quota, pod=ROOT)


async def test_small_bodies_and_announced_ones_ask_no_more_of_the_database(
    an: Asking, db: Sqlite
) -> None:
    trips = []
    for number, sender in enumerate((Sender(UNASKED), Sender(200_000, announces=True))):
        before = db.hops
        assert (await _send(an, sender, path=f"d{number}")).status == 201
        trips.append(db.hops - before)

    # One to ask for leave before the body, one that keeps it.
    assert trips == [2, 2]
