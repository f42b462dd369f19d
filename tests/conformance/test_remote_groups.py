# SPDX-License-Identifier: EUPL-1.2
"""Groups on a host that the operator named: asked for, bounded, and out within a minute (T-34)."""

import asyncio
import json
import logging
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from acl.alarm import Alarm
from acl.informed import MOST_ROUNDS, Informed, informed
from acl.remote import FAILED_FOR, KEEP, MOST_MEMBERS, SECONDS, RemoteGroups
from acl.wac import permit_source
from commands.answer import want_status
from commands.settings import WrongUsage, read_settings
from identity.fetch import Fetcher
from identity.who import ANYONE, Who
from ldp.keeping import keep
from pod.instant import SECOND
from pod.iri import Iri
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.people import AN, BOB, ROOT, Asking, rule
from tests.stories.town import a_town

ACL = "http://www.w3.org/ns/auth/acl#"
TURTLE = "text/turtle"
MINUTE = 60 * SECOND
MEMBER = "<http://www.w3.org/2006/vcard/ns#hasMember>"
BOBS = f"<#it> {MEMBER} <{BOB.webid}> ."
CAROL = replace(BOB, webid="https://carol.example/#me")


@dataclass(slots=True)
class Club:
    """A web server elsewhere that says who is a member, as the test wants it to."""

    base: str = ""
    text: str = BOBS
    status: int = 200
    media_type: str = TURTLE
    headers: dict[str, str] = field(default_factory=dict)
    slow: float = 0.0
    asked: list[str] = field(default_factory=list)
    sent: list[dict[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        self.sent.append({name.lower(): value for name, value in request.headers.items()})
        await asyncio.sleep(self.slow)
        body = self.text.encode()
        headers = {"Content-Type": self.media_type, **self.headers}
        return web.Response(status=self.status, body=body, headers=headers)


def _listing(others: int) -> str:
    """Bob and so many others, in few bytes."""
    return f"<#it> {MEMBER} <{BOB.webid}>" + "".join(f",<#{n}>" for n in range(others)) + " ."


@pytest.fixture
async def club() -> AsyncIterator[Club]:
    app, host = web.Application(), Club()
    app.router.add_get("/{name:.*}", host.answer)
    async with TestServer(app, host="127.0.0.1") as server:
        host.base = f"http://127.0.0.1:{server.port}/"
        yield host


@pytest.fixture
async def groups(an: Asking, now: MovableClock) -> AsyncIterator[RemoteGroups]:
    fetcher = Fetcher(True, now)
    yield RemoteGroups(frozenset({"127.0.0.1"}), an.house.base, fetcher.get, now, dev=True)
    await fetcher.close()


@pytest.fixture
async def asking(an: Asking, groups: RemoteGroups) -> Asking:
    """An's pod on a server whose operator trusts the club's host; `d` is there to be read."""
    assert (await an("PUT", "d", AN, "x", "text/plain")).status == 201
    house = replace(
        an.house,
        db=informed(an.house.db, groups),
        sources=(permit_source(groups, Alarm()),),
        remote_groups=groups,
    )
    return Asking(house)


def _of(club: Club, *names: str) -> str:
    """The subject of a rule: groups in these documents of the club."""
    documents = names or ("g",)
    return "acl:agentGroup " + ", ".join(f"<{club.base}{name}#it>" for name in documents)


async def _open(asking: Asking, club: Club, *names: str, modes: str = "Read") -> None:
    await asking.acl("d", rule(_of(club, *names), f"acl:accessTo <{ROOT}d>", modes))


async def test_a_member_is_let_in_and_nobody_else(asking: Asking, club: Club) -> None:  # WAC-18
    await _open(asking, club)
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
        await _open(asking, club, name)

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
    await _open(asking, club)

    assert (await asking("GET", "d", BOB)).status == 200


@pytest.mark.parametrize("said", ["", "max-age=86400", "max-age=86400, immutable"])
async def test_who_is_dropped_is_out_within_a_minute(
    asking: Asking, club: Club, now: MovableClock, said: str
) -> None:  # T-34: whatever the other side says of how long its word counts
    club.headers = {"Cache-Control": said}
    await _open(asking, club)
    assert (await asking("GET", "d", BOB)).status == 200
    club.text = "# nobody left"

    now.advance(MINUTE - int(SECONDS * SECOND))

    assert (await asking("GET", "d", BOB)).status == 403


async def test_who_is_added_is_in_within_a_minute(
    asking: Asking, club: Club, now: MovableClock
) -> None:
    club.text = "# nobody yet"
    await _open(asking, club)
    assert (await asking("GET", "d", BOB)).status == 403
    club.text = BOBS

    now.advance(MINUTE)

    assert (await asking("GET", "d", BOB)).status == 200


async def test_an_answer_counts_as_long_as_its_headers_say(
    asking: Asking, club: Club, now: MovableClock
) -> None:
    club.headers = {"Cache-Control": "max-age=20"}
    await _open(asking, club)
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
        {"text": _listing(MOST_MEMBERS)},
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
    await _open(asking, club)

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
    await asking.acl("d", rule(_of(gone), here, "Read"), rule(named, here, "Read"))

    assert (await asking("GET", "d", BOB)).status == 403
    # V17: other rules of the same document go on counting.
    assert (await asking("GET", "d", CAROL)).status == 200


async def test_what_failed_is_asked_again_soon(
    asking: Asking, club: Club, now: MovableClock
) -> None:
    club.status = 500
    await _open(asking, club)
    assert (await asking("GET", "d", BOB)).status == 403
    club.status = 200

    now.advance(2 * FAILED_FOR)

    assert (await asking("GET", "d", BOB)).status == 200


async def test_a_document_that_fails_after_it_held_counts_no_longer(
    asking: Asking, club: Club, now: MovableClock
) -> None:  # T-34: a host that goes away takes its members with it
    await _open(asking, club)
    assert (await asking("GET", "d", BOB)).status == 200
    club.status = 503

    now.advance(MINUTE)

    assert (await asking("GET", "d", BOB)).status == 403


@pytest.mark.parametrize("who", [ANYONE, AN])
async def test_nobody_is_asked_when_it_could_change_nothing(
    asking: Asking, club: Club, who: Who
) -> None:  # wac.md §3: an unknown visitor is no member, and An may do all of it already
    await _open(asking, club)

    await asking("GET", "d", who)

    assert club.asked == []


async def test_a_rule_that_already_gives_it_asks_nobody(asking: Asking, club: Club) -> None:
    here = f"acl:accessTo <{ROOT}d>"
    named = rule(f"acl:agent <{BOB.webid}>", here, "Read")
    await asking.acl("d", rule(_of(club), here, "Read"), named)

    assert (await asking("GET", "d", BOB)).status == 200
    assert club.asked == []


async def test_a_group_that_is_known_to_give_it_spares_the_others(
    asking: Asking, club: Club
) -> None:
    await _open(asking, club)
    assert (await asking("GET", "d", BOB)).status == 200
    here = f"acl:accessTo <{ROOT}d>"
    await asking.acl("d", rule(_of(club, "g"), here, "Read"), rule(_of(club, "a"), here, "Read"))

    assert (await asking("GET", "d", BOB)).status == 200
    assert club.asked == ["/g"]


async def test_a_long_list_counts_up_to_its_bound(asking: Asking, club: Club) -> None:  # T-34
    club.text = _listing(MOST_MEMBERS - 1)
    await _open(asking, club)

    assert (await asking("GET", "d", BOB)).status == 200


async def test_a_write_is_decided_by_it_too_and_kept_once(asking: Asking, club: Club) -> None:
    await _open(asking, club, modes="Read Write")  # WAC-31
    club.headers = {"Cache-Control": "no-store"}
    update = "INSERT DATA { <#a> <#p> 1 }"
    assert (await asking("PUT", "t", AN, "", TURTLE)).status == 201
    here = f"acl:accessTo <{ROOT}t>"
    await asking.acl("t", rule(_of(club, "h"), here, "Append"))

    assert (await asking("PUT", "d", BOB, "y", "text/plain")).status == 204
    patched = await asking("PATCH", "t", BOB, update, "application/sparql-update")

    assert patched.status == 204
    assert (await asking("GET", "d", AN)).body == b"y"
    assert (await asking("GET", "t", AN)).body.count(b"#p") == 1
    assert sorted(set(club.asked)) == ["/g", "/h"]


async def test_many_who_wait_for_the_same_document_ask_once(asking: Asking, club: Club) -> None:
    club.slow = 0.1
    await _open(asking, club)

    answers = await asyncio.gather(*(asking("GET", "d", BOB) for _ in range(20)))

    assert {answer.status for answer in answers} == {200}
    assert club.asked == ["/g"]


async def test_an_acl_names_few_documents_elsewhere(asking: Asking, club: Club) -> None:
    text = rule(_of(club, *"abcde"), f"acl:accessTo <{ROOT}d>", "Read")  # T-34: no amplifier

    refused = await asking("PUT", "d.acl", AN, f"@prefix acl: <{ACL}> . {text}", TURTLE)

    assert (refused.status, refused.problem) == (422, "too-complex")
    await _open(asking, club, *"abcd")
    assert (await asking("GET", "d", CAROL)).status == 403
    assert sorted(club.asked) == ["/a", "/b", "/c", "/d"]


async def test_an_acl_that_came_with_too_many_asks_for_few(
    asking: Asking, an: Asking, club: Club, now: MovableClock
) -> None:
    rules = [rule(_of(club, name), f"acl:accessTo <{ROOT}d>", "Read") for name in "abcdefgh"]
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
            f"k/{name}", rule(_of(club, name), f"acl:accessTo <{ROOT}k/{name}>", "Read")
        )
    await strict.acl("k/", rule(here, f"acl:accessTo <{ROOT}k/>", "Read"))

    listing = await strict("GET", "k/", BOB)

    assert listing.status == 200
    assert len(club.asked) == MOST_ROUNDS
    assert listing.body.count(b"/stat#size") + listing.body.count(b"posix:size") == MOST_ROUNDS


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
    await _open(asking, club)

    assert (await an("GET", "d", BOB)).status == 403
    assert club.asked == []


async def test_where_nobody_would_fetch_it_nobody_is_a_member(
    asking: Asking, an: Asking, club: Club
) -> None:  # never open, and no fault either, where the rooms were given the plain database
    await _open(asking, club)
    plain = Asking(replace(asking.house, db=an.house.db))

    assert (await plain("GET", "d", BOB)).status == 403
    assert club.asked == []


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


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("groups.example.org", ("groups.example.org",)),
        ("a.example, b.example,a.example", ("a.example", "b.example")),
        (["a.example"], ("a.example",)),
        ("", ()),
    ],
)
def test_the_operator_names_hosts(said: object, meant: tuple[str, ...]) -> None:
    assert read_settings({"remote_groups": said}, {}).remote_groups == meant
    assert read_settings({}, {}).remote_groups == ()
    if isinstance(said, str):
        assert read_settings({}, {"KLUIS_REMOTE_GROUPS": said}).remote_groups == meant


@pytest.mark.parametrize(
    "said",
    [
        "https://a.example",
        "a.example/g",
        "a.example:8443",
        "*.example",
        "A.example",
        "u@a.example",
        "127.0.0.1",
        "2130706433",
        "a b",
        "*",
    ],
)
def test_what_is_no_host_is_said_at_start(said: str) -> None:
    with pytest.raises(WrongUsage, match="remote-groups"):
        read_settings({"remote_groups": said}, {})


def test_in_development_this_machine_may_be_named() -> None:
    given = {"remote_groups": "127.0.0.1,localhost", "dev": True}

    assert read_settings(given, {}).remote_groups == ("127.0.0.1", "localhost")


def _webid(token: str) -> str:
    claims = token.split(".")[1]
    return str(json.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["webid"])


async def test_the_switch_reaches_a_real_server(tmp_path: Path, club: Club) -> None:  # WAC-18
    async with a_town(tmp_path, remote_groups="127.0.0.1") as town:
        agency, club.text = _webid(town.agency.login.token), ""
        subject, name = _of(club), town.an.pod + "shared.txt"
        assert (await town.web.put(name, town.login, "text/plain", b"hello")).status == 201
        text = f"@prefix acl: <{ACL}> . " + rule(subject, f"acl:accessTo <{name}>", "Read")

        made = await town.web.put(name + ".acl", town.login, TURTLE, text.encode())

        want_status(made, 201)
        want_status(await town.web.get(name, town.agency.login, "text/plain"), 403)
        assert club.asked == ["/g"]
        club.text = f"<#it> {MEMBER} <{agency}> ."
        await asyncio.sleep(KEEP.least / SECOND)
        want_status(await town.web.get(name, town.agency.login, "text/plain"), 200)
