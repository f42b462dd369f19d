# SPDX-License-Identifier: EUPL-1.2
"""What a client says of itself, read from a document or a registration (OP-7, OP-8, T-26)."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

SCOPES = ("openid", "webid", "profile", "offline_access", "consent")
METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
LONGEST_NAME = 100
MOST_ADDRESSES = 20


class BadMetadata(ValueError):
    """RFC 7591 §3.2.2: a code and a sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class ClientMetadata:
    """The part of it that counts here. Without scopes it may ask them all (OP-8)."""

    name: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()
    native: bool = False
    method: str = "client_secret_basic"
    scopes: frozenset[str] = frozenset(SCOPES)
    keys: str | None = None


def plain_name(name: object) -> str:
    """OP-23, T-26: one line, short, and nothing that turns or hides the text around it."""
    if not isinstance(name, str):
        return ""
    plain = (" " if char.isspace() else char for char in name[:1000])
    kept = "".join(char for char in plain if unicodedata.category(char)[0] != "C")
    return " ".join(kept.split())[:LONGEST_NAME].rstrip()


def known_scopes(asked: object) -> frozenset[str]:
    """OP-8: who asks none may ask them all; what is not served is left out (RFC 7591 §2)."""
    if asked is None:
        return frozenset(SCOPES)
    if not isinstance(asked, str):
        raise BadMetadata("invalid_client_metadata", "scope is a text: names, spaces between.")
    return frozenset(SCOPES) & {"openid", "webid", *asked.split()}


def addresses(said: Mapping[str, object], name: str, code: str) -> tuple[str, ...]:
    """A list of addresses, in the order in which they came (OP-9)."""
    value = said.get(name, [])
    if not isinstance(value, list) or len(value) > MOST_ADDRESSES:
        raise BadMetadata(code, f"{name} is no list of at most {MOST_ADDRESSES} addresses.")
    found = tuple(uri for uri in value if isinstance(uri, str))
    if len(found) != len(value):
        raise BadMetadata(code, f"{name} holds something that is no text.")
    return found


def written(said: ClientMetadata) -> str:
    """The form in which it is kept."""
    return orjson.dumps(
        {
            "name": said.name,
            "redirect_uris": said.redirect_uris,
            "post_logout_redirect_uris": said.post_logout_redirect_uris,
            "native": said.native,
            "method": said.method,
            "scopes": sorted(said.scopes),
            "keys": said.keys,
        }
    ).decode()


def kept_metadata(text: str) -> ClientMetadata:
    """What `written` wrote."""
    said = orjson.loads(text)
    return ClientMetadata(
        name=said["name"],
        redirect_uris=tuple(said["redirect_uris"]),
        post_logout_redirect_uris=tuple(said["post_logout_redirect_uris"]),
        native=said["native"],
        method=said["method"],
        scopes=frozenset(said["scopes"]),
        keys=said["keys"],
    )
