# SPDX-License-Identifier: EUPL-1.2
"""Listings: the same facts in each form and size, one version only, and less when preferred."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

import pytest

from ldp.ask import Answer, Ask
from ldp.conditions import read_conditions
from ldp.keeping import keep, make_containers
from ldp.listing import wants_minimal
from ldp.reading import PAGED_TRIES, read
from ldp.spool import PAGE
from pod import rdf
from pod.contents import put
from pod.database import Database, Tx
from pod.errors import PodError
from pod.iri import Iri
from pod.resource import Resource
from pod.vocab import DCT, LDP, POSIX
from tests.people import AN, BOB, ROOT, Asking

MANY = 2 * PAGE + 1
K = Iri(ROOT + "k/")
MINIMAL = f'return=representation; include="{LDP}PreferMinimalContainer"'


async def fill(tx: Tx, count: int) -> None:
    """Rows alone; the commit is one, so the container has one version."""
    await make_containers(tx, [K], 1_000)
    for number in range(count):
        iri = Iri(f"{K}{number:06d}")
        digest = sha256(b"x").hexdigest()
        await put(tx, Resource(ROOT, iri, "text/plain", b"x", None, 1, digest, 5, 1_000))


async def ask_for(an: Asking, method: str = "GET", **headers: str) -> Answer:
    named = {key.replace("_", "-").title(): value for key, value in headers.items()}
    ask = Ask(
        method,
        K,
        AN,
        read_conditions(named),
        accept=named.get("Accept"),
        prefer=named.get("Prefer"),
    )
    return await read(an.house, ask)


def sent(answer: Answer) -> bytes:
    if answer.body is None:
        return b""
    return answer.body if isinstance(answer.body, bytes) else answer.body.read_bytes()


def told(body: bytes, media_type: str) -> set[Any]:
    return set(rdf.parse(body, media_type, K).triples)


def contained(body: bytes, media_type: str = rdf.TURTLE) -> set[str]:
    return {t.object.value for t in told(body, media_type) if t.predicate.value == LDP + "contains"}


@pytest.mark.parametrize("count", [0, 1, PAGE, PAGE + 1, MANY])
async def test_every_form_and_size_tells_the_same_facts(an: Asking, count: int) -> None:
    await an.house.db.write(ROOT, fill, count)  # SP-29, SP-31, SP-32

    forms = {kind: told(sent(await ask_for(an, accept=kind)), kind) for kind in rdf.OFFERED}

    turtle = forms[rdf.TURTLE]
    assert forms[rdf.JSON_LD] == forms[rdf.N_TRIPLES] == turtle
    names = {f"{K}{number:06d}" for number in range(count)}
    assert {t.object.value for t in turtle if t.predicate.value == LDP + "contains"} == names
    for fact in (POSIX + "size", POSIX + "mtime", DCT + "modified"):
        assert names == {t.subject.value for t in turtle if t.predicate.value == fact} - {K}


async def test_head_names_what_get_names_at_every_size(an: Asking) -> None:
    for count in (3, MANY):
        await an.house.db.write(ROOT, fill, count)
        get, head = await ask_for(an), await ask_for(an, "HEAD")
        assert (get.status, get.headers, get.size) == (200, head.headers, head.size)
        sent(get)
    assert head.body is None
    assert get.size is None


async def test_what_people_say_about_a_large_container_stands_in_its_listing(an: Asking) -> None:
    await an.house.db.write(ROOT, fill, MANY)
    say = "INSERT DATA { <> <http://purl.org/dc/terms/title> 'Loon', _:b }"
    assert (await an("PATCH", "k/", AN, say, "application/sparql-update")).status == 204

    for kind in rdf.OFFERED:
        titles = [
            t
            for t in told(sent(await ask_for(an, accept=kind)), kind)
            if t.predicate.value == DCT + "title"
        ]
        assert len(titles) == 2


@dataclass
class Busy:
    """The real database; before each of its reads (from the second on) something happens."""

    real: Database
    hook: Callable[[], Awaitable[None]]
    times: int
    reads: int = field(default=0)

    async def read(self, work: Any, /, *args: Any, **more: Any) -> Any:
        self.reads += 1
        if self.reads > 1 and self.times > 0:
            self.times -= 1
            await self.hook()
        return await self.real.read(work, *args, **more)


def busy(an: Asking, hook: Callable[[], Awaitable[None]], times: int) -> tuple[Asking, Busy]:
    db = Busy(an.house.db, hook, times)
    return Asking(replace(an.house, db=db)), db  # type: ignore[arg-type]  # only reads are asked of it


@pytest.mark.parametrize("times", [1, 2, 1000])
async def test_a_listing_is_of_one_version_however_busy_the_container(
    an: Asking, times: int
) -> None:
    await an.house.db.write(ROOT, fill, MANY)
    number = 0

    async def come_and_go() -> None:
        # One member goes at the front, one comes at the end: any two pages of different versions
        # would show a number of members that never was.
        nonlocal number
        await an("DELETE", f"k/{number:06d}", AN)
        await an("PUT", f"k/z{number:06d}", AN, "x", "text/plain")
        number += 1

    house, db = busy(an, come_and_go, times)
    answer = await ask_for(house)

    shown = contained(sent(answer))
    assert len(shown) == MANY
    version = int(answer.headers["ETag"].strip('"').split(".")[0])
    gone = len([n for n in range(MANY) if f"{K}{n:06d}" not in shown])
    assert {f"{K}z{n:06d}" for n in range(gone)} == {name for name in shown if "/z" in name}
    assert version > 0
    assert db.reads <= 2 + PAGED_TRIES * 4


async def test_a_withdrawal_while_pages_are_read_stops_the_listing(an: Asking) -> None:
    await an.house.db.write(ROOT, fill, MANY)

    async def shut() -> None:
        rule = f"""@prefix acl: <http://www.w3.org/ns/auth/acl#> .
        <#b> a acl:Authorization; acl:agent <{BOB.webid}>; acl:accessTo <{K}>; acl:mode acl:Read .
        """

        async def write(tx: Tx) -> None:
            await keep(tx, Iri(K + ".acl"), rdf.TURTLE, rule.encode(), 1_000, created=True)

        await an.house.db.write(ROOT, write)

    house, _ = busy(an, shut, 1)
    with pytest.raises(PodError) as refusal:
        await ask_for(house)

    assert refusal.value.problem == "forbidden"


async def test_parallel_listings_and_writes_see_whole_versions(an: Asking) -> None:
    await an.house.db.write(ROOT, fill, MANY)

    async def write() -> None:
        for number in range(20):
            await an("PUT", f"k/n{number:03d}", AN, "x", "text/plain")

    writing = asyncio.create_task(write())
    answers = await asyncio.gather(*(ask_for(an) for _ in range(3)))
    await writing

    for answer in answers:
        new = {name for name in contained(sent(answer)) if "/n" in name}
        # They came one after the other, so a whole version holds the first few of them.
        assert new == {f"{K}n{number:03d}" for number in range(len(new))}


@pytest.mark.parametrize("count", [3, MANY])
async def test_a_minimal_container_says_nothing_of_its_members(an: Asking, count: int) -> None:
    await an.house.db.write(ROOT, fill, count)  # SP-36, LDP §7.2

    whole, minimal = await ask_for(an), await ask_for(an, prefer=MINIMAL)

    body = sent(minimal)
    assert contained(body) == set()
    assert b"BasicContainer" in body
    assert minimal.headers["Preference-Applied"] == "return=representation"
    assert "Preference-Applied" not in whole.headers
    assert "Prefer" in minimal.headers["Vary"]
    assert whole.headers["Vary"] == minimal.headers["Vary"]
    assert whole.headers["ETag"] != minimal.headers["ETag"]
    same = await ask_for(an, prefer=MINIMAL, if_none_match=minimal.headers["ETag"])
    assert same.status == 304
    sent(whole)


@pytest.mark.parametrize(
    ("prefer", "expected"),
    [
        (MINIMAL, True),
        (f"return = representation;include={LDP}PreferEmptyContainer", True),
        (f"wait=10, {MINIMAL}, respond-async", True),
        (f'return=representation; omit="{LDP}PreferMembership {LDP}PreferContainment"', True),
        (f'return=representation; include="{LDP}PreferContainment"', False),
        (MINIMAL[:-1] + f' {LDP}PreferContainment"', False),
        (f'return=minimal; include="{LDP}PreferMinimalContainer"', False),
        ("return=representation", False),
        ("", False),
        (None, False),
    ],
)
def test_the_preference_is_read_as_rfc_7240_writes_it(prefer: str | None, expected: bool) -> None:
    assert wants_minimal(prefer) is expected
