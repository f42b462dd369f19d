# SPDX-License-Identifier: EUPL-1.2
"""The inbox: open for adding, not for reading; small messages in RDF, not too many."""

import pytest

from identity.who import ANYONE
from ldp.inbox import LARGEST_MESSAGE, MOST_PER_HOUR
from tests.conftest import MovableClock
from tests.people import AN, BOB, ROOT, Asking, rule

TURTLE = "text/turtle"
HELLO = "<> <http://e/says> 'hello' ."
HOUR = 3_600_000


@pytest.fixture
async def inbox(an: Asking) -> Asking:
    assert (await an("PUT", "inbox/", AN)).status == 201
    here = f"acl:accessTo <{ROOT}inbox/>, <{ROOT}inbox/>; acl:default <{ROOT}inbox/>"
    public = "acl:agentClass <http://xmlns.com/foaf/0.1/Agent>"
    await an.acl("inbox/", rule(public, here, "Append"))
    return an


async def test_strangers_add_and_do_not_read(inbox: Asking) -> None:  # SP-81
    made = await inbox("POST", "inbox/", BOB, HELLO, TURTLE)
    assert made.status == 201

    assert (await inbox("GET", "inbox/", BOB)).status == 403
    assert (await inbox("GET", made.headers["Location"], BOB)).status == 403


@pytest.mark.parametrize(("method", "path"), [("POST", "inbox/"), ("PUT", "inbox/m")])
async def test_an_inbox_takes_rdf_from_strangers(
    inbox: Asking, method: str, path: str
) -> None:  # SP-80, SP-81
    refused = await inbox(method, path, BOB, "hello", "text/plain")

    assert refused.status == 415
    assert TURTLE in refused.headers["Accept-Post"]
    assert "constrainedBy" in refused.headers["Link"]
    assert (await inbox(method, path, AN, "hello", "text/plain")).status == 201


async def test_an_inbox_says_what_it_takes(inbox: Asking) -> None:  # SP-80
    said = (await inbox("GET", "inbox/", AN)).headers["Accept-Post"]
    assert TURTLE in said
    assert "application/ld+json" in said
    assert "*" not in said
    await inbox("PUT", "other/", AN)
    assert (await inbox("GET", "other/", AN)).headers["Accept-Post"] == "*/*"


async def test_a_message_without_a_statement_is_refused(inbox: Asking) -> None:  # SP-80
    empty = await inbox("POST", "inbox/", BOB, "# nothing", TURTLE)

    assert (empty.status, empty.problem) == (422, "empty-message")
    assert "constrainedBy" in empty.headers["Link"]


async def test_a_message_has_a_size_that_an_owner_need_not_keep(inbox: Asking) -> None:  # SP-81
    long = f"<> <http://e/says> '{'x' * LARGEST_MESSAGE}' ."

    refused = await inbox("POST", "inbox/", BOB, long, TURTLE)

    assert (refused.status, refused.problem) == (413, "message-too-large")
    assert (await inbox("POST", "inbox/", AN, long, TURTLE)).status == 201


async def test_one_sender_fills_no_inbox(inbox: Asking, now: MovableClock) -> None:  # SP-81
    for number in range(MOST_PER_HOUR):
        update = ("PUT", f"inbox/{number}", BOB, HELLO, TURTLE)
        assert (await inbox(*update)).status == 201

    for method, path in (("POST", "inbox/"), ("PUT", "inbox/more")):
        refused = await inbox(method, path, BOB, HELLO, TURTLE)
        assert refused.status == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 3601
    add = "INSERT DATA { <#a> <#p> 1 }"
    patched = await inbox("PATCH", "inbox/patched", BOB, add, "application/sparql-update")
    assert patched.status == 429
    assert (await inbox("POST", "inbox/", ANYONE, HELLO, TURTLE)).status == 201
    assert (await inbox("POST", "inbox/", AN, HELLO, TURTLE)).status == 201

    now.advance(HOUR)

    assert (await inbox("POST", "inbox/", BOB, HELLO, TURTLE)).status == 201
