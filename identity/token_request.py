# SPDX-License-Identifier: EUPL-1.2
"""What a client asks of the token endpoint, read from form and header (RFC 6749 §2.3, §5.2)."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus

LARGEST_FORM = 16 * 1024
MOST_FIELDS = 50
LONGEST_VALUE = 4 * 1024


class TokenRefusal(Exception):
    """RFC 6749 §5.2: a code and a sentence; the table is that of OP-36."""

    def __init__(self, code: str, detail: str, status: int = 400) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status


@dataclass(frozen=True, slots=True)
class Claimed:
    """Who a client says it is. `spellings` are the readings of what it sent, best first."""

    spellings: tuple[tuple[str, str], ...]
    basic: bool


def read_form(content_type: str, body: bytes) -> Mapping[str, str]:
    """The parameters; each may come once, and unknown ones are let be (OP-13)."""
    if content_type != "application/x-www-form-urlencoded":
        raise TokenRefusal("invalid_request", "Send a form (application/x-www-form-urlencoded).")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise TokenRefusal("invalid_request", "The form cannot be read.") from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise TokenRefusal("invalid_request", "A parameter is there twice.")
    if any(len(value) > LONGEST_VALUE for value in form.values()):
        raise TokenRefusal("invalid_request", "A parameter is too long.")
    return form


def require_client_credentials(form: Mapping[str, str]) -> None:
    """The one grant that is served."""
    kind = form.get("grant_type")
    if kind is None:
        raise TokenRefusal("invalid_request", "The parameter grant_type is missing.")
    if kind != "client_credentials":
        raise TokenRefusal("unsupported_grant_type", "Only client_credentials is served here yet.")


def read_client(authorization: Sequence[str], form: Mapping[str, str]) -> Claimed:
    """client_secret_basic or client_secret_post, not both (OP-12, OP-13)."""
    if len(authorization) > 1:
        raise TokenRefusal("invalid_request", "Send one Authorization header.")
    if not authorization:
        return Claimed(((_named(form, "client_id"), _named(form, "client_secret")),), basic=False)
    if "client_secret" in form:
        raise TokenRefusal("invalid_request", "The client signs in twice: choose one way.")
    spellings = _read_basic(authorization[0])
    agreed = [pair for pair in spellings if form.get("client_id", pair[0]) == pair[0]]
    if not agreed:
        raise TokenRefusal("invalid_client", "client_id is not that of the header.", 401)
    return Claimed(tuple(agreed), basic=True)


def _named(form: Mapping[str, str], name: str) -> str:
    if not form.get(name):
        raise TokenRefusal("invalid_client", "Say who you are: client id and secret.", 401)
    return form[name]


def _read_basic(header: str) -> tuple[tuple[str, str], ...]:
    scheme, _, value = header.partition(" ")
    try:
        text = b64decode(value.strip(" "), validate=True).decode("utf-8")
    except (NotBase64, ValueError) as error:
        raise TokenRefusal("invalid_client", "The Authorization is not Basic.", 401) from error
    id_, colon, secret = text.partition(":")
    if scheme.lower() != "basic" or not colon or not id_:
        raise TokenRefusal("invalid_client", "The Authorization is not Basic.", 401)
    # OP-12: some libraries encode as a form (RFC 6749 §2.3.1), others send it raw.
    encoded, raw = (unquote_plus(id_), unquote_plus(secret)), (id_, secret)
    return (encoded,) if encoded == raw else (encoded, raw)
