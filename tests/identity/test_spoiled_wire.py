# SPDX-License-Identifier: EUPL-1.2
"""The same spoiled tokens and proofs against a real server: what its challenge says (RS-13)."""

import re
import time
from pathlib import Path

from aiohttp import ClientSession
from joserfc.jwk import ECKey
from multidict import CIMultiDict
from yarl import URL

from identity.tokens.keys import open_keys
from pod.instant import SECOND
from tests.identity.forge import Forge, headers
from tests.identity.reasons import reason_of
from tests.identity.spoils import BAD_PROOFS, BAD_TOKENS
from tests.stories.town import Town, a_town

CHALLENGE = re.compile(
    r'DPoP error="(invalid_token|invalid_dpop_proof)", error_description="([^"]*)", algs="[^"]+"'
)
# What no client of HTTP sends: bytes that are no text.
UNSENDABLE = frozenset(("RS-3 bytes that are no text", "RS-6 bytes that are no text"))
# These name another issuer than this one. A real server looks further: An's WebID is ours, and
# does not name that one (RS-10).
OTHERWISE = dict.fromkeys(
    ("RS-4 iss of another", "T-23 iss without its slash"), "does not name its issuer"
)
PROOFLESS = ("RS-1 two proofs", "RS-6 no proof")


def forge_for(town: Town, folder: Path) -> Forge:
    """Signs as the server itself, for An's slip."""
    keys = open_keys(folder / "data" / "keys")
    path = town.slip.removeprefix(town.web.base[:-1])
    moment = int(time.time()) * SECOND
    return Forge(town.web.base, keys.tokens, ECKey.generate_key("P-256"), moment, path=path)


async def challenged(town: Town, http: ClientSession, sent: CIMultiDict[str]) -> tuple[str, str]:
    async with http.get(URL(town.slip, encoded=True), headers=sent) as answer:
        assert answer.status == 401, await answer.text()
        told = answer.headers.getall("WWW-Authenticate")
        assert len(told) == 1
        found = CHALLENGE.fullmatch(told[0])
        assert found is not None, told
        return found[1], found[2]


async def test_each_spoiled_one_is_refused_in_its_own_words(tmp_path: Path) -> None:
    """T-21: 401 each time, with the error and the reason; the server lives on."""
    async with a_town(tmp_path) as town, ClientSession() as http:
        forge = forge_for(town, tmp_path)
        for name, spoil in {**BAD_TOKENS, **BAD_PROOFS}.items():
            if name in UNSENDABLE:
                continue
            code, reason = await challenged(town, http, spoil(forge))

            proof = name in BAD_PROOFS and name not in PROOFLESS
            assert code == ("invalid_dpop_proof" if proof else "invalid_token"), name
            assert OTHERWISE.get(name, reason_of(name).replace('"', "")) in reason, name

        # The very same forge without a spoil: well made, but it stands on nothing (RS-10).
        _, reason = await challenged(town, http, headers(forge.token(), forge.proof()))
        assert reason == "This sign-in was ended."
        assert (await town.web.get(town.slip, town.login, "text/turtle")).status == 200


async def test_a_proof_counts_once_on_every_worker(tmp_path: Path) -> None:
    """RS-8, T-21: each connection may end at another worker."""
    async with a_town(tmp_path, workers="2") as town:
        key, url = town.login.key, town.slip
        forge = Forge(town.web.base, key, key, int(time.time()) * SECOND)
        proof = forge.proof(htu=url, jti="once")
        given = headers(town.login.token, proof)
        answers = []
        for _ in range(6):
            async with ClientSession() as http, http.get(url, headers=given) as answer:
                answers.append(answer.status)

        assert answers == [200, *[401] * 5]
