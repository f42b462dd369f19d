# SPDX-License-Identifier: EUPL-1.2
"""Which addresses an app may have people sent to, and which app an id names (OP-6, OP-14)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from identity.clients.clients import Client, UnknownClient, check_secret, find_client, fits_redirect
from identity.clients.metadata import ClientMetadata, plain_name
from identity.clients.redirects import LONGEST, fits, may_register
from identity.clients.registration import LIFE, NewClient, add_client
from identity.outward.fetched import Fetched
from pod.instant import DAY
from pod.sqlite import Sqlite
from tests.conftest import MovableClock

BACK = "https://app.example/back?kind=1"


async def nowhere(url: str, **more: object) -> Fetched:
    raise AssertionError(f"{url} was fetched")


@pytest.mark.parametrize(
    "near",
    [
        "https://app.example/back",
        "https://app.example/back?kind=1&x=2",
        "https://app.example/back?kind=1#",
        "https://app.example/back/?kind=1",
        "https://app.example/Back?kind=1",
        "https://APP.example/back?kind=1",
        "https://app.example:443/back?kind=1",
        "https://app.example:444/back?kind=1",
        "https://app.example.evil.example/back?kind=1",
        "https://app.example@evil.example/back?kind=1",
        "https://evil.example/back?kind=1",
        "http://app.example/back?kind=1",
        "https://app.example/x/../back?kind=1",
        "https://app.example/%62ack?kind=1",
        " https://app.example/back?kind=1",
        "https://app.example/back?kind=1\n",
        "https://*.example/back?kind=1",
        "",
    ],
)
def test_a_near_miss_fits_nothing(near: str) -> None:  # OP-14, T-25
    assert fits(BACK, BACK, dev=True)
    assert not fits(BACK, near, dev=True)


@pytest.mark.parametrize(
    ("registered", "asked", "dev", "fitting"),
    [
        ("http://127.0.0.1/cb", "http://127.0.0.1:5173/cb", False, True),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb", False, True),
        ("http://[::1]:1/cb", "http://[::1]:2/cb", False, True),
        ("http://localhost:1/cb", "http://localhost:2/cb", True, True),
        ("http://localhost:1/cb", "http://localhost:2/cb", False, False),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/other", False, False),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb?x", False, False),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:99999/cb", False, False),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:0/cb", False, False),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:/cb", False, False),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:2@evil.example/cb", False, False),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1.evil.example/cb", False, False),
        ("http://127.0.0.1:1/cb", "http://[::1]:2/cb", False, False),
        ("https://127.0.0.1:1/cb", "https://127.0.0.1:2/cb", False, False),
        ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb#x", False, False),
    ],
)
def test_only_on_this_machine_the_port_is_free(
    registered: str, asked: str, dev: bool, fitting: bool
) -> None:  # OP-14, RFC 8252 §7.3
    assert fits(registered, asked, dev=dev) is fitting


def test_localhost_in_a_document_is_for_development_alone() -> None:
    """OP-14: the same address to the letter, but that name can be made to mean another machine."""
    local = "http://localhost:5173/cb"
    client = Client("https://app.example/id", "document", "", "", (local, BACK), public=True)

    assert fits_redirect(client, local, dev=True)
    assert not fits_redirect(client, local, dev=False)
    assert fits_redirect(client, BACK, dev=False)


@pytest.mark.parametrize(
    ("uri", "native", "dev", "may"),
    [
        (BACK, False, False, True),
        ("http://app.example/cb", False, True, False),
        ("http://127.0.0.1:80/cb", False, False, True),
        ("http://localhost:80/cb", False, True, True),
        ("http://localhost:80/cb", False, False, False),
        ("example.app.gov:/cb", True, False, True),
        ("example.app.gov:/cb", False, False, False),
        ("myapp:/cb", True, False, False),
        ("javascript:alert(1)", True, True, False),
        ("data:text/html,x", True, True, False),
        ("file:///etc/passwd", True, True, False),
        ("https://app.example/cb#x", False, False, False),
        ("https://an:geheim@app.example/cb", False, False, False),
        ("https:///cb", False, False, False),
        ("https://app.example:x/cb", False, False, False),
        ("https://app.example/\n", False, False, False),
        ("https://app.example/a b", False, False, False),
        ("https://app.example\\@evil.example/", False, False, False),
        ("//app.example/cb", True, True, False),
        ("/cb", True, True, False),
        ("", True, True, False),
        ("https://app.example/" + "x" * LONGEST, False, False, False),
    ],
)
def test_only_addresses_that_lead_to_the_app_can_be_registered(
    uri: str, native: bool, dev: bool, may: bool
) -> None:  # OP-14
    assert may_register(uri, native=native, dev=dev) is may


@given(st.text(max_size=60), st.booleans(), st.booleans())
def test_no_text_breaks_the_reading_of_an_address(text: str, native: bool, dev: bool) -> None:
    for uri in (text, f"https://{text}", f"http://127.0.0.1:{text}", f"a.b:{text}"):
        if may_register(uri, native=native, dev=dev):
            assert uri.isascii()
            assert uri.isprintable()
            assert "#" not in uri
            assert uri.startswith(("https://", "http://")) or native


@given(st.text(max_size=40), st.text(max_size=40), st.booleans())
def test_two_addresses_that_fit_are_the_same_but_for_a_port(
    one: str, other: str, dev: bool
) -> None:
    for before in ("https://app.example/", "http://127.0.0.1:", "http://[::1]:"):
        a, b = before + one, before + other
        if a != b and fits(a, b, dev=dev):
            assert before.startswith("http:")
            assert a[len(before) :].lstrip("0123456789") == b[len(before) :].lstrip("0123456789")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("An app", "An app"),
        ("  two\n\tlines  ", "two lines"),
        ("Federale\u202e eilorp", "Federale eilorp"),
        ("a\u200bb\u2066c\x00d", "abcd"),
        ("\ue000\ufeff", ""),
        ("x" * 500, "x" * 100),
        (7, ""),
        (None, ""),
        ("<b>vet</b>", "<b>vet</b>"),
    ],
)
def test_a_name_cannot_turn_the_text_around_it(name: object, shown: str) -> None:  # OP-23, T-26
    assert plain_name(name) == shown


@given(st.text())
def test_no_name_is_more_than_one_short_line(name: str) -> None:
    shown = plain_name(name)

    assert shown.isprintable() or all(c == " " or not c.isspace() for c in shown)
    assert len(shown) <= 100
    assert shown == plain_name(shown)


async def _registered(db: Sqlite, now: MovableClock, method: str = "client_secret_basic") -> str:
    said = ClientMetadata("An app", (BACK,), method=method)
    await db.write(None, add_client, NewClient("c1", "geheim"), said, now())
    return "c1"


async def test_a_registered_app_is_found_until_its_announced_end(
    db: Sqlite, now: MovableClock
) -> None:  # OP-11
    id_ = await _registered(db, now)
    client = await find_client(db, nowhere, id_, now)

    assert (client.kind, client.name, client.host) == ("registered", "An app", "app.example")
    assert not client.verified
    assert not client.public
    assert fits_redirect(client, BACK, dev=False)
    now.advance(LIFE - 1)
    assert await find_client(db, nowhere, id_, now) == client
    assert await check_secret(db, id_, "geheim", now)
    now.advance(DAY)
    with pytest.raises(UnknownClient, match="register anew"):
        await find_client(db, nowhere, id_, now)
    assert not await check_secret(db, id_, "geheim", now)


@pytest.mark.parametrize("secret", ["", "geheim2", "Geheim", "geheim\x00", "é"])
async def test_a_wrong_secret_fits_no_app(db: Sqlite, now: MovableClock, secret: str) -> None:
    id_ = await _registered(db, now)

    assert await check_secret(db, id_, "geheim", now)
    assert not await check_secret(db, id_, secret, now)
    assert not await check_secret(db, "nobody", secret, now)


async def test_a_secret_is_kept_as_a_digest_only(db: Sqlite, now: MovableClock) -> None:  # OP-40
    await _registered(db, now)
    row = await db.read(lambda tx: tx.one("SELECT * FROM oidc_client"))

    assert row is not None
    assert "geheim" not in str([row[name] for name in ("id", "secret", "metadata")])


@pytest.mark.parametrize("id_", ["", "nobody", "x" * 3000, "c1\n", "ftp://app.example/id"])
async def test_what_is_no_address_is_never_fetched(
    db: Sqlite, now: MovableClock, id_: str
) -> None:  # OP-6
    with pytest.raises(UnknownClient):
        await find_client(db, nowhere, id_, now)


def test_a_client_without_more_is_not_verified() -> None:
    assert not Client("x", "registered", "x", "x", ()).verified
