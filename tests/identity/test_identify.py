# SPDX-License-Identifier: EUPL-1.2
"""Who asks: what counts as a token with its proof, how often, and in which spellings."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, RSAKey
from multidict import CIMultiDict

from identity.identify import Identifier
from identity.tokens.dpop import digest_of, read_proof
from identity.tokens.jose import BadToken, Check, check_with
from identity.tokens.token import Tokens
from pod.errors import NotSignedIn, Unreadable
from tests.conftest import MovableClock
from tests.identity.forge import WITHOUT, Forge, b64, headers
from tests.identity.spoils import P384, RSA, Spoil, at, flipped, proof, public, text, token
from tests.people import BASE

GOOD: dict[str, Spoil] = {
    "an access token": token(),
    "fact 1: an ID token": lambda f: headers(
        f.token(
            {"typ": "JWT"},
            aud=["an_1", "solid"],
            azp="an_1",
            client_id=WITHOUT,
            scope=WITHOUT,
            jti=WITHOUT,
        ),
        f.proof(),
    ),
    "scheme in lower case": text(lambda f: (f.token(), f.proof()), "dpop"),
    "fact 2: the right ath": lambda f: headers(known := f.token(), f.proof(ath=digest_of(known))),
    "RS-6 htu with its query and fragment": proof(htu=f"{BASE}an/werk/loon.ttl?a=b#c"),
    "RFC 9449 htu in capitals": proof(htu="HTTP://LOCALHOST:3000/an/werk/loon.ttl"),
    "RS-6 jwk with alg, use and kid": lambda f: headers(
        f.token(),
        f.proof({"jwk": {**public(f.client), "alg": "ES256", "use": "sig", "kid": "x"}}),
    ),
    "an old proof within two minutes": at(-119, "iat", of="proof"),
    "a client whose clock is ahead": at(59, "iat", of="proof"),
    "a token that expired within the leeway": at(-59, "exp", "iat"),
}


@pytest.mark.parametrize("make", GOOD.values(), ids=GOOD.keys())
def test_a_sound_token_with_its_proof_tells_who_asks(
    identifier: Identifier, forge: Forge, make: Spoil
) -> None:
    who = identifier.identify(forge.method, forge.path, make(forge), forge.now)

    assert (who.webid, who.client, who.issuer) == (f"{BASE}an/profile/card#me", "an_1", BASE)
    assert who.access == "access-1"


@pytest.mark.parametrize(
    ("key", "alg"),
    [(P384, "ES384"), (RSA, "RS256"), (RSA, "PS256")],
    ids=["ES384", "RS256", "PS256"],
)
def test_a_client_may_bring_another_kind_of_key(
    identifier: Identifier, forge: Forge, key: ECKey | RSAKey, alg: str
) -> None:
    bound = forge.token(cnf={"jkt": key.thumbprint()})
    mine = forge.proof({"alg": alg, "jwk": public(key)}, key)

    assert identifier.identify("GET", forge.path, headers(bound, mine), forge.now).client == "an_1"


def test_a_proof_counts_once(identifier: Identifier, forge: Forge) -> None:
    given = headers(forge.token(), forge.proof())
    identifier.identify("GET", forge.path, given, forge.now)

    with pytest.raises(NotSignedIn, match="before"):
        identifier.identify("GET", forge.path, given, forge.now)


def test_a_name_used_before_does_not_count_with_another_time(
    identifier: Identifier, forge: Forge
) -> None:
    first = headers(forge.token(), forge.proof(jti="one"))
    again = headers(forge.token(), forge.proof(jti="one", iat=forge.now // 1000 + 1))
    identifier.identify("GET", forge.path, first, forge.now)

    with pytest.raises(NotSignedIn):
        identifier.identify("GET", forge.path, again, forge.now)


def test_a_token_that_was_kept_is_refused_once_it_expired(
    identifier: Identifier, forge: Forge, now: MovableClock
) -> None:
    kept = forge.token()
    identifier.identify("GET", forge.path, headers(kept, forge.proof()), now())
    now.advance(660_001)

    late = headers(kept, forge.proof(iat=now() // 1000))
    with pytest.raises(NotSignedIn, match="expired"):
        identifier.identify("GET", forge.path, late, now())


def test_an_address_counts_in_its_raw_and_in_its_one_spelling(
    identifier: Identifier, forge: Forge
) -> None:
    for spelling in ("/an/caf%C3%A9/%7Ex", "/an/caf%c3%a9/%7ex", "/an/caf%C3%A9/~x"):
        given = headers(forge.token(), forge.proof(htu=BASE[:-1] + spelling))
        assert identifier.identify("GET", "/an/caf%c3%a9/%7ex", given, forge.now).webid


def test_nobody_is_somebody_without_a_token(identifier: Identifier, now: MovableClock) -> None:
    assert identifier.identify("GET", "/an/", CIMultiDict(), now()).webid is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Kluis-Case", "x" * 65),
        ("Kluis-Employee", "85.07.30-033.28"),
        ("Kluis-Employee", "85073003328"),
    ],
)
def test_a_header_that_could_name_a_person_is_refused(
    identifier: Identifier, now: MovableClock, name: str, value: str
) -> None:  # KC-19
    with pytest.raises(Unreadable) as refused:
        identifier.identify("GET", "/an/", CIMultiDict({name: value}), now())

    assert refused.value.problem == "bad-header"
    assert value not in refused.value.detail


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_is_a_token_or_a_proof_or_an_accident(token: str, proof: str) -> None:
    tokens = Tokens(BASE, {})
    for sent in (token, proof, f"{token}.{proof}.AA", f"e30.{b64(token.encode())}.{proof}"):
        with pytest.raises(NotSignedIn):
            tokens.read(sent, 1_795_000_000_000)
        with pytest.raises(NotSignedIn):
            read_proof(sent, "GET", (BASE,), 1_795_000_000_000)


@pytest.mark.parametrize(
    ("base", "htu"),
    [
        ("https://kluis.example/", "https://kluis.example:443/an/"),
        ("https://kluis.example/", "HTTPS://Kluis.Example/an/"),
        ("http://kluis.example/", "http://kluis.example:80/an/"),
        ("http://[::1]:3000/", "http://[::1]:3000/an/"),
    ],
)
def test_an_address_may_spell_its_host_in_other_ways(
    forge: Forge, base: str, htu: str
) -> None:  # RFC 9449 §4.3
    mine = forge.proof(htu=htu)

    assert read_proof(mine, "GET", (f"{base}an/",), forge.now).jti == "p1"


@pytest.mark.parametrize(
    "htu",
    [
        "https://kluis.example:3000/an/",
        "https://kluis.example:80/an/",
        "https://kluis.example./an/",
        "https://kluis.example/an",
        "https://kluis.example/AN/",
        "https://kluis.example/x/../an/",
        "https://kluis.example\\/an/",
        "https:/kluis.example/an/",
        "//kluis.example/an/",
    ],
)
def test_what_only_looks_like_the_address_is_another(forge: Forge, htu: str) -> None:
    with pytest.raises(NotSignedIn, match="htu mismatch"):
        read_proof(forge.proof(htu=htu), "GET", ("https://kluis.example/an/",), forge.now)


def test_a_token_is_verified_once_and_a_proof_each_time(
    identifier: Identifier, forge: Forge
) -> None:
    # Decision 27.
    kept = forge.token()
    identifier.identify("GET", forge.path, headers(kept, forge.proof()), forge.now)
    deaf = replace(identifier, tokens=replace(identifier.tokens, checks=_refusing(forge)))

    assert deaf.identify("GET", forge.path, headers(kept, forge.proof()), forge.now).webid
    with pytest.raises(NotSignedIn, match="signature"):
        deaf.identify("GET", forge.path, headers(kept, flipped(forge.proof())), forge.now)


def _refusing(forge: Forge) -> dict[str, Check]:
    """The key is known, and whatever it is asked to check is refused."""

    def check(signed: bytes, signature: bytes) -> None:
        raise BadToken("asked again")

    return {forge.tokens.thumbprint(): check}


def test_a_key_that_is_gone_takes_its_kept_tokens_with_it(
    identifier: Identifier, forge: Forge
) -> None:
    # OP-5: others may know the key.
    kept = forge.token()
    identifier.identify("GET", forge.path, headers(kept, forge.proof()), forge.now)
    after = replace(identifier, tokens=replace(identifier.tokens, checks={}))

    with pytest.raises(NotSignedIn, match="no key of this issuer"):
        after.identify("GET", forge.path, headers(kept, forge.proof(jti="p2")), forge.now)


def test_kept_tokens_are_bounded_and_the_ended_go_first(forge: Forge) -> None:
    tokens = Tokens(BASE, {forge.tokens.thumbprint(): check_with_own(forge)}, most=3)
    ended = forge.token(exp=forge.now // 1000 + 1, jti="ended")
    tokens.read(ended, forge.now)
    for number in range(5):
        tokens.read(forge.token(jti=f"{number}"), forge.now + 70_000 if number > 1 else forge.now)

    assert len(tokens.kept) == 3
    with pytest.raises(NotSignedIn):
        tokens.read(ended, forge.now + 70_000)


def check_with_own(forge: Forge) -> Check:
    public = forge.tokens.public_key
    assert isinstance(public, ec.EllipticCurvePublicKey)
    return check_with(public, "ES256")
