# SPDX-License-Identifier: EUPL-1.2
"""Asking to sign somebody in costs the asker nothing, so it has limits (T-26, T-29)."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestServer, unused_port

import identity.provider.routes
from identity.callers import household_of
from identity.door import Door
from identity.outward.fetched import Fetched
from identity.outward.outward import NotFetched
from identity.provider.authorize_routes import MOST_QUESTIONS
from identity.provider.interactions import make_room
from identity.sign_in.tries import WINDOW, Tries, open_tries
from identity.tokens.keys import open_keys
from identity.tokens.replay import open_replay
from pod.database import Row, Tx
from pod.iri import Iri
from tests.identity.apps import BACK, ID, a_browser, challenge_of
from tests.identity.conftest import Person, Town

WISH: Mapping[str, str] = {
    "response_type": "code",
    "client_id": ID,
    "redirect_uri": BACK,
    "code_challenge": challenge_of("v" * 43),
    "code_challenge_method": "S256",
}


@dataclass(frozen=True, slots=True)
class Narrow:
    """A server of the same house as `town`, as it runs in production."""

    town: Town
    base: str
    tries: Tries
    asked: list[str]

    def fill(self, name: str) -> None:
        for _ in range(MOST_QUESTIONS):
            self.tries.count([(f"asks of apps {name}", MOST_QUESTIONS)], self.town.now())

    async def ask(self, session: str = "", method: str = "GET") -> ClientResponse:
        headers = {"Cookie": f"kluis={session}"} if session else {}
        url, posted = f"{self.base}.oidc/auth", method == "POST"
        query, form = (None, WISH) if posted else (WISH, None)
        async with self.town.http.request(
            method, url, headers=headers, allow_redirects=False, params=query, data=form
        ) as answer:
            await answer.read()
            return answer


@pytest.fixture
async def narrow(town: Town, tmp_path: Path) -> AsyncIterator[Narrow]:
    port, asked, tries = unused_port(), list[str](), open_tries()
    base = Iri(f"http://127.0.0.1:{port}/")
    keys, replay = open_keys(tmp_path / "keys"), open_replay(tmp_path / "proofs.db", town.now())
    door = Door(base, identity.provider.routes.identify_with(keys, replay, base, town.now))

    async def fetch(url: str, **_more: object) -> Fetched:
        asked.append(url)
        raise NotFetched(url, "there is nothing")

    app = web.Application()
    parts = (town.db, door, keys, replay, base, town.now, fetch, False, tries)
    app.add_routes(identity.provider.routes.routes(*parts))
    async with TestServer(app, port=port):
        yield Narrow(town, base, tries, asked)
    replay.close()
    tries.close()


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_one_address_may_not_ask_without_end(narrow: Narrow, method: str) -> None:
    """Nothing elsewhere is looked at and nothing kept for who asks too often."""
    narrow.fill(household_of("127.0.0.1"))
    refused = await narrow.ask(method=method)

    assert (refused.status, int(refused.headers["Retry-After"]) > 0) == (429, True)
    assert "Location" not in refused.headers
    assert narrow.asked == []
    narrow.town.now.advance(WINDOW)
    assert (await narrow.ask(method=method)).status == 400
    assert narrow.asked == [ID]


async def test_who_is_signed_in_is_not_counted_with_her_neighbours(
    narrow: Narrow, town: Town, an: Person
) -> None:
    """An office has one address; a reload of an app must go on there. She has a limit too."""
    browser = await a_browser(town, an)
    narrow.fill(household_of("127.0.0.1"))
    alone = await narrow.ask(browser.session)

    assert alone.status == 400
    assert narrow.asked == [ID]


async def test_an_account_has_a_limit_of_its_own(narrow: Narrow, town: Town, an: Person) -> None:
    browser = await a_browser(town, an)
    account = await browser.account()
    narrow.fill(f"account {account}")

    assert (await narrow.ask(browser.session)).status == 429
    assert (await narrow.ask()).status == 400


async def _keep_many(tx: Tx, many: int) -> None:
    for number in range(many):
        await tx.run(
            "INSERT INTO interaction (hash, browser, params, created, expires)"
            " VALUES (:hash, 'b', '{}', :n, :n)",
            hash=f"h{number}",
            n=number,
        )


async def _hashes(tx: Tx) -> Sequence[Row]:
    return await tx.all("SELECT hash FROM interaction ORDER BY expires")


async def test_questions_fill_no_disk(town: Town) -> None:
    """The oldest go; who is answering now keeps hers."""
    await town.db.write(None, _keep_many, 25)
    await town.db.write(None, make_room, 20)
    kept = [str(row["hash"]) for row in await town.db.read(_hashes)]

    assert len(kept) < 20
    assert kept[-1] == "h24"
    assert "h0" not in kept
