# SPDX-License-Identifier: EUPL-1.2
"""What apps and browsers say about themselves, made fit to be shown: short, plain, one line."""

import re
import unicodedata
from urllib.parse import urlsplit

from dashboard.words import mark

LONGEST_NAME = 80
ELSEWHERE = mark("een app op dit toestel")
# Control, format (bidi and invisible signs), surrogate, private and unassigned characters.
_UNFIT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_BROWSERS = (
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("samsungbrowser", "Samsung Internet"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("chrom", "Chrome"),
    ("crios", "Chrome"),
    ("safari", "Safari"),
)
_MACHINES = (
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("android", "Android"),
    ("windows", "Windows"),
    ("mac os", "Mac"),
    ("cros", "Chromebook"),
    ("linux", "Linux"),
)


def plain_name(text: str, longest: int = LONGEST_NAME) -> str:
    """OP-23: one line without bidi controls or unseen signs, cut where it gets long."""
    kept = "".join(" " if char.isspace() else char for char in text[: longest * 8])
    kept = "".join(char for char in kept if unicodedata.category(char) not in _UNFIT)
    line = re.sub(r" +", " ", kept).strip()
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def host_of(uri: str) -> str:
    """The host in an address, as plain text; "" for the scheme of an app on the device."""
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    shown = f"[{host}]" if ":" in host else host
    return plain_name(shown if port is None else f"{shown}:{port}", 120)


def form_action_of(redirect_uri: str) -> str:
    """ui.md §9: what `form-action` must add for this redirect address, and only that."""
    try:
        parts = urlsplit(redirect_uri)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https"):
        return f"{parts.scheme}:"
    host = (parts.hostname or "").lower()
    return f"{parts.scheme}://{host}" + ("" if port is None else f":{port}")


def device_of(agent: str) -> tuple[str, str]:
    """The browser and the machine that a user agent names; "" for what it does not."""
    said = agent.lower()
    return _first(said, _BROWSERS), _first(said, _MACHINES)


def _first(said: str, names: tuple[tuple[str, str], ...]) -> str:
    return next((name for sign, name in names if sign in said), "")
