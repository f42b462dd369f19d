# SPDX-License-Identifier: EUPL-1.2
"""Apps that register by themselves, over HTTP (OP-8 to OP-12, OP-15; T-26)."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer, unused_port
from hypothesis import given
from hypothesis import strategies as st

from identity.callers import household_of
from identity.clients.clients import check_secret, find_client
from identity.clients.metadata import BadMetadata
from identity.clients.registration import KEPT_AFTER, LIFE, read_registration
from identity.clients.registration_routes import MOST_PER_ADDRESS, routes
from identity.door import Door
from identity.outward.fetched import Fetched
from identity.sign_in.tries import open_tries
from identity.who import ANYONE, Who
from pod.instant import SECOND
from pod.iri import Iri
from pod.sqlite import Sqlite
from tests.conftest import MovableClock

BACK = "https://app.example/back"
# As solid-client-authn-node and -browser send it.
NODE: dict[str, Any] = {
    "redirect_uris": [BACK, "http://127.0.0.1:3001/"],
    "client_name": "An app",
    "id_token_signed_response_alg": "ES256",
    "grant_types": ["authorization_code", "refresh_token"],
}
BROWSER = NODE | {
    "application_type": "web",
    "subject_type": "public",
    "token_endpoint_auth_method": "client_secret_basic",
}


class Asking:
    """POSTs to the address."""

    def __init__(self, http: ClientSession, url: str) -> None:
        self.http, self.url = http, url

    async def __call__(self, data: Any, method: str = "POST", **more: Any) -> Any:
        sent = {"data": data} if isinstance(data, bytes) else {"json": data}
        headers = {"Origin": "https://app.example", "Content-Type": "application/json"}
        async with self.http.request(method, self.url, headers=headers, **sent, **more) as said:
            body = await said.json() if said.content_type == "application/json" else {}
            return said.status, body, said.headers


async def _anyone(request: web.Request) -> Who:
    return ANYONE


async def nowhere(url: str, **more: object) -> Fetched:
    raise AssertionError(f"{url} was fetched")


@pytest.fixture
async def register(db: Sqlite, now: MovableClock) -> AsyncIterator[Asking]:
    port = unused_port()
    base = Iri(f"http://127.0.0.1:{port}/")
    tries = open_tries()
    app = web.Application()
    app.add_routes(routes(db, Door(base, _anyone), tries, now))
    async with TestServer(app, port=port), ClientSession() as http:
        yield Asking(http, base + ".oidc/reg")
    tries.close()


@pytest.mark.parametrize("said", [NODE, BROWSER], ids=["node", "browser"])
async def test_the_libraries_register_as_they_do_elsewhere(
    register: Asking, db: Sqlite, now: MovableClock, said: dict[str, Any]
) -> None:
    status, told, headers = await register(said)

    assert status == 201  # OP-8
    assert headers["Cache-Control"] == "no-store"
    assert headers["Access-Control-Allow-Origin"] == "https://app.example"  # OP-38
    assert "Access-Control-Allow-Credentials" not in headers
    assert told["redirect_uris"] == said["redirect_uris"]  # OP-9
    assert told["client_secret_expires_at"] == (now() + LIFE) // SECOND  # OP-10, OP-11
    assert re.fullmatch(r"[A-Za-z0-9_-]{20,}", told["client_id"])  # OP-12
    assert re.fullmatch(r"[A-Za-z0-9_-]{40,}", told["client_secret"])
    assert set(told["scope"].split()) >= {"openid", "webid", "offline_access"}
    assert await check_secret(db, told["client_id"], told["client_secret"], now)
    assert (await find_client(db, nowhere, told["client_id"], now)).name == "An app"


async def test_two_registrations_are_two_clients(register: Asking) -> None:
    (_, one, _), (_, other, _) = await register(NODE), await register(NODE)

    assert one["client_id"] != other["client_id"]
    assert one["client_secret"] != other["client_secret"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"redirect_uris": None}, "invalid_redirect_uri"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": BACK}, "invalid_redirect_uri"),
        ({"redirect_uris": [7]}, "invalid_redirect_uri"),
        ({"redirect_uris": [BACK] * 21}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://app.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": [BACK, "javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["data:text/html,x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": [BACK + "#x"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://*.example/\u202e"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://*.example/"]}, "invalid_redirect_uri"),
        (
            {"redirect_uris": ["https://app.example/", "https://%61pp.example/"]},
            "invalid_redirect_uri",
        ),
        ({"redirect_uris": ["http://localhost:3000/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["example.app:/cb"]}, "invalid_redirect_uri"),
        ({"post_logout_redirect_uris": ["javascript:x"]}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": ["none"]}, "invalid_client_metadata"),
        ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
        ({"grant_types": ["password"]}, "invalid_client_metadata"),
        ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"grant_types": "authorization_code"}, "invalid_client_metadata"),
        ({"response_types": ["token"]}, "invalid_client_metadata"),
        ({"application_type": "other"}, "invalid_client_metadata"),
        ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
        ({"scope": ["openid"]}, "invalid_client_metadata"),
    ],
)
async def test_what_cannot_be_had_is_told_in_words_of_oauth(
    register: Asking, db: Sqlite, changed: dict[str, Any], code: str
) -> None:  # OP-15
    status, told, _ = await register(NODE | changed)

    assert (status, told["error"]) == (400, code)
    assert await db.read(lambda tx: tx.one("SELECT id FROM oidc_client")) is None


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b"[]", 400), (b"", 400), (b"\xff", 400), (b"x" * 99999, 413)]
)
async def test_a_body_that_is_no_registration_is_told_so(
    register: Asking, body: bytes, status: int
) -> None:
    said, told, _ = await register(body)

    assert said == status
    assert told["error"] in ("invalid_client_metadata", "invalid_redirect_uri")


async def test_a_native_app_may_have_its_own_scheme(register: Asking) -> None:  # OP-14
    said = {"redirect_uris": ["example.app.gov:/cb"], "application_type": "native"}
    status, told, _ = await register(said)

    assert (status, told["redirect_uris"]) == (201, said["redirect_uris"])


async def test_one_address_does_not_register_without_end(
    register: Asking, now: MovableClock
) -> None:  # OP-15, T-26
    for _ in range(MOST_PER_ADDRESS):
        assert (await register(NODE))[0] == 201
    status, told, headers = await register(NODE)

    assert (status, told["error"]) == (429, "temporarily_unavailable")
    assert int(headers["Retry-After"]) > 0
    now.advance(16 * 60 * SECOND)
    assert (await register(NODE))[0] == 201


async def test_a_registration_goes_thirty_days_after_its_end_and_not_before(
    register: Asking, db: Sqlite, now: MovableClock
) -> None:  # OP-11
    _, told, _ = await register(NODE)

    async def kept() -> bool:
        await register(NODE)
        find = "SELECT id FROM oidc_client WHERE id = :id"
        return await db.read(lambda tx: tx.one(find, id=told["client_id"])) is not None

    now.advance(LIFE + KEPT_AFTER)
    assert await kept()
    now.advance(1)
    assert not await kept()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_another_method_is_told_which_there_is(register: Asking, method: str) -> None:
    status, _, headers = await register({}, method)

    assert (status, headers["Allow"]) == (405, "POST, OPTIONS")


def test_one_household_counts_as_one() -> None:
    assert household_of("2001:db8::1") == household_of("2001:db8::ffff") == "2001:db8::/64"
    assert household_of("2001:db8:0:1::1") != household_of("2001:db8::1")
    assert household_of("192.0.2.1") == "192.0.2.1"
    assert household_of("?") == "?"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
MEMBERS = (*BROWSER, "scope", "jwks", "jwks_uri", "response_types", "post_logout_redirect_uris")


@given(st.dictionaries(st.sampled_from(MEMBERS), JSON), st.booleans(), st.booleans())
def test_no_json_breaks_the_reading(said: dict[str, Any], whole: bool, dev: bool) -> None:
    code = ""
    try:
        read = read_registration(BROWSER | said if whole else said, dev=dev)
        assert read.redirect_uris
    except BadMetadata as error:
        code = error.code

    assert code in ("", "invalid_redirect_uri", "invalid_client_metadata")
