# SPDX-License-Identifier: EUPL-1.2
"""Which origins may read which answers (decision 31). Pages and .account/ have no CORS at all."""

from enum import Enum

# SP-66: one list serves all.
EXPOSED = ", ".join(
    (
        "Accept-Patch",
        "Accept-Post",
        "Accept-Put",
        "Accept-Ranges",
        "Allow",
        "Content-Length",
        "Content-Range",
        "DPoP-Nonce",
        "Digest",
        "ETag",
        "Kluis-Grant",
        "Kluis-Log",
        "Last-Modified",
        "Link",
        "Location",
        "MS-Author-Via",
        "Preference-Applied",
        "Repr-Digest",
        "Retry-After",
        "Updates-Via",
        "Vary",
        "WAC-Allow",
        "WWW-Authenticate",
    )
)
# SP-64: what is allowed when the preflight names no headers.
ALLOWED = (
    "Accept, Authorization, Content-Digest, Content-Type, Digest, DPoP, If-Match,"
    " If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Kluis-Case, Kluis-Employee,"
    " Kluis-Grant, Kluis-Purpose, Link, Origin, Prefer, Range, Repr-Digest, Slug, Want-Digest,"
    " Want-Repr-Digest, X-Request-Id"
)
METHODS = "GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE"
MAX_AGE = "3600"


class Cors(Enum):
    """Three policies: data (any origin, credentials allowed but ignored), protocol, none."""

    DATA = "data"
    PROTOCOL = "protocol"
    NONE = "none"


def cors_headers(policy: Cors, origin: str | None) -> dict[str, str]:
    """SP-60: the origin itself, never *, on every answer; nothing when no origin asks."""
    if policy is Cors.NONE or origin is None:
        return {}
    headers = {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": EXPOSED}
    if policy is Cors.DATA:
        # SP-65: rdflib.js asks for it; the resource API reads no cookie.
        headers["Access-Control-Allow-Credentials"] = "true"
        # SP-67: also on the actual answer.
        headers["Access-Control-Allow-Headers"] = ALLOWED
    return headers


def preflight_headers(policy: Cors, origin: str, asked: str | None) -> dict[str, str]:
    """SP-63, SP-64: everything asked for is allowed, in the words that were sent."""
    return cors_headers(policy, origin) | {
        "Access-Control-Allow-Methods": METHODS,
        "Access-Control-Allow-Headers": asked or ALLOWED,
        "Access-Control-Max-Age": MAX_AGE,
        "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
    }
