# SPDX-License-Identifier: EUPL-1.2
"""Random histories of grants and of requests against a model written from domain.md 2.1 and 2.2."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from consent.asking import replies
from consent.asking.request import request_json
from consent.asking.requests import find_request
from consent.grants import endings, moves, narrowing, sleeping
from consent.grants.endings import Authority
from consent.grants.events import events_of
from consent.grants.history import require_whole, standing
from consent.grants.ledger import find_grant
from consent.grants.permits import permit_source
from consent.grants.settlement import settle_all
from consent.house import House, Rates
from consent.once import Answer
from consent.registry.seed import seed_registry
from pod.database import Tx
from pod.errors import Clash, PodError
from pod.files import Files
from pod.instant import DAY, Instant, read_instant, text_of
from pod.schema import migrate
from pod.sqlite import open_sqlite

from .conftest import (
    AGENCIES,
    AGENCY_WHO,
    AN_WHO,
    BASE,
    LOON,
    PERMITTED,
    PURPOSES,
    SLIP,
    SLIPS,
    START,
    Village,
    _people,
    new_signer,
)
from .office import KAAT_WHO, add_operator
from .steps import approved, asked, granted

MACHINE = settings(
    max_examples=20,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
WAITS = st.sampled_from([1, DAY, 20 * DAY, 60 * DAY])


async def open_village(folder: Path) -> Village:
    """A village of its own for each history."""
    db = await open_sqlite(folder / "kluis.db")
    await migrate(db)
    await db.write(None, _people)
    await db.write(None, add_operator)
    await seed_registry(db, BASE, AGENCIES, PURPOSES, START)
    time, signer = [START], new_signer()
    rates = Rates(per_hour=1_000, open_per_subject=1_000)
    house = House(BASE, db, Files(folder / "blobs"), lambda: time[0], signer, rates)
    village = Village(house, permit_source(BASE, signer), time)
    for container in ("an/", "an/inkomen/", "youssef/"):
        await village.put(f"{BASE}{container}", b"")
    for slip in SLIPS:
        await village.put(slip, SLIP.encode())
    return village


class Histories(RuleBasedStateMachine):
    """A village with its own loop and clock."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.village = self.run(open_village(Path(self.folder.name)))
        self.now: Instant = START

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(work)

    def wait(self, by: Instant) -> None:
        self.now += by
        self.village.later(by)

    def outcome(self, work: Awaitable[Answer]) -> str:
        """ "done", or the state that the refusal names."""

        async def tried() -> str:
            try:
                await work
            except Clash as clash:
                return str(clash.more.get("state", clash.problem))
            return "done"

        return str(self.run(tried()))

    def teardown(self) -> None:
        self.run(self.village.db.close())
        self.runner.close()
        self.folder.cleanup()


GRANT_OVER = {
    "withdraw": "withdrawn",
    "relinquish": "relinquished",
    "revoke": "revoked",
    "invalidate": "invalidated",
}
NOT_OVER = ("scheduled", "active", "paused")


class Grants(Histories):
    """domain.md 2.2: one grant, from before its beginning until after its end."""

    @initialize(later=st.booleans(), count=st.integers(1, 4))
    def give(self, later: bool, count: int) -> None:
        self.begins = START + (30 * DAY if later else 0)
        self.ends = START + 90 * DAY
        window = {"duration": None, "validUntil": text_of(self.ends)}
        if later:
            window["validFrom"] = text_of(self.begins)
        self.grant = self.run(granted(self.village, count=count, **window))["id"]
        self.state = "scheduled" if later else "active"
        self.count, self.uses, self.version = count, 0, 1
        self.data = {slip: frozenset(PERMITTED) for slip in SLIPS[:2]}
        self.all_asleep = False

    def clock(self) -> None:
        if self.state == "scheduled" and self.now >= self.begins:
            self.state = "active"
        if self.state in NOT_OVER and self.now >= self.ends:
            self.state = "expired"

    def expect(self, work: Awaitable[Answer], possible: bool) -> None:
        assert self.outcome(work) == ("done" if possible else self.state)

    @rule(by=WAITS)
    def time_passes(self, by: Instant) -> None:
        self.wait(by)
        self.clock()

    @rule()
    def she_pauses(self) -> None:
        possible = self.state == "active"
        self.expect(moves.pause(self.village.house, AN_WHO, self.grant), possible)
        if possible:
            self.state, self.all_asleep = "paused", False

    @rule()
    def she_resumes(self) -> None:
        possible = self.state == "paused"
        self.expect(moves.resume(self.village.house, AN_WHO, self.grant), possible)
        if possible:
            self.state, self.all_asleep = "active", False

    @rule()
    def she_pauses_all(self) -> None:
        answer = self.run(sleeping.pause_all(self.village.house, AN_WHO))
        awake = self.state == "active"
        assert answer.body["paused"] == ([self.grant] if awake else [])
        if awake:
            self.state, self.all_asleep = "paused", True

    @rule()
    def she_resumes_all(self) -> None:
        answer = self.run(sleeping.resume_all(self.village.house, AN_WHO))
        wakes = self.state == "paused" and self.all_asleep
        assert answer.body["resumed"] == ([self.grant] if wakes else [])
        if wakes:
            self.state, self.all_asleep = "active", False

    @rule(move=st.sampled_from(list(GRANT_OVER)))
    def somebody_ends_it(self, move: str) -> None:
        house, possible = self.village.house, self.state in NOT_OVER
        order = Authority("Vonnis", "RvS 1")
        work: dict[str, Callable[[], Awaitable[Answer]]] = {
            "withdraw": lambda: endings.withdraw(house, AN_WHO, self.grant),
            "relinquish": lambda: moves.relinquish(house, AGENCY_WHO, self.grant),
            "revoke": lambda: endings.revoke(house, KAAT_WHO, self.grant, order),
            "invalidate": lambda: endings.invalidate(house, KAAT_WHO, self.grant, order),
        }
        self.expect(work[move](), possible)
        if possible:
            self.state = GRANT_OVER[move]

    @rule(
        what=st.sampled_from(["count", "end", "item", "property"]),
        amount=st.integers(1, 5),
    )
    def she_narrows(self, what: str, amount: int) -> None:
        body: dict[str, Any]
        data, count, ends = dict(self.data), self.count, self.ends
        if what == "count":
            count = amount
            body, less = {"count": amount}, self.uses < amount < self.count
        elif what == "end":
            ends = self.ends - amount * DAY
            body, less = {"validUntil": text_of(ends)}, ends > max(self.now, self.begins)
        else:
            slip = sorted(data)[0]
            kept = sorted(data[slip])
            properties = kept if what == "item" else kept[:-1]
            left = {slip: frozenset(properties)}
            less = left != data and bool(properties)
            body = {"data": [{"target": slip, "properties": properties or [f"{LOON}naam"]}]}
            data = left
        house = self.village.house
        work = narrowing.narrow(house, AN_WHO, self.grant, narrowing.read_less(body, BASE))
        if self.state not in ("active", "paused"):
            self.expect(work, False)
        elif less:
            self.expect(work, True)
            self.data, self.count, self.ends = data, count, ends
            self.version += 1
        else:
            with pytest.raises(PodError) as refused_:
                self.run(_awaited(work))
            assert refused_.value.problem in ("not-narrower", "nothing-left")

    @rule(slip=st.sampled_from(SLIPS))
    def the_agency_reads(self, slip: str) -> None:
        told = self.run(self.village.read(AGENCY_WHO, slip))
        if slip not in self.data:
            assert told != "allowed"
            return
        if self.state != "active":
            word = "not-started" if self.state == "scheduled" else self.state
            assert told == f"grant-{word}"
            return
        assert told == "allowed"
        self.uses += 1
        if self.uses == self.count:
            self.state = "exhausted"

    @rule()
    def what_the_clock_did_is_written_down(self) -> None:
        self.run(settle_all(self.village.house))

    @invariant()
    def the_grant_is_what_the_model_says(self) -> None:
        grant = self.run(self.village.db.read(find_grant, self.grant))
        events = self.run(self.village.db.read(events_of, self.grant))
        assert grant.state_at(self.now) == self.state
        assert (grant.version, grant.uses, grant.count) == (self.version, self.uses, self.count)
        assert grant.valid_until == self.ends
        # Invariant 7.
        require_whole(grant, events)
        times = [event.time for event in events]
        assert times == sorted(times)

    @invariant()
    def no_more_is_in_the_log_than_was_used(self) -> None:
        # Invariants 1, 2 and 4.
        entries = self.run(self.village.db.read(_allowed, self.grant))
        assert len(entries) == self.uses <= self.count
        assert all(self.begins <= moment < START + 90 * DAY for moment in entries)

    @invariant()
    def what_can_be_read_is_what_is_left(self) -> None:
        # Invariant 6: each version gives less than the one before.
        for slip in SLIPS:
            decision = self.run(self.village.decide(AGENCY_WHO, slip))
            views = [permit.view for permit in decision.permits if permit.view is not None]
            shown = views[0].properties if views else None
            open_ = self.state == "active" and slip in self.data
            assert shown == (self.data[slip] if open_ else None)


async def _awaited(work: Awaitable[Answer]) -> Answer:
    return await work


async def _allowed(tx: Tx, grant: str) -> list[Instant]:
    rows = await tx.all(
        "SELECT time FROM journal WHERE grant_id = :grant AND outcome = 'allowed'", grant=grant
    )
    return [row["time"] for row in rows]


class Requests(Histories):
    """domain.md 2.1: one request, from asking to whatever becomes of it."""

    @initialize()
    def ask(self) -> None:
        self.request = self.run(asked(self.village))
        self.deadline = START + 30 * DAY
        self.state = "pending"
        self.ends = START

    @property
    def open(self) -> bool:
        return self.state in ("pending", "deferred")

    def reply(self, work: Awaitable[Answer], possible: bool, after: str) -> None:
        assert self.outcome(work) == ("done" if possible else self.state)
        if possible:
            self.state = after

    @rule(by=WAITS)
    def time_passes(self, by: Instant) -> None:
        self.wait(by)
        if self.open and self.now >= self.deadline:
            self.state = "lapsed"
            self.run(settle_all(self.village.house))

    @rule()
    def she_says_no(self) -> None:
        work = replies.refuse(self.village.house, AN_WHO, self.request)
        self.reply(work, self.open, "refused")

    @rule()
    def she_puts_it_off(self) -> None:
        work = replies.defer(self.village.house, AN_WHO, self.request)
        self.reply(work, self.state == "pending", "deferred")

    @rule()
    def she_takes_it_up_again(self) -> None:
        work = replies.reopen(self.village.house, AN_WHO, self.request)
        self.reply(work, self.state == "deferred", "pending")

    @rule()
    def the_agency_cancels(self) -> None:
        work = replies.cancel(self.village.house, AGENCY_WHO, self.request)
        self.reply(work, self.open, "cancelled")

    @precondition(lambda self: self.open)
    @rule()
    def she_says_yes(self) -> None:
        grant = self.run(approved(self.village, self.request))
        assert grant["state"] == "active"
        self.state = "approved"
        self.ends = read_instant(grant["validUntil"])

    @invariant()
    def both_sides_see_what_the_model_says(self) -> None:
        kept = self.run(self.village.db.read(find_request, self.request))
        assert kept.state_at(self.now) == self.state
        agency = request_json(kept, self.now, agency=True)
        assert agency["state"] == ("pending" if self.open else self.state)
        assert "decided" not in agency
        if not self.open:
            assert kept.decided is not None
            assert kept.decided <= self.deadline

    @invariant()
    def only_a_yes_gives_anything(self) -> None:
        # domain.md 2.1: after every move except approve no new access exists.
        told = self.run(self.village.decide(AGENCY_WHO, SLIPS[0]))
        assert bool(told.permits) == (self.state == "approved" and self.now < self.ends)

    @invariant()
    def the_agency_hears_each_end_once(self) -> None:
        rows = self.run(self.village.db.read(_news))
        kinds = [kind for kind in rows if kind.startswith("request.")]
        assert len(kinds) == (0 if self.open else 1)


async def _news(tx: Tx) -> list[str]:
    return [row["type"] for row in await tx.all("SELECT type FROM agency_event ORDER BY seq")]


TestGrants = Grants.TestCase
TestGrants.settings = MACHINE
TestRequests = Requests.TestCase
TestRequests.settings = MACHINE


async def test_an_event_that_was_dropped_or_edited_is_found_out(village: Village) -> None:
    # Invariant 7: also the last one, and whatever is edited in it.
    grant = await granted(village)
    house = village.house
    await moves.pause(house, AN_WHO, grant["id"])
    await moves.resume(house, AN_WHO, grant["id"])
    less = narrowing.read_less({"count": 2}, BASE)
    await narrowing.narrow(house, AN_WHO, grant["id"], less)
    row = await village.db.read(find_grant, grant["id"])
    assert row is not None
    require_whole(row, await village.db.read(events_of, grant["id"]))

    async def broken(sql: str, **values: Any) -> bool:
        async def work(tx: Tx) -> None:
            await tx.run(sql, grant=grant["id"], **values)
            try:
                require_whole(row, await events_of(tx, grant["id"]))
            except Clash as clash:
                raise _Undo(clash.problem == "broken-chain") from clash
            raise _Undo(False)

        try:
            await village.db.write(None, work)
        except _Undo as undo:
            return undo.found
        return False

    for number in range(1, 5):
        assert await broken(
            "DELETE FROM grant_event WHERE grant_id = :grant AND seq = :seq", seq=number
        )
        for column, value in (
            ("time", 5),
            ("kind", "withdraw"),
            ("state", "withdrawn"),
            ("version", 9),
            ("body", '["eve",{}]'),
            ("prev", "1" * 64),
            ("hash", "1" * 64),
        ):
            edit = (
                f"UPDATE grant_event SET {column} = :value WHERE grant_id = :grant AND seq = :seq"  # noqa: S608 - one of the columns above
            )
            assert await broken(edit, value=value, seq=number), (number, column)
    assert standing(await village.db.read(events_of, grant["id"])).version == 2


class _Undo(Exception):
    """Rolls the test's own damage back."""

    def __init__(self, found: bool) -> None:
        super().__init__()
        self.found = found
