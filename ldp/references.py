# SPDX-License-Identifier: EUPL-1.2
"""Relative references made absolute (RFC 3986 §5.2)."""

import re
from typing import NamedTuple

_PARTS = re.compile(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL
)


class Parts(NamedTuple):
    """The five components of RFC 3986 §3; None where the separator is missing too."""

    scheme: str | None
    authority: str | None
    path: str
    query: str | None
    fragment: str | None


def split(reference: str) -> Parts:
    """Take a reference apart (RFC 3986 appendix B)."""
    match = _PARTS.fullmatch(reference)
    assert match is not None  # noqa: S101 - every text has this form
    return Parts(*match.groups())


def resolve(base: Parts, reference: str) -> str:
    """What *reference* means in a document whose address is *base*.

    A reference with a scheme or authority keeps its path as it is written, as pod/rdf.py reads
    documents: a patch must name the same things as the document that it changes. ValueError for
    what is no reference.
    """
    ref = split(reference)
    if ref.scheme is not None:
        return reference
    if ref.authority is not None:
        return f"{base.scheme}:{reference}"
    if ":" in ref.path.partition("/")[0]:
        # RFC 3986 §4.2: it could be taken for a scheme.
        raise ValueError("the first segment of a relative reference holds a colon")
    path, query = _path_and_query(base, ref)
    return _joined(Parts(base.scheme, base.authority, path, query, ref.fragment))


def _path_and_query(base: Parts, ref: Parts) -> tuple[str, str | None]:
    if not ref.path:
        return base.path, base.query if ref.query is None else ref.query
    if ref.path.startswith("/"):
        return _without_dots(ref.path), ref.query
    if base.authority is not None and not base.path:
        return _without_dots(f"/{ref.path}"), ref.query
    return _without_dots(base.path[: base.path.rfind("/") + 1] + ref.path), ref.query


def _without_dots(path: str) -> str:
    """RFC 3986 §5.2.4, segment by segment."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            if len(kept) > 1:
                kept.pop()
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)


def _joined(parts: Parts) -> str:
    text = f"{parts.scheme}:"
    if parts.authority is not None:
        text += f"//{parts.authority}"
    text += parts.path
    if parts.query is not None:
        text += f"?{parts.query}"
    if parts.fragment is not None:
        text += f"#{parts.fragment}"
    return text
