# SPDX-License-Identifier: EUPL-1.2
"""SP-35: the strict switch, with which a listing tells less of what its reader may not read."""

from dataclasses import replace

import pytest

from commands.settings import read_settings
from ldp import reading, spool
from pod import rdf
from pod.vocab import DCT, LDP, POSIX, RDF
from tests.people import AN, BOB, ROOT, Asking, rule

FORMS = (rdf.TURTLE, rdf.JSON_LD, rdf.N_TRIPLES)
FACTS = {DCT + "modified", POSIX + "size", POSIX + "mtime", RDF + "type"}


@pytest.fixture
async def strict(an: Asking) -> Asking:
    """A folder that Bob may read, with things of which he may read one."""
    asking = replace(an, house=replace(an.house, strict_listing=True))
    for name in ("hidden.txt", "open.txt"):
        assert (await asking("PUT", f"k/{name}", AN, "x", "text/plain")).status == 201
    assert (await asking("PUT", "k/folder/", AN)).status == 201
    may = f"acl:agent <{BOB.webid}>"
    await asking.acl("k/", rule(may, f"acl:accessTo <{ROOT}k/>", "Read"))
    await asking.acl("k/open.txt", rule(may, f"acl:accessTo <{ROOT}k/open.txt>", "Read"))
    return asking


def _about(body: bytes, media_type: str, name: str) -> set[str]:
    triples = rdf.parse(body, media_type, ROOT + "k/").triples
    return {t.predicate.value for t in triples if str(t.subject) == f"<{ROOT}k/{name}>"}


def _listed(body: bytes, media_type: str) -> set[str]:
    triples = rdf.parse(body, media_type, ROOT + "k/").triples
    return {str(t.object) for t in triples if t.predicate.value == LDP + "contains"}


@pytest.mark.parametrize("media_type", FORMS)
async def test_members_that_may_not_be_read_are_a_name_and_nothing_else(
    strict: Asking, media_type: str
) -> None:  # SP-35
    bobs = (await strict("GET", "k/", BOB, accept=media_type)).body
    ans = (await strict("GET", "k/", AN, accept=media_type)).body

    names = {f"<{ROOT}k/{name}>" for name in ("hidden.txt", "open.txt", "folder/")}
    assert _listed(bobs, media_type) == _listed(ans, media_type) == names
    assert _about(bobs, media_type, "hidden.txt") == set()
    assert _about(bobs, media_type, "folder/") == set()
    assert _about(bobs, media_type, "open.txt") == FACTS
    assert _about(ans, media_type, "hidden.txt") == FACTS


async def test_without_the_switch_all_facts_are_listed(strict: Asking) -> None:  # SP-35
    lax = replace(strict, house=replace(strict.house, strict_listing=False))

    listing = await lax("GET", "k/", BOB, accept=rdf.TURTLE)

    assert _about(listing.body, rdf.TURTLE, "hidden.txt") == FACTS
    assert listing.headers["Cache-Control"] == "private, no-cache"
    assert not read_settings({}, {}).strict_listing
    assert read_settings({"strict_listing": True}, {}).strict_listing
    assert read_settings({}, {"KLUIS_STRICT_LISTING": "yes"}).strict_listing
    assert not read_settings({}, {"KLUIS_STRICT_LISTING": "no"}).strict_listing


@pytest.mark.parametrize("paged_tries", [2, 0])
async def test_a_long_listing_is_as_strict_on_every_page(
    strict: Asking, monkeypatch: pytest.MonkeyPatch, paged_tries: int
) -> None:  # SP-35
    monkeypatch.setattr(spool, "PAGE", 1)
    monkeypatch.setattr(reading, "PAGE", 1)
    monkeypatch.setattr(reading, "PAGED_TRIES", paged_tries)

    body = (await strict("GET", "k/", BOB, accept=rdf.TURTLE)).body

    assert len(_listed(body, rdf.TURTLE)) == 3
    assert _about(body, rdf.TURTLE, "hidden.txt") == set()
    assert _about(body, rdf.TURTLE, "folder/") == set()
    assert _about(body, rdf.TURTLE, "open.txt") == FACTS


async def test_a_strict_listing_is_kept_by_nobody(strict: Asking) -> None:
    """SP-35: what may be read can change without the folder, so no copy of it stays right."""
    first = await strict("GET", "k/", BOB)
    await strict.acl("k/open.txt")

    again = await strict("GET", "k/", BOB, if_none_match=first.headers["ETag"])

    assert first.headers["Cache-Control"] == "no-store"
    assert again.status == 200
    assert _about(again.body, rdf.TURTLE, "open.txt") == set()
