# SPDX-License-Identifier: EUPL-1.2
"""Who counts as one sender, and which containers are inboxes (SP-80, SP-81)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from identity.who import ANYONE, Who
from ldp.ask import Ask, House
from ldp.conditions import read_conditions
from ldp.inbox import LARGEST_MESSAGE, MOST_PER_HOUR, admit_message
from pod.database import Row, Tx, Value
from pod.iri import Iri
from tests.people import AN, BOB, ROOT, Asking, rule

TURTLE = "text/turtle"
HELLO = "<> <http://e/says> 'hello' ."
CAROL = replace(BOB, webid="https://carol.example/#me")
EVERYONE = "acl:agentClass <http://xmlns.com/foaf/0.1/Agent>"
LDP_INBOX = "<http://www.w3.org/ns/ldp#inbox>"


async def _drop(an: Asking, name: str) -> None:
    """A container in which everyone may put things."""
    assert (await an("PUT", name, AN)).status == 201
    here = f"acl:accessTo <{ROOT}{name}>; acl:default <{ROOT}{name}>"
    await an.acl(name, rule(EVERYONE, here, "Append"))


async def _advertise(an: Asking, *names: str, media_type: str = TURTLE) -> None:
    """What An's profile says of where messages go."""
    said = " ".join(f"<#me> {LDP_INBOX} <{ROOT}{name}> ." for name in names)
    made = await an("PUT", "profile/card", AN, said, media_type)
    assert made.status in (201, 204)


async def _fill(an: Asking, who: Who, container: str = "inbox/") -> None:
    for _ in range(MOST_PER_HOUR):
        assert (await an("POST", container, who, HELLO, TURTLE)).status == 201


async def test_all_without_a_name_are_one_sender_and_shut_out_nobody_with_one(
    an: Asking,
) -> None:  # SP-81
    await _drop(an, "inbox/")
    await _fill(an, ANYONE)

    elsewhere = Who(origin="https://other.example", request_id="another")
    for nobody in (ANYONE, elsewhere):
        assert (await an("POST", "inbox/", nobody, HELLO, TURTLE)).status == 429
    for somebody in (BOB, CAROL, AN):
        assert (await an("POST", "inbox/", somebody, HELLO, TURTLE)).status == 201


async def test_one_with_a_name_shuts_out_nobody_else(an: Asking) -> None:  # SP-81
    await _drop(an, "inbox/")
    await _fill(an, BOB)

    # The same person through another app is the same sender.
    other_app = replace(BOB, client="https://other.example/id")
    assert (await an("POST", "inbox/", other_app, HELLO, TURTLE)).status == 429
    assert (await an("POST", "inbox/", CAROL, HELLO, TURTLE)).status == 201
    assert (await an("POST", "inbox/", ANYONE, HELLO, TURTLE)).status == 201


async def test_an_inbox_that_the_profile_advertises_has_the_same_bounds(
    an: Asking,
) -> None:  # SP-80, SP-81
    await _drop(an, "post/")
    assert (await an("POST", "post/", BOB, "hello", "text/plain")).status == 201
    await _advertise(an, "post/")
    long = f"<> <http://e/says> '{'x' * LARGEST_MESSAGE}' ."

    plain = await an("POST", "post/", BOB, "hello", "text/plain")
    named = await an("PUT", "post/m", ANYONE, "hello", "text/plain")
    empty = await an("POST", "post/", BOB, "# nothing", TURTLE)
    large = await an("POST", "post/", BOB, long, TURTLE)

    assert [plain.status, named.status, empty.status, large.status] == [415, 415, 422, 413]
    assert (empty.problem, large.problem) == ("empty-message", "message-too-large")
    assert TURTLE in plain.headers["Accept-Post"]
    # An keeps there what she likes.
    assert (await an("POST", "post/", AN, "hello", "text/plain")).status == 201
    assert (await an("POST", "post/", AN, long, TURTLE)).status == 201


async def test_it_takes_as_many_messages_and_no_more(an: Asking) -> None:  # SP-81
    await _drop(an, "inbox/")
    await _drop(an, "post/")
    await _advertise(an, "inbox/", "post/")
    await _fill(an, BOB, "post/")

    update = ("INSERT DATA { <#a> <#p> 1 }", "application/sparql-update")
    assert (await an("POST", "post/", BOB, HELLO, TURTLE)).status == 429
    assert (await an("PATCH", "post/patched", BOB, *update)).status == 429
    # One count for all inboxes of a pod: more doors make no more room.
    assert (await an("POST", "inbox/", BOB, HELLO, TURTLE)).status == 429
    assert (await an("POST", "post/", CAROL, HELLO, TURTLE)).status == 201


@pytest.mark.parametrize(
    "said",
    [
        f"<#me> {LDP_INBOX} <https://other.example/inbox/> .",
        f"<#me> {LDP_INBOX} <{ROOT}> .",
        f"<#me> {LDP_INBOX} <{ROOT}drop> .",
        f'<#me> {LDP_INBOX} "{ROOT}drop/" .',
        f"<#me> <http://www.w3.org/ns/ldp#contains> <{ROOT}drop/> .",
        f"<#me> {LDP_INBOX} <{ROOT}dro/> .",
    ],
)
async def test_what_is_no_inbox_of_this_pod_takes_anything(an: Asking, said: str) -> None:
    await _drop(an, "drop/")
    assert (await an("PUT", "profile/card", AN, said, TURTLE)).status == 201

    assert (await an("POST", "drop/", BOB, "hello", "text/plain")).status == 201


@pytest.mark.parametrize("media_type", ["text/plain", "image/png"])
async def test_a_profile_that_is_no_rdf_advertises_nothing(an: Asking, media_type: str) -> None:
    await _drop(an, "drop/")
    await _advertise(an, "drop/", media_type=media_type)

    assert (await an("POST", "drop/", BOB, "hello", "text/plain")).status == 201


async def test_it_stops_with_the_profile_that_says_so(an: Asking) -> None:
    await _drop(an, "post/")
    await _advertise(an, "post/")
    assert (await an("POST", "post/", BOB, "hello", "text/plain")).status == 415

    await _advertise(an, "other/")

    assert (await an("POST", "post/", BOB, "hello", "text/plain")).status == 201


@dataclass(frozen=True, slots=True)
class Watching(Tx):
    """A transaction that notes which names are looked up alone."""

    tx: Tx
    seen: list[Value]

    async def one(self, sql: str, /, **values: Value) -> Row | None:
        self.seen.append(values.get("iri"))
        return await self.tx.one(sql, **values)

    async def all(self, sql: str, /, **values: Value) -> Sequence[Row]:
        return await self.tx.all(sql, **values)

    async def run(self, sql: str, /, **values: Value) -> int:
        return await self.tx.run(sql, **values)


async def test_what_the_owner_writes_costs_no_look_at_the_profile(an: Asking) -> None:
    await _drop(an, "post/")
    await _advertise(an, "post/")
    card = ROOT + "profile/card"

    async def looked(who: Who, target: str) -> bool:
        seen: list[Value] = []
        ask = Ask("PUT", Iri(ROOT + target), who, read_conditions({}), content_type=TURTLE)
        await an.house.db.read(_admit, an.house, ask, seen)
        return card in seen

    assert AN.webid == card + "#me"
    assert not await looked(AN, "d")
    assert not await looked(AN, "post/d")
    assert not await looked(BOB, "inbox/d")
    assert await looked(BOB, "post/d")


async def _admit(tx: Tx, house: House, ask: Ask, seen: list[Value]) -> None:
    await admit_message(Watching(tx, seen), house, ask)
