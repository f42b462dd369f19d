# SPDX-License-Identifier: EUPL-1.2
"""The name of a new member: from the hint in `Slug` (RFC 5023 §9.7), or a fresh one."""

import unicodedata
import uuid
from urllib.parse import quote, unquote_to_bytes

from pod.errors import Refused, Unreadable
from pod.iri import ACL, LONGEST_SEGMENT, META

# What encodeURIComponent leaves as it is, so that names agree with those clients make themselves.
_SAFE = "!'()*-._~"
# Room for the slash, the suffix of an auxiliary and what makes a taken name unique.
_LONGEST = LONGEST_SEGMENT - 64


def name_from_slug(slug: str, container: bool) -> str:
    """One percent-encoded path segment, without a slash at its end (SP-59a).

    Unreadable (400) for what cannot be one name, Refused (403) for an auxiliary's. An empty slug
    is no hint.
    """
    text = _decoded(slug.strip())
    if not text:
        return fresh_name()
    name = text.removesuffix("/") if container else text
    _refuse_unsafe(name)
    if name.endswith((ACL, META)):
        raise Refused(
            "Names that end in .acl or .meta are kept; choose another Slug.",
            problem="reserved-name",
        )
    segment = quote(name, safe=_SAFE)
    if len(segment) > _LONGEST:
        raise _bad(f"is longer than {_LONGEST} characters")
    return segment


def fresh_name() -> str:
    """A name that nothing has had before."""
    return str(uuid.uuid4())


def _decoded(slug: str) -> str:
    try:
        return unicodedata.normalize("NFC", unquote_to_bytes(slug).decode("utf-8"))
    except UnicodeError as error:
        raise _bad("is not UTF-8") from error


def _refuse_unsafe(name: str) -> None:
    if name in ("", ".", ".."):
        raise _bad("makes no name")
    if "/" in name:
        raise _bad("holds a slash; a name in a container is one segment")
    if "\\" in name or any(unicodedata.category(character) == "Cc" for character in name):
        raise _bad("holds a backslash or a control character")


def _bad(fault: str) -> Unreadable:
    return Unreadable(f"The Slug {fault}; send another one or none.", problem="bad-slug")
