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
GRANTS = ("authorization_code", "refresh_token", "client_credentials")
# RFC 7523 §2.2.
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class TokenRefusal(Exception):
    """RFC 6749 §5.2: a code and a sentence; the table is that of OP-36."""

    def __init__(self, code: str, detail: str, status: int = 400) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status


@dataclass(frozen=True, slots=True)
class Claimed:
    """Who a client says it is. `spellings` are the readings of id and secret, best first.

    Without a secret there are none; `id` is what the form says then, None when it says nothing.
    """

    spellings: tuple[tuple[str, str], ...] = ()
    basic: bool = False
    id: str | None = None
    assertion: str | None = None


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


def read_grant(form: Mapping[str, str]) -> str:
    """Which of the grants that are served."""
    kind = required(form, "grant_type")
    if kind not in GRANTS:
        served = ", ".join(GRANTS)
        raise TokenRefusal("unsupported_grant_type", f"Served are: {served}.")
    return kind


def required(form: Mapping[str, str], name: str) -> str:
    """A parameter that must be there; an empty one counts as left out (RFC 6749 §3.2)."""
    value = form.get(name)
    if not value:
        raise TokenRefusal("invalid_request", f"The parameter {name} is missing.")
    return value


def read_client(authorization: Sequence[str], form: Mapping[str, str]) -> Claimed:
    """One way of signing in, not two: header, secret in the form, assertion, or none (OP-13)."""
    if len(authorization) > 1:
        raise TokenRefusal("invalid_request", "Send one Authorization header.")
    ways = [name for name in ("client_secret", "client_assertion") if form.get(name)]
    if len(ways) + len(authorization) > 1:
        raise TokenRefusal("invalid_request", "The client signs in twice: choose one way.")
    id_ = form.get("client_id") or None
    if authorization:
        return _read_header(authorization[0], id_)
    if "client_assertion" in ways:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise TokenRefusal("invalid_client", f"client_assertion_type is {ASSERTION_TYPE}.", 401)
        return Claimed(id=id_, assertion=form["client_assertion"])
    if "client_secret" in ways:
        if id_ is None:
            raise TokenRefusal("invalid_client", "Say who you are: client id and secret.", 401)
        return Claimed(((id_, form["client_secret"]),), id=id_)
    return Claimed(id=id_)


def _read_header(header: str, id_: str | None) -> Claimed:
    spellings = _read_basic(header)
    agreed = [pair for pair in spellings if id_ in (None, pair[0])]
    if not agreed:
        raise TokenRefusal("invalid_client", "client_id is not that of the header.", 401)
    return Claimed(tuple(agreed), basic=True, id=id_)


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
