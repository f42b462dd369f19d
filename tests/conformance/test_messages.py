# SPDX-License-Identifier: EUPL-1.2
"""Messages as senders really write them: JSON-LD with the context of Activity Streams."""

import orjson
import pytest

from pod import rdf
from pod.contexts import BUNDLED
from tests.people import AN, BOB, ROOT, Asking, rule

CONTEXT = "https://www.w3.org/ns/activitystreams"
AS = CONTEXT + "#"
OFFER = {
    "@context": [CONTEXT, {"notify": "http://purl.org/coar/notify_activity/"}],
    "id": "urn:uuid:6a1c",
    "type": ["Offer", "notify:Review"],
    "actor": "https://sender.example/#me",
    "object": {"id": "https://sender.example/paper", "type": "Document", "name": "A paper"},
    "target": {"id": ROOT, "inbox": ROOT + "inbox/"},
    "summaryMap": {"nl": "Een artikel"},
    "published": "2026-11-24T10:00:00Z",
    "totalItems": 2,
    "orderedItems": ["https://a.example/", "https://b.example/"],
    "unknown": "left out, as JSON-LD says",
}


@pytest.fixture
async def inbox(an: Asking) -> Asking:
    await an("PUT", "inbox/", AN)
    senders = rule(
        "acl:agentClass acl:AuthenticatedAgent", f"acl:accessTo <{ROOT}inbox/>", "Append"
    )
    await an.acl("inbox/", senders)
    return an


@pytest.mark.parametrize("profile", ["", f'; profile="{CONTEXT}"'])
async def test_an_inbox_takes_activity_streams_and_shows_what_they_say(
    inbox: Asking, profile: str
) -> None:  # SP-78, SP-79
    body = orjson.dumps(OFFER)

    sent = await inbox("POST", "inbox/", BOB, body, "application/ld+json" + profile)

    assert sent.status == 201
    where = sent.headers["Location"]
    assert (await inbox("GET", where, AN, accept=rdf.JSON_LD)).body == body
    turtle = await inbox("GET", where, AN, accept=rdf.N_TRIPLES)
    said = {str(t) for t in rdf.parse(turtle.body, rdf.N_TRIPLES, where).triples}
    me, xsd = "<urn:uuid:6a1c>", "http://www.w3.org/2001/XMLSchema#"
    assert {
        f"{me} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{AS}Offer>",
        f"{me} <{AS}actor> <https://sender.example/#me>",
        f"{me} <{AS}object> <https://sender.example/paper>",
        f'<https://sender.example/paper> <{AS}name> "A paper"',
        f"<{ROOT}> <http://www.w3.org/ns/ldp#inbox> <{ROOT}inbox/>",
        f'{me} <{AS}summary> "Een artikel"@nl',
        f'{me} <{AS}published> "2026-11-24T10:00:00Z"^^<{xsd}dateTime>',
        f'{me} <{AS}totalItems> "2"^^<{xsd}nonNegativeInteger>',
    } <= said
    assert not any("unknown" in triple for triple in said)


async def test_a_context_that_is_not_known_is_named_and_never_fetched(inbox: Asking) -> None:
    for named in (CONTEXT + "/", "https://elsewhere.example/c", [CONTEXT, "https://e.example/"]):
        body = orjson.dumps({**OFFER, "@context": named})

        refused = await inbox("POST", "inbox/", BOB, body, "application/ld+json")

        assert (refused.status, refused.problem) == (422, "unknown-context")
        assert (named if isinstance(named, str) else named[1]).encode() in refused.body


def test_every_bundled_context_is_read_without_looking_anything_up() -> None:
    for name, terms in BUNDLED.items():
        assert isinstance(terms, dict)
        for term in set(terms) - {"id", "type", "as", "xsd", "ldp", "vcard"}:
            value = {"nl": "x"} if term.endswith("Map") else "https://e.example/x"
            body = orjson.dumps({"@context": name, "id": "urn:a", term: value})
            triples = rdf.parse(body, rdf.JSON_LD, "https://e.example/").triples
            assert triples, term
            assert all(
                t.predicate.value.startswith(("http://www.w3", "https://www.w3")) for t in triples
            )
