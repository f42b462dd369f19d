# SPDX-License-Identifier: EUPL-1.2
"""Every way to spoil a token or a proof is refused, each for its reason (T-20, T-21, T-22)."""

import pytest

from identity.identify import Headers, Identifier
from identity.tokens.token import AnotherIssuer
from identity.who import Who
from pod.errors import NotSignedIn
from tests.identity.forge import Forge, headers
from tests.identity.reasons import reason_of
from tests.identity.spoils import BAD_PROOFS, BAD_TOKENS


async def identified(identifier: Identifier, forge: Forge, sent: Headers) -> Who:
    """As the door does it: others are asked about what is not our own."""
    try:
        return identifier.identify(forge.method, forge.path, sent, forge.now)
    except AnotherIssuer:
        return await identifier.identify_foreign(
            forge.method, forge.path, sent, forge.now, "192.0.2.7"
        )


@pytest.mark.parametrize("name", BAD_TOKENS)
async def test_a_spoiled_token_is_refused(identifier: Identifier, forge: Forge, name: str) -> None:
    sent = BAD_TOKENS[name](forge)

    with pytest.raises(NotSignedIn) as refused:
        await identified(identifier, forge, sent)

    assert refused.value.problem == "invalid-token"
    assert reason_of(name) in refused.value.detail
    assert forge.base not in refused.value.detail


@pytest.mark.parametrize("name", BAD_PROOFS)
def test_a_spoiled_proof_is_refused(identifier: Identifier, forge: Forge, name: str) -> None:
    identifier.identify(forge.method, forge.path, headers(forge.token(), forge.proof()), forge.now)

    with pytest.raises(NotSignedIn) as refused:
        identifier.identify(forge.method, forge.path, BAD_PROOFS[name](forge), forge.now)

    assert reason_of(name) in refused.value.detail
    told = name not in ("RS-1 two proofs", "RS-6 no proof")
    assert refused.value.problem == ("invalid-dpop-proof" if told else "invalid-token")
