# SPDX-License-Identifier: EUPL-1.2
"""Discovery, keys and the token endpoint; and how a request's headers become Who."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from urllib.parse import parse_qsl, unquote_plus

import orjson
from aiohttp import hdrs, web

from identity.credentials import Credential, check_credential
from identity.door import Door, Identify, json_answer
from identity.dpop import read_proof
from identity.identify import Identifier
from identity.keys import Keys
from identity.provider import answer, metadata
from identity.replay import Replay
from identity.token import Tokens
from identity.who import Who
from pod.database import Database, Tx
from pod.errors import NotSignedIn, PodError
from pod.instant import Instant, Now
from pod.iri import Iri

LARGEST_FORM = 64 * 1024
DISCOVERY_CACHE = {"Cache-Control": "public, max-age=300"}


class OAuthError(Exception):
    """RFC 6749 §5.2: a code and a sentence; OP-36 has the table."""

    def __init__(self, code: str, detail: str, status: int = 400) -> None:
        super().__init__(detail)
        self.code, self.detail, self.status = code, detail, status


def identify_with(keys: Keys, replay: Replay, base: Iri, now: Now) -> Identify:
    """The part of the door that finds out who asks."""
    identifier = Identifier(base, Tokens(base, keys), replay)

    async def identify(request: web.Request) -> Who:
        path = request.rel_url.raw_path
        return identifier.identify(request.method, path, request.headers, now())

    return identify


def routes(
    db: Database, door: Door, keys: Keys, replay: Replay, base: Iri, now: Now
) -> list[web.RouteDef]:
    """What lies under /.oidc/, and the discovery document."""

    async def discovery(request: web.Request, who: Who) -> web.Response:
        return json_answer(metadata(base), headers=DISCOVERY_CACHE)

    async def jwks(request: web.Request, who: Who) -> web.Response:
        return json_answer(keys.token_jwks(), headers=DISCOVERY_CACHE)

    async def token(request: web.Request, who: Who) -> web.Response:
        try:
            return _granted(await _grant(request, db, keys, replay, base, now()))
        except OAuthError as error:
            return _refused(error, request)

    async def login(request: web.Request, who: Who) -> web.Response:
        raise _no_login_yet()

    return [
        web.get("/.well-known/openid-configuration", door.open(discovery)),
        web.options("/.well-known/openid-configuration", door.open(discovery)),
        web.get("/.oidc/jwks", door.open(jwks)),
        web.options("/.oidc/jwks", door.open(jwks)),
        web.post("/.oidc/token", door.open(token)),
        web.options("/.oidc/token", door.open(token)),
        web.get("/.oidc/auth", door.open(login)),
    ]


def _no_login_yet() -> PodError:
    return NotSignedIn(
        "Signing in with a browser app is not served by this version; use client credentials.",
        problem="login-not-served",
    )


async def _grant(
    request: web.Request, db: Database, keys: Keys, replay: Replay, base: Iri, now: Instant
) -> dict[str, object]:
    form = await _form(request)
    kind = form.get("grant_type")
    if kind is None:
        raise OAuthError("invalid_request", "grant_type is missing.")
    if kind != "client_credentials":
        raise OAuthError("unsupported_grant_type", "Only client_credentials is served yet.")
    id_, secret = _client(request, form)
    credential = await db.read(check_credential, id_, secret)
    if credential is None:
        raise OAuthError("invalid_client", "The client id or secret is wrong.", 401)
    thumbprint = _proved(request, replay, base, now)
    await db.write(None, _note_use, credential, now)
    return answer(base, keys, credential, thumbprint, form.get("scope"), now)


async def _note_use(tx: Tx, credential: Credential, now: Instant) -> None:
    await tx.run("UPDATE credential SET used = :now WHERE id = :id", now=now, id=credential.id)


def _proved(request: web.Request, replay: Replay, base: Iri, now: Instant) -> str:
    """OP-28: a token with a WebID is only given out bound to a key."""
    proofs = request.headers.getall("DPoP", ())
    if len(proofs) != 1:
        raise OAuthError("invalid_request", "Send one DPoP proof: tokens are bound to a key.")
    try:
        proof = read_proof(proofs[0], "POST", frozenset((f"{base}.oidc/token",)), now)
        replay.refuse_seen(proof, now)
    except NotSignedIn as error:
        raise OAuthError("invalid_dpop_proof", error.detail) from error
    return proof.thumbprint


async def _form(request: web.Request) -> Mapping[str, str]:
    if request.content_type != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "Send a form (application/x-www-form-urlencoded).")
    body = await request.content.read(LARGEST_FORM + 1)
    while len(body) <= LARGEST_FORM and (more := await request.content.read(LARGEST_FORM)):
        body += more
    if len(body) > LARGEST_FORM:
        raise OAuthError("invalid_request", "The form is too large.", 413)
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=50)
    except ValueError as error:
        raise OAuthError("invalid_request", "The form cannot be read.") from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise OAuthError("invalid_request", "A parameter is there twice.")
    return form


def _client(request: web.Request, form: Mapping[str, str]) -> tuple[str, str]:
    """OP-12, OP-13: Basic, form-encoded or raw, or in the body; both only when they agree."""
    header = request.headers.get(hdrs.AUTHORIZATION)
    if header is None:
        if "client_id" not in form or "client_secret" not in form:
            raise OAuthError("invalid_client", "Say who you are: client id and secret.", 401)
        return form["client_id"], form["client_secret"]
    scheme, _, value = header.partition(" ")
    try:
        text = b64decode(value.strip(), validate=True).decode()
    except (Base64Error, ValueError) as error:
        raise OAuthError("invalid_client", "The Authorization header is not Basic.", 401) from error
    id_, separator, secret = text.partition(":")
    if scheme.lower() != "basic" or not separator:
        raise OAuthError("invalid_client", "The Authorization header is not Basic.", 401)
    id_, secret = unquote_plus(id_), unquote_plus(secret)
    if form.get("client_id", id_) != id_:
        raise OAuthError("invalid_client", "client_id is not that of the header.", 401)
    return id_, secret


def _granted(given: dict[str, object]) -> web.Response:
    return json_answer(given, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


def _refused(error: OAuthError, request: web.Request) -> web.Response:
    headers = {"Cache-Control": "no-store"}
    if error.status == 401 and hdrs.AUTHORIZATION in request.headers:
        headers["WWW-Authenticate"] = 'Basic realm="kluis"'
    return web.Response(
        status=error.status,
        body=orjson.dumps({"error": error.code, "error_description": error.detail}),
        content_type="application/json",
        headers=headers,
    )
