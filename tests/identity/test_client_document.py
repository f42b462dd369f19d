# SPDX-License-Identifier: EUPL-1.2
"""Client ID Documents: what they must say, and how they are asked for (OP-7)."""

from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from identity.clients.clients import UnknownClient, find_client
from identity.outward.fetched import KEEP, LIMIT, Fetched, Keep
from identity.outward.outward import NotFetched
from pod.instant import SECOND
from pod.sqlite import Sqlite
from tests.conftest import MovableClock

ID = "https://app.example/id.jsonld"
BACK = "https://app.example/back"
GONE = "https://app.example/gone"
DOCUMENT: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/solid/oidc-context.jsonld"],
    "client_id": ID,
    "client_name": "An app",
    "redirect_uris": [BACK],
    "post_logout_redirect_uris": [GONE],
    "scope": "openid webid offline_access",
    "token_endpoint_auth_method": "client_secret_basic",
}


@dataclass(slots=True)
class Elsewhere:
    """One document, and how it was asked for."""

    body: bytes | None
    media_type: str = "application/ld+json"
    later: bytes | None = None
    asked: list[tuple[str, int, int, Keep]] = field(default_factory=list)

    async def __call__(
        self, url: str, *, accept: str, limit: int = LIMIT, redirects: int = 0, keep: Keep = KEEP
    ) -> Fetched:
        self.asked.append((url, limit, redirects, keep))
        body = self.later if keep.oldest is not None and self.later is not None else self.body
        if body is None:
            raise NotFetched(url, "there is nothing")
        return Fetched(url, 200, self.media_type, None, body, {}, 0)


def written(**changed: object) -> bytes:
    said = DOCUMENT | changed
    return orjson.dumps({name: value for name, value in said.items() if value is not None})


async def test_a_document_makes_a_public_client_that_its_host_answers_for(
    db: Sqlite, now: MovableClock
) -> None:
    elsewhere = Elsewhere(written())
    client = await find_client(db, elsewhere, ID, now)

    assert (client.id, client.kind, client.name, client.host) == (
        ID,
        "document",
        "An app",
        "app.example",
    )
    assert client.public  # whatever it says
    assert client.verified
    assert client.redirect_uris == (BACK,)
    assert client.post_logout_redirect_uris == (GONE,)
    assert client.scopes == {"openid", "webid", "offline_access"}
    # 64 KiB and no redirects; kept a minute to a day.
    url, limit, redirects, keep = elsewhere.asked[0]
    assert (url, limit, redirects) == (ID, 64 * 1024, 0)
    assert (keep.least, keep.most) == (60 * SECOND, 86_400 * SECOND)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "no JSON"),
        (b"<html>", "no JSON"),
        (b"[]", "no JSON object"),
        (b"\xff", "no JSON"),
        (written(client_id="https://app.example/other"), "another client_id"),
        (written(client_id=ID + "#"), "another client_id"),
        (written(client_id=None), "another client_id"),
        (written(client_id=[ID]), "another client_id"),
        (written(**{"@context": None}), "@context"),
        (written(**{"@context": "https://schema.org"}), "@context"),
        (written(redirect_uris=None), "redirect_uris"),
        (written(redirect_uris=[]), "redirect_uris"),
        (written(redirect_uris=BACK), "redirect_uris"),
        (written(redirect_uris=[7]), "redirect_uris"),
        (written(redirect_uris=["javascript:alert(1)"]), "redirect_uris"),
        (written(redirect_uris=[BACK + "#x"]), "redirect_uris"),
        (written(redirect_uris=[BACK] * 1000), "redirect_uris"),
        (written(scope=7), "scope"),
        (written(post_logout_redirect_uris="x"), "post_logout_redirect_uris"),
        (b" " * (64 * 1024) + written(), "64 KiB"),
        (None, "could not be fetched"),
    ],
)
async def test_a_document_that_does_not_fit_is_named_with_the_reason(
    db: Sqlite, now: MovableClock, body: bytes | None, what: str
) -> None:
    with pytest.raises(UnknownClient, match=what) as caught:
        await find_client(db, Elsewhere(body), ID, now)

    assert ID in caught.value.detail


@pytest.mark.parametrize("kind", ["text/html", "text/turtle", "", "application/javascript"])
async def test_only_json_is_read(db: Sqlite, now: MovableClock, kind: str) -> None:
    with pytest.raises(UnknownClient, match="no JSON"):
        await find_client(db, Elsewhere(written(), kind), ID, now)


async def test_addresses_that_cannot_be_used_spoil_only_themselves(
    db: Sqlite, now: MovableClock
) -> None:
    body = written(redirect_uris=["http://app.example/back", BACK, "data:text/html,x"])
    client = await find_client(db, Elsewhere(body), ID, now)

    assert client.redirect_uris == (BACK,)


async def test_an_older_copy_without_the_address_is_fetched_anew_once(
    db: Sqlite, now: MovableClock
) -> None:
    newer = "https://app.example/newer"
    elsewhere = Elsewhere(written(), later=written(redirect_uris=[newer]))

    assert (await find_client(db, elsewhere, ID, now, BACK)).redirect_uris == (BACK,)
    assert len(elsewhere.asked) == 1
    assert (await find_client(db, elsewhere, ID, now, newer)).redirect_uris == (newer,)
    assert len(elsewhere.asked) == 3
    await find_client(db, elsewhere, ID, now, "https://evil.example/")
    assert len(elsewhere.asked) == 5


async def test_a_name_is_cleaned_and_a_missing_one_is_the_host(
    db: Sqlite, now: MovableClock
) -> None:  # T-26
    turned = await find_client(db, Elsewhere(written(client_name="a\u202eb")), ID, now)
    bare = await find_client(db, Elsewhere(written(client_name=None)), ID, now)

    assert (turned.name, bare.name) == ("ab", "app.example")
