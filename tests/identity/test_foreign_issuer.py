# SPDX-License-Identifier: EUPL-1.2
"""Tokens of other issuers, asked about over real HTTP (RS-10 to RS-12, T-23)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc.jwk import ECKey, OKPKey, RSAKey

from identity.identify import Abroad, Identifier
from identity.outward.fetch import Fetcher
from identity.outward.own_documents import Homeward
from identity.sign_in.tries import open_tries
from identity.tokens.foreign_issuers import ForeignIssuers
from identity.tokens.keys import open_keys
from identity.tokens.replay import open_replay
from identity.tokens.token import AnotherIssuer, tokens_of
from identity.who import Who
from pod.errors import NotSignedIn
from pod.iri import Iri
from tests.conftest import MovableClock
from tests.identity.forge import WITHOUT, Forge, Key, headers
from tests.people import BASE

PROFILE = "@prefix s: <http://www.w3.org/ns/solid/terms#> . <#me> s:oidcIssuer <{issuer}> ."


@dataclass(slots=True)
class Elsewhere:
    """One host with an issuer and a WebID; the test spoils it."""

    base: str = ""
    key: Key = field(default_factory=lambda: ECKey.generate_key("P-256"))
    algorithm: str = "ES256"
    profile: str = PROFILE
    metadata: dict[str, Any] = field(default_factory=dict)
    published: list[Key] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def webid(self) -> str:
        return f"{self.base}card#me"

    def answer(self, path: str) -> web.Response:
        self.asked.append(path)
        if path == "card":
            return web.Response(
                text=self.profile.format(issuer=self.base), content_type="text/turtle"
            )
        if path == ".well-known/openid-configuration":
            said = {"issuer": self.base, "jwks_uri": f"{self.base}keys", **self.metadata}
            return web.json_response(said)
        if path == "keys":
            keys = self.published or [self.key]
            return web.json_response({"keys": [_public(key, self.algorithm) for key in keys]})
        raise web.HTTPNotFound


def _public(key: Key, algorithm: str) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "alg": algorithm}


@dataclass(frozen=True, slots=True)
class Border:
    """Our own server's check, an issuer elsewhere, and somebody with a key."""

    identifier: Identifier
    elsewhere: Elsewhere
    forge: Forge
    now: MovableClock

    def token(self, **claims: Any) -> str:
        there = self.elsewhere
        said = {"iss": there.base, "webid": there.webid, "sub": there.webid, "grant": WITHOUT}
        head = {"alg": there.algorithm, "kid": there.key.thumbprint()}
        return self.forge.token(head, there.key, **(said | claims))

    async def who(self, token: str) -> Who:
        sent = headers(token, self.forge.proof(iat=self.now() // 1000))
        with pytest.raises(AnotherIssuer):
            self.identifier.identify("GET", self.forge.path, sent, self.now())
        return await self.identifier.identify_foreign(
            "GET", self.forge.path, sent, self.now(), "192.0.2.7"
        )

    async def refused(self, token: str) -> str:
        with pytest.raises(NotSignedIn) as refused:
            await self.who(token)
        assert refused.value.problem == "invalid-token"
        return refused.value.detail


@pytest.fixture
async def border(tmp_path: Path, now: MovableClock, forge: Forge) -> AsyncIterator[Border]:
    there = Elsewhere()
    app = web.Application()

    async def room(request: web.Request) -> web.Response:
        return there.answer(request.match_info["path"])

    app.router.add_get("/{path:.*}", room)
    fetcher, replay = Fetcher(dev=True, now=now), open_replay(tmp_path / "p.db", now())

    async def own(address: Iri) -> tuple[bytes, str] | None:
        body = PROFILE.format(issuer=there.base).encode()
        return (body, "text/turtle") if address == f"{BASE}an/profile/card" else None

    async with TestServer(app, host="127.0.0.1") as server:
        there.base = str(server.make_url("/"))
        out = Homeward(BASE, fetcher.get, own, dev=True)
        abroad = Abroad(ForeignIssuers(out.get, dev=True), open_tries())
        tokens = tokens_of(BASE, open_keys(tmp_path / "keys"))
        yield Border(Identifier(BASE, tokens, replay, abroad), there, forge, now)
    await fetcher.close()
    replay.close()


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ECKey.generate_key("P-256"), "ES256"),
        (ECKey.generate_key("P-384"), "ES384"),
        (RSAKey.generate_key(2048), "RS256"),
        (RSAKey.generate_key(2048), "PS256"),
        (OKPKey.generate_key("Ed25519"), "EdDSA"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_token_of_an_issuer_that_the_webid_names_tells_who_asks(
    border: Border, key: Key, algorithm: str
) -> None:  # RS-10, RS-11
    border.elsewhere.key, border.elsewhere.algorithm = key, algorithm

    who = await border.who(border.token())

    assert (who.webid, who.issuer) == (border.elsewhere.webid, border.elsewhere.base)
    assert (who.client, who.access) == ("an_1", None)


async def test_an_id_token_counts_as_well(border: Border) -> None:  # RS-5, fact 1
    token = border.token(aud=["an_9", "solid"], azp="an_9", client_id=WITHOUT)

    assert (await border.who(token)).client == "an_9"


async def test_only_our_own_issuer_speaks_of_consent_and_assurance(border: Border) -> None:
    """Decision 39."""
    token = border.token(scope="openid webid consent", acr="high", auth_time=1, grant="access-1")

    who = await border.who(token)

    assert "consent" not in who.scopes
    assert (who.acr, who.signed_in, who.access) == (None, None, None)


async def test_a_webid_that_does_not_name_the_issuer_byte_for_byte_is_refused(
    border: Border,
) -> None:  # T-23
    border.elsewhere.profile = PROFILE.replace("{issuer}", "{issuer}x")

    assert "does not name its issuer" in await border.refused(border.token())


async def test_an_issuer_with_another_name_in_its_metadata_is_refused(border: Border) -> None:
    border.elsewhere.metadata = {"issuer": "https://other.example/"}

    assert "of another issuer" in await border.refused(border.token())


async def test_a_key_of_somebody_else_is_refused(border: Border) -> None:
    border.elsewhere.published = [ECKey.generate_key("P-256")]

    assert "no key by that kid" in await border.refused(border.token())


async def test_a_signature_that_does_not_hold_is_refused(border: Border) -> None:
    head, claims, _ = border.token().split(".")
    other = border.token(jti="t2").rsplit(".", 1)[1]

    assert "does not hold" in await border.refused(f"{head}.{claims}.{other}")


async def test_keys_on_a_private_address_are_not_asked_for(border: Border) -> None:  # T-29
    border.elsewhere.metadata = {"jwks_uri": "http://169.254.169.254/keys"}

    detail = await border.refused(border.token())

    assert "169.254.169.254" in detail
    assert "no public address" in detail or "not https" in detail


async def test_a_webid_that_cannot_be_had_names_address_and_reason(border: Border) -> None:
    webid = "http://127.0.0.1:1/card#me"

    detail = await border.refused(border.token(webid=webid))

    assert "http://127.0.0.1:1/card" in detail
    assert "no connection could be made" in detail


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": WITHOUT}, {"aud": "https://app.example/"}, {"cnf": WITHOUT},
        {"webid": "ftp://x/"}, {"iss": "http://other.example/"}, {"iss": "nowhere"},
    ],
)  # fmt: skip
async def test_what_fails_before_the_network_never_reaches_it(
    border: Border, claims: dict[str, Any]
) -> None:  # RS-2 to RS-8 first
    await border.refused(border.token(**claims))

    assert border.elsewhere.asked == []


async def test_our_own_documents_are_not_fetched_over_http(border: Border) -> None:  # SR-7
    webid = f"{BASE}an/profile/card#me"

    who = await border.who(border.token(webid=webid))

    assert who.webid == webid
    assert "card" not in border.elsewhere.asked
    assert "nothing there that everybody may read" in await border.refused(
        border.token(webid=f"{BASE}bea/card#me")
    )


async def test_what_was_believed_is_asked_again_after_two_minutes(border: Border) -> None:
    """RS-12: a WebID that drops its issuer is heard within ten minutes."""
    kept = border.token()
    await border.who(kept)
    asked = len(border.elsewhere.asked)
    await border.who(kept)
    assert len(border.elsewhere.asked) == asked

    border.elsewhere.profile = "<#me> a <#nobody> ."
    border.now.advance(301_000)

    assert "does not name" in await border.refused(kept)


async def test_a_new_key_is_found_without_a_restart(border: Border) -> None:  # RS-11
    await border.who(border.token())
    border.elsewhere.key = ECKey.generate_key("P-256")
    border.now.advance(31_000)

    assert await border.who(border.token(jti="t3"))


async def test_a_proof_counts_once_for_foreign_tokens_too(border: Border) -> None:  # RS-8
    sent = headers(border.token(), border.forge.proof())
    ask = (border.identifier.identify_foreign, "GET", border.forge.path, sent)
    await ask[0](*ask[1:], border.now(), "192.0.2.7")

    with pytest.raises(NotSignedIn, match="used before"):
        await ask[0](*ask[1:], border.now(), "192.0.2.7")


async def test_without_a_way_out_only_our_own_tokens_count(border: Border) -> None:
    alone = replace(border.identifier, abroad=None)

    with pytest.raises(NotSignedIn, match="another issuer"):
        await alone.identify_foreign(
            "GET", border.forge.path, headers(border.token(), border.forge.proof()),
            border.now(), "192.0.2.7",
        )  # fmt: skip
