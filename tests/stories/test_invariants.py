# SPDX-License-Identifier: EUPL-1.2
"""The invariants of permissions that only show from outside: many clients, workers, a kill."""

import asyncio
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest

from commands.answer import Answer, Json, at, items_at, number_at, text_at, want_status
from commands.demo.cast import LOON
from commands.demo.papers import SLIPS
from commands.launch import SERVER
from commands.proof import break_in, read_export

from .city import (
    SPARE,
    City,
    Hall,
    Hammer,
    Try,
    a_city,
    a_hall,
    end_credentials,
    ids_of,
    spare_login,
)
from .hooks import an_ear

CLIENTS = 50
COUNT = 30
SUCCESS = (200, 206, 304)
NUMBER = "85673003360"  # the form of a national number, with the month field of test data

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """One server with four workers for all that leave it standing."""
    with a_hall(tmp_path_factory.mktemp("hall")) as hall:
        yield hall


def entries_under(export: bytes, grant: str) -> list[Json]:
    """The allowed entries of the grant, out of a log whose chain is whole."""
    entries, _ = read_export(export)
    assert break_in(entries) is None
    return [e for e in entries if at(e, "grant") == grant and at(e, "outcome") == "allowed"]


async def test_of_fifty_clients_at_once_exactly_as_many_read_as_the_grant_allows(
    hall: Hall,
) -> None:  # domain.md §8.4
    async with a_city(hall) as city:
        hammer = Hammer(city, await city.grant(count=COUNT))
        await asyncio.gather(*(hammer.strike("whole", "") for _ in range(CLIENTS)))
        held = want_status(await city.web.get(hammer.grant, city.an.login), 200).json
        told = entries_under(await city.export(), hammer.grant)

    statuses = Counter(each.answer.status for each in hammer.tries)
    assert statuses == {200: COUNT, 403: CLIENTS - COUNT}
    assert {e.answer.problem for e in hammer.tries} == {"", "grant-exhausted"}
    assert len(told) == COUNT
    assert (text_at(held, "state"), number_at(held, "uses")) == ("exhausted", COUNT)


async def test_after_a_withdrawal_is_answered_none_of_fifty_hammering_clients_reads(
    hall: Hall,
) -> None:  # domain.md §8.3
    async with a_city(hall) as city:
        hammer, said = Hammer(city, await city.grant()), dict[str, Json]()

        async def withdraw() -> None:
            said["end"] = await city.act(f"{hammer.grant}/withdraw", city.an.login)

        answered = await hammer.around(CLIENTS, withdraw)
        told = entries_under(await city.export(), hammer.grant)

    before = [e.answer.status for e in hammer.tries if e.sent < answered]
    after = [e for e in hammer.tries if e.sent >= answered]
    assert set(before) & {200, 304} == {200, 304}
    assert len(after) > CLIENTS
    assert {(e.kind, e.answer.status) for e in after} == {
        (kind, 403) for kind in ("whole", "same", "range", "head")
    }
    assert {e.answer.problem for e in after if e.kind != "head"} == {"grant-withdrawn"}
    last = number_at(said["end"], "stoppedAfterSeq")
    assert max(number_at(entry, "seq") for entry in told) == last
    heard = [e for e in hammer.tries if e.answer.status in SUCCESS]
    assert {e.answer.header("Kluis-Log") for e in heard} == {text_at(e, "id") for e in told}


async def test_pausing_narrowing_suspending_and_ending_hold_at_the_very_next_request(
    hall: Hall,
) -> None:  # domain.md §8.3
    async with a_city(hall) as city:
        narrower: Json = {"data": [{"target": city.an.has(SLIPS[1].path)}]}
        seen: dict[str, set[str]] = {}

        async def held(name: str, where: str, login: object, body: Json = None) -> None:
            service = await spare_login(city)
            hammer = Hammer(city, await city.grant(service), login=service)

            async def act() -> None:
                if name == "credential":
                    await end_credentials(city, SPARE)
                else:
                    await city.act(where.format(grant=hammer.grant), login, body)  # type: ignore[arg-type]  # a login of the city

            answered = await hammer.around(12, act, 0.3)
            after = [e.answer for e in hammer.tries if e.sent >= answered]
            assert len(after) > 12, name
            assert any(e.answer.status in SUCCESS for e in hammer.tries), name
            seen[name] = {a.problem or str(a.status) for a in after if a.method != "HEAD"}
            seen[name] |= {str(a.status) for a in after if a.method == "HEAD"}

        await held("pause", "{grant}/pause", city.an.login)
        await held("narrow", "{grant}/narrow", city.an.login, narrower)
        await held("relinquish", "{grant}/relinquish", city.agency.login)
        await held("suspend", f"{city.agency.purpose}/suspend", city.operator)
        await city.act(f"{city.agency.purpose}/publish", city.operator)
        await held("agency", f"{city.agency.id}/suspend", city.operator)
        await city.act(f"{city.agency.id}/resume", city.operator)
        await held("credential", "", None)

    assert seen["pause"] == {"grant-paused", "403"}
    assert seen["narrow"] == {"target-not-granted", "403"}
    assert seen["relinquish"] == {"grant-relinquished", "403"}
    assert seen["suspend"] == {"grant-paused", "403"}
    assert "403" in seen["agency"]
    assert not seen["agency"] & {"200", "206", "304"}
    assert "401" in seen["credential"]
    assert not seen["credential"] & {"200", "206", "304"}


async def test_killed_at_any_moment_no_read_is_answered_that_the_log_does_not_have(
    tmp_path: Path,
) -> None:  # domain.md §8.1
    with a_hall(tmp_path, workers=2) as hall:
        async with a_city(hall) as city:
            grant = await city.grant()
        tries: list[Try] = []
        for seconds in (0.4, 0.9):
            async with a_city(hall) as city:
                hammer = Hammer(city, grant, kinds=("whole", "same"), tries=tries)
                await _hurt(hammer, hall, seconds)
            hall.open()
            async with a_city(hall) as city:
                await _all_is_told(Hammer(city, grant, tries=tries), tmp_path)
    statuses = Counter(each.answer.status for each in tries)
    assert statuses.keys() == {200, 304}
    assert min(statuses.values()) > 5


async def _hurt(hammer: Hammer, hall: Hall, seconds: float) -> None:
    """Readers on all sides, and in the midst of it SIGKILL to the server and its workers."""
    over, tag = asyncio.Event(), (await hammer.strike("whole", "")).header("ETag")
    busy = [asyncio.create_task(hammer.keep_striking(n, tag, over)) for n in range(8)]
    await asyncio.sleep(seconds)
    hall.kill()
    async with asyncio.timeout(8):
        await asyncio.gather(*busy)


async def _all_is_told(hammer: Hammer, folder: Path) -> None:
    city = hammer.city
    export = await city.export()
    told = entries_under(export, hammer.grant)
    held = want_status(await city.web.get(hammer.grant, city.an.login), 200).json
    keys = want_status(await city.web.get(".consent/keys"), 200).body
    heard = {each.answer.header("Kluis-Log"): each.answer.status for each in hammer.tries}
    statuses = {text_at(entry, "id"): number_at(entry, "status") for entry in told}
    assert len(heard) == len(hammer.tries)
    assert len(statuses) == len(told)
    assert heard.items() <= statuses.items()
    assert number_at(held, "uses") == sum(status == 200 for status in statuses.values())
    assert await _verify_log(folder, export, keys) == 0


async def _verify_log(folder: Path, export: bytes, keys: bytes) -> int | None:
    (folder / "log.ndjson").write_bytes(export)
    (folder / "keys.json").write_bytes(keys)
    command = [sys.executable, str(SERVER), "verify-log", "log.ndjson", "--keys", "keys.json"]
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=-3, stderr=-3)
    return await process.wait()


async def test_four_workers_tell_the_agency_each_thing_once(hall: Hall) -> None:  # KC-24
    async with an_ear(port=hall.ear) as ear, a_city(hall) as city:

        async def live(number: int) -> None:
            grant = await city.grant(callback=hall.callback)
            await city.act(f"{grant}/pause", city.an.login)
            await city.act(f"{grant}/resume", city.an.login)
            await city.act(f"{grant}/withdraw", city.an.login)

        earlier = ids_of(await city.web.get(".consent/events?limit=500", city.agency.login))
        await asyncio.gather(*(live(number) for number in range(6)))
        everything = ids_of(await city.web.get(".consent/events?limit=500", city.agency.login))
        events = everything[len(earlier) :]
        await ear.until(lambda heard: len({each.id for each in heard}) >= len(events))
        await asyncio.sleep(1)

    assert len(events) == len(set(events)) == 6 * 5
    told = Counter(each.id for each in ear.heard)
    assert set(told.values()) == {1}
    assert len(told) == len(events)
    grants: dict[str, list[str]] = {}
    for each in ear.heard:
        if each.kind.startswith("grant."):
            grants.setdefault(each.json["data"]["grant"], []).append(each.kind)
    order = ["grant.active", "grant.paused", "grant.resumed", "grant.withdrawn"]
    assert list(grants.values()) == [order] * 6


def shape(answer: Answer, names: dict[str, str]) -> tuple[int, str, tuple[str, ...]]:
    """What an answer tells, but for the names that were asked for and the id of the request."""

    def plain(text: str) -> str:
        for name, word in names.items():
            text = text.replace(name, word)
        return text

    body = answer.body.decode()
    if body and answer.media_type.endswith("json"):
        value = orjson.loads(body)
        gone = ("instance", "id", "created", "decisionDeadline")
        body = orjson.dumps({name: value[name] for name in value if name not in gone}).decode()
    skipped = (b"date", b"location", b"content-length")
    headers = sorted(
        f"{name.decode().lower()}: {value.decode('latin-1')}"
        for name, value in answer.raw_headers
        if name.lower() not in skipped
    )
    return answer.status, plain(body), tuple(plain(header) for header in headers)


async def test_an_agency_without_any_grant_cannot_tell_what_is_there_from_what_is_not(
    hall: Hall,
) -> None:  # domain.md §8.13, KC-10, KC-21
    async with a_city(hall) as city:
        grant = await city.grant()  # another agency's: tells the stranger nothing
        base, stranger = city.web.base, city.stranger
        patch = {"Content-Type": "application/sparql-update"}

        async def seen(pod: str, path: str) -> list[tuple[int, str, tuple[str, ...]]]:
            url = f"{base}{pod}/{path}"
            names = {url: "URL", f"/{pod}/{path}": "PATH", f"{base}{pod}/": "POD"}
            asked = [
                await city.web.ask("GET", url, login=stranger),
                await city.web.ask("HEAD", url, login=stranger),
                await city.web.ask("GET", url, login=stranger, headers={"Kluis-Grant": grant}),
                await city.web.ask("GET", url, login=stranger, headers={"If-None-Match": "*"}),
                await city.web.ask("GET", url, login=stranger, headers={"Range": "bytes=0-1"}),
                await city.web.ask("DELETE", url, login=stranger),
                await city.web.ask("PATCH", url, login=stranger, headers=patch, body=b"x"),
                await city.web.get(f".consent/log?pod={base}{pod}/", stranger),
                await city.web.get(f".consent/log/head?pod={base}{pod}/", stranger, "*/*"),
            ]
            return [shape(answer, names) for answer in asked]

        there = await seen("an", SLIPS[0].path)
        others = [
            await seen("an", "inkomen/geen.ttl"),
            await seen("an", "geen/geen/geen.ttl"),
            await seen("niemand", SLIPS[0].path),
            await seen("niemand", "profile/geen.ttl"),
        ]
        containers = [await seen("an", "inkomen/"), await seen("niemand", "inkomen/")]
        asks = [await _asked_by_stranger(city, name) for name in ("an", "niemand")]

    for other in others:
        assert other == there
    assert containers[0] == containers[1]
    assert asks[0] == asks[1]


async def _asked_by_stranger(city: City, name: str) -> list[tuple[int, str, tuple[str, ...]]]:
    """A request that is screened out, and one of the town's own agency that is not."""
    body: Json = {
        "subject": f"{city.web.base}{name}/profile/card#me",
        "purpose": city.agency.purpose,
        "data": [{"target": f"{city.web.base}{name}/a.ttl", "properties": [LOON + "brutoloon"]}],
        "modes": ["read"],
        "duration": "P1M",
        "count": 1,
    }
    names = {f"{city.web.base}{name}/": "POD"}
    refused = await city.web.post(".consent/requests", body, city.stranger)
    taken = want_status(await city.web.post(".consent/requests", body, city.agency.login), 202)
    seen = await city.web.get(text_at(taken.json, "id"), city.agency.login)
    return [
        shape(answer, {text_at(taken.json, "id"): "ID", **names})
        for answer in (
            refused,
            taken,
            seen,
        )
    ]


async def test_a_national_number_that_a_body_carries_shows_up_nowhere_else(
    hall: Hall,
) -> None:  # domain.md §8.10
    heard: list[Answer] = []
    spelled = re.compile(r"856730\D?033\D?60|85\.67\.30")
    async with an_ear(port=hall.ear) as ear, a_city(hall, heard.append) as city:
        an, agency, web = city.an.login, city.agency.login, city.web
        secret = f'<#fiche> a <{LOON}Arbeidsloon> ; <{LOON}werkgever> "{NUMBER}" .'.encode()
        where = city.an.has("inkomen/nummer.ttl")
        want_status(await web.put(where, an, "text/turtle", secret), 201)
        item: Json = {"target": where, "properties": [LOON + "werkgever"]}
        grant = await city.grant(data=[item], callback=hall.callback)
        read = await web.ask("GET", where, login=agency, headers={"X-Request-Id": NUMBER})
        assert NUMBER.encode() in want_status(read, 200).body
        named = grant.rpartition("/")[0] + "/" + NUMBER
        for headers in (
            {"Kluis-Employee": NUMBER},
            {"Kluis-Case": NUMBER},
            {"Kluis-Grant": named},
            {"Kluis-Purpose": named},
            {"Accept": f"text/{NUMBER}"},
            {"X-Request-Id": NUMBER, "Kluis-Case": "other"},
        ):
            await web.ask("GET", where, login=agency, headers=headers)
        for body in ({"case": NUMBER}, {"case": "85.67.30-033.60"}, {NUMBER: 1}, {"count": NUMBER}):
            question: Json = {"subject": city.an.web_id, "purpose": city.agency.purpose, **body}
            assert (await web.post(".consent/requests", question, agency)).status == 422
        request = await city.ask()
        said = await web.post(f"{request}/refuse", {"reason": f"ik ben {NUMBER}"}, an)
        assert said.status == 422
        await web.get(f".consent/log?pod={quote(city.an.pod)}&agency={NUMBER}", an)
        await web.get(f".consent/grants/{NUMBER}", an)
        await city.act(f"{grant}/withdraw", an)
        want_status(await web.get(".consent/events", agency), 200)
        for name in items_at(want_status(await web.get(grant, an), 200).json, "receipts"):
            want_status(await web.get(str(name), an, "*/*"), 200)
        await ear.until(lambda events: len(events) >= 3)
        export = await city.export()

    told = [answer for answer in heard if answer is not read and answer.url != where]
    asked = [answer for answer in heard if answer.url == where and answer.status != 200]
    assert asked
    for answer in (*told, *asked):
        assert not spelled.search(answer.every_byte.decode("latin-1")), answer.in_words()
    assert not spelled.search(export.decode())
    assert not spelled.search(hall.place.log.read_text())
    assert not any(spelled.search(each.body.decode()) for each in ear.heard)
    assert not any(spelled.search(str(each.headers)) for each in ear.heard)
