# SPDX-License-Identifier: EUPL-1.2
"""What browsers, apps and strangers see on the wire, beside the data itself."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from commands.answer import Answer
from pod import rdf
from pod.vocab import PIM, SOLID

from .town import Town, a_town

APP = "https://app.example"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    async with a_town(tmp_path_factory.mktemp("wire")) as town:
        yield town


pytestmark = pytest.mark.asyncio(loop_scope="module")


def _comparable(answer: Answer) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Everything but the request id and the date (decision 19)."""
    headers = [(k, v) for k, v in answer.raw_headers if k.lower() != b"date"]
    return answer.status, headers, re.sub(rb"urn:request:[^\"]+", b"", answer.body)


async def test_a_preflight_is_answered_for_anyone_with_what_it_asks_for(town: Town) -> None:
    for where in (town.slip, town.an.pod + "none", ".consent/purposes", ".oidc/token"):
        answer = await town.web.ask(  # SP-63, SP-64
            "OPTIONS",
            where,
            headers={
                "Origin": APP,
                "Access-Control-Request-Method": "PATCH",
                "Access-Control-Request-Headers": "authorization, dpop, x-mine",
            },
        )
        assert (answer.status, answer.body) == (204, b"")
        assert answer.header("Access-Control-Allow-Origin") == APP
        assert "PATCH" in answer.header("Access-Control-Allow-Methods")
        assert answer.header("Access-Control-Allow-Headers") == "authorization, dpop, x-mine"
        assert "Origin" in answer.header("Vary")


async def test_every_outcome_at_the_data_may_be_read_by_the_app_that_asked(town: Town) -> None:
    answers = [  # SP-60, SP-62, SP-65, SP-67, decision 31
        await town.web.get(town.slip, town.login, accept="*/*", Origin=APP),
        await town.web.get(town.slip, accept="*/*", Origin=APP),
        await town.web.get(town.an.pod + "none", town.login, accept="*/*", Origin=APP),
        await town.web.get(town.an.pod + "%zz", accept="*/*", Origin=APP),
    ]

    assert [answer.status for answer in answers] == [200, 401, 404, 400]
    for answer in answers:
        assert answer.header("Access-Control-Allow-Origin") == APP
        assert answer.header("Access-Control-Allow-Credentials") == "true"
        exposed = set(answer.header("Access-Control-Expose-Headers").split(", "))
        assert {"WAC-Allow", "Location", "Kluis-Log", "WWW-Authenticate"} <= exposed
        assert "Origin" in answer.header("Vary")


async def test_protocol_endpoints_have_no_credentials_and_accounts_no_cors(town: Town) -> None:
    consent = await town.web.get(".consent/purposes", Origin=APP)  # T-14
    account = await town.web.get(".account/", Origin=APP)
    page = await town.web.get("-/", Origin=APP, accept="text/html")

    assert consent.header("Access-Control-Allow-Origin") == APP
    assert consent.header("Access-Control-Allow-Credentials") == ""
    for answer in (account, page):
        assert answer.header("Access-Control-Allow-Origin") == ""


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"])
async def test_a_stranger_cannot_tell_what_exists(town: Town, method: str) -> None:
    body = b"" if method in ("GET", "HEAD", "DELETE") else b"<#a> <#b> <#c> ."
    headers = {"Content-Type": "text/turtle"} if body else {}
    names = ["inkomen/2026-08.ttl", "inkomen/2026-99.ttl"]  # SP-5, SP-6, A10, T-33

    there, absent = [
        await town.web.ask(method, town.an.pod + name, headers=headers, body=body) for name in names
    ]
    nowhere = await town.web.ask(
        method, town.web.base + "nobody/inkomen/2026-08.ttl", headers=headers, body=body
    )

    assert _comparable(there) == _comparable(absent)
    assert there.status == nowhere.status == 401
    assert re.sub(rb"urn:request:[^\"]+", b"", nowhere.body) == _comparable(there)[2]
    assert there.header("WWW-Authenticate").startswith("DPoP algs=")


async def test_a_cookie_opens_nothing_at_the_data(town: Town) -> None:  # decision 21, T-11
    signed_in = await town.web.post(
        ".account/login/password/",
        {"email": town.citizen.person.email, "password": town.citizen.person.password},
    )
    cookie = signed_in.header("Set-Cookie").split(";", 1)[0]

    assert (await town.web.get(".account/", Cookie=cookie)).body.count(b"webIds") == 1
    assert (await town.web.get(town.slip, accept="*/*", Cookie=cookie)).status == 401


async def test_a_profile_is_read_without_login_and_names_issuer_and_storage(town: Town) -> None:
    for media_type in (rdf.TURTLE, rdf.JSON_LD):  # WI-1, SP-28, SP-90
        answer = await town.web.get(town.an.web_id, accept=media_type)
        said = rdf.parse(answer.body, media_type, answer.url).triples
        about = {(t.predicate.value, str(t.object)) for t in said}
        assert (SOLID + "oidcIssuer", f"<{town.web.base}>") in about
        assert (PIM + "storage", f"<{town.an.pod}>") in about


async def test_nobody_changes_the_issuer_of_a_profile_over_the_wire(town: Town) -> None:
    card = town.an.web_id.partition("#")[0]  # SP-92, WI-2, T-36
    evil = f"<#me> <{SOLID}oidcIssuer> <https://evil.example/> ."
    headers = {"Content-Type": "application/sparql-update"}

    put = await town.web.put(card, town.login, "text/turtle", evil.encode())
    patch = await town.web.ask(
        "PATCH", card, login=town.login, headers=headers, body=f"INSERT DATA {{ {evil} }}".encode()
    )
    gone = await town.web.ask("DELETE", card, login=town.login)

    assert [answer.status for answer in (put, patch, gone)] == [409, 409, 409]
    assert b"evil.example" not in (await town.web.get(card, accept="*/*")).body


async def test_the_root_leads_browsers_to_the_pages_and_tells_programs_404(town: Town) -> None:
    browser = await town.web.get("", accept="text/html,application/xhtml+xml,*/*;q=0.8")

    assert (browser.status, browser.header("Location")) == (303, "/-/")
    assert (await town.web.get("", accept="*/*")).status == 404


@pytest.mark.parametrize("where", [".nothing/", ".uma/token", "-nothing", ".consent/nothing"])
async def test_our_own_addresses_that_are_not_there_are_404(town: Town, where: str) -> None:
    answer = await town.web.get(where, town.login)

    assert answer.status == 404
    assert answer.header("Content-Type").startswith("application/problem+json")


async def test_head_and_get_have_the_same_headers_on_the_wire(town: Town) -> None:
    for where in (town.slip, town.an.pod, town.an.pod + "none"):
        headers = {"Accept": "text/turtle"}
        get = await town.web.ask("GET", where, login=town.login, headers=headers)
        head = await town.web.ask("HEAD", where, login=town.login, headers=headers)
        assert head.body == b""
        assert _comparable(get)[:2] == _comparable(head)[:2]


async def test_options_of_a_stranger_tells_the_shape_alone(town: Town) -> None:  # SP-68
    there = await town.web.ask("OPTIONS", town.slip)
    absent = await town.web.ask("OPTIONS", town.slip + "x")
    owner = await town.web.ask("OPTIONS", town.slip, login=town.login)

    assert there.header("Allow") == absent.header("Allow")
    assert "storageDescription" in there.header("Link")
    assert "text/n3" in owner.header("Accept-Patch")
    assert there.status == absent.status == owner.status == 204


async def test_the_storage_description_needs_no_login_and_no_accept(town: Town) -> None:
    answer = await town.web.ask("GET", town.an.pod + ".well-known/solid")  # SP-23, SP-24

    assert answer.status == 200
    assert f"<{PIM}Storage>".encode() in answer.body or b"Storage" in answer.body
    written = await town.web.put(town.an.pod + ".well-known/solid", town.login, "text/turtle", b"")
    assert written.status == 405


async def test_the_inbox_takes_messages_from_who_is_signed_in_and_shows_them_to_none(
    town: Town,
) -> None:  # SP-78, SP-81
    inbox, headers = town.an.pod + "inbox/", {"Content-Type": "application/ld+json"}
    note = b'{"@id": "", "https://www.w3.org/ns/activitystreams#summary": "Hallo"}'

    sent = await town.web.ask("POST", inbox, login=town.agency.login, headers=headers, body=note)
    stranger = await town.web.ask("POST", inbox, headers=headers, body=note)
    looked = await town.web.get(inbox, town.agency.login, accept="*/*")
    listed = await town.web.get(inbox, town.login, accept="text/turtle")

    assert (sent.status, stranger.status, looked.status) == (201, 401, 403)
    assert sent.header("Location").encode() in listed.body


async def test_no_answer_tells_what_it_was_made_with(town: Town) -> None:
    answer = await town.web.get(town.slip, town.login, accept="*/*")

    assert answer.header("Server") == "Kluis"
    assert answer.header("X-Powered-By") == ""


async def test_a_new_pod_has_preferences_and_type_indexes_that_tell_nothing(town: Town) -> None:
    folder = town.an.pod + "settings/"  # SP-91, SP-94, SP-95, SP-96
    card = (await town.web.get(town.an.web_id, accept="text/turtle")).body
    public = await town.web.get(folder + "public-types", accept="text/turtle")

    assert f"<{folder}preferences>".encode() in card
    assert f"<{folder}public-types>".encode() in card
    assert b"private-types" not in card
    assert public.status == 200
    assert b"TypeRegistration" not in public.body
    for name in ("", "preferences", "private-types"):
        assert (await town.web.get(folder + name, accept="*/*")).status == 401
        assert (await town.web.get(folder + name, town.login, accept="*/*")).status == 200
