# SPDX-License-Identifier: EUPL-1.2
"""The client's proofs, and its requests on a real socket."""

from base64 import urlsafe_b64encode
from hashlib import sha256

from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jws, jwt
from joserfc.jwk import ECKey

from commands.answer import Answer
from commands.client import Credentials, Login, log_in, open_account, open_web, proof


def test_a_proof_names_method_address_without_query_and_token() -> None:
    key = ECKey.generate_key("P-256")

    made = jwt.decode(proof(key, "GET", "http://localhost/a?b=c", "tok"), key)

    assert made.header["typ"] == "dpop+jwt"
    assert made.header["jwk"] == key.as_dict(private=False)
    assert "d" not in made.header["jwk"]
    assert made.claims["htm"] == "GET"
    assert made.claims["htu"] == "http://localhost/a"
    digest = urlsafe_b64encode(sha256(b"tok").digest()).rstrip(b"=").decode()
    assert made.claims["ath"] == digest


def test_two_proofs_of_one_request_differ() -> None:
    key = ECKey.generate_key("P-256")

    ids = {jwt.decode(proof(key, "GET", "http://h/"), key).claims["jti"] for _ in range(2)}

    assert len(ids) == 2


async def echo(request: web.Request) -> web.Response:
    headers = {"X-Path": request.raw_path, "X-Sent": ",".join(sorted(request.headers))}
    return web.Response(body=await request.read(), headers=headers)


def echoing() -> TestServer:
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", echo)
    return TestServer(app)


async def test_addresses_go_out_as_they_were_written() -> None:
    heard: list[Answer] = []
    async with (
        echoing() as server,
        open_web(str(server.make_url("/")), heard.append) as client,
    ):
        answer = await client.get("/a%2Fb/%C3%A9?pod=http%3A%2F%2Fx%2F#me", If_None_Match='"1"')

    assert answer.header("X-Path") == "/a%2Fb/%C3%A9?pod=http%3A%2F%2Fx%2F"
    assert "If-None-Match" in answer.header("X-Sent")
    assert heard == [answer]


async def test_a_login_sends_a_proof_for_the_very_request() -> None:
    login = Login("tok", ECKey.generate_key("P-256"))

    headers = login.headers("PUT", "http://h/x")

    assert headers["Authorization"] == "DPoP tok"
    claims = jwt.decode(headers["DPoP"], login.key).claims
    assert (claims["htm"], claims["htu"]) == ("PUT", "http://h/x")


def css(password: str) -> web.Application:
    """An account interface in the words of CSS 7, that checks what it is told."""

    async def index(request: web.Request) -> web.Response:
        controls: dict[str, dict[str, str]] = {"account": {"create": url(request, "account")}}
        if request.headers.get("Authorization") == "CSS-Account-Token s1":
            controls["password"] = {"create": url(request, "password")}
            controls["account"]["pod"] = url(request, "pod")
            controls["account"]["clientCredentials"] = url(request, "credentials")
        return web.json_response({"controls": controls})

    async def create(request: web.Request) -> web.Response:
        return web.json_response({"authorization": "s1"})

    async def act(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "CSS-Account-Token s1":
            return web.json_response({}, status=401)
        sent, kind = await request.json(), request.match_info["kind"]
        if kind == "password" and sent != {"email": "a@b.example", "password": password}:
            return web.json_response({}, status=400)
        pod, web_id = url(request, "an/"), url(request, "an/profile/card#me")
        answers = {"pod": {"pod": pod, "webId": web_id}}
        answers["credentials"] = {"id": "c1", "secret": "s:ecret"}
        return web.json_response(answers.get(kind, {}))

    async def discovery(request: web.Request) -> web.Response:
        return web.json_response({"token_endpoint": url(request, "token")})

    async def token(request: web.Request) -> web.Response:
        kind = jws.extract_compact(request.headers["DPoP"].encode()).headers()["typ"]
        form = await request.post()
        return web.json_response(
            {
                "access_token": f"{kind} {form['grant_type']!s} {form['scope']!s}",
                "token_type": "DPoP",
                "sent": request.headers["Authorization"],
            }
        )

    def url(request: web.Request, path: str) -> str:
        return f"http://{request.host}/{path}"

    app = web.Application()
    app.router.add_get("/.account/", index)
    app.router.add_post("/account", create)
    app.router.add_get("/.well-known/openid-configuration", discovery)
    app.router.add_post("/token", token)
    app.router.add_post("/{kind}", act)
    return app


async def test_an_account_is_made_by_following_the_controls() -> None:
    async with (
        TestServer(css("geheim")) as server,
        open_web(str(server.make_url("/"))) as client,
    ):
        made = await open_account(client, "a@b.example", "geheim", "an")

        assert made.web_id == f"{server.make_url('/')}an/profile/card#me"
    assert made.credentials == Credentials("c1", "s:ecret", made.web_id)


async def test_a_login_asks_for_a_bound_token_with_the_scope() -> None:
    heard: list[Answer] = []
    async with (
        TestServer(css("geheim")) as server,
        open_web(str(server.make_url("/")), heard.append) as client,
    ):
        login = await log_in(client, Credentials("c1", "s:ecret", "x"), "webid consent")

    assert login.token == "dpop+jwt client_credentials webid consent"
    assert b"Basic YzE6cyUzQWVjcmV0" in heard[-1].body  # c1:s%3Aecret, form-encoded first
