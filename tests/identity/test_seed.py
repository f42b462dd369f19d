# SPDX-License-Identifier: EUPL-1.2
"""The seed adds what is missing and says what does not fit (KC-8)."""

from typing import Any

import pytest

from identity.accounts.credentials import check_credential
from identity.accounts.seed import Made, seed_accounts
from pod.errors import PodError
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.people import BASE

WEBID = f"{BASE}an/profile/card#me"
AN: dict[str, Any] = {
    "email": "an@voorbeeld.example",
    "password": "abc123",
    "pods": [{"name": "an"}],
    "clientCredentials": [{"id": "an-1", "secret": "geheim-van-an-lang", "webId": WEBID}],
}


async def test_a_seed_adds_once_what_is_missing(db: Sqlite, now: MovableClock) -> None:
    bare = {"email": AN["email"], "password": AN["password"]}
    steps = [await seed_accounts(db, BASE, [given], now) for given in (bare, AN, AN)]

    assert steps == [Made(1, 0, 0), Made(0, 1, 1), Made(0, 0, 0)]
    assert await db.read(check_credential, "an-1", "geheim-van-an-lang") is not None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"emial": "x"}, "emial"),
        ({"pods": "an"}, "pods"),
        ({"pods": [{"nmae": "an"}]}, "nmae"),
        ({"pods": [{}]}, "name"),
        ({"pods": ["an"]}, "pod"),
        ({"clientCredentials": "an"}, "clientCredentials"),
        ({"clientCredentials": [7]}, "credential"),
        ({"email": "no address"}, "e-mail"),
        ({"password": 7}, "password"),
        ({"pods": [{"name": "An"}]}, "pod name"),
        ({"operator": "yes"}, "operator"),
        ({"clientCredentials": [{"id": "a", "secret": "short", "webId": WEBID}]}, "secret"),
        ({"clientCredentials": [{"id": "a", "secret": "a b%" * 9, "webId": WEBID}]}, "secret"),
        ({"clientCredentials": [{"id": "a:b", "secret": "x" * 20, "webId": WEBID}]}, "id"),
        (
            {"clientCredentials": [{"id": "a", "secret": "x" * 20, "webId": "https://x.example/"}]},
            "not linked",
        ),
    ],
)
async def test_a_seed_that_does_not_fit_says_where(
    db: Sqlite, now: MovableClock, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(PodError, match=said):
        await seed_accounts(db, BASE, [AN | change], now)
