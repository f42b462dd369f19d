# SPDX-License-Identifier: EUPL-1.2
"""Passkeys over HTTP (KLU-3): sign in, second step, add, remove, and everything that is refused."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cbor2
import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer, unused_port
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

import identity.account_routes
import identity.passkey_routes
from identity import second_step
from identity.door import Door
from identity.events import SIGNED_IN, events_of
from identity.keys import open_keys
from identity.passkey_proof import (
    CREATE,
    Answer,
    Place,
    check_new_key,
    check_signature,
    read_answer,
)
from identity.passkey_sign_in_routes import LARGEST, TRIES_PER_ADDRESS
from identity.passkeys import MOST, Passkey
from identity.passwords import Passwords
from identity.replay import open_replay
from identity.routes import identify_with
from identity.sessions import hash_of
from pod.database import Tx
from pod.errors import Refused, Unreadable
from pod.instant import MINUTE
from pod.iri import Iri
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.identity.conftest import Person, Said, Town
from tests.identity.softkey import PRESENT, VERIFIED, Json, SoftKey, bytes_of, text_of

ENTRY = ".account/login/passkey/"


@pytest.fixture
async def town(tmp_path: Path, db: Sqlite, now: MovableClock) -> AsyncIterator[Town]:
    """The account API with its passkeys."""
    port = unused_port()
    base = Iri(f"http://127.0.0.1:{port}/")
    keys, replay = open_keys(tmp_path / "keys"), open_replay(tmp_path / "proofs.db", now())
    door = Door(base, identify_with(keys, replay, base, now))
    quick = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    app = web.Application()
    app.add_routes(identity.passkey_routes.routes(db, door, base, now, True, quick))
    app.add_routes(identity.account_routes.routes(db, door, base, now, True, quick))
    async with TestServer(app, port=port), ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        yield Town(base, http, db, keys, now)
    replay.close()


@dataclass(frozen=True, slots=True)
class Ring:
    """A person, her account's address for passkeys, and a key of hers that is registered."""

    person: Person
    at: str
    key: SoftKey
    resource: str

    @property
    def account(self) -> str:
        return self.at.split("/")[5]


def new_key(town: Town) -> SoftKey:
    return SoftKey(town.base[:-1], "127.0.0.1")


def passkeys_at(person: Person) -> str:
    return str(person.controls["password"]["create"]).replace("password", "passkey")


async def options(town: Town, person: Person) -> Json:
    said = await town.look(passkeys_at(person) + "?step=add", person.session)
    assert said.status == 200, said
    return dict(said.json["options"])


async def offer(town: Town, person: Person, credential: Json, name: str = "Telefoon") -> Said:
    sent = {"name": name, "credential": credential}
    return await town.tell(passkeys_at(person), sent, person.session)


async def register(town: Town, person: Person) -> Ring:
    key = new_key(town)
    said = await offer(town, person, key.make(await options(town, person)))
    assert said.status == 200, said
    return Ring(person, passkeys_at(person), key, said.json["resource"])


async def asked(town: Town, step: str = "") -> Json:
    said = await town.look(ENTRY + step)
    assert said.status == 200, said
    return dict(said.json["options"])


async def show(town: Town, credential: object) -> Said:
    return await town.tell(ENTRY, {"credential": credential})


def problem(said: Said) -> tuple[int, str]:
    return said.status, said.json["details"].get("problem", "")


@pytest.fixture
async def ring(town: Town, an: Person) -> Ring:
    return await register(town, an)


async def test_a_passkey_alone_signs_in(town: Town, ring: Ring) -> None:
    wanted = await asked(town)
    said = await show(town, ring.key.sign(wanted))

    assert wanted["userVerification"] == "required"
    assert wanted["allowCredentials"] == []
    assert said.status == 200
    mine = await town.look(".account/", said.json["authorization"])
    assert list(mine.json["webIds"]) == [ring.person.pod["webId"]]
    row = await town.db.read(_acr, said.json["authorization"])
    assert row == "urn:kluis:authmech:passkey"


async def test_a_sign_in_with_a_passkey_is_noted(town: Town, ring: Ring) -> None:
    """OP-26."""
    town.now.advance(1000)
    await show(town, ring.key.sign(await asked(town)))
    found = await town.db.read(events_of, ring.account, 1)

    assert [(each.kind, each.detail["by"]) for each in found] == [(SIGNED_IN, "passkey")]


async def _acr(tx: Tx, value: str) -> str:
    row = await tx.one("SELECT acr FROM session WHERE hash = :h", h=hash_of(value))
    assert row is not None
    return str(row["acr"])


async def test_what_was_registered_is_listed_renamed_and_removed(town: Town, ring: Ring) -> None:
    session = ring.person.session
    assert (await town.tell(ring.resource, {"name": "Sleutel"}, session)).status == 200
    listed = (await town.look(ring.at, session)).json["passkeys"]
    assert [each["name"] for each in listed.values()] == ["Sleutel"]
    assert list(listed) == [ring.resource]

    headers = {"Authorization": f"CSS-Account-Token {session}"}
    gone = await town.ask("DELETE", ring.resource, headers=headers)

    assert gone.status == 200
    assert (await town.look(ring.at, session)).json["passkeys"] == {}
    said = await show(town, ring.key.sign(await asked(town)))
    assert problem(said) == (403, "unknown-passkey")


async def test_a_key_learns_nothing_of_the_person(town: Town, ring: Ring) -> None:
    """WebAuthn §14.6.1: what it keeps names neither account nor address."""
    assert ring.account.encode() not in bytes_of(ring.key.user)
    assert len(bytes_of(ring.key.user)) == 32


async def test_a_challenge_is_answered_once(town: Town, ring: Ring) -> None:
    credential = ring.key.sign(await asked(town))
    assert (await show(town, credential)).status == 200
    await asked(town)

    assert problem(await show(town, credential)) == (403, "challenge-over")


async def test_a_wrong_answer_spends_the_challenge_too(town: Town, ring: Ring) -> None:
    wanted = await asked(town)
    spoiled = ring.key.sign(wanted)
    spoiled["response"]["signature"] = text_of(b"0" * 70)
    assert problem(await show(town, spoiled)) == (403, "passkey-refused")

    assert problem(await show(town, ring.key.sign(wanted))) == (403, "challenge-over")


async def test_a_challenge_lives_five_minutes(town: Town, ring: Ring) -> None:
    wanted = await asked(town)
    town.now.advance(5 * MINUTE)

    assert problem(await show(town, ring.key.sign(wanted))) == (403, "challenge-over")


async def test_another_browser_cannot_answer(town: Town, ring: Ring) -> None:
    """T-28: whoever is given somebody else's signature or challenge cannot use it."""
    credential = ring.key.sign(await asked(town))
    town.http.cookie_jar.clear()
    await asked(town)

    assert problem(await show(town, credential)) == (403, "challenge-over")


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "https://kluis.evil.example"},
        {"origin": "http://127.0.0.1"},
        {"type": "webauthn.create"},
        {"type": "payment.get"},
        {"crossOrigin": True},
    ],
)
async def test_what_was_made_elsewhere_or_for_something_else_is_refused(
    town: Town, ring: Ring, changes: Json
) -> None:
    said = await show(town, ring.key.sign(await asked(town), **changes))

    assert problem(said) == (403, "passkey-refused")


async def test_another_host_is_refused(town: Town, ring: Ring) -> None:
    ring.key.host = "evil.example"

    said = await show(town, ring.key.sign(await asked(town)))

    assert problem(said) == (403, "passkey-refused")
    assert "host" in said.json["message"]


@pytest.mark.parametrize("flags", [PRESENT, VERIFIED, 0])
async def test_having_the_device_alone_does_not_sign_in(town: Town, ring: Ring, flags: int) -> None:
    ring.key.flags = flags

    said = await show(town, ring.key.sign(await asked(town)))

    assert problem(said) == (403, "passkey-refused")


async def test_a_key_that_counts_back_is_refused(town: Town, ring: Ring) -> None:
    """WebAuthn §7.2: a copy of the key is behind."""
    for _ in range(3):
        assert (await show(town, ring.key.sign(await asked(town)))).status == 200
    ring.key.count = 1

    said = await show(town, ring.key.sign(await asked(town)))

    assert problem(said) == (403, "copied-passkey")


async def test_a_key_that_never_counts_signs_in_again_and_again(town: Town, ring: Ring) -> None:
    for _ in range(2):
        ring.key.count = -1
        assert (await show(town, ring.key.sign(await asked(town)))).status == 200


async def test_an_unknown_key_is_refused(town: Town, ring: Ring) -> None:
    stranger = new_key(town)
    stranger.user = ring.key.user

    said = await show(town, stranger.sign(await asked(town)))

    assert problem(said) == (403, "unknown-passkey")


async def test_a_key_with_another_persons_handle_is_refused(
    town: Town, ring: Ring, bob: Person
) -> None:
    other = await register(town, bob)
    ring.key.user = other.key.user

    said = await show(town, ring.key.sign(await asked(town)))

    assert problem(said) == (403, "passkey-refused")


async def test_a_key_without_a_handle_does_not_sign_in_alone(town: Town, ring: Ring) -> None:
    ring.key.user = ""

    assert problem(await show(town, ring.key.sign(await asked(town)))) == (403, "passkey-refused")


async def test_a_challenge_for_adding_is_none_for_signing_in(town: Town, ring: Ring) -> None:
    wanted = await options(town, ring.person)
    await asked(town)

    assert problem(await show(town, ring.key.sign(wanted))) == (403, "challenge-over")


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "https://kluis.evil.example"},
        {"type": "webauthn.get"},
        {"crossOrigin": True},
        {"challenge": "AAAA"},
    ],
)
async def test_a_new_key_from_elsewhere_is_not_added(town: Town, an: Person, changes: Json) -> None:
    said = await offer(town, an, new_key(town).make(await options(town, an), **changes))

    assert said.status == 403
    assert (await town.look(passkeys_at(an), an.session)).json["passkeys"] == {}


async def test_a_new_key_for_another_host_or_without_a_person_is_not_added(
    town: Town, an: Person
) -> None:
    elsewhere, unlocked = new_key(town), new_key(town)
    elsewhere.host, unlocked.flags = "evil.example", PRESENT
    for key in (elsewhere, unlocked):
        said = await offer(town, an, key.make(await options(town, an)))

        assert problem(said) == (403, "passkey-refused")


async def test_the_challenge_of_another_session_adds_nothing(
    town: Town, an: Person, bob: Person
) -> None:
    credential = new_key(town).make(await options(town, an))

    assert problem(await offer(town, bob, credential)) == (403, "challenge-over")


async def test_another_account_sees_and_changes_nothing(
    town: Town, ring: Ring, bob: Person
) -> None:
    """ACC-5: it is simply not there."""
    session = bob.session
    mine = passkeys_at(bob) + ring.resource.rstrip("/").rsplit("/", 1)[1] + "/"
    headers = {"Authorization": f"CSS-Account-Token {session}"}

    for where in (ring.at, ring.resource, mine):
        assert (await town.look(where, session)).status == 404
    assert (await town.tell(mine, {"name": "van mij"}, session)).status == 404
    assert (await town.ask("DELETE", mine, headers=headers)).status == 404
    assert (await town.ask("DELETE", ring.resource, headers=headers)).status == 404
    assert (await town.look(ring.at)).status == 401
    assert len((await town.look(ring.at, ring.person.session)).json["passkeys"]) == 1


async def test_one_key_belongs_to_one_account(town: Town, ring: Ring, bob: Person) -> None:
    said = await offer(town, bob, ring.key.make(await options(town, bob)))

    assert problem(said) == (409, "known-passkey")


async def test_an_old_session_adds_and_removes_nothing(town: Town, ring: Ring) -> None:
    """KLU-3: another way to sign in needs a session younger than ten minutes."""
    session = ring.person.session
    headers = {"Authorization": f"CSS-Account-Token {session}"}
    credential = new_key(town).make(await options(town, ring.person))
    town.now.advance(11 * MINUTE)

    begun = await town.look(ring.at + "?step=add", session)
    added = await offer(town, ring.person, credential)
    removed = await town.ask("DELETE", ring.resource, headers=headers)

    for said in (begun, added, removed):
        assert problem(said) == (403, "sign-in-again")
        assert said.json["errorCode"] == "K-STEPUP"  # KLU-4
        assert said.json["details"]["location"] == f"{town.base}-/sign-in"


async def test_the_last_way_to_sign_in_stays(town: Town) -> None:
    created = await town.tell(".account/account/", {})
    session = created.json["authorization"]
    controls = (await town.look(".account/", session)).json["controls"]
    ring = await register(town, Person(session, controls, {}, {}))
    headers = {"Authorization": f"CSS-Account-Token {session}"}

    said = await town.ask("DELETE", ring.resource, headers=headers)

    assert (said.status, said.json["message"]) == (
        400,
        "An account needs at least 1 login method.",
    )


async def test_an_account_has_so_many_keys_and_no_more(town: Town, an: Person) -> None:
    for _ in range(MOST):
        await register(town, an)

    said = await town.look(passkeys_at(an) + "?step=add", an.session)

    assert problem(said) == (403, "too-many-passkeys")


async def test_beginning_is_counted_for_each_address(town: Town) -> None:
    for _ in range(TRIES_PER_ADDRESS):
        await asked(town)

    assert (await town.look(ENTRY)).status == 429


async def test_no_other_site_begins_or_finishes(town: Town, ring: Ring) -> None:
    """T-50."""
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    begun = await town.ask("GET", ENTRY, headers={"Sec-Fetch-Site": "cross-site"})
    credential = ring.key.sign(await asked(town))
    shown = await town.ask("POST", ENTRY, json={"credential": credential}, headers=foreign)

    assert (begun.status, shown.status) == (403, 403)
    assert "Set-Cookie" not in begun.headers


async def test_a_page_gets_its_cookie_and_not_the_value(town: Town, ring: Ring) -> None:
    own = {"Origin": town.base[:-1], "Sec-Fetch-Site": "same-origin"}
    wanted = (await town.ask("GET", ENTRY, headers=own)).json["options"]

    sent = {"credential": ring.key.sign(wanted)}
    said = await town.ask("POST", ENTRY, json=sent, headers=own)

    assert said.status == 200
    assert "authorization" not in said.json
    kept = {each.key: each for each in town.http.cookie_jar}["kluis"]
    assert kept["httponly"]
    assert (await town.look(ring.at, kept.value)).status == 200


BAD: list[object] = [
    None,
    7,
    "x",
    [],
    {},
    {"id": "AA", "rawId": "AA", "type": "public-key"},
    {"id": "AA", "rawId": "AA", "type": "public-key", "response": []},
    {"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "!!"}},
    {"id": "AA", "rawId": "AA", "type": "public-key", "response": {"clientDataJSON": "bnVsbA"}},
    {"id": "é", "rawId": "é", "type": "public-key", "response": {"clientDataJSON": "e30"}},
]


@pytest.mark.parametrize("bad", BAD)
async def test_what_no_browser_sends_is_a_400(town: Town, an: Person, bad: object) -> None:
    await asked(town)
    adding = await town.tell(passkeys_at(an), {"credential": bad}, an.session)

    assert ((await show(town, bad)).status, adding.status) == (400, 400)


@pytest.mark.parametrize("path", [ENTRY, "mine"])
async def test_a_huge_body_is_a_413(town: Town, an: Person, path: str) -> None:
    where = passkeys_at(an) if path == "mine" else path

    said = await town.tell(where, {"credential": "x" * LARGEST}, an.session)

    assert said.status == 413


@pytest.mark.parametrize("name", ["a\nb", "x" * 65, 7, "   "])
async def test_a_name_is_one_short_line(town: Town, ring: Ring, name: Any) -> None:
    assert (await town.tell(ring.resource, {"name": name}, ring.person.session)).status == 400


@pytest.mark.parametrize("where", ["x" * 1400, "short"])
async def test_an_id_is_its_own_and_not_long(town: Town, ring: Ring, where: str) -> None:
    credential = ring.key.sign(await asked(town))
    credential["id"] = where

    assert (await show(town, credential)).status == 400


async def begin_second_step(town: Town, ring: Ring) -> None:
    """As the password's room does it."""
    where = ring.at.replace("passkey", "second-step")
    await town.tell(where, {"required": True}, ring.person.session)
    account = ring.account
    assert await town.db.read(second_step.wants_second_step, account)
    value = "v" * 43
    await town.db.write(None, second_step.begin_second_step, value, account, town.now())
    town.http.cookie_jar.update_cookies({second_step.browser_cookie(town.base): value})


async def test_after_a_password_the_accounts_own_passkey_signs_in(town: Town, ring: Ring) -> None:
    await begin_second_step(town, ring)
    wanted = await asked(town, "?step=second")
    ring.key.user, ring.key.flags = "", PRESENT  # as security keys without a code do

    said = await show(town, ring.key.sign(wanted))

    assert [each["id"] for each in wanted["allowCredentials"]] == [text_of(ring.key.id)]
    assert said.status == 200
    assert problem(await town.look(ENTRY + "?step=second")) == (403, "second-step-over")


async def test_a_password_alone_opens_nothing_then(town: Town, ring: Ring) -> None:
    """Neither the page nor a script gets around the second step."""
    login = {"email": "an@voorbeeld.example", "password": "an-geheim"}
    assert (await town.tell(".account/login/password/", login)).status == 200
    await begin_second_step(town, ring)

    said = await town.tell(".account/login/password/", login)

    assert problem(said) == (403, "passkey-wanted")
    assert "Set-Cookie" not in said.headers


async def test_another_persons_passkey_is_no_second_step(
    town: Town, ring: Ring, bob: Person
) -> None:
    other = await register(town, bob)
    await begin_second_step(town, ring)

    said = await show(town, other.key.sign(await asked(town, "?step=second")))

    assert problem(said) == (403, "unknown-passkey")


async def test_without_a_password_there_is_no_second_step(town: Town, ring: Ring) -> None:
    await asked(town)
    assert problem(await town.look(ENTRY + "?step=second")) == (403, "second-step-over")

    await begin_second_step(town, ring)
    town.now.advance(5 * MINUTE)

    assert problem(await town.look(ENTRY + "?step=second")) == (403, "second-step-over")


async def test_without_passkeys_no_second_step_can_be_asked(town: Town, an: Person) -> None:
    where = passkeys_at(an).replace("passkey", "second-step")

    assert (await town.tell(where, {"required": True}, an.session)).status == 400
    assert (await town.tell(where, {}, an.session)).status == 400
    assert (await town.look(where, an.session)).json["required"] is False


PLACE = Place("localhost", "http://localhost:3000")
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.binary(max_size=80) | st.text(max_size=10),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(
            st.sampled_from([1, 3, -1, -2, -3, "fmt", "sig", "alg"]), each, max_size=4
        )
    ),
    max_leaves=8,
)


def _answer(**response: str) -> Answer:
    told = {"challenge": "AAAA"}
    key = SoftKey(PLACE.origin, PLACE.host)
    made = key.make({**told, "user": {"id": "AAAA"}})
    made["response"] |= response
    return read_answer(made, CREATE, PLACE)


@given(cose=TREES, stated=TREES, fmt=st.sampled_from(["none", "packed", "tpm", "apple", "x", 7]))
@settings(max_examples=150, deadline=None)
def test_any_attestation_is_refused_in_words(cose: object, stated: object, fmt: object) -> None:
    key = SoftKey(PLACE.origin, PLACE.host)
    data = key._data(0x45) + bytes(16) + len(key.id).to_bytes(2) + key.id + cbor2.dumps(cose)
    shape = cbor2.dumps({"fmt": fmt, "attStmt": stated, "authData": data})

    with pytest.raises(Refused):
        check_new_key(_answer(attestationObject=text_of(shape)), PLACE)


@given(noise=st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_refused_in_words(noise: bytes) -> None:
    kept = Passkey("1", "an", "AA", text_of(noise), 0, "x", (), 0, None)
    answer = _answer(authenticatorData=text_of(noise) or "AA", signature="AAAA")

    with pytest.raises((Refused, Unreadable)):
        check_new_key(_answer(attestationObject=text_of(noise) or "AA"), PLACE)
    with pytest.raises((Refused, Unreadable)):
        check_signature(answer, PLACE, kept, first=False)
