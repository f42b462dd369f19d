# SPDX-License-Identifier: EUPL-1.2
"""What an app asks of the authorization endpoint, read and checked; pure (OP-16 to OP-19)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from identity.clients.clients import Client
from identity.provider.provider import SCOPES
from pod.errors import Unreadable

MOST_FIELDS = 50
LONGEST = 2048
LONGEST_HINT = 8 * 1024
LONGEST_STATE = 4 * 1024
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
LONGEST_AGE = 10 * 365 * 24 * 3600
# What is read here; RFC 6749 §3.1: each once, an empty one counts as left out, others are let be.
KNOWN = frozenset(
    (
        "acr_values",
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "dpop_jkt",
        "id_token_hint",
        "login_hint",
        "max_age",
        "nonce",
        "prompt",
        "redirect_uri",
        "registration",
        "request",
        "request_uri",
        "response_mode",
        "response_type",
        "scope",
        "state",
        "ui_locales",
    )
)
_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}")
_PLAIN = re.compile(r"[!-~]+")


class AppRefusal(Exception):
    """An error that goes back to the app, in a code of OAuth's and a sentence (OP-17)."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Params:
    """What was sent, and which of the known parameters came twice."""

    values: Mapping[str, str]
    twice: frozenset[str]

    def get(self, name: str) -> str | None:
        return self.values.get(name) or None


@dataclass(frozen=True, slots=True)
class Wish:
    """What an app wants. `hinted` is the WebID of its id_token_hint."""

    issuer: str
    client: Client
    redirect_uri: str
    state: str | None
    scopes: frozenset[str]
    offline: bool
    prompt: frozenset[str]
    max_age: int | None
    login_hint: str | None
    hinted: str | None
    acr_values: tuple[str, ...]
    nonce: str | None
    challenge: str
    dpop_jkt: str | None
    ui_locales: tuple[str, ...]

    def answer(self, **words: str) -> str:
        """OP-18: the address in the app, with state, and iss also for errors (RFC 9207)."""
        return answer_at(self.redirect_uri, self.issuer, self.state, **words)


def read_params(text: str) -> Params:
    """A query or a form; Unreadable when it is none."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Unreadable("The request of the app cannot be read.") from error
    names = [name for name, _ in pairs]
    twice = frozenset(name for name in KNOWN if names.count(name) > 1)
    return Params({name: value for name, value in pairs if name in KNOWN}, twice)


def read_party(params: Params) -> tuple[str, str]:
    """OP-17: client and redirect URI, before anything may be sent back; Unreadable."""
    found = []
    for name in ("client_id", "redirect_uri"):
        value = params.get(name)
        if value is None:
            raise Unreadable(f"The app did not send {name}.")
        if name in params.twice:
            raise Unreadable(f"The app sent {name} twice.")
        if len(value) > LONGEST or not _PLAIN.fullmatch(value):
            raise Unreadable(f"{name} is too long, or holds characters that no address has.")
        found.append(value)
    if "#" in found[1]:
        raise Unreadable("redirect_uri must not have a fragment.")
    return found[0], found[1]


def read_state(params: Params) -> str | None:
    """What goes back unchanged, also with an error; left out when it cannot be told."""
    state = params.get("state")
    if state is None or "state" in params.twice or len(state) > LONGEST_STATE:
        return None
    return state


def read_wish(
    params: Params, issuer: str, client: Client, redirect_uri: str, hinted: str | None
) -> Wish:
    """Everything else; AppRefusal with what is wrong."""
    _require_shape(params)
    scopes = read_scopes(params.get("scope"), client)
    return Wish(
        issuer=issuer,
        client=client,
        redirect_uri=redirect_uri,
        state=read_state(params),
        scopes=scopes - {"offline_access"},
        offline="offline_access" in scopes,
        prompt=_prompt(params.get("prompt")),
        max_age=_max_age(params.get("max_age")),
        login_hint=params.get("login_hint"),
        hinted=hinted,
        acr_values=tuple((params.get("acr_values") or "").split()),
        nonce=params.get("nonce"),
        challenge=_challenge(params),
        dpop_jkt=_thumbprint(params.get("dpop_jkt")),
        ui_locales=tuple((params.get("ui_locales") or "").split()),
    )


def _require_shape(params: Params) -> None:
    for name in sorted(params.twice):
        raise AppRefusal("invalid_request", f"The parameter {name} is there twice.")
    for name, value in params.values.items():
        most = {"id_token_hint": LONGEST_HINT, "state": LONGEST_STATE}.get(name, LONGEST)
        if len(value) > most:
            raise AppRefusal("invalid_request", f"The parameter {name} is too long.")
    # OIDC Core §3.1.2.6: each has an error of its own.
    for name in ("request", "request_uri", "registration"):
        if params.get(name):
            raise AppRefusal(f"{name}_not_supported", f"The parameter {name} is not read here.")
    kind = params.get("response_type")
    if kind is None:
        raise AppRefusal("invalid_request", "The parameter response_type is missing.")
    if kind != "code":
        raise AppRefusal("unsupported_response_type", "Only response_type=code is served.")
    if params.get("response_mode") not in (None, "query"):
        raise AppRefusal("invalid_request", "Only response_mode=query is served.")


def read_scopes(asked: str | None, client: Client) -> frozenset[str]:
    """OP-36: what is beyond the registration is an error; what nobody knows is let be.

    KC-2: `consent` only when it was named.
    """
    known = frozenset((asked or "").split()) & frozenset(SCOPES)
    beyond = known - client.scopes - {"webid"}
    if beyond:
        raise AppRefusal("invalid_scope", f"The app did not register: {' '.join(sorted(beyond))}.")
    return known | {"webid"}


def _prompt(text: str | None) -> frozenset[str]:
    asked = frozenset((text or "").split())
    if asked - PROMPTS:
        raise AppRefusal("invalid_request", "prompt has a value that is not served.")
    if "none" in asked and len(asked) > 1:
        raise AppRefusal("invalid_request", "prompt=none goes with nothing else.")
    return asked


def _max_age(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise AppRefusal("invalid_request", "max_age is a number of seconds.")
    return min(int(text), LONGEST_AGE)


def _challenge(params: Params) -> str:
    """OP-16: PKCE with S256, always."""
    challenge = params.get("code_challenge")
    if challenge is None:
        raise AppRefusal("invalid_request", "PKCE is needed: code_challenge is missing.")
    # RFC 7636 §4.3: left out, the method would be plain.
    if params.get("code_challenge_method") != "S256":
        raise AppRefusal("invalid_request", "PKCE is served with code_challenge_method=S256 only.")
    if not _DIGEST.fullmatch(challenge):
        raise AppRefusal("invalid_request", "code_challenge is not a SHA-256 digest in base64url.")
    return challenge


def _thumbprint(text: str | None) -> str | None:
    """RFC 9449 §10."""
    if text is not None and not _DIGEST.fullmatch(text):
        raise AppRefusal("invalid_request", "dpop_jkt is not the thumbprint of a key.")
    return text


def answer_at(uri: str, issuer: str | None, state: str | None, **words: str) -> str:
    """An address of the app with more in its query; what was there stays (OP-18)."""
    more = {**words}
    if state is not None:
        more["state"] = state
    if issuer is not None:
        more["iss"] = issuer
    if not more:
        return uri
    parts = urlsplit(uri)
    query = "&".join(piece for piece in (parts.query, urlencode(more)) if piece)
    if not parts.netloc and not uri.startswith(f"{parts.scheme}://"):
        # A scheme of a native app: not every parser puts such an address together again.
        return f"{uri.partition('?')[0]}?{query}"
    return urlunsplit(parts._replace(query=query))
