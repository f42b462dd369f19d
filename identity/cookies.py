# SPDX-License-Identifier: EUPL-1.2
"""The names and flags of the session cookie (decision 30)."""

from collections.abc import Mapping

SCRIPTS = "css-account"
SCRIPT_SCHEME = "css-account-token"


def page_cookie(base: str) -> str:
    """`__Host-kluis` under https; the prefix needs Secure, which plain http does not send back."""
    return "__Host-kluis" if base.startswith("https:") else "kluis"


def set_cookie(name: str, value: str, *, secure: bool, seconds: int | None) -> str:
    """A Set-Cookie value: HttpOnly, SameSite=Lax, for the whole origin."""
    flags = "; Path=/; HttpOnly; SameSite=Lax"
    if secure:
        flags += "; Secure"
    if seconds is not None:
        flags += f"; Max-Age={seconds}"
    return f"{name}={value}{flags}"


def from_a_browser(headers: Mapping[str, str]) -> bool:
    """Browsers say where a request comes from; scripts do not.

    `Sec-Fetch-Mode` alone says nothing: the `fetch` of Node sends it, and browsers never without
    `Sec-Fetch-Site`, which no page can leave out.
    """
    return any(name in headers for name in ("Origin", "Sec-Fetch-Site", "Sec-Fetch-Dest"))


def same_origin(headers: Mapping[str, str], base: str) -> bool:
    """Whether the request comes from a page of ours (T-12). Silence is not enough."""
    origin = headers.get("Origin")
    if origin is not None:
        return origin == base[:-1]
    return headers.get("Sec-Fetch-Site") == "same-origin"
