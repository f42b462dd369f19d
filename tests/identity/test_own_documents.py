# SPDX-License-Identifier: EUPL-1.2
"""SR-7: what lies on this server is read in process, and only what everybody may read (T-33)."""

from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest

from commands.answer import want_status
from identity.outward.fetched import Fetched
from identity.outward.outward import NotFetched
from identity.outward.own_documents import Homeward
from pod.instant import wall
from pod.iri import Iri
from tests.identity.apps import BACK, CONTEXT, challenge_of
from tests.identity.forge import WITHOUT, Forge
from tests.stories.town import Town, a_town

BASE = Iri("https://kluis.example/")
HERE: Mapping[str, tuple[bytes, str]] = {
    f"{BASE}an/app.jsonld": (b"{}", "application/ld+json"),
    f"{BASE}an/%C3%A9": (b"x", "text/plain"),
}


async def own(iri: Iri) -> tuple[bytes, str] | None:
    return HERE.get(iri)


async def elsewhere(url: str, **_more: object) -> Fetched:
    raise NotFetched(url, "the way out was taken")


HOMEWARD = Homeward(BASE, elsewhere, own)


@pytest.mark.parametrize(
    "url",
    [
        f"{BASE}an/app.jsonld",
        f"{BASE}an/app.jsonld#it",
        f"{BASE}an/app.jsonld?x=1",
        f"{BASE}an//app.jsonld",
        f"{BASE}an/%61pp.jsonld",
        "https://KLUIS.example/an/app.jsonld",
        "HTTPS://kluis.example/an/app.jsonld",
        "https://kluis.example:443/an/app.jsonld",
        "https://kluis.example./an/app.jsonld",
    ],
)
async def test_every_spelling_of_ours_is_read_here(url: str) -> None:
    got = await HOMEWARD.get(url, accept="application/ld+json")

    assert (got.url, got.body, got.media_type) == (url, b"{}", "application/ld+json")


@pytest.mark.parametrize(
    "url",
    [
        "https://kluis.example.evil.example/an/app.jsonld",
        "https://kluis.example:8443/an/app.jsonld",
        "https://kluis.example@evil.example/an/app.jsonld",
        "http://kluis.example/an/app.jsonld",
        "https://an.kluis.example/app.jsonld",
        "no address",
    ],
)
async def test_what_is_elsewhere_takes_the_way_out(url: str) -> None:
    with pytest.raises(NotFetched, match="the way out was taken"):
        await HOMEWARD.get(url, accept="*/*")


@pytest.mark.parametrize(
    "path", ["nothing", "an/", ".well-known/openid-configuration", "an/%00", "an/%zz", "-/sign-in"]
)
async def test_what_is_not_there_for_everybody_is_told_so(path: str) -> None:
    with pytest.raises(NotFetched, match="nothing there that everybody may read"):
        await HOMEWARD.get(f"{BASE}{path}", accept="*/*")


async def test_type_and_size_count_here_too() -> None:
    with pytest.raises(NotFetched, match="its type is none of text/turtle"):
        await HOMEWARD.get(f"{BASE}an/app.jsonld", accept="text/turtle")
    with pytest.raises(NotFetched, match="larger than 1 bytes"):
        await HOMEWARD.get(f"{BASE}an/app.jsonld", accept="*/*", limit=1)


async def _put_app(town: Town, address: str, everybody: bool) -> None:
    said = {
        "@context": [CONTEXT],
        "client_id": address,
        "client_name": "Mijn eigen app",
        "redirect_uris": [BACK],
    }
    put = await town.web.put(address, town.login, "application/json", orjson.dumps(said))
    want_status(put, 201)
    rules = "@prefix acl: <http://www.w3.org/ns/auth/acl#>.\n" + (
        f"<#o> a acl:Authorization; acl:agent <{town.an.web_id}>; acl:accessTo <{address}>;"
        " acl:mode acl:Read, acl:Write, acl:Control.\n"
    )
    if everybody:
        rules += (
            "<#p> a acl:Authorization; acl:agentClass <http://xmlns.com/foaf/0.1/Agent>;"
            f" acl:accessTo <{address}>; acl:mode acl:Read.\n"
        )
    acl = await town.web.put(f"{address}.acl", town.login, "text/turtle", rules.encode())
    assert acl.status in (201, 204, 205), acl


async def test_an_app_may_keep_its_document_in_a_pod_of_this_server(tmp_path: Path) -> None:
    async with a_town(tmp_path) as town:
        told = {}
        for name, everybody in (("open", True), ("closed", False), ("absent", None)):
            address = f"{town.an.pod}{name}.jsonld"
            if everybody is not None:
                await _put_app(town, address, everybody)
            wish = (
                f"?client_id={address}&redirect_uri={BACK.replace('?', '%3F')}&response_type=code"
                f"&code_challenge={challenge_of('v' * 43)}&code_challenge_method=S256"
            )
            answer = await town.web.get(f".oidc/auth{wish}", accept="text/html")
            told[name] = (answer.status, answer.body.replace(name.encode(), b"it"))

        assert told["open"][0] == 303
        assert told["closed"][0] == 400
        # T-33: whether something private lies there is not told.
        assert told["closed"] == told["absent"]


async def test_a_foreign_token_tells_nothing_of_private_documents(tmp_path: Path) -> None:
    """T-33: its WebID may name anything; what is private looks like what is not there."""
    async with a_town(tmp_path) as town:
        key, reasons = town.login.key, []
        for webid in (town.slip, f"{town.an.pod}nothing.ttl"):
            made = Forge(town.web.base, key, key, wall())
            token = made.token(iss="https://idp.example/", webid=webid, grant=WITHOUT)
            proof = made.proof(htu=town.slip, jti=webid)
            headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
            answer = await town.web.ask("GET", town.slip, headers=headers)
            assert answer.status == 401
            reasons.append(answer.header("WWW-Authenticate").replace(webid, "it"))

        assert "nothing there that everybody may read" in reasons[0]
        assert reasons[0] == reasons[1]
