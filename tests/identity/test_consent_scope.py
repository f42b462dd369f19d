# SPDX-License-Identifier: EUPL-1.2
"""KC-2, decision 39: `consent` is asked by name, kept in the token, and told by introspection."""

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from identity.provider.revocation import look
from identity.tokens.token import tokens_of
from tests.identity.conftest import Person, Town

GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def key() -> ECKey:
    return ECKey.generate_key("P-256")


async def token_for(town: Town, person: Person, key: ECKey, scope: str | None) -> str:
    form = {"client_id": person.credential["id"], "client_secret": person.credential["secret"]}
    more = {} if scope is None else {"scope": scope}
    said = await town.token(GRANT | form | more, key)
    assert said.status == 200, said
    return str(said.json["access_token"])


async def test_a_program_that_names_consent_has_it_all_along(
    town: Town, an: Person, key: ECKey
) -> None:
    token = await token_for(town, an, key, "webid consent")
    claims = jwt.decode(token, town.keys.tokens, algorithms=["ES256"]).claims
    told = await look(town.db, tokens_of(town.base, town.keys), token, town.now)
    who = (await town.whoami(token, key)).json

    assert claims["scope"].split() == ["webid", "consent"]
    assert told is not None
    assert told.said["scope"] == "consent webid"
    assert who["scopes"] == ["consent", "webid"]


@pytest.mark.parametrize("scope", [None, "webid", "openid offline_access webid", "consents"])
async def test_a_program_that_does_not_name_it_has_it_not(
    town: Town, an: Person, key: ECKey, scope: str | None
) -> None:
    token = await token_for(town, an, key, scope)
    who = (await town.whoami(token, key)).json

    assert "consent" not in who["scopes"]


async def test_an_id_token_never_carries_it(town: Town, an: Person, key: ECKey) -> None:
    """It is accepted as a credential (fact 1), and says who, never what."""
    form = {"client_id": an.credential["id"], "client_secret": an.credential["secret"]}
    said = await town.token(GRANT | form | {"scope": "openid webid consent"}, key)
    who = (await town.whoami(said.json["id_token"], key)).json

    assert who["webid"] == an.pod["webId"]
    assert who["scopes"] == []
