# SPDX-License-Identifier: EUPL-1.2
"""An ID token that comes back as a hint: ours, perhaps long expired (OP-37); pure."""

from dataclasses import dataclass

from identity.tokens.jose import BadToken, read_header, take_apart
from identity.tokens.keys import Keys

LONGEST = 8 * 1024


@dataclass(frozen=True, slots=True)
class Hint:
    """Whom it was about, for which app, and what it stood on. It proves nothing about now."""

    webid: str
    client: str
    access: str | None


def read_hint(token: str, issuer: str, keys: Keys) -> Hint | None:
    """None when this server did not sign it, or it is no ID token."""
    if len(token) > LONGEST:
        return None
    try:
        parts = take_apart(token)
        header = read_header(parts.header)
        check = keys.checks().get(str(header.get("kid")))
        # A key of ours signs other kinds too; only an ID token is a hint.
        if header.get("alg") != "ES256" or header.get("typ") != "JWT" or check is None:
            return None
        check(parts.signed, parts.signature)
    except BadToken:
        return None
    claims = parts.claims
    webid, client, access = (claims.get(name) for name in ("webid", "azp", "grant"))
    if claims.get("iss") != issuer or not isinstance(webid, str) or not isinstance(client, str):
        return None
    return Hint(webid, client, access if isinstance(access, str) else None)
