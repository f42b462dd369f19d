# SPDX-License-Identifier: EUPL-1.2
"""Bad input over real HTTP: a clear problem each time, the server unharmed, nothing half done."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from joserfc.jwk import ECKey

from commands.answer import Answer, Json, at, text_at
from commands.client import Login, proof
from commands.demo.asking import asked_of

from .town import Town, a_town

LIMIT = 100_000_000
TURTLE = "text/turtle"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with a_town(tmp_path_factory.mktemp("bad-input"), max_body=str(LIMIT)) as town:
        yield town


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def _put(town: Town, name: str, body: bytes, media_type: str | None) -> Answer:
    headers = {"Content-Type": media_type} if media_type else {}
    url = town.an.pod + name
    return await town.web.ask("PUT", url, login=town.login, headers=headers, body=body)


async def _is_absent(town: Town, name: str) -> bool:
    return (await town.web.get(town.an.pod + name, town.login, accept="*/*")).status == 404


def _is_problem(answer: Answer, status: int, problem: str) -> bool:
    right_type = answer.header("Content-Type").startswith("application/problem+json")
    return right_type and (answer.status, answer.problem) == (status, problem)


async def test_broken_turtle_names_line_and_column_and_stores_nothing(town: Town) -> None:
    answer = await _put(town, "broken.ttl", b'<#a> <#b>\n  "x" <#c> .', TURTLE)

    assert _is_problem(answer, 400, "malformed-rdf")
    assert at(answer.json, "errors", 0, "line") == 2
    assert at(answer.json, "errors", 0, "column") == 7
    assert await _is_absent(town, "broken.ttl")


@pytest.mark.parametrize(
    ("body", "media_type", "status", "problem"),
    [
        (b"x", None, 400, "no-content-type"),
        (b"<a> <b> <c> .", "application/ld+json", 400, "malformed-rdf"),
        (b"\xff\xfe<a>", TURTLE, 400, "malformed-rdf"),
        (b'{"a":' * 4000 + b"1" + b"}" * 4000, "application/ld+json", 400, "malformed-rdf"),
        (b"<a> <b> " + b"[<p> " * 100_000, TURTLE, 400, "malformed-rdf"),
        (b"<a> <b> " + b"<<( <a> <b> " * 60_000, TURTLE, 400, "malformed-rdf"),
        (
            b'{"@context":"http://127.0.0.1:1/c","@id":"x"}',
            "application/ld+json",
            422,
            "unknown-context",
        ),
    ],
    ids=[
        "no type",
        "wrong type",
        "no text",
        "deep JSON-LD",
        "deep Turtle",
        "deep terms",
        "context",
    ],
)
async def test_hostile_bodies_are_refused_quickly_and_not_kept(
    town: Town, body: bytes, media_type: str | None, status: int, problem: str
) -> None:  # T-05, T-06
    begun, pid = time.monotonic(), town.process.pid

    answer = await _put(town, "hostile", body, media_type)

    assert _is_problem(answer, status, problem), answer.in_words()
    assert time.monotonic() - begun < 10
    assert await _is_absent(town, "hostile")
    assert (town.process.returncode, town.process.pid) == (None, pid)


@pytest.mark.parametrize(
    "path",
    ["../x", "%2e%2e/x", "a%2F..%2Fb", "%00", "%zz", "%FF", "a%5Cb", "x" * 5000, "k.acl/x"],
)
async def test_path_tricks_are_refused_before_anything_is_looked_up(
    town: Town, path: str
) -> None:  # T-01, T-02
    for login in (town.login, None):
        status, body = await _raw_get(town, f"/an/{path}", login)

        assert status == 400, path
        assert b"bad-name" in body or b"reserved-name" in body


async def _raw_get(town: Town, path: str, login: Login | None) -> tuple[int, bytes]:
    """A request whose path no client library has tidied up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", town.place.port)
    lines = [f"GET {path} HTTP/1.1", f"Host: localhost:{town.place.port}", "Connection: close"]
    if login is not None:
        signed = login.headers("GET", f"http://localhost:{town.place.port}{path}")
        lines += [f"{name}: {value}" for name, value in signed.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), body


@pytest.mark.parametrize(
    "lines",
    [
        ["POST /an/ HTTP/1.1", "Host: {host}", "Content-Length: 3", "Content-Length: 4"],
        ["POST /an/ HTTP/1.1", "Host: {host}", "Content-Length: 3", "Transfer-Encoding: chunked"],
        ["GET /an/ HTTP/1.1", "Host : {host}"],
        ["GET /an/ HTTP/1.1", "Host: {host}", "X: " + "x" * 40_000],
        ["BREW /an/ HTTP/1.1", "Host: {host}"],
        ["TRACE /an/ HTTP/1.1", "Host: {host}"],
        ["GET /an/ HTTP/1.1", "Host: evil.example"],
        ["GET http://evil.example/an/ HTTP/1.1", "Host: evil.example"],
    ],
    ids=["two lengths", "length and chunks", "space", "long", "brew", "trace", "host", "absolute"],
)
async def test_malformed_requests_end_in_a_4xx(town: Town, lines: list[str]) -> None:  # T-03, T-04
    reader, writer = await asyncio.open_connection("127.0.0.1", town.place.port)
    text = "\r\n".join([*lines, "Connection: close", "", "abc"])
    writer.write(text.format(host=f"localhost:{town.place.port}").encode())

    answer = await reader.read()
    writer.close()

    assert answer.split(b" ", 2)[1][:1] == b"4", answer[:200]
    assert b"Traceback" not in answer


async def test_a_proof_that_was_used_is_refused(town: Town) -> None:  # T-21
    headers = town.login.headers("GET", town.slip)
    first = await town.web.ask("GET", town.slip, headers=headers)
    second = await town.web.ask("GET", town.slip, headers=headers)

    assert first.status == 200
    assert _is_problem(second, 401, "invalid-dpop-proof")
    assert 'error="invalid_dpop_proof"' in second.header("WWW-Authenticate")


async def test_wrong_proofs_are_refused(town: Town) -> None:  # RS-6, T-20
    key, token = town.login.key, town.login.token
    other = ECKey.generate_key("P-256")
    wrong = {
        "method": proof(key, "PUT", town.slip, token),
        "address": proof(key, "GET", town.an.pod, token),
        "token": proof(key, "GET", town.slip, "another"),
        "key": proof(other, "GET", town.slip, token),
        "nonsense": "a.b.c",
    }
    for what, sent in wrong.items():
        headers = {"Authorization": f"DPoP {token}", "DPoP": sent}
        answer = await town.web.ask("GET", town.slip, headers=headers)
        assert answer.status == 401, what
    bearer = await town.web.ask("GET", town.slip, headers={"Authorization": f"Bearer {token}"})
    assert _is_problem(bearer, 401, "invalid-token")


async def test_a_token_that_was_tampered_with_is_refused(town: Town) -> None:
    head, claims, signature = town.login.token.split(".")
    for token in (f"{head}.{claims}.{signature[::-1]}", f"{head}.{claims[:-4]}AAAA.{signature}"):
        sent = Login(token, town.login.key)
        answer = await town.web.get(town.slip, sent, accept="*/*")
        assert _is_problem(answer, 401, "invalid-token")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"count": 500}, "/count"),
        ({"duration": "P9Y"}, "/duration"),
        ({"retention": "P90Y"}, "/retention"),
        ({"modes": ["read", "append"]}, "/modes"),
        ({"countries": ["US"]}, "/countries"),
        ({"recipients": ["https://broker.example/"]}, "/recipients"),
        ({"case": "85073003328"}, "/case"),
        ({"ifRefused": {"nl": "U betaalt\u202e meer"}}, "/ifRefused"),
    ],
)
async def test_requests_beyond_the_limits_never_reach_the_citizen(
    town: Town, changes: dict[str, Json], pointer: str
) -> None:  # KC-11
    question: Json = {**asked_of(town.citizen, town.agency, 3), **changes}
    answer = await town.web.post(".consent/requests", question, town.agency.login)

    assert _is_problem(answer, 422, "request-screened-out"), answer.in_words()
    errors = at(answer.json, "errors")
    assert isinstance(errors, list)
    assert any(text_at(error, "pointer").startswith(pointer) for error in errors)
    listed = await town.web.get(".consent/requests", town.login)
    assert at(listed.json, "items") == []


async def test_an_unknown_purpose_is_screened_out_and_an_unknown_member_is_named(
    town: Town,
) -> None:
    question = asked_of(town.citizen, town.agency, 3)
    unknown: Json = {**question, "purpose": f"{town.web.base}.consent/purposes/none/1"}
    odd: Json = {**question, "colour": "blue"}

    first = await town.web.post(".consent/requests", unknown, town.agency.login)
    second = await town.web.post(".consent/requests", odd, town.agency.login)

    assert _is_problem(first, 422, "request-screened-out")
    assert _is_problem(second, 422, "unknown-term")
    assert "colour" in second.body.decode()


async def test_broken_json_to_the_consent_api_names_its_place(town: Town) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await town.web.ask(
        "POST", ".consent/requests", login=town.agency.login, headers=headers, body=b'{"a":'
    )

    assert _is_problem(answer, 400, "malformed-json")


async def test_a_body_that_announces_too_much_is_refused_unread(town: Town) -> None:
    before = town.memory_peak()
    reader, writer = await asyncio.open_connection("127.0.0.1", town.place.port)
    url = town.an.pod + "huge"
    lines = [
        "PUT /an/huge HTTP/1.1",
        f"Host: localhost:{town.place.port}",
        "Content-Type: image/png",
        "Content-Length: 1000000000",
        *(f"{name}: {value}" for name, value in town.login.headers("PUT", url).items()),
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode())

    head = await reader.readuntil(b"\r\n\r\n")
    writer.close()

    assert head.startswith(b"HTTP/1.1 413 ")
    assert town.memory_peak() - before < 16
    assert await _is_absent(town, "huge")


async def test_a_chunked_gigabyte_is_refused_at_the_limit_with_flat_memory(town: Town) -> None:
    before = town.memory_peak()

    answer, sent = await asyncio.to_thread(_send_chunks, town, 1_000_000_000)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert sent < 1_000_000_000
    assert town.memory_peak() - before < 48
    assert await _is_absent(town, "huge")
    assert not list((town.place.folder / "data" / "blobs").glob("??/*"))


def _send_chunks(town: Town, total: int) -> tuple[bytes, int]:
    """Send chunk after chunk until the server answers; what it said, and how much it took."""
    url = town.an.pod + "huge"
    lines = [
        "PUT /an/huge HTTP/1.1",
        f"Host: localhost:{town.place.port}",
        "Content-Type: image/png",
        "Transfer-Encoding: chunked",
        *(f"{name}: {value}" for name, value in town.login.headers("PUT", url).items()),
    ]
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", town.place.port), timeout=30) as wire:
        wire.sendall("\r\n".join([*lines, "", ""]).encode())
        sent = 0
        while sent < total:
            wire.settimeout(0.001)
            try:
                answer = wire.recv(4096)
            except (TimeoutError, BlockingIOError):
                answer = b""
            if answer:
                return answer, sent
            wire.settimeout(30)
            try:
                for _ in range(100):
                    wire.sendall(piece)
                    sent += 0x10000
            except (BrokenPipeError, ConnectionResetError):
                return wire.recv(4096), sent
    return b"", sent


async def test_after_all_that_the_server_still_serves(town: Town) -> None:
    answer = await town.web.get(town.slip, town.login, accept="*/*")

    assert answer.status == 200
    assert not [line for line in town.place.last_words(50) if "Traceback" in line]
