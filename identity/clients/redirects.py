# SPDX-License-Identifier: EUPL-1.2
"""Where a client may have people sent: which addresses register, and which fit one (OP-14)."""

import re
from urllib.parse import SplitResult, urlsplit

LONGEST = 2000
LOOPBACK = ("127.0.0.1", "[::1]")
# Printable ASCII that an address may hold: no space, quote, angle bracket, backslash or the like.
_PLAIN = re.compile(r"[!$-;=?-Z\[\]_a-z~%#]+", re.ASCII)
# RFC 8252 §7.1: a private scheme is a domain name turned round, so it has a dot.
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9.])?|[0-9a-f:.]*:[0-9a-f:.]*", re.ASCII)
_LOOPBACK_ADDRESS = re.compile(
    r"(?P<host>http://(?:127\.0\.0\.1|\[::1\]|localhost))(?::(?P<port>[0-9]{1,5}))?(?P<rest>[/?].*)?",
    re.ASCII,
)


def may_register(uri: str, *, native: bool, dev: bool) -> bool:
    """Whether a client may have people sent there: https, loopback, or an app's own scheme."""
    if len(uri) > LONGEST or not _PLAIN.fullmatch(uri) or "#" in uri:
        return False
    parts = _split(uri)
    if parts is None or parts.username is not None or parts.password is not None:
        return False
    if parts.scheme == "https":
        # OP-14: no wildcards; `https://*.example/` would fit no address that a browser ever has.
        return uri.startswith("https://") and _HOST.fullmatch(parts.hostname or "") is not None
    if parts.scheme == "http":
        return _is_loopback(uri, dev=dev)
    # javascript:, data: and the like have no dot, so none of them is a private scheme.
    return native and _PRIVATE_SCHEME.fullmatch(parts.scheme) is not None


def fits(registered: str, uri: str, *, dev: bool) -> bool:
    """Exactly the same, or a loopback address that differs in its port alone (RFC 8252 §7.3)."""
    if registered == uri:
        return True
    if not (_is_loopback(registered, dev=dev) and _is_loopback(uri, dev=dev)):
        return False
    return _without_port(registered) == _without_port(uri)


def _without_port(uri: str) -> tuple[str, str]:
    found = _LOOPBACK_ADDRESS.fullmatch(uri)
    return (found["host"], found["rest"] or "") if found else (uri, "")


def _is_loopback(uri: str, *, dev: bool) -> bool:
    found = _LOOPBACK_ADDRESS.fullmatch(uri)
    if found is None or not _PLAIN.fullmatch(uri) or "#" in uri or len(uri) > LONGEST:
        return False
    if found["port"] is not None and not 0 < int(found["port"]) <= 65535:
        return False
    # A name can be made to mean another machine, so localhost is for development (OP-14).
    return dev or not found["host"].endswith("localhost")


def _split(uri: str) -> SplitResult | None:
    try:
        parts = urlsplit(uri)
        _ = parts.port  # refuses a port that is no number
    except ValueError:
        return None
    return parts
