# SPDX-License-Identifier: EUPL-1.2
"""Groups on a host that the operator named: who is in, who is out within a minute (WAC-18)."""

import asyncio
import json
from base64 import urlsafe_b64decode
from dataclasses import replace
from pathlib import Path

import pytest

from acl.informed import Informed, informed
from acl.remote import KEEP, SECONDS, RemoteGroups
from commands.answer import want_status
from identity.who import ANYONE, Who
from pod.instant import SECOND
from pod.sqlite import Sqlite
from tests.conformance.club import (
    ACL,
    BOBS,
    CAROL,
    MEMBER,
    TURTLE,
    Club,
    group_of,
    open_to,
)
from tests.conftest import MovableClock
from tests.people import AN, BOB, ROOT, Asking, rule
from tests.stories.town import a_town

MINUTE = 60 * SECOND


async def test_a_member_is_let_in_and_nobody_else(asking: Asking, club: Club) -> None:  # WAC-18
    await open_to(asking, club)
    assert club.asked == []

    bobs = await asking("GET", "d", BOB)

    assert bobs.status == 200
    assert bobs.headers["WAC-Allow"] == 'user="read",public=""'
    assert (await asking("GET", "d", CAROL)).status == 403
    assert (await asking("PUT", "d", BOB, "y", "text/plain")).status == 403
    assert club.asked == ["/g"]
    # Nothing says who asks, or why.
    assert {"authorization", "cookie", "referer", "origin"}.isdisjoint(club.sent[0])


async def test_members_are_compared_as_they_are_written(asking: Asking, club: Club) -> None:
    # WAC-13, WAC-18: no other spelling, no literal, no group that only looks alike.
    webid = str(BOB.webid)
    for text in (
        f"<#it> {MEMBER} <{webid.replace('ambt', 'AMBT')}> .",
        f"<#it> {MEMBER} <{webid.replace('https', 'http')}> .",
        f"<#it> {MEMBER} <{webid}/> .",
        f'<#it> {MEMBER} "{webid}" .',
        f"<#other> {MEMBER} <{webid}> .",
        f"<> {MEMBER} <{webid}> .",
        f"<#it> <http://xmlns.com/foaf/0.1/member> <{webid}> .",
        f"<{webid}> {MEMBER} <#it> .",
    ):
        club.text, name = text, f"g{len(club.asked)}"
        await open_to(asking, club, name)

        assert (await asking("GET", "d", BOB)).status == 403, text
        assert club.asked[-1] == f"/{name}"


async def test_a_group_without_a_fragment_is_its_document(asking: Asking, club: Club) -> None:
    club.text = f"<> {MEMBER} <{BOB.webid}> ."  # wac.md §7
    subject = f"acl:agentGroup <{club.base}g>"
    await asking.acl("d", rule(subject, f"acl:accessTo <{ROOT}d>", "Read"))

    assert (await asking("GET", "d", BOB)).status == 200


async def test_json_ld_says_it_as_well(asking: Asking, club: Club) -> None:  # WAC-18
    club.media_type = "application/ld+json"
    club.text = (
        f'{{"@id": "#it", "http://www.w3.org/2006/vcard/ns#hasMember": {{"@id": "{BOB.webid}"}}}}'
    )
    await open_to(asking, club)

    assert (await asking("GET", "d", BOB)).status == 200


@pytest.mark.parametrize("said", ["", "max-age=86400", "max-age=86400, immutable"])
async def test_who_is_dropped_is_out_within_a_minute(
    asking: Asking, club: Club, now: MovableClock, said: str
) -> None:  # T-34: whatever the other side says of how long its word counts
    club.headers = {"Cache-Control": said}
    await open_to(asking, club)
    assert (await asking("GET", "d", BOB)).status == 200
    club.text = "# nobody left"

    now.advance(MINUTE - int(SECONDS * SECOND))

    assert (await asking("GET", "d", BOB)).status == 403


async def test_who_is_added_is_in_within_a_minute(
    asking: Asking, club: Club, now: MovableClock
) -> None:
    club.text = "# nobody yet"
    await open_to(asking, club)
    assert (await asking("GET", "d", BOB)).status == 403
    club.text = BOBS

    now.advance(MINUTE)

    assert (await asking("GET", "d", BOB)).status == 200


async def test_an_answer_counts_as_long_as_its_headers_say(
    asking: Asking, club: Club, now: MovableClock
) -> None:
    club.headers = {"Cache-Control": "max-age=20"}
    await open_to(asking, club)
    for waited, asked in ((0, 1), (19, 1), (1, 2)):
        now.advance(waited * SECOND)
        assert (await asking("GET", "d", BOB)).status == 200
        assert len(club.asked) == asked
    club.headers = {"Cache-Control": "no-store"}

    # Even then for a moment, or each request of a member would be one to the other host.
    for waited, asked in ((20 * SECOND, 3), (KEEP.least - 1, 3), (1, 4)):
        now.advance(waited)
        assert (await asking("GET", "d", BOB)).status == 200
        assert len(club.asked) == asked


@pytest.mark.parametrize("who", [ANYONE, AN])
async def test_nobody_is_asked_when_it_could_change_nothing(
    asking: Asking, club: Club, who: Who
) -> None:  # wac.md §3: an unknown visitor is no member, and An may do all of it already
    await open_to(asking, club)

    await asking("GET", "d", who)

    assert club.asked == []


async def test_a_rule_that_already_gives_it_asks_nobody(asking: Asking, club: Club) -> None:
    here = f"acl:accessTo <{ROOT}d>"
    named = rule(f"acl:agent <{BOB.webid}>", here, "Read")
    await asking.acl("d", rule(group_of(club), here, "Read"), named)

    assert (await asking("GET", "d", BOB)).status == 200
    assert club.asked == []


async def test_a_group_that_is_known_to_give_it_spares_the_others(
    asking: Asking, club: Club
) -> None:
    await open_to(asking, club)
    assert (await asking("GET", "d", BOB)).status == 200
    here = f"acl:accessTo <{ROOT}d>"
    await asking.acl(
        "d", rule(group_of(club, "g"), here, "Read"), rule(group_of(club, "a"), here, "Read")
    )

    assert (await asking("GET", "d", BOB)).status == 200
    assert club.asked == ["/g"]


async def test_a_write_is_decided_by_it_too_and_kept_once(asking: Asking, club: Club) -> None:
    await open_to(asking, club, modes="Read Write")  # WAC-31
    club.headers = {"Cache-Control": "no-store"}
    update = "INSERT DATA { <#a> <#p> 1 }"
    assert (await asking("PUT", "t", AN, "", TURTLE)).status == 201
    here = f"acl:accessTo <{ROOT}t>"
    await asking.acl("t", rule(group_of(club, "h"), here, "Append"))

    assert (await asking("PUT", "d", BOB, "y", "text/plain")).status == 204
    patched = await asking("PATCH", "t", BOB, update, "application/sparql-update")

    assert patched.status == 204
    assert (await asking("GET", "d", AN)).body == b"y"
    assert (await asking("GET", "t", AN)).body.count(b"#p") == 1
    assert sorted(set(club.asked)) == ["/g", "/h"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_another_host_is_refused_when_the_acl_is_written(
    asking: Asking, an: Asking, club: Club, method: str
) -> None:  # wac.md §7, decision 13
    triples = rule(f"acl:agentGroup <{club.base}g#it>", f"acl:accessTo <{ROOT}d>", "Read")
    other = triples.replace("127.0.0.1", "localhost")
    await asking.acl("d")

    for house, text in ((an, triples), (asking, other)):
        prefix = f"PREFIX acl: <{ACL}> "
        if method == "PATCH":
            body = prefix + "INSERT DATA { " + text + " }"
            refused = await house("PATCH", "d.acl", AN, body, "application/sparql-update")
        else:
            refused = await house("PUT", "d.acl", AN, prefix + text, TURTLE)
        assert (refused.status, refused.problem) == (422, "unknown-group")
    assert club.asked == []


async def test_once_switched_off_nobody_is_a_member_and_nobody_is_asked(
    asking: Asking, an: Asking, club: Club
) -> None:
    await open_to(asking, club)

    assert (await an("GET", "d", BOB)).status == 403
    assert club.asked == []


async def test_where_nobody_would_fetch_it_nobody_is_a_member(
    asking: Asking, an: Asking, club: Club
) -> None:  # never open, and no fault either, where the rooms were given the plain database
    await open_to(asking, club)
    plain = Asking(replace(asking.house, db=an.house.db))

    assert (await plain("GET", "d", BOB)).status == 403
    assert club.asked == []


async def test_without_a_remote_group_nothing_is_asked_twice(
    asking: Asking, an: Asking, db: Sqlite
) -> None:
    """The way of most requests: as many trips to the database with the switch as without."""
    await an.acl("d", rule(f"acl:agent <{BOB.webid}>", f"acl:accessTo <{ROOT}d>", "Read"))

    async def trips(house: Asking) -> int:
        before = db.hops
        assert (await house("GET", "d", BOB)).status == 200
        assert (await house("PUT", "d", AN, "y", "text/plain")).status == 204
        return db.hops - before

    assert await trips(asking) == await trips(an)


async def test_without_the_switch_nothing_stands_before_the_database(
    an: Asking, groups: RemoteGroups
) -> None:
    assert informed(an.house.db, None) is an.house.db
    assert isinstance(informed(an.house.db, groups), Informed)


def _webid(token: str) -> str:
    claims = token.split(".")[1]
    return str(json.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["webid"])


async def test_the_switch_reaches_a_real_server(tmp_path: Path, club: Club) -> None:  # WAC-18
    async with a_town(tmp_path, remote_groups="127.0.0.1") as town:
        agency, club.text = _webid(town.agency.login.token), ""
        subject, name = group_of(club), town.an.pod + "shared.txt"
        assert (await town.web.put(name, town.login, "text/plain", b"hello")).status == 201
        text = f"@prefix acl: <{ACL}> . " + rule(subject, f"acl:accessTo <{name}>", "Read")

        made = await town.web.put(name + ".acl", town.login, TURTLE, text.encode())

        want_status(made, 201)
        want_status(await town.web.get(name, town.agency.login, "text/plain"), 403)
        assert club.asked == ["/g"]
        club.text = f"<#it> {MEMBER} <{agency}> ."
        await asyncio.sleep(KEEP.least / SECOND)
        want_status(await town.web.get(name, town.agency.login, "text/plain"), 200)
