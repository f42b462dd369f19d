# SPDX-License-Identifier: EUPL-1.2
"""ID tokens of a provider above us, spoiled one by one (FED-1)."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import orjson
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from identity.outward.fetched import KEEP, Fetched, Keep
from identity.sign_in.assurance import Level
from identity.tokens.jose import BadToken
from identity.upstream.providers import Asked, Places, Provider, Trip, swap_code
from identity.upstream.token import Citizen, read_citizen
from pod.iri import Iri

NOW = 1_795_000_000_000
AT = NOW // 1000
KEY = ECKey.generate_key("P-256")
ISSUER = "https://idp.example/op"
PROVIDER = Provider("p", {}, ISSUER, "kluis", means={"urn:eid": Level.HIGH, "urn:pw": Level.LOW})
PLACES = Places("https://idp.example/a", "https://idp.example/t", "https://idp.example/j", True)
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "7c1",
    "aud": "kluis",
    "iat": AT,
    "exp": AT + 300,
    "auth_time": AT - 10,
    "nonce": "n",
    "acr": "urn:eid",
}


async def fetch(
    url: str, *, accept: str, limit: int = 0, redirects: int = 0, keep: Keep = KEEP
) -> Fetched:
    public = KEY.as_dict(private=False) | {"kid": "k"}
    return Fetched(url, 200, "application/json", None, orjson.dumps({"keys": [public]}), {}, 0)


def signed(key: ECKey = KEY, **changed: Any) -> str:
    claims = {name: value for name, value in (CLAIMS | changed).items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": "k"}, claims, key)


async def read(token: str, asked: Asked = Asked(Level.HIGH, 300)) -> Citizen:  # noqa: B008  # frozen
    return await read_citizen(fetch, PROVIDER, PLACES, token, "n", asked, NOW)


async def test_a_sound_token_names_the_citizen_and_her_level() -> None:
    citizen = await read(signed())

    assert (citizen.key, citizen.level) == (f"{ISSUER} 7c1", Level.HIGH)
    assert citizen.signed_in == NOW - 10_000


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"iss": "https://idp.example"}, "another issuer"),
        ({"aud": "other"}, "not for us"),
        ({"aud": ["kluis", "other"]}, "not for us"),
        ({"azp": "other"}, "another party"),
        ({"nonce": "m"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": AT - 61}, "over"),
        ({"exp": None}, "no exp"),
        ({"iat": AT - 3600}, "another time"),
        ({"iat": AT + 3600}, "another time"),
        ({"sub": None}, "subject"),
        ({"sub": "a\nb"}, "subject"),
        ({"acr": "urn:pw"}, "not sure enough"),
        ({"acr": "urn:unknown"}, "not sure enough"),
        ({"acr": None}, "not sure enough"),
        ({"auth_time": None}, "when she signed in"),
        ({"auth_time": AT - 3600}, "too long ago"),
    ],
)
async def test_a_spoiled_claim_is_refused(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(BadToken, match=why):
        await read(signed(**changed))


async def test_a_token_without_a_signature_is_refused() -> None:
    _, claims, _ = signed().split(".")
    header = urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()

    with pytest.raises(BadToken, match="algorithm"):
        await read(f"{header}.{claims}.")


async def test_a_token_of_another_key_is_refused() -> None:
    with pytest.raises(BadToken, match="signature"):
        await read(signed(ECKey.generate_key("P-256")))


async def test_with_a_key_kluis_signs_who_it_is_and_sends_no_secret() -> None:
    """FED-1: private_key_jwt."""
    sent: list[tuple[dict[str, str], Mapping[str, str]]] = []

    async def swap(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        sent.append((dict(parse_qsl(body.decode())), headers))
        return b'{"id_token": "a.b.c"}'

    provider, trip = replace(PROVIDER, key=KEY), Trip("s", "b")
    token = await swap_code(
        swap, provider, PLACES, Iri("https://kluis.example/"), trip, "code", NOW
    )

    [(form, headers)] = sent
    claims = jwt.decode(form["client_assertion"], KEY, algorithms=["ES256"]).claims
    assert token == "a.b.c"
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("kluis", "kluis", PLACES.token)
    assert claims["exp"] == AT + 60
    assert form["code_verifier"] == trip.verifier != Trip("s", "other").verifier
    assert "Authorization" not in headers
