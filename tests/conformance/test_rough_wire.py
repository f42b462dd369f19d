# SPDX-License-Identifier: EUPL-1.2
"""What a rough caller meets on the wire: odd targets and headers, bodies and answers cut off."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import ClientError

from pod.vocab import PIM
from tests.stories.town import Town, a_town

TURTLE = "text/turtle"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with a_town(tmp_path_factory.mktemp("rough")) as town:
        yield town


pytestmark = pytest.mark.asyncio(loop_scope="module")


def _tracebacks(town: Town) -> int:
    return town.place.log.read_text().count("Traceback")


async def _sent(town: Town, raw: bytes, *, hang_up: bool = False) -> bytes:
    """One request as these bytes; the first line of the answer, empty where the caller left."""
    reader, writer = await asyncio.open_connection("127.0.0.1", town.place.port)
    writer.write(raw.replace(b"{host}", f"localhost:{town.place.port}".encode()))
    await writer.drain()
    line = b"" if hang_up else await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    return line


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "HEAD"])
@pytest.mark.parametrize("target", ["/", "//", "/?/x", "///", "/.acl", "/.meta"])
async def test_the_root_of_the_origin_is_no_resource(town: Town, method: str, target: str) -> None:
    answer = await town.web.ask(  # decision 6, SP-18
        method, town.web.base[:-1] + target, headers={"Content-Type": TURTLE}, login=town.login
    )

    assert answer.status == 404 or (method == "OPTIONS" and answer.status == 204), answer
    assert _tracebacks(town) == 0


@pytest.mark.parametrize("sent", [b"text/pla\xefn", b"\xff/\xfe", b"text/plain; a=\xc3\xa9", b"x"])
async def test_a_content_type_that_cannot_be_sent_back_is_400(town: Town, sent: bytes) -> None:
    url = town.an.pod + "odd"  # SP-55
    signed = "".join(f"{n}: {v}\r\n" for n, v in town.login.headers("PUT", url).items())
    path = url.removeprefix(town.web.base[:-1])
    head = f"PUT {path} HTTP/1.1\r\nHost: {{host}}\r\nContent-Length: 1\r\n{signed}".encode()

    line = await _sent(town, head + b"Content-Type: " + sent + b"\r\n\r\nx")

    assert b" 400 " in line
    assert (await town.web.get(url, town.login, accept="*/*")).status == 404


@pytest.mark.parametrize("expect", [b"\xff\xfe", b"100-continue, x", b"something"])
async def test_an_expectation_that_nobody_knows_breaks_nothing(town: Town, expect: bytes) -> None:
    for target in (b"/an/", b"/.well-known/solid"):
        head = b"GET " + target + b" HTTP/1.1\r\nHost: {host}\r\nExpect: " + expect + b"\r\n\r\n"
        assert b" 50" not in await _sent(town, head)


async def test_a_body_that_is_cut_off_stores_nothing_and_is_no_fault_of_the_server(
    town: Town,
) -> None:
    for method, kind in (("PUT", TURTLE), ("PATCH", "text/n3"), ("PUT", "image/png")):
        url = f"{town.an.pod}cut-off-{method}"
        signed = "".join(f"{n}: {v}\r\n" for n, v in town.login.headers(method, url).items())
        path = url.removeprefix(town.web.base[:-1])
        head = f"{method} {path} HTTP/1.1\r\nHost: {{host}}\r\nContent-Type: {kind}\r\n{signed}"
        await _sent(town, f"{head}Content-Length: 900000\r\n\r\n<#a>".encode(), hang_up=True)
        await _sent(
            town, f"{head}Transfer-Encoding: chunked\r\n\r\n4\r\n<#a>\r\n".encode(), hang_up=True
        )
    await asyncio.sleep(0.3)

    for method in ("PUT", "PATCH"):
        left = await town.web.get(f"{town.an.pod}cut-off-{method}", town.login, accept="*/*")
        assert left.status == 404
    assert _tracebacks(town) == 0


async def test_a_stored_body_that_is_too_short_is_broken_off_and_never_filled_up(
    town: Town,
) -> None:
    url, size = town.an.pod + "large.bin", 700_000
    made = await town.web.put(url, town.login, "application/octet-stream", bytes(size))
    assert made.status == 201
    (blob,) = [f for f in town.place.folder.rglob("blobs/*/*") if f.stat().st_size == size]
    blob.write_bytes(bytes(300_000))

    with pytest.raises(ClientError):
        await town.web.get(url, town.login, accept="*/*")

    assert "ended before its length" in town.place.log.read_text()
    assert _tracebacks(town) == 0


async def test_an_encoded_slash_stays_one_segment_on_the_wire(town: Town) -> None:  # SP-18
    made = await town.web.put(town.an.pod + "one%2Fname", town.login, "text/plain", b"x")

    assert made.status == 201
    assert made.header("Location") == town.an.pod + "one%2Fname"
    for path, status in (("one%2fname", 200), ("one/name", 404), ("one/", 404)):
        read = await town.web.get(town.an.pod + path, town.login, accept="*/*")
        assert read.status == status, path


async def test_preferences_say_what_they_are(town: Town) -> None:  # SP-94
    read = await town.web.get(town.an.pod + "settings/preferences", town.login, accept=TURTLE)

    assert read.status == 200
    assert f"<{PIM}ConfigurationFile>".encode() in read.body or b"pim:ConfigurationFile" in (
        read.body
    )


async def test_the_origins_description_says_what_it_takes(town: Town) -> None:  # SP-12
    for method in ("GET", "HEAD", "OPTIONS", "PUT"):
        answer = await town.web.ask(method, ".well-known/solid")
        assert answer.header("Allow") == "GET, HEAD, OPTIONS"
        assert answer.status == (405 if method == "PUT" else 204 if method == "OPTIONS" else 200)
    refused = await town.web.get(".well-known/solid", accept="text/html")
    assert refused.status == 406  # A7


async def test_no_app_says_where_the_data_of_a_person_is_kept(town: Town) -> None:  # SP-92, SP-28
    card = town.an.web_id.partition("#")[0]
    storage = f"<{town.an.web_id}> <{PIM}storage>"
    before = (await town.web.get(card, accept=TURTLE)).body
    told = "<#me> <http://e/likes> 'pears'"

    for change in (
        f"INSERT DATA {{ {storage} <https://elsewhere.example/> }}",
        f"DELETE DATA {{ {storage} <{town.an.pod}> }}",
        f"DELETE WHERE {{ {storage} ?where }}",
    ):
        refused = await town.web.ask(
            "PATCH",
            card,
            login=town.login,
            headers={"Content-Type": "application/sparql-update"},
            body=change.encode(),
        )
        assert (refused.status, refused.problem) == (409, "protected-profile")
        assert 'rel="http://www.w3.org/ns/ldp#constrainedBy"' in refused.header("Link")
    emptied = await town.web.put(card, town.login, TURTLE, before.replace(b"pim:storage", b"pim:x"))
    assert emptied.status == 409
    assert (await town.web.get(card, accept=TURTLE)).body == before

    others = await town.web.put(card, town.login, TURTLE, before + told.encode() + b" .\n")
    assert others.status == 204
