# SPDX-License-Identifier: EUPL-1.2
"""Checksums that callers send and ask for: RFC 9530, and RFC 3230 for older ones; pure."""

import re
from base64 import b64encode
from binascii import Error, a2b_base64
from collections.abc import Mapping
from hashlib import sha256

from pod.errors import Unreadable

_SENT = re.compile(r"sha-256\s*=\s*:([A-Za-z0-9+/=]*):", re.IGNORECASE)
_SENT_BEFORE = re.compile(r"sha-256\s*=\s*([A-Za-z0-9+/=]*)", re.IGNORECASE)
_WANTED = re.compile(r"(?:\A|,)\s*sha-256\s*(?:=\s*([0-9]+))?\s*(?=,|\Z)", re.IGNORECASE)
_WANTED_BEFORE = re.compile(r"(?:\A|,)\s*sha-256\s*(?:;\s*q=([0-9.]+))?\s*(?=,|\Z)", re.IGNORECASE)
EMPTY = sha256(b"").digest()


def sent(headers: Mapping[str, str]) -> tuple[bytes, ...]:
    """Each SHA-256 that the request says its body has; other algorithms are passed over.

    Without Content-Range and Content-Encoding the content is the representation, so that all three
    fields speak about the same bytes.
    """
    found = [
        _decoded(name, text)
        for name in ("Repr-Digest", "Content-Digest")
        for text in _SENT.findall(headers.get(name, ""))
    ]
    found += [_decoded("Digest", t) for t in _SENT_BEFORE.findall(headers.get("Digest", ""))]
    return tuple(found)


def _decoded(name: str, text: str) -> bytes:
    try:
        digest = a2b_base64(text, strict_mode=True)
    except Error:
        digest = b""
    if len(digest) != 32:
        raise Unreadable(f"{name} holds no SHA-256 in base64.", problem="digest-mismatch")
    return digest


def require_match(asked: tuple[bytes, ...], digest: bytes) -> None:
    """Nothing is kept of a body that did not arrive as it was sent."""
    if any(each != digest for each in asked):
        raise Unreadable(
            "The body does not have the SHA-256 that was sent with it; send it again.",
            problem="digest-mismatch",
        )


def asked_for(headers: Mapping[str, str]) -> frozenset[str]:
    """Which of Repr-Digest and Digest the caller wants; a weight of 0 says no."""
    ways = (
        ("Repr-Digest", _WANTED, headers.get("Want-Repr-Digest")),
        ("Digest", _WANTED_BEFORE, headers.get("Want-Digest")),
    )
    return frozenset(
        name
        for name, pattern, value in ways
        if value is not None
        and (match := pattern.search(value)) is not None
        and (match[1] is None or match[1].strip("0.") != "")
    )


def written(names: frozenset[str], digest: bytes) -> dict[str, str]:
    """The fields that were asked for, about the whole representation also where a part is sent."""
    text = b64encode(digest).decode()
    forms = {"Repr-Digest": f"sha-256=:{text}:", "Digest": f"SHA-256={text}"}
    return {name: forms[name] for name in sorted(names)}
