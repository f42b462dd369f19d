# SPDX-License-Identifier: EUPL-1.2
"""What a session lacks, where to get it, and what scripts are told of it (KLU-4, FED-4)."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from identity.accounts.accounts import add_account
from identity.accounts.sessions import new_value, open_session
from identity.sign_in.assurance import Level
from identity.sign_in.step_up import Need, is_enough, place_of, step_up, ways_up
from identity.upstream.providers import Provider
from pod.database import Tx
from pod.instant import MINUTE, SECOND
from pod.iri import Iri
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.identity.street import ACM, Street, a_street

WEAK = Provider("weak", {"nl": "Zwak"}, "https://weak.example/op", "k", means={"pw": Level.LOW})
SURE = Provider(
    "sure", {"nl": "Sterk"}, "https://sure.example/op", "k",
    means={"pw": Level.LOW, "eid": Level.HIGH, "itsme": Level.HIGH},
)  # fmt: skip
BASE = Iri("https://pods.example/")


@pytest.fixture
async def street(tmp_path: Path, db: Sqlite, now: MovableClock) -> AsyncIterator[Street]:
    async for each in a_street(tmp_path, db, now, registration=False):
        yield each


@pytest.mark.parametrize(
    ("acr", "age", "least", "enough"),
    [
        (None, 0, Level.NONE, True),
        (None, 5 * MINUTE, Level.NONE, True),
        (None, 5 * MINUTE + 1, Level.NONE, False),
        (None, None, Level.NONE, False),
        ("high", 0, Level.SUBSTANTIAL, True),
        ("low", 0, Level.SUBSTANTIAL, False),
        ("urn:made:up", 0, Level.LOW, False),
        ("high", 6 * MINUTE, Level.LOW, False),
    ],
)
def test_both_level_and_age_must_do(
    acr: str | None, age: int | None, least: Level, enough: bool
) -> None:
    signed_in = None if age is None else 1000 * MINUTE - age

    assert is_enough(Need(5 * MINUTE, least), acr, signed_in, 1000 * MINUTE) is enough


def test_without_a_provider_of_hers_it_is_our_own_sign_in() -> None:
    assert place_of(Need(MINUTE), ()) == "/-/sign-in"
    assert place_of(Need(MINUTE), (), "/-/a?b=1&c=2") == "/-/sign-in?next=/-/a%3Fb%3D1%26c%3D2"


def test_the_provider_is_asked_for_level_and_age_and_leads_back() -> None:
    place = urlsplit(place_of(Need(5 * MINUTE, Level.HIGH), (WEAK, SURE), "/-/a?give=1&give=2"))

    assert place.path == "/.account/login/oidc/sure/start/"
    assert parse_qs(place.query) == {
        "purpose": ["step-up"],
        "level": ["high"],
        "max_age": ["300"],
        "next": ["/-/a?give=1&give=2"],
    }


def test_a_script_is_told_what_to_ask_for() -> None:
    told = step_up(BASE, Need(5 * MINUTE, Level.SUBSTANTIAL), (SURE,))

    assert told.problem == "step-up"
    assert told.more["acr_values"] == "eid itsme"
    assert told.more["max_age"] == 300
    assert str(told.more["location"]).startswith(f"{BASE}.account/login/oidc/sure/start/?")


def test_where_no_provider_is_sure_enough_nothing_is_promised() -> None:
    told = step_up(BASE, Need(MINUTE, Level.HIGH), (WEAK,))

    assert told.more == {"acr_values": "", "max_age": 60, "location": f"{BASE}-/sign-in"}


async def hers(db: Sqlite, now: MovableClock, *, linked: bool) -> str:
    """A session of an account that signs in with ACM, or with a password alone."""
    value = new_value()

    async def make(tx: Tx) -> None:
        await add_account(tx, "hers", now())
        kind, subject = ("oidc", f"{ACM.issuer} 12") if linked else ("password", "an@example.org")
        await tx.run(
            "INSERT INTO login (id, account, kind, subject, secret, created)"
            " VALUES ('l', 'hers', :kind, :subject, '', :now)",
            kind=kind,
            subject=subject,
            now=now(),
        )
        await open_session(tx, value, "hers", now(), signed_in=True)

    await db.write(None, make)
    return value


async def test_only_providers_of_the_account_are_ways_up(db: Sqlite, now: MovableClock) -> None:
    await hers(db, now, linked=True)

    assert await db.read(ways_up, (SURE, ACM), "hers") == (ACM,)
    assert await db.read(ways_up, (SURE, ACM), "another") == ()


@pytest.mark.parametrize("linked", [True, False])
async def test_the_account_api_says_where_to_sign_in_once_more(
    street: Street, db: Sqlite, now: MovableClock, linked: bool
) -> None:
    session = await hers(db, now, linked=linked)
    where = ".account/account/hers/client-credentials/"
    now.advance(10 * MINUTE + SECOND)
    said = await street.town.tell(where, {"webId": "https://x.example/#me"}, session)

    assert (said.status, said.json["errorCode"]) == (403, "K-STEPUP")
    details, base = said.json["details"], street.town.base
    assert (details["max_age"], details["acr_values"]) == (600, "")
    start = f"{base}.account/login/oidc/acm/start/?purpose=step-up&max_age=600"
    assert details["location"] == (start if linked else f"{base}-/sign-in")


async def test_a_fresh_session_is_not_sent_away(
    street: Street, db: Sqlite, now: MovableClock
) -> None:
    session = await hers(db, now, linked=True)
    where = ".account/account/hers/client-credentials/"
    said = await street.town.tell(where, {"webId": "https://x.example/#me"}, session)

    assert said.json["errorCode"] != "K-STEPUP"
