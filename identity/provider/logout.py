# SPDX-License-Identifier: EUPL-1.2
"""What an app says when it wants its user signed out, and whether it was let in here (OP-37)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qsl

from pod.database import Tx
from pod.errors import Unreadable

MOST_FIELDS = 50
LIMITS: Mapping[str, int] = {
    "id_token_hint": 8 * 1024,
    "client_id": 2048,
    "post_logout_redirect_uri": 2048,
    "state": 4 * 1024,
    "logout_hint": 2048,
    "ui_locales": 256,
    "form-token": 64,
}


@dataclass(frozen=True, slots=True)
class Leave:
    """The wish, read."""

    hint: str | None
    client: str | None
    redirect_uri: str | None
    state: str | None
    ui_locales: tuple[str, ...]
    token: str

    def written(self) -> dict[str, str]:
        """As parameters again; what was not sent is not there."""
        given = {
            "id_token_hint": self.hint,
            "client_id": self.client,
            "post_logout_redirect_uri": self.redirect_uri,
            "state": self.state,
            "ui_locales": " ".join(self.ui_locales) or None,
        }
        return {name: value for name, value in given.items() if value is not None}


def read_leave(text: str) -> Leave:
    """Unreadable for what is there twice or too long; other parameters are let be."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Unreadable("The request of the app cannot be read.") from error
    given: dict[str, str] = {}
    for name, value in pairs:
        if name not in LIMITS:
            continue
        if name in given:
            raise Unreadable(f"The app sent {name} twice.")
        if len(value) > LIMITS[name]:
            raise Unreadable(f"{name} is too long.")
        given[name] = value
    return Leave(
        hint=given.get("id_token_hint") or None,
        client=given.get("client_id") or None,
        redirect_uri=given.get("post_logout_redirect_uri") or None,
        state=given.get("state") or None,
        ui_locales=tuple(given.get("ui_locales", "").split()),
        token=given.get("form-token", ""),
    )


async def belongs_to(tx: Tx, access: str | None, session: str) -> bool:
    """Whether what the hint stood on was given in this very session, ended since or not."""
    if access is None:
        return False
    row = await tx.one(
        "SELECT 1 AS here FROM client_access WHERE id = :id AND session = :session",
        id=access,
        session=session,
    )
    return row is not None


def with_token(session: str, leave: Leave) -> dict[str, str]:
    """The hidden fields of the question: the wish, and a sign that this session was asked it."""
    return {**leave.written(), "form-token": _token(session, leave)}


def has_own_form(session: str, leave: Leave) -> bool:
    """Whether the answer is to a question that this session was asked (T-12)."""
    return hmac.compare_digest(_token(session, leave).encode(), leave.token.encode())


def _token(session: str, leave: Leave) -> str:
    # Told apart by lengths, so that nothing can slide from one field into the next.
    said = "".join(f"{name}:{len(text)}:{text}" for name, text in leave.written().items())
    return hmac.new(session.encode(), b"leave " + said.encode(), sha256).hexdigest()
