# SPDX-License-Identifier: EUPL-1.2
"""Forms that only our own pages can send: tokens bound to session and form, and what was sent."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qsl

from pod.errors import Refused, Unreadable
from pod.iri import origin_of

LARGEST = 64 * 1024
MOST_FIELDS = 1_000
TOKEN = "form-token"  # noqa: S105 - the name of the field


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form or of a query, each with every value that was sent."""

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """The first value, "" when it was not sent."""
        return self.fields.get(name, ("",))[0]

    def all(self, name: str) -> tuple[str, ...]:
        """Every value, as checkboxes of one name send them."""
        return self.fields.get(name, ())


def read_form(text: str) -> Form:
    """Fields as browsers write them; Unreadable for anything else."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:
        raise Unreadable("This form cannot be read.", problem="bad-form") from error
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), value)
    return Form(fields)


def new_seed() -> str:
    """What the tokens of somebody without a session are made from: 256 bits in her cookie."""
    return secrets.token_urlsafe(32)


def token_of(seed: str, form: str) -> str:
    """ui.md §9: bound to the session (its secret is the key) and to this one form."""
    made = hmac.digest(seed.encode(), b"kluis form: " + form.encode(), sha256)
    return urlsafe_b64encode(made).rstrip(b"=").decode()


def require_own_form(seed: str, form: str, given: Form) -> None:
    """Refused for a form that was not made for this session."""
    expected = token_of(seed, form)
    if not hmac.compare_digest(expected.encode(), given.one(TOKEN).encode()):
        raise Refused("This form was not made for this session.", problem="form-expired")


def require_same_origin(base: str, origin: str | None, site: str | None) -> None:
    """T-50: `Origin` is ours, or the browser itself says same-origin; with neither, no.

    A token alone is not enough: it can leak with a page, these headers cannot be forged by one.
    """
    ours = origin is None or origin == origin_of(base)
    same = site is None or site == "same-origin"
    if not (ours and same) or (origin is None and site is None):
        raise Refused("This form was not sent from a page of ours.", problem="other-origin")


def safe_next(text: str) -> str:
    """Where to go on after signing in: an address of our own pages, else the first one."""
    plain = text.startswith("/-/") and len(text) <= 2_000
    if not plain or any(ord(char) <= 0x20 or ord(char) == 0x7F or char == "\\" for char in text):
        return "/-/"
    return text
