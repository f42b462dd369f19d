# SPDX-License-Identifier: EUPL-1.2
"""The provider over HTTP: metadata, client credentials, and tokens that end."""

import asyncio
from base64 import b64encode
from typing import Any
from urllib.parse import quote_plus

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from yarl import URL

from identity.accounts.credentials import hash_secret
from identity.accounts.seed import seed_accounts
from pod.database import Tx
from tests.identity.conftest import Person, Town
from tests.identity.forge import compact

GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def key() -> ECKey:
    return ECKey.generate_key("P-256")


def basic(id_: str, secret: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{id_}:{secret}'.encode()).decode()}"}


def post(person: Person, **more: str) -> dict[str, str]:
    given = {"client_id": person.credential["id"], "client_secret": person.credential["secret"]}
    return GRANT | given | more


async def claims_of(town: Town, token: str) -> dict[str, Any]:
    keys = (await town.look(".oidc/jwks")).json
    read = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["ES256"])
    assert read.header["kid"] == keys["keys"][0]["kid"]
    return read.claims


async def test_the_metadata_names_what_is_served(town: Town) -> None:  # OP-2
    said = (await town.look(".well-known/openid-configuration")).json

    assert said["issuer"] == town.base  # OP-1
    assert "authorization_code" in said["grant_types_supported"]
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert "webid" in said["scopes_supported"]
    assert said["authorization_response_iss_parameter_supported"] is True
    # What solid-client-authn-node does not go without.
    assert {"claims_supported", "subject_types_supported", "registration_endpoint"} <= said.keys()
    for name in ("token_endpoint", "jwks_uri", "authorization_endpoint", "end_session_endpoint"):
        assert (await town.ask("GET", said[name])).status in (200, 400, 405)


@pytest.mark.parametrize("path", [".oidc/", ".oidc/nothing", ".oidc/token/x"])
async def test_what_is_not_there_says_so_in_words_of_oauth(town: Town, path: str) -> None:
    said = await town.ask("POST", path, headers={"Origin": "https://app.example"})

    assert (said.status, said.json["error"]) == (404, "not_found")
    assert said.headers["Access-Control-Allow-Origin"] == "https://app.example"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", ".oidc/token", "POST, OPTIONS"),
        ("POST", ".oidc/jwks", "GET, OPTIONS"),
        ("DELETE", ".well-known/openid-configuration", "GET, OPTIONS"),
    ],
)
async def test_another_method_is_told_which_there_are(
    town: Town, method: str, path: str, allowed: str
) -> None:
    said = await town.ask(method, path)

    assert (said.status, said.headers["Allow"]) == (405, allowed)


@pytest.mark.parametrize("path", [".well-known/openid-configuration", ".oidc/jwks", ".oidc/token"])
async def test_apps_elsewhere_may_ask_without_cookies(town: Town, path: str) -> None:
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    preflight = await town.ask("OPTIONS", path, headers=asked)

    assert preflight.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Access-Control-Allow-Credentials" not in preflight.headers
    assert (await town.ask("DELETE", path)).status == 405


@pytest.mark.parametrize("spelling", ["raw", "encoded", "post"])
async def test_a_client_signs_in_however_it_spells_its_secret(
    town: Town, key: ECKey, spelling: str
) -> None:
    """OP-12. A secret with a plus and a percent sign shows whether both readings are tried."""
    await _with_secret(town, "c1", "een+geheim%2Bvan=wie")
    words = ("c1", "een+geheim%2Bvan=wie")
    if spelling == "post":
        said = await town.token(GRANT | {"client_id": words[0], "client_secret": words[1]}, key)
    elif spelling == "raw":
        said = await town.token(GRANT, key, **basic(*words))
    else:
        said = await town.token(GRANT, key, **basic(*map(quote_plus, words)))

    assert said.status == 200, said
    assert (said.json["token_type"], said.json["expires_in"]) == ("DPoP", 600)  # OP-32
    assert said.headers["Cache-Control"] == "no-store"


async def _with_secret(town: Town, id_: str, secret: str) -> None:
    webid = f"{town.base}cor/profile/card#me"
    account = {
        "email": "cor@voorbeeld.example",
        "password": "x",
        "pods": [{"name": "cor"}],
        "clientCredentials": [{"id": id_, "secret": "x" * 20, "webId": webid}],
    }
    await seed_accounts(town.db, town.base, [account], town.now)
    # No secret that is made or seeded here looks like this one.
    await town.db.write(None, _change_secret, id_, hash_secret(secret))


async def _change_secret(tx: Tx, id_: str, secret: str) -> None:
    await tx.run("UPDATE credential SET secret = :secret WHERE id = :id", secret=secret, id=id_)


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (None, "webid"),
        ("webid", "webid"),
        ("openid offline_access webid", "openid webid"),
        ("openid webid consent", "openid webid consent"),
        ("unheard-of", "webid"),
    ],
)
async def test_scopes_never_make_it_fail(
    town: Town, an: Person, key: ECKey, asked: str | None, given: str
) -> None:  # OP-31, KC-2
    form = post(an) if asked is None else post(an, scope=asked)
    said = (await town.token(form, key)).json

    assert said["scope"] == given
    assert ("id_token" in said) == ("openid" in given)
    assert "refresh_token" not in said


async def test_tokens_say_what_clients_read_in_them(town: Town, an: Person, key: ECKey) -> None:
    said = (await town.token(post(an, scope="openid webid"), key)).json
    access = await claims_of(town, said["access_token"])
    identity = await claims_of(town, said["id_token"])

    assert access["aud"] == "solid"  # OP-35
    assert (access["webid"], access["iss"]) == (an.pod["webId"], town.base)
    assert access["client_id"] == an.credential["id"]
    assert access["exp"] - access["iat"] == 600
    assert access["cnf"] == {"jkt": key.thumbprint()}
    assert identity["aud"] == [an.credential["id"], "solid"]  # OP-34
    assert identity["azp"] == an.credential["id"]
    assert identity["grant"] == access["grant"]
    for token in (said["access_token"], said["id_token"]):
        assert (await town.whoami(token, key)).json["webid"] == an.pod["webId"]


async def test_a_wrong_secret_and_an_unknown_client_look_alike(
    town: Town, an: Person, key: ECKey
) -> None:  # OP-36
    wrong = await town.token(GRANT, key, **basic(an.credential["id"], "x"))
    unknown = await town.token(GRANT, key, **basic("nobody", "x"))

    assert (wrong.status, wrong.json) == (unknown.status, unknown.json)
    assert (wrong.status, wrong.json["error"]) == (401, "invalid_client")
    assert wrong.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("form", "error", "status"),
    [
        ({}, "invalid_request", 400),
        ({"grant_type": "password"}, "unsupported_grant_type", 400),
        (GRANT, "invalid_client", 401),
        (GRANT | {"scope": "x" * 5000}, "invalid_request", 400),
    ],
)
async def test_a_bad_form_is_told_in_words_of_oauth(
    town: Town, key: ECKey, form: dict[str, str], error: str, status: int
) -> None:
    said = await town.token(form, key)

    assert (said.status, said.json["error"]) == (status, error)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"grant_type=client_credentials&grant_type=client_credentials", None),
        (b'{"grant_type": "client_credentials"}', "application/json"),
        (b"grant_type=" + b"x" * 20_000, None),
        (b"&".join(b"a%d=1" % number for number in range(60)), None),
        (b"grant_type=%ff\xff", None),
    ],
    ids=["twice", "json", "large", "many", "no text"],
)
async def test_a_body_that_is_no_small_form_is_refused(
    town: Town, body: bytes, kind: str | None
) -> None:
    headers = {"Content-Type": kind or "application/x-www-form-urlencoded"}
    said = await town.ask("POST", ".oidc/token", data=body, headers=headers)

    assert said.status in (400, 413)
    assert said.json["error"] in ("invalid_request", "unsupported_grant_type")


async def test_signing_in_twice_or_as_two_is_refused(town: Town, an: Person, key: ECKey) -> None:
    mine = basic(an.credential["id"], an.credential["secret"])
    both = await town.token(post(an), key, **mine)
    other = await town.token(GRANT | {"client_id": "other"}, key, **mine)
    same = await town.token(GRANT | {"client_id": an.credential["id"]}, key, **mine)

    assert (both.status, both.json["error"]) == (400, "invalid_request")
    assert (other.status, other.json["error"]) == (401, "invalid_client")
    assert same.status == 200  # OP-13


async def test_no_token_without_a_key(town: Town, an: Person, key: ECKey) -> None:  # OP-28
    bare = await town.ask("POST", ".oidc/token", data=post(an))
    elsewhere = town.forge(key, "POST", "/.oidc/other").proof()
    wrong = await town.ask("POST", ".oidc/token", data=post(an), headers={"DPoP": elsewhere})
    once = {"DPoP": town.forge(key, "POST", "/.oidc/token").proof(jti="once")}
    first = await town.ask("POST", ".oidc/token", data=post(an), headers=once)
    again = await town.ask("POST", ".oidc/token", data=post(an), headers=once)

    assert (bare.status, bare.json["error"]) == (400, "invalid_request")
    assert (wrong.status, wrong.json["error"]) == (400, "invalid_dpop_proof")
    assert (first.status, again.status) == (200, 400)
    assert again.json["error"] == "invalid_dpop_proof"


async def test_a_deleted_credential_ends_its_tokens_at_the_next_request(
    town: Town, an: Person, key: ECKey
) -> None:  # ACC-12, RS-10
    token = (await town.token(post(an), key)).json["access_token"]
    assert (await town.whoami(token, key)).status == 200
    headers = {"Authorization": f"CSS-Account-Token {an.session}"}
    gone = await town.ask("DELETE", an.credential["resource"], headers=headers)

    assert gone.status == 200
    assert (await town.whoami(token, key)).status == 401
    assert (await town.token(post(an), key)).json["error"] == "invalid_client"


async def test_an_unlinked_webid_stays_ended_when_it_is_linked_again(
    town: Town, an: Person, key: ECKey
) -> None:  # ACC-12: nothing that was given out before comes back to life
    token = (await town.token(post(an), key)).json["access_token"]
    headers = {"Authorization": f"CSS-Account-Token {an.session}"}
    await town.ask("DELETE", an.pod["webIdResource"], headers=headers)
    assert (await town.whoami(token, key)).status == 401
    assert (await town.token(post(an), key)).json["error"] == "invalid_client"
    where = an.controls["account"]["webId"]
    linked = await town.tell(where, {"webId": an.pod["webId"]}, an.session)

    assert linked.status == 200
    assert (await town.whoami(token, key)).status == 401
    assert (await town.token(post(an), key)).json["error"] == "invalid_client"


async def test_a_token_of_bytes_that_are_no_text_is_401(town: Town, key: ECKey) -> None:
    where = URL(town.base)
    reader, writer = await asyncio.open_connection(where.host, where.port)
    proof = town.forge(key, "GET", "/who").proof().encode()
    lines = [
        b"GET /who HTTP/1.1",
        b"Host: " + f"{where.host}:{where.port}".encode(),
        b"Authorization: DPoP a.b.\xff\xfe",
        b"DPoP: " + proof,
        b"Connection: close",
    ]
    writer.write(b"\r\n".join(lines) + b"\r\n\r\n")
    answer = await reader.read()
    writer.close()

    assert answer.split(b"\r\n", 1)[0].split(b" ")[1] == b"401"


async def test_a_challenge_says_what_was_wrong_with_a_token(town: Town, key: ECKey) -> None:
    said = await town.whoami(compact({"alg": "none"}, {}, None), key)

    assert (said.status, said.headers["Content-Type"]) == (401, "application/problem+json")
    assert said.headers["WWW-Authenticate"].startswith('DPoP error="invalid_token"')
