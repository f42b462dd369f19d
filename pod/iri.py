# SPDX-License-Identifier: EUPL-1.2
"""Names, how one leads to another, and the one way in which a request's path becomes a name."""

import re
import unicodedata
from functools import lru_cache
from typing import NewType
from urllib.parse import quote, unquote_to_bytes

from pod.errors import Unreadable

Iri = NewType("Iri", str)

ACL = ".acl"
META = ".meta"
LONGEST_SEGMENT = 1024
LONGEST_PATH = 4096

_PLAIN = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*/?")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})?")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SAFE = "!$&'()*+,;=:@-._~%"


@lru_cache(maxsize=8192)
def canonical_path(raw: str) -> str:
    """The one spelling of a request's raw path (no query), or Unreadable (SP-18, T-01).

    Percent-escapes of unreserved characters are decoded, the others kept in upper case, doubled
    slashes collapsed, text put into normal form C; whatever could mean two things is refused.
    """
    if len(raw) > LONGEST_PATH:
        raise Unreadable("The address is longer than 4096 characters.", problem="bad-name")
    if _PLAIN.fullmatch(raw) and len(raw) <= LONGEST_SEGMENT:
        return raw
    if not raw.startswith("/"):
        raise Unreadable("An address must begin with a slash.", problem="bad-name")
    segments = re.sub("/{2,}", "/", raw).split("/")
    path = "/".join(_canonical_segment(segment) for segment in segments)
    if len(path) > LONGEST_PATH:
        raise Unreadable("The address is longer than 4096 characters.", problem="bad-name")
    return path


def _canonical_segment(segment: str) -> str:
    if any(match.group(1) is None for match in _ESCAPE.finditer(segment)):
        raise Unreadable("The address has a % that no two hex digits follow.", problem="bad-name")
    try:
        text = unquote_to_bytes(segment).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unreadable("The address is not UTF-8.", problem="bad-name") from error
    _refuse_unclear(text)
    kept = _ESCAPE.sub(_keep_reserved, unicodedata.normalize("NFC", segment))
    # An escape can hide a character that is not in normal form: compose what it stands for.
    if not text.isascii():
        kept = quote(unicodedata.normalize("NFC", _decode_text(kept)), safe=_SAFE)
    name = quote(kept, safe=_SAFE)
    if len(name) > LONGEST_SEGMENT:
        raise Unreadable("A name in the address is too long.", problem="bad-name")
    return name


def _keep_reserved(match: re.Match[str]) -> str:
    code = int(match.group(1), 16)
    return chr(code) if code in _UNRESERVED else f"%{match.group(1).upper()}"


def _decode_text(segment: str) -> str:
    """Decode the escapes of non-ASCII text only, so that %2F and its kin stay what they are."""
    return re.sub(
        r"(?:%[89A-F][0-9A-F])+", lambda m: unquote_to_bytes(m.group()).decode("utf-8"), segment
    )


def _refuse_unclear(text: str) -> None:
    if any(part in (".", "..") for part in text.split("/")):
        raise Unreadable("The address has a dot segment; resolve it first.", problem="bad-name")
    if any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c == "\\" for c in text):
        raise Unreadable("The address has a control character or backslash.", problem="bad-name")


def is_container(iri: str) -> bool:
    """Solid #uri-slash-semantics: the slash at the end says it (SP-13)."""
    return iri.endswith("/")


def origin_of(iri: str) -> str:
    """Scheme and authority, without a slash at the end."""
    return iri[: iri.index("/", iri.index("//") + 2)]


def parent(iri: Iri) -> Iri | None:
    """The container that holds it; None for a storage root and for what lies above."""
    start = len(origin_of(iri)) + 1
    cut = iri.rfind("/", 0, len(iri) - 1) + 1
    return Iri(iri[:cut]) if cut > start else None


def storage_of(iri: Iri) -> Iri:
    """The root of the pod that a name would lie in: its first segment at this origin."""
    start = len(origin_of(iri)) + 1
    end = iri.find("/", start)
    return Iri(iri + "/" if end < 0 else iri[: end + 1])


def acl_of(iri: Iri) -> Iri:
    """Decision 33: the suffix comes after the whole path."""
    return Iri(iri + ACL)


def governed_by(iri: Iri) -> Iri | None:
    """What an ACL resource speaks about; None when the name is not that of an ACL."""
    return Iri(iri[: -len(ACL)]) if iri.endswith(ACL) else None


def described_by(iri: Iri) -> Iri | None:
    """What a description resource speaks about; None when the name is not that of one."""
    return Iri(iri[: -len(META)]) if iri.endswith(META) else None


def subject_of(iri: Iri) -> Iri:
    """The resource itself, or the one that this auxiliary belongs to."""
    return governed_by(iri) or described_by(iri) or iri


def is_auxiliary(iri: str) -> bool:
    """Whether only the rule of suffixes makes this name, never a client's choice (T-02)."""
    return iri.endswith((ACL, META))


def ladder(iri: Iri) -> tuple[Iri, ...]:
    """The name itself and every container above it, nearest first, up to the storage root."""
    steps = [iri]
    while (above := parent(steps[-1])) is not None:
        steps.append(above)
    return tuple(steps)


def refuse_reserved(iri: Iri) -> None:
    """SP-19: a container with an auxiliary suffix would make the suffix rules unclear."""
    for segment in iri.split("/")[3:-1]:
        if is_auxiliary(segment):
            raise Unreadable(
                f"No container can be called {segment!r:.80}: the endings .acl and .meta are kept.",
                problem="reserved-name",
            )
