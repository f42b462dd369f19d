# SPDX-License-Identifier: EUPL-1.2
"""Groups on another host that fails, is slow or means harm: nobody is let in, little is asked."""

import asyncio
import logging
from dataclasses import replace

import pytest

from acl.informed import MOST_ROUNDS
from acl.remote import FAILED_FOR, MOST_MEMBERS, SECONDS, RemoteGroups
from identity.outward.fetch import Fetcher
from ldp.keeping import keep
from pod.instant import SECOND
from pod.iri import Iri
from tests.conformance.club import (
    ACL,
    BOBS,
    CAROL,
    MEMBER,
    TURTLE,
    Club,
    group_of,
    listing,
    open_to,
)
from tests.conftest import MovableClock
from tests.people import AN, BOB, ROOT, Asking, rule

MINUTE = 60 * SECOND


@pytest.mark.parametrize(
    "spoilt",
    [
        {"status": 404},
        {"status": 500},
        {"status": 302, "headers": {"Location": "/other"}},
        {"media_type": "text/html"},
        {"media_type": "text/plain"},
        {"text": "this is no Turtle"},
        {"text": BOBS + "#" * 300_000},
        {"text": "{", "media_type": "application/ld+json"},
        {
            "text": f'{{"@context": "http://127.0.0.1/c", "@id": "#it", "m": "{BOB.webid}"}}',
            "media_type": "application/ld+json",
        },
        {"text": listing(MOST_MEMBERS)},
        {"slow": SECONDS + 0.5},
    ],
    ids=[
        "not there",
        "broken",
        "led elsewhere",
        "a page",
        "plain text",
        "no Turtle",
        "too many bytes",
        "no JSON",
        "an unknown context",
        "too many members",
        "slow",
    ],
)
async def test_a_document_that_fails_makes_nobody_a_member(
    asking: Asking, club: Club, spoilt: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:  # wac.md §7, T-34: the reader is refused, and nothing else goes wrong
    for name, value in spoilt.items():
        setattr(club, name, value)
    await open_to(asking, club)

    with caplog.at_level(logging.WARNING, "kluis.acl"):
        refused = await asking("GET", "d", BOB)

    assert (refused.status, refused.problem) == (403, "forbidden")
    assert (await asking("GET", "d", BOB)).status == 403
    assert club.asked == ["/g"]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert str(BOB.webid) not in caplog.text


async def test_a_host_that_is_down_makes_nobody_a_member(
    asking: Asking, club: Club, now: MovableClock
) -> None:
    gone = replace(club, base="http://127.0.0.1:1/")
    named = f"acl:agent <{CAROL.webid}>"
    here = f"acl:accessTo <{ROOT}d>"
    await asking.acl("d", rule(group_of(gone), here, "Read"), rule(named, here, "Read"))

    assert (await asking("GET", "d", BOB)).status == 403
    # V17: other rules of the same document go on counting.
    assert (await asking("GET", "d", CAROL)).status == 200


async def test_what_failed_is_asked_again_soon(
    asking: Asking, club: Club, now: MovableClock
) -> None:
    club.status = 500
    await open_to(asking, club)
    assert (await asking("GET", "d", BOB)).status == 403
    club.status = 200

    now.advance(2 * FAILED_FOR)

    assert (await asking("GET", "d", BOB)).status == 200


async def test_a_document_that_fails_after_it_held_counts_no_longer(
    asking: Asking, club: Club, now: MovableClock
) -> None:  # T-34: a host that goes away takes its members with it
    await open_to(asking, club)
    assert (await asking("GET", "d", BOB)).status == 200
    club.status = 503

    now.advance(MINUTE)

    assert (await asking("GET", "d", BOB)).status == 403


async def test_a_long_list_counts_up_to_its_bound(asking: Asking, club: Club) -> None:  # T-34
    club.text = listing(MOST_MEMBERS - 1)
    await open_to(asking, club)

    assert (await asking("GET", "d", BOB)).status == 200


async def test_many_who_wait_for_the_same_document_ask_once(asking: Asking, club: Club) -> None:
    club.slow = 0.1
    await open_to(asking, club)

    answers = await asyncio.gather(*(asking("GET", "d", BOB) for _ in range(20)))

    assert {answer.status for answer in answers} == {200}
    assert club.asked == ["/g"]


async def test_an_acl_names_few_documents_elsewhere(asking: Asking, club: Club) -> None:
    text = rule(group_of(club, *"abcde"), f"acl:accessTo <{ROOT}d>", "Read")  # T-34: no amplifier

    refused = await asking("PUT", "d.acl", AN, f"@prefix acl: <{ACL}> . {text}", TURTLE)

    assert (refused.status, refused.problem) == (422, "too-complex")
    await open_to(asking, club, *"abcd")
    assert (await asking("GET", "d", CAROL)).status == 403
    assert sorted(club.asked) == ["/a", "/b", "/c", "/d"]


async def test_an_acl_that_came_with_too_many_asks_for_few(
    asking: Asking, an: Asking, club: Club, now: MovableClock
) -> None:
    rules = [rule(group_of(club, name), f"acl:accessTo <{ROOT}d>", "Read") for name in "abcdefgh"]
    text = f"@prefix acl: <{ACL}> . {' '.join(rules)}".encode()
    await an.house.db.write(ROOT, keep, Iri(ROOT + "d.acl"), TURTLE, text, now(), created=True)

    assert (await asking("GET", "d", CAROL)).status == 403
    assert sorted(club.asked) == ["/a", "/b", "/c", "/d"]


async def test_one_request_waits_for_few_documents_however_many_acls_it_meets(
    asking: Asking, club: Club
) -> None:  # T-34: each member of the folder has an ACL of its own; what is not known is no member
    strict = Asking(replace(asking.house, strict_listing=True))
    here = f"acl:agent <{BOB.webid}>"
    for name in "abcdef":
        assert (await strict("PUT", f"k/{name}", AN, "x", "text/plain")).status == 201
        await strict.acl(
            f"k/{name}", rule(group_of(club, name), f"acl:accessTo <{ROOT}k/{name}>", "Read")
        )
    await strict.acl("k/", rule(here, f"acl:accessTo <{ROOT}k/>", "Read"))

    listing = await strict("GET", "k/", BOB)

    assert listing.status == 200
    assert len(club.asked) == MOST_ROUNDS
    assert listing.body.count(b"/stat#size") + listing.body.count(b"posix:size") == MOST_ROUNDS


async def test_a_group_here_is_never_asked_for_over_http(an: Asking, now: MovableClock) -> None:
    async def fetch(*_: object, **__: object) -> None:
        raise AssertionError("fetched")

    groups = RemoteGroups(frozenset({"localhost"}), an.house.base, fetch, now, dev=True)  # type: ignore[arg-type]  # only its failing matters

    assert not groups.serves(f"{ROOT}groups#it")
    assert not groups.serves("http://localhost:3000/g")
    assert groups.serves("http://localhost:3001/g")


@pytest.mark.parametrize(
    "group",
    [
        "http://club.example/g",
        "https://club.example:8443/g",
        "https://user@club.example/g",
        "https://club.example.evil.example/g",
        "https://evil.example/club.example",
        "https://club.example\\@evil.example/g",
        "ftp://club.example/g",
        "club.example/g",
        "urn:x",
        "",
    ],
)
async def test_only_https_on_the_very_host_is_served(
    an: Asking, now: MovableClock, group: str
) -> None:  # T-29
    fetcher = Fetcher(False, now)
    groups = RemoteGroups(frozenset({"club.example"}), an.house.base, fetcher.get, now)

    assert not groups.serves(group)
    assert groups.serves("https://club.example/g#it")
    assert groups.serves("https://CLUB.example/g#it")


async def test_a_named_host_with_an_inner_address_is_not_reached(
    an: Asking, club: Club, now: MovableClock
) -> None:  # T-29: naming a host opens no inner network
    fetcher = Fetcher(False, now, lookup=lambda host, port: ["127.0.0.1"])
    groups = RemoteGroups(frozenset({"club.example"}), an.house.base, fetcher.get, now)

    told = await groups.learn(["https://club.example/g"])

    assert told == {"https://club.example/g": frozenset()}
    assert club.asked == []
    await fetcher.close()


async def test_what_is_kept_is_bounded(groups: RemoteGroups, club: Club) -> None:  # T-34
    members = 1000
    club.text = "".join(f"<#it> {MEMBER} <#{n}> ." for n in range(members))

    for number in range(105):
        await groups.learn([f"{club.base}{number}"])

    assert groups.size == sum(len(known.members) for known in groups.kept.values())
    assert groups.size <= 100_000
    assert groups.known(f"{club.base}0") is None
    assert groups.known(f"{club.base}104") is not None
