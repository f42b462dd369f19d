# SPDX-License-Identifier: EUPL-1.2
"""Clients that sign in with a key: RFC 7523 at every turn (OP-31, OP-36, KLU-11, T-22)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from identity.accounts.credentials import NewCredential, add_credential
from identity.clients.keys import read_keys
from identity.clients.metadata import ClientMetadata
from identity.clients.proof import ClientDoor, Proven, authenticate
from identity.clients.registration import NewClient, add_client
from identity.outward.fetched import KEEP, LIMIT, Fetched, Keep
from identity.outward.outward import NotFetched
from identity.provider.token_request import Claimed, TokenRefusal
from identity.tokens.replay import open_replay
from pod.database import Tx
from pod.errors import Unreadable
from pod.instant import SECOND, Instant
from pod.sqlite import Sqlite
from tests.conftest import MovableClock
from tests.people import BASE

WEBID = f"{BASE}cor/profile/card#me"
ADDRESS = "https://agency.example/jwks"


@dataclass(slots=True)
class Agency:
    """A credential with a key, the place where its keys lie, and what it signs."""

    door: ClientDoor
    key: ECKey
    keys_elsewhere: list[dict[str, Any]] = field(default_factory=list)
    asked: list[Keep] = field(default_factory=list)

    async def fetch(
        self, url: str, *, accept: str, limit: int = LIMIT, redirects: int = 0, keep: Keep = KEEP
    ) -> Fetched:
        self.asked.append(keep)
        if url != ADDRESS:
            raise NotFetched(url, "there is nothing")
        body = orjson.dumps({"keys": self.keys_elsewhere})
        return Fetched(url, 200, "application/json", None, body, {}, 0)

    def signed(self, key: Any = None, alg: str = "ES256", head: Any = None, **more: Any) -> str:
        second = self.door.now() // SECOND
        claims: dict[str, Any] = {
            "iss": "c1",
            "sub": "c1",
            "aud": f"{BASE}.oidc/token",
            "jti": "j1",
            "iat": second,
            "exp": second + 60,
        } | more
        kept = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": alg} | (head or {})
        return jwt.encode(header, kept, key or self.key, algorithms=[alg])

    async def sign_in(self, token: str, id_: str | None = None) -> Proven | None:
        return await authenticate(self.door, Claimed(id=id_, assertion=token))


async def nowhere(url: str, **more: object) -> Fetched:
    raise AssertionError(f"{url} was fetched")


async def _with_keys(tx: Tx, keys: str, expires: int | None = None) -> None:
    await tx.run("UPDATE credential SET jwks = :k, expires = :e WHERE id = 'c1'", k=keys, e=expires)


async def _script(tx: Tx, now: Instant) -> None:
    await tx.run(
        "INSERT INTO account (id, kind, operator, created) VALUES ('cor', 'person', 0, :now)",
        now=now,
    )
    await tx.run(
        "INSERT INTO webid (id, account, uri, kind, verified)"
        " VALUES ('w', 'cor', :webid, 'own', :now)",
        webid=WEBID,
        now=now,
    )
    new = NewCredential("c1", "x" * 20, "resource", "access")
    await add_credential(tx, new, "cor", WEBID, "c", now)


@pytest.fixture
async def agency(tmp_path: Path, db: Sqlite, now: MovableClock) -> AsyncIterator[Agency]:
    await db.write(None, _script, now())
    key = ECKey.generate_key("P-256")
    keys = read_keys({"keys": [key.as_dict(private=False)]}, None)
    await db.write(None, _with_keys, keys)
    replay = open_replay(tmp_path / "proofs.db", now())
    found = Agency(ClientDoor(db, nowhere, replay, BASE, now), key)
    found.door = ClientDoor(db, found.fetch, replay, BASE, now)
    yield found
    replay.close()


@pytest.mark.parametrize("audience", [f"{BASE}.oidc/token", BASE, [BASE]])
async def test_a_key_signs_in_for_its_credential(agency: Agency, audience: Any) -> None:
    proven = await agency.sign_in(agency.signed(aud=audience))

    assert proven is not None
    assert (proven.id, proven.public) == ("c1", False)
    assert proven.credential is not None
    assert proven.credential.webid == f"{BASE}cor/profile/card#me"


async def test_an_assertion_is_good_once(agency: Agency) -> None:
    token = agency.signed()
    await agency.sign_in(token)

    with pytest.raises(TokenRefusal, match="used before"):
        await agency.sign_in(token)
    with pytest.raises(TokenRefusal, match="used before"):
        await agency.sign_in(agency.signed(exp=agency.door.now() // SECOND + 61))
    assert await agency.sign_in(agency.signed(jti="j2"))


async def test_it_is_remembered_for_as_long_as_it_holds(agency: Agency, now: MovableClock) -> None:
    token = agency.signed(exp=now() // SECOND + 300)
    await agency.sign_in(token)
    now.advance(359 * SECOND)

    with pytest.raises(TokenRefusal, match="used before"):
        await agency.sign_in(token)
    now.advance(SECOND)
    with pytest.raises(TokenRefusal, match="expired"):
        await agency.sign_in(token)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"iss": "c2"}, "iss and sub"),
        ({"sub": "c2"}, "iss and sub"),
        ({"iss": None}, "iss and sub"),
        ({"iss": 7, "sub": 7}, "iss and sub"),
        ({"iss": "nobody", "sub": "nobody"}, "no key"),
        ({"aud": None}, "aud"),
        ({"aud": "https://elsewhere.example/"}, "aud"),
        ({"aud": [BASE, "https://elsewhere.example/"]}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": BASE[:-1]}, "aud"),
        ({"jti": None}, "jti"),
        ({"jti": ""}, "jti"),
        ({"jti": "x" * 257}, "jti"),
        ({"exp": None}, "exp"),
        ({"exp": "1"}, "exp"),
        ({"exp": True}, "exp"),
        ({"exp": 1}, "expired"),
        ({"exp": 1_795_000_000 + 361}, "lives longer"),
        ({"iat": 1_795_000_000 + 61}, "future"),
        ({"iat": "now"}, "iat"),
        ({"nbf": 1_795_000_000 + 61}, "not valid yet"),
    ],
)
async def test_each_claim_is_looked_at(agency: Agency, changed: dict[str, Any], why: str) -> None:
    assert await agency.sign_in(agency.signed(jti="good"))

    with pytest.raises(TokenRefusal, match=why) as caught:
        await agency.sign_in(agency.signed(**changed))
    assert (caught.value.code, caught.value.status) == ("invalid_client", 401)  # OP-36


@pytest.mark.parametrize(
    "make",
    [
        lambda a: a.signed(ECKey.generate_key("P-256")),
        lambda a: a.signed(RSAKey.generate_key(2048), "RS256"),
        lambda a: a.signed(ECKey.generate_key("P-384"), "ES384"),
        lambda a: a.signed(head={"kid": "another"}),
        lambda a: a.signed(head={"jwk": a.key.as_dict(private=False)}, key=ECKey.generate_key()),
        lambda a: a.signed()[:-4] + "AAAA",
        lambda a: a.signed().rpartition(".")[0] + ".",
        lambda a: "eyJhbGciOiJub25lIn0." + a.signed().split(".")[1] + ".",
        lambda a: "x" * 5000,
        lambda a: "a.b.c",
        lambda a: "",
    ],
)
async def test_what_its_key_did_not_sign_is_refused(agency: Agency, make: Any) -> None:  # T-22
    with pytest.raises(TokenRefusal) as caught:
        await agency.sign_in(make(agency))

    assert (caught.value.code, caught.value.status) == ("invalid_client", 401)


async def test_the_form_may_name_it_but_no_other(agency: Agency) -> None:  # OP-13
    assert await agency.sign_in(agency.signed(), "c1")
    with pytest.raises(TokenRefusal, match="client_id"):
        await agency.sign_in(agency.signed(jti="j2"), "c2")


async def test_one_that_has_a_key_has_no_other_way(agency: Agency, db: Sqlite) -> None:
    await db.write(None, _without_secret)

    for secret in ("", "x" * 20):
        with pytest.raises(TokenRefusal):
            await authenticate(agency.door, Claimed((("c1", secret),), basic=True))


async def _without_secret(tx: Tx) -> None:
    await tx.run("UPDATE credential SET secret = ''")


async def test_its_end_ends_it(agency: Agency, db: Sqlite, now: MovableClock) -> None:
    keys = read_keys({"keys": [agency.key.as_dict(private=False)]}, None)
    await db.write(None, _with_keys, keys, now() + SECOND)
    assert await agency.sign_in(agency.signed())
    assert await authenticate(agency.door, Claimed((("c1", "x" * 20),)))
    now.advance(SECOND)

    with pytest.raises(TokenRefusal):
        await agency.sign_in(agency.signed(jti="j2"))
    with pytest.raises(TokenRefusal):
        await authenticate(agency.door, Claimed((("c1", "x" * 20),)))


async def test_without_its_webid_it_is_deleted(agency: Agency, db: Sqlite) -> None:  # OP-31
    await db.write(None, lambda tx: tx.run("DELETE FROM webid"))

    with pytest.raises(TokenRefusal) as caught:
        await agency.sign_in(agency.signed())
    assert caught.value.code == "invalid_client"
    assert await db.read(lambda tx: tx.one("SELECT id FROM credential")) is None


async def test_keys_by_address_are_fetched_and_anew_for_another_kid(
    agency: Agency, db: Sqlite
) -> None:  # KLU-11, RS-11
    await db.write(None, _with_keys, read_keys(None, ADDRESS))
    public = agency.key.as_dict(private=False)
    agency.keys_elsewhere = [{**public, "kid": "k1"}, {"kty": "OKP", "crv": "X25519", "x": "AA"}]

    assert await agency.sign_in(agency.signed(head={"kid": "k1"}))
    assert [keep.oldest for keep in agency.asked] == [None]
    with pytest.raises(TokenRefusal, match="no key"):
        await agency.sign_in(agency.signed(head={"kid": "k2"}, jti="j2"))
    assert [keep.oldest for keep in agency.asked] == [None, None, 30 * SECOND]


async def test_a_key_for_encryption_or_a_private_one_signs_nothing(
    agency: Agency, db: Sqlite
) -> None:  # T-22
    await db.write(None, _with_keys, read_keys(None, ADDRESS))
    for spoiled in ({**agency.key.as_dict(private=False), "use": "enc"}, agency.key.as_dict(True)):
        agency.keys_elsewhere = [spoiled]
        with pytest.raises(TokenRefusal, match="no key"):
            await agency.sign_in(agency.signed())


@pytest.mark.parametrize(
    ("jwks", "uri"),
    [
        (None, None),
        ({"keys": []}, ADDRESS),
        ({"keys": []}, None),
        ([], None),
        ({"keys": [{"kty": "oct", "k": "AAAA"}]}, None),
        ({"keys": [ECKey.generate_key("P-256").as_dict(private=True)]}, None),
        (None, "ftp://x"),
        (None, 7),
    ],
)
def test_keys_that_cannot_be_used_are_refused_when_they_are_given(jwks: Any, uri: Any) -> None:
    with pytest.raises(Unreadable, match="jwks"):
        read_keys(jwks, uri)


async def test_an_app_registered_with_a_key_signs_in_with_it_only_so(
    agency: Agency, db: Sqlite, now: MovableClock
) -> None:
    keys = read_keys({"keys": [agency.key.as_dict(private=False)]}, None)
    said = ClientMetadata("x", ("https://x.example/",), method="private_key_jwt", keys=keys)
    await db.write(None, add_client, NewClient("r1", "geheim"), said, now())

    assert await agency.sign_in(agency.signed(iss="r1", sub="r1")) == Proven("r1", False)


async def test_public_apps_only_say_who_they_are(
    agency: Agency, db: Sqlite, now: MovableClock
) -> None:
    for id_, method in (("p1", "none"), ("s1", "client_secret_basic")):
        said = ClientMetadata("x", ("https://x.example/",), method=method)
        await db.write(None, add_client, NewClient(id_, "geheim"), said, now())

    document = "https://app.example/id"
    assert await authenticate(agency.door, Claimed(id=document)) == Proven(document, True)
    assert await authenticate(agency.door, Claimed(id="p1")) == Proven("p1", True)
    assert await authenticate(agency.door, Claimed((("s1", "geheim"),))) == Proven("s1", False)
    assert await authenticate(agency.door, Claimed()) is None
    for id_ in ("s1", "c1", "nobody"):
        with pytest.raises(TokenRefusal) as caught:
            await authenticate(agency.door, Claimed(id=id_))
        assert caught.value.code == "invalid_client"
